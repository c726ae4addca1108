/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in roots are the ones that amazontrust.com publishes; table, PEM and manifest agree. */
#include "trust/roots.h"

#include <openssl/evp.h>

#include "base/text.h"
#include "support/pki.h"
#include "support/test.h"
#include "trust/cert.h"

static void hex(const uint8_t *digest, char *field) {
    avs_text_hex(field, AVS_HASH_HEX_BYTES, digest, AVS_SHA256_BYTES);
}

static void each_row_has_the_hashes_of_its_pem(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        const struct avs_ats_root *row = &avs_ats_root_table[i];
        X509 *certificate = pki_from_pem(row->pem);
        uint8_t digest[AVS_SHA256_BYTES];
        char text[AVS_HASH_HEX_BYTES];
        assert_true(avs_cert_digest(certificate, digest));
        hex(digest, text);
        assert_string_equal(text, row->sha256);
        assert_true(avs_cert_spki_digest(certificate, digest));
        hex(digest, text);
        assert_string_equal(text, row->spki_sha256);
        char name[AVS_ROOT_NAME_BYTES];
        avs_cert_short_name(X509_get_subject_name(certificate), name, sizeof(name));
        assert_string_equal(name, row->name);
        assert_true(avs_cert_is_self_signed(certificate));
        X509_free(certificate);
    }
}

static void the_manifest_agrees_with_the_table(void **state) {
    (void)state;
    FILE *file = fopen(AVS_SOURCE_DIR "/config/roots/MANIFEST", "re");
    assert_non_null(file);
    char line[512];
    size_t rows = 0;
    while (fgets(line, sizeof(line), file)) {
        if (line[0] == '#') {
            continue;
        }
        assert_true(rows < AVS_ATS_ROOT_COUNT);
        const struct avs_ats_root *row = &avs_ats_root_table[rows++];
        char expected[512];
        snprintf(expected, sizeof(expected), "%s %s %s %s %s\n", row->file, row->sha256,
                 row->spki_sha256, row->required ? "required" : "information", row->name);
        assert_string_equal(line, expected);
    }
    fclose(file);
    assert_int_equal(rows, AVS_ATS_ROOT_COUNT);
}

static void five_of_the_six_count_as_ats(void **state) {
    (void)state;
    const struct avs_ats_roots *roots = avs_ats_roots_embedded();
    assert_non_null(roots);
    assert_ptr_equal(roots, avs_ats_roots_embedded());
    assert_int_equal(avs_ats_roots_count(roots), 5);
    X509 *class2 = pki_from_pem(avs_ats_root_table[5].pem);
    uint8_t key[AVS_SHA256_BYTES];
    assert_true(avs_cert_spki_digest(class2, key));
    assert_int_equal(avs_ats_roots_find_key(roots, key), -1);
    assert_int_equal(avs_ats_roots_find_subject(roots, X509_get_subject_name(class2)), -1);
    X509_free(class2);
}

static void a_cross_signed_copy_is_known_by_its_key(void **state) {
    (void)state;
    struct pki_ats *pki = pki_ats_new();
    STACK_OF(X509) *file = pki_stack(pki->root1, pki->g2, NULL);
    struct avs_ats_roots *roots = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_ats_roots_load(pki_write("ats.pem", file), &roots, &error), AVS_OK);
    assert_int_equal(avs_ats_roots_count(roots), 2);
    struct avs_cert_facts facts;
    avs_cert_describe(pki->root1_g2, roots, &facts);
    assert_string_equal(facts.ats_root, "Amazon Root CA 1");
    assert_true(facts.has_amazon_name);
    assert_false(facts.is_amazon_name_over_foreign_key);
    assert_false(facts.is_self_issued);
    /* the same name over the synthetic key, seen by the real roots */
    avs_cert_describe(pki->root1, avs_ats_roots_embedded(), &facts);
    assert_string_equal(facts.ats_root, "");
    assert_true(facts.is_amazon_name_over_foreign_key);
    avs_ats_roots_free(roots);
    pki_free(file);
    pki_ats_free(pki);
}

