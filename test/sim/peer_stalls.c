/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that falls silent: PINGs find it out, with open streams only, and a slow path is no dead
 * one. The request's own timeouts end what a living server does not answer. */
#include "support/world.h"

static void begin(struct world *world, struct outcome *outcome) {
    world_init(world);
    world_submit(world, outcome, WORLD_URL);
    world_connect(world, 0);
    peer_headers(&world->conns[0].script, 1, 200, NULL, false);
    world_feed(world, 0);
}

static void a_silent_downchannel_is_found_dead_in_35_seconds(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    begin(&world, &outcome);
    unsigned wakeups = world_advance(&world, 29900);
    assert_true(wakeups <= 2); /* nothing to do between keep-alives */
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), 0);
    world_advance(&world, 100);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), 1);
    world_advance(&world, 4999);
    assert_int_equal(outcome.finished, 0);
    world_advance(&world, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(outcome.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    assert_int_equal(world.disconnect_failures, 1);
    world_done(&world);
}

static void an_answered_ping_keeps_it(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    begin(&world, &outcome);
    for (unsigned i = 1; i <= 10; i++) {
        unsigned wakeups = world_advance(&world, 30000);
        assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), i);
        assert_true(wakeups <= 3);
        peer_ping(&world.conns[0].script, true, (const uint8_t *)"avs-shim");
        world_feed(&world, 0);
    }
    assert_int_equal(outcome.finished, 0);
    world_done(&world);
}

static void an_unanswered_request_is_asked_after_within_5_seconds(void **state) {
    (void)state;
    struct world world;
    struct outcome downchannel, event;
    begin(&world, &downchannel);
    world_advance(&world, 10000);
    world_submit(&world, &event, WORLD_URL);
    world_turn(&world);
    world_advance(&world, 4999);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), 1);
    assert_int_equal(event.finished, 0);
    world_advance(&world, 1);
    assert_int_equal(event.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    assert_int_equal(downchannel.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    world_done(&world);
}

static void a_slow_answer_from_a_living_peer_is_waited_for(void **state) {
    (void)state;
    struct world world;
    struct outcome first, event;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    world_submit(&world, &event, WORLD_URL);
    world_turn(&world);
    for (unsigned i = 0; i < 20; i++) {
        world_advance(&world, 3000);
        peer_ping(&world.conns[0].script, true, (const uint8_t *)"avs-shim");
        world_feed(&world, 0);
    }
    assert_int_equal(event.finished, 0);
    world_done(&world);
}

static void a_path_that_still_takes_bytes_is_not_dead(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    begin(&world, &outcome);
    world.has_progress = true;
    world_advance(&world, 60000);
    assert_int_equal(outcome.finished, 0);
    world.has_progress = false;
    world_advance(&world, 5000);
    assert_int_equal(outcome.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    world_done(&world);
}

static void a_change_of_the_network_is_found_out_in_5_seconds(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    begin(&world, &outcome);
    world_advance(&world, 3000);
    unsigned before = (unsigned)world_sent(&world, 0, FRAME_PING, 0);
    avs_core_network_changed(&world.core, world.now_us);
    world_turn(&world);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), before + 1);
    avs_core_network_changed(&world.core, world.now_us); /* they come in bursts */
    world_turn(&world);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), before + 1);
    world_advance(&world, 4000);
    assert_int_equal(outcome.cause, AVS_CAUSE_NETWORK_CHANGED);
    world_done(&world);
}

static void an_idle_connection_is_closed_without_pings(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    begin(&world, &outcome);
    peer_data(&world.conns[0].script, 1, "x", 1, true);
    world_feed(&world, 0);
    world_advance(&world, 299000);
    assert_non_null(world.conns[0].conn);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), 0);
    world_advance(&world, 1000);
    assert_null(world.conns[0].conn);
    assert_int_equal(world.disconnect_failures, 0);
    world_done(&world);
}

static void the_requests_own_timeouts(void **state) {
    (void)state;
    static const struct {
        int connection_ms, transfer_ms, activity_ms;
        bool has_head, has_trickle;
        unsigned finishes_after_ms;
    } rows[] = {
        {700, 0, 0, false, false, 700}, /* also the time to the first response */
        {700, 0, 0, true, false, 0},    /* the response came: over */
        {0, 900, 0, true, true, 900},   /* to the end, whatever trickles */
        {0, 0, 300, false, false, 300}, {0, 0, 300, true, true, 0}, {0, 0, 300, true, false, 300},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;
        struct outcome outcome;
        world_init(&world);
        outcome_init(&outcome);
        struct avs_request request = outcome_request(&outcome, WORLD_URL, false);
        request.connection_timeout_ms = rows[i].connection_ms;
        request.transfer_timeout_ms = rows[i].transfer_ms;
        request.activity_timeout_ms = rows[i].activity_ms;
        world_submit_request(&world, &request);
        world_connect(&world, 0);
        if (rows[i].has_head) {
            peer_headers(&world.conns[0].script, 1, 200, NULL, false);
            world_feed(&world, 0);
        }
        unsigned finished_after_ms = 0;
        for (unsigned ms = 1; ms <= 1500 && finished_after_ms == 0; ms++) {
            if (rows[i].has_trickle && ms % 100 == 0) {
                peer_data(&world.conns[0].script, 1, "t", 1, false);
                world_feed(&world, 0);
            }
            world_advance(&world, 1);
            finished_after_ms = outcome.finished ? ms : 0;
        }
        assert_int_equal(finished_after_ms, rows[i].finishes_after_ms);
        if (finished_after_ms > 0) {
            assert_int_equal(outcome.finish, AVS_FINISH_TIMEOUT);
            assert_int_equal(outcome.cause, AVS_CAUSE_RESPONSE_TIMEOUT);
            assert_int_equal(world_sent(&world, 0, FRAME_RST_STREAM, 1), 1);
            assert_non_null(world.conns[0].conn); /* the connection is not to blame */
        }
        world_done(&world);
    }
}

