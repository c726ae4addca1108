/* HTTP/2 as a server: streams in, answers out, and the oddities that only HTTP/2 has. nghttp2 knows
 * the protocol; this file never waits and never touches the socket. */
#include "http2.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "connection.h"

enum {
    STREAMS_MAX = 100,
    WINDOW_BYTES = 1024 * 1024,
    METHOD_BYTES = 16,
    PATH_BYTES = 512,
    FIELDS_MAX = 6,
    SHORT_LENGTH = 500, /* content-length of an answer that is shorter */
};

struct stream {
    int32_t id;
    char method[METHOD_BYTES];
    char path[PATH_BYTES];
    const char *body; /* what is left to send; static */
    size_t body_left;
    struct stream *next, **link; /* in http2.streams */
};

struct http2 {
    struct connection *connection;
    nghttp2_session *session; /* NULL: the scenario speaks something else */
    struct stream *streams;   /* nghttp2 lends no list of them */
    bool wants_bad_frame;     /* after what is queued */
    bool is_ending;           /* send what is queued, then end_with */
    enum ending end_with;
};

bool http2_is_mute(const struct scenario *scenario) {
    return scenario->h2.act == ODD_SILENT && scenario->h2.code == 1;
}

static bool speaks_text(const struct scenario *scenario) {
    return scenario->h2.act == ODD_BYTES && scenario->h2.length > 0;
}

static void stream_free(struct stream *stream) {
    if (!stream) {
        return;
    }
    *stream->link = stream->next;
    if (stream->next) {
        stream->next->link = stream->link;
    }
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
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t capacity,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)session;
    (void)id;
    (void)user;
    struct stream *stream = source->ptr;
    size_t length = stream->body_left < capacity ? stream->body_left : capacity;
    memcpy(buffer, stream->body, length);
    stream->body += length;
    stream->body_left -= length;
    if (stream->body_left == 0) {
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

static int submit(struct http2 *http2, struct stream *stream, const struct answer *answer,
                  size_t claimed_length) {
    char status[8];
    char length[24];
    char date[DATE_BYTES];
    nghttp2_nv fields[FIELDS_MAX];
    size_t count = 0;
    snprintf(status, sizeof(status), "%u", answer->status);
    snprintf(length, sizeof(length), "%zu", claimed_length);
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
        add_field(fields, &count, "content-length", length);
    }
    stream->body = answer->body;
    stream->body_left = answer->length;
    nghttp2_data_provider provider = {.source = {.ptr = stream}, .read_callback = read_body};
    return nghttp2_submit_response(http2->session, stream->id, fields, count,
                                   has_body ? &provider : NULL);
}

static void end_after_pump(struct http2 *http2, enum ending ending) {
    http2->is_ending = true;
    http2->end_with = ending;
}

static int answer_request(struct http2 *http2, struct stream *stream) {
    struct connection *connection = http2->connection;
    const struct odd_reply *odd = &connection->scenario->h2;
    struct answer answer = answer_for(odd, stream->method, stream->path);
    atomic_fetch_add(&connection->standin->requests, 1);
    switch (odd->act) {
    case ODD_RST:
        return nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id, odd->code);
    case ODD_GOAWAY:
        end_after_pump(http2, END_CLOSE_NOTIFY);
        return nghttp2_session_terminate_session2(http2->session, 0, odd->code);
    case ODD_BYTES:
        connection_end(connection, odd->ending);
        return 0;
    case ODD_SILENT:
        return 0;
    case ODD_BAD_FRAME:
        http2->wants_bad_frame = true;
        return 0;
    case ODD_SHORT:
        return submit(http2, stream, &answer, SHORT_LENGTH);
    case ODD_NO:
    case ODD_STATUS:
    case ODD_BODY:
    case ODD_NO_BODY:
    case ODD_FAULTS:
        break;
    }
    return submit(http2, stream, &answer, answer.length);
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

void http2_feed(struct http2 *http2, const uint8_t *bytes, size_t length) {
    struct connection *connection = http2->connection;
    const struct odd_reply *odd = &connection->scenario->h2;
    if (!http2->session) {
        connection_send(connection, odd->bytes, odd->length);
        connection_end(connection, odd->ending);
        return;
    }
    connection_idle_limit(connection, IDLE_MS);
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
    (void)http2;
    (void)now_ms;
}

uint64_t http2_next_ms(const struct http2 *http2) {
    (void)http2;
    return UINT64_MAX;
}
