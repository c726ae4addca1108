/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and merging: what this library's transport takes from one or more files, and the words in
 * which a bad file is refused. */
#include "conf/config.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

/* Load texts as the overlays a.json, b.json, c.json. */
static enum avs_status load(const char *const *texts, size_t count, struct avs_config **ret,
                            struct avs_error *error) {
    static const char *const names[] = {"a.json", "b.json", "c.json"};
    struct avs_conf_file files[3] = {0};
    for (size_t i = 0; i < count; i++) {
        enum avs_status status =
            avs_conf_file_from_text(names[i], texts[i], strlen(texts[i]), &files[i], error);
        if (status != AVS_OK) {
            for (size_t j = 0; j < i; j++) {
                avs_conf_file_done(&files[j]);
            }
            return status;
        }
    }
    return avs_config_from_files(files, count, ret, error);
}

static struct avs_config *load_ok(const char *const *texts, size_t count) {
    struct avs_config *config = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (load(texts, count, &config, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    return config;
}

static void expect(const char *const *texts, size_t count, enum avs_config_setting setting,
                   const char *value, const char *source) {
    struct avs_config *config = load_ok(texts, count);
    if (value) {
        assert_non_null(avs_config_value(config, setting));
        assert_string_equal(avs_config_value(config, setting), value);
        assert_string_equal(avs_config_source(config, setting), source);
    } else {
        assert_null(avs_config_value(config, setting));
        assert_null(avs_config_source(config, setting));
    }
    avs_config_free(config);
}

#define EXPECT(value, source, ...)                                                              \
    do {                                                                                        \
        const char *const texts_[] = {__VA_ARGS__};                                             \
        expect(texts_, sizeof(texts_) / sizeof(texts_[0]), AVS_CONFIG_ENDPOINT, value, source); \
    } while (0)

static void the_transport_honours_every_endpoint_key(void **state) {
    (void)state;
    EXPECT("s", "a.json:2:13 sampleApp.endpoint",
           "{\"avsGatewayManager\":{\"avsGateway\":\"g\"},\"acl\":{\"endpoint\":\"a\"},"
           "\"sampleApp\":{\n\"endpoint\": \"s\"}}");
    EXPECT("a", "a.json:1:74 acl.endpoint",
           "{\"avsGatewayManager\":{\"avsGateway\":\"g\"},\"sampleApp\":{},\"acl\":{\"endpoint\":"
           "\"a\"}}");
    EXPECT("g", "a.json:1:36 avsGatewayManager.avsGateway",
           "{\"avsGatewayManager\":{\"avsGateway\":\"g\"}}");
    EXPECT(NULL, NULL, "{}");
    EXPECT(NULL, NULL, "{} // nothing");
}

static void what_the_sdk_takes_for_absent_is_absent(void **state) {
    (void)state;
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"endpoint\":1}}");
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"endpoint\":null}}");
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"endpoint\":{\"endpoint\":\"x\"}}}");
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"Endpoint\":\"x\"}}");
    EXPECT(NULL, NULL, "{\"SampleApp\":{\"endpoint\":\"x\"}}");
    EXPECT(NULL, NULL, "{\"sampleApp\":[\"endpoint\",\"x\"]}");
    EXPECT(NULL, NULL, "{\"endpoint\":\"x\"}");
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"endpoint\":\"\"}}");
    EXPECT("a", "a.json:1:51 acl.endpoint",
           "{\"sampleApp\":{\"endpoint\":\"\"},\"acl\":{  \"endpoint\" :\"a\"}}");
    EXPECT("x", "a.json:1:31 sampleApp.endpoint",
           "{\"sampleApp\":{\"endp\\u006Fint\":\"x\\u0000y\"}}");
}

static void duplicates_are_taken_as_the_sdk_takes_them(void **state) {
    (void)state;
    /* inside one object of the first file: the first */
    EXPECT("1", "a.json:1:26 sampleApp.endpoint",
           "{\"sampleApp\":{\"endpoint\":\"1\",\"endpoint\":\"2\"}}");
    /* the section itself twice: merged, the later value */
    EXPECT("2", "a.json:1:55 sampleApp.endpoint",
           "{\"sampleApp\":{\"endpoint\":\"1\"},\"sampleApp\":{\"endpoint\":\"2\"}}");
    /* inside a later file: the last */
    EXPECT("3", "b.json:1:41 sampleApp.endpoint", "{\"sampleApp\":{}}",
           "{\"sampleApp\":{\"endpoint\":\"2\",\"endpoint\":\"3\"}}");
    /* a section that only the later file has comes whole: the first again */
    EXPECT("2", "b.json:1:26 sampleApp.endpoint", "{\"acl\":{}}",
           "{\"sampleApp\":{\"endpoint\":\"2\",\"endpoint\":\"3\"}}");
    EXPECT("9", "b.json:1:26 sampleApp.endpoint",
           "{\"sampleApp\":{\"endpoint\":\"1\",\"endpoint\":\"2\"}}",
           "{\"sampleApp\":{\"endpoint\":\"9\"}}");
}

