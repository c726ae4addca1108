/* SPDX-License-Identifier: Apache-2.0 */
/* The lazy store accepts exactly what OpenSSL's loader accepts, holds the same, is shared, and
 * notices when the file changes. */
#include "trust/anchors.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/buffer.h"
#include "support/pki.h"
#include "support/store_diff.h"
#include "support/test.h"
#include "trust/der.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define TEXT_MAX      (8 * 1024 * 1024)

static struct pki_ats *pki;

static int set_up(void **state) {
    (void)state;
    pki = pki_ats_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_ats_free(pki);
    return 0;
}

/* ---- making bundles ---- */

static void add_der(struct avs_buffer *text, const char *name, const void *der, long length,
                    int line_length, const char *ending) {
    unsigned char *base64 = malloc((size_t)length * 2 + 8);
    int total = EVP_EncodeBlock(base64, der, (int)length);
    avs_buffer_printf(text, "-----BEGIN %s-----%s", name, ending);
    for (int at = 0; at < total; at += line_length) {
        int left = total - at < line_length ? total - at : line_length;
        avs_buffer_printf(text, "%.*s%s", left, (const char *)base64 + at, ending);
    }
    avs_buffer_printf(text, "-----END %s-----%s", name, ending);
    free(base64);
}

static void add_cert(struct avs_buffer *text, X509 *certificate, const char *name, int line_length,
                     const char *ending) {
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    add_der(text, name, der, length, line_length, ending);
    OPENSSL_free(der);
}

static void add_plain(struct avs_buffer *text, X509 *certificate) {
    add_cert(text, certificate, "CERTIFICATE", 64, "\n");
}

static void add_bio(struct avs_buffer *text, BIO *bio) {
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    avs_buffer_add(text, bytes, (size_t)length);
    BIO_free(bio);
}

/* ---- the differential table: each row makes a text, and says who loads it ---- */

enum who { OURS, OPENSSL };

