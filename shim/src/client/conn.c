/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/2 connection, without its socket. Streams come from the core and end there; what ends
 * the whole connection is decided here, once, and everyone is told the same reason. */
#include "client/conn_internal.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/story.h"
#include "evidence/received.h"
#include "net/dial.h"
#include "verdict/http_quirks.h"

/* ---------------------------------------------------------------- the end of a connection */

void avs_conn_drain(struct avs_conn *conn) {
    conn->is_draining = true;
    if (conn->origin->conn == conn) {
        conn->origin->conn = NULL;
    }
}

/* From now on nobody finds it; the core sweeps it when nothing of it is on the stack. */
static void retire(struct avs_conn *conn) {
    conn->state = AVS_CONN_ENDED;
    conn->pushed_due_us = AVS_NEVER_US;
    if (conn->origin->conn == conn) {
        conn->origin->conn = NULL;
    }
    avs_core_note_ended(conn->core);
    if (conn->is_ready) {
        (void)__atomic_sub_fetch(&conn->core->any.stats->connections_open, 1, __ATOMIC_RELAXED);
    }
}

static void note_http_facts(struct avs_conn *conn) {
    struct avs_http_facts *http = &conn->evidence.http;
    if (conn->h2) {
        const struct avs_h2_facts *facts = avs_h2_facts(conn->h2);
        http->rst_received = facts->rst_received;
        http->rst_code = facts->rst_code;
        http->protocol_error = facts->protocol_error;
        http->is_flood = facts->is_flood;
    }
}

static void disconnected(struct avs_conn *conn, const struct avs_failure *failure) {
    struct avs_core *core = conn->core;
    if (conn->is_ready && core->options.on_disconnected) {
        core->options.on_disconnected(core->options.user, conn->origin->url, failure);
    }
}

static void fail(struct avs_conn *conn, enum avs_finish finish, struct avs_failure_box *box) {
    struct avs_core *core = conn->core;
    struct avs_exchange_list *waiting = &conn->origin->queue;
    bool is_origins_own = conn->origin->conn == conn;
    retire(conn);
    note_http_facts(conn);
    avs_failure_log(core, conn->is_ready ? "connectionLost" : "connectFailed", NULL, box);
    size_t waiting_count = conn->is_ready || !is_origins_own ? 0 : waiting->count;
    while (conn->exchanges.first) {
        struct avs_exchange *exchange = conn->exchanges.first;
        if (avs_conn_may_move(conn, exchange)) {
            avs_h2_cancel(conn->h2, &exchange->loop.stream, AVS_H2_CODE_CANCEL);
            avs_conn_detach(conn, exchange);
            avs_conn_resend(conn, exchange);
        } else {
            avs_core_finish(core, exchange, finish, &box->failure);
        }
    }
    for (; waiting_count > 0 && waiting->first; waiting_count--) {
        avs_core_finish(core, waiting->first, finish, &box->failure);
    }
    disconnected(conn, &box->failure);
}

void avs_conn_fail(struct avs_conn *conn, enum avs_finish finish, enum avs_cause cause,
                   const char *format, ...) {
    struct avs_failure_box box;
    va_list arguments;
    va_start(arguments, format);
    avs_failure_setv(&box, cause, conn->origin->url, &conn->evidence, format, arguments);
    va_end(arguments);
    fail(conn, finish, &box);
}

void avs_conn_end_quietly(struct avs_conn *conn) {
    retire(conn);
    note_http_facts(conn);
    if (conn->h2) {
        avs_h2_goaway(conn->h2, AVS_H2_CODE_NO_ERROR);
    }
    avs_story_closed(conn);
    disconnected(conn, NULL);
}

void avs_conn_free(struct avs_conn *conn) {
    const struct avs_core_options *options = &conn->core->options;
    if (options->on_connection_ended) {
        options->on_connection_ended(options->user, &conn->evidence);
    }
    conn->origin->conn_count--;
    conn->core->loop.conn_count--;
    avs_h2_free(conn->h2);
    free(conn);
}

/* ---------------------------------------------------------------- from the transport */

/* Not ready yet: the evidence knows best. */
void avs_conn_fail_connecting(struct avs_conn *conn, const struct avs_error *error) {
    struct avs_core *core = conn->core;
    enum avs_cause cause = error ? error->cause : AVS_CAUSE_NONE;
    if (cause == AVS_CAUSE_NONE) {
        cause = avs_failure_cause(&conn->evidence, conn->origin->host, core->options.require_ats);
    }
    bool is_timeout = cause == AVS_CAUSE_CONNECT_TIMEOUT || cause == AVS_CAUSE_TLS_TIMEOUT;
    enum avs_finish finish = is_timeout ? AVS_FINISH_TIMEOUT : AVS_FINISH_INTERNAL_ERROR;
    if (cause == AVS_CAUSE_NONE || cause == AVS_CAUSE_CONNECTION_LOST) {
        avs_conn_fail(conn, finish, AVS_CAUSE_CONNECTION_LOST,
                      "the server closed the connection before it said anything in HTTP/2");
    } else if (error) {
        avs_conn_fail(conn, finish, cause, "%s", error->message);
    } else {
        avs_conn_fail(conn, finish, cause, NULL);
    }
}