static void a_peer_that_is_silent_from_the_start_is_found_dead_too(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome, next;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_up(&world, 0); /* and not a byte more */
    world_advance(&world, 4999);
    assert_int_equal(world_sent(&world, 0, FRAME_PING, 0), 1);
    assert_int_equal(outcome.finished, 0);
    world_advance(&world, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    world_submit(&world, &next, WORLD_URL);
    world_turn(&world);
    assert_int_equal(world.conn_count, 2); /* nothing more is put on the dead one */
    world_done(&world);
}

static void a_peer_without_settings_times_out(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world.core.options.ping_timeout_us = AVS_NEVER_US;
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_up(&world, 0);
    world_advance(&world, AVS_CONNECT_TIMEOUT_MS_DEFAULT + 1000);
    assert_int_equal(outcome.finish, AVS_FINISH_TIMEOUT);
    world_done(&world);
}

/* "Never" for everything: a connection has its end all the same, open, idle or not yet made. */
static void no_wait_is_without_its_end(void **state) {
    (void)state;
    const int64_t day_us = 86400LL * 1000000;
    struct world world;
    world_init(&world);
    struct avs_core_options options = world.core.options;
    avs_core_done(&world.core);
    options.connect_timeout_us = options.ping_interval_us = options.ping_timeout_us =
        options.idle_timeout_us = AVS_NEVER_US;
    assert_int_equal(avs_core_init(&world.core, &options, &world.stats, NULL), AVS_OK);
    struct outcome outcome;
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    assert_in_range(avs_core_deadline(&world.core) - world.now_us, 1, day_us + 1000000);
    world_connect(&world, 0);
    assert_in_range(avs_core_deadline(&world.core) - world.now_us, 1, day_us);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    world_turn(&world);
    assert_int_equal(outcome.finished, 1);
    world_advance(&world, 1000);
    assert_in_range(avs_core_deadline(&world.core) - world.now_us, 1, day_us);
    world_advance(&world, 86400u * 1000);
    assert_null(world.conns[0].conn); /* the idle one was closed */
    world_done(&world);
}

/* An upload through a slow window: each byte that its source gives is a sign of life. */
static void reading_a_source_is_activity(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.source_left = 1000000;
    struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    request.activity_timeout_ms = 1000;
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    for (unsigned i = 0; i < 5; i++) {
        world_advance(&world, 800);
        assert_int_equal(outcome.finished, 0);
        peer_window_update(&world.conns[0].script, 0, 1000);
        peer_window_update(&world.conns[0].script, 1, 1000);
        world_feed(&world, 0);
    }
    world_advance(&world, 999);
    assert_int_equal(outcome.finished, 0);
    world_advance(&world, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_TIMEOUT);
    world_done(&world);
}

static void a_lost_connection_fails_what_was_under_way(void **state) {
    (void)state;
    static const enum avs_close_kind kinds[] = {AVS_CLOSE_EOF, AVS_CLOSE_RESET,
                                                AVS_CLOSE_CLOSE_NOTIFY};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        struct outcome outcome;
        begin(&world, &outcome);
        world_down(&world, 0, kinds[i]);
        assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
        assert_int_equal(outcome.cause, AVS_CAUSE_CONNECTION_LOST);
        assert_true(outcome.has_evidence);
        world_done(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_downchannel_is_found_dead_in_35_seconds),
        cmocka_unit_test(an_answered_ping_keeps_it),
        cmocka_unit_test(an_unanswered_request_is_asked_after_within_5_seconds),
        cmocka_unit_test(a_slow_answer_from_a_living_peer_is_waited_for),
        cmocka_unit_test(a_path_that_still_takes_bytes_is_not_dead),
        cmocka_unit_test(a_change_of_the_network_is_found_out_in_5_seconds),
        cmocka_unit_test(an_idle_connection_is_closed_without_pings),
        cmocka_unit_test(the_requests_own_timeouts),
        cmocka_unit_test(a_peer_that_is_silent_from_the_start_is_found_dead_too),
        cmocka_unit_test(a_peer_without_settings_times_out),
        cmocka_unit_test(no_wait_is_without_its_end),
        cmocka_unit_test(reading_a_source_is_activity),
        cmocka_unit_test(a_lost_connection_fails_what_was_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
