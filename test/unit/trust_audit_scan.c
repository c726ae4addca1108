/* SPDX-License-Identifier: Apache-2.0 */
/* Reading CA files as bytes: the same certificates that OpenSSL finds, and what is wrong with the
 * file when it is not a clean bundle. */
#include "store/audit_scan.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "support/pki.h"
#include "support/test.h"
#include "trust/roots.h"

struct found {
    size_t count;
    uint8_t sha256[32];
};

static void on_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct found *found = user;
    found->count++;
    memcpy(found->sha256, certificate->sha256, 32);
}

static struct avs_scan_file scan(const char *data, size_t length, struct found *found) {
    struct avs_scan_file file;
    *found = (struct found){.count = 0};
    assert_true(avs_scan_bytes(data, length, on_certificate, found, &file));
    assert_int_equal(file.certificates, found->count);
    return file;
}

static struct avs_scan_file scan_text(const char *text) {
    struct found found;
    return scan(text, strlen(text), &found);
}

/* OpenSSL's own count of days: no time_t, which ends in 2038 where it has 32 bits. */
static int64_t seconds_by_openssl(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, epoch, time), 1);
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}

static void compare_with_openssl(void *user, const struct avs_scan_cert *ours) {
    BIO *bio = user;
    X509 *theirs = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(theirs);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    assert_int_equal(X509_digest(theirs, EVP_sha256(), digest, &length), 1);
    assert_memory_equal(digest, ours->sha256, 32);
    assert_int_equal(X509_pubkey_digest(theirs, EVP_sha1(), digest, &length), 1);
    uint8_t *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(theirs), &der);
    assert_int_equal(size, ours->spki.length);
    assert_memory_equal(der, ours->spki.bytes, ours->spki.length);
    OPENSSL_free(der);
    assert_int_equal(seconds_by_openssl(X509_get0_notBefore(theirs)), ours->not_before);
    assert_int_equal(seconds_by_openssl(X509_get0_notAfter(theirs)), ours->not_after);
    assert_int_equal(X509_NAME_cmp(X509_get_subject_name(theirs), X509_get_issuer_name(theirs)) ==
                         0,
                     ours->is_self_issued);
    X509_free(theirs);
}

static void each_certificate_is_read_as_openssl_reads_it(void **state) {
    (void)state;
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt"};
    size_t compared = 0;
    for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
        BIO *file = BIO_new_file(bundles[i], "r");
        if (!file) {
            continue;
        }
        static char data[4 << 20];
        int length = BIO_read(file, data, sizeof(data));
        assert_true(length > 0);
        BIO_free(file);
        BIO *again = BIO_new_mem_buf(data, length);
        struct avs_scan_file facts;
        assert_true(avs_scan_bytes(data, (size_t)length, compare_with_openssl, again, &facts));
        assert_null(PEM_read_bio_X509(again, NULL, NULL, NULL)); /* they found no more than we */
        assert_int_equal(facts.broken, 0);
        compared += facts.certificates;
        BIO_free(again);
    }
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        const char *pem = avs_ats_root_table[i].pem;
        BIO *again = BIO_new_mem_buf(pem, -1);
        struct avs_scan_file facts;
        assert_true(avs_scan_bytes(pem, strlen(pem), compare_with_openssl, again, &facts));
        compared += facts.certificates;
        BIO_free(again);
    }
    assert_true(compared >= AVS_ATS_ROOT_COUNT);
}

static void junk_is_told_apart(void **state) {
    (void)state;
    assert_true(scan_text("").is_empty);
    assert_true(scan_text(" \r\n\n").is_empty);
    assert_true(scan_text("<!DOCTYPE html>\n<title>404</title>").is_html);
    assert_true(scan_text("\n<html><body>Not Found").is_html);
    assert_true(scan_text("hello").has_other_text);
    assert_false(scan_text("<key>").is_html);
    assert_int_equal(scan_text("-----BEGIN CERTIFICATE-----\nAAAA\n").broken, 1);
    assert_int_equal(
        scan_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").broken, 1);
    assert_int_equal(
        scan_text("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n").broken, 1);
    assert_int_equal(
        scan_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").certificates,
        0);
}

static void a_cut_block_hides_only_itself(void **state) {
    (void)state;
    const char *pem = avs_ats_root_table[2].pem;
    char text[8192];
    snprintf(text, sizeof(text), "%.200s\n%s", pem, pem);
    struct avs_scan_file file = scan_text(text);
    assert_int_equal(file.broken, 1);
    assert_int_equal(file.certificates, 1);
}

static void a_byte_order_mark_is_noted_and_skipped(void **state) {
    (void)state;
    const char *pem = avs_ats_root_table[2].pem;
    char text[8192];
    snprintf(text, sizeof(text), "\xef\xbb\xbf%s%s", pem, pem);
    struct avs_scan_file file = scan_text(text);
    assert_true(file.has_bom);
    assert_int_equal(file.certificates, 2); /* OpenSSL 3 skips it too, older ones lose the first */
}

static void windows_line_ends_are_noted_and_read(void **state) {
    (void)state;
    const char *pem = avs_ats_root_table[2].pem;
    char text[8192];
    size_t length = 0;
    for (const char *at = pem; *at; at++) {
        if (*at == '\n') {
            text[length++] = '\r';
        }
        text[length++] = *at;
    }
    struct found found;
    struct avs_scan_file file = scan(text, length, &found);
    assert_true(file.has_crlf);
    assert_int_equal(file.certificates, 1);
}

static void der_is_recognised_and_not_counted(void **state) {
    (void)state;
    X509 *certificate = pki_from_pem(avs_ats_root_table[0].pem);
    uint8_t *der = NULL;
    int length = i2d_X509(certificate, &der);
    struct found found;
    struct avs_scan_file file = scan((const char *)der, (size_t)length, &found);
    assert_true(file.is_der);
    assert_int_equal(file.certificates, 0);
    OPENSSL_free(der);
    X509_free(certificate);
}

static void trusted_blocks_are_counted(void **state) {
    (void)state;
    X509 *certificate = pki_from_pem(avs_ats_root_table[2].pem);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_AUX(bio, certificate), 1);
    char *text = NULL;
    long length = BIO_get_mem_data(bio, &text);
    struct found found;
    struct avs_scan_file file = scan(text, (size_t)length, &found);
    assert_int_equal(file.trusted, 1);
    assert_int_equal(file.certificates, 1);
    uint8_t wanted[32];
    assert_true(avs_scan_hash_from_hex(avs_ats_root_table[2].sha256, wanted));
    assert_memory_equal(found.sha256, wanted, 32);
    BIO_free(bio);
    X509_free(certificate);
}

