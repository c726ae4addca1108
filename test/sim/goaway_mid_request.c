/* SPDX-License-Identifier: Apache-2.0 */
/* GOAWAY while requests are under way: what the server will still serve finishes, what it left
 * unprocessed is sent again on a fresh connection. For the downchannel see goaway_drains.c. */
#include "support/world.h"

static void streams_within_the_limit_finish(void **state) {
    (void)state;
    struct world world;
    struct outcome first;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    struct peer_script *script = &world.conns[0].script;
    peer_headers(script, 1, 200, NULL, false);
    peer_goaway(script, 1, 0);
    world_feed(&world, 0);
    assert_int_equal(world.goaways, 1);
    assert_int_equal(first.finished, 0);
    peer_data(script, 1, "rest", 4, true);
    world_feed(&world, 0);
    assert_int_equal(first.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(first.bytes, 4);
    assert_null(world.conns[0].conn); /* drained, so it is gone */
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

static void unprocessed_streams_move_to_a_new_connection(void **state) {
    (void)state;
    struct world world;
    struct outcome served, left_over, later;
    world_init(&world);
    world_submit(&world, &served, WORLD_URL);
    world_submit(&world, &left_over, WORLD_URL);
    world_connect(&world, 0);
    peer_goaway(&world.conns[0].script, 1, 0);
    world_feed(&world, 0);
    assert_int_equal(left_over.finished, 0);
    assert_int_equal(world.conn_count, 2); /* dialled at once */
    assert_non_null(world.conns[0].conn);  /* and the old one still serves */
    world_submit(&world, &later, WORLD_URL);
    world_connect(&world, 1);
    assert_int_equal(world_sent(&world, 1, FRAME_HEADERS, 0), 2);
    peer_headers(&world.conns[0].script, 1, 200, NULL, true);
    world_feed(&world, 0);
    peer_headers(&world.conns[1].script, 1, 201, NULL, true);
    peer_headers(&world.conns[1].script, 3, 202, NULL, true);
    world_feed(&world, 1);
    assert_int_equal(served.code, 200);
    assert_int_equal(left_over.code, 201); /* it keeps its place in the line */
    assert_int_equal(later.code, 202);
    assert_int_equal(world.stats.streams_retried, 1);
    world_done(&world);
}

static void those_that_move_keep_the_order_of_their_submits(void **state) {
    (void)state;
    struct world world;
    static struct outcome outcomes[12];
    world_init(&world);
    world.core.options.max_concurrent_streams = 9;
    for (size_t i = 0; i < 12; i++) { /* three wait in line */
        world_submit(&world, &outcomes[i], WORLD_URL);
    }
    world_connect(&world, 0);
    peer_goaway(&world.conns[0].script, 1, 0);
    world_feed(&world, 0);
    world_connect(&world, 1);
    for (uint32_t i = 0; i < 9; i++) {
        peer_headers(&world.conns[1].script, 2 * i + 1, 200 + (int)i, NULL, true);
    }
    world_feed(&world, 1);
    for (size_t i = 1; i < 10; i++) {
        assert_int_equal(outcomes[i].code, 200 + (int)i - 1);
    }
    world_done(&world);
}

static void a_source_that_was_read_is_not_sent_again(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.source_left = 10;
    const struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_DATA, 1), 1);
    peer_goaway(&world.conns[0].script, 0, 0);
    world_feed(&world, 0);
    assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(outcome.cause, AVS_CAUSE_GOAWAY);
    assert_int_equal(outcome.finished, 1);
    world_done(&world);
}

static void a_request_is_not_refused_for_ever(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    for (size_t i = 0; i <= AVS_RESENDS_MAX; i++) {
        assert_int_equal(outcome.finished, 0);
        world_connect(&world, i);
        peer_goaway(&world.conns[i].script, 0, 0);
        world_feed(&world, i);
        if (i < AVS_RESENDS_MAX) { /* not at once: the server has a bad moment */
            world_advance(&world, (AVS_REDIAL_MS << i) - 1);
            assert_int_equal(world.conn_count, i + 1);
            world_advance(&world, 1);
        }
    }
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_HTTP2_ERROR); /* as a check judges it */
    assert_int_equal(world.conn_count, AVS_RESENDS_MAX + 1);
    world_done(&world);
}

static void the_pause_ends_with_a_connection_that_serves(void **state) {
    (void)state;
    struct world world;
    struct outcome first, second;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    peer_goaway(&world.conns[0].script, 0, 0);
    world_feed(&world, 0);
    world_advance(&world, AVS_REDIAL_MS);
    world_connect(&world, 1);
    world_submit(&world, &second, WORLD_URL);
    world_turn(&world);
    peer_headers(&world.conns[1].script, 1, 200, NULL, true);
    peer_goaway(&world.conns[1].script, 1, 0);
    world_feed(&world, 1);
    assert_int_equal(first.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(world.conn_count, 3); /* at once again */
    world_connect(&world, 2);
    peer_goaway(&world.conns[2].script, 0, 0);
    world_feed(&world, 2);
    world_advance(&world, AVS_REDIAL_MS);
    assert_int_equal(world.conn_count, 4); /* and the count begins anew */
    world_done(&world);
}

static void an_idle_connection_goes_quietly(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 200, NULL, true);
    peer_goaway(&world.conns[0].script, 1, 0);
    world_feed(&world, 0);
    assert_null(world.conns[0].conn);
    assert_int_equal(world.disconnected, 1);
    assert_int_equal(world.disconnect_failures, 0);
    assert_int_equal(world.conn_count, 1); /* nothing waits, so nothing is dialled */
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_within_the_limit_finish),
        cmocka_unit_test(unprocessed_streams_move_to_a_new_connection),
        cmocka_unit_test(those_that_move_keep_the_order_of_their_submits),
        cmocka_unit_test(a_source_that_was_read_is_not_sent_again),
        cmocka_unit_test(a_request_is_not_refused_for_ever),
        cmocka_unit_test(the_pause_ends_with_a_connection_that_serves),
        cmocka_unit_test(an_idle_connection_goes_quietly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
