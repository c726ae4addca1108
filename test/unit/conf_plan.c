/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: set, unset and toggle over files, and what happens to the files when a step fails. */
#include <avs/config.h>

#include "edit/plan.h"
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATS AVS_ENDPOINT_ATS_TEST
#define EU  "https://alexa.eu.gateway.devices.a2z.com"

static char directory[64];
static char path[2][96];

static int setup(void **state) {
    (void)state;
    strcpy(directory, "/tmp/avs-plan-XXXXXX");
    if (!mkdtemp(directory)) {
        return -1;
    }
    snprintf(path[0], sizeof(path[0]), "%s/a.json", directory);
    snprintf(path[1], sizeof(path[1]), "%s/b.json", directory);
    return 0;
}

static void empty_directory(void) {
    char name[400];
    DIR *stream = opendir(directory);
    assert_non_null(stream);
    for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
            unlink(name);
        }
    }
    closedir(stream);
}

static int teardown(void **state) {
    (void)state;
    empty_directory();
    return rmdir(directory);
}

static int fresh(void **state) {
    (void)state;
    empty_directory();
    return 0;
}

static unsigned count_entries(void) {
    unsigned count = 0;
    DIR *stream = opendir(directory);
    assert_non_null(stream);
    while (readdir(stream)) {
        count++;
    }
    closedir(stream);
    return count - 2; /* . and .. */
}

