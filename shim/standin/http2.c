/* HTTP/2 as a server: streams in, answers out, and the oddities that only HTTP/2 has. nghttp2 knows
 * the protocol; this file never waits and never touches the socket. */
#include "http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "avs.h"
#include "faults.h"
#include "stream.h"

enum {
    STREAMS_MAX = 100,
    WINDOW_BYTES = 1024 * 1024,
    FIELDS_MAX = 6,
    SHORT_LENGTH = 500, /* content-length of an answer that is shorter */
    FILLER_BYTES_MAX = 1 << 30,
    SLOW_MS_MAX = 60000,
};

bool http2_is_mute(const struct scenario *scenario) {
    return scenario->h2.act == ODD_SILENT && scenario->h2.code == 1;
}

static bool speaks_text(const struct scenario *scenario) {
    return scenario->h2.act == ODD_BYTES && (scenario->h2.length > 0 || scenario->h2.code == 1);
}

bool stream_queue(struct stream *stream, const char *bytes, size_t length) {
    size_t left = stream->queue_length - stream->queue_sent;
    if (left + length > QUEUE_BYTES_MAX) {
        return false;
    }
    if (stream->queue_sent > 0) {
        memmove(stream->queue, stream->queue + stream->queue_sent, left);
        stream->queue_sent = 0;
        stream->queue_length = left;
    }
    char *grown = realloc(stream->queue, left + length + 1); /* never of size 0 */
    if (!grown) {
        return false;
    }
    memcpy(grown + left, bytes, length);
    stream->queue = grown;
    stream->queue_length = left + length;
    return true;
}

static void stream_free(struct stream *stream) {
    if (!stream) {
        return;
    }
    *stream->link = stream->next;
    if (stream->next) {
        stream->next->link = stream->link;
    }
    free(stream->queue);
    free(stream);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct http2 *http2 = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->id = frame->hd.stream_id;
    stream->next = http2->streams;
    stream->link = &http2->streams;
    if (stream->next) {
        stream->next->link = &stream->next;
    }
    http2->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static bool is_name(const uint8_t *name, size_t length, const char *wanted) {
    return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user) {
    (void)flags;
    (void)user;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!stream) {
        return 0;
    }
    if (is_name(name, name_length, ":method")) {
        snprintf(stream->method, sizeof(stream->method), "%.*s", (int)value_length,
                 (const char *)value);
    } else if (is_name(name, name_length, ":path")) {
        snprintf(stream->path, sizeof(stream->path), "%.*s", (int)value_length,
                 (const char *)value);
    } else if (is_name(name, name_length, "content-type")) {
        static const char wanted[] = "multipart/form-data";
        stream->has_multipart =
            value_length >= sizeof(wanted) - 1 && memcmp(value, wanted, sizeof(wanted) - 1) == 0;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t length, void *user) {
    (void)flags;
    (void)bytes;
    (void)user;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
    if (stream) {
        stream->received += length;
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t capacity,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)session;
    (void)id;
    (void)user;
    struct stream *stream = source->ptr;
    size_t left = stream->queue_length - stream->queue_sent;
    size_t length = left < capacity ? left : capacity;
    if (length > 0) {
        memcpy(buffer, stream->queue + stream->queue_sent, length);
        stream->queue_sent += length;
    } else if (stream->filler_left > 0) {
        length = stream->filler_left < capacity ? (size_t)stream->filler_left : capacity;
        memset(buffer, 'x', length);
        stream->filler_left -= length;
    } else if (stream->is_cut) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* RST_STREAM */
    }
    bool is_all = stream->queue_sent == stream->queue_length && stream->filler_left == 0;
    if (is_all && stream->stays_open) {
        return length > 0 ? (ssize_t)length : NGHTTP2_ERR_DEFERRED;
    }
    if (is_all && !stream->is_cut) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)length;
}

static void add_field(nghttp2_nv *fields, size_t *count, const char *name, const char *value) {
    fields[(*count)++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name, /* nghttp2 copies both */
        .namelen = strlen(name),
        .value = (uint8_t *)(uintptr_t)value,
        .valuelen = strlen(value),
    };
}

/* `claimed_length` 0: no content-length field. */
static int submit(struct http2 *http2, struct stream *stream, const struct answer *answer,
                  uint64_t claimed_length) {
    char status[8];
    char length[24];
    char date[DATE_BYTES];
    nghttp2_nv fields[FIELDS_MAX];
    size_t count = 0;
    snprintf(status, sizeof(status), "%u", answer->status);
    snprintf(length, sizeof(length), "%llu", (unsigned long long)claimed_length);
    answer_date(date);
    add_field(fields, &count, ":status", status);
    add_field(fields, &count, "date", date);
    add_field(fields, &count, "server", "stand-in");
    if (answer->location) {
        add_field(fields, &count, "location", answer->location);
    }
    bool has_body = answer->content_type && strcmp(stream->method, "HEAD") != 0;
    if (answer->content_type) {
        add_field(fields, &count, "content-type", answer->content_type);
    }
    if (claimed_length > 0) {
        add_field(fields, &count, "content-length", length);
    }
    nghttp2_data_provider provider = {.source = {.ptr = stream}, .read_callback = read_body};
    return nghttp2_submit_response(http2->session, stream->id, fields, count,
                                   has_body ? &provider : NULL);
}

