/* SPDX-License-Identifier: Apache-2.0 */
/* A device's certificate and key, proven without a connection; see keypair.h. */
#include "iot/keypair.h"

#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/text.h"
#include "iot/findings.h"
#include "iot/keyfile.h"
#include "trust/cert.h"
#include "trust/openssl_auto.h"

#define UTC_BYTES     40
#define KEY_MODE      0600
#define FOLDER_MODE   0700
#define OTHERS        0077
#define MODE_BITS     0777
#define DAY_S         (24 * 60 * 60)
#define AWS_ISSUER_OU "OU=Amazon Web Services O=Amazon.com Inc." /* all of it is one OU */

struct avs_keypair {
    struct avs_tls_identity identity; /* first: the engine's callback gets no more */
    X509 *certificate;
    STACK_OF(X509) * chain; /* what follows it in the file */
    EVP_PKEY *key;
};

void avs_keypair_free(struct avs_keypair *pair) {
    if (pair) {
        X509_free(pair->certificate);
        avs_x509_stack_free(pair->chain);
        EVP_PKEY_free(pair->key);
        free(pair);
    }
}

const struct avs_tls_identity *avs_keypair_identity(const struct avs_keypair *pair) {
    return pair ? &pair->identity : NULL;
}

/* The chain goes along: OpenSSL's callback knows of the certificate alone. */
static int present(const struct avs_tls_identity *identity, SSL *ssl, X509 **ret_certificate,
                   EVP_PKEY **ret_key) {
    const struct avs_keypair *pair = (const void *)identity;
    if (SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1) != 1) {
        return 0; /* tried before, see try_to_present */
    }
    X509_up_ref(pair->certificate);
    EVP_PKEY_up_ref(pair->key);
    *ret_certificate = pair->certificate;
    *ret_key = pair->key;
    return 1;
}

/* ---------------------------------------------------------------- the certificate */

static void note_dates(const struct avs_cert_facts *certificate, int64_t now,
                       struct avs_iot_findings *findings) {
    char date[UTC_BYTES];
    bool is_late = now > certificate->not_after;
    if (!is_late && now >= certificate->not_before) {
        return;
    }
    int64_t limit = is_late ? certificate->not_after : certificate->not_before;
    long long days = (long long)((is_late ? now - limit : limit - now) / DAY_S);
    avs_text_utc(date, sizeof(date), limit);
    avs_iot_found(findings,
                  is_late ? AVS_CAUSE_CLIENT_CERT_EXPIRED : AVS_CAUSE_CLIENT_CERT_NOT_YET_VALID,
                  "%s %s, %lld day%s %s by this device's clock", is_late ? "until" : "from", date,
                  days, days == 1 ? "" : "s", is_late ? "ago" : "from now");
}

