/* SPDX-License-Identifier: Apache-2.0 */
/* GOAWAY while a downchannel is open. The SDK disconnects a millisecond after its downchannel has
 * ended, and so cuts whatever is under way: the downchannel must be the last to end. */
#include "support/world.h"

#define CEILING_MS AVS_GOAWAY_DRAIN_MAX_MS

struct scene {
    struct world world;
    struct outcome down;
};

static uint64_t submit_downchannel(struct scene *scene) {
    outcome_init(&scene->down);
    struct avs_request request = outcome_request(&scene->down, WORLD_URL, false);
    request.is_long_lived = true;
    return world_submit_request(&scene->world, &request);
}

/* The downchannel is open: stream 1 of connection 0. */
static void begin(struct scene *scene) {
    world_init(&scene->world);
    submit_downchannel(scene);
    world_connect(&scene->world, 0);
    peer_headers(&scene->world.conns[0].script, 1, 200, NULL, false);
    world_feed(&scene->world, 0);
}

static void goaway(struct scene *scene, uint32_t last_stream_id) {
    peer_goaway(&scene->world.conns[0].script, last_stream_id, 0);
    world_feed(&scene->world, 0);
    assert_int_equal(scene->world.goaways, 1); /* the observers hear of it at once */
}

static void assert_ended_by_goaway(const struct scene *scene) {
    assert_int_equal(scene->down.finished, 1);
    assert_int_equal(scene->down.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(scene->down.cause, AVS_CAUSE_GOAWAY);
}

static void a_lone_downchannel_ends_at_once(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene);
    goaway(&scene, 1);
    assert_ended_by_goaway(&scene);
    assert_null(scene.world.conns[0].conn);
    assert_int_equal(scene.world.disconnect_failures, 0);
    world_done(&scene.world);
}

