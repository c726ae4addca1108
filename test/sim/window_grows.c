/* SPDX-License-Identifier: Apache-2.0 */
/* A download over a long way: the window grows until the way is full, and for nothing else. The
 * path here has a round trip and a pace; its peer sends as much as its window allows, as soon as it
 * can. */
#include "support/world.h"

#define MIB     (1u << 20)
#define FRAME   16384u
#define STREAMS 3u
#define NEVER   INT64_MAX
#define UPDATES 64 /* of one stream, under way at once */

static uint8_t filler[FRAME];

/* What the peer knows of one stream's window. */
struct flow {
    uint32_t id;
    uint64_t sent, allowed;
    struct {
        int64_t at_us; /* when the first byte that it allows can be here */
        uint32_t bytes;
    } updates[UPDATES];
    size_t update_count;
};

struct path {
    struct world world;
    struct outcome outcomes[STREAMS];
    struct flow flows[STREAMS];
    size_t flow_count;
    size_t seen;        /* bytes of what the client sent */
    int64_t round_us;   /* one round trip */
    int64_t frame_us;   /* between two frames, at the path's pace */
    int64_t sink_us;    /* that the sink keeps the loop for each */
    int64_t arrival_us; /* of the last frame */
};

static void begin(struct path *path, size_t streams, int64_t round_us, int64_t frame_us) {
    *path = (struct path){.round_us = round_us, .frame_us = frame_us, .flow_count = streams};
    world_init(&path->world);
    for (size_t i = 0; i < streams; i++) {
        world_submit(&path->world, &path->outcomes[i], WORLD_URL);
        path->flows[i] =
            (struct flow){.id = (uint32_t)(2 * i + 1), .allowed = AVS_RECEIVE_WINDOW_BYTES_DEFAULT};
    }
    world_connect(&path->world, 0);
    peer_settings_ack(&path->world.conns[0].script);
    for (size_t i = 0; i < streams; i++) {
        peer_headers(&path->world.conns[0].script, path->flows[i].id, 200, NULL, false);
    }
    world_feed(&path->world, 0);
    path->arrival_us = path->world.now_us;
}

static void read_updates(struct path *path) {
    const struct world_conn *conn = &path->world.conns[0];
    struct peer_seen frame;
    if (path->seen == 0) {
        path->seen = PEER_PREFACE_BYTES;
    }
    while (peer_next(conn->sent, conn->sent_length, &path->seen, &frame)) {
        for (size_t i = 0; frame.type == FRAME_WINDOW_UPDATE && i < path->flow_count; i++) {
            struct flow *flow = &path->flows[i];
            if (flow->id == frame.stream_id) {
                assert_true(flow->update_count < UPDATES);
                flow->updates[flow->update_count].at_us = path->world.now_us + path->round_us;
                flow->updates[flow->update_count++].bytes = peer_u32(frame.payload);
            }
        }
    }
}

/* Until when the next frame of `flow` must wait for window; 0 = it need not. */
static int64_t waits_until(struct flow *flow, int64_t now_us) {
    while (flow->update_count > 0 &&
           (flow->updates[0].at_us <= now_us)) { /* it has heard of this one */
        flow->allowed += flow->updates[0].bytes;
        memmove(flow->updates, flow->updates + 1, --flow->update_count * sizeof(flow->updates[0]));
    }
    if (flow->allowed > flow->sent) {
        return 0;
    }
    return flow->update_count > 0 ? flow->updates[0].at_us : NEVER;
}

/* One frame of whichever stream may send first, each in turn; false when none ever may. */
static bool step(struct path *path, size_t turn) {
    read_updates(path);
    int64_t at_us = path->arrival_us + path->frame_us;
    struct flow *next = NULL;
    int64_t first_us = NEVER;
    for (size_t i = 0; i < path->flow_count && first_us > 0; i++) {
        struct flow *flow = &path->flows[(turn + i) % path->flow_count];
        int64_t until_us = waits_until(flow, at_us);
        if (until_us < first_us) {
            first_us = until_us;
            next = flow;
        }
    }
    if (!next) {
        return false;
    }
    at_us = first_us > at_us ? first_us : at_us;
    (void)waits_until(next, at_us);
    path->arrival_us = at_us;
    if (at_us > path->world.now_us) {
        path->world.now_us = at_us;
    }
    uint64_t room = next->allowed - next->sent;
    size_t length = room < FRAME ? (size_t)room : FRAME;
    struct world_conn *conn = &path->world.conns[0];
    conn->script.length = conn->fed = 0;
    peer_data(&conn->script, next->id, filler, length, false);
    next->sent += length;
    world_feed(&path->world, 0);
    path->world.now_us += path->sink_us;
    return true;
}

static void run(struct path *path, uint64_t bytes) {
    uint64_t total = 0;
    for (size_t turn = 0; total < bytes; turn++) {
        uint64_t before = 0, after = 0;
        for (size_t i = 0; i < path->flow_count; i++) {
            before += path->flows[i].sent;
        }
        if (!step(path, turn)) {
            return;
        }
        for (size_t i = 0; i < path->flow_count; i++) {
            after += path->flows[i].sent;
        }
        total += after - before;
    }
}

/* All that the peer has been allowed, beyond what the sink has taken. */
static uint64_t window_of(struct path *path, size_t index) {
    struct flow *flow = &path->flows[index];
    read_updates(path);
    uint64_t allowed = flow->allowed;
    for (size_t i = 0; i < flow->update_count; i++) {
        allowed += flow->updates[i].bytes;
    }
    return allowed - path->outcomes[index].bytes;
}

