/* SPDX-License-Identifier: Apache-2.0 */
/* The fast part: the same lines and the same hints on every processor, wherever blocks are cut. */
#include "inspect/scan.h"

#include "support/test.h"

/* the variant for processors without vector instructions, beside the one in the library */
#define AVS_SCAN_PORTABLE
#define avs_triggers_init portable_triggers_init
#define avs_triggers_name portable_triggers_name
#define avs_scan_lines    portable_scan_lines
#include "inspect/scan.c" /* NOLINT */
#undef avs_triggers_init
#undef avs_triggers_name
#undef avs_scan_lines

enum { LINES_MAX = 4096 };

struct seen {
    size_t starts[LINES_MAX], lengths[LINES_MAX];
    bool hints[LINES_MAX];
    size_t count;
    const char *text;
};

static void see(void *user, const char *line, size_t length, bool is_hinted) {
    struct seen *seen = user;
    assert_true(seen->count < LINES_MAX);
    seen->starts[seen->count] = (size_t)(line - seen->text);
    seen->lengths[seen->count] = length;
    seen->hints[seen->count++] = is_hinted;
}

static void assert_same(const char *text, size_t length) {
    static struct avs_triggers triggers;
    static struct seen fast, portable;
    avs_triggers_init(&triggers);
    fast = (struct seen){.text = text};
    portable = (struct seen){.text = text};
    avs_scan_lines(&triggers, text, length, see, &fast);
    portable_scan_lines(&triggers, text, length, see, &portable);
    assert_int_equal(fast.count, portable.count);
    for (size_t i = 0; i < fast.count; i++) {
        assert_int_equal(fast.starts[i], portable.starts[i]);
        assert_int_equal(fast.lengths[i], portable.lengths[i]);
        if (fast.hints[i] != portable.hints[i]) {
            fail_msg("hints differ for '%.*s'", (int)fast.lengths[i], text + fast.starts[i]);
        }
    }
    /* a line by itself gets the hint that it got among others */
    for (size_t i = 0; i < fast.count; i++) {
        static struct seen alone;
        alone = (struct seen){.text = text + fast.starts[i]};
        avs_scan_lines(&triggers, text + fast.starts[i], fast.lengths[i] + 1, see, &alone);
        assert_int_equal(alone.count, 1);
        assert_int_equal(alone.hints[0], fast.hints[i]);
    }
}

static void both_variants_give_the_same_hints(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "HttpPost:doPostFailed:x=1",
        "2026-11-20 10:00:00.000 [  1] 9 Foo:bar:k=v",
        "\n",
        "* SSL certificate problem: x",
        "HttpPut:",
        ":",
        "*",
        " ",
        "\xc3\xa9",
        "\x1b[0m",
        "\r\n",
        "LibcurlHTTP2Connection:streamFinished:",
        "9HttpPost:doPostFailed",
        "W Logger:debugLog",
        "x\n\n\n",
        "AuthDelegate:",
        "CBLAuthDelegate:receiveTokenResponse:code=0",
    };
    unsigned seed = 1;
    for (int round = 0; round < 400; round++) {
        char text[4096];
        size_t length = 0;
        while (length < 3000) {
            seed = seed * 1103515245u + 12345u;
            const char *piece = pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        text[length++] = '\n';
        assert_same(text, length);
    }
}

static void any_bytes_are_split_the_same(void **state) {
    (void)state;
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        char text[1024];
        size_t length = 200 + (size_t)round;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] =
                (seed >> 20) % 5 == 0 ? ":*\n AZaz\x80\x1f"[(seed >> 24) % 10] : (char)(seed >> 16);
        }
        text[length - 1] = '\n';
        assert_same(text, length);
    }
}

static void nothing_gives_no_line(void **state) {
    (void)state;
    assert_same("", 0);
    assert_same("\n", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_variants_give_the_same_hints),
        cmocka_unit_test(any_bytes_are_split_the_same),
        cmocka_unit_test(nothing_gives_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
