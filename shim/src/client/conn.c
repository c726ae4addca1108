/* One HTTP/2 connection, without its socket. Streams come from the core and end there; what ends
 * the whole connection is decided here, once, and everyone is told the same reason. */
#include "client/conn.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/failure.h"

/* A request that gets no sign of life for this part of the PING timeout makes us ask; the PING is
 * then due when the whole timeout is over. */
#define ASK_AFTER_PART       5
#define PROBE_TIMEOUT_US_MAX 4000000 /* after a change of the network */
#define DIAL_GRACE_US        100000 /* libcurl's own timeout comes first: it knows what it waits for */

static int64_t after(int64_t now_us, int64_t delay_us) {
    return delay_us == AVS_NEVER_US ? AVS_NEVER_US : now_us + delay_us;
}

static struct avs_exchange *exchange_of(struct avs_h2_stream *stream) {
    return stream->user;
}

/* ---------------------------------------------------------------- what the engine calls */

static void on_settings(void *user, bool is_first) {
    struct avs_conn *conn = user;
    struct avs_core *core = conn->core;
    if (!is_first) {
        return;
    }
    conn->is_ready = true;
    conn->evidence.http.settings_received = true;
    AVS_CORE_COUNT(core, connections_ready);
    AVS_CORE_COUNT(core, connections_open);
    if (conn->evidence.tls.session_resumed) {
        AVS_CORE_COUNT(core, connections_resumed);
    }
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_INFO, "AvsClient", "connected",
                  {"origin", conn->origin->url}, {"address", conn->evidence.dial.address},
                  {"tls", conn->evidence.tls.version},
                  {"resumed", conn->evidence.tls.session_resumed ? "true" : "false"});
    if (core->options.on_connected) {
        core->options.on_connected(core->options.user, conn->origin->url, &conn->evidence);
    }
}

static bool on_response_code(void *user, struct avs_h2_stream *stream, int code) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    if (!exchange->loop.has_response) {
        exchange->loop.has_response = true;
        conn->core->awaited_count--;
    }
    exchange->loop.active_us = conn->core->now_us;
    conn->has_served = true;
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
            conn->core->now_us + (int64_t)exchange->request.pause_retry_ms * 1000;
        avs_core_note_deadline(conn->core, exchange->loop.retry_us);
    }
}

static enum avs_sink_result on_data(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    exchange->loop.active_us = conn->core->now_us;
    if (!exchange->request.on_data) {
        return AVS_SINK_SUCCESS;
    }
    enum avs_sink_result result =
        exchange->request.on_data(exchange->request.user, exchange->id, bytes, length);
    if (result == AVS_SINK_PAUSE) {
        arm_retry(conn, exchange);
    }
    return result;
}

/* Something went out that the peer has to react to. */
static void expect_answer(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    if (conn->unanswered_us == AVS_NEVER_US && !conn->is_ping_out) {
        conn->unanswered_us = core->now_us;
        if (core->options.ping_timeout_us != AVS_NEVER_US) {
            avs_core_note_deadline(core,
                                   core->now_us + core->options.ping_timeout_us / ASK_AFTER_PART);
        }
    }
}

static enum avs_source_result on_read(void *user, struct avs_h2_stream *stream, uint8_t *buffer,
                                      size_t capacity, size_t *ret_length) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    exchange->loop.active_us = conn->core->now_us;
    enum avs_source_result result = exchange->request.on_read(exchange->request.user, exchange->id,
                                                              buffer, capacity, ret_length);
    if (result == AVS_SOURCE_PAUSE || (result == AVS_SOURCE_CONTINUE && *ret_length == 0)) {
        arm_retry(conn, exchange);
    } else {
        expect_answer(conn);
    }
    return result;
}

static void detach(struct avs_conn *conn, struct avs_exchange *exchange) {
    avs_exchange_remove(&conn->exchanges, exchange);
    exchange->loop.conn = NULL;
    if (conn->exchanges.count == 0) {
        conn->idle_since_us = conn->core->now_us;
        avs_core_note_deadline(conn->core, avs_conn_deadline(conn));
    }
}

/* A connection that has served others before its GOAWAY is no reason to give up: a server that
 * takes a few requests for each connection gets the rest on the next ones. */
static bool may_resend(const struct avs_exchange *exchange) {
    return !exchange->loop.stream.was_source_read && !exchange->loop.has_response &&
           exchange->loop.resends < AVS_RESENDS_MAX;
}

