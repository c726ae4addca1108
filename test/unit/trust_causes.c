/* SPDX-License-Identifier: Apache-2.0 */
/* From trust facts to ordered causes: the table, and the clock in every position. */
#include "verdict/trust_causes.h"

#include "support/test.h"

#define DAY   ((int64_t)86400)
#define YEAR  (365 * DAY)
#define BUILD ((int64_t)1780000000) /* 2026-05-28 */
#define NOW   (BUILD + 180 * DAY)

struct expected {
    const char *what;
    struct avs_trust_facts trust;
    int64_t clock; /* 0 = NOW */
    enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
};

#define REFUSED(code, ...) \
    { .gate.verify_error = (code), __VA_ARGS__ }

static const struct expected rows[] = {
    {"accepted", {.gate.verify_error = 0}, 0, {0}},
    {"the gate never ran", {.gate.verify_error = -1}, 0, {0}},
    {"cross-signed anchor, accepted",
     {.gate.verify_error = 0, .gate.is_anchor_cross_signed = true},
     0,
     {AVS_CAUSE_CROSS_SIGNED_ANCHOR}},
    {"store unreadable",
     {.gate.verify_error = -1, .store.state = AVS_STORE_UNREADABLE},
     0,
     {AVS_CAUSE_CA_FILE_UNREADABLE}},
    {"store invalid",
     {.gate.verify_error = -1, .store.state = AVS_STORE_INVALID},
     0,
     {AVS_CAUSE_CA_FILE_INVALID}},
    {"store not hashed",
     {.gate.verify_error = -1, .store.state = AVS_STORE_NOT_HASHED},
     0,
     {AVS_CAUSE_CA_PATH_NOT_HASHED}},
    {"ATS root missing",
     REFUSED(20, .refusal.closes_with_ats_roots = true, .refusal.missing_issuer = "CN=r"),
     0,
     {AVS_CAUSE_ROOT_MISSING}},
    {"root missing beside a CA path without hash links",
     REFUSED(20, .refusal.closes_with_ats_roots = true, .store.ca_path_useless = true),
     0,
     {AVS_CAUSE_CA_PATH_NOT_HASHED, AVS_CAUSE_ROOT_MISSING}},
    {"a root that lies in the CA path under its old hash name",
     REFUSED(20, .refusal.closes_with_ats_roots = true, .refusal.issuer_under_old_hash = true,
             .store.ca_path_useless = true),
     0,
     {AVS_CAUSE_CA_PATH_NOT_HASHED}},
    {"a CA path without hash links that no root is missing from",
     REFUSED(62, .refusal.hostname_mismatch = true, .store.ca_path_useless = true),
     0,
     {AVS_CAUSE_HOSTNAME_MISMATCH}},
    {"unknown root", REFUSED(20, .refusal.missing_issuer = "CN=r"), 0, {AVS_CAUSE_ROOT_MISSING}},
    {"unknown root, sent",
     REFUSED(19, .refusal.untrusted_self_signed_in_chain = true),
     0,
     {AVS_CAUSE_ROOT_MISSING}},
    {"nothing but the error number: 20", REFUSED(20), 0, {AVS_CAUSE_ROOT_MISSING}},
    {"nothing but the error number: 18", REFUSED(18), 0, {AVS_CAUSE_SELF_SIGNED}},
    {"nothing but the error number: 10", REFUSED(10), 0, {AVS_CAUSE_CERT_EXPIRED}},
    {"nothing but the error number: 9", REFUSED(9), 0, {AVS_CAUSE_CERT_NOT_YET_VALID}},
    {"nothing but the error number: 62", REFUSED(62), 0, {AVS_CAUSE_HOSTNAME_MISMATCH}},
    {"nothing but the error number: 64, an IP address",
     REFUSED(64),
     0,
     {AVS_CAUSE_HOSTNAME_MISMATCH}},
    {"nothing but the error number: 34", REFUSED(34), 0, {AVS_CAUSE_CERT_INVALID}},
    {"intermediate missing",
     REFUSED(20, .refusal.intermediate_missing = true, .refusal.missing_issuer = "CN=i"),
     0,
     {AVS_CAUSE_INTERMEDIATE_MISSING}},
    {"self-signed", REFUSED(18, .refusal.self_signed_leaf = true), 0, {AVS_CAUSE_SELF_SIGNED}},
    {"an ATS root sent alone",
     REFUSED(18, .refusal.closes_with_ats_roots = true),
     0,
     {AVS_CAUSE_ROOT_MISSING}},
    {"intercepted hides the root it would take",
     REFUSED(19, .refusal.is_intercepted = true, .refusal.untrusted_self_signed_in_chain = true),
     0,
     {AVS_CAUSE_INTERCEPTED}},
    {"captive portal: other name and unknown root",
     REFUSED(20, .refusal.hostname_mismatch = true, .refusal.missing_issuer = "CN=r"),
     0,
     {AVS_CAUSE_HOSTNAME_MISMATCH, AVS_CAUSE_ROOT_MISSING}},
    {"other name and a root that is known",
     REFUSED(20, .refusal.hostname_mismatch = true, .refusal.closes_with_ats_roots = true),
     0,
     {AVS_CAUSE_ROOT_MISSING, AVS_CAUSE_HOSTNAME_MISMATCH}},
    {"weak", REFUSED(68, .refusal.weak_signature = true), 0, {AVS_CAUSE_WEAK_SIGNATURE}},
    {"for clients", REFUSED(26, .refusal.wrong_purpose = true), 0, {AVS_CAUSE_WRONG_PURPOSE}},
    {"issuer is no authority",
     REFUSED(20, .refusal.wrong_purpose = true, .refusal.missing_issuer = "CN=x"),
     0,
     {AVS_CAUSE_WRONG_PURPOSE}},
    {"all at once",
     REFUSED(20, .refusal.closes_with_ats_roots = true, .refusal.hostname_mismatch = true,
             .refusal.is_expired = true, .refusal.wrong_purpose = true,
             .refusal.weak_signature = true),
     0,
     {AVS_CAUSE_ROOT_MISSING, AVS_CAUSE_HOSTNAME_MISMATCH, AVS_CAUSE_CERT_EXPIRED,
      AVS_CAUSE_WRONG_PURPOSE, AVS_CAUSE_WEAK_SIGNATURE}},

    /* the clock */
    {"leaf expired, right clock",
     REFUSED(10, .refusal.is_expired = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - YEAR, .refusal.good_until = NOW - 3 * DAY),
     0,
     {AVS_CAUSE_CERT_EXPIRED}},
    {"Amazon's leaf expired, right clock",
     REFUSED(10, .refusal.is_expired = true, .refusal.valid_at_other_time = true,
             .refusal.path_is_public_ats = true, .refusal.good_from = NOW - YEAR,
             .refusal.good_until = NOW - 3 * DAY),
     0,
     {AVS_CAUSE_CERT_EXPIRED}},
    {"intermediate expired, right clock",
     REFUSED(10, .refusal.is_expired = true, .refusal.ca_outside_validity = true),
     0,
     {AVS_CAUSE_CERT_EXPIRED}},
    {"leaf and intermediate expired, root good, right clock",
     REFUSED(10, .refusal.is_expired = true, .refusal.ca_outside_validity = true,
             .refusal.valid_at_other_time = true, .refusal.good_from = NOW - 3 * YEAR,
             .refusal.good_until = NOW - YEAR),
     0,
     {AVS_CAUSE_CERT_EXPIRED}},
    {"leaf from next month, right clock",
     REFUSED(9, .refusal.is_not_yet_valid = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW + 30 * DAY, .refusal.good_until = NOW + YEAR),
     0,
     {AVS_CAUSE_CERT_NOT_YET_VALID}},
    {"Amazon's leaf not valid yet: the clock lags behind",
     REFUSED(9, .refusal.is_not_yet_valid = true, .refusal.valid_at_other_time = true,
             .refusal.path_is_public_ats = true, .refusal.good_from = NOW + 30 * DAY,
             .refusal.good_until = NOW + YEAR),
     0,
     {AVS_CAUSE_CLOCK_WRONG}},
    {"1970",
     REFUSED(9, .refusal.is_not_yet_valid = true, .refusal.all_outside_validity = true,
             .refusal.ca_outside_validity = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - 90 * DAY, .refusal.good_until = NOW + YEAR),
     1,
     {AVS_CAUSE_CLOCK_WRONG}},
    {"2014, only the leaf too young",
     REFUSED(9, .refusal.is_not_yet_valid = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - 90 * DAY, .refusal.good_until = NOW + YEAR),
     BUILD - 12 * YEAR,
     {AVS_CAUSE_CLOCK_WRONG}},
    {"2042, root and all",
     REFUSED(10, .refusal.is_expired = true, .refusal.all_outside_validity = true,
             .refusal.ca_outside_validity = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - 90 * DAY, .refusal.good_until = NOW + YEAR),
     NOW + 16 * YEAR,
     {AVS_CAUSE_CLOCK_WRONG}},
    {"2032 at Amazon's: the issuing CA has lapsed, the root has not",
     REFUSED(10, .refusal.is_expired = true, .refusal.ca_outside_validity = true,
             .refusal.path_is_public_ats = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - 90 * DAY, .refusal.good_until = NOW + YEAR),
     NOW + 6 * YEAR,
     {AVS_CAUSE_CLOCK_WRONG}},
    {"clock before the build, and the chain had lapsed before it too",
     REFUSED(10, .refusal.is_expired = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = BUILD - 9 * YEAR, .refusal.good_until = BUILD - 6 * YEAR),
     BUILD - 5 * YEAR,
     {AVS_CAUSE_CLOCK_WRONG, AVS_CAUSE_CERT_EXPIRED}},
    {"1970 and the root missing as well",
     REFUSED(20, .refusal.closes_with_ats_roots = true, .refusal.is_not_yet_valid = true,
             .refusal.all_outside_validity = true, .refusal.valid_at_other_time = true,
             .refusal.good_from = NOW - 90 * DAY, .refusal.good_until = NOW + YEAR),
     1,
     {AVS_CAUSE_CLOCK_WRONG, AVS_CAUSE_ROOT_MISSING}},
    {"clock before the build, but something else broke it",
     REFUSED(20, .refusal.closes_with_ats_roots = true),
     BUILD - DAY,
     {AVS_CAUSE_ROOT_MISSING, AVS_CAUSE_CLOCK_WRONG}},
    {"clock before the build, unknown reason",
     REFUSED(34),
     BUILD - DAY,
     {AVS_CAUSE_CERT_INVALID, AVS_CAUSE_CLOCK_WRONG}},
};