static void make_plain(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    add_plain(text, pki->g2);
}
static void make_comments(struct avs_buffer *text) {
    avs_buffer_add_text(text, "# Issuer: somebody\n\n# MD5: 00:11\n====\n");
    add_plain(text, pki->root1);
    avs_buffer_add_text(text, "junk between\n  -----BEGIN CERTIFICATE----- (indented: no block)\n");
    add_plain(text, pki->g2);
    avs_buffer_add_text(text, "the end");
}
static void make_crlf(struct avs_buffer *text) {
    avs_buffer_add_text(text, "# from Windows\r\n\r\n");
    add_cert(text, pki->root1, "CERTIFICATE", 64, "\r\n");
    add_cert(text, pki->g2, "CERTIFICATE", 64, "\r\n");
}
static void make_old_name(struct avs_buffer *text) {
    add_cert(text, pki->root1, "X509 CERTIFICATE", 64, "\n");
    add_plain(text, pki->g2);
}
static void make_duplicates(struct avs_buffer *text) {
    for (int i = 0; i < 5; i++) {
        make_plain(text);
    }
}
static void make_same_subject(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    add_plain(text, pki->root1_g2); /* another key's signature over the same subject */
    for (int key = 9; key < 13; key++) {
        X509 *other = pki_issue(&(struct pki_cert){
            .name = "C=US/O=Amazon/CN=Amazon Root CA 1", .key = pki_key(key), .is_ca = true});
        add_plain(text, other);
        X509_free(other);
    }
}
static void make_no_newline_at_end(struct avs_buffer *text) {
    make_plain(text);
    text->data[--text->length] = '\0';
}
static void make_long_lines(struct avs_buffer *text) {
    add_cert(text, pki->root1, "CERTIFICATE", 76, "\n");
    add_cert(text, pki->g2, "CERTIFICATE", 252, "\n");
}
static void make_one_long_line(struct avs_buffer *text) {
    add_cert(text, pki->root1, "CERTIFICATE", 1 << 20, "\n");
}
static void make_uneven_lines(struct avs_buffer *text) {
    add_cert(text, pki->root1, "CERTIFICATE", 61, "\n");
}
static void make_trailing_spaces(struct avs_buffer *text) {
    add_cert(text, pki->root1, "CERTIFICATE", 64, "  \t\n");
}
static void make_trusted(struct avs_buffer *text) {
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *copy = X509_dup(pki->root1);
    ASN1_OBJECT *usage = OBJ_nid2obj(NID_email_protect);
    X509_add1_reject_object(copy, OBJ_nid2obj(NID_server_auth));
    X509_add1_trust_object(copy, usage);
    PEM_write_bio_X509_AUX(bio, copy);
    X509_free(copy);
    add_bio(text, bio);
    add_plain(text, pki->g2);
}
static void make_private_key(struct avs_buffer *text) {
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, pki_key(1), NULL, NULL, 0, NULL, NULL);
    add_bio(text, bio);
    add_plain(text, pki->root1);
}
static void make_encrypted_header(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey_traditional(bio, pki_key(1), EVP_aes_128_cbc(),
                                         (unsigned char *)"secret", 6, NULL, NULL);
    add_bio(text, bio);
    add_plain(text, pki->g2);
}
static void make_encrypted_certificate(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    avs_buffer_add_text(text, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                              "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                              "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n");
}
static void make_crl(struct avs_buffer *text) {
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, 1700000000);
    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki->root1));
    X509_CRL_set1_lastUpdate(crl, at);
    X509_CRL_sign(crl, pki_key(1), EVP_sha256());
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509_CRL(bio, crl);
    ASN1_TIME_free(at);
    X509_CRL_free(crl);
    add_plain(text, pki->root1);
    add_bio(text, bio);
}
static void make_unknown_block(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    add_der(text, "DH PARAMETERS", "0\x03\x02\x01\x01", 5, 64, "\n");
    add_plain(text, pki->g2);
}
static void make_byte_order_mark(struct avs_buffer *text) {
    avs_buffer_add_text(text, "\xef\xbb\xbf");
    make_plain(text);
}
static void make_nul(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    avs_buffer_add(text, "a\0b\n", 4);
    add_plain(text, pki->g2);
}
static void make_nul_line(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    avs_buffer_add(text, "\0\n", 2); /* OpenSSL reads this as the end of the file */
    add_plain(text, pki->g2);
}
static void make_long_junk(struct avs_buffer *text) {
    for (int i = 0; i < 254; i++) {
        avs_buffer_add_text(text, "x");
    }
    make_plain(text); /* the first BEGIN is not at the start of its line, yet OpenSSL sees it so */
}
static void make_truncated(struct avs_buffer *text) {
    make_plain(text);
    text->data[text->length -= 200] = '\0';
}
static void make_truncated_base64(struct avs_buffer *text) {
    make_plain(text);
    char *end = strstr(text->data, "-----END");
    memmove(end - 9, end, strlen(end) + 1);
    text->length -= 9;
}
static void make_bad_character(struct avs_buffer *text) {
    make_plain(text);
    text->data[100] = '*';
}
static void make_bad_middle(struct avs_buffer *text) {
    add_plain(text, pki->root1);
    avs_buffer_add_text(text, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    add_plain(text, pki->g2);
}
static void make_wrong_end(struct avs_buffer *text) {
    make_plain(text);
    char *end = strstr(text->data, "-----END CERTIFICATE");
    memcpy(end + 9, "CERTIFICATX", 11);
}
static void make_no_end(struct avs_buffer *text) {
    make_plain(text);
    char *end = strstr(text->data, "-----END CERTIFICATE");
    memset(end, 'A', 25);
}
static void make_blank_line_inside(struct avs_buffer *text) {
    make_plain(text);
    text->data[200] = '\n';
}
static void make_trailing_der(struct avs_buffer *text) {
    unsigned char *der = NULL;
    int length = i2d_X509(pki->root1, &der);
    unsigned char *longer = calloc(1, (size_t)length + 7);
    memcpy(longer, der, (size_t)length);
    add_der(text, "CERTIFICATE", longer, length + 7, 64, "\n");
    free(longer);
    OPENSSL_free(der);
}
static void make_begin_without_tail(struct avs_buffer *text) {
    avs_buffer_add_text(text, "-----BEGIN CERTIFICATE\n");
    make_plain(text);
}
static void make_begin_with_spaces(struct avs_buffer *text) {
    make_plain(text);
    char *rest = strchr(text->data, '\n');
    avs_buffer_add_text(text, "  ");
    memmove(rest + 2, rest, strlen(rest) - 1);
    memcpy(rest, "  ", 2);
}
static void make_bmp_name(struct avs_buffer *text) {
    X509 *made = pki_issue(&(struct pki_cert){.name = "CN=x", .key = pki_key(1), .is_ca = true});
    X509_NAME *name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "O", V_ASN1_BMPSTRING, (const unsigned char *)"\0A\0b", 4, -1,
                               0);
    X509_set_issuer_name(made, name);
    X509_sign(made, pki_key(1), EVP_sha256());
    add_plain(text, made);
    X509_free(made);
}
static void make_ed25519(struct avs_buffer *text) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
    X509 *made = pki_issue(&(struct pki_cert){.name = "CN=x", .key = pki_key(1), .is_ca = true});
    X509_set_pubkey(made, key);
    X509_sign(made, pki_key(1), EVP_sha256());
    add_plain(text, made);
    X509_free(made);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
}
static void make_der(struct avs_buffer *text) {
    unsigned char *der = NULL;
    int length = i2d_X509(pki->root1, &der);
    avs_buffer_add(text, der, (size_t)length);
    OPENSSL_free(der);
}
static void make_html(struct avs_buffer *text) {
    avs_buffer_add_text(text, "<html><body>404</body></html>\n");
}
static void make_empty(struct avs_buffer *text) {
    (void)text;
}
static void make_thousand(struct avs_buffer *text) {
    for (int i = 0; i < 1000; i++) {
        char name[64];
        snprintf(name, sizeof(name), "O=Many/CN=Root %d", i % 900);
        X509 *made =
            pki_issue(&(struct pki_cert){.name = name, .key = pki_key(1 + i / 900), .is_ca = true});
        add_plain(text, made);
        X509_free(made);
    }
}