static void an_upload_is_not_cut(void **state) {
    (void)state;
    struct scene scene;
    struct outcome upload;
    begin(&scene);
    outcome_init(&upload);
    upload.pauses_source = true;
    upload.source_left = 100;
    struct avs_request request = outcome_request(&upload, WORLD_URL, true);
    request.pause_retry_ms = 10;
    world_submit_request(&scene.world, &request);
    world_turn(&scene.world);
    goaway(&scene, 3);
    world_advance(&scene.world, 4000); /* somebody speaks */
    assert_int_equal(scene.down.finished, 0);
    upload.pauses_source = false;
    world_advance(&scene.world, 10);
    assert_int_equal(upload.source_left, 0);
    assert_int_equal(scene.down.finished, 0); /* the answer is still to come */
    peer_headers(&scene.world.conns[0].script, 3, 204, NULL, true);
    world_feed(&scene.world, 0);
    assert_int_equal(upload.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(upload.code, 204);
    assert_ended_by_goaway(&scene);
    assert_null(scene.world.conns[0].conn);
    world_done(&scene.world);
}

static void an_answer_is_not_cut(void **state) {
    (void)state;
    struct scene scene;
    struct outcome answer;
    begin(&scene);
    world_submit(&scene.world, &answer, WORLD_URL);
    world_turn(&scene.world);
    struct peer_script *script = &scene.world.conns[0].script;
    peer_headers(script, 3, 200, NULL, false);
    peer_data(script, 3, "Here is", 7, false);
    goaway(&scene, 3);
    assert_int_equal(scene.down.finished, 0);
    peer_data(script, 1, "a directive", 11, false); /* the downchannel still serves */
    peer_data(script, 3, " the weather", 12, true);
    world_feed(&scene.world, 0);
    assert_int_equal(scene.down.bytes, 11);
    assert_int_equal(answer.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(answer.bytes, 19);
    assert_ended_by_goaway(&scene);
    world_done(&scene.world);
}

static void an_answer_behind_a_paused_sink_is_not_cut(void **state) {
    (void)state;
    struct scene scene;
    struct outcome answer;
    begin(&scene);
    outcome_init(&answer);
    answer.sink_pauses = 100; /* a second of speech has to be played first */
    struct avs_request request = outcome_request(&answer, WORLD_URL, false);
    request.pause_retry_ms = 10;
    world_submit_request(&scene.world, &request);
    world_turn(&scene.world);
    struct peer_script *script = &scene.world.conns[0].script;
    peer_headers(script, 3, 200, NULL, false);
    peer_data(script, 3, "speech", 6, true);
    goaway(&scene, 3);
    world_advance(&scene.world, 900);
    assert_int_equal(answer.finished, 0);
    assert_int_equal(scene.down.finished, 0);
    world_advance(&scene.world, 200);
    assert_int_equal(answer.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(answer.bytes, 6);
    assert_ended_by_goaway(&scene);
    world_done(&scene.world);
}

/* The SDK goes on submitting to the connection object that it has. */
static void requests_after_it_go_to_a_fresh_connection_and_are_not_cut(void **state) {
    (void)state;
    struct scene scene;
    struct outcome before, after;
    begin(&scene);
    world_submit(&scene.world, &before, WORLD_URL);
    world_turn(&scene.world);
    goaway(&scene, 3);
    world_submit(&scene.world, &after, WORLD_URL);
    world_connect(&scene.world, 1);
    assert_int_equal(world_sent(&scene.world, 0, FRAME_HEADERS, 0), 2);
    assert_int_equal(world_sent(&scene.world, 1, FRAME_HEADERS, 0), 1);
    peer_headers(&scene.world.conns[0].script, 3, 204, NULL, true);
    world_feed(&scene.world, 0);
    assert_int_equal(before.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(scene.down.finished, 0); /* its end would cut `after` */
    peer_headers(&scene.world.conns[1].script, 1, 204, NULL, true);
    world_feed(&scene.world, 1);
    assert_int_equal(after.finish, AVS_FINISH_COMPLETE);
    assert_ended_by_goaway(&scene);
    assert_null(scene.world.conns[0].conn);
    assert_non_null(scene.world.conns[1].conn);
    submit_downchannel(&scene); /* opened anew, it shares the fresh connection */
    world_turn(&scene.world);
    assert_int_equal(scene.world.conn_count, 2);
    assert_int_equal(world_sent(&scene.world, 1, FRAME_HEADERS, 0), 2);
    world_done(&scene.world);
}

static void a_stream_without_end_holds_it_up_to_the_ceiling_only(void **state) {
    (void)state;
    struct scene scene;
    struct outcome endless;
    begin(&scene);
    scene.world.core.options.ping_timeout_us = AVS_NEVER_US;
    world_submit(&scene.world, &endless, WORLD_URL);
    world_turn(&scene.world);
    goaway(&scene, 3);
    world_advance(&scene.world, CEILING_MS - 1);
    goaway(&scene, 3); /* said again: it does not begin anew */
    assert_int_equal(scene.down.finished, 0);
    world_advance(&scene.world, 1);
    assert_ended_by_goaway(&scene);
    assert_int_equal(world_sent(&scene.world, 0, FRAME_RST_STREAM, 1), 1);
    assert_int_equal(endless.finished, 0); /* the server goes on serving it */
    peer_headers(&scene.world.conns[0].script, 3, 200, NULL, true);
    world_feed(&scene.world, 0);
    assert_int_equal(endless.finish, AVS_FINISH_COMPLETE);
    assert_null(scene.world.conns[0].conn);
    world_done(&scene.world);
}

static void the_servers_close_ends_it_at_once(void **state) {
    (void)state;
    struct scene scene;
    struct outcome cut;
    begin(&scene);
    outcome_init(&cut);
    cut.source_left = 1000000; /* an upload */
    const struct avs_request request = outcome_request(&cut, WORLD_URL, true);
    world_submit_request(&scene.world, &request);
    world_turn(&scene.world);
    goaway(&scene, 3);
    assert_int_equal(scene.down.finished, 0);
    world_down(&scene.world, 0, AVS_CLOSE_CLOSE_NOTIFY);
    assert_ended_by_goaway(&scene);
    assert_int_equal(cut.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(cut.cause, AVS_CAUSE_CONNECTION_LOST);
    world_done(&scene.world);
}

static void goaway_and_close_at_once_is_a_quiet_end(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene);
    struct world_conn *entry = &scene.world.conns[0];
    peer_goaway(&entry->script, 1, 0);
    avs_conn_on_bytes(entry->conn, entry->script.bytes + entry->fed,
                      entry->script.length - entry->fed, scene.world.now_us);
    entry->fed = entry->script.length;
    world_down(&scene.world, 0, AVS_CLOSE_CLOSE_NOTIFY);
    assert_ended_by_goaway(&scene);
    assert_int_equal(scene.world.disconnect_failures, 0);
    world_done(&scene.world);
}

static void a_downchannel_that_was_left_unserved_moves(void **state) {
    (void)state;
    struct scene scene;
    struct outcome served;
    world_init(&scene.world);
    scene.world.core.options.ping_timeout_us = AVS_NEVER_US;
    world_submit(&scene.world, &served, WORLD_URL);
    submit_downchannel(&scene); /* stream 3 */
    world_connect(&scene.world, 0);
    goaway(&scene, 1);
    world_connect(&scene.world, 1);
    assert_int_equal(world_sent(&scene.world, 1, FRAME_HEADERS, 1), 1);
    peer_headers(&scene.world.conns[0].script, 1, 200, NULL, true);
    world_feed(&scene.world, 0);
    world_advance(&scene.world, CEILING_MS + 1);
    assert_int_equal(served.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(scene.down.finished, 0);
    world_done(&scene.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_downchannel_ends_at_once),
        cmocka_unit_test(an_upload_is_not_cut),
        cmocka_unit_test(an_answer_is_not_cut),
        cmocka_unit_test(an_answer_behind_a_paused_sink_is_not_cut),
        cmocka_unit_test(requests_after_it_go_to_a_fresh_connection_and_are_not_cut),
        cmocka_unit_test(a_stream_without_end_holds_it_up_to_the_ceiling_only),
        cmocka_unit_test(the_servers_close_ends_it_at_once),
        cmocka_unit_test(goaway_and_close_at_once_is_a_quiet_end),
        cmocka_unit_test(a_downchannel_that_was_left_unserved_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