static void each_row_gives_its_causes_in_order(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_tls_facts tls = {.trust = rows[i].trust};
        enum avs_cause causes[AVS_TRUST_CAUSES_MAX] = {AVS_CAUSE_NONE};
        size_t count = avs_trust_causes(&tls, rows[i].clock ? rows[i].clock : NOW, BUILD, "h",
                                        causes, AVS_TRUST_CAUSES_MAX);
        for (size_t at = 0; at < AVS_TRUST_CAUSES_MAX; at++) {
            if (causes[at] != rows[i].causes[at]) {
                fail_msg("%s: cause %zu is %s, not %s", rows[i].what, at,
                         avs_cause_info(causes[at])->id, avs_cause_info(rows[i].causes[at])->id);
            }
        }
        assert_true(count == 0 || causes[count - 1] != AVS_CAUSE_NONE);
        assert_int_equal(causes[count], AVS_CAUSE_NONE);
    }
}

static void a_small_array_gets_the_first_causes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_tls_facts tls = {.trust = rows[i].trust};
        for (size_t capacity = 0; capacity < 3; capacity++) {
            enum avs_cause causes[4] = {AVS_CAUSE_COUNT, AVS_CAUSE_COUNT, AVS_CAUSE_COUNT,
                                        AVS_CAUSE_COUNT};
            size_t count = avs_trust_causes(&tls, rows[i].clock ? rows[i].clock : NOW, BUILD, "h",
                                            causes, capacity);
            assert_true(count <= capacity);
            for (size_t at = 0; at < 4; at++) {
                assert_int_equal(causes[at], at < count ? rows[i].causes[at] : AVS_CAUSE_COUNT);
            }
        }
    }
}