static const struct {
    const char *what;
    void (*make)(struct avs_buffer *text);
    enum who who;
    bool is_accepted;
} rows[] = {
    {"two roots", make_plain, OURS, true},
    {"comments and junk", make_comments, OURS, true},
    {"CRLF", make_crlf, OURS, true},
    {"X509 CERTIFICATE", make_old_name, OURS, true},
    {"duplicates", make_duplicates, OURS, true},
    {"one subject, several keys", make_same_subject, OURS, true},
    {"no newline at the end", make_no_newline_at_end, OURS, true},
    {"lines of 76 and 252", make_long_lines, OURS, true},
    {"1,000 certificates", make_thousand, OURS, true},
    {"all on one line", make_one_long_line, OPENSSL, true},
    {"lines of 61", make_uneven_lines, OPENSSL, true},
    {"trailing spaces", make_trailing_spaces, OPENSSL, true},
    {"trusted certificate", make_trusted, OPENSSL, true},
    {"private key inside", make_private_key, OPENSSL, true},
    {"encrypted key inside", make_encrypted_header, OPENSSL, true},
    {"encrypted certificate", make_encrypted_certificate, OPENSSL, false},
    {"revocation list inside", make_crl, OPENSSL, true},
    {"unknown block", make_unknown_block, OPENSSL, true},
    {"byte order mark", make_byte_order_mark, OPENSSL, true},
    {"NUL in a line", make_nul, OPENSSL, true},
    {"NUL as a line", make_nul_line, OPENSSL, true},
    {"BEGIN after 254 bytes of junk", make_long_junk, OPENSSL, true},
    {"truncated file", make_truncated, OPENSSL, false},
    {"truncated base64", make_truncated_base64, OPENSSL, false},
    {"bad character", make_bad_character, OPENSSL, false},
    {"bad block in the middle", make_bad_middle, OPENSSL, false},
    {"wrong END", make_wrong_end, OPENSSL, false},
    {"no END", make_no_end, OPENSSL, false},
    {"blank line inside", make_blank_line_inside, OPENSSL, false},
    {"bytes after the DER", make_trailing_der, OPENSSL, true},
    {"BEGIN without tail", make_begin_without_tail, OPENSSL, true},
    {"BEGIN with spaces", make_begin_with_spaces, OPENSSL, true},
    {"BMP name", make_bmp_name, OPENSSL, true},
    {"Ed25519 key", make_ed25519, OPENSSL, true},
    {"DER", make_der, OPENSSL, false},
    {"HTML", make_html, OPENSSL, false},
    {"empty file", make_empty, OPENSSL, false},
};

static X509_STORE *load_openssl(const char *path, int *ret_count) {
    X509_STORE *store = X509_STORE_new();
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    *ret_count = X509_load_cert_crl_file(lookup, path, X509_FILETYPE_PEM);
    ERR_clear_error();
    return store;
}

/* With the same trust settings. In no order: a store's is its sort's, and musl's is not stable. */
static void assert_is_among(X509 *certificate, STACK_OF(X509) * wanted) {
    int at = 0;
    while (at < sk_X509_num(wanted) && X509_cmp(certificate, sk_X509_value(wanted, at)) != 0) {
        at++;
    }
    assert_true(at < sk_X509_num(wanted));
    assert_int_equal(X509_check_trust(certificate, X509_TRUST_SSL_SERVER, 0),
                     X509_check_trust(sk_X509_value(wanted, at), X509_TRUST_SSL_SERVER, 0));
}

