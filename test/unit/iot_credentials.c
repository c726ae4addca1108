/* SPDX-License-Identifier: Apache-2.0 */
/* Where the AWS keys come from: the files as the AWS CLI reads them, words, programs, the order of
 * the places. test/cli/test_iot_credentials.py holds the same against the AWS library itself. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "iot/credentials.h"
#include "iot/helper.h"
#include "iot/members.h"
#include "iot/process.h"
#include "iot/words.h"
#include "support/test.h"

/* ---- the files ---- */

static struct avs_ini *parse(const char *text) {
    struct avs_ini *ini = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_ini_parse(text, strlen(text), "f", &ini, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    return ini;
}

static void keys_are_found_in_their_section(void **state) {
    (void)state;
    struct avs_ini *ini = parse("# comment\n[default]\naws_access_key_id = A\n"
                                "AWS_Secret_Access_Key:B # not a comment\n\n"
                                "[two words]  \r\n x=1\r\n  y = 2\n[empty]\n"
                                "[nested]\ns3 =\n  a = b\n  ; c\n\n  c = d\nz = 1\n");
    assert_string_equal(avs_ini_get(ini, "default", "aws_access_key_id"), "A");
    assert_string_equal(avs_ini_get(ini, "default", "aws_secret_access_key"), "B # not a comment");
    assert_string_equal(avs_ini_get(ini, "two words", "x"), "1");
    assert_true(avs_ini_is_nested(ini, "two words", "x")); /* "  y" is deeper than " x" */
    assert_null(avs_ini_get(ini, "two words", "y"));
    assert_true(avs_ini_has(ini, "empty"));
    assert_true(avs_ini_is_nested(ini, "nested", "s3"));
    assert_string_equal(avs_ini_get(ini, "nested", "z"), "1");
    assert_null(avs_ini_get(ini, "default", "x"));
    assert_null(avs_ini_get(ini, "none", "x"));
    assert_string_equal(avs_ini_section(ini, 1), "two words");
    assert_null(avs_ini_section(ini, 4));
    avs_ini_free(ini);
    assert_null(avs_ini_get(NULL, "default", "x"));
}

static void defaults_are_in_every_section(void **state) {
    (void)state;
    struct avs_ini *ini = parse("[DEFAULT]\nregion=eu-west-1\n[a]\n[b]\nregion=us-east-1\n");
    assert_string_equal(avs_ini_get(ini, "a", "region"), "eu-west-1");
    assert_string_equal(avs_ini_get(ini, "b", "region"), "us-east-1");
    assert_null(avs_ini_get(ini, "c", "region"));
    assert_string_equal(avs_ini_section(ini, 0), "a");
    avs_ini_free(ini);
}

static void a_broken_file_names_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"a=b\n", "f line 1: there is no [section]"},
        {"[a]\nx=1\n\nnonsense\n", "f line 4: neither"},
        {"[a]\n=1\n", "f line 2: neither"},
        {"[a]\nx=1\nX=2\n", "f line 3: this key"},
        {"[a]\r\n[b]\r\n[a]\r\n", "f line 3: this section"},
        {"[a]\nx=\xFF\n", "f line 2: a byte that is no UTF-8"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_ini *ini = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_ini_parse(rows[i].text, strlen(rows[i].text), "f", &ini, &error),
                         AVS_ERR_CONFIG_MALFORMED);
        assert_memory_equal(error.message, rows[i].says, strlen(rows[i].says));
        assert_null(ini);
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_ini *ini = NULL;
    assert_int_equal(avs_ini_parse("[a]\nx=\0y\n", 9, "f", &ini, &error), AVS_ERR_CONFIG_MALFORMED);
    assert_non_null(strstr(error.message, "NUL"));
}

