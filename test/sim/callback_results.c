/* SPDX-License-Identifier: Apache-2.0 */
/* What a request's own callbacks answer, and how it then ends: as under the SDK's stock transport,
 * whose libcurl ends the transfer and whose LibcurlHTTP2Connection then reports COMPLETE. */
#include <string.h>

#include "support/world.h"

/* What it was that said no. */
enum at { AT_CODE, AT_LINE, AT_DATA, AT_TRAILER, AT_SOURCE, AT_SOURCE_TOO_MUCH, AT_NOTHING };

struct actor {
    struct outcome outcome;
    enum at at;
    unsigned nth;    /* the nth such call says no */
    unsigned pauses; /* before, each call answers PAUSE that often */
    unsigned calls;
    bool has_data_begun;
};

static bool says_no(struct actor *actor, enum at at) {
    return actor->at == at && ++actor->calls == actor->nth;
}

static bool on_response_code(void *user, uint64_t id, int code) {
    struct actor *actor = user;
    (void)id;
    actor->outcome.code = code;
    return !says_no(actor, AT_CODE);
}

static bool on_header_line(void *user, uint64_t id, const char *line, size_t length) {
    struct actor *actor = user;
    (void)id;
    assert_int_equal(strlen(line), length);
    actor->outcome.lines++;
    return !says_no(actor, actor->has_data_begun ? AT_TRAILER : AT_LINE);
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct actor *actor = user;
    (void)id;
    (void)bytes;
    if (actor->pauses > 0) {
        actor->pauses--;
        return AVS_SINK_PAUSE;
    }
    actor->has_data_begun = true;
    actor->outcome.bytes += length;
    return says_no(actor, AT_DATA) ? AVS_SINK_ABORT : AVS_SINK_SUCCESS;
}

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    struct actor *actor = user;
    (void)id;
    (void)buffer;
    if (actor->pauses > 0) {
        actor->pauses--;
        return AVS_SOURCE_PAUSE;
    }
    *ret_length = 1;
    if (says_no(actor, AT_SOURCE)) {
        return AVS_SOURCE_ABORT;
    }
    if (actor->at == AT_SOURCE_TOO_MUCH && actor->calls == actor->nth) {
        *ret_length = capacity + 1;
    }
    return AVS_SOURCE_CONTINUE;
}

static const struct row {
    const char *name;
    enum at at;
    unsigned nth, pauses;
    bool has_body, is_answered;
    /* what its owner has seen at the end */
    int code;
    unsigned lines;
    uint64_t bytes;
    unsigned resets; /* RST_STREAM frames that the server sees */
} rows[] = {
    {"nobody says no", AT_NOTHING, 0, 0, false, true, 200, 4, 6, 0},
    {"the code", AT_CODE, 1, 0, false, true, 200, 0, 0, 1},
    {"the status line", AT_LINE, 1, 0, false, true, 200, 1, 0, 1},
    {"a header line", AT_LINE, 2, 0, false, true, 200, 2, 0, 1},
    {"the empty line", AT_LINE, 3, 0, false, true, 200, 3, 0, 1},
    {"the first chunk", AT_DATA, 1, 0, false, true, 200, 3, 3, 1},
    {"the second chunk", AT_DATA, 2, 0, false, true, 200, 3, 6, 1},
    {"a chunk after a pause", AT_DATA, 1, 2, false, true, 200, 3, 3, 0}, /* all had come */
    {"a trailer", AT_TRAILER, 1, 0, false, true, 200, 4, 6, 1},
    {"the source at once", AT_SOURCE, 1, 0, true, false, 0, 0, 0, 1},
    {"the source later", AT_SOURCE, 5, 0, true, false, 0, 0, 0, 1},
    {"the source after a pause", AT_SOURCE, 1, 2, true, false, 0, 0, 0, 1},
    {"the source after the answer began", AT_SOURCE, 1, 3, true, true, 200, 3, 0, 1},
    {"a source that wrote too much", AT_SOURCE_TOO_MUCH, 0, 0, true, false, 0, 0, 0, 1},
};

static void run_row(const struct row *row) {
    struct world world;
    struct actor actor = {.at = row->at, .nth = row->nth, .pauses = row->pauses};
    static const char *const lines[] = {"content-type: text/plain", NULL};
    static const char *const trailer[] = {"checksum: 1", NULL};
    world_init(&world);
    outcome_init(&actor.outcome);
    struct avs_request request = outcome_request(&actor.outcome, WORLD_URL, row->has_body);
    request.on_response_code = on_response_code;
    request.on_header_line = on_header_line;
    request.on_data = on_data;
    request.on_read = row->has_body ? on_read : NULL;
    request.pause_retry_ms = 10;
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    if (row->is_answered) {
        struct peer_script *script = &world.conns[0].script;
        peer_headers(script, 1, 200, lines, false);
        if (!row->has_body) {
            peer_data(script, 1, "one", 3, false);
            peer_data(script, 1, "two", 3, false);
            peer_headers(script, 1, 0, trailer, true);
        }
        world_feed(&world, 0);
    }
    world_advance(&world, 100);
    assert_int_equal(actor.outcome.finished, 1);
    assert_int_equal(actor.outcome.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(actor.outcome.cause, AVS_CAUSE_NONE); /* COMPLETE has no failure */
    assert_int_equal(actor.outcome.code, row->code);
    assert_int_equal(actor.outcome.lines, row->lines);
    assert_int_equal(actor.outcome.bytes, row->bytes);
    assert_int_equal(world_sent(&world, 0, FRAME_RST_STREAM, 1), row->resets);
    assert_non_null(world.conns[0].conn); /* the other streams go on */
    world_done(&world);
}

static void every_no_ends_the_request_as_under_stock(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("           %s\n", rows[i].name);
        run_row(&rows[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_no_ends_the_request_as_under_stock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
