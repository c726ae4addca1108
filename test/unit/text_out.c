/* SPDX-License-Identifier: Apache-2.0 */
/* The one text writer: printable by construction, wrapped to the terminal, errors that stick. */
#include "out/text_out.h"

#include "support/test.h"

#define LIMIT 65536

static char *taken(struct avs_out *out) {
    char *text = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_out_take(out, &text, &error), AVS_OK);
    return text;
}

static void only_the_ends_of_a_format_are_newlines(void **state) {
    (void)state;
    struct avs_out out = avs_out_init(LIMIT, NULL);
    avs_out_printf(&out, "\n\nfile %s, ", "a\nNext  rm -rf /\r");
    avs_out_printf(&out, "%d%%\n", 5);
    avs_out_printf(&out, "\n");
    avs_out_tone(&out, AVS_TONE_GOOD, "%-6s|", "ok");
    avs_out_mark(&out, AVS_MARK_FAIL);
    char *text = taken(&out);
    assert_string_equal(text, "\n\nfile a?Next  rm -rf /?, 5%\n\nok    |[no] \n");
    free(text);
}

static void nothing_foreign_gives_a_terminal_orders(void **state) {
    (void)state;
    struct avs_style style = {.has_colour = true};
    struct avs_out out = avs_out_init(LIMIT, &style);
    avs_out_tone(&out, AVS_TONE_BAD, "%s\n", "\033]0;x\007\xc2\x9b\xe2\x80\xae\xff\x7f");
    avs_out_command(&out, "avs-shim check --ca-file \033[2J");
    avs_out_printf(&out, "\n");
    avs_out_lines(&out, "  do    ", "one\033\ntwo");
    char *text = taken(&out);
    assert_string_equal(text, "\033[31m?]0;x?????\033[0m\n"
                              "avs-shim check --ca-file ?[2J\n"
                              "  do    one?\n"
                              "        two\n");
    free(text);
}

static void an_over_long_name_keeps_both_ends(void **state) {
    (void)state;
    char name[9001];
    memset(name, 'n', sizeof(name) - 1);
    memcpy(name + 7000, "\xe2\x82\xac", 3); /* one of 3 bytes, and more of them at the cuts */
    for (size_t i = 600; i < 900; i += 3) {
        memcpy(name + i, "\xe2\x82\xac", 3);
    }
    name[0] = 'A';
    name[8999] = 'Z';
    name[9000] = '\0';
    struct avs_out out = avs_out_init(LIMIT, NULL);
    avs_out_printf(&out, "%s\n", name);
    avs_out_command(&out, name);
    char *text = taken(&out);
    char *second = strchr(text, '\n') + 1;
    assert_int_equal(text[0], 'A');
    assert_int_equal(second[-2], 'Z');
    assert_in_range(second - text, AVS_OUT_RUN_BYTES - 6, AVS_OUT_RUN_BYTES + 1);
    assert_non_null(strstr(text, "..."));
    assert_int_equal(strlen(second), 9001); /* a command is whole or useless */
    free(text);
}

static void lines_are_wrapped_under_their_text(void **state) {
    (void)state;
    struct avs_style style = {.columns = 20};
    struct avs_out out = avs_out_init(LIMIT, &style);
    avs_out_printf(&out, "one two three four five six\n");
    avs_out_printf(&out, "  do  ");
    avs_out_hang(&out);
    avs_out_printf(&out, "caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 install it\n");
    avs_out_printf(&out, "   indented as the line began it is\n");
    avs_out_printf(&out, "averyveryverylongwordthatstays whole\n");
    avs_out_whole(&out);
    avs_out_printf(&out, "a row of a table stays as it is\n");
    avs_out_printf(&out, "exactly twenty of 20\n");
    char *text = taken(&out);
    assert_string_equal(text, "one two three four\n"
                              "five six\n"
                              "  do  caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9\n"
                              "      install it\n"
                              "   indented as the\n"
                              "   line began it is\n"
                              "averyveryverylongwordthatstays\n"
                              "whole\n"
                              "a row of a table stays as it is\n"
                              "exactly twenty of 20\n");
    free(text);
}

static void colour_has_no_width(void **state) {
    (void)state;
    struct avs_style style = {.has_colour = true, .columns = 12};
    struct avs_out out = avs_out_init(LIMIT, &style);
    avs_out_tone(&out, AVS_TONE_BOLD, "%s", "READY");
    avs_out_printf(&out, " it is so\n");
    char *text = taken(&out);
    assert_string_equal(text, "\033[1mREADY\033[0m it is\nso\n");
    free(text);
}

static void memory_that_runs_out_is_told_at_the_end(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(nth, 200) {
        struct avs_style style = {.columns = 10};
        struct avs_out out = avs_out_init(LIMIT, &style);
        struct avs_error error = AVS_ERROR_INIT;
        char *text = NULL;
        for (int i = 0; i < 30; i++) {
            avs_out_printf(&out, "%d words to be wrapped\n", i);
            avs_out_mark(&out, AVS_MARK_OK);
            avs_out_hang(&out);
            avs_out_lines(&out, "l ", "a\nb");
            avs_out_command(&out, "true");
            avs_out_printf(&out, "\n");
        }
        enum avs_status status = avs_out_take(&out, &text, &error);
        assert_true(status == AVS_OK ? text != NULL : status == AVS_ERR_NO_MEMORY && !text);
        failures += status != AVS_OK;
        free(text);
        avs_out_done(&out);
    }
    assert_true(failures >= 30);
}

static void the_ceiling_is_told_at_the_end(void **state) {
    (void)state;
    struct avs_style style = {.columns = 4};
    struct avs_out out = avs_out_init(16, &style);
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    avs_out_printf(&out, "a b c d e f g h i j k l\n");
    assert_int_equal(avs_out_take(&out, &text, &error), AVS_ERR_LIMIT);
    avs_out_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_ends_of_a_format_are_newlines),
        cmocka_unit_test(nothing_foreign_gives_a_terminal_orders),
        cmocka_unit_test(an_over_long_name_keeps_both_ends),
        cmocka_unit_test(lines_are_wrapped_under_their_text),
        cmocka_unit_test(colour_has_no_width),
        cmocka_unit_test(memory_that_runs_out_is_told_at_the_end),
        cmocka_unit_test(the_ceiling_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