static void a_long_way_gets_the_window_that_fills_it(void **state) {
    (void)state;
    static const struct {
        int64_t round_us, frame_us;
        uint32_t window; /* at the end; what is under way is round_us / frame_us frames */
    } rows[] = {
        {20000, 4000, 1 * MIB},  /* 4 MB/s, 80 kB under way: enough from the start */
        {100000, 1638, 2 * MIB}, /* 10 MB/s, 1 MB: what is given back at half must last */
        {100000, 400, 8 * MIB},  /* 41 MB/s, 4 MB */
        {100000, 100, 16 * MIB}, /* 164 MB/s, 16 MB: the ceiling */
        {200000, 10, 16 * MIB},  /* and far beyond it */
        {100, 10, 1 * MIB},      /* 1.6 GB/s, next door */
        {600000, 8192, 2 * MIB}, /* 2 MB/s by satellite */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct path path;
        begin(&path, 1, rows[i].round_us, rows[i].frame_us);
        run(&path, 128 * MIB);
        uint32_t window = path.world.core.loop.conns->grown_bytes + MIB;
        if (window != rows[i].window) {
            fail_msg("row %zu: %.2f MiB", i, (double)window / MIB);
        }
        assert_true(window_of(&path, 0) <= window);
        world_done(&path.world);
    }
}

static void it_is_faster_than_the_first_window(void **state) {
    (void)state;
    int64_t taken_us[2];
    for (int grows = 0; grows < 2; grows++) {
        struct path path;
        begin(&path, 1, 100000, 400);
        if (!grows) {
            path.world.core.options.receive_window_max_bytes = AVS_RECEIVE_WINDOW_BYTES_DEFAULT;
        }
        int64_t start_us = path.world.now_us;
        run(&path, 64 * MIB);
        taken_us[grows] = path.world.now_us - start_us;
        world_done(&path.world);
    }
    /* without: a window for each round trip; with: the path's pace but for the first ones */
    assert_true(taken_us[0] >= 63 * 100000);
    assert_true(taken_us[1] <= 64 * 64 * 400 + 10 * 100000);
}

static void a_slow_sink_gets_no_more(void **state) {
    (void)state;
    struct path path;
    begin(&path, 1, 50000, 10); /* the path could do a hundred times more than the sink */
    path.sink_us = 2000;
    run(&path, 64 * MIB);
    assert_int_equal(path.world.core.loop.conns->grown_bytes, 0);
    assert_true(window_of(&path, 0) <= MIB);
    world_done(&path.world);
}

static void a_sink_that_pauses_goes_back_to_the_first_window(void **state) {
    (void)state;
    struct path path;
    begin(&path, 1, 100000, 100);
    run(&path, 64 * MIB);
    assert_int_equal(path.world.core.loop.conns->grown_bytes, 15 * MIB);
    path.outcomes[0].sink_pauses = 1;
    run(&path, 1000 * MIB); /* all that its window allows, and not more */
    assert_int_equal(path.world.core.loop.conns->grown_bytes, 0);
    uint64_t held = path.flows[0].sent - path.outcomes[0].bytes;
    assert_true(held <= 16 * MIB);
    const struct avs_exchange *exchange = path.world.core.loop.all_first;
    (void)avs_inbox_resume(&path.world.core.any.inbox, exchange->id);
    world_turn(&path.world);
    assert_int_equal(path.flows[0].sent, path.outcomes[0].bytes);
    run(&path, 64 * MIB); /* and on it goes */
    assert_true(window_of(&path, 0) <= MIB);
    assert_int_equal(path.world.core.loop.conns->grown_bytes, 0);
    path.outcomes[0].sink_pauses = 1; /* now it holds what a sink always could */
    run(&path, 1000 * MIB);
    assert_true(path.flows[0].sent - path.outcomes[0].bytes <= MIB);
    world_done(&path.world);
}

static void the_streams_of_a_connection_share_the_ceiling(void **state) {
    (void)state;
    struct path path;
    begin(&path, STREAMS, 200000, 10);
    run(&path, 512 * MIB);
    const struct avs_conn *conn = path.world.core.loop.conns;
    assert_true(conn->grown_bytes > 0 && conn->grown_bytes <= 15 * MIB);
    uint64_t sum = 0;
    for (size_t i = 0; i < STREAMS; i++) {
        assert_true(path.outcomes[i].bytes > 0);
        sum += window_of(&path, i);
    }
    assert_true(sum <= (15 + STREAMS) * MIB);
    /* a stream that ends gives back what it had */
    for (size_t i = 0; i < STREAMS; i++) {
        peer_data(&path.world.conns[0].script, path.flows[i].id, filler, 0, true);
        world_feed(&path.world, 0);
        assert_int_equal(path.outcomes[i].finish, AVS_FINISH_COMPLETE);
    }
    assert_int_equal(conn->grown_bytes, 0);
    world_done(&path.world);
}

static void a_peer_that_is_slow_itself_gets_no_more(void **state) {
    (void)state;
    struct path path;
    begin(&path, 1, 50000, 30000); /* half a megabyte a second: speech, a file from a slow disk */
    run(&path, 16 * MIB);
    assert_int_equal(path.world.core.loop.conns->grown_bytes, 0);
    world_done(&path.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_way_gets_the_window_that_fills_it),
        cmocka_unit_test(it_is_faster_than_the_first_window),
        cmocka_unit_test(a_slow_sink_gets_no_more),
        cmocka_unit_test(a_sink_that_pauses_goes_back_to_the_first_window),
        cmocka_unit_test(the_streams_of_a_connection_share_the_ceiling),
        cmocka_unit_test(a_peer_that_is_slow_itself_gets_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
