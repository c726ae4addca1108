/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made while the test runs. */
#include "support/pki.h"

#include <ftw.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/civil.h"
#include "support/test.h"

#define KEY_COUNT 16

static EVP_PKEY *make_key(int id, int curve_or_bits) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(id, NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    if (id == EVP_PKEY_EC) {
        assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve_or_bits), 1);
    } else {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, curve_or_bits), 1);
    }
    assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *keys[KEY_COUNT];

static void free_keys(void) {
    for (int i = 0; i < KEY_COUNT; i++) {
        EVP_PKEY_free(keys[i]);
    }
}

EVP_PKEY *pki_key(int index) {
    static bool is_registered;
    if (!is_registered) {
        is_registered = true;
        atexit(free_keys);
    }
    assert_in_range(index, 0, KEY_COUNT - 1);
    if (!keys[index]) {
        keys[index] = make_key(EVP_PKEY_EC, NID_X9_62_prime256v1);
    }
    return keys[index];
}

EVP_PKEY *pki_rsa_key(int bits) {
    return make_key(EVP_PKEY_RSA, bits);
}

/* "CN=a/O=b" */
static void set_name(X509_NAME *name, const char *text) {
    char *copy = strdup(text);
    char *rest = copy;
    for (char *part; (part = strsep(&rest, "/"));) {
        char *value = strchr(part, '=');
        assert_non_null(value);
        *value++ = '\0';
        assert_int_equal(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
                                                    (const unsigned char *)value, -1, -1, 0),
                         1);
    }
    free(copy);
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* As text: a time_t of 32 bits ends in 2038. */
static void set_time(ASN1_TIME *field, int64_t unix_seconds) {
    struct avs_civil utc;
    char text[40];
    assert_true(avs_civil_from_unix(unix_seconds, &utc));
    snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", utc.year, utc.month, utc.day,
             utc.hour, utc.minute, utc.second);
    assert_int_equal(ASN1_TIME_set_string_X509(field, text), 1);
}