static void errors_never_quote_the_file(void **state) {
    (void)state;
    struct avs_ini *ini = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    static const char text[] = "[a]\nwJalrXUtnFEMI_K7MDENG_bPxRfiCYEXAMPLEKEY\n";
    assert_int_equal(avs_ini_parse(text, strlen(text), "f", &ini, &error),
                     AVS_ERR_CONFIG_MALFORMED);
    assert_null(strstr(error.message, "wJalr"));
}

static void too_many_entries_are_refused(void **state) {
    (void)state;
    struct avs_buffer text = avs_buffer_init(AVS_INI_BYTES_MAX);
    struct avs_ini *ini = NULL;
    avs_buffer_add_text(&text, "[a]\n");
    for (int i = 0; i < AVS_INI_ENTRIES_MAX; i++) {
        avs_buffer_printf(&text, "k%d=v\n", i);
    }
    assert_int_equal(avs_ini_parse(text.data, text.length, "f", &ini, NULL), AVS_ERR_LIMIT);
    avs_buffer_done(&text);
}

static void a_file_that_is_none_is_told(void **state) {
    (void)state;
    struct avs_ini *ini = (struct avs_ini *)1;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_ini_load("/no/such/file", &ini, &error), AVS_OK);
    assert_null(ini);
    assert_int_equal(avs_ini_load("/", &ini, &error), AVS_ERR_CONFIG_UNREADABLE);
    assert_non_null(strstr(error.message, "directory"));
    assert_int_equal(avs_ini_load("/dev/zero", &ini, &error), AVS_ERR_CONFIG_UNREADABLE);
}

/* ---- words ---- */

static void words_are_split_as_a_shell_does(void **state) {
    (void)state;
    static const struct {
        const char *line;
        const char *words[5];
    } rows[] = {
        {"", {NULL}},
        {"  a  b\tc\n", {"a", "b", "c"}},
        {"'a b' \"c d\"e", {"a b", "c de"}},
        {"a\\ b 'c\\d' \"e\\f\\\"\"", {"a b", "c\\d", "e\\f\""}},
        {"'' \"\" a''b", {"", "", "ab"}},
        {"$HOME `id` a;b|c *", {"$HOME", "`id`", "a;b|c", "*"}},
        {"a # b", {"a", "#", "b"}},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_words words;
        assert_int_equal(avs_words_split(rows[i].line, &words, NULL), AVS_OK);
        for (size_t k = 0; k <= words.count; k++) {
            if (rows[i].words[k]) {
                assert_string_equal(words.list[k], rows[i].words[k]);
            } else {
                assert_null(words.list[k]);
            }
        }
        avs_words_done(&words);
    }
}

static void what_is_not_closed_is_refused(void **state) {
    (void)state;
    static const char *const lines[] = {"a 'b", "\"", "a\\", "\"a\\\"", "'\\"};
    for (size_t i = 0; i < AVS_COUNT(lines); i++) {
        struct avs_words words;
        assert_int_equal(avs_words_split(lines[i], &words, NULL), AVS_ERR_USAGE);
    }
    struct avs_words words;
    char many[2 * AVS_WORDS_MAX + 3] = "";
    for (int i = 0; i <= AVS_WORDS_MAX; i++) {
        strcat(many, "a ");
    }
    assert_int_equal(avs_words_split(many, &words, NULL), AVS_ERR_LIMIT);
}

/* ---- programs ---- */

#define WAIT_MS 60000

static struct avs_process_result run_shell(const char *script, char *output, size_t capacity,
                                           int timeout_ms) {
    char *const words[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                           (char *)(uintptr_t)script, NULL};
    struct avs_process_result result;
    assert_int_equal(avs_process_run(words, timeout_ms, output, capacity, &result, NULL), AVS_OK);
    return result;
}

