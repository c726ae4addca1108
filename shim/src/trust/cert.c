/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of one certificate. */
#include "trust/cert.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "base/civil.h"
#include "base/text.h"
#include "trust/openssl_auto.h"

void avs_cert_name(const X509_NAME *name, char *field, size_t capacity) {
    AVS_AUTO(BIO) bio = BIO_new(BIO_s_mem());
    field[0] = '\0';
    if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        return;
    }
    char *text = NULL;
    long length = BIO_get_mem_data(bio, &text);
    if (length > 0) {
        avs_text_copy_bytes(field, capacity, text, (size_t)length);
    }
}

/* The last entry of that kind, as UTF-8; false if there is none. */
static bool name_entry(const X509_NAME *name, int nid, char *field, size_t capacity) {
    int at = -1;
    for (int next = -1; (next = X509_NAME_get_index_by_NID((X509_NAME *)name, nid, next)) >= 0;) {
        at = next;
    }
    field[0] = '\0';
    if (at < 0) {
        return false;
    }
    unsigned char *text = NULL;
    int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (length > 0) {
        avs_text_copy_bytes(field, capacity, text, (size_t)length);
    }
    OPENSSL_free(text);
    return length > 0;
}

void avs_cert_short_name(const X509_NAME *name, char *field, size_t capacity) {
    static const int kinds[] = {NID_commonName, NID_organizationalUnitName, NID_organizationName};
    for (size_t i = 0; i < AVS_COUNT(kinds); i++) {
        if (name_entry(name, kinds[i], field, capacity)) {
            return;
        }
    }
    avs_cert_name(name, field, capacity);
}

void avs_cert_organization(const X509_NAME *name, char *field, size_t capacity) {
    (void)name_entry(name, NID_organizationName, field, capacity);
}

bool avs_cert_digest(const X509 *certificate, uint8_t *ret_sha256) {
    unsigned length = 0;
    return X509_digest(certificate, EVP_sha256(), ret_sha256, &length) == 1 &&
           length == AVS_SHA256_BYTES;
}

bool avs_cert_spki_digest(const X509 *certificate, uint8_t *ret_sha256) {
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool is_done =
        length > 0 && EVP_Digest(der, (size_t)length, ret_sha256, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return is_done;
}

bool avs_cert_is_self_signed(X509 *certificate) {
    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0) {
        return false;
    }
    ERR_set_mark();
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    bool is_self_signed = key && X509_verify(certificate, key) == 1;
    ERR_pop_to_mark();
    return is_self_signed;
}

int64_t avs_cert_time(const ASN1_TIME *time) {
    struct tm utc;
    int64_t unix_seconds = INT64_MIN;
    if (time && ASN1_TIME_to_tm(time, &utc) == 1) {
        const struct avs_civil civil = {.year = utc.tm_year + 1900,
                                        .month = utc.tm_mon + 1,
                                        .day = utc.tm_mday,
                                        .hour = utc.tm_hour,
                                        .minute = utc.tm_min,
                                        .second = utc.tm_sec};
        (void)avs_civil_to_unix(&civil, &unix_seconds);
    }
    return unix_seconds;
}

bool avs_cert_name_claims_amazon(const X509_NAME *name) {
    static const char *const starfield[] = {"Starfield Services Root Certificate Authority - G2",
                                            "Starfield Class 2 Certification Authority"};
    char text[AVS_NAME_BYTES];
    avs_cert_organization(name, text, sizeof(text));
    if (strncasecmp(text, "Amazon", strlen("Amazon")) == 0) {
        return true;
    }
    avs_cert_short_name(name, text, sizeof(text));
    for (size_t i = 0; i < AVS_COUNT(starfield); i++) {
        if (strcasecmp(text, starfield[i]) == 0) {
            return true;
        }
    }
    return strncasecmp(text, "Amazon R", strlen("Amazon R")) == 0 ||
           strncasecmp(text, "Amazon ECDSA", strlen("Amazon ECDSA")) == 0;
}

static void describe_key(X509 *certificate, char *field, size_t capacity) {
    ERR_set_mark();
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    ERR_pop_to_mark();
    if (!key) {
        avs_text_copy(field, capacity, "unknown");
        return;
    }
    int bits = EVP_PKEY_bits(key);
    switch (EVP_PKEY_base_id(key)) {
    case EVP_PKEY_RSA:
        avs_text_format(field, capacity, "RSA %d", bits);
        break;
    case EVP_PKEY_EC:
        avs_text_format(field, capacity, "EC %s%d",
                        bits == 521 || bits == 384 || bits == 256 ? "P-" : "", bits);
        break;
    default:
        avs_text_format(field, capacity, "%s %d", OBJ_nid2sn(EVP_PKEY_base_id(key)), bits);
    }
}