static void later_files_win(void **state) {
    (void)state;
    EXPECT("3", "c.json:1:26 sampleApp.endpoint", "{\"sampleApp\":{\"endpoint\":\"1\"}}",
           "{\"sampleApp\":{\"endpoint\":\"2\"}}", "{\"sampleApp\":{\"endpoint\":\"3\"}}");
    EXPECT("1", "a.json:1:26 sampleApp.endpoint", "{\"sampleApp\":{\"endpoint\":\"1\"}}",
           "{\"sampleApp\":{\"x\":2}}");
    /* an equal value is appended as a duplicate: the first copy still is the one that is found */
    EXPECT("3", "c.json:1:26 sampleApp.endpoint", "{\"sampleApp\":{\"endpoint\":\"1\"}}",
           "{\"sampleApp\":{\"endpoint\":\"1\"}}", "{\"sampleApp\":{\"endpoint\":\"3\"}}");
    EXPECT(NULL, NULL, "{\"sampleApp\":{\"endpoint\":\"1\"}}",
           "{\"sampleApp\":{\"endpoint\":null}}");
    EXPECT("2", "b.json:1:26 sampleApp.endpoint", "{\"sampleApp\":5}",
           "{\"sampleApp\":{\"endpoint\":\"2\"}}");
}

static void tls_and_network_settings_are_found(void **state) {
    (void)state;
    const char *const texts[] = {
        "{\"libcurlUtils\":{\"CURLOPT_CAINFO\":\"/ca.pem\",\"CURLOPT_CAPATH\":"
        "\"/certs\",\n\"CURLOPT_PROXY\":\"\",\n\"CURLOPT_INTERFACE\":\"wlan0\"}}"};
    expect(texts, 1, AVS_CONFIG_CA_FILE, "/ca.pem", "a.json:1:35 libcurlUtils.CURLOPT_CAINFO");
    expect(texts, 1, AVS_CONFIG_CA_PATH, "/certs", "a.json:1:62 libcurlUtils.CURLOPT_CAPATH");
    expect(texts, 1, AVS_CONFIG_PROXY, "", "a.json:2:17 libcurlUtils.CURLOPT_PROXY");
    expect(texts, 1, AVS_CONFIG_INTERFACE, "wlan0", "a.json:3:21 libcurlUtils.CURLOPT_INTERFACE");
}

static void what_crashes_the_sdk_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *texts[2];
        size_t count;
        const char *message;
    } rows[] = {
        {{"[1]"}, 1, "a.json:1:1: the whole configuration is an array"},
        {{"\"x\""}, 1, "a.json:1:1: the whole configuration is a string"},
        {{"{\"a\":{\"b\":{}}}", "{\"a\":{\"b\":1}}"}, 2, "b.json:1:11: \"b\" is a number here"},
        {{"{\"a\":{}}", "{\"a\":null}"}, 2, "b.json:1:6: \"a\" is null here"},
        {{"{\"a\":{},\"a\":[]}"}, 1, "a.json:1:13: \"a\" is an array here"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config *config = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(load(rows[i].texts, rows[i].count, &config, &error),
                         AVS_ERR_CONFIG_MALFORMED);
        assert_int_equal(error.cause, AVS_CAUSE_CONFIG_MALFORMED);
        if (!strstr(error.message, rows[i].message) || !strstr(error.message, "crash")) {
            fail_msg("'%s' does not say '%s'", error.message, rows[i].message);
        }
        assert_null(config);
    }
}