static void a_program_is_heard_out(void **state) {
    (void)state;
    char output[64];
    struct avs_process_result result =
        run_shell("printf hello; echo first >&2; echo 'last words' >&2; exit 3", output,
                  sizeof(output), WAIT_MS);
    assert_int_equal(result.exit_code, 3);
    assert_int_equal(result.length, 5);
    assert_memory_equal(output, "hello", 5);
    assert_string_equal(result.last_words, "last words");
    result = run_shell("kill -9 $$", output, sizeof(output), WAIT_MS);
    assert_int_equal(result.signal, SIGKILL);
    assert_int_equal(result.exit_code, -1);
    result = run_shell("read line; printf '%s' \"[$line]\"", output, sizeof(output), WAIT_MS);
    assert_memory_equal(output, "[]", result.length); /* there is no input */
    char *const none[] = {(char *)(uintptr_t) "/no/such/program", NULL};
    assert_int_equal(avs_process_run(none, WAIT_MS, output, sizeof(output), &result, NULL), AVS_OK);
    assert_int_equal(result.exec_errno, ENOENT);
}

static void deadline_and_ceiling_end_it(void **state) {
    (void)state;
    char output[16];
    int64_t start_us = avs_clock_monotonic_us();
    struct avs_process_result result = run_shell("exec sleep 300", output, sizeof(output), 50);
    assert_true(result.is_late);
    result = run_shell("sleep 300 & sleep 300", output, sizeof(output), 50);
    assert_true(result.is_late);
    result = run_shell("yes", output, sizeof(output), WAIT_MS);
    assert_true(result.is_over_limit);
    assert_int_equal(result.length, sizeof(output));
    /* one that lives on with the pipe in its hands is not waited for */
    result = run_shell("sleep 300 & printf done", output, sizeof(output), WAIT_MS);
    assert_int_equal(result.exit_code, 0);
    assert_memory_equal(output, "done", 4);
    assert_true(avs_clock_monotonic_us() - start_us < 100 * INT64_C(1000000));
}

static void reap_all(int number) {
    (void)number;
    int saved = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    errno = saved;
}

/* An application may ignore SIGCHLD or reap every child in its handler. */
static void exit_codes_survive_any_sigchld(void **state) {
    (void)state;
    char output[16];
    struct sigaction before;
    void (*const handlers[])(int) = {SIG_IGN, reap_all, SIG_DFL};
    for (size_t i = 0; i < AVS_COUNT(handlers); i++) {
        struct sigaction action = {.sa_handler = handlers[i]};
        sigaction(SIGCHLD, &action, &before);
        struct avs_process_result result =
            run_shell("printf x; exit 7", output, sizeof(output), WAIT_MS);
        assert_int_equal(result.exit_code, 7);
        assert_int_equal(result.length, 1);
        struct sigaction after;
        sigaction(SIGCHLD, NULL, &after);
        assert_true(after.sa_handler == handlers[i]); /* nothing of it is touched */
        sigaction(SIGCHLD, &before, NULL);
    }
}

/* ---- JSON of keys ---- */

static const char good[] = "{\"Version\": 1, \"AccessKeyId\": \"AKIDEXAMPLE\", "
                           "\"SecretAccessKey\": \"a\\/b+\\u0063=\", \"SessionToken\": \"t\", "
                           "\"Expiration\": \"2026-11-21T19:03:32+02:00\"}";

static void a_process_tells_its_keys(void **state) {
    (void)state;
    struct avs_aws_keys *keys = avs_aws_keys_new();
    assert_int_equal(avs_aws_keys_from_process(good, strlen(good), "who", keys, NULL), AVS_OK);
    assert_string_equal(keys->id, "AKIDEXAMPLE");
    assert_string_equal(keys->secret, "a/b+c=");
    assert_string_equal(keys->token, "t");
    assert_int_equal(keys->expires_unix, 1795280612);
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "<html>",
        "{\"Version\":1}",
        "{\"Version\":2,\"AccessKeyId\":\"a\"}",
        "{\"Version\":\"1\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\"}",
        "{\"Version\":1,\"AccessKeyId\":1,\"SecretAccessKey\":\"b\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\\r\\nX: y\",\"SecretAccessKey\":\"b\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\\u0000\",\"SecretAccessKey\":\"b\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",\"Expiration\":\"soon\"}",
        "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",\"SessionToken\":5}",
    };
    for (size_t i = 0; i < AVS_COUNT(bad); i++) {
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_aws_keys_from_process(bad[i], strlen(bad[i]), "who", keys, &error) == AVS_OK) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_int_equal(error.cause, AVS_CAUSE_AWS_KEYS_INVALID);
        assert_memory_equal(error.message, "who: ", 5);
    }
    avs_aws_keys_free(keys);
}

