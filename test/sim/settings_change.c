/* SPDX-License-Identifier: Apache-2.0 */
/* The server's SETTINGS change while streams are open: limits are respected by waiting in line. */
#include "support/world.h"

#define MAX_CONCURRENT_STREAMS 3
#define INITIAL_WINDOW_SIZE    4

static void set(struct world *world, uint32_t id, uint32_t value) {
    peer_settings(&world->conns[0].script, (const uint32_t[][2]){{id, value}}, 1);
    world_feed(world, 0);
}

static void the_limit_of_streams_follows_the_server(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[6];
    world_init(&world);
    world_submit(&world, &outcomes[0], WORLD_URL);
    world_connect(&world, 0);
    set(&world, MAX_CONCURRENT_STREAMS, 2);
    for (size_t i = 1; i < 6; i++) {
        world_submit(&world, &outcomes[i], WORLD_URL);
    }
    world_turn(&world);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 2);
    set(&world, MAX_CONCURRENT_STREAMS, 4);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 4);
    set(&world, MAX_CONCURRENT_STREAMS, 1); /* those that are open stay open */
    peer_headers(&world.conns[0].script, 1, 200, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(outcomes[0].finish, AVS_FINISH_COMPLETE);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 4);
    peer_headers(&world.conns[0].script, 3, 200, NULL, true);
    peer_headers(&world.conns[0].script, 5, 200, NULL, true);
    peer_headers(&world.conns[0].script, 7, 200, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 5);
    peer_headers(&world.conns[0].script, 9, 200, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 6);
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

static void our_own_limit_counts_too(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[3];
    world_init(&world);
    world.core.options.max_concurrent_streams = 2;
    for (size_t i = 0; i < 3; i++) {
        world_submit(&world, &outcomes[i], WORLD_URL);
    }
    world_connect(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 2);
    world_done(&world);
}

static void a_hundred_streams_at_once(void **state) {
    (void)state;
    struct world world;
    static struct outcome outcomes[100];
    world_init(&world);
    for (size_t i = 0; i < 100; i++) {
        world_submit(&world, &outcomes[i], WORLD_URL);
    }
    world_connect(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 100);
    for (uint32_t i = 0; i < 100; i++) {
        peer_headers(&world.conns[0].script, 2 * (99 - i) + 1, 200, NULL, true);
    }
    world_feed(&world, 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(outcomes[i].finish, AVS_FINISH_COMPLETE);
        assert_int_equal(outcomes[i].finished, 1);
    }
    world_done(&world);
}

static void a_new_window_moves_a_body_that_is_under_way(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.source_left = 50000;
    const struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    world_turn(&world);
    struct outcome first;
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    set(&world, INITIAL_WINDOW_SIZE, 10);
    world_submit_request(&world, &request);
    world_turn(&world);
    assert_int_equal(outcome.source_left, 50000 - 10);
    set(&world, INITIAL_WINDOW_SIZE, 0);
    set(&world, INITIAL_WINDOW_SIZE, 20);
    assert_int_equal(outcome.source_left, 50000 - 20);
    set(&world, INITIAL_WINDOW_SIZE, 65535);
    assert_int_equal(outcome.source_left, 0);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_of_streams_follows_the_server),
        cmocka_unit_test(our_own_limit_counts_too),
        cmocka_unit_test(a_hundred_streams_at_once),
        cmocka_unit_test(a_new_window_moves_a_body_that_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
