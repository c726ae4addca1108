/* SPDX-License-Identifier: Apache-2.0 */
/* Cancel, shutdown and timeouts of requests that were never sent: each finishes once, and a dial
 * that nobody waits for is given up. */
#include "support/world.h"

static void cancel(struct world *world, uint64_t id) {
    (void)avs_inbox_cancel(&world->core.any.inbox, id);
    world_turn(world);
}

static void cancel_before_connect_finishes_once(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    uint64_t id = world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    assert_int_equal(world.conn_count, 1);
    cancel(&world, id);
    cancel(&world, id); /* stale: nothing */
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_CANCELLED);
    assert_int_equal(outcome.cause, AVS_CAUSE_CANCELLED);
    assert_null(world.conns[0].conn); /* nobody waits for it */
    world_done(&world);
}

static void cancel_before_the_loop_saw_it(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    uint64_t id = world_submit(&world, &outcome, WORLD_URL);
    cancel(&world, id);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_CANCELLED);
    assert_int_equal(world.conn_count, 0);
    world_done(&world);
}

/* An origin whose requests are all gone before it was dialled must not keep its place for ever. */
static void origins_of_cancelled_requests_make_room(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[AVS_CLIENT_ORIGINS_MAX], last;
    world_init(&world);
    for (size_t i = 0; i < AVS_CLIENT_ORIGINS_MAX; i++) {
        char url[64];
        snprintf(url, sizeof(url), "https://device%zu.example/", i);
        uint64_t id = world_submit(&world, &outcomes[i], url);
        cancel(&world, id); /* in the same turn in which the loop sees it */
        assert_int_equal(outcomes[i].finished, 1);
    }
    assert_int_equal(world.conn_count, 0);
    world_submit(&world, &last, WORLD_URL);
    world_turn(&world);
    assert_int_equal(last.finished, 0);
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

static void a_stale_id_touches_no_other_request(void **state) {
    (void)state;
    struct world world;
    struct outcome first, second;
    world_init(&world);
    uint64_t stale = world_submit(&world, &first, WORLD_URL);
    cancel(&world, stale);
    uint64_t fresh = world_submit(&world, &second, WORLD_URL); /* in the same slot */
    assert_true(fresh != stale);
    cancel(&world, stale);
    cancel(&world, 0);
    cancel(&world, UINT64_MAX);
    assert_int_equal(second.finished, 0);
    world_done(&world);
    assert_int_equal(second.finish, AVS_FINISH_CANCELLED);
    assert_int_equal(second.cause, AVS_CAUSE_SHUT_DOWN);
}

static void the_others_keep_the_dial(void **state) {
    (void)state;
    struct world world;
    struct outcome first, second;
    world_init(&world);
    uint64_t id = world_submit(&world, &first, WORLD_URL);
    world_submit(&world, &second, WORLD_URL);
    world_turn(&world);
    cancel(&world, id);
    assert_non_null(world.conns[0].conn);
    world_connect(&world, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), 1);
    world_done(&world);
}

static void one_dial_at_a_time_for_an_origin(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[5];
    world_init(&world);
    for (size_t i = 0; i < 4; i++) {
        world_submit(&world, &outcomes[i], WORLD_URL);
        world_turn(&world);
    }
    assert_int_equal(world.conn_count, 1);
    world_submit(&world, &outcomes[4], "https://other.example:8443/");
    world_turn(&world);
    assert_int_equal(world.conn_count, 2);
    world_done(&world);
}

