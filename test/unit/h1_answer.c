/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields of an answer, as its owner asks for them. */
#include "h1/exchange.h"
#include "support/test.h"

static struct avs_h1_answer answer_of(const char *head, size_t length) {
    struct avs_h1_answer answer = {.head = avs_buffer_init(AVS_H1_HEAD_MAX),
                                   .body = avs_buffer_init(AVS_H1_HEAD_MAX)};
    avs_buffer_add(&answer.head, head, length);
    return answer;
}

static void a_field_is_found_by_its_whole_name(void **state) {
    (void)state;
    static const char head[] =
        "Date: Sat\r\nX-Amzn-ErrorType2: no\r\nx-amzn-errortype :no\r\n"
        "X-AMZN-ERRORTYPE:  \tThrottling: x \t\r\nx-amzn-errortype: second\r\n"
        "Empty:\r\nLast: 1";
    static const struct {
        const char *name, *value;
        bool is_there;
    } rows[] = {
        {"x-amzn-ErrorType", "Throttling: x", true},
        {"Date", "Sat", true},
        {"Empty", "", true},
        {"last", "1", true},
        {"Dat", "", false},
        {"Sat", "", false},
        {"", "", false},
    };
    struct avs_h1_answer answer = answer_of(head, sizeof(head) - 1);
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        char field[32] = "before";
        assert_int_equal(avs_h1_answer_header(&answer, rows[i].name, field, sizeof(field)),
                         rows[i].is_there);
        assert_string_equal(field, rows[i].value);
    }
    avs_h1_answer_done(&answer);
    assert_null(answer.head.data);
}

static void what_does_not_fit_is_none(void **state) {
    (void)state;
    static const char head[] = "A: 1234\r\nB: 123\r\nC: 1\0002\r\n";
    struct avs_h1_answer answer = answer_of(head, sizeof(head) - 1);
    char field[4] = "old";
    assert_false(avs_h1_answer_header(&answer, "A", field, sizeof(field)));
    assert_string_equal(field, "");
    assert_true(avs_h1_answer_header(&answer, "B", field, sizeof(field)));
    assert_string_equal(field, "123");
    assert_false(avs_h1_answer_header(&answer, "C", field, sizeof(field)));
    avs_h1_answer_done(&answer);
    struct avs_h1_answer none = {.is_cut = false};
    assert_false(avs_h1_answer_header(&none, "A", field, sizeof(field)));
    avs_h1_answer_done(&none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_by_its_whole_name),
        cmocka_unit_test(what_does_not_fit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