/* Everything that the eager store holds is found in ours, by subject, trust settings included. */
static void assert_same_certificates(X509_STORE *eager, X509_STORE *ours, const char *what) {
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(eager);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX *eager_context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, ours, NULL, NULL), 1);
    assert_int_equal(X509_STORE_CTX_init(eager_context, eager, NULL, NULL), 1);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (!certificate) {
            continue;
        }
        X509_NAME *name = X509_get_subject_name(certificate);
        STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(context, name);
        STACK_OF(X509) *wanted = X509_STORE_CTX_get1_certs(eager_context, name);
        if (sk_X509_num(found) != sk_X509_num(wanted)) {
            fail_msg("%s: %d instead of %d certificates", what, sk_X509_num(found),
                     sk_X509_num(wanted));
        }
        for (int j = 0; j < sk_X509_num(found); j++) {
            assert_is_among(sk_X509_value(found, j), wanted);
        }
        pki_free(found);
        pki_free(wanted);
    }
    X509_STORE_CTX_free(context);
    X509_STORE_CTX_free(eager_context);
}

static void bundles_are_accepted_as_openssl_accepts_them(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_buffer text = avs_buffer_init(TEXT_MAX);
        rows[i].make(&text);
        const char *path = pki_write_bytes("bundle.pem", text.data ? text.data : "", text.length);
        int count = 0;
        X509_STORE *eager = load_openssl(path, &count);
        if ((count > 0) != rows[i].is_accepted) {
            fail_msg("%s: OpenSSL counts %d", rows[i].what, count);
        }
        struct avs_anchors *anchors = NULL;
        struct avs_anchors_options options = {.ca_file = path};
        struct avs_store_facts facts = {.state = AVS_STORE_OK};
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_anchors_load(&options, &facts, &anchors, &error);
        if ((status == AVS_OK) != rows[i].is_accepted) {
            fail_msg("%s: %s", rows[i].what, avs_status_text(status));
        }
        bool is_ours = false;
        const char *difference = store_diff(text.data ? text.data : "", text.length, &is_ours);
        if (difference || is_ours != (rows[i].who == OURS)) {
            fail_msg("%s: %s", rows[i].what, difference ? difference : "loaded by the other one");
        }
        if (status == AVS_OK) {
            assert_int_equal(facts.count, count);
            assert_same_certificates(eager, avs_anchors_store(anchors), rows[i].what);
        } else {
            assert_int_equal(status, AVS_ERR_CA_FILE_INVALID);
            assert_int_equal(facts.state, AVS_STORE_INVALID);
            assert_non_null(strstr(error.message, "bundle.pem"));
        }
        avs_anchors_unref(anchors);
        X509_STORE_free(eager);
        avs_buffer_done(&text);
    }
}

static void the_system_bundle_is_read_by_us_and_holds_the_same(void **state) {
    (void)state;
    struct stat status;
    if (stat(SYSTEM_BUNDLE, &status) != 0) {
        skip();
    }
    char *text = malloc((size_t)status.st_size);
    FILE *file = fopen(SYSTEM_BUNDLE, "re");
    size_t length = fread(text, 1, (size_t)status.st_size, file);
    fclose(file);
    bool is_ours = false;
    assert_null(store_diff(text, length, &is_ours));
    assert_true(is_ours);
    free(text);
    int count = 0;
    X509_STORE *eager = load_openssl(SYSTEM_BUNDLE, &count);
    struct avs_anchors *anchors = NULL;
    struct avs_anchors_options options = {.ca_file = SYSTEM_BUNDLE};
    struct avs_store_facts facts = {.state = AVS_STORE_OK};
    assert_int_equal(avs_anchors_load(&options, &facts, &anchors, NULL), AVS_OK);
    assert_int_equal(facts.count, count);
    assert_same_certificates(eager, avs_anchors_store(anchors), SYSTEM_BUNDLE);
    avs_anchors_unref(anchors);
    X509_STORE_free(eager);
}

/* Mutations of a small bundle; whatever our index takes on, OpenSSL has to agree. */
static void mutated_bundles_never_differ(void **state) {
    (void)state;
    struct avs_buffer text = avs_buffer_init(TEXT_MAX);
    make_comments(&text);
    uint64_t seed = 88172645463325252ULL;
    int taken = 0;
    char *copy = malloc(text.length);
    static const char interesting[] = "\n\r -=A/+\0:z0B";
    for (int i = 0; i < 1000; i++) {
        memcpy(copy, text.data, text.length);
        for (int changes = 0; changes < 1 + i % 3; changes++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            copy[seed % text.length] =
                i % 2 ? interesting[(seed >> 32) % (sizeof(interesting) - 1)] : (char)(seed >> 40);
        }
        bool is_ours = false;
        const char *difference = store_diff(copy, text.length, &is_ours);
        if (difference) {
            fail_msg("mutation %d: %s", i, difference);
        }
        taken += is_ours;
    }
    assert_in_range(taken, 30, 970); /* both sides of the fence were tried */
    free(copy);
    avs_buffer_done(&text);
}

