/* SPDX-License-Identifier: Apache-2.0 */
/* Asking AWS for an endpoint, as far as it goes without a server: what is refused before anything
 * is sent, and memory that fails at each place. The rest is test/e2e/test_iot_endpoint.py. */
#include <avs/iot_endpoint.h>
#include <avs/report.h>

#include "support/test.h"

#define NOBODY     "https://127.0.0.1:1" /* a port that nothing listens on */
#define TIMEOUT_MS 60000

/* Nothing of whoever runs this test. */
static int set_up(void **state) {
    (void)state;
    static const char *const gone[] = {"AWS_PROFILE",
                                       "AWS_DEFAULT_PROFILE",
                                       "AWS_SESSION_TOKEN",
                                       "AWS_SECURITY_TOKEN",
                                       "AWS_CREDENTIAL_EXPIRATION",
                                       "AWS_REGION",
                                       "AWS_DEFAULT_REGION",
                                       "AWS_CA_BUNDLE",
                                       "AWS_ENDPOINT_URL",
                                       "AWS_ENDPOINT_URL_IOT"};
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        unsetenv(gone[i]);
    }
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/no/such", 1);
    setenv("AWS_CONFIG_FILE", "/no/such", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLEEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    return 0;
}

static struct avs_iot_endpoint_options options_of(const char *region, const char *url) {
    return (struct avs_iot_endpoint_options){.size = sizeof(struct avs_iot_endpoint_options),
                                             .region = region,
                                             .endpoint_url = url,
                                             .ca_file = AVS_SOURCE_DIR
                                             "/config/roots/amazon-root-ca-1.pem",
                                             .proxy = "",
                                             .timeout_ms = TIMEOUT_MS};
}

static void types_have_ids(void **state) {
    (void)state;
    assert_string_equal(avs_iot_endpoint_type_id(AVS_IOT_ENDPOINT_DATA_ATS), "data-ats");
    assert_string_equal(avs_iot_endpoint_type_id(AVS_IOT_ENDPOINT_JOBS), "jobs");
    assert_null(avs_iot_endpoint_type_id(AVS_IOT_ENDPOINT_TYPE_COUNT));
    struct avs_iot_endpoint_options zero = {.size = sizeof(zero)};
    assert_int_equal(zero.type, AVS_IOT_ENDPOINT_DATA_ATS); /* not the API's default */
}

static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *region, *url;
        enum avs_status status;
        enum avs_cause cause;
    } rows[] = {
        {NULL, NULL, AVS_ERR_CONFIG, AVS_CAUSE_AWS_REGION_MISSING},
        {"mars", NULL, AVS_ERR_USAGE, AVS_CAUSE_AWS_REGION_MISSING},
        {"No Region", NULL, AVS_ERR_USAGE, AVS_CAUSE_NONE},
        {"us-east-1", "http://iot.us-east-1.amazonaws.com", AVS_ERR_ENDPOINT_INVALID,
         AVS_CAUSE_ENDPOINT_INVALID},
        {"us-east-1", "https://a.test/path", AVS_ERR_ENDPOINT_INVALID, AVS_CAUSE_ENDPOINT_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_iot_endpoint *endpoint = NULL;
        const struct avs_iot_endpoint_options options = options_of(rows[i].region, rows[i].url);
        assert_int_equal(avs_iot_endpoint_ask(&options, &endpoint, &error), rows[i].status);
        assert_int_equal(error.cause, rows[i].cause);
        assert_null(endpoint);
    }
    struct avs_iot_endpoint_options wrong = options_of("us-east-1", NULL);
    struct avs_iot_endpoint *endpoint = NULL;
    wrong.type = AVS_IOT_ENDPOINT_TYPE_COUNT;
    assert_int_equal(avs_iot_endpoint_ask(&wrong, &endpoint, NULL), AVS_ERR_USAGE);
    wrong.size = 1;
    assert_int_equal(avs_iot_endpoint_ask(&wrong, &endpoint, NULL), AVS_ERR_USAGE);
    avs_iot_endpoint_free(NULL);
}

static enum avs_status ask_and_tell(void) {
    const struct avs_iot_endpoint_options options = options_of("us-east-1", NOBODY);
    struct avs_iot_endpoint *endpoint = NULL;
    char *text = NULL, *json = NULL;
    enum avs_status status = avs_iot_endpoint_ask(&options, &endpoint, NULL);
    if (status == AVS_OK) {
        assert_string_equal(avs_iot_endpoint_host(endpoint), "");
        assert_int_not_equal(avs_iot_endpoint_cause(endpoint), AVS_CAUSE_NONE);
        status = avs_iot_endpoint_to_text(endpoint, NULL, &text, NULL);
    }
    if (status == AVS_OK) {
        status = avs_iot_endpoint_to_json(endpoint, &json, NULL);
    }
    if (status == AVS_OK) {
        assert_null(strstr(text, "secret"));
        assert_null(strstr(json, "AKIDEXAMPLE"));
        assert_non_null(strstr(json, "\"****MPLE\""));
    }
    free(text);
    free(json);
    avs_iot_endpoint_free(endpoint);
    return status;
}

static void nobody_there_is_told(void **state) {
    (void)state;
    const struct avs_iot_endpoint_options options = options_of("us-east-1", NOBODY);
    struct avs_iot_endpoint *endpoint = NULL;
    assert_int_equal(avs_iot_endpoint_ask(&options, &endpoint, NULL), AVS_OK);
    assert_int_equal(avs_iot_endpoint_cause(endpoint), AVS_CAUSE_CONNECT_REFUSED);
    assert_int_equal(avs_iot_endpoint_exit_code(endpoint), 3);
    avs_iot_endpoint_free(endpoint);
    assert_int_equal(ask_and_tell(), AVS_OK);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 2000) {
        enum avs_status status = ask_and_tell();
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        failures += status != AVS_OK;
    }
    assert_true(failures >= 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_ids),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
        cmocka_unit_test(nobody_there_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
