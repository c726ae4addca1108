/* SPDX-License-Identifier: Apache-2.0 */
/* Dates: every day of ten thousand years, and what is no date at all. */
#include "base/civil.h"

#include <string.h>

#include <avs/explain.h>

#include "support/test.h"

static bool is_leap_year(int year) {
    return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
}

/* Counted on, day after day: an arithmetic of its own. */
static void every_day_has_its_number_and_back(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected = -62167219200; /* 0000-01-01 */
    for (int year = 0; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && is_leap_year(year));
            for (int day = 1; day <= length; day++, expected += 86400) {
                struct avs_civil civil = {year, month, day, 23, 59, 58}, back = {0};
                int64_t unix_seconds = 0;
                if (!avs_civil_to_unix(&civil, &unix_seconds) || unix_seconds != expected + 86398 ||
                    !avs_civil_from_unix(unix_seconds, &back) ||
                    memcmp(&civil, &back, sizeof(civil)) != 0) {
                    fail_msg("%d-%d-%d", year, month, day);
                }
            }
            struct avs_civil beyond = {year, month, length + 1, 0, 0, 0};
            int64_t unused = 0;
            assert_false(avs_civil_to_unix(&beyond, &unused));
        }
    }
    struct avs_civil civil;
    assert_int_equal(expected, 253402300800);
    assert_true(avs_civil_from_unix(expected - 1, &civil));
    assert_false(avs_civil_from_unix(expected, &civil));
    assert_true(avs_civil_from_unix(-62167219200, &civil));
    assert_false(avs_civil_from_unix(-62167219201, &civil));
    assert_false(avs_civil_from_unix(INT64_MAX, &civil));
    assert_false(avs_civil_from_unix(INT64_MIN, &civil));
}

static void patterns_read_what_they_say_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        size_t read;
        int64_t unix_seconds;
    } rows[] = {
        {"Y-M-D", "1970-01-01", 10, 0},
        {"Y-M-D", "2040-05-26", 10, 2221603200}, /* beyond 32 bits: Amazon Root CA 3 ends */
        {"Y-M-D", "2026-02-28 and more", 10, 1772236800},
        {"Y-M-D", "2024-02-29", 10, 1709164800},
        {"Y-M-D", "2026-02-29", 0, 0},
        {"Y-M-D", "2026-02-30", 0, 0},
        {"Y-M-D", "2100-02-29", 0, 0},
        {"Y-M-D", "2026-04-31", 0, 0},
        {"Y-M-D", "2026-00-10", 0, 0},
        {"Y-M-D", "2026-13-10", 0, 0},
        {"Y-M-D", "2026-01-00", 0, 0},
        {"Y-M-D", "2026-1-01x", 0, 0},
        {"Y-M-D", "2026-01-0", 0, 0},
        {"Y-M-D", "", 0, 0},
        {"Y-M", "2030-05", 7, 1903824000},
        {"Y-M-D_h:m:s", "2026-11-21 19:03:32", 19, 1795287812},
        {"Y-M-D_h:m:s", "2026-11-21T19:03:32", 19, 1795287812},
        {"Y-M-D_h:m:s", "2026-11-21x19:03:32", 0, 0},
        {"Y-M-D_h:m:s", "2026-11-21 24:00:00", 0, 0},
        {"Y-M-D_h:m:s", "2026-11-21 23:60:00", 0, 0},
        {"Y-M-D_h:m:s", "2016-12-31 23:59:60", 19, 1483228800}, /* a leap second */
        {"Y-M-D_h:m:s", "2026-11-21 23:59:61", 0, 0},
        {"Y-M-D_h:m:s", "2026-11-21 -1:00:00", 0, 0},
        {"YMDhms", "20261121190332", 14, 1795287812},
        {"yMDhms", "261121190332Z", 12, 1795287812},
        {"yMDhms", "491231235959Z", 12, 2524607999},
        {"yMDhms", "500101000000Z", 12, -631152000},
        {"yMDhms", "2611211903", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t unix_seconds = 0;
        size_t read =
            avs_civil_parse(rows[i].pattern, rows[i].text, strlen(rows[i].text), &unix_seconds);
        if (read != rows[i].read || unix_seconds != rows[i].unix_seconds) {
            fail_msg("%s of %s: %zu, %lld", rows[i].pattern, rows[i].text, read,
                     (long long)unix_seconds);
        }
    }
}

static void no_byte_past_the_length_counts(void **state) {
    (void)state;
    static const char text[] = "2026-11-21 19:03:32";
    int64_t unix_seconds = 0;
    for (size_t length = 0; length < sizeof(text) - 1; length++) {
        assert_int_equal(avs_civil_parse("Y-M-D_h:m:s", text, length, &unix_seconds), 0);
    }
}

static void a_time_on_the_command_line_is_a_date_of_the_calendar(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_seconds; /* 0: refused */
    } rows[] = {
        {"2026-11-21", 1795219200},
        {"2026-11-21T19:03:32Z", 1795287812},
        {"2026-11-21 19:03:32", 1795287812},
        {"2026-11-21T19:03:32", 1795287812},
        {"2040-05-26", 2221603200},
        {"@1795287812", 1795287812},
        {"@4102444800", 4102444800},
        {"2026-02-30", 0},
        {"2026-11-21T19:03", 0},
        {"2026-11-21 ", 0},
        {"21.11.2026", 0},
        {"1795287812", 0},
        {"@", 0},
        {"@-5", 0},
        {"@ 5", 0},
        {"@5x", 0},
        {"@99999999999999999999", 0},
        {"1969-12-31", 0},
        {"1970-01-01", 0}, /* zero means "now" in the options */
        {"now", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t unix_seconds = 0;
        bool is_read = avs_trust_time_parse(rows[i].text, &unix_seconds);
        if (is_read != (rows[i].unix_seconds != 0) || unix_seconds != rows[i].unix_seconds) {
            fail_msg("'%s': %d %lld", rows[i].text, is_read, (long long)unix_seconds);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_has_its_number_and_back),
        cmocka_unit_test(patterns_read_what_they_say_and_nothing_else),
        cmocka_unit_test(no_byte_past_the_length_counts),
        cmocka_unit_test(a_time_on_the_command_line_is_a_date_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
