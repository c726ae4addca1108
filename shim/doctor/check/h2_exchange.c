/* One GET over HTTP/2: a small pump around the session engine. */
#include "check/h2_exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "evidence/received.h"
#include "h1/head.h"
#include "h2/session.h"
#include "net/loop.h"
#include "tls/socket.h"

#define CHUNK_BYTES 16384

struct exchange {
    const struct avs_h2_exchange_options *options;
    struct avs_h2 *h2;
    struct avs_h2_stream stream;
    char authority[AVS_NAME_BYTES + 16]; /* the engine reads both until the request has left */
    char agent[48];
    struct avs_buffer head; /* header lines, as the engine words them */
    struct avs_buffer body;
    uint8_t out[CHUNK_BYTES];
    size_t out_start, out_end;
    int refused_count;
    bool is_closed;  /* the stream is over */
    bool must_retry; /* it was refused: ask again */
    bool is_broken;  /* the session is over */
};

static bool on_header_line(void *user, struct avs_h2_stream *stream, const char *line,
                           size_t length) {
    (void)stream;
    struct exchange *exchange = user;
    avs_buffer_add(&exchange->head, line, length);
    return true; /* the engine has its own ceilings; ours only stops the copy */
}

static bool on_response_code(void *user, struct avs_h2_stream *stream, int code) {
    (void)stream;
    struct exchange *exchange = user;
    exchange->options->facts->status = code;
    return true;
}

static enum avs_sink_result on_data(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length) {
    (void)stream;
    struct exchange *exchange = user;
    size_t room = AVS_H2_ANSWER_BYTES_MAX - exchange->body.length;
    avs_buffer_add(&exchange->body, bytes, length < room ? length : room);
    return AVS_SINK_SUCCESS;
}

static void on_closed(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code) {
    (void)stream;
    struct exchange *exchange = user;
    struct avs_http_facts *facts = exchange->options->facts;
    exchange->is_closed = true;
    switch (end) {
    case AVS_H2_COMPLETE:
        facts->complete = facts->head_complete = true;
        break;
    case AVS_H2_REFUSED:
        exchange->must_retry = ++exchange->refused_count < AVS_H2_REFUSED_MAX;
        facts->rst_received = !avs_h2_facts(exchange->h2)->goaway_received;
        facts->rst_code = h2_code;
        break;
    case AVS_H2_RESET:
        facts->rst_received = true;
        facts->rst_code = h2_code;
        break;
    case AVS_H2_MALFORMED:
    case AVS_H2_TOO_LARGE:
        facts->protocol_error = true;
        break;
    case AVS_H2_ABORTED:
    case AVS_H2_NO_MEMORY:
        break;
    }
}

static const struct avs_h2_callbacks callbacks = {
    .on_response_code = on_response_code,
    .on_header_line = on_header_line,
    .on_data = on_data,
    .on_closed = on_closed,
};

static enum avs_status submit(struct exchange *exchange, struct avs_error *reterr) {
    const struct avs_h2_exchange_options *options = exchange->options;
    const char *authority = exchange->authority;
    avs_text_authority(exchange->authority, sizeof(exchange->authority), options->host,
                       options->port);
    const char *agent = exchange->agent;
    avs_text_format(exchange->agent, sizeof(exchange->agent), "avs-shim/%s", avs_version());
#define FIELD(field_name, field_value)                                               \
    {                                                                                \
        .name = field_name, .value = field_value, .name_length = strlen(field_name), \
        .value_length = strlen(field_value)                                          \
    }
    const struct avs_h2_field fields[] = {
        FIELD(":method", "GET"), FIELD(":scheme", "https"),  FIELD(":authority", authority),
        FIELD(":path", "/"),     FIELD("user-agent", agent), FIELD("accept", "*/*"),
    };
#undef FIELD
    const struct avs_h2_request request = {.fields = fields, .field_count = AVS_COUNT(fields)};
    exchange->stream = (struct avs_h2_stream){.user = exchange};
    exchange->is_closed = exchange->must_retry = false;
    return avs_h2_submit(exchange->h2, &request, &exchange->stream, reterr);
}

/* Everything the session wants to say goes into TLS, as far as TLS takes it. */
static void move_out(struct exchange *exchange) {
    struct avs_tls *tls = exchange->options->tls;
    for (;;) {
        if (exchange->out_start == exchange->out_end) {
            exchange->out_start = exchange->out_end = 0;
            if (avs_h2_pull(exchange->h2, exchange->out, CHUNK_BYTES, &exchange->out_end, NULL) !=
                AVS_OK) {
                exchange->is_broken = true; /* it will say no more */
                exchange->out_end = 0;
            }
            if (exchange->out_end == 0) {
                break;
            }
        }
        size_t taken = avs_tls_write(tls, exchange->out + exchange->out_start,
                                     exchange->out_end - exchange->out_start);
        if (taken == 0) {
            break;
        }
        exchange->out_start += taken;
        exchange->options->facts->request_sent = true;
    }
    avs_tls_socket_flush(tls, exchange->options->fd);
}

