/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.x answer: whatever a server sends, it is read without a guess. */
#include "h1/head.h"

#include "base/flow.h"
#include "base/text.h"
#include "support/test.h"

struct row {
    const char *name, *text;
    size_t length;
    int status;
    const char *version;
    bool is_complete, is_bad, is_chunked, has_length;
    const char *redirect, *date;
};

#define HEAD(what, bytes) .name = (what), .text = (bytes), .length = sizeof(bytes) - 1
#define OK                .status = 200, .version = "HTTP/1.1", .is_complete = true
#define L                 "HTTP/1.1 200 OK\r\n"
#define LOCATION(value)   "HTTP/1.1 301 x\r\nLocation: " value "\r\n\r\n"
#define MOVED             .status = 301, .version = "HTTP/1.1", .is_complete = true

static const struct row rows[] = {
    {HEAD("plain", L "\r\n"), OK},
    {HEAD("body follows", L "\r\nDate: not a header\r\n\r\n"), OK},
    {HEAD("bare line feeds", "HTTP/1.1 200 OK\nDate: today\n\n"), OK, .date = "today"},
    {HEAD("length", L "Content-Length: 5\r\n\r\n"), OK, .has_length = true},
    {HEAD("length, lower case", L "content-length:5\r\n\r\n"), OK, .has_length = true},
    {HEAD("a bare CR does not stand in for a line",
          LOCATION("http://portal\rLocation: https://evil")),
     MOVED, .redirect = "portal"},
    {HEAD("a blank ends the host", LOCATION("https://portal x")), MOVED, .redirect = "portal"},
    {HEAD("chunked", L "Transfer-Encoding: gzip, CHUNKED\r\n\r\n"), OK, .is_chunked = true},
    {HEAD("chunked, then another line",
          L "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"),
     OK, .is_chunked = true},
    {HEAD("date", L "Date: \t Sun, 06 Nov 1994 08:49:37 GMT \r\n\r\n"), OK,
     .date = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {HEAD("a longer name is another header", L "Dates: x\r\nX-Location: https://evil/\r\n\r\n"),
     OK},
    {HEAD("empty value", L "X:\r\n\r\n"), OK},
    {HEAD("folded value", L "X: a\r\n b\r\n\tc\r\n\r\n"), OK},
    {HEAD("folded before any header", L " X: a\r\n\r\n"), OK, .is_bad = true},
    {HEAD("no colon", L "no header\r\n\r\n"), OK, .is_bad = true},
    {HEAD("no name", L ": value\r\n\r\n"), OK, .is_bad = true},
    {HEAD("a sentence with a colon", L "this is no: header\r\n\r\n"), OK, .is_bad = true},
    {HEAD("white space before the colon", L "X : a\r\n\r\n"), OK, .is_bad = true},
    {HEAD("control byte in the name", L "X\x01: a\r\n\r\n"), OK, .is_bad = true},
    {HEAD("NUL in a value", L "X: a\0b\r\n\r\n"), OK, .is_bad = true},
    {HEAD("NUL in a name", L "X\0: b\r\n\r\n"), OK, .is_bad = true},
    {HEAD("NUL in the status line", "HTTP/1.1 200 O\0K\r\n\r\n"), OK, .is_bad = true},
    {HEAD("NUL in the body is no concern", L "\r\n\0"), OK},
    {HEAD("status alone", "HTTP/1.1 204\r\n\r\n"), .status = 204, .version = "HTTP/1.1",
     .is_complete = true},
    {HEAD("no status", "HTTP/1.1\r\n\r\n"), .version = "HTTP/1.1", .is_complete = true},
    {HEAD("two digits", "HTTP/1.1 20\r\n\r\n"), .version = "HTTP/1.1", .is_complete = true},
    {HEAD("letters", "HTTP/1.1 2x0 OK\r\n\r\n"), .version = "HTTP/1.1", .is_complete = true},
    {HEAD("negative", "HTTP/1.1 -20\r\n\r\n"), .version = "HTTP/1.1", .is_complete = true},
    {HEAD("very long version", "HTTP/1.11111111111111111111111 200 OK\r\n\r\n"), .status = 200,
     .version = "HTTP/1.11111111", .is_complete = true},
    {HEAD("not HTTP", "hello\r\n\r\n"), .version = "", .is_complete = true},
    {HEAD("empty", ""), .version = ""},
    {HEAD("one line feed", "\n"), .version = ""},
    {HEAD("cut in the status line", "HTTP/1.1 200 O"), .version = ""},
    {HEAD("cut after the status line", L), .status = 200, .version = "HTTP/1.1"},
    {HEAD("cut in a header", L "Date: to"), .status = 200, .version = "HTTP/1.1"},
    {HEAD("interim", "HTTP/1.1 100 Continue\r\n\r\n" L "\r\n"), OK},
    {HEAD("interims",
          "HTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 102 x\r\n\r\n" L "Date: d\r\n\r\n"),
     OK, .date = "d"},
    {HEAD("interim alone", "HTTP/1.1 100 Continue\r\n\r\n"), .status = 100, .version = "HTTP/1.1"},
    {HEAD("interim's headers are not the answer's",
          "HTTP/1.1 103 x\r\nLocation: https://evil/\r\nDate: d\r\nno header\r\n\r\n" L "\r\n"),
     OK, .is_bad = true},
    {HEAD("interim, then no HTTP", "HTTP/1.1 100 x\r\n\r\nrubbish\r\n\r\n"), .version = "",
     .is_complete = true, .is_bad = true},
    {HEAD("interim, then no status", "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 x\r\n\r\n"),
     .version = "HTTP/1.1", .is_complete = true, .is_bad = true},
    {HEAD("switching protocols is final", "HTTP/1.1 101 x\r\n\r\n" L "\r\n"), .status = 101,
     .version = "HTTP/1.1", .is_complete = true},
    {HEAD("redirect", LOCATION("https://other.example/path?q=1#f")), MOVED,
     .redirect = "other.example"},
    {HEAD("redirect with port", LOCATION("http://other.example:8080")), MOVED,
     .redirect = "other.example:8080"},
    {HEAD("redirect with a user", LOCATION("https://user:secret@other.example/")), MOVED,
     .redirect = "other.example"},
    {HEAD("redirect with two @", LOCATION("https://user:sec@ret@other.example/")), MOVED,
     .redirect = "other.example"},
    {HEAD("@ in the path is no user", LOCATION("https://other.example/a@b")), MOVED,
     .redirect = "other.example"},
    {HEAD("back slash ends a host for browsers", LOCATION("https://other.example\\@x/")), MOVED,
     .redirect = "other.example"},
    {HEAD("relative redirect", LOCATION("/login?to=https://x.example/")), MOVED},
    {HEAD("empty redirect", LOCATION("")), MOVED},
    {HEAD("nothing after the scheme", LOCATION("https://")), MOVED},
    {HEAD("NUL in the host", LOCATION("https://a\0b/")), MOVED, .is_bad = true, .redirect = "a"},
};

static void check(const struct row *row) {
    struct avs_http_facts facts = {.request_sent = true};
    uint8_t *copy = malloc(row->length + 1); /* exact, so that a sanitizer sees one byte too far */
    memcpy(copy, row->text, row->length);
    uint8_t *exact = realloc(copy, row->length ? row->length : 1);
    struct avs_h1_head head = avs_h1_read_head(exact, row->length, &facts);
    free(exact);
    bool is_right = facts.status == row->status &&
                    strcmp(facts.version, row->version ? row->version : "") == 0 &&
                    facts.head_complete == row->is_complete && facts.bad_head == row->is_bad &&
                    head.is_chunked == row->is_chunked && head.has_length == row->has_length &&
                    strcmp(facts.redirect_host, row->redirect ? row->redirect : "") == 0 &&
                    strcmp(facts.http_date, row->date ? row->date : "") == 0;
    if (!is_right) {
        fail_msg("%s: status %d '%s' complete %d bad %d chunked %d length %d to '%s' date '%s'",
                 row->name, facts.status, facts.version, facts.head_complete, facts.bad_head,
                 head.is_chunked, head.has_length, facts.redirect_host, facts.http_date);
    }
}

static void every_shape_is_read(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        check(&rows[i]);
    }
}

