/* SPDX-License-Identifier: Apache-2.0 */
/* The same failure at every retry: one full line, counts, an end. */
#include "support/test.h"

#include "client/log_repeats.h"

#define SECOND INT64_C(1000000)
#define ORIGIN "https://a.example:443"

static char lines[8][AVS_LOG_LINE_BYTES];
static size_t line_count;

static void keep(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    assert_true(line_count < 8);
    snprintf(lines[line_count++], sizeof(lines[0]), "%s", line);
}

static struct avs_log log_to(void *user) {
    line_count = 0;
    return (struct avs_log){.write = keep, .user = user, .level = AVS_LOG_INFO};
}

static const struct avs_repeat missing = {"connectFailed", ORIGIN, "the root \"A\" is missing",
                                          AVS_CAUSE_ROOT_MISSING};

static void is_said_once_then_counted_each_minute_then_ended(void **state) {
    const struct avs_log log = log_to(state);
    int64_t now_us = 5 * SECOND;
    assert_true(avs_repeats_note(&log, &missing, now_us));
    for (int i = 0; i < 1200; i++) { /* five seconds of retries */
        assert_false(avs_repeats_note(&log, &missing, now_us += SECOND / 240));
    }
    assert_int_equal(line_count, 0);
    /* no retry comes any more: the count is told by the clock alone */
    assert_int_equal(avs_repeats_tell(&log, now_us), 65 * SECOND);
    assert_int_equal(line_count, 0);
    assert_int_equal(avs_repeats_tell(&log, 65 * SECOND), INT64_MAX);
    assert_int_equal(line_count, 1);
    assert_non_null(strstr(lines[0],
                           "E AvsClient:connectFailed:cause=root_missing,origin=https\\://"
                           "a.example\\:443,times=1200,seconds=60,reason=the root \"A\""));
    assert_null(strstr(lines[0], "remedy"));
    /* or by a retry that comes after a minute */
    assert_false(avs_repeats_note(&log, &missing, 70 * SECOND));
    assert_false(avs_repeats_note(&log, &missing, 125 * SECOND));
    assert_int_equal(line_count, 2);
    assert_non_null(strstr(lines[1], ",times=2,seconds=60,"));
    assert_int_equal(avs_repeats_tell(&log, 200 * SECOND), INT64_MAX);

    avs_repeats_end(&log, "https://b.example:443", 205 * SECOND);
    assert_int_equal(line_count, 2);
    avs_repeats_end(&log, ORIGIN, 205 * SECOND);
    assert_int_equal(line_count, 3);
    assert_non_null(strstr(lines[2],
                           "I AvsClient:connectRecovered:origin=https\\://a.example\\:443,"
                           "failures=1203,seconds=200"));
    assert_null(strstr(lines[2], "cause=")); /* an end is no failure to a reader of logs */
    avs_repeats_end(&log, ORIGIN, 206 * SECOND);
    assert_int_equal(line_count, 3);
    assert_true(avs_repeats_note(&log, &missing, 207 * SECOND)); /* news again */
}

static void only_the_same_is_a_repeat(void **state) {
    const struct avs_log log = log_to(&state);
    const struct avs_log other_place = {.write = keep, .user = &line_count, .level = AVS_LOG_INFO};
    const struct avs_repeat rows[] = {
        {"connectFailed", ORIGIN, "the proxy answered 407: credentials", AVS_CAUSE_PROXY_FAILED},
        {"connectFailed", ORIGIN, "the proxy answered 502: no target", AVS_CAUSE_PROXY_FAILED},
        {"connectFailed", ORIGIN, "the proxy answered 407: credentials", AVS_CAUSE_DNS_FAILED},
        {"connectFailed", "https://b:443", "the proxy answered 407: credentials",
         AVS_CAUSE_PROXY_FAILED},
        {"requestFailed", ORIGIN, "the proxy answered 407: credentials", AVS_CAUSE_PROXY_FAILED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(avs_repeats_note(&log, &rows[i], SECOND));
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(avs_repeats_note(&log, &rows[i], 2 * SECOND));
    }
    assert_true(avs_repeats_note(&other_place, &rows[0], 2 * SECOND));
    const struct avs_repeat silent[] = {
        {"connectionLost", ORIGIN, "silent for 5003 ms", AVS_CAUSE_PEER_UNRESPONSIVE},
        {"connectionLost", ORIGIN, "silent for 12001 ms", AVS_CAUSE_PEER_UNRESPONSIVE}};
    assert_true(avs_repeats_note(&log, &silent[0], 2 * SECOND));
    assert_false(avs_repeats_note(&log, &silent[1], 3 * SECOND));
    /* a connection that stands does not end what happens on connections that stand */
    avs_repeats_end(&log, ORIGIN, 4 * SECOND);
    assert_false(avs_repeats_note(&log, &silent[0], 5 * SECOND));
}

static void long_ago_and_another_clock_are_forgotten(void **state) {
    (void)state;
    int place = 0;
    const struct avs_log log = log_to(&place);
    assert_true(avs_repeats_note(&log, &missing, 5000 * SECOND));
    assert_false(avs_repeats_note(&log, &missing, 5001 * SECOND));
    assert_true(avs_repeats_note(&log, &missing, 5001 * SECOND + AVS_REPEATS_NEWS_US));
    assert_true(avs_repeats_note(&log, &missing, SECOND));
}

static void more_than_can_be_remembered_are_said_in_full(void **state) {
    (void)state;
    int place = 0;
    const struct avs_log log = log_to(&place);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < AVS_REPEATS_MAX + 1; i++) {
            char origin[32];
            snprintf(origin, sizeof(origin), "https://%c.example", 'a' + i);
            const struct avs_repeat failure = {"connectFailed", origin, "x", AVS_CAUSE_DNS_FAILED};
            assert_true(avs_repeats_note(&log, &failure, (round * 20 + i) * SECOND));
        }
    }
    const struct avs_log silence = {0};
    assert_true(avs_repeats_note(&silence, &missing, SECOND));
    avs_repeats_end(&silence, ORIGIN, SECOND);
    assert_int_equal(avs_repeats_tell(&silence, SECOND), INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_said_once_then_counted_each_minute_then_ended),
        cmocka_unit_test(only_the_same_is_a_repeat),
        cmocka_unit_test(long_ago_and_another_clock_are_forgotten),
        cmocka_unit_test(more_than_can_be_remembered_are_said_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
