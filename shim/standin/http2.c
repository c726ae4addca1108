/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 as a server: streams in, answers out, and the oddities that only HTTP/2 has. nghttp2 knows
 * the protocol; this file never waits and never touches the socket. */
#include "http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avs.h"
#include "stream.h"

enum { STREAMS_MAX = 100, WINDOW_BYTES = 1024 * 1024, PINGS_AT_ONCE = 256 };

bool http2_is_mute(const struct scenario *scenario) {
    return scenario->h2.act == ODD_SILENT && scenario->h2.code == 1;
}

static bool speaks_text(const struct scenario *scenario) {
    return scenario->h2.act == ODD_BYTES && (scenario->h2.length > 0 || scenario->h2.code == 1);
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
    return http2_answer(http2, stream) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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

/* PINGs, as many as there is room for. */
static void flood(struct connection *connection) {
    static const char ping[] = "\0\0\x08\x06\0\0\0\0\0stand-in";
    char block[(sizeof(ping) - 1) * PINGS_AT_ONCE];
    for (size_t used = 0; used < sizeof(block); used += sizeof(ping) - 1) {
        memcpy(block + used, ping, sizeof(ping) - 1);
    }
    while (connection->phase == PHASE_H2 && connection_room(connection) > 0) {
        connection_send(connection, block, sizeof(block));
    }
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
    if (http2->is_flooding) {
        flood(connection);
    }
    if (http2->is_ending) {
        connection_end(connection, http2->end_with);
    } else if (!nghttp2_session_want_read(http2->session) &&
               !nghttp2_session_want_write(http2->session)) {
        connection_end(connection, END_CLOSE_NOTIFY);
    }
}

bool http2_wants_write(const struct http2 *http2) {
    return http2->session && (http2->is_flooding || nghttp2_session_want_write(http2->session));
}

void http2_on_time(struct http2 *http2, uint64_t now_ms) {
    for (struct stream *stream = http2->streams; stream; stream = stream->next) {
        if (stream->answer_at_ms == 0 || now_ms < stream->answer_at_ms) {
            continue;
        }
        stream->answer_at_ms = 0;
        if (http2_submit_good(http2, stream) != 0) {
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
