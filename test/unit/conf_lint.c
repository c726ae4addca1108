/* SPDX-License-Identifier: Apache-2.0 */
/* Every finding of the linter: where it points, what it says the SDK says, whether it is repaired.
 */
#include "conf/lint.h"
#include "conf/repair.h"
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
        {"{\"lwaAuthorization\":{\"lwaUrl\":\"http://h/auth\"}}", NULL, NULL, "endpoint_invalid",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 31},
        {"{\"capabilitiesDelegate\":{\"endpoint\":\"no url\"}}", NULL, "1.10", "endpoint_invalid",
         AVS_CAUSE_ENDPOINT_INVALID, 1, 37},
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

/* Of the hosts that the SDK asks besides the gateway: any path, and only where they are read. */
static void login_and_capabilities_are_urls_with_any_path(void **state) {
    (void)state;
    static const struct {
        const char *text, *sdk;
    } rows[] = {
        {"{\"lwaAuthorization\":{\"lwaUrl\":\"https://h:444/auth/O2/?x=y#z\"}}", NULL},
        {"{\"lwaAuthorization\":{\"lwaUrl\":\"\"}}", NULL},
        {"{\"lwaAuthorization\":{\"lwaUrl\":\"http://h\"}}", "1.16"},
        {"{\"capabilitiesDelegate\":{\"endpoint\":\"http://h\"}}", "1.26"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint(rows[i].text, NULL, rows[i].sdk);
        if (report->finding_count != 0) {
            fail_msg("%s: %s", rows[i].text, report->findings[0].problem);
        }
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

static struct avs_config_report *lint_bytes(const char *bytes, size_t length,
                                            struct avs_error *reterr) {
    const char *paths[] = {path[0]};
    struct avs_config_report *report = NULL;
    write_file(path[0], bytes, length);
    return avs_config_lint(paths, 1, NULL, &report, reterr) == AVS_OK ? report : NULL;
}

/* The SDK's parser checks no encoding, and takes a NUL for the end of the file. */
static void what_is_no_text_is_a_remark_where_the_sdk_takes_it(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *id;
        unsigned line, column;
    } rows[] = {
        {"{ // Ger\xE4t\n}", 12, "not_utf8", 1, 9},
        {"{\n\"a\":\"\xC3\x28\"}", 11, "not_utf8", 2, 6},
        {"{\"a\":1}\0{", 9, "nul_byte", 1, 8},
        {"{\"a\":1}\n\0", 9, "nul_byte", 2, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint_bytes(rows[i].bytes, rows[i].length, NULL);
        assert_non_null(report);
        assert_int_equal(report->finding_count, 1);
        assert_string_equal(report->findings[0].id, rows[i].id);
        assert_int_equal(report->findings[0].severity, AVS_SEVERITY_INFO);
        assert_int_equal(report->findings[0].line, rows[i].line);
        assert_int_equal(report->findings[0].column, rows[i].column);
        avs_config_report_free(report);
    }
}

static void what_the_sdk_takes_to_end_too_early_is_an_error(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    assert_null(lint_bytes("{\"a\":\0001}", 8, &error));
    assert_int_equal(error.status, AVS_ERR_CONFIG_MALFORMED);
    assert_non_null(strstr(error.message, "a.json:1:6: a NUL byte"));
    assert_null(lint_bytes("\xFF\xFE{\0}\0", 6, &error));
    assert_non_null(strstr(error.message, "the file is UTF-16"));
}

static void edits_keep_what_follows_a_nul(void **state) {
    (void)state;
    static const char bytes[] = "{\n // Ger\xE4t\n}\n\0tail";
    static const char wanted_end[] = "}\n\0tail";
    const char *paths[] = {path[0]};
    struct avs_config_plan *plan = NULL;
    write_file(path[0], bytes, sizeof(bytes) - 1);
    assert_int_equal(avs_config_plan_set(paths, 1, NULL, "https://h.test", &plan, NULL), AVS_OK);
    assert_int_equal(avs_config_plan_apply(plan, NULL), AVS_OK);
    avs_config_plan_free(plan);
    char text[512];
    FILE *file = fopen(path[0], "rb");
    size_t length = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_memory_equal(text, "{\n // Ger\xE4t\n", 12);
    assert_memory_equal(text + length - (sizeof(wanted_end) - 1), wanted_end,
                        sizeof(wanted_end) - 1);
    assert_non_null(memmem(text, length, "https://h.test", 14));
}

/* ---- many of a kind, and what names a place ---- */

static void the_same_fault_many_times_is_one_finding(void **state) {
    (void)state;
    struct avs_config_report *report =
        lint("{\"d\":{\"a\":\"${A}\",\n\"b\":\"INSERT_YOUR_ID_HERE\",\n\"c\":\"<your serial>\"},"
             "\"x\":{\"databaseFilePath\":\"/nonexistent/x.db\"},\n"
             "\"y\":{\"databaseFilePath\":\"/nonexistent/y.db\"}}",
             NULL, NULL);
    assert_int_equal(report->finding_count, 2);
    assert_string_equal(report->findings[0].id, "placeholder");
    assert_non_null(
        strstr(report->findings[0].problem, "3 values: a (line 1), b (line 2), c (line 3)"));
    assert_string_equal(report->findings[1].id, "folder_missing");
    assert_non_null(
        strstr(report->findings[1].problem, "/nonexistent does not exist on this machine"));
    assert_non_null(strstr(report->findings[1].problem, "2 values: databaseFilePath (line 3), "));
    avs_config_report_free(report);
}

static void what_asks_to_be_filled_in_is_a_placeholder(void **state) {
    (void)state;
    static const char *const yes[] = {"${SDK_X}",       "INSERT_YOUR_CA_CERTIFICATE_PATH_HERE",
                                      "YOUR_CLIENT_ID", "CHANGEME",
                                      "<client id>",    "@SERIAL@",
                                      "REPLACE ME"};
    static const char *const no[] = {"",
                                     "x",
                                     "HERE",
                                     "A1B2C3",
                                     "eth0",
                                     "/etc/ssl/certs",
                                     "Insert coin",
                                     "https://your.host",
                                     "NA",
                                     "INSERTED@x.de"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(avs_conf_is_placeholder(yes[i]));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(avs_conf_is_placeholder(no[i]));
    }
}

static void ca_settings_are_looked_at_on_this_machine(void **state) {
    (void)state;
    char folder[96], link[128];
    snprintf(folder, sizeof(folder), "%s/folder", directory);
    snprintf(link, sizeof(link), "%s/5e4e69e7.0", folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    const struct {
        const char *key, *value, *id;
    } rows[] = {
        {"CURLOPT_CAINFO", "/nonexistent.pem", "ca_file_missing"},
        {"CURLOPT_CAINFO", folder, "ca_file_is_folder"},
        {"CURLOPT_CAINFO", path[0], NULL},
        {"CURLOPT_CAPATH", "/nonexistent", "ca_path_missing"},
        {"CURLOPT_CAPATH", path[0], "ca_path_is_file"},
        {"CURLOPT_CAPATH", folder, "ca_path_not_hashed"},
        {"CURLOPT_CAINFO", "INSERT_CA_HERE", "placeholder"},
        {"CURLOPT_CAPATH", "INSERT_CA_HERE", "placeholder"},
        {"CURLOPT_INTERFACE", "INSERT_YOUR_INTERFACE_HERE", "placeholder"},
    };
    char text[512];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "{\"libcurlUtils\":{\"%s\":\"%s\"}}", rows[i].key,
                 rows[i].value);
        struct avs_config_report *report = lint(text, NULL, NULL);
        assert_int_equal(report->finding_count, rows[i].id ? 1 : 0);
        if (rows[i].id) {
            assert_string_equal(report->findings[0].id, rows[i].id);
            assert_int_equal(report->findings[0].severity, AVS_SEVERITY_ERROR);
        }
        avs_config_report_free(report);
    }
    write_file(link, "", 0);
    snprintf(text, sizeof(text), "{\"libcurlUtils\":{\"CURLOPT_CAPATH\":\"%s:/nonexistent\"}}",
             folder); /* a list: the second is missing */
    struct avs_config_report *report = lint(text, NULL, NULL);
    assert_int_equal(report->finding_count, 1);
    assert_string_equal(report->findings[0].id, "ca_path_missing");
    avs_config_report_free(report);
    unlink(link);
    rmdir(folder);
}

static void names_that_are_nearly_right_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *meant;
    } rows[] = {
        {"{\"libcurlUtil\":{}}", "\"libcurlUtils\""},
        {"{\"libCurlUtls\":{}}", "\"libcurlUtils\""},
        {"{\"samplApp\":{}}", "\"sampleApp\""},
        {"{\"avsGatewayManger\":{}}", "\"avsGatewayManager\""},
        {"{\"libcurlUtils\":{\"CURLOPT_CAINF\":\"x\"}}", "\"CURLOPT_CAINFO\""},
        {"{\"sampleApp\":{\"endpiont\":\"https://h\"}}", "\"endpoint\""},
        {"{\"deviceInfo\":{\"clientId\":\"x\"}}", NULL},
        {"{\"settings\":{},\"alertsCapabilityAgent\":{},\"cblAuthDelegate\":{}}", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_report *report = lint(rows[i].text, NULL, NULL);
        if (report->finding_count != (rows[i].meant ? 1 : 0)) {
            fail_msg("%s: %zu findings", rows[i].text, report->finding_count);
        }
        if (rows[i].meant) {
            assert_string_equal(report->findings[0].id, "misspelt");
            assert_non_null(strstr(report->findings[0].problem, rows[i].meant));
        }
        avs_config_report_free(report);
    }
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
        cmocka_unit_test(login_and_capabilities_are_urls_with_any_path),
        cmocka_unit_test(duplicates_say_which_one_the_sdk_takes),
        cmocka_unit_test(a_good_file_has_no_findings),
        cmocka_unit_test(the_excerpt_and_its_caret_count_characters),
        cmocka_unit_test(only_what_has_one_meaning_is_repaired),
        cmocka_unit_test(what_is_no_text_is_a_remark_where_the_sdk_takes_it),
        cmocka_unit_test(what_the_sdk_takes_to_end_too_early_is_an_error),
        cmocka_unit_test(edits_keep_what_follows_a_nul),
        cmocka_unit_test(the_same_fault_many_times_is_one_finding),
        cmocka_unit_test(what_asks_to_be_filled_in_is_a_placeholder),
        cmocka_unit_test(ca_settings_are_looked_at_on_this_machine),
        cmocka_unit_test(names_that_are_nearly_right_are_named),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
