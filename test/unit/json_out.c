/* SPDX-License-Identifier: Apache-2.0 */
/* The one JSON writer: valid JSON in UTF-8 whatever goes in, one null rule, errors that stick. */
#include "out/json_out.h"

#include <math.h>

#include <json-c/json.h>

#include "support/test.h"

#define LIMIT 65536

static char *taken(struct avs_json *json) {
    char *text = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_json_take(json, &text, &error), AVS_OK);
    return text;
}

static void every_kind_of_value_has_its_form(void **state) {
    (void)state;
    struct avs_json json = avs_json_init(LIMIT);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "text", "a \"word\" of C:\\");
    avs_json_format(&json, "format", "%d of %s", 3, "four");
    avs_json_bool(&json, "yes", true);
    avs_json_int(&json, "least", INT64_MIN);
    avs_json_uint(&json, "most", UINT64_MAX);
    avs_json_real(&json, "ms", 12.0625);
    avs_json_open_array(&json, "empty");
    avs_json_close(&json);
    avs_json_open_array(&json, "list");
    avs_json_int(&json, NULL, 1);
    avs_json_open_object(&json, NULL);
    avs_json_close(&json);
    avs_json_close(&json);
    avs_json_close(&json);
    char *text = taken(&json);
    assert_string_equal(text, "{\n"
                              "  \"text\": \"a \\\"word\\\" of C:\\\\\",\n"
                              "  \"format\": \"3 of four\",\n"
                              "  \"yes\": true,\n"
                              "  \"least\": -9223372036854775808,\n"
                              "  \"most\": 18446744073709551615,\n"
                              "  \"ms\": 12.062,\n"
                              "  \"empty\": [],\n"
                              "  \"list\": [\n"
                              "    1,\n"
                              "    {}\n"
                              "  ]\n"
                              "}\n");
    free(text);
}

static void what_is_not_there_is_null(void **state) {
    (void)state;
    struct avs_json json = avs_json_init(LIMIT);
    avs_json_open_array(&json, NULL);
    avs_json_text(&json, NULL, NULL);
    avs_json_text(&json, NULL, "");
    avs_json_format(&json, NULL, "%s", "");
    avs_json_real(&json, NULL, NAN);
    avs_json_real(&json, NULL, INFINITY);
    avs_json_null(&json, NULL);
    avs_json_bytes(&json, NULL, "", 0); /* the exception: an emptiness that is a fact */
    avs_json_close(&json);
    char *text = taken(&json);
    assert_string_equal(text,
                        "[\n  null,\n  null,\n  null,\n  null,\n  null,\n  null,\n  \"\"\n]\n");
    free(text);
}

static void no_text_breaks_utf8_or_steers_a_terminal(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *written;
    } rows[] = {
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", 10, "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        {"\n\t\r\b\f", 5, "\\n\\t\\u000d\\u0008\\u000c"},
        {"\033]0;x\007", 6, "\\u001b]0;x\\u0007"},
        {"\0", 1, "\\u0000"},
        {"\x7f\xc2\x9b", 3, "\\u007f\\u009b"},
        {"\xe2\x80\xae\xe2\x81\xa6", 6, "\\u202e\\u2066"},
        {"a\xff\xc3", 3, "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"/", 1, "/"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_json json = avs_json_init(LIMIT);
        avs_json_bytes(&json, NULL, rows[i].bytes, rows[i].length);
        char *text = taken(&json);
        char expected[64];
        snprintf(expected, sizeof(expected), "\"%s\"\n", rows[i].written);
        assert_string_equal(text, expected);
        free(text);
    }
}

/* Keys are ours, but nothing depends on it. Read back by json-c. */
static void every_byte_comes_back(void **state) {
    (void)state;
    char ascii[128];
    for (int i = 0; i < 128; i++) {
        ascii[i] = (char)i;
    }
    struct avs_json json = avs_json_init(LIMIT);
    avs_json_open_object(&json, NULL);
    avs_json_bytes(&json, "a\"\n", ascii, sizeof(ascii));
    avs_json_close(&json);
    char *text = taken(&json);
    struct json_object *root = json_tokener_parse(text);
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(root, "a\"\n", &value));
    assert_int_equal(json_object_get_string_len(value), 128);
    assert_memory_equal(json_object_get_string(value), ascii, 128);
    json_object_put(root);
    free(text);
}

static void a_time_is_iso_8601_or_null(void **state) {
    (void)state;
    struct avs_json json = avs_json_init(1000);
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    avs_json_open_array(&json, NULL);
    avs_json_utc(&json, NULL, 1795287812);
    avs_json_utc(&json, NULL, -1);
    avs_json_utc(&json, NULL, INT64_MAX);
    avs_json_close(&json);
    assert_int_equal(avs_json_take(&json, &text, &error), AVS_OK);
    assert_string_equal(text, "[\n  \"2026-11-21T19:03:32Z\",\n  \"1969-12-31T23:59:59Z\",\n"
                              "  null\n]\n");
    free(text);
}

static void a_format_that_is_too_long_is_cut(void **state) {
    (void)state;
    struct avs_json json = avs_json_init(LIMIT);
    avs_json_format(&json, NULL, "%05000d", 1);
    char *text = taken(&json);
    assert_int_equal(strlen(text), AVS_JSON_FORMAT_BYTES - 1 + strlen("\"\"\n"));
    assert_non_null(strstr(text, "0...\"\n"));
    free(text);
}

static void the_ceiling_and_the_depth_are_told_at_the_end(void **state) {
    (void)state;
    char *text = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_json json = avs_json_init(8);
    avs_json_text(&json, NULL, "more than eight");
    assert_int_equal(avs_json_take(&json, &text, &error), AVS_ERR_LIMIT);
    avs_json_done(&json);
    json = avs_json_init(LIMIT);
    for (int i = 0; i <= AVS_JSON_DEPTH_MAX; i++) {
        avs_json_open_array(&json, NULL);
    }
    for (int i = 0; i <= AVS_JSON_DEPTH_MAX; i++) {
        avs_json_close(&json);
    }
    assert_int_equal(avs_json_take(&json, &text, &error), AVS_ERR_LIMIT);
    avs_json_done(&json);
    json = avs_json_init(LIMIT);
    avs_json_open_array(&json, NULL);
    assert_int_equal(avs_json_take(&json, &text, &error), AVS_ERR_INTERNAL);
    avs_json_done(&json);
    assert_null(text);
}

static void memory_that_runs_out_is_told_at_the_end(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(nth, 40) {
        struct avs_json json = avs_json_init(LIMIT);
        struct avs_error error = AVS_ERROR_INIT;
        char *text = NULL;
        avs_json_open_array(&json, NULL);
        for (int i = 0; i < 100; i++) {
            avs_json_open_object(&json, NULL);
            avs_json_text(&json, "key", "\033value");
            avs_json_real(&json, "ms", 1.5);
            avs_json_close(&json);
        }
        avs_json_close(&json);
        enum avs_status status = avs_json_take(&json, &text, &error);
        assert_true(status == AVS_OK ? text != NULL : status == AVS_ERR_NO_MEMORY && !text);
        failures += status != AVS_OK;
        free(text);
        avs_json_done(&json);
    }
    assert_true(failures >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_has_its_form),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(no_text_breaks_utf8_or_steers_a_terminal),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(a_time_is_iso_8601_or_null),
        cmocka_unit_test(a_format_that_is_too_long_is_cut),
        cmocka_unit_test(the_ceiling_and_the_depth_are_told_at_the_end),
        cmocka_unit_test(memory_that_runs_out_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
