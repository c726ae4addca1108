/* SPDX-License-Identifier: Apache-2.0 */
/* Flow control: a paused sink holds its own window and nobody else's, an upload waits for the
 * server's, and a sink that goes on gives its window back. */
#include "support/world.h"

#define WINDOW 65535u

static uint8_t filler[16384];

static uint64_t begin(struct world *world, struct outcome *outcome, unsigned pauses) {
    world_init(world);
    world->core.options.receive_window_bytes = WINDOW;
    world->core.options.receive_window_max_bytes = WINDOW;
    outcome_init(outcome);
    outcome->sink_pauses = pauses;
    const struct avs_request request = outcome_request(outcome, WORLD_URL, false);
    uint64_t id = world_submit_request(world, &request);
    world_connect(world, 0);
    peer_settings_ack(&world->conns[0].script);
    peer_headers(&world->conns[0].script, 1, 200, NULL, false);
    return id;
}

static void paused_sinks_hold_their_window_and_no_more(void **state) {
    (void)state;
    struct world world;
    struct outcome paused, other;
    begin(&world, &paused, 1000);
    for (unsigned i = 0; i < 3; i++) {
        peer_data(&world.conns[0].script, 1, filler, sizeof(filler), false);
    }
    peer_data(&world.conns[0].script, 1, filler, WINDOW - 3 * sizeof(filler), false);
    world_feed(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_WINDOW_UPDATE, 1), 0);
    assert_int_equal(paused.finished, 0);
    /* the connection's window is not the stream's: another stream moves megabytes */
    outcome_init(&other);
    const struct avs_request request = outcome_request(&other, WORLD_URL, false);
    world_submit_request(&world, &request);
    world_turn(&world);
    peer_headers(&world.conns[0].script, 3, 200, NULL, false);
    for (unsigned i = 0; i < 64 * 20; i++) {
        peer_data(&world.conns[0].script, 3, filler, sizeof(filler), i + 1 == 64 * 20);
        if (i % 2 == 1) { /* as its window allows */
            world_feed(&world, 0);
        }
    }
    world_feed(&world, 0);
    assert_int_equal(other.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(other.finished, 1);
    assert_int_equal(other.bytes, 20 << 20);
    assert_true(world_sent(&world, 0, FRAME_WINDOW_UPDATE, 3) > 0);
    assert_int_equal(paused.finished, 0);
    peer_data(&world.conns[0].script, 1, "!", 1, false); /* one byte more than allowed */
    world_feed(&world, 0);
    assert_int_equal(paused.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(paused.cause, AVS_CAUSE_HTTP2_ERROR);
    world_done(&world);
}

static void a_resumed_sink_takes_it_all(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    uint64_t id = begin(&world, &outcome, 1);
    for (unsigned i = 0; i < 3; i++) {
        peer_data(&world.conns[0].script, 1, filler, sizeof(filler), false);
    }
    world_feed(&world, 0);
    assert_int_equal(outcome.bytes, 0);
    (void)avs_inbox_resume(&world.core.any.inbox, id);
    world_turn(&world);
    assert_int_equal(outcome.bytes, 3 * sizeof(filler));
    assert_int_equal(world_sent(&world, 0, FRAME_WINDOW_UPDATE, 1), 1);
    peer_data(&world.conns[0].script, 1, filler, sizeof(filler), true);
    world_feed(&world, 0);
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void an_upload_waits_for_the_servers_windows(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.source_left = 200000;
    const struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    assert_int_equal(outcome.source_left, 200000 - 65535);
    peer_window_update(&world.conns[0].script, 1, 100000); /* the stream's alone does not help */
    world_feed(&world, 0);
    assert_int_equal(outcome.source_left, 200000 - 65535);
    peer_window_update(&world.conns[0].script, 0, 200000);
    world_feed(&world, 0);
    assert_int_equal(outcome.source_left, 200000 - 165535);
    peer_window_update(&world.conns[0].script, 1, 100000);
    world_feed(&world, 0);
    assert_int_equal(outcome.source_left, 0);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void a_blocked_socket_reads_no_source(void **state) {
    (void)state;
    struct world world;
    struct outcome first, outcome;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    world.conns[0].is_blocked = true;
    outcome_init(&outcome);
    outcome.source_left = 1000;
    const struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    world_submit_request(&world, &request);
    world_turn(&world);
    assert_int_equal(outcome.source_left, 1000);
    world.conns[0].is_blocked = false;
    world_turn(&world);
    assert_int_equal(outcome.source_left, 0);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paused_sinks_hold_their_window_and_no_more),
        cmocka_unit_test(a_resumed_sink_takes_it_all),
        cmocka_unit_test(an_upload_waits_for_the_servers_windows),
        cmocka_unit_test(a_blocked_socket_reads_no_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