static void one_origin_too_many_is_told(void **state) {
    (void)state;
    struct world world;
    static struct outcome outcomes[AVS_CLIENT_ORIGINS_MAX + 2];
    world_init(&world);
    for (size_t i = 0; i <= AVS_CLIENT_ORIGINS_MAX; i++) {
        char url[64];
        snprintf(url, sizeof(url), "https://device%zu.example/", i);
        assert_true(world_submit(&world, &outcomes[i], url) != 0);
    }
    world_turn(&world);
    const struct outcome *refused = &outcomes[AVS_CLIENT_ORIGINS_MAX];
    assert_int_equal(refused->finished, 1);
    assert_int_equal(refused->finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(world.conn_count, AVS_CLIENT_ORIGINS_MAX);
    world_down(&world, 0, AVS_CLOSE_EOF); /* its origin is not in use any more */
    struct outcome *next = &outcomes[AVS_CLIENT_ORIGINS_MAX + 1];
    world_submit(&world, next, "https://another.example/");
    world_turn(&world);
    assert_int_equal(next->finished, 0);
    assert_int_equal(world.conn_count, AVS_CLIENT_ORIGINS_MAX + 1);
    world_done(&world);
}

static void connection_timeout_names_the_step(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    struct avs_request request = outcome_request(&outcome, WORLD_URL, false);
    request.connection_timeout_ms = 500;
    world_submit_request(&world, &request);
    world_turn(&world);
    world_advance(&world, 499);
    assert_int_equal(outcome.finished, 0);
    world_advance(&world, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_TIMEOUT);
    assert_int_equal(outcome.cause, AVS_CAUSE_CONNECT_TIMEOUT);
    assert_true(outcome.has_evidence);
    world_done(&world);
}

static void a_dial_that_never_ends_times_out_for_all(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[2];
    world_init(&world);
    world_submit(&world, &outcomes[0], WORLD_URL);
    world_submit(&world, &outcomes[1], WORLD_URL);
    world_turn(&world);
    world_advance(&world, AVS_CONNECT_TIMEOUT_MS_DEFAULT + 1000);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(outcomes[i].finished, 1);
        assert_int_equal(outcomes[i].finish, AVS_FINISH_TIMEOUT);
        assert_int_equal(outcomes[i].cause, AVS_CAUSE_CONNECT_TIMEOUT);
    }
    assert_int_equal(world.conn_count, 1); /* reconnecting is the owner's business */
    world_done(&world);
}

static void a_failed_dial_tells_all_and_the_next_submit_dials_again(void **state) {
    (void)state;
    struct world world;
    struct outcome outcomes[3];
    world_init(&world);
    world_submit(&world, &outcomes[0], WORLD_URL);
    world_submit(&world, &outcomes[1], WORLD_URL);
    world_turn(&world);
    world.conns[0].conn->evidence.dial.outcome = AVS_DIAL_REFUSED;
    avs_conn_on_down(world.conns[0].conn, NULL, world.now_us);
    world_turn(&world);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(outcomes[i].finish, AVS_FINISH_INTERNAL_ERROR);
        assert_int_equal(outcomes[i].cause, AVS_CAUSE_CONNECT_REFUSED);
    }
    world_submit(&world, &outcomes[2], WORLD_URL);
    world_turn(&world);
    assert_int_equal(world.conn_count, 2);
    world_done(&world);
}

static void a_dial_refused_at_once_finishes_too(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world.is_refused = true;
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_PROXY_FAILED);
    world_done(&world);
}

static void shutdown_finishes_queued_and_open_and_refuses_new(void **state) {
    (void)state;
    struct world world;
    struct outcome open_one, queued, unseen, late;
    world_init(&world);
    world_submit(&world, &open_one, WORLD_URL);
    world_connect(&world, 0);
    world_submit(&world, &queued, "https://other.example/");
    world_turn(&world);
    world_submit(&world, &unseen, WORLD_URL);
    (void)avs_inbox_shut_down(&world.core.any.inbox);
    assert_int_equal(world_submit(&world, &late, WORLD_URL), 0);
    world_turn(&world);
    const struct outcome *all[] = {&open_one, &queued, &unseen};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(all[i]->finished, 1);
        assert_int_equal(all[i]->finish, AVS_FINISH_CANCELLED);
        assert_int_equal(all[i]->cause, AVS_CAUSE_SHUT_DOWN);
    }
    assert_int_equal(late.finished, 0);
    assert_true(avs_core_is_finished(&world.core));
    assert_int_equal(world_sent(&world, 0, FRAME_GOAWAY, 0), 1);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_before_connect_finishes_once),
        cmocka_unit_test(cancel_before_the_loop_saw_it),
        cmocka_unit_test(origins_of_cancelled_requests_make_room),
        cmocka_unit_test(a_stale_id_touches_no_other_request),
        cmocka_unit_test(the_others_keep_the_dial),
        cmocka_unit_test(one_dial_at_a_time_for_an_origin),
        cmocka_unit_test(one_origin_too_many_is_told),
        cmocka_unit_test(connection_timeout_names_the_step),
        cmocka_unit_test(a_dial_that_never_ends_times_out_for_all),
        cmocka_unit_test(a_failed_dial_tells_all_and_the_next_submit_dials_again),
        cmocka_unit_test(a_dial_refused_at_once_finishes_too),
        cmocka_unit_test(shutdown_finishes_queued_and_open_and_refuses_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