static void resend(struct avs_conn *conn, struct avs_exchange *exchange) {
    struct avs_core *core = conn->core;
    exchange->loop.resends += conn->is_draining && conn->has_served ? 0 : 1;
    exchange->loop.stream = (struct avs_h2_stream){0};
    exchange->loop.retry_us = AVS_NEVER_US;
    AVS_CORE_COUNT(core, streams_retried);
    avs_core_requeue(core, exchange);
}

/* Tell one exchange, and the log, why it failed. */
static void fail_exchange(struct avs_conn *conn, struct avs_exchange *exchange,
                          enum avs_finish finish, struct avs_failure_box *box) {
    if (finish == AVS_FINISH_INTERNAL_ERROR) {
        avs_failure_log(&conn->core->options.log, "requestFailed", exchange->label, &box->failure);
    }
    avs_core_finish(conn->core, exchange, finish, &box->failure);
}

static void on_closed(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code) {
    struct avs_conn *conn = user;
    struct avs_exchange *exchange = exchange_of(stream);
    const char *origin = conn->origin->url;
    struct avs_failure_box box;
    enum avs_finish finish = AVS_FINISH_INTERNAL_ERROR;
    detach(conn, exchange);
    switch (end) {
    case AVS_H2_COMPLETE:
        avs_core_finish(conn->core, exchange, AVS_FINISH_COMPLETE, NULL);
        return;
    case AVS_H2_REFUSED:
        if (may_resend(exchange)) {
            resend(conn, exchange);
            return;
        }
        avs_failure_set(&box, conn->is_draining ? AVS_CAUSE_GOAWAY : AVS_CAUSE_STREAM_REFUSED,
                        origin, &conn->evidence,
                        "the server did not process the request (%s), and it cannot be sent again: "
                        "%s",
                        conn->is_draining ? "GOAWAY" : "REFUSED_STREAM",
                        exchange->loop.resends >= AVS_RESENDS_MAX ? "it was tried often enough"
                                                                  : "its body has been read");
        break;
    case AVS_H2_RESET:
        avs_failure_set(&box,
                        h2_code == AVS_H2_CODE_HTTP_1_1_REQUIRED ? AVS_CAUSE_HTTP2_MISSING
                                                                 : AVS_CAUSE_HTTP2_ERROR,
                        origin, &conn->evidence, "the server reset the stream: %s (%u)",
                        avs_h2_code_name(h2_code), h2_code);
        break;
    case AVS_H2_ABORTED:
        finish = AVS_FINISH_CANCELLED;
        avs_failure_set(&box, AVS_CAUSE_CANCELLED, origin, &conn->evidence,
                        "one of the request's own callbacks stopped it");
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
    fail_exchange(conn, exchange, finish, &box);
}

static void drain(struct avs_conn *conn) {
    conn->is_draining = true;
    if (conn->origin->conn == conn) {
        conn->origin->conn = NULL;
    }
}

static void on_goaway(void *user, uint32_t h2_code, uint32_t last_stream_id) {
    struct avs_conn *conn = user;
    struct avs_core *core = conn->core;
    conn->evidence.http.goaway_received = true;
    conn->evidence.http.goaway_code = h2_code;
    conn->must_end_pushed = true;
    drain(conn);
    AVS_CORE_COUNT(core, goaways_received);
    char last[16];
    avs_text_format(last, sizeof(last), "%u", last_stream_id);
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_INFO, "AvsClient", "goawayReceived",
                  {"origin", conn->origin->url}, {"code", avs_h2_code_name(h2_code)},
                  {"lastStreamId", last});
    if (core->options.on_goaway) {
        core->options.on_goaway(core->options.user, conn->origin->url, h2_code, last_stream_id);
    }
}

static const struct avs_h2_callbacks callbacks = {
    .on_settings = on_settings,
    .on_response_code = on_response_code,
    .on_header_line = on_header_line,
    .on_data = on_data,
    .on_read = on_read,
    .on_closed = on_closed,
    .on_goaway = on_goaway,
};

/* ---------------------------------------------------------------- the end of a connection */