static void names_that_are_equal_for_openssl_are_found(void **state) {
    (void)state;
    struct avs_buffer text = avs_buffer_init(TEXT_MAX);
    X509 *made = pki_issue(&(struct pki_cert){
        .name = "C=US/O=Example  Corp\xc3\xa9/CN=Root One", .key = pki_key(1), .is_ca = true});
    add_plain(&text, made);
    struct avs_bundle *bundle = NULL;
    size_t length = text.length;
    assert_int_equal(avs_bundle_from_text(AVS_STEAL(text.data), length, &bundle), AVS_BUNDLE_READ);
    static const struct {
        int type;
        const char *organization;
        int length;
        bool is_equal;
    } names[] = {
        {V_ASN1_UTF8STRING, "Example  Corp\xc3\xa9", -1, true},
        {V_ASN1_UTF8STRING, "  EXAMPLE corp\xc3\xa9 ", -1, true},
        {V_ASN1_T61STRING, "Example Corp\xe9", -1, true},
        {V_ASN1_BMPSTRING, "\0E\0x\0a\0m\0p\0l\0e\0 \0c\0o\0r\0p\0\xe9", 26, true},
        {V_ASN1_UTF8STRING, "Example Corp", -1, false},
        {V_ASN1_UTF8STRING, "Example2 Corp\xc3\xa9", -1, false},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        X509_NAME *name = X509_NAME_new();
        X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"us", -1, -1, 0);
        X509_NAME_add_entry_by_txt(name, "O", names[i].type,
                                   (const unsigned char *)names[i].organization, names[i].length,
                                   -1, 0);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"root one", -1,
                                   -1, 0);
        assert_int_equal(X509_NAME_cmp(name, X509_get_subject_name(made)) == 0, names[i].is_equal);
        struct store_diff_list *found = calloc(1, sizeof(*found));
        assert_true(avs_bundle_find(bundle, name, store_diff_collect, found));
        if (names[i].is_equal) {
            assert_int_equal(found->count, 1);
        }
        free(found);
        X509_NAME_free(name);
    }
    avs_bundle_free(bundle);
    X509_free(made);
    avs_buffer_done(&text);
}

static void der_cut_or_changed_anywhere_stays_in_bounds(void **state) {
    (void)state;
    unsigned char *der = NULL;
    int length = i2d_X509(pki->root1, &der);
    struct avs_der_facts facts;
    assert_true(avs_der_certificate(der, (size_t)length, &facts));
    for (int cut = 0; cut < length; cut++) { /* an exact heap copy: the sanitizer watches its end */
        unsigned char *copy = malloc((size_t)cut + 1);
        memcpy(copy, der, (size_t)cut);
        assert_false(avs_der_certificate(copy, (size_t)cut, &facts));
        free(copy);
    }
    for (int at = 0; at < length; at++) {
        for (int value = 0; value < 256; value += 11) {
            unsigned char kept = der[at];
            der[at] = (unsigned char)value;
            if (avs_der_certificate(der, (size_t)length, &facts)) {
                const unsigned char *in = der;
                X509 *parsed = d2i_X509(NULL, &in, length);
                assert_non_null(parsed);
                assert_ptr_equal(in, der + length);
                X509_free(parsed);
            }
            der[at] = kept;
        }
    }
    OPENSSL_free(der);
}

/* ---- sharing and refreshing ---- */