static void without_a_host_no_name_can_be_wrong(void **state) {
    (void)state;
    struct avs_tls_facts tls = {
        .trust = {.gate.verify_error = 20, .refusal.hostname_mismatch = true}};
    enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
    assert_int_equal(avs_trust_causes(&tls, NOW, BUILD, NULL, causes, AVS_TRUST_CAUSES_MAX), 1);
    assert_int_equal(causes[0], AVS_CAUSE_ROOT_MISSING);
    assert_int_equal(avs_trust_causes(&tls, NOW, BUILD, "h", causes, AVS_TRUST_CAUSES_MAX), 2);
}

/* The Amazon host was asked for, and the chain is nobody's that is known: the explainer calls that
 * interception. Whether it is one shows in the names that the certificates carry. */
static void a_certificate_for_other_names_is_a_portal_not_an_interceptor(void **state) {
    (void)state;
    static const struct {
        bool is_host_wrong, has_amazon_name, has_chain;
        const char *by;
        enum avs_cause first;
    } rows_of_names[] = {
        {true, false, true, "CN=Hotel CA,O=Hotel", AVS_CAUSE_HOSTNAME_MISMATCH},
        {false, false, true, "CN=Corp CA,O=Contoso", AVS_CAUSE_INTERCEPTED},
        {true, true, true, "CN=Corp CA,O=Contoso", AVS_CAUSE_INTERCEPTED},
        {true, false, true, "CN=Zscaler Root CA,O=Zscaler Inc.", AVS_CAUSE_INTERCEPTED},
        {true, false, false, "CN=Hotel CA", AVS_CAUSE_INTERCEPTED}, /* an old ticket, no chain */
    };
    for (size_t i = 0; i < sizeof(rows_of_names) / sizeof(rows_of_names[0]); i++) {
        struct avs_tls_facts *tls = calloc(1, sizeof(*tls));
        assert_non_null(tls);
        tls->trust.gate.verify_error = 20;
        tls->trust.refusal.is_intercepted = true;
        tls->trust.refusal.hostname_mismatch = rows_of_names[i].is_host_wrong;
        snprintf(tls->trust.refusal.intercepted_by, sizeof(tls->trust.refusal.intercepted_by), "%s",
                 rows_of_names[i].by);
        tls->chain_length = rows_of_names[i].has_chain;
        tls->chain[0].has_amazon_name = rows_of_names[i].has_amazon_name;
        enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
        assert_true(avs_trust_causes(tls, NOW, BUILD, "alexa.amazon.com", causes,
                                     AVS_TRUST_CAUSES_MAX) > 0);
        assert_int_equal(causes[0], rows_of_names[i].first);
        free(tls);
    }
}

/* `trust explain --at`: a supposed time before the build is nobody's clock. */
static void a_supposed_time_is_no_clock(void **state) {
    (void)state;
    struct avs_tls_facts *tls = calloc(1, sizeof(*tls));
    assert_non_null(tls);
    tls->trust.gate.verify_error = 20;
    tls->trust.refusal.closes_with_ats_roots = true;
    enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
    assert_int_equal(
        avs_trust_causes(tls, BUILD - 80 * DAY, BUILD, "", causes, AVS_TRUST_CAUSES_MAX), 2);
    assert_int_equal(causes[1], AVS_CAUSE_CLOCK_WRONG);
    assert_int_equal(avs_trust_causes(tls, BUILD - 80 * DAY, 0, "", causes, AVS_TRUST_CAUSES_MAX),
                     1);
    assert_int_equal(causes[0], AVS_CAUSE_ROOT_MISSING);
    free(tls);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_gives_its_causes_in_order),
        cmocka_unit_test(a_small_array_gets_the_first_causes),
        cmocka_unit_test(without_a_host_no_name_can_be_wrong),
        cmocka_unit_test(a_certificate_for_other_names_is_a_portal_not_an_interceptor),
        cmocka_unit_test(a_supposed_time_is_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
