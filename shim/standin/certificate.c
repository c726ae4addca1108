/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate, put together from a request. Extensions as the public CAs set them. */
#include "certificate.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL_BYTES = 16, SAN_BYTES = 320 };

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

static bool add_extensions(X509 *certificate, const struct certificate_request *request) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, request->issuer ? request->issuer : certificate, certificate, NULL,
                   NULL, 0);
    bool is_authority = request->kind == CERTIFICATE_AUTHORITY;
    if (!add_extension(certificate, &context, NID_basic_constraints,
                       is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
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
    if (!is_authority &&
        !add_extension(certificate, &context, NID_ext_key_usage,
                       request->kind == CERTIFICATE_CLIENT ? "clientAuth" : "serverAuth")) {
        return false;
    }
    if (request->has_unknown_critical_extension && !add_unknown_critical_extension(certificate)) {
        return false;
    }
    return !request->host || add_host(certificate, &context, request->host);
}

static const EVP_MD *digest_for(const struct certificate_request *request) {
    if (request->wants_sha1) {
        return EVP_sha1();
    }
    return EVP_PKEY_id(request->issuer_key) == EVP_PKEY_EC &&
                   EVP_PKEY_bits(request->issuer_key) > 256
               ? EVP_sha384()
               : EVP_sha256();
}

X509 *certificate_new(const struct certificate_request *request) {
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, 2) && set_serial(certificate) &&
        set_name(certificate, request->name) &&
        X509_set_issuer_name(
            certificate, X509_get_subject_name(request->issuer ? request->issuer : certificate)) &&
        X509_time_adj_ex(X509_getm_notBefore(certificate), request->from_days, 0, NULL) &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), request->until_days, 0, NULL) &&
        X509_set_pubkey(certificate, request->key) && add_extensions(certificate, request) &&
        X509_sign(certificate, request->issuer_key, digest_for(request)) > 0) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}