static void put(int index, const char *text) {
    FILE *file = fopen(path[index], "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *get(int index) {
    static char text[8192];
    FILE *file = fopen(path[index], "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

enum kind { SET, UNSET, TOGGLE };

static enum avs_status make(enum kind kind, size_t count, const char *sdk, const char *url,
                            struct avs_config_plan **plan, struct avs_error *error) {
    const char *paths[] = {path[0], path[1]};
    *plan = NULL;
    switch (kind) {
    case SET:
        return avs_config_plan_set(paths, count, sdk, url, plan, error);
    case UNSET:
        return avs_config_plan_unset(paths, count, sdk, plan, error);
    case TOGGLE:
        return avs_config_plan_toggle(paths, count, sdk, url, plan, error);
    }
    return AVS_ERR_INTERNAL;
}

static void run(enum kind kind, size_t count, const char *sdk, const char *url) {
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (make(kind, count, sdk, url, &plan, &error) != AVS_OK ||
        avs_config_plan_apply(plan, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    avs_config_plan_free(plan);
}

static void set_writes_the_keys_of_the_release(void **state) {
    (void)state;
    static const struct {
        const char *before, *sdk, *after;
    } rows[] = {
        {"{\"x\":{\"y\":1}}", "1.6", "{\"x\":{\"y\":1},\"sampleApp\":{ \"endpoint\":\"" EU "\" }}"},
        {"{\"x\":{\"y\":1}}", "1.17",
         "{\"x\":{\"y\":1},\"avsGatewayManager\":{ \"avsGateway\":\"" EU "\" }}"},
        {"{\"x\":{\"y\":1}}", NULL,
         "{\"x\":{\"y\":1},\"sampleApp\":{ \"endpoint\":\"" EU
         "\" },\"avsGatewayManager\":{ \"avsGateway\":\"" EU "\" }}"},
        {"{\"acl\":{\"endpoint\":\"o\"}}", "1.9",
         "{\"acl\":{\"endpoint\":\"o\"},\"sampleApp\":{ \"endpoint\":\"" EU "\" }}"},
        {"{\"acl\":{\"endpoint\":\"o\"},\"sampleApp\":{\"endpoint\":null},\"avsGatewayManager\":{"
         "\"avsGateway\" : \"p\" }}",
         NULL,
         "{\"acl\":{\"endpoint\":\"" EU "\"},\"sampleApp\":{\"endpoint\":\"" EU
         "\"},\"avsGatewayManager\":{\"avsGateway\" : \"" EU "\" }}"},
        /* the occurrence that counts is the one that changes */
        {"{\"sampleApp\":{\"endpoint\":\"1\",\"endpoint\":\"2\"}}", "1.6",
         "{\"sampleApp\":{\"endpoint\":\"" EU "\",\"endpoint\":\"2\"}}"},
        {"{\"sampleApp\":{\"endpoint\":\"1\"},\"sampleApp\":{\"endpoint\":\"2\"}}", "1.6",
         "{\"sampleApp\":{\"endpoint\":\"1\"},\"sampleApp\":{\"endpoint\":\"" EU "\"}}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(0, rows[i].before);
        run(SET, 1, rows[i].sdk, EU);
        assert_string_equal(get(0), rows[i].after);
        run(SET, 1, rows[i].sdk, EU); /* once more changes nothing */
        assert_string_equal(get(0), rows[i].after);
    }
}

static void overlays_are_edited_where_the_value_counts(void **state) {
    (void)state;
    put(0, "{\"sampleApp\":{\"endpoint\":\"a\"}}");
    put(1, "{\"x\":{\"y\":1}}");
    run(SET, 2, "1.9", EU);
    assert_string_equal(get(0), "{\"sampleApp\":{\"endpoint\":\"" EU "\"}}");
    assert_string_equal(get(1), "{\"x\":{\"y\":1}}");
    run(SET, 2, "1.17", EU); /* a new section goes into the last file */
    assert_string_equal(get(1),
                        "{\"x\":{\"y\":1},\"avsGatewayManager\":{ \"avsGateway\":\"" EU "\" }}");
    run(UNSET, 2, NULL, NULL);
    assert_string_equal(get(0), "{\"sampleApp\":{}}");
    assert_string_equal(get(1), "{\"x\":{\"y\":1}}");
}

static void unset_takes_every_copy(void **state) {
    (void)state;
    put(0, "{\"sampleApp\":{\"endpoint\":\"1\",\"endpoint\":\"2\",\"z\":1},\"sampleApp\":{"
           "\"endpoint\":"
           "\"3\"},\"acl\":{\"endpoint\":\"4\",\"k\":0}}");
    run(UNSET, 1, "1.6", NULL);
    assert_string_equal(get(0), "{\"sampleApp\":{\"z\":1},\"sampleApp\":{},\"acl\":{\"k\":0}}");
}

static void toggle_there_and_back_is_the_identity(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\n}\n",
        "{\"sampleApp\":{\"endpoint\":\"https://old\"}}",
        "{\r\n  // \xC3\xA9\r\n  \"sampleApp\": {\r\n    \"x\": 1 // c\r\n  }\r\n}\r\n// end",
        "{\"acl\":{\"endpoint\":null},\"avsGatewayManager\":{\"avsGateway\":\"\\u0041\"}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(0, texts[i]);
        run(TOGGLE, 1, NULL, ATS);
        assert_non_null(strstr(get(0), ATS));
        assert_int_equal(count_entries(), 2);
        run(TOGGLE, 1, NULL, ATS);
        assert_string_equal(get(0), texts[i]);
        assert_int_equal(count_entries(), 1); /* the sidecar is gone */
        empty_directory();
    }
}

static void toggle_keeps_what_was_edited_in_between(void **state) {
    (void)state;
    put(0, "{\"sampleApp\":{\"endpoint\":\"https://old\"}}");
    run(TOGGLE, 1, "1.6", ATS);
    put(0, "{\"sampleApp\":{\"endpoint\":\"" ATS "\",\"new\":1}}");
    struct avs_config_plan *plan = NULL;
    assert_int_equal(make(TOGGLE, 1, "1.6", ATS, &plan, NULL), AVS_OK);
    assert_non_null(strstr(avs_config_plan_summary(plan), "was edited since the toggle"));
    assert_int_equal(avs_config_plan_apply(plan, NULL), AVS_OK);
    avs_config_plan_free(plan);
    assert_string_equal(get(0), "{\"sampleApp\":{\"endpoint\":\"https://old\",\"new\":1}}");
    assert_int_equal(count_entries(), 1);
}

static void toggle_accepts_what_was_set_back_by_hand(void **state) {
    (void)state;
    put(0, "{\"sampleApp\":{\"endpoint\":\"https://old\"}}");
    run(TOGGLE, 1, NULL, ATS);
    put(0, "{\"sampleApp\":{\"endpoint\":\"https://old\"},\"new\":1}");
    run(TOGGLE, 1, NULL, ATS);
    assert_string_equal(get(0), "{\"sampleApp\":{\"endpoint\":\"https://old\"},\"new\":1}");
    assert_int_equal(count_entries(), 1);
}

static void toggle_does_not_undo_somebody_elses_endpoint(void **state) {
    (void)state;
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    put(0, "{\"sampleApp\":{\"endpoint\":\"https://old\"}}");
    run(TOGGLE, 1, "1.6", ATS);
    put(0, "{\"sampleApp\":{\"endpoint\":\"https://third\"}}");
    assert_int_equal(make(TOGGLE, 1, "1.6", ATS, &plan, &error), AVS_ERR_CONFIG);
    assert_non_null(strstr(error.message, "https://third"));
    assert_non_null(strstr(error.message, ".avs-toggle"));
    assert_string_equal(get(0), "{\"sampleApp\":{\"endpoint\":\"https://third\"}}");
    assert_int_equal(count_entries(), 2);
}

static void a_toggle_that_was_cut_off_is_not_in_force(void **state) {
    (void)state;
    put(0, "{\"sampleApp\":{}}");
    run(TOGGLE, 1, NULL, ATS);
    put(0, "{\"sampleApp\":{}}"); /* the sidecar was written, the file was not */
    run(TOGGLE, 1, NULL, ATS);
    assert_non_null(strstr(get(0), ATS));
    run(TOGGLE, 1, NULL, ATS);
    assert_string_equal(get(0), "{\"sampleApp\":{}}");
}

static void toggle_refuses_what_it_cannot_take_back(void **state) {
    (void)state;
    static const char *const sidecars[] = {
        "",
        "[]",
        "{}",
        "{\"schema\":\"avs-shim.toggle/1\"}",
        "\x01\x02",
        ("{\"schema\":\"avs-shim.toggle/1\",\"endpoint\":\"x\",\"original_hash\":\"0\","
         "\"toggled_hash\":\"0\",\"keys\":[]}"),
    };
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    put(0, "{\"sampleApp\":{\"endpoint\":\"" ATS "\"},\"avsGatewayManager\":{\"avsGateway\":\"" ATS
           "\"}}");
    assert_int_equal(make(TOGGLE, 1, NULL, ATS, &plan, &error), AVS_ERR_CONFIG);
    assert_non_null(strstr(error.message, "already"));
    for (size_t i = 0; i < sizeof(sidecars) / sizeof(sidecars[0]); i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s.avs-toggle", path[0]);
        FILE *file = fopen(name, "w");
        assert_non_null(file);
        fputs(sidecars[i], file);
        fclose(file);
        assert_int_equal(make(TOGGLE, 1, NULL, ATS, &plan, &error), AVS_ERR_CONFIG);
        assert_non_null(strstr(error.message, "remove it"));
        assert_null(plan);
    }
}

static void what_cannot_be_edited_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *sdk, *url, *message;
        enum avs_status status;
    } rows[] = {
        {"{\"a\":1,}", NULL, EU, "after the last member", AVS_ERR_CONFIG_MALFORMED},
        {"[]", NULL, EU, "anything but an object", AVS_ERR_CONFIG_MALFORMED},
        {"\xEF\xBB\xBF{}", NULL, EU, "byte order mark", AVS_ERR_CONFIG_MALFORMED},
        {"{\"sampleApp\":5}", NULL, EU, "sampleApp is a number", AVS_ERR_CONFIG_MALFORMED},
        {"{}", NULL, "http://x", "not encrypted", AVS_ERR_ENDPOINT_INVALID},
        {"{}", NULL, "https://x/y", "path", AVS_ERR_ENDPOINT_INVALID},
        {"{}", NULL, "us", "no scheme", AVS_ERR_ENDPOINT_INVALID},
        {"{}", "1.1", EU, "reads no endpoint", AVS_ERR_USAGE},
        {"{}", "9.9", EU, "no release", AVS_ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_config_plan *plan = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        put(0, rows[i].text);
        assert_int_equal(make(SET, 1, rows[i].sdk, rows[i].url, &plan, &error), rows[i].status);
        if (!strstr(error.message, rows[i].message)) {
            fail_msg("%s: %s", rows[i].text, error.message);
        }
        assert_null(plan);
        assert_string_equal(get(0), rows[i].text);
    }
}

static void a_file_that_changed_in_between_is_left_alone(void **state) {
    (void)state;
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    put(0, "{}");
    put(1, "{\"sampleApp\":{\"endpoint\":\"o\"},\"avsGatewayManager\":{\"avsGateway\":\"o\"}}");
    assert_int_equal(make(SET, 1, NULL, EU, &plan, &error), AVS_OK);
    put(0, "{} ");
    assert_int_equal(avs_config_plan_apply(plan, &error), AVS_ERR_CONFIG);
    assert_non_null(strstr(error.message, "changed while"));
    assert_string_equal(get(0), "{} ");
    avs_config_plan_free(plan);
    /* replaced by another file with the same bytes: still not the one that was read */
    put(0, "{}");
    assert_int_equal(make(SET, 1, NULL, EU, &plan, &error), AVS_OK);
    put(1, "{}");
    assert_int_equal(rename(path[1], path[0]), 0);
    assert_int_equal(avs_config_plan_apply(plan, &error), AVS_ERR_CONFIG);
    assert_string_equal(get(0), "{}");
    assert_int_equal(count_entries(), 1);
    avs_config_plan_free(plan);
}

static void when_the_second_file_fails_the_first_is_put_back(void **state) {
    (void)state;
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    put(0, "{\"sampleApp\":{\"endpoint\":\"o\"}}");
    put(1, "{\"avsGatewayManager\":{\"avsGateway\":\"o\"}}");
    assert_int_equal(make(TOGGLE, 2, NULL, EU, &plan, &error), AVS_OK);
    put(1, "{\"avsGatewayManager\":{\"avsGateway\":\"p\"}}");
    assert_int_equal(avs_config_plan_apply(plan, &error), AVS_ERR_CONFIG);
    avs_config_plan_free(plan);
    assert_string_equal(get(0), "{\"sampleApp\":{\"endpoint\":\"o\"}}");
    assert_string_equal(get(1), "{\"avsGatewayManager\":{\"avsGateway\":\"p\"}}");
    assert_int_equal(count_entries(), 2); /* no sidecar, no temporary file */
}

static void mode_and_owner_are_kept(void **state) {
    (void)state;
    struct stat before, after;
    put(0, "{}");
    assert_int_equal(chmod(path[0], 0640), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path[0], 65534, 65534), 0);
    }
    assert_int_equal(stat(path[0], &before), 0);
    run(TOGGLE, 1, NULL, EU);
    assert_int_equal(stat(path[0], &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_gid, before.st_gid);
    assert_int_not_equal(after.st_ino, before.st_ino);
}

static void a_link_is_followed_once(void **state) {
    (void)state;
    char link[2][96];
    struct stat identity;
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    snprintf(link[0], sizeof(link[0]), "%s/link", directory);
    snprintf(link[1], sizeof(link[1]), "%s/linklink", directory);
    put(0, "{}");
    assert_int_equal(symlink("a.json", link[0]), 0);
    assert_int_equal(symlink(link[0], link[1]), 0);
    const char *once[] = {link[0]}, *twice[] = {link[1]};
    assert_int_equal(avs_config_plan_set(once, 1, "1.6", EU, &plan, &error), AVS_OK);
    assert_int_equal(avs_config_plan_apply(plan, &error), AVS_OK);
    avs_config_plan_free(plan);
    assert_int_equal(lstat(link[0], &identity), 0);
    assert_true(S_ISLNK(identity.st_mode));
    assert_non_null(strstr(get(0), EU));
    assert_int_equal(avs_config_plan_set(twice, 1, "1.6", ATS, &plan, &error),
                     AVS_ERR_CONFIG_UNREADABLE);
    assert_non_null(strstr(error.message, "followed once"));
    const char *both[] = {link[0], path[0]};
    assert_int_equal(avs_config_plan_set(both, 2, "1.6", ATS, &plan, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "same file"));
}

static volatile sig_atomic_t signals_seen;

static void note_signal(int number) {
    (void)number;
    signals_seen++;
}

static void signals_wait_only_while_files_are_written(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = note_signal}, before;
    sigset_t mask;
    assert_int_equal(sigaction(SIGINT, &action, &before), 0);
    put(0, "{}");
    run(SET, 1, NULL, EU);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    assert_int_equal(sigismember(&mask, SIGINT), 0);
    raise(SIGINT);
    assert_int_equal(signals_seen, 1);
    sigaction(SIGINT, &before, NULL);
}

static void a_growing_file_meets_the_ceiling(void **state) {
    (void)state;
    char *text = malloc(AVS_CONFIG_FILE_BYTES_MAX + 1);
    struct avs_config_plan *plan = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    memset(text, ' ', AVS_CONFIG_FILE_BYTES_MAX);
    memcpy(text, "{}", 2);
    text[AVS_CONFIG_FILE_BYTES_MAX] = '\0';
    put(0, text);
    assert_int_equal(make(SET, 1, NULL, EU, &plan, &error), AVS_ERR_LIMIT);
    assert_null(plan);
    free(text);
}

static void out_of_memory_changes_no_file(void **state) {
    (void)state;
    static const char text[] = "{\"sampleApp\":{\"x\":1 // c\n}}";
    unsigned failures = 0;
    put(0, text);
    TEST_EACH_ALLOCATION(n, 500) {
        struct avs_config_plan *plan = NULL;
        char *json = NULL;
        enum avs_status status = make(TOGGLE, 1, NULL, EU, &plan, NULL);
        failures += status != AVS_OK;
        assert_true((status == AVS_OK) == (plan != NULL));
        if (plan && avs_config_plan_to_json(plan, "toggle", false, &json, NULL) == AVS_OK) {
            free(json);
        }
        char *diff = NULL;
        if (plan && avs_config_plan_to_diff(plan, &diff, NULL) == AVS_OK) {
            assert_non_null(strstr(diff, "+++ "));
            free(diff);
        }
        avs_config_plan_free(plan);
    }
    assert_true(failures > 30);
    assert_string_equal(get(0), text);
    TEST_EACH_ALLOCATION(n, 500) {
        struct avs_config_plan *plan = NULL;
        enum avs_status status = make(UNSET, 1, NULL, NULL, &plan, NULL);
        assert_true((status == AVS_OK) == (plan != NULL));
        avs_config_plan_free(plan);
    }
    empty_directory();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(set_writes_the_keys_of_the_release, fresh),
        cmocka_unit_test_setup(overlays_are_edited_where_the_value_counts, fresh),
        cmocka_unit_test_setup(unset_takes_every_copy, fresh),
        cmocka_unit_test_setup(toggle_there_and_back_is_the_identity, fresh),
        cmocka_unit_test_setup(toggle_keeps_what_was_edited_in_between, fresh),
        cmocka_unit_test_setup(toggle_accepts_what_was_set_back_by_hand, fresh),
        cmocka_unit_test_setup(toggle_does_not_undo_somebody_elses_endpoint, fresh),
        cmocka_unit_test_setup(a_toggle_that_was_cut_off_is_not_in_force, fresh),
        cmocka_unit_test_setup(toggle_refuses_what_it_cannot_take_back, fresh),
        cmocka_unit_test_setup(what_cannot_be_edited_is_refused, fresh),
        cmocka_unit_test_setup(a_file_that_changed_in_between_is_left_alone, fresh),
        cmocka_unit_test_setup(when_the_second_file_fails_the_first_is_put_back, fresh),
        cmocka_unit_test_setup(mode_and_owner_are_kept, fresh),
        cmocka_unit_test_setup(a_link_is_followed_once, fresh),
        cmocka_unit_test_setup(signals_wait_only_while_files_are_written, fresh),
        cmocka_unit_test_setup(a_growing_file_meets_the_ceiling, fresh),
        cmocka_unit_test_setup(out_of_memory_changes_no_file, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
