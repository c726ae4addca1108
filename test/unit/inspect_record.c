/* SPDX-License-Identifier: Apache-2.0 */
/* The record parser: the SDK's grammar, its deviations, and the round trip with our own lines. */
#include "inspect/record.h"

#include <avs/log.h>

#include "inspect/clean.h"
#include "support/test.h"

static struct avs_record parse(const char *line) {
    struct avs_record record;
    if (!avs_record_parse_line(line, strlen(line), &record)) {
        fail_msg("not a record: %s", line);
    }
    return record;
}

static void assert_slice(struct avs_slice slice, const char *text) {
    if (!avs_slice_is(slice, text)) {
        fail_msg("'%.*s' is not '%s'", (int)slice.length, slice.text, text);
    }
}

static void a_whole_line_is_taken_apart(void **state) {
    (void)state;
    struct avs_record record =
        parse("2017-11-26 16:00:00.123 [ 1f] E HttpPost:doPostFailed:reason=a\\,b,result=60:more");
    assert_string_equal(record.stamp, "2017-11-26 16:00:00.123");
    assert_int_equal(record.unix_ms, 1511712000123);
    assert_int_equal(record.level, 'E');
    assert_slice(record.moniker, " 1f");
    assert_slice(record.source, "HttpPost");
    assert_slice(record.event, "doPostFailed");
    assert_int_equal(record.pair_count, 2);
    assert_slice(*avs_record_value(&record, "reason"), "a\\,b");
    long number = 0;
    assert_true(avs_slice_number(*avs_record_value(&record, "result"), &number));
    assert_int_equal(number, 60);
    assert_slice(record.message, "more");
    assert_null(avs_record_value(&record, "nope"));
}

static void a_message_without_pairs_follows_two_colons(void **state) {
    (void)state;
    struct avs_record record = parse("2017-11-26 16:00:00.123 [  1] I A:create::Hello: world");
    assert_slice(record.event, "create");
    assert_int_equal(record.pair_count, 0);
    assert_slice(record.message, "Hello: world");
}

static void events_may_hold_blanks_and_marks(void **state) {
    (void)state;
    struct avs_record record = parse("2017-11-26 16:00:00.123 [  1] W HTTP2Transport:Unable to "
                                     "parse OpenSSL version!:version=x");
    assert_slice(record.event, "Unable to parse OpenSSL version!");
    assert_slice(*avs_record_value(&record, "version"), "x");
}

