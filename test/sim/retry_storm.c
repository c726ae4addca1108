/* SPDX-License-Identifier: Apache-2.0 */
/* A device that cannot connect and tries again at once: the log stays short and says how often. */
#include "support/world.h"

static char lines[16][AVS_LOG_LINE_BYTES];
static size_t line_count;

static void keep(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    assert_true(line_count < 16);
    snprintf(lines[line_count++], sizeof(lines[0]), "%s", line);
}

static void try_once(struct world *world, struct outcome *outcome) {
    world_submit(world, outcome, WORLD_URL);
    world_turn(world);
    assert_int_equal(outcome->finish, AVS_FINISH_INTERNAL_ERROR);
}

static void the_same_failure_at_each_retry_is_counted(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world.core.options.log = (struct avs_log){.write = keep, .user = &world, .level = AVS_LOG_INFO};
    world.is_refused = true;
    for (int i = 0; i < 1200; i++) {
        try_once(&world, &outcome);
        world_advance(&world, 4);
    }
    assert_int_equal(line_count, 1);
    assert_non_null(strstr(lines[0], "E AvsClient:connectFailed:cause="));
    assert_non_null(strstr(lines[0], ",remedy="));
    /* nothing happens any more, and still the count is told, once */
    assert_true(world_advance(&world, 10 * 60 * 1000) < 10);
    assert_int_equal(line_count, 2);
    assert_non_null(strstr(lines[1], ",times=1199,seconds=60,reason="));

    world.is_refused = false;
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_connect(&world, 0);
    assert_int_equal(line_count, 4);
    assert_non_null(strstr(lines[2], "I AvsClient:connected:"));
    assert_non_null(strstr(lines[3], "I AvsClient:connectRecovered:"));
    assert_non_null(strstr(lines[3], ",failures=1200,"));
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_failure_at_each_retry_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