/** Every prefix of a certificate, and every byte of it changed: no crash, never a longer read (the
 *  sanitizers watch), and a prefix is never a certificate. */
static void broken_der_is_refused_at_every_length(void **state) {
    (void)state;
    X509 *certificate = pki_from_pem(avs_ats_root_table[3].pem);
    uint8_t *der = NULL;
    size_t length = (size_t)i2d_X509(certificate, &der);
    struct avs_scan_cert read;
    assert_true(avs_scan_der(der, length, &read));
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, der, cut);
        assert_false(avs_scan_der(copy, cut, &read));
        free(copy);
    }
    for (size_t at = 0; at < length; at++) {
        uint8_t *copy = malloc(length);
        assert_non_null(copy);
        memcpy(copy, der, length);
        copy[at] ^= 0xff;
        if (avs_scan_der(copy, length, &read)) {
            assert_true(read.spki.bytes + read.spki.length <= copy + length);
        }
        free(copy);
    }
    OPENSSL_free(der);
    X509_free(certificate);
}

static void memory_that_runs_out_is_told(void **state) {
    (void)state;
    const char *pem = avs_ats_root_table[0].pem;
    TEST_EACH_ALLOCATION(n, 8) {
        struct avs_scan_file file = {0};
        bool is_read = avs_scan_bytes(pem, strlen(pem), NULL, NULL, &file);
        assert_true(is_read != test_allocation_failed());
        test_fail_allocation(0);
        if (is_read) {
            assert_int_equal(file.certificates, 1);
            break;
        }
    }
}

static void hashes_are_64_hex_digits(void **state) {
    (void)state;
    uint8_t hash[32];
    assert_true(avs_scan_hash_from_hex(avs_ats_root_table[0].sha256, hash));
    assert_int_equal(hash[0], 0x8e);
    assert_false(avs_scan_hash_from_hex("8ECD", hash));
    char bad[65];
    memset(bad, 'g', 64);
    bad[64] = '\0';
    assert_false(avs_scan_hash_from_hex(bad, hash));
}

/* The field's own length counts: what follows it may look like the missing digit ('0' is 0x30, the
 * tag of the name behind it). */
static void a_time_that_is_too_short_is_no_time(void **state) {
    (void)state;
    static const struct {
        const char *time; /* tag, length, digits */
        bool is_read;
    } rows[] = {
        {"\x18\x0f"
         "20500101000000Z",
         true},
        {"\x18\x0d"
         "2050010100000",
         false},
        {"\x18\x0c"
         "205001010000",
         false},
        {"\x17\x0d"
         "490101000000Z",
         true},
        {"\x17\x0b"
         "49010100000",
         false},
        {"\x18\x00", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t der[128] = {0x30, 0, 0x30, 0, 0x02, 1, 5, 0x30, 0, 0x30, 0, 0x30};
        size_t time_length = 2 + (size_t)rows[i].time[1], at = 13;
        const char good[] = "\x17\x0d"
                            "490101000000Z";
        struct avs_scan_cert certificate;
        der[12] = (uint8_t)(sizeof(good) - 1 + time_length);
        memcpy(der + at, good, sizeof(good) - 1);
        memcpy(der + at + sizeof(good) - 1, rows[i].time, time_length);
        at += sizeof(good) - 1 + time_length;
        memcpy(der + at, "\x30\x00\x30\x00", 4); /* subject, key */
        at += 4;
        der[1] = (uint8_t)(at - 2);
        der[3] = (uint8_t)(at - 4);
        assert_int_equal(avs_scan_der(der, at, &certificate), rows[i].is_read);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_that_is_too_short_is_no_time),
        cmocka_unit_test(each_certificate_is_read_as_openssl_reads_it),
        cmocka_unit_test(junk_is_told_apart),
        cmocka_unit_test(a_cut_block_hides_only_itself),
        cmocka_unit_test(a_byte_order_mark_is_noted_and_skipped),
        cmocka_unit_test(windows_line_ends_are_noted_and_read),
        cmocka_unit_test(der_is_recognised_and_not_counted),
        cmocka_unit_test(trusted_blocks_are_counted),
        cmocka_unit_test(broken_der_is_refused_at_every_length),
        cmocka_unit_test(memory_that_runs_out_is_told),
        cmocka_unit_test(hashes_are_64_hex_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