static void deviations_are_survived(void **state) {
    (void)state;
    static const struct {
        const char *line;
        char level;
        const char *stamp;
    } cases[] = {
        {"2018-01-02 03:04:05.006 [] I HttpPost:x:k=v", 'I', "2018-01-02 03:04:05.006"},
        {"2018-01-02 03:04:05.006 [x:  12] 9 HttpPost:x:k=v", '9', "2018-01-02 03:04:05.006"},
        {"2018-01-02 03:04:05.006 [main thread] 9 HttpPost:x:k=v", '9', "2018-01-02 03:04:05.006"},
        {"2018-01-02 03:04:05.006 [  1]E HttpPost:x:k=v", 'E', "2018-01-02 03:04:05.006"},
        {"Jan  2 03:04:05 host app[12]: 2018-01-02 03:04:05.006 [  1] E HttpPost:x:k=v", 'E',
         "2018-01-02 03:04:05.006"},
        {"[2018-01-01 00:00:00] 2018-01-02 03:04:05.006 [  1] E HttpPost:x:k=v", 'E',
         "2018-01-02 03:04:05.006"},
        {"8-01-02 03:04:05.006 [  1] E HttpPost:x:k=v", 'E', "01-02 03:04:05.006"},
        {"03:04:05.006 [  1] E HttpPost:x:k=v", 'E', "03:04:05.006"},
        {"ERROR: Date and time not logged. [  1] E HttpPost:x:k=v", 'E', ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *line = cases[i].line;
        struct avs_record record;
        assert_true(avs_record_parse(line, strlen(line), (size_t)(strstr(line, "HttpPost") - line),
                                     &record));
        assert_int_equal(record.level, cases[i].level);
        assert_string_equal(record.stamp, cases[i].stamp);
        assert_slice(*avs_record_value(&record, "k"), "v");
    }
}

static void logcat_keeps_its_level_and_time(void **state) {
    (void)state;
    static const char line[] = "11-20 10:00:01.123  1234  1250 W avs_device_sdk:  HttpPost:x:k=v";
    struct avs_record record;
    assert_true(
        avs_record_parse(line, strlen(line), (size_t)(strstr(line, "HttpPost") - line), &record));
    assert_int_equal(record.level, 'W');
    assert_string_equal(record.stamp, "11-20 10:00:01.123");
    assert_int_equal(record.unix_ms, -1); /* no year: nothing is claimed about the clock */
}

static void values_keep_unescaped_colons_and_newlines(void **state) {
    (void)state;
    struct avs_record record = parse("2018-01-02 03:04:05.006 [  1] E HttpPut:doPutFailed:reason="
                                     "curlFailedWithCode: SSL connect error,n=5\n more");
    assert_slice(*avs_record_value(&record, "reason"), "curlFailedWithCode: SSL connect error");
    assert_slice(*avs_record_value(&record, "n"), "5\n more");
}

static void what_is_no_record_is_refused(void **state) {
    (void)state;
    struct avs_record record;
    static const char *const lines[] = {"", ":", "::", "no colon here", "A:", ":event:k=v"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_false(avs_record_parse_line(lines[i], strlen(lines[i]), &record));
    }
}

static void stamps_are_read_as_utc(void **state) {
    (void)state;
    assert_int_equal(avs_stamp_parse("1970-01-01 00:00:00.000", 23), 0);
    assert_int_equal(avs_stamp_parse("2024-02-29 23:59:59.999", 23), 1709251199999);
    assert_int_equal(avs_stamp_parse("2026-11-21T10:00:00,500", 23), 1795255200500);
    assert_int_equal(avs_stamp_parse("2026-13-21 10:00:00.000", 23), -1);
    assert_int_equal(avs_stamp_parse("2026-11-21 24:00:00.000", 23), -1);
    assert_int_equal(avs_stamp_parse("2026-11-21 10:00:0", 18), -1);
}

static void our_own_lines_come_back_as_they_went(void **state) {
    (void)state;
    static const struct avs_log_pair pairs[] = {
        {"host", "a.b:443"}, {"why", "x,y=z\\"}, {"empty", ""}, {"last", "k=v,l:m"}};
    for (int level = AVS_LOG_DEBUG9; level <= AVS_LOG_CRITICAL; level++) {
        char line[AVS_LOG_LINE_BYTES];
        size_t length =
            avs_log_format(line, sizeof(line), 1511712000123 + level, 0xabc,
                           (enum avs_log_level)level, "AvsClient", "connectFailed", pairs, 4);
        struct avs_record record;
        assert_true(avs_record_parse_line(line, length, &record));
        assert_int_equal(record.level, avs_log_level_letter((enum avs_log_level)level));
        assert_int_equal(record.unix_ms, 1511712000123 + level);
        assert_slice(record.source, "AvsClient");
        assert_slice(record.event, "connectFailed");
        assert_int_equal(record.pair_count, 4);
        for (size_t i = 0; i < 4; i++) {
            char text[64];
            assert_slice(record.pairs[i].key, pairs[i].key);
            avs_record_unescape(text, sizeof(text), record.pairs[i].value);
            assert_string_equal(text, pairs[i].value);
        }
    }
}

static void what_was_read_is_written_the_same(void **state) {
    (void)state;
    static const char line[] =
        "2017-11-26 16:00:00.123 [ 1f] W AvsClient:x:a=b\\=c,d=1\\,2\\:3\\\\";
    struct avs_record record = parse(line);
    char values[2][64], again[256];
    for (size_t i = 0; i < 2; i++) {
        avs_record_unescape(values[i], sizeof(values[i]), record.pairs[i].value);
    }
    const struct avs_log_pair pairs[] = {{"a", values[0]}, {"d", values[1]}};
    avs_log_format(again, sizeof(again), record.unix_ms, 0x1f, AVS_LOG_WARN, "AvsClient", "x",
                   pairs, 2);
    assert_string_equal(again, line);
}

static void unescaping_stays_inside_its_field(void **state) {
    (void)state;
    char text[4];
    struct avs_slice value = {"a\\,\\:\\\\b", 8};
    assert_int_equal(avs_record_unescape(text, sizeof(text), value), 3);
    assert_string_equal(text, "a,:");
    value = (struct avs_slice){"x\\", 2}; /* a lone backslash at the end */
    avs_record_unescape(text, sizeof(text), value);
    assert_string_equal(text, "x\\");
}

static void captures_are_cleaned(void **state) {
    (void)state;
    static const struct {
        const char *line, *clean;
    } cases[] = {
        {"> quoted", "quoted"},
        {">> > deep", "deep"},
        {"tab\there", "tab here"},
        {"cr\r", "cr"},
        {"\x1b[1;31mred\x1b[0m", "red"},
        {"gar\xff\xfe"
         "bage\x01",
         "garbage"},
        {"M\xc3\xbcnchen", "M\xc3\xbcnchen"},
        {"cut\xc3", "cut"},
        {"\x1b", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char clean[64];
        size_t length = avs_clean_line(clean, sizeof(clean), cases[i].line, strlen(cases[i].line));
        clean[length] = '\0';
        assert_string_equal(clean, cases[i].clean);
    }
    char small[3];
    assert_int_equal(avs_clean_line(small, sizeof(small), "abcdef", 6), 3);
}

static void continuations_are_told_from_beginnings(void **state) {
    (void)state;
    static const char *const beginnings[] = {"2018-01-02 03:04:05.006 [  1] E A:b",
                                             "Jan  2 03:04:05 host app: x",
                                             "* Connected to a",
                                             "##########",
                                             "#   Connecting...   #",
                                             "",
                                             "   ",
                                             "< HTTP/2 200",
                                             "[  1] E HttpPost:x"};
    static const char *const continuations[] = {"  CAfile: /etc/ssl/x", "remote key was not OK",
                                                "not OK,CURLcode=60", "WARNING: blah"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        assert_true(avs_line_begins_record(beginnings[i], strlen(beginnings[i])));
    }
    for (size_t i = 0; i < sizeof(continuations) / sizeof(continuations[0]); i++) {
        assert_false(avs_line_begins_record(continuations[i], strlen(continuations[i])));
    }
}

static void numbers_are_cut_before_they_overflow(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_number;
        long number;
    } cases[] = {
        {"60", true, 60},
        {"-5", true, -5},
        {"60,x", true, 60},
        {"999999999", true, 999999999},
        {"99999999999999999999", true, 999999999},
        {"-99999999999999999999", true, -999999999},
        {"4294967356", true, 429496735}, /* 60 where it wraps at 32 bits */
        {"-", false, 0},
        {"x60", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avs_slice slice = {cases[i].text, strlen(cases[i].text)};
        long number = 0;
        assert_int_equal(avs_slice_number(slice, &number), cases[i].is_number);
        assert_int_equal(number, cases[i].number);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_cut_before_they_overflow),
        cmocka_unit_test(a_whole_line_is_taken_apart),
        cmocka_unit_test(a_message_without_pairs_follows_two_colons),
        cmocka_unit_test(events_may_hold_blanks_and_marks),
        cmocka_unit_test(deviations_are_survived),
        cmocka_unit_test(logcat_keeps_its_level_and_time),
        cmocka_unit_test(values_keep_unescaped_colons_and_newlines),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(stamps_are_read_as_utc),
        cmocka_unit_test(our_own_lines_come_back_as_they_went),
        cmocka_unit_test(what_was_read_is_written_the_same),
        cmocka_unit_test(unescaping_stays_inside_its_field),
        cmocka_unit_test(captures_are_cleaned),
        cmocka_unit_test(continuations_are_told_from_beginnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
