/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate, put together from a request. Extensions as the public CAs set them. */
#include "certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL_BYTES = 16, SAN_BYTES = 320, NAMES_BYTES_MAX = 1024 };

static bool set_name(X509 *certificate, const struct name_part *parts) {
    X509_NAME *name = X509_get_subject_name(certificate);
    for (int i = 0; i < NAME_PARTS_MAX && parts[i].field; i++) {
        if (!X509_NAME_add_entry_by_txt(name, parts[i].field, MBSTRING_UTF8,
                                        (const unsigned char *)parts[i].value, -1, -1, 0)) {
            return false;
        }
    }
    return true;
}

static bool set_serial(X509 *certificate) {
    unsigned char bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40); /* positive, and always as long */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool is_set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool is_added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool add_unknown_critical_extension(X509 *certificate) {
    static const unsigned char null_value[] = {0x05, 0x00};
    ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    if (object && value && ASN1_OCTET_STRING_set(value, null_value, sizeof(null_value))) {
        extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    }
    bool is_added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return is_added;
}

static bool add_host(X509 *certificate, X509V3_CTX *context, const char *host) {
    char names[SAN_BYTES];
    /* the everyday name also stands for the bare loopback ones */
    bool is_plain = strcmp(host, "ok.localhost") == 0;
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    int length = snprintf(names, sizeof(names), "%s:%s%s", is_address ? "IP" : "DNS", host,
                          is_plain ? ",DNS:localhost,IP:127.0.0.1,IP:::1" : "");
    return length > 0 && (size_t)length < sizeof(names) &&
           add_extension(certificate, context, NID_subject_alt_name, names);
}

static bool push_name(GENERAL_NAMES *names, const char *text) {
    ERR_set_mark();
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    ERR_pop_to_mark();
    ASN1_IA5STRING *host = address ? NULL : ASN1_IA5STRING_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (!name || (!address && (!host || ASN1_STRING_set(host, text, -1) != 1)) ||
        sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        ASN1_OCTET_STRING_free(address);
        ASN1_IA5STRING_free(host);
        return false;
    }
    GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS,
                            address ? (void *)address : (void *)host);
    return true;
}

/* The text of a stranger's certificate: never given to OpenSSL's configuration language. */
static bool add_names(X509 *certificate, const char *text) {
    char copy[NAMES_BYTES_MAX];
    char *rest = NULL;
    snprintf(copy, sizeof(copy), "%s", text);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool is_good = names != NULL;
    for (char *one = strtok_r(copy, ",", &rest); one && is_good; one = strtok_r(NULL, ",", &rest)) {
        is_good = push_name(names, one);
    }
    is_good = is_good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return is_good;
}

static bool add_issuer_url(X509 *certificate, const char *url) {
    AUTHORITY_INFO_ACCESS *places = sk_ACCESS_DESCRIPTION_new_null();
    ACCESS_DESCRIPTION *place = ACCESS_DESCRIPTION_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool is_good = places && place && text && ASN1_STRING_set(text, url, -1) == 1 &&
                   sk_ACCESS_DESCRIPTION_push(places, place) > 0;
    if (is_good) {
        ASN1_OBJECT_free(place->method);
        place->method = OBJ_nid2obj(NID_ad_ca_issuers);
        GENERAL_NAME_set0_value(place->location, GEN_URI, text);
        is_good = X509_add1_ext_i2d(certificate, NID_info_access, places, 0, 0) == 1;
    } else {
        ASN1_IA5STRING_free(text);
        ACCESS_DESCRIPTION_free(place);
    }
    AUTHORITY_INFO_ACCESS_free(places);
    return is_good;
}

static bool add_extensions(X509 *certificate, const struct certificate_request *request) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, request->issuer ? request->issuer : certificate, certificate, NULL,
                   NULL, 0);
    bool is_authority = request->kind == CERTIFICATE_AUTHORITY;
    if (!add_extension(certificate, &context, NID_basic_constraints,
                       !is_authority                          ? "critical,CA:FALSE"
                       : request->flaw == CERTIFICATE_NO_PATH ? "critical,CA:TRUE,pathlen:0"
                                                              : "critical,CA:TRUE") ||
        !add_extension(certificate, &context, NID_key_usage,
                       is_authority ? "critical,digitalSignature,keyCertSign,cRLSign"
                                    : "critical,digitalSignature,keyEncipherment") ||
        !add_extension(certificate, &context, NID_subject_key_identifier, "hash")) {
        return false;
    }
    if (request->issuer &&
        !add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always")) {
        return false;
    }
    bool is_for_clients =
        request->kind == CERTIFICATE_CLIENT || request->flaw == CERTIFICATE_FOR_CLIENTS;
    if ((!is_authority || is_for_clients) &&
        !add_extension(certificate, &context, NID_ext_key_usage,
                       is_for_clients ? "clientAuth" : "serverAuth")) {
        return false;
    }
    if (request->flaw == CERTIFICATE_UNKNOWN_EXTENSION &&
        !add_unknown_critical_extension(certificate)) {
        return false;
    }
    return (!request->host || add_host(certificate, &context, request->host)) &&
           (!request->names || add_names(certificate, request->names)) &&
           (!request->issuer_url || add_issuer_url(certificate, request->issuer_url));
}

static const EVP_MD *digest_for(const struct certificate_request *request) {
    if (request->digest) {
        return request->digest;
    }
    return EVP_PKEY_id(request->issuer_key) == EVP_PKEY_EC &&
                   EVP_PKEY_bits(request->issuer_key) > 256
               ? EVP_sha384()
               : EVP_sha256();
}

/* Signed as asked for, and then broken where it is. */
static bool sign(X509 *certificate, const struct certificate_request *request) {
    const ASN1_BIT_STRING *signature = NULL;
    if (X509_sign(certificate, request->issuer_key, digest_for(request)) <= 0) {
        return false;
    }
    if (request->flaw == CERTIFICATE_BROKEN_SIGNATURE) {
        X509_get0_signature(&signature, NULL, certificate);
        const unsigned char *bytes = ASN1_STRING_get0_data(signature);
        ((unsigned char *)(uintptr_t)bytes)[ASN1_STRING_length(signature) - 1] ^= 1;
    }
    return true;
}

X509 *certificate_new(const struct certificate_request *request) {
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, 2) && set_serial(certificate) &&
        (request->name ? set_name(certificate, request->name)
                       : X509_set_subject_name(certificate, request->subject)) &&
        X509_set_issuer_name(
            certificate, X509_get_subject_name(request->issuer ? request->issuer : certificate)) &&
        X509_time_adj_ex(X509_getm_notBefore(certificate), request->from_days,
                         request->from_seconds, NULL) &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), request->until_days,
                         request->until_seconds, NULL) &&
        X509_set_pubkey(certificate, request->key) && add_extensions(certificate, request) &&
        sign(certificate, request)) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}