/* A good answer: AVS's, or so many bytes of filler, or what the scenario says. */
static int submit_good(struct http2 *http2, struct stream *stream) {
    static const char bytes_path[] = "/bytes/";
    struct answer answer;
    if (avs_answer(http2, stream, &answer)) {
        return submit(http2, stream, &answer, 0);
    }
    if (strncmp(stream->path, bytes_path, sizeof(bytes_path) - 1) == 0) {
        unsigned long wanted = strtoul(stream->path + sizeof(bytes_path) - 1, NULL, 10);
        stream->filler_left = wanted < FILLER_BYTES_MAX ? wanted : FILLER_BYTES_MAX;
        answer = (struct answer){.status = 200, .content_type = "application/octet-stream"};
        return submit(http2, stream, &answer, stream->filler_left);
    }
    answer = answer_for(&http2->connection->scenario->h2, stream->path);
    if (answer.length > 0 && !stream_queue(stream, answer.body, answer.length)) {
        return NGHTTP2_ERR_NOMEM;
    }
    bool is_short = http2->connection->scenario->h2.act == ODD_SHORT;
    return submit(http2, stream, &answer, is_short ? SHORT_LENGTH : answer.length);
}

static void end_after_pump(struct http2 *http2, enum ending ending) {
    http2->is_ending = true;
    http2->end_with = ending;
}

static int answer_with_fault(struct http2 *http2, struct stream *stream) {
    struct avs_standin *standin = http2->connection->standin;
    nghttp2_session *session = http2->session;
    switch (fault_draw(standin)) {
    case FAULT_NONE:
    case FAULT_COUNT:
        break;
    case FAULT_RST_INTERNAL:
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                         NGHTTP2_INTERNAL_ERROR);
    case FAULT_RST_REFUSED:
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                         NGHTTP2_REFUSED_STREAM);
    case FAULT_GOAWAY_GRACEFUL:
        avs_end_downchannels(http2);
        if (nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                  nghttp2_session_get_last_proc_stream_id(session),
                                  NGHTTP2_NO_ERROR, NULL, 0) != 0) {
            return NGHTTP2_ERR_NOMEM;
        }
        break;
    case FAULT_GOAWAY_ERROR:
        end_after_pump(http2, END_CLOSE_NOTIFY);
        return nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    case FAULT_RESET:
        connection_end(http2->connection, END_RESET);
        return 0;
    case FAULT_DROP:
        connection_end(http2->connection, END_RAGGED);
        return 0;
    case FAULT_SLOW:
        stream->answer_at_ms = standin_now_ms() + 1 + standin_random(standin) % FAULT_SLOW_MS_MAX;
        return 0;
    case FAULT_FREEZE:
        connection_fall_silent(http2->connection);
        return 0;
    case FAULT_CUT:
        stream->is_cut = true;
        break;
    }
    return submit_good(http2, stream);
}

/* /slow/MS answers after so many milliseconds. */
static bool is_slow(struct stream *stream) {
    static const char slow_path[] = "/slow/";
    if (strncmp(stream->path, slow_path, sizeof(slow_path) - 1) != 0) {
        return false;
    }
    unsigned long wait_ms = strtoul(stream->path + sizeof(slow_path) - 1, NULL, 10);
    stream->answer_at_ms = standin_now_ms() + (wait_ms < SLOW_MS_MAX ? wait_ms : SLOW_MS_MAX);
    return true;
}

static int answer_request(struct http2 *http2, struct stream *stream) {
    struct connection *connection = http2->connection;
    const struct odd_reply *odd = &connection->scenario->h2;
    atomic_fetch_add(&connection->standin->requests, 1);
    switch (odd->act) {
    case ODD_RST:
        return nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id, odd->code);
    case ODD_GOAWAY:
        end_after_pump(http2, END_CLOSE_NOTIFY);
        return nghttp2_session_terminate_session2(http2->session, 0, odd->code);
    case ODD_BYTES:
        end_after_pump(http2, odd->ending); /* our SETTINGS leave first */
        return 0;
    case ODD_SILENT:
        return 0;
    case ODD_BAD_FRAME:
        http2->wants_bad_frame = true;
        return 0;
    case ODD_FAULTS:
        return answer_with_fault(http2, stream);
    case ODD_NO:
    case ODD_STATUS:
    case ODD_BODY:
    case ODD_NO_BODY:
    case ODD_SHORT:
        break;
    }
    return is_slow(stream) ? 0 : submit_good(http2, stream);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct http2 *http2 = user;
    bool is_request_part = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_request_part || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        return 0;
    }
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!stream) {
        return 0;
    }
    return answer_request(http2, stream) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    (void)code;
    (void)user;
    stream_free(nghttp2_session_get_stream_user_data(session, id));
    nghttp2_session_set_stream_user_data(session, id, NULL);
    return 0;
}

