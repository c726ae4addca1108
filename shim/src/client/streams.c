/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of a connection: what the HTTP/2 engine calls, handed on to the exchanges they belong
 * to, and what becomes of an exchange whose stream ended. */
#include "base/log.h"
#include "base/text.h"
#include "client/conn_internal.h"
#include "client/log_repeats.h"
#include "client/story.h"
#include "verdict/http_quirks.h"

static struct avs_exchange *exchange_of(struct avs_h2_stream *stream) {
    return stream->user;
}

static void on_settings(void *user, bool is_first) {
    struct avs_conn *conn = user;
    struct avs_core *core = conn->core;
    if (!is_first) {
        avs_story_settings(conn, false);
        return;
    }
    conn->is_ready = true;
    conn->evidence.http.settings_received = true;
    AVS_CORE_COUNT(core, connections_ready);
    AVS_CORE_COUNT(core, connections_open);
    if (conn->evidence.tls.session_resumed) {
        AVS_CORE_COUNT(core, connections_resumed);
    }
    avs_story_settings(conn, true);
    avs_repeats_end(&core->options.log, conn->origin->url, core->loop.now_us);
    if (core->options.on_connected) {
        core->options.on_connected(core->options.user, conn->origin->url, &conn->evidence);
    }
}

static bool on_response_code(void *user, struct avs_h2_stream *stream, int code) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    if (!exchange->loop.has_response) {
        exchange->loop.has_response = true;
        conn->core->loop.awaited_count--;
    }
    exchange->loop.active_us = conn->core->loop.now_us;
    conn->has_served = true;
    conn->origin->unserved = 0;
    avs_story_answered(conn, exchange, code);
    return !exchange->request.on_response_code ||
           exchange->request.on_response_code(exchange->request.user, exchange->id, code);
}

static bool on_header_line(void *user, struct avs_h2_stream *stream, const char *line,
                           size_t length) {
    (void)user;
    struct avs_exchange *exchange = exchange_of(stream);
    return !exchange->request.on_header_line ||
           exchange->request.on_header_line(exchange->request.user, exchange->id, line, length);
}

static void arm_retry(struct avs_conn *conn, struct avs_exchange *exchange) {
    if (exchange->request.pause_retry_ms > 0) {
        exchange->loop.retry_us =
            conn->core->loop.now_us + (int64_t)exchange->request.pause_retry_ms * 1000;
        avs_core_note_deadline(conn->core, exchange->loop.retry_us);
    }
}

static void set_window(struct avs_conn *conn, struct avs_exchange *exchange, uint32_t grown_bytes) {
    struct avs_window *window = &exchange->loop.window;
    conn->grown_bytes += grown_bytes - window->grown_bytes;
    window->grown_bytes = grown_bytes;
    avs_h2_set_window(conn->h2, &exchange->loop.stream,
                      conn->core->options.receive_window_bytes + grown_bytes);
}

/* A stream that waits for window, and whose sink takes all that comes, gets two or four times as
 * much: within the ceiling that all streams of the connection share. */
static void grow_window(struct avs_conn *conn, struct avs_exchange *exchange, size_t length) {
    const struct avs_core_options *options = &conn->core->options;
    struct avs_window *window = &exchange->loop.window;
    const uint32_t first_bytes = options->receive_window_bytes;
    if (window->came_bytes + length <
        first_bytes / 4) { /* most answers: nothing was returned yet */
        window->came_bytes += length;
        return;
    }
    const uint32_t room = options->receive_window_max_bytes - first_bytes - conn->grown_bytes;
    if (window->has_paused || room == 0) {
        return;
    }
    uint32_t left = avs_h2_window_left(conn->h2, &exchange->loop.stream);
    unsigned factor = avs_window_came(window, length, left, conn->core->loop.now_us);
    if (factor > 1) {
        uint64_t more = (uint64_t)(first_bytes + window->grown_bytes) * (factor - 1);
        set_window(conn, exchange, window->grown_bytes + (more < room ? (uint32_t)more : room));
    }
}

/* Its sink paused: what is under way must be held, and the window was too large. */
static void shrink_window(struct avs_conn *conn, struct avs_exchange *exchange) {
    struct avs_window *window = &exchange->loop.window;
    window->has_paused = true;
    if (window->grown_bytes > 0) {
        set_window(conn, exchange, 0);
    }
}

static enum avs_sink_result on_data(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    exchange->loop.active_us = conn->core->loop.now_us;
    grow_window(conn, exchange, length);
    if (!exchange->request.on_data) {
        return AVS_SINK_SUCCESS;
    }
    enum avs_sink_result result =
        exchange->request.on_data(exchange->request.user, exchange->id, bytes, length);
    if (result == AVS_SINK_PAUSE) {
        arm_retry(conn, exchange);
        shrink_window(conn, exchange);
    }
    return result;
}

static enum avs_source_result on_read(void *user, struct avs_h2_stream *stream, uint8_t *buffer,
                                      size_t capacity, size_t *ret_length) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    exchange->loop.active_us = conn->core->loop.now_us;
    enum avs_source_result result = exchange->request.on_read(exchange->request.user, exchange->id,
                                                              buffer, capacity, ret_length);
    if (result == AVS_SOURCE_PAUSE || (result == AVS_SOURCE_CONTINUE && *ret_length == 0)) {
        arm_retry(conn, exchange);
    } else {
        avs_conn_expect_answer(conn);
    }
    return result;
}

static void remove_open(struct avs_conn *conn, struct avs_exchange *exchange) {
    avs_exchange_remove(&conn->exchanges, exchange);
    if (conn->exchanges.count == 0) {
        conn->idle_since_us = conn->core->loop.now_us;
        avs_core_note_deadline(conn->core, avs_conn_deadline(conn));
    }
}

