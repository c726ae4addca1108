/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that name AWS IoT endpoints: what is taken from each format, and that nothing is
 * taken from what is not understood. */
#include "iot/config.h"

#include <avs/iot.h>

#include "iot/explain.h"
#include "support/test.h"

#define D AVS_IOT_ROLE_DATA
#define C AVS_IOT_ROLE_CREDENTIALS
#define H AVS_IOT_ROLE_HOST
#define R AVS_IOT_ROLE_REGION
#define S AVS_IOT_ROLE_CA
#define A AVS_IOT_ROLE_ALPN

static struct avs_iot_config *read_text(const char *text) {
    struct avs_iot_config *config = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_iot_config_from_text("x", text, strlen(text), &config, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    return config;
}

/* Each row: a text, what is taken from it in order, and the lines that were not understood. */
static const struct {
    const char *text, *format;
    struct {
        enum avs_iot_role role;
        const char *value;
        unsigned line;
    } entries[5];
    unsigned notes[3];
} rows[] = {
    {"---\nservices:\n  a:\n    iotDataEndpoint: \"a-ats.iot\"\n    iotCredEndpoint: 'c'\n    "
     "awsRegion: eu-west-1 # x\nsystem:\n  rootCaPath: /a b/c.pem\n",
     "YAML",
     {{D, "a-ats.iot", 4}, {C, "c", 5}, {R, "eu-west-1", 6}, {S, "/a b/c.pem", 8}},
     {0}},
    {"\xEF\xBB\xBFiotDataEndpoint: a\r\n", "YAML", {{D, "a", 1}}, {0}},
    {"\"iotDataEndpoint\": a\n- awsRegion: b\n", "YAML", {{D, "a", 1}, {R, "b", 2}}, {0}},
    {"a: 1\n#iotDataEndpoint: a\n", "YAML", {{0}}, {0}},
    {"a: {iotDataEndpoint: a}\n", "YAML", {{0}}, {1}},
    {"a: 1\niotDataEndpoint: &x a\n", "YAML", {{0}}, {2}},
    {"iotDataEndpoint:\n  a.b\n", "YAML", {{0}}, {1}},
    {"iotDataEndpoint: a\n  b\nawsRegion: c\n", "YAML", {{R, "c", 3}}, {2}},
    {"iotDataEndpoint: \"a\\u0041\"\n", "YAML", {{0}}, {1}},
    {"iotDataEndpoint: \"a\nb\"\n", "YAML", {{0}}, {1}},
    {"iotDataEndpoint: |\n  a\n", "YAML", {{0}}, {1}},
    {"note: |\n  iotDataEndpoint: a\n\n  b\nawsRegion: c\n", "YAML", {{R, "c", 5}}, {0}},
    {"iotDataEndpoint: a\niotDataEndpoint: b\n", "YAML", {{D, "a", 1}, {D, "b", 2}}, {2}},
    {"iotDataEndpoint: a#b\n", "YAML", {{D, "a#b", 1}}, {0}},
    {"myiotDataEndpoint: a\n", "YAML", {{0}}, {1}},
    {"{\"endpoint\": \"a.example\", // old\n \"root-ca\": \"/c\"}",
     "JSON",
     {{D, "a.example", 1}, {S, "/c", 2}},
     {0}},
    {"{\"coreThing\": {\"iotHost\": \"a-ats.iot.us-east-1.amazonaws.com\", \"endpoint\": \"x\"}}",
     "JSON",
     {{H, "a-ats.iot.us-east-1.amazonaws.com", 1}},
     {0}},
    {"[\"data.iot.eu-west-1.amazonaws.com\"]",
     "JSON",
     {{H, "data.iot.eu-west-1.amazonaws.com", 1}},
     {0}},
    {"{\"endpoint\": 7}", "JSON", {{0}}, {0}},
    {"# x\nconnection a\naddress b:8883 c\nbridge_cafile /p q\nbridge_alpn mqtt\n",
     "mosquitto",
     {{D, "b:8883", 3}, {D, "c", 3}, {S, "/p q", 4}, {A, "mqtt", 5}},
     {0}},
    {"connection a\naddress\n", "mosquitto", {{0}}, {2}},
    {"listener 1883\npassword_file /x\n", "mosquitto", {{0}}, {0}},
    {"A=1\nexport IOT_ENDPOINT=\"a.example\" # x\nCRED=x.credentials.iot.us-east-1.amazonaws.com\n",
     "NAME=host",
     {{H, "a.example", 2}, {H, "x.credentials.iot.us-east-1.amazonaws.com", 3}},
     {0}},
    {"#define clientcredentialMQTT_BROKER_ENDPOINT \"a.iot.us-east-1.amazonaws.com\"\n#define X "
     "1\n",
     "NAME=host",
     {{H, "a.iot.us-east-1.amazonaws.com", 1}},
     {0}},
    {"a.iot.us-east-1.amazonaws.com\n",
     "NAME=host",
     {{H, "a.iot.us-east-1.amazonaws.com", 1}},
     {0}},
    {"x = https://a.iot.us-east-1.amazonaws.com:8883/y\n",
     "NAME=host",
     {{H, "https://a.iot.us-east-1.amazonaws.com:8883/y", 1}},
     {0}},
    {"mqtt.connect('a.iot.us-east-1.amazonaws.com')\n", "NAME=host", {{0}}, {1}},
    {"", "NAME=host", {{0}}, {0}},
};

static void each_format_gives_its_names(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_iot_config *config = read_text(rows[i].text);
        size_t entries = 0, notes = 0;
        for (; entries < 5 && rows[i].entries[entries].line; entries++) {
            if (entries >= config->entry_count ||
                config->entry[entries].role != rows[i].entries[entries].role ||
                config->entry[entries].line != rows[i].entries[entries].line ||
                strcmp(config->entry[entries].value, rows[i].entries[entries].value) != 0) {
                fail_msg("row %zu, entry %zu of %zu", i, entries, config->entry_count);
            }
        }
        for (; notes < 3 && rows[i].notes[notes]; notes++) {
            if (notes >= config->note_count || config->note[notes].line != rows[i].notes[notes]) {
                fail_msg("row %zu, note %zu of %zu", i, notes, config->note_count);
            }
        }
        if (config->entry_count != entries || config->note_count != notes ||
            !strstr(config->format, rows[i].format)) {
            fail_msg("row %zu: %s, %zu entries, %zu notes", i, config->format, config->entry_count,
                     config->note_count);
        }
        free(config);
    }
}