void avs_cert_printable(char *field, size_t capacity, const ASN1_STRING *text) {
    const unsigned char *bytes = ASN1_STRING_get0_data(text);
    size_t out = 0;
    for (int i = 0; i < ASN1_STRING_length(text) && out + 1 < capacity; i++) {
        bool is_plain = bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != ',';
        field[out++] = is_plain ? (char)bytes[i] : '?';
    }
    field[out] = '\0';
}

/* "a.example,*.b.example,192.0.2.1", cut after the last whole name that fits. */
static void describe_names(X509 *certificate, char *field, size_t capacity) {
    AVS_AUTO(general_names) names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t length = 0;
    field[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char text[AVS_NAME_BYTES] = "";
        if (name->type == GEN_DNS) {
            avs_cert_printable(text, sizeof(text), name->d.dNSName);
        } else if (name->type == GEN_IPADD) {
            int bytes = ASN1_STRING_length(name->d.iPAddress);
            if (bytes == 4 || bytes == 16) {
                inet_ntop(bytes == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress),
                          text, sizeof(text));
            }
        }
        if (text[0] && length + strlen(text) + 2 <= capacity) {
            avs_text_format(field + length, capacity - length, "%s%s", length ? "," : "", text);
            length += strlen(field + length);
        }
    }
}

static bool has_root_name(const X509_NAME *subject, const struct avs_ats_roots *roots) {
    const struct avs_ats_roots *embedded = avs_ats_roots_embedded();
    return (roots && avs_ats_roots_find_subject(roots, subject) >= 0) ||
           (embedded && avs_ats_roots_find_subject(embedded, subject) >= 0);
}

void avs_cert_describe(X509 *certificate, const struct avs_ats_roots *roots,
                       struct avs_cert_facts *ret_facts) {
    *ret_facts = (struct avs_cert_facts){.subject = ""};
    const X509_NAME *subject = X509_get_subject_name(certificate);
    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    avs_cert_name(subject, ret_facts->subject, sizeof(ret_facts->subject));
    avs_cert_name(issuer, ret_facts->issuer, sizeof(ret_facts->issuer));
    uint8_t digest[AVS_SHA256_BYTES];
    if (avs_cert_digest(certificate, digest)) {
        avs_text_hex(ret_facts->sha256, sizeof(ret_facts->sha256), digest, sizeof(digest));
    }
    int ats = -1;
    bool is_embedded_key = false;
    if (avs_cert_spki_digest(certificate, digest)) {
        avs_text_hex(ret_facts->spki_sha256, sizeof(ret_facts->spki_sha256), digest,
                     sizeof(digest));
        ats = roots ? avs_ats_roots_find_key(roots, digest) : -1;
        const struct avs_ats_roots *embedded = avs_ats_roots_embedded();
        is_embedded_key = embedded && avs_ats_roots_find_key(embedded, digest) >= 0;
    }
    if (ats >= 0) {
        AVS_TEXT_SET(ret_facts->ats_root, avs_ats_roots_name(roots, (size_t)ats));
    }
    describe_key(certificate, ret_facts->key, sizeof(ret_facts->key));
    AVS_TEXT_SET(ret_facts->signature, OBJ_nid2ln(X509_get_signature_nid(certificate)));
    describe_names(certificate, ret_facts->names, sizeof(ret_facts->names));
    ret_facts->not_before = avs_cert_time(X509_get0_notBefore(certificate));
    ret_facts->not_after = avs_cert_time(X509_get0_notAfter(certificate));
    ERR_set_mark();
    ret_facts->is_ca = X509_check_ca(certificate) > 0;
    ERR_pop_to_mark();
    ret_facts->is_self_issued = X509_NAME_cmp(subject, issuer) == 0;
    ret_facts->is_self_signed = avs_cert_is_self_signed(certificate);
    ret_facts->has_amazon_name = avs_cert_name_claims_amazon(subject);
    ret_facts->is_amazon_name_over_foreign_key =
        ats < 0 && !is_embedded_key && has_root_name(subject, roots);
}
