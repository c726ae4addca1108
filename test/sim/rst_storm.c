/* SPDX-License-Identifier: Apache-2.0 */
/* RST_STREAM, one and many: refused streams are sent again within a bound, others fail with the
 * server's code, and whatever else arrives for a dead stream changes nothing. */
#include "support/world.h"

enum { REFUSED_STREAM = 7, INTERNAL_ERROR = 2, NO_ERROR = 0 };

static void a_refused_stream_is_sent_again_within_a_bound(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    for (uint32_t i = 0; i <= AVS_RESENDS_MAX; i++) {
        assert_int_equal(outcome.finished, 0);
        assert_int_equal(world_sent(&world, 0, FRAME_HEADERS, 0), i + 1);
        peer_rst(&world.conns[0].script, 2 * i + 1, REFUSED_STREAM);
        world_feed(&world, 0);
    }
    assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(outcome.cause, AVS_CAUSE_STREAM_REFUSED);
    assert_int_equal(world.conn_count, 1);
    world_done(&world);
}

static void a_refused_stream_that_succeeds_later(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    peer_rst(&world.conns[0].script, 1, REFUSED_STREAM);
    peer_headers(&world.conns[0].script, 1, 200, NULL, true); /* too late */
    world_feed(&world, 0);
    assert_int_equal(outcome.codes, 0);
    peer_headers(&world.conns[0].script, 3, 201, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(outcome.code, 201);
    world_done(&world);
}

static void other_codes_fail_the_stream_alone(void **state) {
    (void)state;
    struct world world;
    struct outcome failed, other;
    world_init(&world);
    world_submit(&world, &failed, WORLD_URL);
    world_submit(&world, &other, WORLD_URL);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 200, NULL, false);
    peer_rst(&world.conns[0].script, 1, INTERNAL_ERROR);
    peer_headers(&world.conns[0].script, 3, 200, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(failed.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_int_equal(failed.cause, AVS_CAUSE_HTTP2_ERROR);
    assert_non_null(strstr(failed.message, "INTERNAL_ERROR"));
    assert_int_equal(other.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void no_error_after_the_whole_answer_is_success(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.source_left = 1 << 20; /* more than the windows let out */
    const struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 200, NULL, true);
    world_feed(&world, 0);
    assert_int_equal(outcome.finished, 0); /* it still uploads */
    peer_rst(&world.conns[0].script, 1, NO_ERROR);
    world_feed(&world, 0);
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void a_storm_of_resets_finishes_each_once(void **state) {
    (void)state;
    struct world world;
    static struct outcome outcomes[100];
    world_init(&world);
    for (size_t i = 0; i < 100; i++) {
        world_submit(&world, &outcomes[i], WORLD_URL);
    }
    world_connect(&world, 0);
    for (unsigned storm = 0; storm < 3; storm++) {
        for (uint32_t i = 0; i < 100; i++) {
            peer_rst(&world.conns[0].script, 2 * i + 1, INTERNAL_ERROR);
        }
    }
    world_feed(&world, 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(outcomes[i].finished, 1);
        assert_int_equal(outcomes[i].cause, AVS_CAUSE_HTTP2_ERROR);
    }
    world_done(&world);
}

static void a_reset_of_a_stream_never_opened_ends_the_connection(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    peer_rst(&world.conns[0].script, 4711, INTERNAL_ERROR); /* RFC 9113 section 5.1: idle */
    world_feed(&world, 0);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_HTTP2_ERROR);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_stream_is_sent_again_within_a_bound),
        cmocka_unit_test(a_refused_stream_that_succeeds_later),
        cmocka_unit_test(other_codes_fail_the_stream_alone),
        cmocka_unit_test(no_error_after_the_whole_answer_is_success),
        cmocka_unit_test(a_storm_of_resets_finishes_each_once),
        cmocka_unit_test(a_reset_of_a_stream_never_opened_ends_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
