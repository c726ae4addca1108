/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint each SDK generation dials, and why: a row for each release and rule. */
#include "conf/config.h"
#include "conf/gateway.h"
#include "support/test.h"

#define LEGACY "https://avs-alexa-na.amazon.com"
#define A2Z    "https://alexa.na.gateway.devices.a2z.com"

static struct avs_config_report *explain(const char *text, const char *sdk) {
    struct avs_conf_file file = {0};
    struct avs_config *config = NULL;
    struct avs_config_report *report = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_conf_file_from_text("c.json", text, strlen(text), &file, &error), AVS_OK);
    if (avs_config_from_files(&file, 1, &config, &error) != AVS_OK ||
        avs_config_explain(config, sdk, &report, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    avs_config_free(config); /* the report stands on its own */
    return report;
}

static void each_release_reads_its_own_keys(void **state) {
    (void)state;
    static const char all[] = "{\"sampleApp\":{\"endpoint\":\"S\"},\"acl\":{\"endpoint\":\"A\"},"
                              "\"avsGatewayManager\":{\"avsGateway\":\"G\"}}";
    static const char acl[] = "{\"acl\":{\"endpoint\":\"A\"}}";
    static const char empty[] = "{\"sampleApp\":{\"endpoint\":\"\"},\"acl\":{\"endpoint\":\"A\"},"
                                "\"avsGatewayManager\":{\"avsGateway\":\"\"}}";
    static const struct {
        const char *text, *sdk, *endpoint, *key;
    } rows[] = {
        {all, "1.0", LEGACY, NULL},
        {all, "1.1", LEGACY, NULL},
        {all, "1.2", "S", "sampleApp.endpoint"},
        {all, "1.2.1", "S", "sampleApp.endpoint"},
        {all, "1.3", "S", "sampleApp.endpoint"},
        {all, "1.9", "S", "sampleApp.endpoint"},
        {all, "1.10", "S", "sampleApp.endpoint"},
        {all, "1.12.1", "S", "sampleApp.endpoint"},
        {all, "1.13", "S", "sampleApp.endpoint"},
        {all, "1.16", "S", "sampleApp.endpoint"},
        {all, "1.17", "G", "avsGatewayManager.avsGateway"},
        {all, "1.26", "G", "avsGatewayManager.avsGateway"},
        {all, "3.0", "G", "avsGatewayManager.avsGateway"},
        {all, "3.0.0", "G", "avsGatewayManager.avsGateway"},
        {acl, "1.2.1", LEGACY, NULL},
        {acl, "1.3", "A", "acl.endpoint"},
        {acl, "1.9", "A", "acl.endpoint"},
        {acl, "1.11", "A", "acl.endpoint"},
        {acl, "1.16", "A", "acl.endpoint"},
        {acl, "1.17", A2Z, NULL},
        {empty, "1.2", "", "sampleApp.endpoint"}, /* 1.2 passes the empty text on */
        {empty, "1.3", "A", "acl.endpoint"},
        {empty, "1.17", A2Z, NULL},
        {"{}", "1.2", LEGACY, NULL},
        {"{}", "1.9", LEGACY, NULL},
        {"{}", "1.12.1", LEGACY, NULL},
        {"{}", "1.13", A2Z, NULL},
        {"{}", "1.17", A2Z, NULL},
        {"{\"sampleApp\":{\"endpoint\":7}}", "1.6", LEGACY, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = explain(rows[i].text, rows[i].sdk);
        assert_int_equal(report->view_count, 2); /* the release, and this library */
        const struct avs_config_view *view = &report->views[0];
        if (strcmp(view->endpoint, rows[i].endpoint) != 0) {
            fail_msg("row %zu: SDK %s dials %s, not %s", i, rows[i].sdk, view->endpoint,
                     rows[i].endpoint);
        }
        assert_true((view->key == NULL) == (rows[i].key == NULL));
        if (rows[i].key) {
            assert_string_equal(view->key, rows[i].key);
        }
        assert_true(view->why[0] != '\0');
        avs_config_report_free(report);
    }
}

static void without_a_release_every_generation_is_shown(void **state) {
    (void)state;
    static const char *const names[] = {"1.2-1.2.1", "1.3-1.9",  "1.10-1.12.1",
                                        "1.13-1.16", "1.17-3.0", "this library"};
    struct avs_config_report *report = explain("{\"sampleApp\":{\n  \"endpoint\":\"S\"}}", NULL);
    assert_int_equal(report->view_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(report->views[i].sdk, names[i]);
        assert_string_equal(report->views[i].endpoint, i == 4 ? A2Z : "S");
        if (i != 4) {
            assert_string_equal(report->views[i].source, "c.json:2:14 sampleApp.endpoint");
        }
    }
    assert_int_equal(report->views[4].ignored_count, 1);
    assert_string_equal(report->views[4].ignored[0].reason, "SDK 1.17 and later never read it");
    assert_string_equal(report->views[4].ignored[0].value, "S");
    avs_config_report_free(report);
}

static void the_key_that_is_beaten_is_named(void **state) {
    (void)state;
    struct avs_config_report *report =
        explain("{\"acl\":{\"endpoint\":\"A\"},\"sampleApp\":{\"endpoint\":\"S\"},"
                "\"sampleApp\":{\"endpoint\":\"T\"}}",
                "1.6");
    const struct avs_config_view *view = &report->views[0];
    assert_string_equal(view->endpoint, "T");
    assert_int_equal(view->ignored_count, 2);
    assert_string_equal(view->ignored[0].value, "S");
    assert_string_equal(view->ignored[0].reason, "beaten by the same key at another place");
    assert_string_equal(view->ignored[1].value, "A");
    assert_string_equal(view->ignored[1].reason, "beaten by sampleApp.endpoint");
    avs_config_report_free(report);
}

static void comments_stop_sdk_1_2_only(void **state) {
    (void)state;
    static const struct {
        const char *sdk, *refusal;
    } rows[] = {
        {"1.1", "c.json:2:1: a comment"},
        {"1.2", "c.json:2:1: a comment"},
        {"1.2.1", NULL},
        {"1.3", NULL},
        {"1.17", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = explain("{\n// c\n}", rows[i].sdk);
        if (rows[i].refusal) {
            assert_non_null(report->views[0].refusal);
            assert_non_null(strstr(report->views[0].refusal, rows[i].refusal));
        } else {
            assert_null(report->views[0].refusal);
        }
        avs_config_report_free(report);
    }
}

static const struct avs_config_fact *fact(const struct avs_config_report *report, const char *key) {
    for (size_t i = 0; i < report->fact_count; i++) {
        if (strcmp(report->facts[i].key, key) == 0) {
            return &report->facts[i];
        }
    }
    fail_msg("no fact %s", key);
    return NULL;
}

static void other_keys_have_their_releases(void **state) {
    (void)state;
    static const char text[] =
        "{\"libcurlUtils\":{\"CURLOPT_CAINFO\":\"f\",\"CURLOPT_CAPATH\":\"p\","
        "\"CURLOPT_PROXY\":\"x\",\"CURLOPT_INTERFACE\":\"i\"}}";
    static const struct {
        const char *key, *sdk;
        bool is_in_force;
    } rows[] = {
        {"libcurlUtils.CURLOPT_CAINFO", "1.15", false},
        {"libcurlUtils.CURLOPT_CAINFO", "1.16", true},
        {"libcurlUtils.CURLOPT_CAPATH", "1.2", true},
        {"libcurlUtils.CURLOPT_INTERFACE", "1.8", false},
        {"libcurlUtils.CURLOPT_INTERFACE", "1.9", true},
        {"libcurlUtils.CURLOPT_PROXY", "1.22", false},
        {"libcurlUtils.CURLOPT_PROXY", "1.26", true},
        {"capabilitiesDelegate.endpoint", "1.7", false},
        {"capabilitiesDelegate.endpoint", "1.7.1", true},
        {"capabilitiesDelegate.endpoint", "1.16", true},
        {"capabilitiesDelegate.endpoint", "1.17", false},
        {"dcfDelegate.endpoint", "1.7", true},
        {"dcfDelegate.endpoint", "1.7.1", false},
        {"authDelegate.lwaUrl", "1.6", true},
        {"authDelegate.lwaUrl", "1.26", false},
        {"lwaAuthorization.lwaUrl", "1.26", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = explain(text, rows[i].sdk);
        if (fact(report, rows[i].key)->is_in_force != rows[i].is_in_force) {
            fail_msg("%s in %s", rows[i].key, rows[i].sdk);
        }
        avs_config_report_free(report);
    }
}

static void databases_and_placeholders_are_listed(void **state) {
    (void)state;
    struct avs_config_report *report =
        explain("{\"notifications\":{\"databaseFilePath\":\"/tmp/n.db\"},"
                "\"deviceInfo\":{\"clientId\":\"${SDK_CONFIG_CLIENT_ID}\"}}",
                NULL);
    assert_string_equal(fact(report, "notifications.databaseFilePath")->name, "database");
    assert_string_equal(fact(report, "deviceInfo.clientId")->name, "placeholder");
    assert_string_equal(fact(report, "deviceInfo.clientId")->source,
                        "c.json:1:76 deviceInfo.clientId");
    avs_config_report_free(report);
}

static void an_unknown_release_is_refused(void **state) {
    (void)state;
    static const char *const releases[] = {"",     "1",    "1.",   "1.27",    "2.0",    "3.1",
                                           "4.0",  "0.9",  "1.2x", "1.2.1.1", "latest", "1..2",
                                           "-1.2", " 1.2", "1.2 ", "99999.1"};
    struct avs_conf_file file = {0};
    struct avs_config *config = NULL;
    assert_int_equal(avs_conf_file_from_text("c.json", "{}", 2, &file, NULL), AVS_OK);
    assert_int_equal(avs_config_from_files(&file, 1, &config, NULL), AVS_OK);
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        struct avs_config_report *report = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_config_explain(config, releases[i], &report, &error) != AVS_ERR_USAGE) {
            fail_msg("'%s' is taken for a release", releases[i]);
        }
        assert_non_null(strstr(error.message, "1.0 to 1.26"));
        assert_null(report);
    }
    avs_config_free(config);
}

static void the_persisted_state_is_judged_as_the_sdk_does(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum avs_gateway_state state;
        const char *url;
        bool is_verified;
    } rows[] = {
        {"{\"gatewayURL\":\"https://g\",\"isVerified\":true}", AVS_GATEWAY_PERSISTED, "https://g",
         true},
        {"{\"gatewayURL\":\"https:\\/\\/g\",\"isVerified\":false}", AVS_GATEWAY_PERSISTED,
         "https://g", false},
        {"{\"gatewayURL\":\"\",\"isVerified\":false}", AVS_GATEWAY_PERSISTED, "", false},
        {"{\"gatewayURL\":7,\"isVerified\":true}", AVS_GATEWAY_MALFORMED, NULL, false},
        {"{\"gatewayURL\":\"https://g\"}", AVS_GATEWAY_MALFORMED, NULL, false},
        {"{\"gatewayURL\":\"https://g\",\"isVerified\":1}", AVS_GATEWAY_MALFORMED, NULL, false},
        {"{\"gatewayURL\":", AVS_GATEWAY_MALFORMED, NULL, false},
        {"// c\n{}", AVS_GATEWAY_MALFORMED, NULL, false},
        {"[]", AVS_GATEWAY_MALFORMED, NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_conf_gateway gateway = {.url = avs_buffer_init(1000),
                                           .detail = avs_buffer_init(1000)};
        assert_int_equal(avs_conf_gateway_parse(rows[i].text, strlen(rows[i].text), &gateway, NULL),
                         AVS_OK);
        assert_int_equal(gateway.state, rows[i].state);
        assert_int_equal(gateway.is_verified, rows[i].is_verified);
        if (rows[i].url) {
            assert_string_equal(gateway.url.data, rows[i].url);
        }
        avs_conf_gateway_done(&gateway);
    }
}

static void out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    static const char text[] =
        "{\"sampleApp\":{\"endpoint\":\"http://x/\",\"endpoint\":1},"
        "\"acl\":{\"Endpoint\":\"A\"},\"x\":{\"databaseFilePath\":\"/no/x\"}}";
    struct avs_conf_file file = {0};
    struct avs_config *config = NULL;
    assert_int_equal(avs_conf_file_from_text("c.json", text, strlen(text), &file, NULL), AVS_OK);
    assert_int_equal(avs_config_from_files(&file, 1, &config, NULL), AVS_OK);
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 400) {
        struct avs_config_report *report = NULL;
        enum avs_status status = avs_config_explain(config, NULL, &report, NULL);
        failures += status == AVS_ERR_NO_MEMORY;
        assert_true((status == AVS_OK) == (report != NULL));
        avs_config_report_free(report);
    }
    assert_true(failures > 20);
    avs_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_release_reads_its_own_keys),
        cmocka_unit_test(without_a_release_every_generation_is_shown),
        cmocka_unit_test(the_key_that_is_beaten_is_named),
        cmocka_unit_test(comments_stop_sdk_1_2_only),
        cmocka_unit_test(other_keys_have_their_releases),
        cmocka_unit_test(databases_and_placeholders_are_listed),
        cmocka_unit_test(an_unknown_release_is_refused),
        cmocka_unit_test(the_persisted_state_is_judged_as_the_sdk_does),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
