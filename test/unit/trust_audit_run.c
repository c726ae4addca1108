/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit makes of the libcurl that the caller describes. Real trees: test/cli. */
#include "store/audit.h"

#include "store/audit_forecast.h"
#include "store/audit_libs.h"
#include "store/audit_run.h"
#include "support/pki.h"
#include "support/test.h"

static struct avs_trust_audit *audit_with(const struct avs_audit_machine *machine) {
    struct avs_audit_request request = {.machine = machine};
    struct avs_trust_audit *audit = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_audit_run(&request, &audit, &error), AVS_OK);
    return audit;
}

static const char *roots_file(void) {
    STACK_OF(X509) *roots = sk_X509_new_null();
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        sk_X509_push(roots, pki_from_pem(avs_ats_root_table[i].pem));
    }
    const char *path = pki_write("roots.pem", roots);
    pki_free(roots);
    return path;
}

static void the_described_file_is_what_the_sdk_uses(void **state) {
    (void)state;
    struct avs_audit_machine machine = {
        .curl_version = "8.5.0", .curl_ca_file = roots_file(), .knows_ca_defaults = true};
    struct avs_trust_audit *audit = audit_with(&machine);
    assert_true(avs_trust_audit_is_usable(audit));
    assert_string_equal(audit->store[0].path, machine.curl_ca_file);
    assert_int_equal(audit->store[0].certificates, AVS_ATS_ROOT_COUNT);
    avs_trust_audit_free(audit);
}

static void a_libcurl_built_without_a_store_trusts_nothing(void **state) {
    (void)state;
    struct avs_audit_machine machine = {.curl_version = "8.5.0", .knows_ca_defaults = true};
    struct avs_trust_audit *audit = audit_with(&machine);
    assert_false(audit->has_sdk_store);
    assert_false(avs_trust_audit_is_usable(audit));
    assert_int_equal(audit->finding[0].id, AVS_FINDING_NO_DEFAULT_STORE);
    avs_trust_audit_free(audit);
}

static void a_libcurl_that_cannot_tell_is_asked_by_its_bytes(void **state) {
    (void)state;
    struct avs_audit_machine machine = {.curl_version = "7.68.0", .knows_ca_defaults = false};
    struct avs_trust_audit *audit = audit_with(&machine);
    struct avs_audit_libraries libraries;
    avs_audit_read_libraries(&audit->root, &libraries);
    if (libraries.curl[0].ca_file[0]) {
        assert_string_equal(audit->store[0].path, libraries.curl[0].ca_file);
    } else {
        assert_true(audit->knows_store_by_guess || libraries.curl_count > 0);
    }
    assert_string_equal(audit->curl_version, "7.68.0");
    avs_trust_audit_free(audit);
}

static void forecasts_have_real_dates(void **state) {
    (void)state;
    int64_t last = 0;
    for (size_t i = 0; i < avs_audit_forecast_count; i++) {
        int64_t date = avs_audit_date(avs_audit_forecast_table[i].date);
        assert_true(date > last);
        last = date;
    }
    assert_int_equal(avs_audit_date("2027-04-15"), 1807747200);
    assert_int_equal(avs_audit_date("2030-05"), 1903824000);
    assert_int_equal(avs_audit_date("soon"), 0);
}

static void every_finding_has_its_words(void **state) {
    (void)state;
    for (unsigned id = 0; id < AVS_FINDING_COUNT; id++) {
        const struct avs_audit_finding_info *info =
            avs_audit_finding_info((enum avs_audit_finding_id)id);
        assert_non_null(info->id);
        assert_true(info->id[0] && info->meaning && info->meaning[0]);
        assert_non_null(info->remedy);
        assert_non_null(info->command);
        assert_true(!info->command[0] || info->remedy[0]); /* a command says what it is for */
    }
    assert_string_equal(avs_audit_finding_info(AVS_FINDING_CLOCK)->id, "clock");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_described_file_is_what_the_sdk_uses),
        cmocka_unit_test(a_libcurl_built_without_a_store_trusts_nothing),
        cmocka_unit_test(a_libcurl_that_cannot_tell_is_asked_by_its_bytes),
        cmocka_unit_test(forecasts_have_real_dates),
        cmocka_unit_test(every_finding_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
