/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue is complete: every cause has an id, a sentence, a remedy, and finds itself again.
 */
#include <avs/cause.h>

#include "support/test.h"

static void every_row_is_complete(void **state) {
    (void)state;
    for (int i = 0; i < AVS_CAUSE_COUNT; i++) {
        const struct avs_cause_info *row = avs_cause_info((enum avs_cause)i);
        assert_int_equal(row->cause, i);
        assert_non_null(row->id);
        assert_true(strlen(row->id) > 3);
        assert_non_null(row->meaning);
        assert_non_null(row->remedy);
        assert_int_equal(row->meaning[strlen(row->meaning) - 1], '.');
        assert_int_equal(avs_cause_from_id(row->id), i);
    }
}

static void unknown_ids_and_numbers_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(avs_cause_from_id("no_such_cause"), AVS_CAUSE_COUNT);
    assert_int_equal(avs_cause_from_id(NULL), AVS_CAUSE_COUNT);
    assert_int_equal(avs_cause_info((enum avs_cause)9999)->cause, AVS_CAUSE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(unknown_ids_and_numbers_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
