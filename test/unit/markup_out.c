/* SPDX-License-Identifier: Apache-2.0 */
/* Text into XML and HTML: text, whatever it holds. */
#include "out/markup_out.h"

#include "support/test.h"

#define LIMIT 4096

static void what_is_markup_becomes_text(void **state) {
    (void)state;
    struct avs_buffer out = avs_buffer_init(LIMIT);
    avs_markup(&out, "<a b='~'>~</a>", "' onload=\"x\"", "</a><script>&amp;", NULL);
    assert_string_equal(out.data, "<a b='&#39; onload=&quot;x&quot;'>&lt;/a&gt;&lt;script&gt;"
                                  "&amp;amp;</a>");
    avs_buffer_done(&out);
}

static void what_no_xml_may_hold_is_replaced(void **state) {
    (void)state;
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"a\nb", "a\nb"},
        {"a\tb", "a b"},
        {"\x01|\x1b[2J|\x7f", "\xEF\xBF\xBD|\xEF\xBF\xBD[2J|\xEF\xBF\xBD"},
        {"\xff\xc3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"}, /* U+FFFE, U+FFFF */
        {"\xe2\x80\xae", "\xEF\xBF\xBD"},                         /* right-to-left override */
        {"gr\xc3\xbc\xc3\x9f \xF0\x9F\x94\x92", "gr\xc3\xbc\xc3\x9f \xF0\x9F\x94\x92"},
        {"", ""},
        {NULL, ""},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_buffer out = avs_buffer_init(LIMIT);
        char *text = NULL;
        avs_markup_text(&out, rows[i].text);
        assert_int_equal(avs_buffer_take_text(&out, &text, NULL), AVS_OK);
        assert_string_equal(text, rows[i].written);
        free(text);
        avs_buffer_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_markup_becomes_text),
        cmocka_unit_test(what_no_xml_may_hold_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