static void move_in(struct exchange *exchange) {
    const struct avs_h2_exchange_options *options = exchange->options;
    struct avs_tls *tls = options->tls;
    uint8_t bytes[CHUNK_BYTES];
    avs_tls_socket_fill(tls, options->fd);
    size_t length;
    while (!exchange->is_broken && (length = avs_tls_read(tls, bytes, sizeof(bytes))) > 0) {
        avs_http_received(options->facts, options->timing,
                          avs_clock_monotonic_us() - options->started_us, bytes, length);
        exchange->is_broken = avs_h2_feed(exchange->h2, bytes, length, NULL) != AVS_OK ||
                              options->facts->bytes_received >= AVS_H2_RECEIVED_MAX;
    }
}

static void wait_for_more(struct exchange *exchange, int64_t now_us) {
    const struct avs_h2_exchange_options *options = exchange->options;
    const uint8_t *pending;
    struct avs_loop_fd fd = {.fd = options->fd,
                             .wants_read = true,
                             .wants_write = avs_tls_output(options->tls, &pending) > 0};
    avs_loop_wait(options->loop, &fd, 1, (int)((options->deadline_us - now_us) / 1000 + 1));
}

static enum avs_status run(struct exchange *exchange, struct avs_error *reterr) {
    const struct avs_h2_exchange_options *options = exchange->options;
    AVS_TRY(submit(exchange, reterr));
    for (;;) {
        move_out(exchange);
        move_in(exchange);
        if (exchange->is_closed && exchange->must_retry && !avs_h2_is_closing(exchange->h2)) {
            AVS_TRY(submit(exchange, reterr));
            continue;
        }
        if (exchange->is_closed || exchange->is_broken || avs_h2_is_over(exchange->h2) ||
            avs_tls_state(options->tls) != AVS_TLS_ESTABLISHED) {
            return AVS_OK;
        }
        int64_t now_us = avs_clock_monotonic_us();
        if (now_us >= options->deadline_us) {
            options->facts->timed_out = true;
            return AVS_OK;
        }
        if (avs_h2_wants_write(exchange->h2) && exchange->out_start == exchange->out_end) {
            continue; /* answers to what was just read */
        }
        wait_for_more(exchange, now_us);
    }
}

static void note_result(struct exchange *exchange) {
    struct avs_http_facts *facts = exchange->options->facts;
    const struct avs_h2_facts *session = avs_h2_facts(exchange->h2);
    facts->close = avs_tls_close_kind(exchange->options->tls);
    facts->settings_received = session->settings_received;
    facts->goaway_received = session->goaway_received;
    facts->goaway_code = session->goaway_code;
    facts->protocol_error |= session->protocol_error;
    if (exchange->head.length > 0) {
        /* the engine words its lines as HTTP/1.x does: one reader for both */
        int status = facts->status;
        (void)avs_h1_read_head((const uint8_t *)exchange->head.data, exchange->head.length, facts);
        facts->status = facts->head_complete ? status : 0; /* half a head is no answer */
        facts->bad_head = false; /* RFC 9113's rules were the engine's to check */
    }
    if (facts->status > 0 && facts->bytes_received >= AVS_H2_RECEIVED_MAX) {
        facts->complete = true; /* all that we want of it */
    }
    if (exchange->body.length > 0) {
        facts->ats_message =
            avs_text_contains_nocase(exchange->body.data, exchange->body.length, AVS_ATS_PHRASE);
    }
    if (session->settings_received && facts->version[0] == '\0') {
        AVS_TEXT_SET(facts->version, "HTTP/2");
    }
}

enum avs_status avs_h2_exchange(const struct avs_h2_exchange_options *options,
                                struct avs_error *reterr) {
    struct exchange *exchange = malloc(sizeof(*exchange));
    AVS_REQUIRE_MEMORY(exchange, reterr);
    memset(exchange, 0, sizeof(*exchange));
    exchange->options = options;
    exchange->head = avs_buffer_init(AVS_H2_HEADER_BLOCK_BYTES);
    exchange->body = avs_buffer_init(AVS_H2_ANSWER_BYTES_MAX);
    const struct avs_h2_options session = {.callbacks = &callbacks, .user = exchange};
    enum avs_status status = avs_h2_new(&session, &exchange->h2, reterr);
    if (status == AVS_OK) {
        status = run(exchange, reterr);
        note_result(exchange);
        if (avs_tls_state(options->tls) == AVS_TLS_ESTABLISHED) { /* leave politely */
            avs_h2_goaway(exchange->h2, AVS_H2_CODE_NO_ERROR);
            move_out(exchange);
        }
        avs_h2_free(exchange->h2);
    }
    avs_buffer_done(&exchange->head);
    avs_buffer_done(&exchange->body);
    free(exchange);
    return status;
}