static void the_look_alike_root_does_not_count(void **state) {
    (void)state;
    X509 *decoy = pki_issue(
        &(struct pki_cert){.name = "C=US/ST=Arizona/L=Scottsdale/O=Starfield Technologies, Inc./"
                                   "CN=Starfield Root Certificate Authority - G2",
                           .key = pki_key(9),
                           .is_ca = true});
    struct avs_cert_facts facts;
    avs_cert_describe(decoy, avs_ats_roots_embedded(), &facts);
    assert_string_equal(facts.ats_root, "");
    assert_false(facts.has_amazon_name);
    assert_false(facts.is_amazon_name_over_foreign_key);
    X509_free(decoy);
}

static void a_bad_roots_file_is_named(void **state) {
    (void)state;
    static const struct {
        const char *name, *content, *wanted;
        enum avs_status status;
    } rows[] = {
        {"empty.pem", "", "holds no certificate", AVS_ERR_CA_FILE_INVALID},
        {"html.pem", "<html>404</html>", "holds no certificate", AVS_ERR_CA_FILE_INVALID},
        {"bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "block 1 cannot be parsed", AVS_ERR_CA_FILE_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *path = pki_write_bytes(rows[i].name, rows[i].content, strlen(rows[i].content));
        struct avs_ats_roots *roots = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_ats_roots_load(path, &roots, &error), rows[i].status);
        assert_null(roots);
        assert_non_null(strstr(error.message, rows[i].wanted));
        assert_non_null(strstr(error.message, rows[i].name));
    }
    struct avs_ats_roots *roots = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_ats_roots_load("/no/such/file", &roots, &error),
                     AVS_ERR_CA_FILE_UNREADABLE);
    assert_int_equal(error.cause, AVS_CAUSE_CA_FILE_UNREADABLE);
    assert_int_equal(error.os_errno, 2);
}

static void loading_survives_every_failed_allocation(void **state) {
    (void)state;
    const char *path = AVS_SOURCE_DIR "/config/roots/amazon-root-ca-1.pem";
    TEST_EACH_ALLOCATION(n, 50) {
        struct avs_ats_roots *roots = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_ats_roots_load(path, &roots, &error);
        assert_int_equal(status == AVS_OK, roots != NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        avs_ats_roots_free(roots);
    }
}

static void names_from_a_hostile_certificate_cannot_forge_a_line(void **state) {
    (void)state;
    X509 *hostile = pki_issue(&(struct pki_cert){
        .name = "CN=a\nb\x1b[2J/O=c,d", .key = pki_key(9), .names = "DNS:x.example"});
    struct avs_cert_facts facts;
    avs_cert_describe(hostile, NULL, &facts);
    assert_null(strpbrk(facts.subject, "\n\x1b"));
    assert_non_null(strstr(facts.subject, "c\\,d"));
    ASN1_IA5STRING *name = ASN1_IA5STRING_new();
    char field[8];
    assert_int_equal(ASN1_STRING_set(name, "a,b\nc\xff\0defghijk", 16), 1);
    avs_cert_printable(field, sizeof(field), name);
    assert_string_equal(field, "a?b?c??");
    ASN1_STRING_free(name);
    X509_free(hostile);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_has_the_hashes_of_its_pem),
        cmocka_unit_test(the_manifest_agrees_with_the_table),
        cmocka_unit_test(five_of_the_six_count_as_ats),
        cmocka_unit_test(a_cross_signed_copy_is_known_by_its_key),
        cmocka_unit_test(the_look_alike_root_does_not_count),
        cmocka_unit_test(a_bad_roots_file_is_named),
        cmocka_unit_test(loading_survives_every_failed_allocation),
        cmocka_unit_test(names_from_a_hostile_certificate_cannot_forge_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