static void one_store_is_loaded_once_and_again_when_it_changes(void **state) {
    (void)state;
    STACK_OF(X509) *one = pki_stack(pki->root1, NULL);
    STACK_OF(X509) *two = pki_stack(pki->root1, pki->g2, NULL);
    struct avs_anchors_options options = {.ca_file = pki_write("shared.pem", one)};
    struct avs_anchors *first = NULL;
    struct avs_anchors *second = NULL;
    struct avs_anchors *third = NULL;
    struct avs_store_facts facts = {.count = 0};
    assert_int_equal(avs_anchors_load(&options, &facts, &first, NULL), AVS_OK);
    assert_int_equal(facts.count, 1);
    assert_int_equal(avs_anchors_load(&options, &facts, &second, NULL), AVS_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(facts.count, 1);
    pki_write("shared.pem", two);
    assert_int_equal(avs_anchors_load(&options, &facts, &third, NULL), AVS_OK);
    assert_ptr_not_equal(first, third);
    assert_int_equal(facts.count, 2);
    /* the old one goes on with what it had */
    avs_anchors_unref(first);
    avs_anchors_describe(second, &facts);
    assert_int_equal(facts.count, 1);
    avs_anchors_unref(second);
    avs_anchors_unref(third);
    avs_anchors_unref(NULL);
    pki_free(one);
    pki_free(two);
}

static void the_store_outlives_its_anchors_while_a_connection_holds_it(void **state) {
    (void)state;
    STACK_OF(X509) *one = pki_stack(pki->root1, NULL);
    struct avs_anchors_options options = {.ca_file = pki_write("held.pem", one)};
    struct avs_anchors *anchors = NULL;
    assert_int_equal(avs_anchors_load(&options, NULL, &anchors, NULL), AVS_OK);
    X509_STORE *store = avs_anchors_store(anchors);
    X509_STORE_up_ref(store);
    avs_anchors_unref(anchors);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, store, NULL, NULL), 1);
    STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(context, X509_get_subject_name(pki->root1));
    assert_int_equal(sk_X509_num(found), 1);
    pki_free(found);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    pki_free(one);
}

struct verifier {
    pthread_t thread;
    const char *path;
    STACK_OF(X509) * chain;
    int accepted;
};

static void *verify_many_times(void *user) {
    struct verifier *verifier = user;
    for (int i = 0; i < 50; i++) {
        struct avs_anchors *anchors = NULL;
        struct avs_anchors_options options = {.ca_file = verifier->path};
        X509_STORE_CTX *context = X509_STORE_CTX_new();
        if (avs_anchors_load(&options, NULL, &anchors, NULL) == AVS_OK &&
            X509_STORE_CTX_init(context, avs_anchors_store(anchors),
                                sk_X509_value(verifier->chain, 0), verifier->chain) == 1 &&
            X509_verify_cert(context) == 1) {
            verifier->accepted++;
        }
        X509_STORE_CTX_free(context);
        avs_anchors_unref(anchors);
    }
    return NULL;
}

