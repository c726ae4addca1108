/* SPDX-License-Identifier: Apache-2.0 */
/* The recogniser as a machine: bounded whatever it is fed, each cause told once, live results
 * merged, allocation failures survived. */
#include <avs/inspect.h>

#include "support/test.h"

static const char root_line[] =
    "2026-11-20 10:00:01.000 [  5] E HttpPost:doPostFailed:reason=curl_easy_performFailed,"
    "result=60,error=SSL peer certificate or SSH remote key was not OK\n";
static const char dns_line[] =
    "2026-11-20 10:00:02.000 [  7] 7 LibcurlHTTP2Connection:streamFinished:streamId=2,"
    "result=Couldn't resolve host name,CURLcode=6\n";

static struct avs_inspect *start(void (*on_finding)(void *, const struct avs_inspect_finding *),
                                 void *user) {
    const struct avs_inspect_options options = {
        .size = sizeof(options), .now = 1795219200, .on_finding = on_finding, .user = user};
    struct avs_inspect *inspect = NULL;
    assert_int_equal(avs_inspect_new(&options, &inspect, NULL), AVS_OK);
    return inspect;
}

static void push(struct avs_inspect *inspect, const char *text) {
    avs_inspect_push(inspect, text, strlen(text));
}

static void count_finding(void *user, const struct avs_inspect_finding *finding) {
    unsigned *counts = user;
    counts[finding->cause]++;
}

static void each_cause_is_told_once(void **state) {
    (void)state;
    unsigned counts[AVS_CAUSE_COUNT] = {0};
    struct avs_inspect *inspect = start(count_finding, counts);
    for (int i = 0; i < 100; i++) {
        push(inspect, root_line);
        push(inspect, dns_line);
    }
    avs_inspect_flush(inspect);
    assert_int_equal(counts[AVS_CAUSE_ROOT_MISSING], 1);
    assert_int_equal(counts[AVS_CAUSE_DNS_FAILED], 1);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].count, 100);
    assert_int_equal(report->findings[0].first.line, 2);
    assert_int_equal(report->findings[0].last.line, 200);
    avs_inspect_free(inspect);
}

static void a_quiet_log_gives_up_its_last_line(void **state) {
    (void)state;
    unsigned counts[AVS_CAUSE_COUNT] = {0};
    struct avs_inspect *inspect = start(count_finding, counts);
    push(inspect, root_line); /* it might go on in the next line */
    assert_int_equal(counts[AVS_CAUSE_ROOT_MISSING], 0);
    avs_inspect_flush(inspect);
    assert_int_equal(counts[AVS_CAUSE_ROOT_MISSING], 1);
    push(inspect, dns_line); /* and the log may grow on after that */
    avs_inspect_flush(inspect);
    assert_int_equal(counts[AVS_CAUSE_DNS_FAILED], 1);
    assert_int_equal(avs_inspect_report(inspect)->lines, 2);
    avs_inspect_free(inspect);
}

static void asking_twice_gives_the_same(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, root_line);
    avs_inspect_flush(inspect);
    char *first = NULL, *second = NULL;
    assert_int_equal(avs_inspect_report_to_json(avs_inspect_report(inspect), "x", &first, NULL),
                     AVS_OK);
    assert_int_equal(avs_inspect_report_to_json(avs_inspect_report(inspect), "x", &second, NULL),
                     AVS_OK);
    assert_string_equal(first, second);
    free(first);
    free(second);
    avs_inspect_free(inspect);
}

static void endless_lines_and_records_are_cut(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    char block[4096];
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 64; i++) { /* 256 KiB without a newline */
        avs_inspect_push(inspect, block, sizeof(block));
    }
    push(inspect, "\n");
    push(inspect, dns_line);
    for (int i = 0; i < 5000; i++) { /* a record that never ends */
        push(inspect, "and on it goes, without any stamp\n");
    }
    push(inspect, root_line);
    avs_inspect_flush(inspect);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->lines, 5003);
    assert_int_equal(report->finding_count, 2);
    avs_inspect_free(inspect);
}

static void a_cut_line_reads_the_same_in_one_piece(void **state) {
    (void)state;
    size_t length = 100000;
    char *text = malloc(length + 1);
    memset(text, ':', length);
    memcpy(text, dns_line, strlen(dns_line) - 1);
    memcpy(text + 50000, root_line, strlen(root_line) - 1); /* beyond what is kept of a line */
    text[length] = '\n';
    char *jsons[2];
    for (int i = 0; i < 2; i++) {
        struct avs_inspect *inspect = start(NULL, NULL);
        size_t piece = i == 0 ? length + 1 : 777;
        for (size_t at = 0; at <= length; at += piece) {
            avs_inspect_push(inspect, text + at, at + piece <= length ? piece : length + 1 - at);
        }
        avs_inspect_flush(inspect);
        assert_int_equal(
            avs_inspect_report_to_json(avs_inspect_report(inspect), "x", &jsons[i], NULL), AVS_OK);
        avs_inspect_free(inspect);
    }
    assert_string_equal(jsons[0], jsons[1]);
    assert_non_null(strstr(jsons[0], "dns_failed"));
    free(jsons[0]);
    free(jsons[1]);
    free(text);
}