/* GOAWAY: streams that the server keeps open to push on are opened anew by their owners, so that
 * they share the next connection with the requests that follow. */
static void end_pushed(struct avs_conn *conn) {
    struct avs_exchange *next;
    conn->pushed_due_us = AVS_NEVER_US;
    for (struct avs_exchange *each = conn->exchanges.first; each; each = next) {
        next = each->loop.next;
        if (each->request.is_long_lived) {
            struct avs_failure_box box;
            avs_failure_set(&box, AVS_CAUSE_GOAWAY, conn->origin->url, &conn->evidence,
                            "the server sent GOAWAY, so this long-lived stream was ended: open it "
                            "again, on the next connection");
            avs_core_finish(conn->core, each, AVS_FINISH_INTERNAL_ERROR, &box.failure);
        }
    }
}

/* The SDK closes everything a moment after its long-lived stream has ended, so that stream must be
 * the last one of the origin to end: neither what the old connection still serves nor what went to
 * the next one meanwhile may be cut. A stream that never ends must not hold it for ever. */
void avs_conn_advance_draining(struct avs_conn *conn) {
    if (conn->pushed_due_us != AVS_NEVER_US &&
        (conn->origin->brief_count == 0 || conn->core->loop.now_us >= conn->pushed_due_us)) {
        end_pushed(conn);
    }
    if (conn->exchanges.count == 0) {
        avs_conn_end_quietly(conn);
    }
}

static const char *const close_words[AVS_CLOSE_COUNT] = {
    [AVS_CLOSE_OPEN] = "the connection broke",
    [AVS_CLOSE_CLOSE_NOTIFY] = "the server closed the connection",
    [AVS_CLOSE_EOF] = "the connection was cut without TLS's goodbye",
    [AVS_CLOSE_RESET] = "the connection was reset",
    [AVS_CLOSE_ALERT] = "the TLS connection failed",
};

void avs_conn_on_down(struct avs_conn *conn, const struct avs_error *error, int64_t now_us) {
    if (conn->state == AVS_CONN_ENDED) {
        return;
    }
    conn->core->loop.now_us = now_us;
    conn->is_cut = true;
    if (conn->pushed_due_us != AVS_NEVER_US) {
        end_pushed(conn); /* the server has said why it would go */
    }
    if (!conn->is_ready) {
        avs_conn_fail_connecting(conn, error);
    } else if (conn->exchanges.count == 0) {
        avs_conn_end_quietly(conn); /* the server need not keep what nobody uses */
    } else {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR,
                      conn->is_probe ? AVS_CAUSE_NETWORK_CHANGED : AVS_CAUSE_CONNECTION_LOST,
                      "%s while %zu request%s under way%s", close_words[conn->evidence.http.close],
                      conn->exchanges.count, conn->exchanges.count == 1 ? " was" : "s were",
                      conn->is_draining ? "; it had sent GOAWAY" : "");
    }
}

void avs_conn_on_up(struct avs_conn *conn, int64_t now_us) {
    struct avs_core *core = conn->core;
    core->loop.now_us = now_us;
    const struct avs_h2_options options = {
        .callbacks = &avs_conn_callbacks,
        .user = conn,
        .receive_window_bytes = core->options.receive_window_bytes,
        .receive_window_max_bytes = core->options.receive_window_max_bytes,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_h2_new(&options, &conn->h2, &error) != AVS_OK) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_OUT_OF_MEMORY, "%s",
                      error.message);
        return;
    }
    avs_story_proven(conn);
    conn->state = AVS_CONN_OPEN;
    conn->received_us = conn->idle_since_us = now_us;
}

void avs_conn_on_bytes(struct avs_conn *conn, const uint8_t *bytes, size_t length, int64_t now_us) {
    if (conn->state != AVS_CONN_OPEN) {
        return;
    }
    conn->core->loop.now_us = now_us;
    conn->received_us = now_us;
    conn->unanswered_us = conn->ping_due_us = AVS_NEVER_US;
    conn->is_ping_out = conn->is_probe = false;
    avs_http_received(&conn->evidence.http, &conn->evidence.timing, now_us - conn->opened_us, bytes,
                      length);
    struct avs_error error; /* written on failure only; this path is a busy one */
    error.size = sizeof(error);
    enum avs_status status = avs_h2_feed(conn->h2, bytes, length, &error);
    if (status != AVS_OK) {
        note_http_facts(conn);
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR,
                      status == AVS_ERR_NO_MEMORY ? AVS_CAUSE_OUT_OF_MEMORY
                                                  : avs_h2_cause(&conn->evidence.http),
                      "%s", error.message);
        return;
    }
}