/* From now on nobody finds it; the core sweeps it when nothing of it is on the stack. */
static void retire(struct avs_conn *conn) {
    conn->state = AVS_CONN_ENDED;
    if (conn->origin->conn == conn) {
        conn->origin->conn = NULL;
    }
    conn->core->has_ended_conns = true;
    avs_core_note_deadline(conn->core, conn->core->now_us); /* so that it is swept soon */
    if (conn->is_ready) {
        (void)__atomic_sub_fetch(&conn->core->stats->connections_open, 1, __ATOMIC_RELAXED);
    }
}

static void note_http_facts(struct avs_conn *conn) {
    struct avs_http_facts *http = &conn->evidence.http;
    if (conn->h2) {
        const struct avs_h2_facts *facts = avs_h2_facts(conn->h2);
        http->rst_received = facts->rst_received;
        http->rst_code = facts->rst_code;
        http->protocol_error = facts->protocol_error;
        http->bytes_received = facts->bytes_received;
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
    avs_failure_log(&core->options.log, conn->is_ready ? "connectionLost" : "connectFailed", NULL,
                    &box->failure);
    size_t waiting_count = conn->is_ready || !is_origins_own ? 0 : waiting->count;
    while (conn->exchanges.first) {
        struct avs_exchange *exchange = conn->exchanges.first;
        if (conn->is_ready && !exchange->loop.stream.was_sent && may_resend(exchange)) {
            avs_h2_cancel(conn->h2, &exchange->loop.stream, AVS_H2_CODE_CANCEL);
            detach(conn, exchange);
            resend(conn, exchange);
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
    AVS_LOG_EVENT(&conn->core->options.log, AVS_LOG_DEBUG5, "AvsClient", "connectionClosed",
                  {"origin", conn->origin->url});
    disconnected(conn, NULL);
}

void avs_conn_free(struct avs_conn *conn) {
    conn->origin->conn_count--;
    conn->core->conn_count--;
    avs_h2_free(conn->h2);
    free(conn);
}

/* ---------------------------------------------------------------- from the transport */

/* Not ready yet: the evidence knows best. */
static void fail_connecting(struct avs_conn *conn, const struct avs_error *error) {
    struct avs_core *core = conn->core;
    enum avs_cause cause = error ? error->cause : AVS_CAUSE_NONE;
    if (cause == AVS_CAUSE_NONE) {
        cause = avs_failure_cause(&conn->evidence, conn->origin->host, core->options.require_ats);
    }
    bool is_timeout = cause == AVS_CAUSE_CONNECT_TIMEOUT || cause == AVS_CAUSE_TLS_TIMEOUT;
    enum avs_finish finish = is_timeout ? AVS_FINISH_TIMEOUT : AVS_FINISH_INTERNAL_ERROR;
    if (cause == AVS_CAUSE_NONE) {
        avs_conn_fail(conn, finish, AVS_CAUSE_CONNECTION_LOST,
                      "the server closed the connection before it said anything in HTTP/2");
    } else if (error) {
        avs_conn_fail(conn, finish, cause, "%s", error->message);
    } else {
        avs_conn_fail(conn, finish, cause, NULL);
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
    conn->core->now_us = now_us;
    if (!conn->is_ready) {
        fail_connecting(conn, error);
    } else if (conn->exchanges.count == 0) {
        avs_conn_end_quietly(conn); /* the server need not keep what nobody uses */
    } else {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR,
                      conn->is_probe ? AVS_CAUSE_NETWORK_CHANGED : AVS_CAUSE_CONNECTION_LOST,
                      "%s while %zu requests were under way%s",
                      close_words[conn->evidence.http.close], conn->exchanges.count,
                      conn->is_draining ? "; it had sent GOAWAY" : "");
    }
}

void avs_conn_on_up(struct avs_conn *conn, int64_t now_us) {
    struct avs_core *core = conn->core;
    core->now_us = now_us;
    const struct avs_h2_options options = {
        .callbacks = &callbacks,
        .user = conn,
        .receive_window_bytes = core->options.receive_window_bytes,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_h2_new(&options, &conn->h2, &error) != AVS_OK) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_OUT_OF_MEMORY, "%s",
                      error.message);
        return;
    }
    conn->state = AVS_CONN_OPEN;
    conn->received_us = conn->idle_since_us = now_us;
}

/* GOAWAY: streams that the server keeps open to push on are opened anew by their owners, so that
 * they share the next connection with the requests that follow. */
static void end_pushed(struct avs_conn *conn) {
    struct avs_exchange *next;
    conn->must_end_pushed = false;
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

static void note_first_bytes(struct avs_conn *conn, const uint8_t *bytes, size_t length) {
    struct avs_http_facts *http = &conn->evidence.http;
    size_t room = AVS_FIRST_BYTES - http->first_length;
    if (room > 0) {
        size_t part = length < room ? length : room;
        memcpy(http->first + http->first_length, bytes, part);
        http->first_length += part;
    }
}

void avs_conn_on_bytes(struct avs_conn *conn, const uint8_t *bytes, size_t length, int64_t now_us) {
    if (conn->state != AVS_CONN_OPEN) {
        return;
    }
    conn->core->now_us = now_us;
    conn->received_us = now_us;
    conn->unanswered_us = conn->ping_due_us = AVS_NEVER_US;
    conn->is_ping_out = conn->is_probe = false;
    note_first_bytes(conn, bytes, length);
    struct avs_error error; /* written on failure only; this path is a busy one */
    error.size = sizeof(error);
    enum avs_status status = avs_h2_feed(conn->h2, bytes, length, &error);
    if (status != AVS_OK) {
        bool is_not_http2 = avs_h2_facts(conn->h2)->is_not_http2;
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR,
                      status == AVS_ERR_NO_MEMORY ? AVS_CAUSE_OUT_OF_MEMORY
                      : is_not_http2              ? AVS_CAUSE_HTTP2_MISSING
                                                  : AVS_CAUSE_HTTP2_ERROR,
                      "%s", error.message);
        return;
    }
    if (conn->must_end_pushed) {
        end_pushed(conn);
    }
    if (avs_h2_is_closing(conn->h2)) {
        drain(conn);
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

bool avs_conn_wants_write(const struct avs_conn *conn) {
    return conn->h2 && avs_h2_wants_write(conn->h2);
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
    conn->next = core->conns;
    core->conns = conn;
    core->conn_count++;
    origin->conn = conn;
    origin->conn_count++;
    conn->connect_due_us = core->options.connect_timeout_us == AVS_NEVER_US
                               ? AVS_NEVER_US
                               : core->now_us + core->options.connect_timeout_us + DIAL_GRACE_US;
    conn->unanswered_us = conn->ping_due_us = AVS_NEVER_US;
    conn->evidence.attempted = true; /* field by field: most of it is never touched */
    conn->evidence.protocol = AVS_PROTOCOL_H2;
    conn->evidence.tls.alert_received = conn->evidence.tls.alert_sent = -1;
    conn->evidence.tls.trust.verify_error = -1;
    conn->evidence.timing = (struct avs_timing_facts){-1, -1, -1, -1, -1};
    AVS_CORE_COUNT(core, connections_dialled);
    struct avs_error error = AVS_ERROR_INIT;
    if (core->options.transport.open(core->options.transport.user, conn, &error) != AVS_OK) {
        fail_connecting(conn, &error);
        return;
    }
    avs_core_note_deadline(core, conn->connect_due_us);
}

bool avs_conn_can_send(const struct avs_conn *conn) {
    return conn->state == AVS_CONN_OPEN && !conn->is_draining &&
           conn->exchanges.count < conn->core->options.max_concurrent_streams &&
           avs_h2_can_open(conn->h2);
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
    exchange->loop.active_us = conn->core->now_us;
    if (avs_h2_submit(conn->h2, &request, &exchange->loop.stream, &error) != AVS_OK) {
        struct avs_failure_box box;
        avs_failure_set(&box, error.cause, conn->origin->url, &conn->evidence, "%s", error.message);
        fail_exchange(conn, exchange, AVS_FINISH_INTERNAL_ERROR, &box);
        return;
    }
    avs_exchange_append(&conn->exchanges, exchange);
    exchange->loop.conn = conn;
    expect_answer(conn);
    avs_core_note_deadline(conn->core, avs_conn_deadline(conn));
}

void avs_conn_resume(struct avs_conn *conn, struct avs_exchange *exchange) {
    struct avs_h2_stream *stream = &exchange->loop.stream;
    if (conn->state != AVS_CONN_OPEN || (!stream->is_sink_paused && !stream->is_source_paused)) {
        return;
    }
    exchange->loop.active_us = conn->core->now_us;
    exchange->loop.retry_us = AVS_NEVER_US;
    avs_h2_resume_source(conn->h2, stream);
    avs_h2_resume_sink(conn->h2, stream); /* the exchange may be gone after this */
}

static void ping(struct avs_conn *conn, int64_t due_us) {
    static const uint8_t payload[8] = "avs-shim";
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_h2_ping(conn->h2, payload, &error) != AVS_OK) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, error.cause, "%s", error.message);
        return;
    }
    conn->is_ping_out = true;
    conn->unanswered_us = AVS_NEVER_US;
    conn->ping_due_us = due_us;
    AVS_CORE_COUNT(conn->core, pings_sent);
    avs_core_note_deadline(conn->core, due_us);
}