static void more_kinds_of_failures_than_are_kept_are_said_so(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    for (int code = 100; code < 300; code++) {
        char line[256];
        snprintf(line, sizeof(line),
                 "2026-11-20 10:00:01.000 [  5] E HttpPost:doPostFailed:reason=curl_easy_"
                 "performFailed,result=%d,error=Strange\n",
                 code);
        push(inspect, line);
    }
    avs_inspect_flush(inspect);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 1);
    bool is_said = false;
    for (size_t i = 0; i < report->limit_count; i++) {
        is_said = is_said || strstr(report->limits[i], "more different failures");
    }
    assert_true(is_said);
    avs_inspect_free(inspect);
}

static void decisive_lines_and_echoes_are_masked(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect,
         "2026-11-20 10:00:01.000 [  5] E HttpPost:doPostFailed:reason=curl_easy_"
         "performFailed,result=60,error=Error,body=refresh_token\\=Atzr|Iw123&dsn\\=G0912,"
         "mail=jane@example.com\n"
         "2026-11-20 10:00:01.000 [  5] E CBLAuthDelegate:parseLWAResponseFailed:reason="
         "parseJsonFailed,position=0,error=The document is empty.,user=jane@example.com\n");
    avs_inspect_flush(inspect);
    char *json = NULL, *text = NULL;
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(avs_inspect_report_to_json(report, "x", &json, NULL), AVS_OK);
    assert_int_equal(avs_inspect_report_to_text(
                         report, "x", &(struct avs_style){.has_colour = true}, &text, NULL),
                     AVS_OK);
    static const char *const secrets[] = {"Iw123", "G0912", "jane@"};
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_null(strstr(json, secrets[i]));
        assert_null(strstr(text, secrets[i]));
    }
    assert_int_equal(report->findings[0].echo_count, 1);
    free(json);
    free(text);
    avs_inspect_free(inspect);
}

static void the_live_check_sharpens_an_open_finding(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, root_line);
    avs_inspect_flush(inspect);
    avs_inspect_add_live(inspect, "https://api.amazon.com", AVS_NOT_READY, AVS_CAUSE_INTERCEPTED);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_INTERCEPTED);
    assert_int_equal(report->findings[0].certainty, AVS_CERTAIN);
    assert_true(report->findings[0].confirmed_live);
    assert_int_equal(report->findings[0].also_count, 0);
    assert_non_null(strstr(report->findings[0].detail, "root_missing"));
    avs_inspect_free(inspect);
}

static void the_live_check_confirms_adds_or_acquits(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, dns_line);
    avs_inspect_flush(inspect);
    avs_inspect_add_live(inspect, "https://a.b", AVS_INCONCLUSIVE, AVS_CAUSE_DNS_FAILED);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_true(report->findings[0].confirmed_live);
    avs_inspect_add_live(inspect, "https://a.b:8443", AVS_NOT_READY, AVS_CAUSE_SELF_SIGNED);
    report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_SELF_SIGNED);
    assert_string_equal(report->findings[0].host, "a.b");
    avs_inspect_add_live(inspect, "https://a.b", AVS_READY, AVS_CAUSE_NONE);
    report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->exit_code, 1); /* the log still shows what it shows */
    avs_inspect_free(inspect);
}

static void a_live_check_that_never_reached_tls_adds_nothing(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, root_line);
    avs_inspect_flush(inspect);
    avs_inspect_add_live(inspect, "https://a.b", AVS_INCONCLUSIVE, AVS_CAUSE_DNS_FAILED);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_ROOT_MISSING);
    assert_false(report->findings[0].confirmed_live);
    char *text = NULL;
    assert_int_equal(avs_inspect_report_to_text(report, "x", NULL, &text, NULL), AVS_OK);
    assert_non_null(strstr(text, "neither confirms"));
    free(text);
    avs_inspect_free(inspect);
}

static void a_live_check_answers_for_a_silent_log(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, "2020-01-01 10:00:00.000 [  1] I MessageRouter:enable\n");
    avs_inspect_flush(inspect);
    assert_int_equal(avs_inspect_report(inspect)->exit_code, 3);
    avs_inspect_add_live(inspect, "https://a.b", AVS_READY, AVS_CAUSE_NONE);
    assert_int_equal(avs_inspect_report(inspect)->exit_code, 0);
    avs_inspect_add_live(inspect, "https://a.b", AVS_NOT_READY, AVS_CAUSE_ROOT_MISSING);
    assert_int_equal(avs_inspect_report(inspect)->exit_code, 1);
    avs_inspect_free(inspect);
}

