/* SPDX-License-Identifier: Apache-2.0 */
/* avs_trust_explain as a caller sees it: what it reads, what it refuses, and memory running out at
 * any point of it. */
#include <avs/explain.h>

#include "support/pki.h"
#include "support/test.h"

static struct pki_ats *pki;
static char chain_file[128];
static char store_file[128];
static char roots_file[128];

static int set_up(void **state) {
    (void)state;
    pki = pki_ats_new();
    STACK_OF(X509) *chain = pki_ats_chain(pki, 2);
    STACK_OF(X509) *store = pki_stack(pki->root2, NULL);
    STACK_OF(X509) *roots = pki_stack(pki->root1, pki->root2, pki->g2, NULL);
    snprintf(chain_file, sizeof(chain_file), "%s", pki_write("chain.pem", chain));
    snprintf(store_file, sizeof(store_file), "%s", pki_write("store.pem", store));
    snprintf(roots_file, sizeof(roots_file), "%s", pki_write("roots.pem", roots));
    pki_free(chain);
    pki_free(store);
    pki_free(roots);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_ats_free(pki);
    return 0;
}

static struct avs_trust_explain_options options(void) {
    return (struct avs_trust_explain_options){.size = sizeof(struct avs_trust_explain_options),
                                              .chain_file = chain_file,
                                              .host = "avs.example",
                                              .ca_file = store_file,
                                              .ats_roots_file = roots_file};
}

static void a_refused_chain_is_explained_in_text_and_json(void **state) {
    (void)state;
    struct avs_trust_explain_options asked = options();
    struct avs_trust_explanation *explanation = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_trust_explain(&asked, &explanation, &error), AVS_OK);
    assert_false(explanation->is_accepted);
    assert_int_equal(explanation->certificates, 3);
    assert_int_equal(explanation->cause_count, 1);
    assert_int_equal(explanation->causes[0], AVS_CAUSE_ROOT_MISSING);
    char *text = NULL;
    char *json = NULL;
    assert_int_equal(avs_trust_explanation_to_text(explanation, NULL, &text, &error), AVS_OK);
    assert_non_null(strstr(text, "Amazon Root CA 1"));
    assert_int_equal(avs_trust_explanation_to_json(explanation, &json, &error), AVS_OK);
    assert_non_null(strstr(json, "\"" AVS_TRUST_EXPLAIN_SCHEMA "\""));
    assert_non_null(strstr(json, explanation->tls.trust.refusal.closing_sha256));
    free(text);
    free(json);
    avs_trust_explanation_free(explanation);
    avs_trust_explanation_free(NULL);
}

static void options_that_make_no_sense_are_refused(void **state) {
    (void)state;
    struct avs_trust_explain_options cases[5];
    for (size_t i = 0; i < 5; i++) {
        cases[i] = options();
    }
    cases[0].size = 0;
    cases[1].chain_file = NULL;
    cases[2].host = ".example";
    cases[3].host = "https://avs.example/";
    cases[4].at = -1;
    for (size_t i = 0; i < 5; i++) {
        struct avs_trust_explanation *explanation = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_trust_explain(&cases[i], &explanation, &error), AVS_ERR_USAGE);
        assert_null(explanation);
        assert_string_not_equal(error.message, "");
    }
}

static void a_chain_of_too_many_certificates_is_refused(void **state) {
    (void)state;
    STACK_OF(X509) *many = sk_X509_new_null();
    for (int i = 0; i < 101; i++) {
        X509_up_ref(pki->root1);
        sk_X509_push(many, pki->root1);
    }
    struct avs_trust_explain_options asked = options();
    asked.chain_file = pki_write("many.pem", many);
    struct avs_trust_explanation *explanation = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_trust_explain(&asked, &explanation, &error), AVS_ERR_LIMIT);
    pki_free(many);
}

static void a_long_chain_keeps_its_first_certificates(void **state) {
    (void)state;
    STACK_OF(X509) *chain = pki_ats_chain(pki, 3);
    while (sk_X509_num(chain) < AVS_CHAIN_MAX + 5) {
        X509_up_ref(pki->class2);
        sk_X509_push(chain, pki->class2);
    }
    struct avs_trust_explain_options asked = options();
    asked.chain_file = pki_write("long.pem", chain);
    struct avs_trust_explanation *explanation = NULL;
    assert_int_equal(avs_trust_explain(&asked, &explanation, NULL), AVS_OK);
    assert_int_equal(explanation->certificates, AVS_CHAIN_MAX + 5);
    assert_int_equal(explanation->tls.chain_length, AVS_CHAIN_MAX);
    assert_int_equal(explanation->causes[0], AVS_CAUSE_ROOT_MISSING);
    avs_trust_explanation_free(explanation);
    pki_free(chain);
}

static void explaining_survives_every_failed_allocation(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 200) {
        struct avs_trust_explain_options asked = options();
        struct avs_trust_explanation *explanation = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        char *text = NULL;
        char *json = NULL;
        enum avs_status status = avs_trust_explain(&asked, &explanation, &error);
        assert_int_equal(status == AVS_OK, explanation != NULL);
        if (status == AVS_OK) {
            status = avs_trust_explanation_to_text(
                explanation, &(struct avs_style){.has_colour = true}, &text, &error);
            assert_int_equal(status == AVS_OK, text != NULL);
        }
        if (status == AVS_OK) {
            status = avs_trust_explanation_to_json(explanation, &json, &error);
            assert_int_equal(status == AVS_OK, json != NULL);
        }
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        free(text);
        free(json);
        avs_trust_explanation_free(explanation);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_chain_is_explained_in_text_and_json),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(a_chain_of_too_many_certificates_is_refused),
        cmocka_unit_test(a_long_chain_keeps_its_first_certificates),
        cmocka_unit_test(explaining_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
