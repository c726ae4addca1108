/* SPDX-License-Identifier: Apache-2.0 */
/* A paused sink gets exactly the same chunk again, by resume or after pause_retry_ms; a paused
 * source is asked again; neither is silence in the sense of the activity timeout. */
#include "support/world.h"

#define CHUNKS_MAX 16

struct sink {
    struct outcome outcome;
    unsigned pauses_left;
    unsigned offers;
    size_t lengths[CHUNKS_MAX];
    uint32_t sums[CHUNKS_MAX];
    bool was_paused[CHUNKS_MAX];
};

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct sink *sink = user;
    (void)id;
    assert_true(sink->offers < CHUNKS_MAX);
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum = sum * 31 + bytes[i];
    }
    sink->lengths[sink->offers] = length;
    sink->sums[sink->offers] = sum;
    bool is_pause = sink->pauses_left > 0;
    sink->was_paused[sink->offers++] = is_pause;
    if (is_pause) {
        sink->pauses_left--;
        return AVS_SINK_PAUSE;
    }
    return AVS_SINK_SUCCESS;
}

static uint64_t begin(struct world *world, struct sink *sink, unsigned pauses, int retry_ms) {
    *sink = (struct sink){.pauses_left = pauses};
    world_init(world);
    outcome_init(&sink->outcome);
    struct avs_request request = outcome_request(&sink->outcome, WORLD_URL, false);
    request.user = sink; /* outcome is its first member */
    request.on_data = on_data;
    request.pause_retry_ms = retry_ms;
    request.activity_timeout_ms = 1000;
    uint64_t id = world_submit_request(world, &request);
    world_connect(world, 0);
    peer_headers(&world->conns[0].script, 1, 200, NULL, false);
    return id;
}

static void resume(struct world *world, uint64_t id) {
    (void)avs_inbox_resume(&world->core.any.inbox, id);
    world_turn(world);
}

static void resume_brings_the_same_chunk(void **state) {
    (void)state;
    struct world world;
    struct sink sink;
    uint64_t id = begin(&world, &sink, 3, 0);
    peer_data(&world.conns[0].script, 1, "first chunk", 11, false);
    world_feed(&world, 0);
    peer_data(&world.conns[0].script, 1, "second", 6, true);
    world_feed(&world, 0);
    assert_int_equal(sink.offers, 1);
    world_advance(&world, 5000); /* longer than the activity timeout: the silence is our own */
    assert_int_equal(sink.offers, 1);
    resume(&world, id);
    resume(&world, id);
    assert_int_equal(sink.offers, 3);
    assert_int_equal(sink.outcome.finished, 0);
    resume(&world, id);
    assert_int_equal(sink.offers, 5);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(sink.lengths[i], 11);
        assert_int_equal(sink.sums[i], sink.sums[0]);
    }
    assert_int_equal(sink.lengths[4], 6);
    assert_int_equal(sink.outcome.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void the_retry_timer_resumes_too(void **state) {
    (void)state;
    struct world world;
    struct sink sink;
    begin(&world, &sink, 3, 10);
    peer_data(&world.conns[0].script, 1, "chunk", 5, true);
    world_feed(&world, 0);
    assert_int_equal(sink.offers, 1);
    world_advance(&world, 9);
    assert_int_equal(sink.offers, 1);
    world_advance(&world, 1);
    assert_int_equal(sink.offers, 2);
    world_advance(&world, 20);
    assert_int_equal(sink.offers, 4);
    assert_int_equal(sink.outcome.finish, AVS_FINISH_COMPLETE);
    world_done(&world);
}

static void a_resume_before_the_pause_is_kept_only_when_it_races(void **state) {
    (void)state;
    struct world world;
    struct sink sink;
    uint64_t id = begin(&world, &sink, 1, 0);
    peer_data(&world.conns[0].script, 1, "chunk", 5, true);
    /* posted while the callback runs: the mail is read after the feed */
    avs_conn_on_bytes(world.conns[0].conn, world.conns[0].script.bytes + world.conns[0].fed,
                      world.conns[0].script.length - world.conns[0].fed, world.now_us);
    resume(&world, id);
    assert_int_equal(sink.offers, 2);
    assert_int_equal(sink.outcome.finish, AVS_FINISH_COMPLETE);
    world.conns[0].fed = world.conns[0].script.length;
    world_done(&world);
}

static void a_paused_source_is_asked_again(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    outcome_init(&outcome);
    outcome.pauses_source = true;
    outcome.source_left = 5;
    struct avs_request request = outcome_request(&outcome, WORLD_URL, true);
    request.pause_retry_ms = 10;
    request.activity_timeout_ms = 100;
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    world_advance(&world, 500);
    assert_int_equal(outcome.finished, 0);
    assert_int_equal(world_sent(&world, 0, FRAME_DATA, 1), 0);
    outcome.pauses_source = false;
    world_advance(&world, 10);
    assert_int_equal(world_sent(&world, 0, FRAME_DATA, 1), 1);
    world_advance(&world, 200); /* now the silence is the server's */
    assert_int_equal(outcome.finish, AVS_FINISH_TIMEOUT);
    assert_int_equal(outcome.cause, AVS_CAUSE_RESPONSE_TIMEOUT);
    world_done(&world);
}

static void cancel_while_paused_frees_what_was_held(void **state) {
    (void)state;
    struct world world;
    struct sink sink;
    uint64_t id = begin(&world, &sink, 1, 0);
    peer_data(&world.conns[0].script, 1, "chunk", 5, true);
    world_feed(&world, 0);
    (void)avs_inbox_cancel(&world.core.any.inbox, id);
    world_turn(&world);
    assert_int_equal(sink.outcome.finish, AVS_FINISH_CANCELLED);
    assert_int_equal(sink.outcome.finished, 1);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resume_brings_the_same_chunk),
        cmocka_unit_test(the_retry_timer_resumes_too),
        cmocka_unit_test(a_resume_before_the_pause_is_kept_only_when_it_races),
        cmocka_unit_test(a_paused_source_is_asked_again),
        cmocka_unit_test(cancel_while_paused_frees_what_was_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
