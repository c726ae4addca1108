/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that is cut: what had not left yet and what may be asked twice moves to the next
 * one, the rest fails, for nobody can know whether the server saw it. */
#include "support/world.h"

static const struct row {
    const char *name, *method;
    bool has_body; /* its source gives some of it, or pauses at once */
    bool is_read;
    bool has_served; /* the connection, another request before */
    bool is_answered;
    bool is_moved;
} rows[] = {
    {"a GET on a connection that has served", NULL, false, false, true, false, true},
    {"a HEAD", "HEAD", false, false, true, false, true},
    {"an OPTIONS", "OPTIONS", false, false, true, false, true},
    {"a GET on a new connection", NULL, false, false, false, false, false},
    {"a GET whose answer has begun", NULL, false, false, true, true, false},
    {"a POST without a body", "POST", false, false, true, false, false},
    {"a DELETE", "DELETE", false, false, true, false, false},
    {"a POST that has sent some", NULL, true, true, true, false, false},
    {"a POST whose source has given nothing", NULL, true, false, true, false, true},
    {"a GET with a body", "GET", true, true, true, false, false},
    {"a POST like that on a new connection", NULL, true, false, false, false, false},
};

static void run_row(const struct row *row) {
    struct world world;
    struct outcome first, outcome;
    world_init(&world);
    if (row->has_served) {
        world_submit(&world, &first, WORLD_URL);
        world_connect(&world, 0);
        peer_headers(&world.conns[0].script, 1, 204, NULL, true);
        world_feed(&world, 0);
    }
    outcome_init(&outcome);
    outcome.source_left = 1000000;
    outcome.pauses_source = !row->is_read;
    struct avs_request request = outcome_request(&outcome, WORLD_URL, row->has_body);
    request.method = row->method;
    world_submit_request(&world, &request);
    world_turn(&world);
    if (!row->has_served) {
        world_connect(&world, 0);
    }
    const uint32_t stream = row->has_served ? 3 : 1;
    assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, stream), 1);
    if (row->is_answered) {
        peer_headers(&world.conns[0].script, stream, 200, NULL, false);
        world_feed(&world, 0);
    }
    world_down(&world, 0, AVS_CLOSE_RESET);
    assert_int_equal(outcome.finished, !row->is_moved);
    assert_int_equal(world.conn_count, row->is_moved ? 2 : 1);
    if (row->is_moved) {
        world_connect(&world, 1);
        peer_headers(&world.conns[1].script, 1, 200, NULL, true);
        world_feed(&world, 1);
        assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    } else {
        assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
        assert_int_equal(outcome.cause, AVS_CAUSE_CONNECTION_LOST);
    }
    world_done(&world);
}

static void what_may_be_asked_twice_moves(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("           %s\n", rows[i].name);
        run_row(&rows[i]);
    }
}

static void what_had_not_left_moves(void **state) {
    (void)state;
    struct world world;
    struct outcome first, post;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    world.conns[0].is_blocked = true;
    outcome_init(&post);
    post.source_left = 10;
    const struct avs_request request = outcome_request(&post, WORLD_URL, true);
    world_submit_request(&world, &request);
    world_turn(&world);
    world_down(&world, 0, AVS_CLOSE_EOF);
    assert_int_equal(first.cause, AVS_CAUSE_CONNECTION_LOST);
    world_connect(&world, 1);
    peer_headers(&world.conns[1].script, 1, 204, NULL, true);
    world_feed(&world, 1);
    assert_int_equal(post.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(post.source_left, 0);
    world_done(&world);
}

/* A server that cuts every connection with its second request. */
static void it_moves_twice_at_most(void **state) {
    (void)state;
    struct world world;
    struct outcome first, outcome;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    for (size_t i = 0; i < AVS_RESENDS_MAX; i++) {
        struct outcome other;
        world_down(&world, i, AVS_CLOSE_RESET);
        world_submit(&world, &other, WORLD_URL);
        world_connect(&world, i + 1);
        peer_headers(&world.conns[i + 1].script, 3, 204, NULL, true);
        world_feed(&world, i + 1);
        assert_int_equal(other.finish, AVS_FINISH_COMPLETE);
        assert_int_equal(outcome.finished, 0);
    }
    world_down(&world, AVS_RESENDS_MAX, AVS_CLOSE_RESET);
    assert_int_equal(outcome.cause, AVS_CAUSE_CONNECTION_LOST);
    assert_int_equal(world.stats.streams_retried, AVS_RESENDS_MAX);
    world_done(&world);
}

static void a_late_cut_is_a_dead_path(void **state) {
    (void)state;
    struct world world;
    struct outcome first, outcome;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_advance(&world, 1000);
    world_down(&world, 0, AVS_CLOSE_RESET); /* of TCP_USER_TIMEOUT, say */
    assert_int_equal(outcome.cause, AVS_CAUSE_CONNECTION_LOST);
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

static void a_dead_peer_is_no_cut(void **state) {
    (void)state;
    struct world world;
    struct outcome first, outcome;
    world_init(&world);
    world_submit(&world, &first, WORLD_URL);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_advance(&world, AVS_PING_TIMEOUT_MS_DEFAULT); /* its owner hears of it in time */
    assert_int_equal(outcome.cause, AVS_CAUSE_PEER_UNRESPONSIVE);
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_asked_twice_moves),
        cmocka_unit_test(what_had_not_left_moves),
        cmocka_unit_test(it_moves_twice_at_most),
        cmocka_unit_test(a_late_cut_is_a_dead_path),
        cmocka_unit_test(a_dead_peer_is_no_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