static void recovery_is_told(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, dns_line);
    push(inspect, "2026-11-20 10:00:05.000 [  7] 5 "
                  "DownchannelHandler:onReceiveResponseCode:responseCode=200\n");
    avs_inspect_flush(inspect);
    assert_int_equal(avs_inspect_report(inspect)->findings[0].recovered_line, 2);
    push(inspect, dns_line);
    avs_inspect_flush(inspect);
    assert_int_equal(avs_inspect_report(inspect)->findings[0].recovered_line, 0);
    avs_inspect_free(inspect);
}

static void login_rules_out_the_clock_for_the_gateway(void **state) {
    (void)state;
    struct avs_inspect *inspect = start(NULL, NULL);
    push(inspect, "2026-11-20 10:00:00.000 [  5] 5 HttpPost:doPostSucceeded:code=200\n"
                  "2026-11-20 10:00:01.000 [  7] 7 LibcurlHTTP2Connection:streamFinished:streamId="
                  "2,result=SSL peer certificate or SSH remote key was not OK,CURLcode=60\n");
    avs_inspect_flush(inspect);
    const struct avs_inspect_finding *finding = &avs_inspect_report(inspect)->findings[0];
    for (size_t i = 0; i < finding->also_count; i++) {
        assert_int_not_equal(finding->also[i], AVS_CAUSE_CLOCK_WRONG);
    }
    assert_true(finding->rules_out_count >= 2);
    avs_inspect_free(inspect);
}

static void commands_hold_nothing_that_a_shell_would_run(void **state) {
    (void)state;
    static const char *const logs[] = {
        "2026-11-20 10:00:01.000 [  2] E AvsClient:connectFailed:cause=dns_failed,origin="
        "https\\://a.b$(reboot)\n",
        "2026-11-20 10:00:01.000 [  2] I "
        "MessageRouter:setAVSGateway:avsGateway=https\\://a.b;reboot\n"
        "2026-11-20 10:00:01.000 [  7] 7 LibcurlHTTP2Connection:streamFinished:streamId=4,"
        "result=Couldn't resolve host name,CURLcode=6\n",
        "* error setting certificate file: /etc/`reboot`\n",
        "* Connected to a.b|reboot (1.2.3.4)\n* SSL connection timeout\n",
    };
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        struct avs_inspect *inspect = start(NULL, NULL);
        push(inspect, logs[i]);
        avs_inspect_flush(inspect);
        const struct avs_inspect_report *report = avs_inspect_report(inspect);
        assert_int_equal(report->finding_count, 1);
        assert_null(strstr(report->findings[0].command, "reboot"));
        assert_null(strstr(report->findings[0].host, "reboot"));
        assert_null(strstr(report->endpoint, "reboot"));
        avs_inspect_free(inspect);
    }
}

static void bad_options_are_refused(void **state) {
    (void)state;
    struct avs_inspect *inspect = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    const struct avs_inspect_options no_size = {0};
    assert_int_equal(avs_inspect_new(&no_size, &inspect, &error), AVS_ERR_USAGE);
    const struct avs_inspect_options bad = {.size = sizeof(bad), .sdk_version = "newest"};
    assert_int_equal(avs_inspect_new(&bad, &inspect, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "newest"));
    assert_null(inspect);
}

static void allocation_failures_are_reported(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 200) {
        const struct avs_inspect_options options = {.size = sizeof(options)};
        struct avs_inspect *inspect = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_inspect_new(&options, &inspect, &error);
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            continue;
        }
        push(inspect, root_line);
        avs_inspect_flush(inspect);
        char *text = NULL;
        status = avs_inspect_report_to_text(avs_inspect_report(inspect), "x", NULL, &text, &error);
        assert_true((status == AVS_OK) == (text != NULL));
        free(text);
        text = NULL;
        status = avs_inspect_report_to_json(avs_inspect_report(inspect), "x", &text, &error);
        assert_true((status == AVS_OK) == (text != NULL));
        free(text);
        avs_inspect_free(inspect);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_is_told_once),
        cmocka_unit_test(a_quiet_log_gives_up_its_last_line),
        cmocka_unit_test(asking_twice_gives_the_same),
        cmocka_unit_test(endless_lines_and_records_are_cut),
        cmocka_unit_test(a_cut_line_reads_the_same_in_one_piece),
        cmocka_unit_test(more_kinds_of_failures_than_are_kept_are_said_so),
        cmocka_unit_test(decisive_lines_and_echoes_are_masked),
        cmocka_unit_test(the_live_check_sharpens_an_open_finding),
        cmocka_unit_test(the_live_check_confirms_adds_or_acquits),
        cmocka_unit_test(a_live_check_that_never_reached_tls_adds_nothing),
        cmocka_unit_test(a_live_check_answers_for_a_silent_log),
        cmocka_unit_test(recovery_is_told),
        cmocka_unit_test(login_rules_out_the_clock_for_the_gateway),
        cmocka_unit_test(commands_hold_nothing_that_a_shell_would_run),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(allocation_failures_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