static bool open_session(struct http2 *http2) {
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return false;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    int result = nghttp2_session_server_new(&http2->session, callbacks, http2);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
    };
    return result == 0 &&
           nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings, 2) == 0 &&
           nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0,
                                                 WINDOW_BYTES) == 0;
}

struct http2 *http2_new(struct connection *connection) {
    struct http2 *http2 = calloc(1, sizeof(*http2));
    if (!http2) {
        return NULL;
    }
    http2->connection = connection;
    if (!speaks_text(connection->scenario) && !open_session(http2)) {
        http2_free(http2);
        return NULL;
    }
    return http2;
}

void http2_free(struct http2 *http2) {
    if (!http2) {
        return;
    }
    while (http2->streams) { /* nghttp2_session_del does not call on_stream_close */
        stream_free(http2->streams);
    }
    nghttp2_session_del(http2->session);
    free(http2);
}

static bool has_downchannel(const struct http2 *http2) {
    const struct stream *stream = http2->streams;
    while (stream && !stream->stays_open) {
        stream = stream->next;
    }
    return stream != NULL;
}

void http2_feed(struct http2 *http2, const uint8_t *bytes, size_t length) {
    struct connection *connection = http2->connection;
    const struct odd_reply *odd = &connection->scenario->h2;
    if (!http2->session) {
        connection_send(connection, odd->bytes, odd->length);
        connection_end(connection, odd->ending);
        return;
    }
    connection_idle_limit(connection, has_downchannel(http2) ? DOWNCHANNEL_IDLE_MS : IDLE_MS);
    if (nghttp2_session_mem_recv(http2->session, bytes, length) < 0) {
        connection_end(connection, END_CLOSE_NOTIFY); /* no HTTP/2, or out of memory */
        return;
    }
    http2_pump(http2);
}

void http2_pump(struct http2 *http2) {
    struct connection *connection = http2->connection;
    while (http2->session && connection->phase == PHASE_H2 && connection_room(connection) > 0) {
        const uint8_t *bytes = NULL;
        ssize_t length = nghttp2_session_mem_send(http2->session, &bytes);
        if (length < 0) {
            connection_end(connection, END_CLOSE_NOTIFY);
            return;
        }
        if (length == 0) {
            break;
        }
        connection_send(connection, bytes, (size_t)length);
    }
    if (connection->phase != PHASE_H2 || !http2->session) {
        return;
    }
    if (http2->wants_bad_frame) {
        /* SETTINGS on stream 1, which RFC 9113 section 6.5 forbids */
        static const char frame[] = "\0\0\0\x04\0\0\0\0\x01";
        http2->wants_bad_frame = false;
        connection_send(connection, frame, sizeof(frame) - 1);
    }
    if (http2->is_ending) {
        connection_end(connection, http2->end_with);
    } else if (!nghttp2_session_want_read(http2->session) &&
               !nghttp2_session_want_write(http2->session)) {
        connection_end(connection, END_CLOSE_NOTIFY);
    }
}

void http2_on_time(struct http2 *http2, uint64_t now_ms) {
    for (struct stream *stream = http2->streams; stream; stream = stream->next) {
        if (stream->answer_at_ms == 0 || now_ms < stream->answer_at_ms) {
            continue;
        }
        stream->answer_at_ms = 0;
        if (submit_good(http2, stream) != 0) {
            connection_end(http2->connection, END_CLOSE_NOTIFY);
            return;
        }
    }
    if (http2->next_directive_ms != 0 && now_ms >= http2->next_directive_ms) {
        avs_push_directive(http2);
        http2->next_directive_ms =
            has_downchannel(http2) ? now_ms + http2->connection->standin->directive_interval_ms : 0;
    }
}

uint64_t http2_next_ms(const struct http2 *http2) {
    uint64_t next_ms = http2->next_directive_ms ? http2->next_directive_ms : UINT64_MAX;
    for (const struct stream *stream = http2->streams; stream; stream = stream->next) {
        if (stream->answer_at_ms != 0 && stream->answer_at_ms < next_ms) {
            next_ms = stream->answer_at_ms;
        }
    }
    return next_ms;
}