static bool is_device_certificate_behind(STACK_OF(X509) * certificates) {
    for (int i = 1; i < sk_X509_num(certificates); i++) {
        if (X509_check_ca(sk_X509_value(certificates, i)) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_certificate(STACK_OF(X509) * certificates, int64_t now,
                              struct avs_iot_keypair *facts) {
    X509 *first = sk_X509_value(certificates, 0);
    const struct avs_cert_facts *certificate = &facts->certificate;
    avs_cert_describe(first, avs_ats_roots_embedded(), &facts->certificate);
    facts->certificate_count = (size_t)sk_X509_num(certificates);
    facts->is_aws_issued = strstr(certificate->issuer, AWS_ISSUER_OU) != NULL;
    if (certificate->is_ca && is_device_certificate_behind(certificates)) {
        avs_iot_found(&facts->findings, AVS_CAUSE_CLIENT_CERT_ORDER, "first: %s",
                      certificate->subject);
    } else if (certificate->is_ca) {
        avs_iot_found(&facts->findings, AVS_CAUSE_CLIENT_CERT_IS_CA, "%s%s%s", certificate->subject,
                      certificate->ats_root[0] ? ", which is " : "", certificate->ats_root);
    }
    note_dates(certificate, now, &facts->findings);
}

/* ---------------------------------------------------------------- the key */

/* The folder that a path lies in. */
static void folder_of(const char *path, char *folder, size_t capacity) {
    const char *slash = strrchr(path, '/');
    if (!slash) {
        avs_text_copy(folder, capacity, ".");
    } else {
        avs_text_copy_bytes(folder, capacity, path, slash == path ? 1 : (size_t)(slash - path));
    }
}

static void judge_modes(const char *path, struct avs_iot_keypair *facts) {
    struct stat info;
    char folder[AVS_NAME_BYTES];
    folder_of(path, folder, sizeof(folder));
    facts->key_mode = stat(path, &info) == 0 ? info.st_mode & MODE_BITS : 0;
    facts->folder_mode = stat(folder, &info) == 0 ? info.st_mode & MODE_BITS : 0;
    if ((facts->key_mode & OTHERS) || (facts->folder_mode & OTHERS)) {
        avs_iot_found(&facts->findings, AVS_CAUSE_CLIENT_KEY_MODE,
                      "%s has mode %o (wanted: %o), its folder %o (wanted: %o)", path,
                      facts->key_mode, KEY_MODE, facts->folder_mode, FOLDER_MODE);
    }
}

static void describe_key(const EVP_PKEY *key, char *field, size_t capacity) {
    int type = EVP_PKEY_base_id(key);
    avs_text_format(field, capacity, "%s of %d bits",
                    type == EVP_PKEY_RSA  ? "RSA"
                    : type == EVP_PKEY_EC ? "EC"
                                          : "another kind",
                    EVP_PKEY_bits(key));
}

/* ---------------------------------------------------------------- the pair */

static bool is_match(const struct avs_keypair *pair, struct avs_iot_keypair *facts) {
    char key[48];
    bool does_match = X509_check_private_key(pair->certificate, pair->key) == 1;
    if (!does_match) {
        describe_key(pair->key, key, sizeof(key));
        avs_iot_found(&facts->findings, AVS_CAUSE_CLIENT_KEY_MISMATCH,
                      "certificate: %s (%s), key: %s", facts->certificate.subject,
                      facts->certificate.key, key);
    }
    ERR_clear_error();
    return does_match;
}

/* OpenSSL refuses weak keys and digests just as it would in the handshake. */
static enum avs_status try_to_present(const struct avs_keypair *pair, struct avs_iot_keypair *facts,
                                      bool *ret_can_be, struct avs_error *reterr) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    AVS_REQUIRE_MEMORY(context, reterr);
    *ret_can_be =
        SSL_CTX_use_cert_and_key(context, pair->certificate, pair->key, pair->chain, 1) == 1;
    if (!*ret_can_be) {
        avs_iot_found(&facts->findings, AVS_CAUSE_CLIENT_KEY_WEAK, "OpenSSL: %s",
                      avs_openssl_reason());
    }
    ERR_clear_error();
    SSL_CTX_free(context);
    return AVS_OK;
}

static enum avs_status load_key(const char *key, const char *passphrase, struct avs_keypair *pair,
                                struct avs_iot_keypair *facts, struct avs_error *reterr) {
    if (avs_keyuri_is(key)) {
        avs_keyuri_hide_pin(key, facts->key, sizeof(facts->key));
        pair->key = avs_keyuri_load(key, passphrase, &facts->findings, facts->key_form);
        return AVS_OK;
    }
    AVS_TEXT_SET(facts->key, key);
    AVS_TRY(
        avs_keyfile_key(key, passphrase, &facts->findings, facts->key_form, &pair->key, reterr));
    judge_modes(key, facts);
    return AVS_OK;
}

enum avs_status avs_keypair_load(const char *cert_file, const char *key, const char *passphrase,
                                 int64_t now_unix, struct avs_iot_keypair *ret_facts,
                                 struct avs_keypair **ret_pair, struct avs_error *reterr) {
    AVS_AUTO(keypair) pair = calloc(1, sizeof(*pair));
    AVS_REQUIRE_MEMORY(pair, reterr);
    AVS_AUTO(x509_stack) certificates = NULL;
    *ret_facts = (struct avs_iot_keypair){.is_given = true};
    *ret_pair = NULL;
    AVS_TEXT_SET(ret_facts->cert_file, cert_file);
    AVS_TRY(avs_keyfile_certificates(cert_file, &ret_facts->findings, &certificates, reterr));
    if (certificates) {
        judge_certificate(certificates, now_unix, ret_facts);
        pair->certificate = sk_X509_shift(certificates);
        pair->chain = AVS_STEAL(certificates);
    }
    AVS_TRY(load_key(key, passphrase, pair, ret_facts, reterr));
    if (!pair->certificate || !pair->key) {
        return AVS_OK;
    }
    bool can_be_presented = is_match(pair, ret_facts);
    if (can_be_presented) {
        AVS_TRY(try_to_present(pair, ret_facts, &can_be_presented, reterr));
    }
    ret_facts->is_usable = avs_iot_first_error(&ret_facts->findings) == AVS_CAUSE_NONE;
    if (can_be_presented) { /* one that is expired or an authority's too: what does the server say?
                             */
        ret_facts->is_shown = true;
        pair->identity.present = present;
        *ret_pair = AVS_STEAL(pair);
    }
    return AVS_OK;
}
