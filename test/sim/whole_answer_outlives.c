/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that came to its end while its sink paused is the owner's: neither the end of the
 * connection nor a silent peer takes it away, and it keeps nobody waiting. */
#include "support/world.h"

struct scene {
    struct world world;
    struct outcome outcome;
    uint64_t id;
};

static void begin(struct scene *scene, int retry_ms) {
    world_init(&scene->world);
    outcome_init(&scene->outcome);
    scene->outcome.sink_pauses = 1000;
    struct avs_request request = outcome_request(&scene->outcome, WORLD_URL, false);
    request.pause_retry_ms = retry_ms;
    scene->id = world_submit_request(&scene->world, &request);
    world_connect(&scene->world, 0);
    struct peer_script *script = &scene->world.conns[0].script;
    static const char *const trailer[] = {"checksum: 1", NULL};
    peer_headers(script, 1, 200, NULL, false);
    peer_data(script, 1, "speech", 6, false);
    peer_headers(script, 1, 0, trailer, true);
    world_feed(&scene->world, 0);
    assert_int_equal(scene->outcome.finished, 0);
}

/* The sink takes it now. */
static void take(struct scene *scene) {
    assert_int_equal(scene->outcome.finished, 0);
    scene->outcome.sink_pauses = 0;
    (void)avs_inbox_resume(&scene->world.core.any.inbox, scene->id);
    world_turn(&scene->world);
    assert_int_equal(scene->outcome.finished, 1);
    assert_int_equal(scene->outcome.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(scene->outcome.bytes, 6);
    assert_int_equal(scene->outcome.lines, 3); /* status, empty line, trailer */
    assert_null(scene->world.core.loop.conns); /* nothing is left of the connection */
    assert_null(scene->world.core.loop.origins);
    world_done(&scene->world);
}

static void every_end_of_the_connection_leaves_it(void **state) {
    (void)state;
    for (int how = AVS_CLOSE_OPEN; how < AVS_CLOSE_COUNT; how++) {
        struct scene scene;
        begin(&scene, 0);
        world_down(&scene.world, 0, (enum avs_close_kind)how);
        assert_null(scene.world.conns[0].conn); /* its socket is given back */
        assert_int_equal(scene.world.disconnected, 1);
        assert_int_equal(scene.world.disconnect_failures, 0); /* nobody lost anything */
        world_advance(&scene.world, 1000);
        take(&scene);
    }
}

static void goaway_and_close_leave_it(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene, 0);
    peer_goaway(&scene.world.conns[0].script, 1, 0);
    world_feed(&scene.world, 0);
    assert_null(scene.world.conns[0].conn);
    take(&scene);
}

static void a_broken_connection_leaves_it(void **state) {
    (void)state;
    struct scene scene;
    struct outcome other;
    begin(&scene, 0);
    world_submit(&scene.world, &other, WORLD_URL);
    world_turn(&scene.world);
    peer_data(&scene.world.conns[0].script, 99, "x", 1, false); /* a stream that nobody opened */
    world_feed(&scene.world, 0);
    assert_int_equal(other.cause, AVS_CAUSE_HTTP2_ERROR);
    assert_null(scene.world.conns[0].conn);
    take(&scene);
}

static void no_ping_is_sent_for_it(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene, 0);
    world_advance(&scene.world, AVS_IDLE_TIMEOUT_MS_DEFAULT - 1);
    assert_int_equal(scene.world.stats.pings_sent, 0);
    assert_non_null(scene.world.conns[0].conn);
    world_advance(&scene.world, 1); /* idle: nothing is awaited on it */
    assert_null(scene.world.conns[0].conn);
    assert_int_equal(scene.world.disconnect_failures, 0);
    take(&scene);
}

static void the_retry_timer_goes_on(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene, 10);
    world_down(&scene.world, 0, AVS_CLOSE_CLOSE_NOTIFY);
    scene.outcome.sink_pauses = 3;
    world_advance(&scene.world, 30);
    assert_int_equal(scene.outcome.finished, 0);
    world_advance(&scene.world, 10);
    assert_int_equal(scene.outcome.finish, AVS_FINISH_COMPLETE);
    assert_null(scene.world.core.loop.conns);
    world_done(&scene.world);
}

static void its_owner_can_still_end_it(void **state) {
    (void)state;
    struct scene scene;
    begin(&scene, 10);
    world_down(&scene.world, 0, AVS_CLOSE_RESET);
    (void)avs_inbox_cancel(&scene.world.core.any.inbox, scene.id);
    world_turn(&scene.world);
    assert_int_equal(scene.outcome.finish, AVS_FINISH_CANCELLED);
    assert_null(scene.world.core.loop.conns);
    world_done(&scene.world);

    begin(&scene, 10);
    world_down(&scene.world, 0, AVS_CLOSE_RESET);
    world_done(&scene.world); /* shuts down */
    assert_int_equal(scene.outcome.finish, AVS_FINISH_CANCELLED);
    assert_int_equal(scene.outcome.cause, AVS_CAUSE_SHUT_DOWN);
}

static void it_takes_no_place_on_the_connection(void **state) {
    (void)state;
    struct scene scene;
    struct outcome next;
    const uint32_t limit[][2] = {{3, 1}}; /* SETTINGS_MAX_CONCURRENT_STREAMS */
    begin(&scene, 0);
    peer_settings(&scene.world.conns[0].script, limit, 1);
    world_feed(&scene.world, 0);
    scene.world.core.options.max_concurrent_streams = 1;
    world_submit(&scene.world, &next, WORLD_URL);
    world_turn(&scene.world);
    peer_headers(&scene.world.conns[0].script, 3, 204, NULL, true);
    world_feed(&scene.world, 0);
    assert_int_equal(next.finish, AVS_FINISH_COMPLETE);
    world_down(&scene.world, 0, AVS_CLOSE_CLOSE_NOTIFY);
    take(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_of_the_connection_leaves_it),
        cmocka_unit_test(goaway_and_close_leave_it),
        cmocka_unit_test(a_broken_connection_leaves_it),
        cmocka_unit_test(no_ping_is_sent_for_it),
        cmocka_unit_test(the_retry_timer_goes_on),
        cmocka_unit_test(its_owner_can_still_end_it),
        cmocka_unit_test(it_takes_no_place_on_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