/* When to ask for a sign of life, while no PING is out. */
static int64_t ping_at(const struct avs_conn *conn) {
    const struct avs_core_options *options = &conn->core->options;
    if (options->ping_timeout_us == AVS_NEVER_US) {
        return AVS_NEVER_US;
    }
    int64_t at_us = after(conn->received_us, options->ping_interval_us);
    if (conn->unanswered_us != AVS_NEVER_US) {
        int64_t asked_us = conn->unanswered_us + options->ping_timeout_us / ASK_AFTER_PART;
        at_us = asked_us < at_us ? asked_us : at_us;
    }
    return at_us;
}

int64_t avs_conn_deadline(const struct avs_conn *conn) {
    if (conn->state == AVS_CONN_ENDED) {
        return AVS_NEVER_US;
    }
    if (!conn->is_ready) {
        return conn->connect_due_us;
    }
    if (conn->is_ping_out) {
        return conn->ping_due_us;
    }
    return conn->exchanges.count > 0
               ? ping_at(conn)
               : after(conn->idle_since_us, conn->core->options.idle_timeout_us);
}

static void fail_unresponsive(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    const struct avs_transport *transport = &core->options.transport;
    if (transport->has_progressed && transport->has_progressed(transport->user, conn)) {
        /* a slow path that still takes our bytes; the PING waits behind them */
        conn->ping_due_us = after(core->now_us, core->options.ping_timeout_us);
        avs_core_note_deadline(core, conn->ping_due_us);
        return;
    }
    int64_t silent_ms = (core->now_us - conn->received_us) / 1000;
    if (conn->exchanges.count == 0) {
        avs_conn_end_quietly(conn);
    } else if (conn->is_probe) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_NETWORK_CHANGED,
                      "after a change of this machine's addresses or routes the server did not "
                      "answer any more (silent for %lld ms)",
                      (long long)silent_ms);
    } else {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_PEER_UNRESPONSIVE,
                      "no answer to an HTTP/2 PING; the server was silent for %lld ms",
                      (long long)silent_ms);
    }
}