void avs_conn_detach(struct avs_conn *conn, struct avs_exchange *exchange) {
    exchange->loop.conn = NULL;
    conn->grown_bytes -= exchange->loop.window.grown_bytes;
    exchange->loop.window.grown_bytes = 0;
    if (!exchange->loop.stream.is_whole) {
        remove_open(conn, exchange);
        return;
    }
    avs_exchange_remove(&conn->whole, exchange);
    if (conn->state == AVS_CONN_ENDED && conn->whole.count == 0) {
        avs_core_note_ended(conn->core);
    }
}

static void on_whole(void *user, struct avs_h2_stream *stream) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    remove_open(conn, exchange);
    avs_exchange_append(&conn->whole, exchange);
}

/* Tell one exchange, and the log, why it failed. */
void avs_conn_fail_exchange(struct avs_conn *conn, struct avs_exchange *exchange,
                            struct avs_failure_box *box) {
    avs_failure_log(conn->core, "requestFailed", exchange, box);
    avs_core_finish(conn->core, exchange, AVS_FINISH_INTERNAL_ERROR, &box->failure);
}

/* A GOAWAY now and then is a server's daily work; one for each try is no HTTP/2 service. */
static enum avs_cause refused_cause(const struct avs_conn *conn,
                                    const struct avs_exchange *exchange) {
    if (!conn->is_draining) {
        return AVS_CAUSE_STREAM_REFUSED;
    }
    return exchange->loop.resends >= AVS_RESENDS_MAX ? avs_h2_cause(&conn->evidence.http)
                                                     : AVS_CAUSE_GOAWAY;
}

static void on_closed(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    const char *origin = conn->origin->url;
    struct avs_failure_box box;
    avs_conn_detach(conn, exchange);
    switch (end) {
    case AVS_H2_COMPLETE:
    case AVS_H2_ABORTED: /* its owner knows why: no failure, as under the stock transport */
        avs_core_finish(conn->core, exchange, AVS_FINISH_COMPLETE, NULL);
        return;
    case AVS_H2_REFUSED:
        if (avs_conn_may_resend(exchange)) {
            avs_conn_resend(conn, exchange);
            return;
        }
        avs_failure_set(&box, refused_cause(conn, exchange), origin, &conn->evidence,
                        "the server did not process the request (%s), and it cannot be sent again: "
                        "%s",
                        conn->is_draining ? "GOAWAY" : "REFUSED_STREAM",
                        exchange->loop.resends >= AVS_RESENDS_MAX ? "it was tried often enough"
                                                                  : "its body has been read");
        break;
    case AVS_H2_RESET:
        avs_failure_set(
            &box,
            avs_h2_cause(&(const struct avs_http_facts){.rst_received = true, .rst_code = h2_code}),
            origin, &conn->evidence, "the server reset the stream: %s (%u)",
            avs_h2_code_name(h2_code), h2_code);
        break;
    case AVS_H2_MALFORMED:
        avs_failure_set(&box, AVS_CAUSE_HTTP2_ERROR, origin, &conn->evidence,
                        "the answer breaks the rules of HTTP/2 (%s)", avs_h2_code_name(h2_code));
        break;
    case AVS_H2_TOO_LARGE:
        avs_failure_set(&box, AVS_CAUSE_HTTP2_ERROR, origin, &conn->evidence,
                        "the header of the answer is larger than %u bytes or %u lines",
                        AVS_H2_HEADER_BLOCK_BYTES, AVS_H2_HEADER_COUNT);
        break;
    case AVS_H2_NO_MEMORY:
        avs_failure_set(&box, AVS_CAUSE_OUT_OF_MEMORY, origin, &conn->evidence, "out of memory");
        break;
    }
    if (end == AVS_H2_RESET || end == AVS_H2_MALFORMED || end == AVS_H2_REFUSED) {
        box.error.has_h2_code = 1;
        box.error.h2_code = h2_code;
    }
    avs_conn_fail_exchange(conn, exchange, &box);
}

static void on_goaway(void *user, uint32_t h2_code, uint32_t last_stream_id) {
    struct avs_conn *conn = user;
    struct avs_core *core = conn->core;
    if (!conn->evidence.http.goaway_received) {
        conn->pushed_due_us = core->loop.now_us + AVS_GOAWAY_DRAIN_MAX_MS * INT64_C(1000);
        avs_core_note_deadline(core, conn->pushed_due_us);
    }
    conn->evidence.http.goaway_received = true;
    conn->evidence.http.goaway_code = h2_code;
    avs_conn_drain(conn);
    if (last_stream_id == 0 && !conn->has_served) {
        avs_core_back_off(core, conn->origin);
    }
    AVS_CORE_COUNT(core, goaways_received);
    avs_story_goaway(conn, h2_code, last_stream_id);
    if (core->options.on_goaway) {
        core->options.on_goaway(core->options.user, conn->origin->url, h2_code, last_stream_id);
    }
}

static void on_ping_ack(void *user, const uint8_t payload[8]) {
    (void)payload;
    avs_story_ping_answered(user);
}

const struct avs_h2_callbacks avs_conn_callbacks = {
    .on_settings = on_settings,
    .on_response_code = on_response_code,
    .on_header_line = on_header_line,
    .on_data = on_data,
    .on_read = on_read,
    .on_whole = on_whole,
    .on_closed = on_closed,
    .on_goaway = on_goaway,
    .on_ping_ack = on_ping_ack,
};