static void what_is_no_configuration_is_an_error_with_its_place(void **state) {
    (void)state;
    struct avs_iot_config *config = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_iot_config_from_text("f", "{\n\"a\": }", 8, &config, &error),
                     AVS_ERR_CONFIG_MALFORMED);
    assert_non_null(strstr(error.message, "f:2:6"));
    assert_int_equal(avs_iot_config_from_text("f", "A=b\0c", 5, &config, &error),
                     AVS_ERR_CONFIG_MALFORMED);
    assert_int_equal(avs_iot_config_read("/", &config, &error), AVS_ERR_CONFIG_UNREADABLE);
    assert_int_equal(avs_iot_config_read("/no/such", &config, &error), AVS_ERR_CONFIG_UNREADABLE);
    assert_null(config);
}

static void more_names_than_the_ceiling_are_counted(void **state) {
    (void)state;
    static char text[300 * 64];
    for (int i = 0; i < 300; i++) {
        strcat(text, "H=a.iot.us-east-1.amazonaws.com\n");
    }
    struct avs_iot_config *config = read_text(text);
    assert_int_equal(config->entry_count, AVS_IOT_CONFIG_ENTRIES_MAX);
    assert_int_equal(config->entry_dropped, 300 - AVS_IOT_CONFIG_ENTRIES_MAX);
    free(config);
}

/* The developer guide's table of ports, ALPN and authentication. */
static void every_row_of_the_table_of_ports_is_there(void **state) {
    (void)state;
    static const struct {
        enum avs_iot_kind kind;
        const char *protocol, *authentication;
        uint16_t port;
        const char *alpn;
    } expected[] = {
        {AVS_IOT_DATA, "MQTT", "X.509", 8883, NULL},
        {AVS_IOT_DATA, "MQTT", "X.509", 443, "x-amzn-mqtt-ca"},
        {AVS_IOT_DATA, "MQTT", "custom authorizer", 443, "mqtt"},
        {AVS_IOT_DATA, "MQTT over WebSocket", "SigV4 or custom authorizer", 443, NULL},
        {AVS_IOT_DATA, "HTTPS publish", "X.509", 8443, NULL},
        {AVS_IOT_DATA, "HTTPS publish", "X.509", 443, "x-amzn-http-ca"},
        {AVS_IOT_DATA, "HTTPS publish", "SigV4 or custom authorizer", 443, NULL},
        {AVS_IOT_CREDENTIALS, "HTTPS credentials", "X.509", 443, NULL},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct avs_iot_way *way =
            avs_iot_way(expected[i].kind, expected[i].kind == AVS_IOT_DATA ? i : 0);
        assert_non_null(way);
        assert_string_equal(way->protocol, expected[i].protocol);
        assert_string_equal(way->authentication, expected[i].authentication);
        assert_int_equal(way->port, expected[i].port);
        assert_string_equal(way->alpn ? way->alpn : "", expected[i].alpn ? expected[i].alpn : "");
    }
    assert_null(avs_iot_way(AVS_IOT_DATA, 7));
    assert_null(avs_iot_way(AVS_IOT_LOOK_ALIKE, 0));
    const struct avs_iot_way *way = NULL;
    for (size_t i = 0; (way = avs_iot_way(AVS_IOT_JOBS, i)); i++) {
        assert_null(way->alpn); /* "the IoT:Jobs endpoint does not" take x-amzn-http-ca */
    }
}

static void every_failing_allocation_leaves_nothing_behind(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 100) {
        struct avs_iot_explanation *explanation = NULL;
        char *text = NULL, *json = NULL;
        enum avs_status status =
            avs_iot_explain_name("a.iot.us-east-1.amazonaws.com:443", &explanation, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        if (status == AVS_OK) {
            status = avs_iot_explanation_to_text(explanation, NULL, &text, NULL);
            assert_true((status == AVS_OK) == (text != NULL));
            status = avs_iot_explanation_to_json(explanation, &json, NULL);
            assert_true((status == AVS_OK) == (json != NULL));
        }
        free(text);
        free(json);
        avs_iot_explanation_free(explanation);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_gives_its_names),
        cmocka_unit_test(what_is_no_configuration_is_an_error_with_its_place),
        cmocka_unit_test(more_names_than_the_ceiling_are_counted),
        cmocka_unit_test(every_row_of_the_table_of_ports_is_there),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