size_t avs_conn_pull(struct avs_conn *conn, uint8_t *buffer, size_t capacity) {
    size_t length = 0;
    struct avs_error error;
    error.size = sizeof(error);
    if (conn->h2 && avs_h2_pull(conn->h2, buffer, capacity, &length, &error) != AVS_OK &&
        conn->state == AVS_CONN_OPEN) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, error.cause, "%s", error.message);
        return 0;
    }
    return length;
}

/* ---------------------------------------------------------------- from the core */

void avs_conn_open(struct avs_core *core, struct avs_origin *origin) {
    struct avs_conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        struct avs_failure_box box;
        avs_failure_set(&box, AVS_CAUSE_OUT_OF_MEMORY, origin->url, NULL, "out of memory");
        for (size_t count = origin->queue.count; count > 0; count--) {
            avs_core_finish(core, origin->queue.first, AVS_FINISH_INTERNAL_ERROR, &box.failure);
        }
        return;
    }
    conn->core = core;
    conn->origin = origin;
    conn->next = core->loop.conns;
    core->loop.conns = conn;
    core->loop.conn_count++;
    origin->conn = conn;
    origin->conn_count++;
    conn->opened_us = core->loop.now_us;
    conn->connect_due_us =
        core->options.connect_timeout_us == AVS_NEVER_US
            ? AVS_NEVER_US
            : core->loop.now_us + core->options.connect_timeout_us + AVS_DIAL_GRACE_US;
    conn->unanswered_us = conn->ping_due_us = conn->pushed_due_us = AVS_NEVER_US;
    conn->evidence.was_attempted = true; /* field by field: most of it is never touched */
    conn->evidence.protocol = AVS_PROTOCOL_H2;
    conn->evidence.tls.alert_received = conn->evidence.tls.alert_sent = -1;
    conn->evidence.tls.trust.gate.verify_error = -1;
    conn->evidence.timing = (struct avs_timing_facts){-1, -1, -1, -1, -1};
    AVS_CORE_COUNT(core, connections_dialled);
    struct avs_error error = AVS_ERROR_INIT;
    if (core->options.transport.open(core->options.transport.user, conn, &error) != AVS_OK) {
        avs_conn_fail_connecting(conn, &error);
        return;
    }
    avs_story_dialling(conn);
    avs_core_note_deadline(core, conn->connect_due_us);
}

bool avs_conn_can_send(struct avs_conn *conn) {
    if (conn->state != AVS_CONN_OPEN || conn->is_draining ||
        conn->exchanges.count >= conn->core->options.max_concurrent_streams) {
        return false;
    }
    if (avs_h2_can_open(conn->h2)) {
        return true;
    }
    if (avs_h2_is_closing(conn->h2)) {
        avs_conn_drain(conn); /* its stream ids are used up */
    }
    return false;
}

void avs_conn_send(struct avs_conn *conn, struct avs_exchange *exchange) {
    const struct avs_h2_request request = {
        .fields = exchange->fields,
        .field_count = exchange->field_count,
        .has_source = exchange->request.on_read != NULL,
        .weight = exchange->request.weight,
    };
    struct avs_error error;
    error.size = sizeof(error);
    exchange->loop.stream.user = exchange;
    exchange->loop.active_us = conn->core->loop.now_us;
    if (avs_h2_submit(conn->h2, &request, &exchange->loop.stream, &error) != AVS_OK) {
        struct avs_failure_box box;
        avs_failure_set(&box, error.cause, conn->origin->url, &conn->evidence, "%s", error.message);
        avs_conn_fail_exchange(conn, exchange, &box);
        return;
    }
    avs_exchange_append(&conn->exchanges, exchange);
    exchange->loop.conn = conn;
    avs_story_sent(conn, exchange);
    avs_conn_expect_answer(conn);
    avs_core_note_deadline(conn->core, avs_conn_deadline(conn));
}

void avs_conn_resume(struct avs_conn *conn, struct avs_exchange *exchange) {
    struct avs_h2_stream *stream = &exchange->loop.stream;
    bool is_paused = stream->is_sink_paused || stream->is_source_paused;
    if (!is_paused || (conn->state != AVS_CONN_OPEN && !stream->is_whole)) {
        return;
    }
    exchange->loop.active_us = conn->core->loop.now_us;
    exchange->loop.retry_us = AVS_NEVER_US;
    avs_h2_resume_source(conn->h2, stream);
    avs_h2_resume_sink(conn->h2, stream); /* the exchange may be gone after this */
}
