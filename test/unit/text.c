/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-size text fields: cut, never overrun, always terminated, always UTF-8 where that is asked
 * for. */
#include "base/text.h"

#include "base/flow.h"
#include "support/test.h"

#define GUARD '~'

static void copies_are_cut_to_the_field(void **state) {
    (void)state;
    char room[8];
    memset(room, GUARD, sizeof(room));
    avs_text_copy(room, 4, "abcdefgh");
    assert_string_equal(room, "abc");
    assert_int_equal(room[4], GUARD);
    avs_text_copy(room, 4, "abc");
    assert_string_equal(room, "abc");
    avs_text_copy(room, 4, NULL);
    assert_string_equal(room, "");
    avs_text_copy(room, 1, "x");
    assert_string_equal(room, "");
    avs_text_copy_bytes(room, 4, "a\0b", 3);
    assert_memory_equal(room, "a\0b", 4);
    avs_text_copy_bytes(room, 4, "", 0);
    assert_string_equal(room, "");
    avs_text_copy(room, 8, "abcdefg");
    avs_text_copy(room, 8, room + 2); /* overlap is fine */
    assert_string_equal(room, "cdefg");
}

static void formats_are_cut_to_the_field(void **state) {
    (void)state;
    char room[8];
    memset(room, GUARD, sizeof(room));
    avs_text_format(room, 5, "%s-%d", "abc", 123);
    assert_string_equal(room, "abc-");
    assert_int_equal(room[5], GUARD);
}

static void hex_is_upper_case_and_cut_at_whole_bytes(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x9f, 0xa0, 0xff};
    char room[10];
    avs_text_hex(room, 9, bytes, 4);
    assert_string_equal(room, "009FA0FF");
    memset(room, GUARD, sizeof(room));
    avs_text_hex(room, 8, bytes, 4);
    assert_string_equal(room, "009FA0");
    assert_int_equal(room[8], GUARD);
    avs_text_hex(room, 1, bytes, 4);
    assert_string_equal(room, "");
    avs_text_hex(room, 9, bytes, 0);
    assert_string_equal(room, "");
}

static void a_needle_is_found_whatever_its_case_and_neighbours(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *needle;
        bool is_found;
    } rows[] = {
        {"Hello", 5, "hello", true},    {"xxhELLO", 7, "Hello", true},
        {"hell", 4, "hello", false},    {"a\0hello\0", 8, "hello", true},
        {"hel\0lo", 6, "hello", false}, {"", 0, "x", false},
        {"anything", 8, "", true},      {"", 0, "", true},
        {"hhello", 6, "hello", true},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        char *exact = malloc(rows[i].length ? rows[i].length : 1);
        memcpy(exact, rows[i].bytes, rows[i].length);
        if (avs_text_contains_nocase(exact, rows[i].length, rows[i].needle) != rows[i].is_found) {
            fail_msg("row %zu", i);
        }
        free(exact);
    }
}

/* RFC 3629: what is UTF-8 stays, each other byte becomes a question mark. */
static void what_is_no_utf8_becomes_a_question_mark(void **state) {
    (void)state;
    static const struct {
        const char *text, *clean;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
        {"\x80", "?"},
        {"\xff\xfe", "??"},
        {"\xc3", "?"},
        {"a\xc3", "a?"},
        {"\xc3(", "?("},
        {"\xe2\x82", "??"},
        {"\xf0\x9f\x98", "???"},
        {"\xc0\xaf", "??"},
        {"\xc1\xbf", "??"},
        {"\xe0\x9f\xbf", "???"},
        {"\xf0\x8f\xbf\xbf", "????"},
        {"\xed\xa0\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xf5\x80\x80\x80", "????"},
        {"\xe2\x82\xac\x82", "\xe2\x82\xac?"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        char *exact = strdup(rows[i].text);
        avs_text_make_utf8(exact);
        if (strcmp(exact, rows[i].clean) != 0) {
            fail_msg("row %zu: '%s'", i, exact);
        }
        free(exact);
    }
}

/* Nothing that a terminal obeys: C0, DEL, C1 in its UTF-8 form, overrides of direction. */
static void what_a_terminal_would_obey_becomes_a_question_mark(void **state) {
    (void)state;
    static const struct {
        const char *text, *clean;
    } rows[] = {
        {"plain caf\xc3\xa9", "plain caf\xc3\xa9"},
        {"\033[31mred", "?[31mred"},
        {"a\nb\r\tc", "a?b? c"}, /* a tab is a blank, and nothing that is hidden */
        {"\x7f", "?"},
        {"\xc2\x9b"
         "31m",
         "?31m"},
        {"\xc2\x80\xc2\xa0", "?\xc2\xa0"},
        {"\xe2\x80\xaegpj.exe", "?gpj.exe"}, /* right-to-left override */
        {"\xe2\x80\x8f\xe2\x80\x90\xe2\x81\xa6\xe2\x81\xaa\xd8\x9c", "?\xe2\x80\x90?\xe2\x81\xaa?"},
        {"\xe2\x80\xa8\xe2\x80\xaf", "?\xe2\x80\xaf"}, /* a line separator, no narrow space */
        {"\xff\x01", "??"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        char *exact = strdup(rows[i].text);
        avs_text_make_printable(exact);
        if (strcmp(exact, rows[i].clean) != 0) {
            fail_msg("row %zu: '%s'", i, exact);
        }
        free(exact);
    }
}

static void times_are_utc_and_any_number_is_told(void **state) {
    (void)state;
    char text[40];
    avs_text_utc(text, sizeof(text), 0);
    assert_string_equal(text, "1970-01-01 00:00:00 UTC");
    avs_text_utc(text, sizeof(text), 1795287812);
    assert_string_equal(text, "2026-11-21 19:03:32 UTC");
    avs_text_utc(text, sizeof(text), -1);
    assert_string_equal(text, "1969-12-31 23:59:59 UTC");
    avs_text_utc(text, sizeof(text), INT64_MAX);
    assert_string_equal(text, "9223372036854775807 s since 1970");
    avs_text_utc(text, sizeof(text), INT64_MIN);
    assert_string_equal(text, "-9223372036854775808 s since 1970");
}

static void authority_names_the_port_only_when_it_matters(void **state) {
    (void)state;
    char text[32];
    avs_text_authority(text, sizeof(text), "a.example", 443);
    assert_string_equal(text, "a.example");
    avs_text_authority(text, sizeof(text), "a.example", 8443);
    assert_string_equal(text, "a.example:8443");
    avs_text_authority(text, sizeof(text), "::1", 443);
    assert_string_equal(text, "[::1]");
    avs_text_authority(text, sizeof(text), "::1", 8443);
    assert_string_equal(text, "[::1]:8443");
    avs_text_authority(text, 6, "a-very-long-name", 8443);
    assert_string_equal(text, "a-ver");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authority_names_the_port_only_when_it_matters),
        cmocka_unit_test(copies_are_cut_to_the_field),
        cmocka_unit_test(formats_are_cut_to_the_field),
        cmocka_unit_test(hex_is_upper_case_and_cut_at_whole_bytes),
        cmocka_unit_test(a_needle_is_found_whatever_its_case_and_neighbours),
        cmocka_unit_test(what_is_no_utf8_becomes_a_question_mark),
        cmocka_unit_test(what_a_terminal_would_obey_becomes_a_question_mark),
        cmocka_unit_test(times_are_utc_and_any_number_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