static void threads_share_the_index(void **state) {
    (void)state;
    STACK_OF(X509) *file = pki_stack(pki->root2, pki->root1, pki->g2, pki->class2, NULL);
    const char *path = pki_write("threads.pem", file);
    struct verifier verifiers[4] = {{.accepted = 0}};
    for (size_t i = 0; i < 4; i++) {
        verifiers[i].path = path;
        verifiers[i].chain = sk_X509_new_null(); /* own copies: a chain belongs to one connection */
        STACK_OF(X509) *chain = pki_ats_chain(pki, 2);
        for (int j = 0; j < sk_X509_num(chain); j++) {
            sk_X509_push(verifiers[i].chain, X509_dup(sk_X509_value(chain, j)));
        }
        pki_free(chain);
        pthread_create(&verifiers[i].thread, NULL, verify_many_times, &verifiers[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(verifiers[i].thread, NULL);
        assert_int_equal(verifiers[i].accepted, 50);
        pki_free(verifiers[i].chain);
    }
    pki_free(file);
}

/* ---- what is wrong with a store ---- */

static void broken_stores_are_named(void **state) {
    (void)state;
    char folder[128];
    char empty[160];
    char unhashed[160];
    snprintf(folder, sizeof(folder), "%s", pki_folder());
    snprintf(empty, sizeof(empty), "%s/empty", folder);
    snprintf(unhashed, sizeof(unhashed), "%s/unhashed", folder);
    mkdir(empty, 0755);
    mkdir(unhashed, 0755);
    char inside[200];
    snprintf(inside, sizeof(inside), "unhashed/root.pem");
    STACK_OF(X509) *one = pki_stack(pki->root1, NULL);
    pki_write(inside, one);
    const char *good = pki_write("good.pem", one);
    unsigned char *der = NULL;
    int length = i2d_X509(pki->root1, &der);
    const char *der_file = pki_write_bytes("der.pem", der, (size_t)length);
    OPENSSL_free(der);
    const char *html = pki_write_bytes("html.pem", "<!DOCTYPE html>", 15);
    const char *nothing = pki_write_bytes("nothing.pem", "", 0);
    const struct {
        const char *ca_file, *ca_path, *detail;
        enum avs_status status;
        enum avs_store_state state;
        int os_errno;
    } cases[] = {
        {"/no/such.pem", NULL, "No such file", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 2},
        {"/no/such.pem", unhashed, "No such file", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE,
         2},
        {folder, NULL, "directory", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 21},
        {der_file, NULL, "DER", AVS_ERR_CA_FILE_INVALID, AVS_STORE_INVALID, 0},
        {html, NULL, "HTML", AVS_ERR_CA_FILE_INVALID, AVS_STORE_INVALID, 0},
        {nothing, NULL, "empty", AVS_ERR_CA_FILE_INVALID, AVS_STORE_INVALID, 0},
        {NULL, "/no/such", "No such file", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 2},
        {NULL, unhashed, "no hash link", AVS_ERR_CA_PATH_NOT_HASHED, AVS_STORE_NOT_HASHED, 0},
        {NULL, empty, "no hash link", AVS_ERR_CA_PATH_NOT_HASHED, AVS_STORE_NOT_HASHED, 0},
        {NULL, good, "it is a file", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 20},
        {NULL, "", "no folder", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 2},
        {NULL, ":", "no folder", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 2},
        {NULL, "/no/such:/nor/such", "/no/such: No such file", AVS_ERR_CA_FILE_UNREADABLE,
         AVS_STORE_UNREADABLE, 2},
        {good, "", "no folder", AVS_ERR_CA_FILE_UNREADABLE, AVS_STORE_UNREADABLE, 2},
        {good, good, "it is a file", AVS_OK, AVS_STORE_OK, 0},
        {good, "/no/such:", "/no/such: No such file", AVS_OK, AVS_STORE_OK, 0},
        {good, "/no/such", "No such file", AVS_OK, AVS_STORE_OK, 0},
        {good, unhashed, "no hash link", AVS_OK, AVS_STORE_OK, 0},
        {good, NULL, "", AVS_OK, AVS_STORE_OK, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avs_anchors_options options = {
            .ca_file = cases[i].ca_file, .ca_path = cases[i].ca_path, .source = "option"};
        struct avs_store_facts facts = {.state = AVS_STORE_OK};
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_anchors *anchors = NULL;
        assert_int_equal(avs_anchors_load(&options, &facts, &anchors, &error), cases[i].status);
        assert_int_equal(facts.state, cases[i].state);
        assert_int_equal(facts.os_errno, cases[i].os_errno);
        assert_string_equal(facts.source, "option");
        assert_int_equal(facts.ca_path_useless,
                         cases[i].ca_file == good &&
                             (cases[i].ca_path == unhashed || cases[i].ca_path == good));
        if (!strstr(facts.detail, cases[i].detail)) {
            fail_msg("case %zu: %s", i, facts.detail);
        }
        avs_anchors_unref(anchors);
    }
    pki_free(one);
}

static void a_hashed_folder_is_looked_up_by_openssl_itself(void **state) {
    (void)state;
    char folder[160];
    char name[64];
    snprintf(folder, sizeof(folder), "%s/hashed", pki_folder());
    mkdir(folder, 0755);
    STACK_OF(X509) *other = pki_stack(pki->root1_g2, NULL);
    STACK_OF(X509) *one = pki_stack(pki->root1, NULL);
    unsigned long hash = X509_NAME_hash(X509_get_subject_name(pki->root1));
    snprintf(name, sizeof(name), "hashed/%08lx.0", hash);
    pki_write(name, other);
    snprintf(name, sizeof(name), "hashed/%08lx.1", hash);
    pki_write(name, one);
    struct avs_anchors *anchors = NULL;
    struct avs_anchors_options options = {.ca_path = folder};
    assert_int_equal(avs_anchors_load(&options, NULL, &anchors, NULL), AVS_OK);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, avs_anchors_store(anchors), NULL, NULL), 1);
    STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(context, X509_get_subject_name(pki->root1));
    assert_int_equal(sk_X509_num(found), 2);
    pki_free(found);
    found = X509_STORE_CTX_get1_certs(context, X509_get_subject_name(pki->g2));
    assert_true(sk_X509_num(found) <= 0);
    pki_free(found);
    X509_STORE_CTX_free(context);
    avs_anchors_unref(anchors);
    pki_free(one);
    pki_free(other);
}

static bool finds(struct avs_anchors *anchors, X509 *certificate) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, avs_anchors_store(anchors), NULL, NULL), 1);
    STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(context, X509_get_subject_name(certificate));
    bool is_found = sk_X509_num(found) > 0;
    pki_free(found);
    X509_STORE_CTX_free(context);
    return is_found;
}