/* The reader sees the answer again and again while it grows. */
static void a_growing_answer_ends_with_the_same_facts(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_http_facts grown = {.request_sent = true};
        struct avs_http_facts once = {.request_sent = true};
        struct avs_h1_head head = {false, false};
        for (size_t length = 0; length <= rows[i].length; length++) {
            head = avs_h1_read_head((const uint8_t *)rows[i].text, length, &grown);
        }
        struct avs_h1_head want =
            avs_h1_read_head((const uint8_t *)rows[i].text, rows[i].length, &once);
        if (memcmp(&grown, &once, sizeof(once)) != 0 || memcmp(&head, &want, sizeof(want)) != 0) {
            fail_msg("%s: the same bytes, other facts", rows[i].name);
        }
    }
}

static void long_lines_are_cut_never_overrun(void **state) {
    (void)state;
    static const char *const starts[] = {"HTTP/1.1 301 x\r\nLocation: https://",
                                         "HTTP/1.1 301 x\r\nDate: ", "HTTP/", "HTTP/1.1 301 "};
    for (size_t i = 0; i < AVS_COUNT(starts); i++) {
        size_t length = 65536;
        char *text = malloc(length);
        memset(text, 'h', length);
        memcpy(text, starts[i], strlen(starts[i]));
        memcpy(text + length - 4, "\r\n\r\n", 4);
        struct avs_http_facts facts = {.request_sent = true};
        avs_h1_read_head((const uint8_t *)text, length, &facts);
        assert_true(facts.head_complete);
        assert_true(strlen(facts.redirect_host) < sizeof(facts.redirect_host));
        assert_true(strlen(facts.http_date) < sizeof(facts.http_date));
        free(text);
    }
}

/* Work grows with the bytes, not with their square: 64 KiB of interims and 64 KiB of short lines.
 */
static void many_lines_are_read_in_one_pass(void **state) {
    (void)state;
    static const char *const units[] = {"HTTP/1.1 100 x\r\n\r\n", "a:\r\n", "\n"};
    for (size_t i = 0; i < AVS_COUNT(units); i++) {
        size_t unit = strlen(units[i]);
        size_t length = 65536 / unit * unit;
        char *text = malloc(length);
        for (size_t at = 0; at < length; at += unit) {
            memcpy(text + at, units[i], unit);
        }
        struct avs_http_facts facts = {.request_sent = true};
        for (int round = 0; round < 50; round++) {
            avs_h1_read_head((const uint8_t *)text, length, &facts);
        }
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_read),
        cmocka_unit_test(a_growing_answer_ends_with_the_same_facts),
        cmocka_unit_test(long_lines_are_cut_never_overrun),
        cmocka_unit_test(many_lines_are_read_in_one_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