static void the_credentials_endpoint_tells_its_keys(void **state) {
    (void)state;
    static const char json[] =
        "{\"credentials\":{\"accessKeyId\":\"ASIAX\",\"secretAccessKey\":\"s\","
        "\"sessionToken\":\"t\",\"expiration\":\"2026-11-21T19:03:32Z\"}}";
    struct avs_aws_keys *keys = avs_aws_keys_new();
    assert_int_equal(avs_aws_keys_from_provider(json, strlen(json), keys, NULL), AVS_OK);
    assert_string_equal(keys->id, "ASIAX");
    assert_int_equal(keys->expires_unix, 1795287812);
    assert_int_equal(avs_aws_keys_from_provider(good, strlen(good), keys, NULL), AVS_ERR_CONFIG);
    avs_aws_keys_free(keys);
}

static void times_of_iso_8601(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_time;
    } rows[] = {
        {"2026-11-21T19:03:32Z", 1795287812},
        {"2026-11-21 19:03:32", 1795287812},
        {"2026-11-21T19:03:32.123Z", 1795287812},
        {"2026-11-21T19:03:32+00:00", 1795287812},
        {"2026-11-21T21:03:32+02:00", 1795287812},
        {"2026-11-21T14:33:32.9-04:30", 1795287812},
        {"2026-11-21", -1},
        {"2026-11-21T19:03:32X", -1},
        {"2026-11-21T19:03:32+2", -1},
        {"", -1},
        {"2026-11-21T19:03:32+xx:yy", -1},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        int64_t time = -1;
        assert_int_equal(avs_iso_time(rows[i].text, &time), rows[i].unix_time >= 0);
        assert_int_equal(time, rows[i].unix_time);
    }
}

/* ---- what fails ---- */

static void every_allocation_may_fail(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 100) {
        struct avs_ini *ini = NULL;
        struct avs_words words = {.count = 0};
        struct avs_aws_keys *keys = avs_aws_keys_new();
        enum avs_status status = keys ? AVS_OK : AVS_ERR_NO_MEMORY;
        if (status == AVS_OK) {
            status = avs_ini_parse("[a]\nb=c\n", 8, "f", &ini, NULL);
        }
        if (status == AVS_OK) {
            status = avs_words_split("a b", &words, NULL);
        }
        if (status == AVS_OK) {
            status = avs_aws_keys_from_process(good, strlen(good), "w", keys, NULL);
        }
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        failures += status != AVS_OK;
        avs_ini_free(ini);
        avs_words_done(&words);
        avs_aws_keys_free(keys);
    }
    assert_true(failures >= 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_in_their_section),
        cmocka_unit_test(defaults_are_in_every_section),
        cmocka_unit_test(a_broken_file_names_its_line),
        cmocka_unit_test(errors_never_quote_the_file),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(a_file_that_is_none_is_told),
        cmocka_unit_test(words_are_split_as_a_shell_does),
        cmocka_unit_test(what_is_not_closed_is_refused),
        cmocka_unit_test(a_program_is_heard_out),
        cmocka_unit_test(deadline_and_ceiling_end_it),
        cmocka_unit_test(exit_codes_survive_any_sigchld),
        cmocka_unit_test(a_process_tells_its_keys),
        cmocka_unit_test(the_credentials_endpoint_tells_its_keys),
        cmocka_unit_test(times_of_iso_8601),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
