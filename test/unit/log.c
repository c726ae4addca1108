/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines follow the SDK's grammar: stamp, moniker, level letter, escaping, ceiling. */
#include <avs/log.h>

#include "support/test.h"

static void line_has_the_sdk_shape(void **state) {
    (void)state;
    char line[AVS_LOG_LINE_BYTES];
    const struct avs_log_pair pairs[] = {{"host", "a.b:443"}, {"why", "x,y=z\\"}};
    avs_log_format(line, sizeof(line), 1511712000123, 0x1f, AVS_LOG_ERROR, "AvsClient", "failed",
                   pairs, 2);
    assert_string_equal(line, "2017-11-26 16:00:00.123 [ 1f] E AvsClient:failed:host=a.b\\:443,"
                              "why=x\\,y\\=z\\\\");
}

static void newlines_in_values_do_not_break_the_record(void **state) {
    (void)state;
    char line[AVS_LOG_LINE_BYTES];
    const struct avs_log_pair pairs[] = {{"text", "a\nb"}};
    avs_log_format(line, sizeof(line), 0, 1, AVS_LOG_DEBUG9, "A", "b", pairs, 1);
    assert_string_equal(line, "1970-01-01 00:00:00.000 [  1] 9 A:b:text=a b");
}

static void long_lines_are_cut_and_terminated(void **state) {
    (void)state;
    char line[40];
    const struct avs_log_pair pairs[] = {{"k", "0123456789012345678901234567890123456789"}};
    size_t length = avs_log_format(line, sizeof(line), 0, 1, AVS_LOG_INFO, "A", "b", pairs, 1);
    assert_int_equal(length, 39);
    assert_int_equal(strlen(line), 39);
}

static void level_names_and_letters_agree(void **state) {
    (void)state;
    assert_int_equal(avs_log_level_from_name("DEBUG9"), AVS_LOG_DEBUG9);
    assert_int_equal(avs_log_level_from_name("CRITICAL"), AVS_LOG_CRITICAL);
    assert_int_equal(avs_log_level_from_name("debug9"), -1);
    assert_int_equal(avs_log_level_letter(AVS_LOG_WARN), 'W');
    assert_int_equal(avs_log_level_letter((enum avs_log_level)77), 'U');
}

static void a_null_key_ends_the_list_and_a_null_value_is_empty(void **state) {
    (void)state;
    const struct avs_log_pair pairs[] = {{"a", NULL}, {"b", "2"}, {NULL, "gone"}, {"c", "3"}};
    char line[AVS_LOG_LINE_BYTES];
    avs_log_format(line, sizeof(line), 0, 1, AVS_LOG_INFO, "Source", "event", pairs,
                   sizeof(pairs) / sizeof(pairs[0]));
    assert_non_null(strstr(line, "Source:event:a=,b=2"));
    assert_null(strstr(line, "gone"));
    assert_null(strstr(line, "c=3"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_the_sdk_shape),
        cmocka_unit_test(newlines_in_values_do_not_break_the_record),
        cmocka_unit_test(long_lines_are_cut_and_terminated),
        cmocka_unit_test(level_names_and_letters_agree),
        cmocka_unit_test(a_null_key_ends_the_list_and_a_null_value_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