void avs_conn_advance(struct avs_conn *conn) {
    if (conn->core->now_us < avs_conn_deadline(conn)) {
        return;
    }
    if (!conn->is_ready) {
        const struct avs_transport *transport = &conn->core->options.transport;
        if (transport->note_timeout) {
            transport->note_timeout(transport->user, conn);
        }
        if (conn->state == AVS_CONN_OPEN) {
            avs_conn_fail(conn, AVS_FINISH_TIMEOUT, AVS_CAUSE_RESPONSE_TIMEOUT,
                          "TLS stands, but the server's HTTP/2 SETTINGS did not come");
        } else {
            fail_connecting(conn, NULL);
        }
    } else if (conn->is_ping_out) {
        fail_unresponsive(conn);
    } else if (conn->exchanges.count > 0) {
        int64_t since_us =
            conn->unanswered_us != AVS_NEVER_US ? conn->unanswered_us : conn->core->now_us;
        ping(conn, since_us + conn->core->options.ping_timeout_us);
    } else {
        avs_conn_end_quietly(conn);
    }
}

void avs_conn_probe(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    int64_t timeout_us = core->options.ping_timeout_us;
    if (conn->state != AVS_CONN_OPEN || !conn->is_ready || timeout_us == AVS_NEVER_US) {
        return;
    }
    if (timeout_us > PROBE_TIMEOUT_US_MAX) {
        timeout_us = PROBE_TIMEOUT_US_MAX;
    }
    if (!conn->is_ping_out) {
        conn->is_probe = true;
        ping(conn, core->now_us + timeout_us);
    } else if (core->now_us + timeout_us < conn->ping_due_us) {
        conn->ping_due_us = core->now_us + timeout_us;
        avs_core_note_deadline(core, conn->ping_due_us);
    }
}