static void a_malformed_file_is_refused_with_place_problem_and_fix(void **state) {
    (void)state;
    static const struct {
        const char *text, *place, *problem;
    } rows[] = {
        {"{\n  \"sampleApp\": {\n    \"x\": true\n    \"endpoint\" https://h\n  }\n}", "a.json:4:5",
         "no comma"},
        {"{\n  \"sampleApp\": {\n    \"endpoint\" https://h\n  }\n}", "a.json:3:16",
         "the guide's line"},
        {"{\"a\":1,\n}", "a.json:1:7", "after the last member"},
        {"", "a.json:1:1", "empty"},
        {"{\"a\":", "a.json:1:6", "before its brackets"},
        {"{\"a\": {\"b\":1}", "a.json:1:14", "1 bracket, the innermost opened at line 1, column 1"},
        {"{\"a\":\xFF}", "a.json:1:6", "this is no value"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config *config = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        const char *const texts[] = {rows[i].text};
        assert_int_equal(load(texts, 1, &config, &error), AVS_ERR_CONFIG_MALFORMED);
        assert_int_equal(error.cause, AVS_CAUSE_CONFIG_MALFORMED);
        if (strncmp(error.message, rows[i].place, strlen(rows[i].place)) != 0 ||
            !strstr(error.message, rows[i].problem)) {
            fail_msg("'%s' does not say '%s ... %s'", error.message, rows[i].place,
                     rows[i].problem);
        }
    }
}

static void a_path_that_is_no_readable_file_is_named(void **state) {
    (void)state;
    char directory[] = "/tmp/avs-conf-XXXXXX";
    char fifo[64], big[64], good[64];
    assert_non_null(mkdtemp(directory));
    snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
    snprintf(big, sizeof(big), "%s/big", directory);
    snprintf(good, sizeof(good), "%s/good", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    FILE *file = fopen(big, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), AVS_CONFIG_FILE_BYTES_MAX + 1), 0);
    fclose(file);
    file = fopen(good, "w");
    assert_non_null(file);
    fputs("{\"sampleApp\":{\"endpoint\":\"x\"}}", file);
    fclose(file);
    const struct {
        const char *path, *message;
    } rows[] = {
        {directory, "a directory"},
        {fifo, "named pipe"},
        {big, "larger than 1048576"},
        {"/nonexistent/x.json", "No such file"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *paths[] = {good, rows[i].path};
        struct avs_config *config = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_config_load(paths, 2, &config, &error), AVS_ERR_CONFIG_UNREADABLE);
        assert_int_equal(error.cause, AVS_CAUSE_CONFIG_UNREADABLE);
        assert_non_null(strstr(error.message, rows[i].path));
        assert_non_null(strstr(error.message, rows[i].message));
    }
    const char *paths[] = {good};
    struct avs_config *config = NULL;
    assert_int_equal(avs_config_load(paths, 1, &config, NULL), AVS_OK);
    assert_string_equal(avs_config_value(config, AVS_CONFIG_ENDPOINT), "x");
    assert_null(avs_config_value(config, AVS_CONFIG_SETTING_COUNT));
    avs_config_free(config);
    assert_int_equal(avs_config_load(paths, 0, &config, NULL), AVS_ERR_USAGE);
    assert_int_equal(avs_config_load(NULL, 1, &config, NULL), AVS_ERR_USAGE);
    assert_int_equal(avs_config_load(paths, AVS_CONFIG_FILES_MAX + 1, &config, NULL),
                     AVS_ERR_USAGE);
    unlink(fifo);
    unlink(big);
    unlink(good);
    rmdir(directory);
}

/* 100 000 members merged over 100 000: the index keeps this far from quadratic. */
static void a_wide_overlay_merges_in_linear_time(void **state) {
    (void)state;
    enum { MEMBERS = 60000 };
    char *text = malloc(MEMBERS * 16 + 64);
    size_t length = (size_t)sprintf(text, "{\"w\":{");
    for (int i = 0; i < MEMBERS; i++) {
        length += (size_t)sprintf(text + length, "\"k%d\":%d,", i, i);
    }
    sprintf(text + length, "\"z\":1}}");
    const char *const texts[] = {text, text, "{\"sampleApp\":{\"endpoint\":\"x\"}}"};
    struct avs_config *config = load_ok(texts, 3);
    assert_string_equal(avs_config_value(config, AVS_CONFIG_ENDPOINT), "x");
    avs_config_free(config);
    free(text);
}

static void out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    const char *const texts[] = {"{\"sampleApp\":{\"endpoint\":\"1\",\"b\":{\"c\":1}}}",
                                 "{\"sampleApp\":{\"endpoint\":\"2\",\"b\":{\"d\":1}},\"acl\":{}}"};
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 200) {
        struct avs_config *config = NULL;
        enum avs_status status = load(texts, 2, &config, NULL);
        failures += status == AVS_ERR_NO_MEMORY;
        assert_true((status == AVS_OK) == (config != NULL));
        avs_config_free(config);
    }
    assert_true(failures > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transport_honours_every_endpoint_key),
        cmocka_unit_test(what_the_sdk_takes_for_absent_is_absent),
        cmocka_unit_test(duplicates_are_taken_as_the_sdk_takes_them),
        cmocka_unit_test(later_files_win),
        cmocka_unit_test(tls_and_network_settings_are_found),
        cmocka_unit_test(what_crashes_the_sdk_is_refused),
        cmocka_unit_test(a_malformed_file_is_refused_with_place_problem_and_fix),
        cmocka_unit_test(a_path_that_is_no_readable_file_is_named),
        cmocka_unit_test(a_wide_overlay_merges_in_linear_time),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