X509 *pki_issue(const struct pki_cert *cert) {
    X509 *made = X509_new();
    X509 *issuer = cert->issuer ? cert->issuer : made;
    int64_t now = (int64_t)time(NULL);
    assert_non_null(made);
    assert_int_equal(X509_set_version(made, 2), 1);
    uint64_t serial = 0;
    assert_int_equal(RAND_bytes((unsigned char *)&serial, sizeof(serial)), 1);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial >> 1);
    set_name(X509_get_subject_name(made), cert->name);
    assert_int_equal(X509_set_issuer_name(made, X509_get_subject_name(issuer)), 1);
    assert_int_equal(X509_set_pubkey(made, cert->key), 1);
    set_time(X509_getm_notBefore(made), cert->not_before ? cert->not_before : now - PKI_DAY);
    set_time(X509_getm_notAfter(made), cert->not_after ? cert->not_after : now + PKI_YEAR);
    if (cert->is_ca) {
        add_extension(made, issuer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(made, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (!cert->has_no_key_ids) {
        add_extension(made, issuer, NID_subject_key_identifier, "hash");
        if (cert->issuer && X509_get0_subject_key_id(issuer)) {
            add_extension(made, issuer, NID_authority_key_identifier, "keyid:always");
        }
    }
    if (cert->names) {
        add_extension(made, issuer, NID_subject_alt_name, cert->names);
    }
    if (cert->usage) {
        add_extension(made, issuer, NID_ext_key_usage, cert->usage);
    }
    if (cert->aia) {
        add_extension(made, issuer, NID_info_access, cert->aia);
    }
    if (cert->extension) {
        const char *value = strchr(cert->extension, '=');
        char *name = strndup(cert->extension, (size_t)(value - cert->extension));
        add_extension(made, issuer, OBJ_txt2nid(name), value + 1);
        free(name);
    }
    EVP_PKEY *signer = cert->issuer ? cert->issuer_key : cert->key;
    assert_true(X509_sign(made, signer, cert->digest ? cert->digest : EVP_sha256()) > 0);
    return made;
}

X509 *pki_from_pem(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(certificate);
    BIO_free(bio);
    return certificate;
}

STACK_OF(X509) * pki_stack(X509 *first, ...) {
    STACK_OF(X509) *stack = sk_X509_new_null();
    va_list more;
    va_start(more, first);
    for (X509 *next = first; next; next = va_arg(more, X509 *)) {
        X509_up_ref(next);
        assert_true(sk_X509_push(stack, next) > 0);
    }
    va_end(more);
    return stack;
}

void pki_free(STACK_OF(X509) * certificates) {
    sk_X509_pop_free(certificates, X509_free);
}

static char folder[64];

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folder(void) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *pki_folder(void) {
    if (!folder[0]) {
        snprintf(folder, sizeof(folder), "/tmp/avs-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

static const char *path_of(const char *name) {
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", pki_folder(), name);
    return path;
}

const char *pki_write_bytes(const char *name, const void *bytes, size_t length) {
    const char *path = path_of(name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *pki_write(const char *name, const STACK_OF(X509) * certificates) {
    const char *path = path_of(name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        assert_int_equal(PEM_write_X509(file, sk_X509_value(certificates, i)), 1);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static X509 *issue_ca(const char *name, int key, X509 *issuer, int issuer_key) {
    int64_t now = (int64_t)time(NULL);
    return pki_issue(&(struct pki_cert){.name = name,
                                        .key = pki_key(key),
                                        .issuer = issuer,
                                        .issuer_key = issuer ? pki_key(issuer_key) : NULL,
                                        .is_ca = true,
                                        .not_before = now - 10 * PKI_YEAR,
                                        .not_after = now + 10 * PKI_YEAR});
}

#define ROOT1 "C=US/O=Amazon/CN=Amazon Root CA 1"
#define G2 \
    "C=US/O=Starfield Technologies, Inc./CN=Starfield Services Root Certificate Authority - G2"
#define CLASS2 "C=US/O=Starfield Technologies, Inc./OU=Starfield Class 2 Certification Authority"

struct pki_ats *pki_ats_new(void) {
    struct pki_ats *pki = calloc(1, sizeof(*pki));
    assert_non_null(pki);
    pki->root1 = issue_ca(ROOT1, 1, NULL, 0);
    pki->root2 = issue_ca("C=US/O=Amazon/CN=Amazon Root CA 2", 2, NULL, 0);
    pki->g2 = issue_ca(G2, 3, NULL, 0);
    pki->class2 = issue_ca(CLASS2, 4, NULL, 0);
    pki->root1_g2 = issue_ca(ROOT1, 1, pki->g2, 3);
    pki->g2_class2 = issue_ca(G2, 3, pki->class2, 4);
    pki->issuing = issue_ca("C=US/O=Amazon/CN=Amazon RSA 2048 M01", 5, pki->root1, 1);
    pki->leaf = pki_issue(&(struct pki_cert){.name = "CN=avs.example",
                                             .key = pki_key(0),
                                             .issuer = pki->issuing,
                                             .issuer_key = pki_key(5),
                                             .names = "DNS:avs.example,DNS:*.avs.example",
                                             .usage = "serverAuth"});
    return pki;
}

void pki_ats_free(struct pki_ats *pki) {
    X509 *all[] = {pki->root1,    pki->root2,     pki->g2,      pki->class2,
                   pki->root1_g2, pki->g2_class2, pki->issuing, pki->leaf};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        X509_free(all[i]);
    }
    free(pki);
}

STACK_OF(X509) * pki_ats_chain(const struct pki_ats *pki, int shape) {
    return pki_stack(pki->leaf, pki->issuing, shape >= 2 ? pki->root1_g2 : NULL,
                     shape >= 3 ? pki->g2_class2 : NULL, NULL);
}

SSL_CTX *pki_server(const STACK_OF(X509) * chain, EVP_PKEY *key) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0); /* the server may send what the client must refuse */
    assert_int_equal(SSL_CTX_use_certificate(context, sk_X509_value(chain, 0)), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    for (int i = 1; i < sk_X509_num(chain); i++) {
        assert_int_equal(SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)), 1);
    }
    return context;
}

int pki_handshake(SSL *client, SSL *server) {
    BIO *client_side = NULL;
    BIO *server_side = NULL;
    assert_int_equal(BIO_new_bio_pair(&client_side, 65536, &server_side, 65536), 1);
    SSL_set_bio(client, client_side, client_side);
    SSL_set_bio(server, server_side, server_side);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    int result = 0;
    for (int round = 0; round < 20; round++) {
        result = SSL_do_handshake(client);
        if (result == 1 || SSL_get_error(client, result) == SSL_ERROR_SSL) {
            break;
        }
        SSL_do_handshake(server);
    }
    return result;
}
