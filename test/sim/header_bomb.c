/* SPDX-License-Identifier: Apache-2.0 */
/* Header blocks that are larger than anything honest: the stream ends, the memory does not, and the
 * connection serves the others. */
#include "support/world.h"

static char big_line[8192];
static const char *lines[AVS_H2_HEADER_COUNT + 16];

static void make_lines(size_t count, size_t bytes) {
    memset(big_line, 'b', bytes);
    memcpy(big_line, "x-bomb: ", 8);
    big_line[bytes] = '\0';
    for (size_t i = 0; i < count; i++) {
        lines[i] = big_line;
    }
    lines[count] = NULL;
}

static void a_bomb_ends_its_stream_alone(void **state) {
    (void)state;
    static const size_t rows[][2] = {{AVS_H2_HEADER_COUNT + 1, 12}, {9, 8000}};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        struct outcome bombed, other;
        world_init(&world);
        world_submit(&world, &bombed, WORLD_URL);
        world_submit(&world, &other, WORLD_URL);
        world_connect(&world, 0);
        make_lines(rows[i][0], rows[i][1]);
        peer_headers(&world.conns[0].script, 1, 200, lines, true);
        peer_headers(&world.conns[0].script, 3, 200, NULL, true);
        world_feed(&world, 0);
        assert_int_equal(bombed.finish, AVS_FINISH_INTERNAL_ERROR);
        assert_int_equal(bombed.cause, AVS_CAUSE_HTTP2_ERROR);
        assert_non_null(strstr(bombed.message, "larger than"));
        assert_true(bombed.lines <= AVS_H2_HEADER_COUNT);
        assert_int_equal(other.finish, AVS_FINISH_COMPLETE);
        world_done(&world);
    }
}

/* RFC 7541: one large entry in the dynamic table, then thousands of one-byte references to it. */
static void an_hpack_bomb_is_counted_as_what_it_becomes(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    struct peer_script block = {0};
    static const uint8_t status_200[] = {0x88};
    static const uint8_t literal_indexed[] = {0x40, 1, 'x', 0x7f, 0xa1, 0x1e}; /* 4000 bytes */
    static const uint8_t reference[] = {0x80 | 62};
    static uint8_t value[4000];
    memset(value, 'v', sizeof(value));
    peer_raw(&block, status_200, 1);
    peer_raw(&block, literal_indexed, sizeof(literal_indexed));
    peer_raw(&block, value, sizeof(value));
    for (unsigned i = 0; i < 10000; i++) {
        peer_raw(&block, reference, 1);
    }
    peer_frame(&world.conns[0].script, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1,
               block.bytes, block.length, block.length);
    world_feed(&world, 0);
    peer_done(&block);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
    assert_non_null(strstr(outcome.message, "larger than"));
    assert_true(outcome.lines < 40);
    world_done(&world);
}

static void continuations_without_end_are_cut(void **state) {
    (void)state;
    struct world world;
    struct outcome outcome;
    world_init(&world);
    world_submit(&world, &outcome, WORLD_URL);
    world_connect(&world, 0);
    static const uint8_t status_200[] = {0x88};
    peer_frame(&world.conns[0].script, FRAME_HEADERS, 0, 1, status_200, 1, 1);
    for (unsigned i = 0; i < 20000; i++) {
        peer_frame(&world.conns[0].script, FRAME_CONTINUATION, 0, 1, NULL, 0, 0);
    }
    world_feed(&world, 0);
    assert_int_equal(outcome.finished, 1);
    assert_int_equal(outcome.cause, AVS_CAUSE_HTTP2_ERROR);
    world_done(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bomb_ends_its_stream_alone),
        cmocka_unit_test(an_hpack_bomb_is_counted_as_what_it_becomes),
        cmocka_unit_test(continuations_without_end_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
