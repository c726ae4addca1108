/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that no RFC 9113 peer sends: each ends the connection with the fitting GOAWAY, and every
 * request with the cause, whatever state it was in. */
#include "support/world.h"

static uint8_t filler[17000];

enum { PROTOCOL_ERROR = 1, FLOW_CONTROL_ERROR = 3, FRAME_SIZE_ERROR = 6 };

static const struct {
    const char *name;
    uint8_t type, flags;
    uint32_t stream_id;
    size_t length;
    uint32_t code; /* of our GOAWAY */
} rows[] = {
    {"DATA over 16384", FRAME_DATA, 0, 1, 16385, FRAME_SIZE_ERROR},
    {"HEADERS over 16384", FRAME_HEADERS, FLAG_END_HEADERS, 1, 16385, FRAME_SIZE_ERROR},
    {"PING of 9", FRAME_PING, 0, 0, 9, FRAME_SIZE_ERROR},
    {"RST_STREAM of 5", FRAME_RST_STREAM, 0, 1, 5, FRAME_SIZE_ERROR},
    {"SETTINGS of 7", FRAME_SETTINGS, 0, 0, 7, FRAME_SIZE_ERROR},
    {"SETTINGS ACK with a body", FRAME_SETTINGS, FLAG_ACK, 0, 6, FRAME_SIZE_ERROR},
    {"WINDOW_UPDATE of 3", FRAME_WINDOW_UPDATE, 0, 0, 3, FRAME_SIZE_ERROR},
    {"GOAWAY of 4", FRAME_GOAWAY, 0, 0, 4, FRAME_SIZE_ERROR},
    {"SETTINGS on a stream", FRAME_SETTINGS, 0, 1, 6, PROTOCOL_ERROR},
    {"DATA on stream 0", FRAME_DATA, 0, 0, 1, PROTOCOL_ERROR},
    {"WINDOW_UPDATE of 0", FRAME_WINDOW_UPDATE, 0, 0, 4, PROTOCOL_ERROR},
    {"CONTINUATION of nothing", FRAME_CONTINUATION, FLAG_END_HEADERS, 1, 1, PROTOCOL_ERROR},
};

static void each_ends_the_connection_with_a_cause(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t step = 0; step < 2; step++) { /* also one byte at a time */
            struct world world;
            struct outcome outcome;
            world_init(&world);
            world.step = step;
            world_submit(&world, &outcome, WORLD_URL);
            world_connect(&world, 0);
            peer_frame(&world.conns[0].script, rows[i].type, rows[i].flags, rows[i].stream_id,
                       filler, rows[i].length, rows[i].length);
            world_feed(&world, 0);
            if (outcome.finished != 1 || outcome.cause != AVS_CAUSE_HTTP2_ERROR) {
                fail_msg("%s: finished %u, cause %s", rows[i].name, outcome.finished,
                         avs_cause_info(outcome.cause)->id);
            }
            assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
            assert_null(world.conns[0].conn);
            /* the last frame is the GOAWAY that says why */
            struct peer_seen frame = {0};
            size_t offset = PEER_PREFACE_BYTES;
            while (peer_next(world.conns[0].sent, world.conns[0].sent_length, &offset, &frame)) {
            }
            assert_int_equal(frame.type, FRAME_GOAWAY);
            if (peer_u32(frame.payload + 4) != rows[i].code) {
                fail_msg("%s: GOAWAY with %u", rows[i].name, peer_u32(frame.payload + 4));
            }
            world_done(&world);
        }
    }
}

static void text_is_no_frame(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_turn(&world);
    world_up(&world, 0);
    world.conns[0].script.length = 0; /* no SETTINGS, but this: */
    static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    peer_raw(&world.conns[0].script, text, sizeof(text) - 1);
    world_feed(&world, 0);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_HTTP2_MISSING);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ends_the_connection_with_a_cause),
        cmocka_unit_test(text_is_no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