static void link_by_hash(const char *folder, X509 *certificate) {
    char name[64];
    STACK_OF(X509) *one = pki_stack(certificate, NULL);
    snprintf(name, sizeof(name), "%s/%08lx.0", folder,
             X509_NAME_hash(X509_get_subject_name(certificate)));
    pki_write(name, one);
    pki_free(one);
}

/* As by_dir has it; and a folder at the end of the list is watched as the first one is. */
static void a_list_of_folders_is_one_ca_path(void **state) {
    (void)state;
    char path[600], folder[4][120];
    for (size_t i = 0; i < 4; i++) {
        snprintf(folder[i], sizeof(folder[i]), "%s/list%zu", pki_folder(), i);
        mkdir(folder[i], 0755);
    }
    rmdir(folder[3]);
    snprintf(path, sizeof(path), ":%s::%s:%s:%s:", folder[0], folder[3], folder[1], folder[2]);
    link_by_hash("list1", pki->root1);
    const struct avs_anchors_options options = {.ca_path = path};
    struct avs_anchors *first = NULL, *again = NULL, *changed = NULL;
    struct avs_store_facts facts;
    assert_int_equal(avs_anchors_load(&options, &facts, &first, NULL), AVS_OK);
    assert_non_null(strstr(facts.detail, "list3: No such file"));
    assert_true(finds(first, pki->root1));
    assert_false(finds(first, pki->g2));
    assert_int_equal(avs_anchors_load(&options, NULL, &again, NULL), AVS_OK);
    assert_ptr_equal(again, first);
    link_by_hash("list2", pki->g2);
    assert_int_equal(avs_anchors_load(&options, NULL, &changed, NULL), AVS_OK);
    assert_ptr_not_equal(changed, first);
    assert_true(finds(changed, pki->g2));
    avs_anchors_unref(first);
    avs_anchors_unref(again);
    avs_anchors_unref(changed);
}

static void set_time(const char *path, time_t seconds) {
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Written in place: device, inode and size are what they were, only a time tells. */
static void an_edit_in_place_of_the_same_size_is_noticed(void **state) {
    (void)state;
    STACK_OF(X509) *one = pki_stack(pki->root1, NULL);
    const char *path = pki_write("in_place.pem", one);
    const struct avs_anchors_options options = {.ca_file = path};
    struct avs_anchors *first = NULL, *second = NULL, *third = NULL;
    struct stat before, after;
    set_time(path, 1000);
    assert_int_equal(avs_anchors_load(&options, NULL, &first, NULL), AVS_OK);
    assert_int_equal(stat(path, &before), 0);
    set_time(path, 2000); /* by the time of modification */
    assert_int_equal(avs_anchors_load(&options, NULL, &second, NULL), AVS_OK);
    assert_ptr_not_equal(first, second);
    usleep(20000);        /* longer than a tick of the file system's clock */
    set_time(path, 2000); /* put back: the time of the change tells alone */
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(avs_anchors_load(&options, NULL, &third, NULL), AVS_OK);
    assert_ptr_not_equal(second, third);
    avs_anchors_unref(first);
    avs_anchors_unref(second);
    avs_anchors_unref(third);
    pki_free(one);
}

static void loading_survives_every_failed_allocation(void **state) {
    (void)state;
    STACK_OF(X509) *file = pki_stack(pki->root1, pki->g2, NULL);
    const char *path = pki_write("memory.pem", file);
    TEST_EACH_ALLOCATION(n, 100) {
        struct avs_anchors *anchors = NULL;
        struct avs_anchors_options options = {.ca_file = path};
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_anchors_load(&options, NULL, &anchors, &error);
        assert_int_equal(status == AVS_OK, anchors != NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        avs_anchors_unref(anchors);
    }
    pki_free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles_are_accepted_as_openssl_accepts_them),
        cmocka_unit_test(the_system_bundle_is_read_by_us_and_holds_the_same),
        cmocka_unit_test(mutated_bundles_never_differ),
        cmocka_unit_test(names_that_are_equal_for_openssl_are_found),
        cmocka_unit_test(der_cut_or_changed_anywhere_stays_in_bounds),
        cmocka_unit_test(one_store_is_loaded_once_and_again_when_it_changes),
        cmocka_unit_test(the_store_outlives_its_anchors_while_a_connection_holds_it),
        cmocka_unit_test(threads_share_the_index),
        cmocka_unit_test(broken_stores_are_named),
        cmocka_unit_test(a_hashed_folder_is_looked_up_by_openssl_itself),
        cmocka_unit_test(a_list_of_folders_is_one_ca_path),
        cmocka_unit_test(an_edit_in_place_of_the_same_size_is_noticed),
        cmocka_unit_test(loading_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
