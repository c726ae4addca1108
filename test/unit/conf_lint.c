/* Every finding of the linter: where it points, what it says the SDK says, whether it is repaired.
 */
#include "conf/recover.h"
#include "conf/report.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[2][80];

static int setup(void **state) {
    (void)state;
    strcpy(directory, "/tmp/avs-lint-XXXXXX");
    if (!mkdtemp(directory)) {
        return -1;
    }
    snprintf(path[0], sizeof(path[0]), "%s/a.json", directory);
    snprintf(path[1], sizeof(path[1]), "%s/b.json", directory);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(path[0]);
    unlink(path[1]);
    return rmdir(directory);
}

static void write_file(const char *name, const char *text, size_t length) {
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static char *read_file(const char *name) {
    static char text[4096];
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static struct avs_config_report *lint(const char *text, const char *second, const char *sdk) {
    const char *paths[] = {path[0], path[1]};
    struct avs_config_report *report = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    write_file(path[0], text, strlen(text));
    if (second) {
        write_file(path[1], second, strlen(second));
    }
    if (avs_config_lint(paths, second ? 2 : 1, sdk, &report, &error) != AVS_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    return report;
}

static void every_syntax_fault_has_its_finding(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t count; /* findings in all */
        const char *id;
        unsigned line, column;
        const char *sdk_message;
        long sdk_offset; /* -1: none */
        bool is_repairable;
    } rows[] = {
        {"{\"a\":1,\n}", 1, "trailing_comma", 1, 7, "Missing a name for object member.", 8, true},
        {"{\"a\":[1,\n2,\n]}", 1, "trailing_comma", 2, 2, "Invalid value.", 12, true},
        {"{\"a\":true // c\n// c\n\"endpoint\":\"https://h\"}", 1, "missing_comma", 3, 1,
         "Missing a comma or '}' after an object member.", 20, true},
        {"{\"endpoint\" https://h\n}", 1, "guide_snippet", 1, 13,
         "Missing a colon after a name of object member.", 12, true},
        {"{\"endpoint\": https://h\n}", 1, "url_without_quotes", 1, 14, "Invalid value.", 13, true},
        {"{\"a\":[1 \"x\"]}", 1, "missing_comma", 1, 9,
         "Missing a comma or ']' after an array element.", 8, false},
        {"{\xE2\x80\x9C"
         "a\xE2\x80\x9D:1}",
         1, "smart_quotes", 1, 2, "Missing a name for object member.", 1, false},
        {"{\"a\":\xE2\x80\x9Cx\"}", 1, "smart_quotes", 1, 6, "Invalid value.", 5, false},
        {"{'a\":1}", 1, "single_quotes", 1, 2, "Missing a name for object member.", 1, false},
        {"{# c\n\"a\":1}", 1, "hash_comment", 1, 2, "Missing a name for object member.", 1, false},
        {"{\"a\":1 # c\n}", 1, "hash_comment", 1, 8,
         "Missing a comma or '}' after an object member.", 7, false},
        {"\xEF\xBB\xBF{}", 1, "byte_order_mark", 1, 1, "Invalid value.", 0, false},
        {"{\"a\":\"x\n\"}", 1, "raw_newline", 1, 8, "Invalid escape character in string.", 7,
         false},
        {"{\"a\":\"x\ty\"}", 1, "raw_tab", 1, 8, "Invalid escape character in string.", 7, false},
        {"{\"a\":\"C:\\Alexa\"}", 1, "invalid_escape", 1, 9, "Invalid escape character in string.",
         8, false},
        {"{\"a\":\"\\u12\"}", 1, "invalid_escape", 1, 7,
         "Incorrect hex digit after \\u escape in string.", 6, false},
        {"{\"a\":\"\x01\"}", 1, "raw_control", 1, 7, "Invalid escape character in string.", 6,
         false},
        {"{ /* never\n\"a\":1}", 1, "unterminated_comment", 1, 3, "Unspecific syntax error.", 17,
         false},
        {"{ / c\n}", 1, "stray_slash", 1, 3, "Unspecific syntax error.", 3, false},
        {"{} x", 1, "text_after_root", 1, 4,
         "The document root must not be followed by other values.", 3, false},
        {"{}\n}", 1, "text_after_root", 2, 1,
         "The document root must not be followed by other values.", 3, false},
        {"", 1, "empty", 1, 1, "The document is empty.", 0, false},
        {"// c\n", 1, "empty", 2, 1, "The document is empty.", 5, false},
        {"{\"a\":{\"b\":1}", 1, "missing_bracket", 1, 13,
         "Missing a comma or '}' after an object member.", 12, false},
        {"{\"a\":\"x", 1, "unterminated_string", 1, 8,
         "Missing a closing quotation mark in string.", 7, false},
        {"{\"a\" = 1}", 1, "missing_colon", 1, 6, "Missing a colon after a name of object member.",
         5, false},
        {"{\"a\" 1}", 1, "missing_colon", 1, 6, "Missing a colon after a name of object member.", 5,
         false},
        {"{a:1}", 1, "name_without_quotes", 1, 2, "Missing a name for object member.", 1, false},
        {"{\"a\":1,,\"b\":2}", 1, "stray_comma", 1, 8, "Missing a name for object member.", 7,
         false},
        {"{\"a\":}", 1, "missing_value", 1, 6, "Invalid value.", 5, false},
        {"{\"a\":True}", 1, "invalid_value", 1, 6, "Invalid value.", 5, false},
        {"{\"a\":1 junk}", 1, "stray_text", 1, 8, "Missing a comma or '}' after an object member.",
         7, false},
        {"{\"a\":1e999}", 1, "number_too_big", 1, 6, "Number too big to be stored in double.", 5,
         false},
        {"{\"a\":1.}", 1, "invalid_number", 1, 8, "Miss fraction part in number.", 7, false},
        {"[1]", 1, "root_not_object", 1, 1, NULL, -1, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint(rows[i].text, NULL, NULL);
        if (report->finding_count < 1 || strcmp(report->findings[0].id, rows[i].id) != 0) {
            fail_msg("%s: %s, not %s", rows[i].text,
                     report->finding_count ? report->findings[0].id : "nothing", rows[i].id);
        }
        const struct avs_config_finding *finding = &report->findings[0];
        if (report->finding_count != rows[i].count || finding->line != rows[i].line ||
            finding->column != rows[i].column) {
            fail_msg("%s: %zu findings, the first at %u:%u", rows[i].text, report->finding_count,
                     finding->line, finding->column);
        }
        if (rows[i].sdk_offset >= 0) {
            assert_string_equal(finding->sdk_message, rows[i].sdk_message);
            assert_int_equal(finding->sdk_offset, rows[i].sdk_offset);
        } else {
            assert_null(finding->sdk_message);
        }
        assert_int_equal(finding->is_repairable, rows[i].is_repairable);
        assert_int_equal(finding->severity, AVS_SEVERITY_ERROR);
        assert_int_equal(finding->cause, AVS_CAUSE_CONFIG_MALFORMED);
        assert_true(finding->fix[0] != '\0');
        avs_config_report_free(report);
    }
}

static void every_fault_of_a_file_is_found_in_one_run(void **state) {
    (void)state;
    static const char text[] =
        "{\n \"sampleApp\": {\n  \"x\": true\n  \"endpoint\" https://h\n },\n"
        " # note\n 'b': \"C:\\q\",\n}\n";
    static const struct {
        const char *id;
        unsigned line;
    } wanted[] = {{"missing_comma", 4},
                  {"guide_snippet", 4},
                  {"hash_comment", 6},
                  {"single_quotes", 7},
                  {"invalid_escape", 7}};
    struct avs_config_report *report = lint(text, NULL, NULL);
    for (size_t i = 0; i < report->finding_count && i < 5; i++) {
        assert_string_equal(report->findings[i].id, wanted[i].id);
        assert_int_equal(report->findings[i].line, wanted[i].line);
    }
    assert_int_equal(report->finding_count, 6); /* and the trailing comma */
    assert_string_equal(report->findings[5].id, "trailing_comma");
    assert_int_equal(report->findings[5].column, 13);
    avs_config_report_free(report);
}

static void what_the_sdk_ignores_is_found(void **state) {
    (void)state;
    static const struct {
        const char *text, *second, *sdk, *id;
        enum avs_cause cause;
        unsigned line, column;
    } rows[] = {
        {"{\"sampleApp\":{\"endpoint\":\"https://h\"}}", NULL, NULL, "endpoint_ignored",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 15},
        {"{\"sampleApp\":{\"endpoint\":\"https://h\"}}", NULL, "1.17", "endpoint_ignored",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 15},
        {"{\"acl\":{\"endpoint\":\"https://h\"}}", NULL, "1.2.1", "endpoint_ignored",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 9},
        {"{\"avsGatewayManager\":{\"avsGateway\":\"https://h\"}}", NULL, "1.16", "endpoint_ignored",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 23},
        {"{\"avsGatewayManager\":{\"avsGateway\":\"http://h\"}}", NULL, NULL, "endpoint_invalid",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 36},
        {"{\"avsGatewayManager\":{\"avsGateway\":\"ftp://h\"}}", NULL, NULL, "endpoint_invalid",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 36},
        {"{\"avsGatewayManager\":{\"avsGateway\":\"h\"}}", NULL, NULL, "endpoint_invalid",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 36},
        {"{\"avsGatewayManager\":{\"avsGateway\":\"https://h/\"}}", NULL, NULL, "trailing_slash",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 36},
        {"{\"avsGatewayManager\":{\"avsGateway\":5}}", NULL, NULL, "wrong_type",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 36},
        {"{\"avsGatewayManager\":null}", NULL, NULL, "wrong_type", AVS_CAUSE_ENDPOINT_IGNORED, 1,
         22},
        {"{\"avsGatewayManager\":{\"AvsGateway\":\"https://h\"}}", NULL, NULL, "wrong_case",
         AVS_CAUSE_ENDPOINT_IGNORED, 1, 23},
        {"{\"SampleApp\":{}}", NULL, NULL, "wrong_case", AVS_CAUSE_ENDPOINT_IGNORED, 1, 2},
        {"{\"endpoint\":\"https://h\"}", NULL, NULL, "misplaced_key", AVS_CAUSE_ENDPOINT_IGNORED, 1,
         2},
        {"{\"a\":{\"b\":1,\n\"b\":2}}", NULL, NULL, "duplicate_key", AVS_CAUSE_CONFIG_MALFORMED, 2,
         1},
        {"{\"a\":{},\"a\":{}}", NULL, NULL, "duplicate_key", AVS_CAUSE_CONFIG_MALFORMED, 1, 9},
        {"{\"miscDatabase\":{\"databaseFilePath\":\"/nonexistent/folder/x.db\"}}", NULL, NULL,
         "folder_missing", AVS_CAUSE_CONFIG_UNREADABLE, 1, 37},
        {"{\"a\":\"${SDK_X}\"}", NULL, NULL, "placeholder", AVS_CAUSE_CONFIG_MALFORMED, 1, 6},
        {"{\"libcurlUtils\":{\"verifyHostsAndPeers\":false}}", NULL, NULL, "verification_disabled",
         AVS_CAUSE_CONFIG_MALFORMED, 1, 18},
        {"{ // c\n}", NULL, "1.2", "comments_unsupported", AVS_CAUSE_CONFIG_MALFORMED, 1, 3},
        {"{}", "{}", "1.6", "overlay_unsupported", AVS_CAUSE_CONFIG_MALFORMED, 1, 1},
        {"{\"a\":{}}", "{\"a\":\n1}", NULL, "object_replaced", AVS_CAUSE_CONFIG_MALFORMED, 1, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint(rows[i].text, rows[i].second, rows[i].sdk);
        if (report->finding_count != 1 || strcmp(report->findings[0].id, rows[i].id) != 0) {
            fail_msg("%s: %zu findings, the first is %s, not %s", rows[i].text,
                     report->finding_count, report->finding_count ? report->findings[0].id : "none",
                     rows[i].id);
        }
        const struct avs_config_finding *finding = &report->findings[0];
        if (finding->line != rows[i].line || finding->column != rows[i].column) {
            fail_msg("%s: %u:%u", rows[i].text, finding->line, finding->column);
        }
        assert_int_equal(finding->cause, rows[i].cause);
        assert_null(finding->sdk_message);
        assert_true(finding->fix[0] != '\0');
        avs_config_report_free(report);
    }
}

static void duplicates_say_which_one_the_sdk_takes(void **state) {
    (void)state;
    static const struct {
        const char *text, *second, *taken;
    } rows[] = {
        {"{\"s\":{\"k\":1,\"k\":2}}", NULL, "takes the first one"},
        {"{\"k\":1,\"k\":2}", NULL, "takes the later one"},
        {"{\"s\":{\"a\":1},\"s\":{\"a\":2}}", NULL, "the later value of a key in both counts"},
        {"{\"s\":{}}", "{\"s\":{\"k\":1,\"k\":2}}", "takes the later one where"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint(rows[i].text, rows[i].second, NULL);
        assert_int_equal(report->finding_count, 1);
        if (!strstr(report->findings[0].problem, rows[i].taken)) {
            fail_msg("%s: %s", rows[i].text, report->findings[0].problem);
        }
        avs_config_report_free(report);
    }
}

static void a_good_file_has_no_findings(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"sampleApp\":{\"endpoint\":\"https://h\"},\"avsGatewayManager\":{\"avsGateway\":"
        "\"https://h\"},\"acl\":{\"endpoint\":\"https://h:8443\",\"streamLogPrefix\":\"x\"},"
        "\"miscDatabase\":{\"databaseFilePath\":\"/tmp/x.db\"}}",
    };
    struct avs_config_report *report = lint(texts[0], NULL, NULL);
    assert_int_equal(report->finding_count, 0);
    avs_config_report_free(report);
    report = lint(texts[1], NULL, "1.17");
    assert_int_equal(report->finding_count, 1); /* acl differs from the gateway: said once */
    assert_string_equal(report->findings[0].id, "endpoint_ignored");
    avs_config_report_free(report);
}

static void the_excerpt_and_its_caret_count_characters(void **state) {
    (void)state;
    struct avs_config_report *report = lint("{\"\xC3\xA9\xC3\xA9\":\t'x'}", NULL, NULL);
    assert_string_equal(report->findings[0].excerpt, "{\"\xC3\xA9\xC3\xA9\": 'x'}");
    assert_int_equal(report->findings[0].caret, 7);
    assert_int_equal(report->findings[0].column, 8);
    avs_config_report_free(report);
}

static void only_what_has_one_meaning_is_repaired(void **state) {
    (void)state;
    static const struct {
        const char *text, *repaired; /* NULL: stays as it is */
    } rows[] = {
        {"{\n \"sampleApp\":{\n  \"x\":true\n  // c\n  \"endpoint\" https://h\n }\n}",
         "{\n \"sampleApp\":{\n  \"x\":true,\n  // c\n  \"endpoint\": \"https://h\"\n }\n}"},
        {"{\"sampleApp\":{\"endpoint\" https://h, \"x\":1}}",
         "{\"sampleApp\":{\"endpoint\": \"https://h\", \"x\":1}}"},
        {"{\"sampleApp\":{\"endpoint\"   https://h}}",
         "{\"sampleApp\":{\"endpoint\": \"https://h\"}}"},
        {"{\"sampleApp\":{\"endpoint\": https://h\r\n}}",
         "{\"sampleApp\":{\"endpoint\": \"https://h\"\r\n}}"},
        {"{\"a\":[1,2,], // c\n}", "{\"a\":[1,2] // c\n}"},
        {"{\"a\":1 // c\n\"b\":2,\n}", "{\"a\":1, // c\n\"b\":2\n}"},
        {"{'a':1,}", NULL},                /* a guess is needed */
        {"{\"a\":1,} x", NULL},            /* something else is wrong too */
        {"{\"endpoint\" https://h", NULL}, /* and here */
        {"{\"a\":1}", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *paths[] = {path[0]};
        struct avs_config_plan *plan = NULL;
        write_file(path[0], rows[i].text, strlen(rows[i].text));
        assert_int_equal(avs_config_plan_repair(paths, 1, &plan, NULL), AVS_OK);
        assert_int_equal(avs_config_plan_is_empty(plan), rows[i].repaired == NULL);
        assert_int_equal(avs_config_plan_apply(plan, NULL), AVS_OK);
        avs_config_plan_free(plan);
        assert_string_equal(read_file(path[0]), rows[i].repaired ? rows[i].repaired : rows[i].text);
    }
}

static void what_is_no_text_is_an_error(void **state) {
    (void)state;
    static const char nul[] = "{\"a\":1}\0{";
    const char *paths[] = {path[0]};
    struct avs_config_report *report = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    write_file(path[0], nul, sizeof(nul) - 1);
    assert_int_equal(avs_config_lint(paths, 1, NULL, &report, &error), AVS_ERR_CONFIG_MALFORMED);
    assert_non_null(strstr(error.message, "a.json:1:8: a NUL byte"));
    write_file(path[0], "{\n\xC3\x28}", 5);
    assert_int_equal(avs_config_lint(paths, 1, NULL, &report, &error), AVS_ERR_CONFIG_MALFORMED);
    assert_non_null(strstr(error.message, "a.json:2:1: byte 0xC3 is not UTF-8"));
    assert_null(report);
}

static void out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    const char *paths[] = {path[0]};
    static const char text[] = "{\"a\":1 \"b\":2,}";
    write_file(path[0], text, strlen(text));
    TEST_EACH_ALLOCATION(n, 200) {
        struct avs_config_report *report = NULL;
        struct avs_config_plan *plan = NULL;
        enum avs_status status = avs_config_lint(paths, 1, NULL, &report, NULL);
        assert_true((status == AVS_OK) == (report != NULL));
        avs_config_report_free(report);
        status = avs_config_plan_repair(paths, 1, &plan, NULL);
        assert_true((status == AVS_OK) == (plan != NULL));
        avs_config_plan_free(plan);
    }
    assert_string_equal(read_file(path[0]), text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_syntax_fault_has_its_finding),
        cmocka_unit_test(every_fault_of_a_file_is_found_in_one_run),
        cmocka_unit_test(what_the_sdk_ignores_is_found),
        cmocka_unit_test(duplicates_say_which_one_the_sdk_takes),
        cmocka_unit_test(a_good_file_has_no_findings),
        cmocka_unit_test(the_excerpt_and_its_caret_count_characters),
        cmocka_unit_test(only_what_has_one_meaning_is_repaired),
        cmocka_unit_test(what_is_no_text_is_an_error),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
