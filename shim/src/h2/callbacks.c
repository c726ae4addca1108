/* SPDX-License-Identifier: Apache-2.0 */
/* What nghttp2 calls, turned into facts and into the owner's callbacks. A stream that its owner
 * has let go of is not found here any more, so late frames of it are dropped. */
#include "h2/internal.h"

#include <string.h>

#include "base/text.h"

/* Frames of one stream mostly follow each other. */
static struct avs_h2_stream *find(struct avs_h2 *h2, int32_t stream_id) {
    if (!h2->found || h2->found->id != stream_id) {
        h2->found = nghttp2_session_get_stream_user_data(h2->session, stream_id);
    }
    return h2->found;
}

/* False: the line was refused or could not be held, and the stream is gone. */
static bool give_line(struct avs_h2 *h2, struct avs_h2_stream *stream, const char *line,
                      size_t length) {
    if (stream->is_sink_paused) { /* a trailer; it must not pass the data that is held */
        if (avs_buffer_add(&stream->trailers, line, length)) {
            return true;
        }
        avs_h2_stream_stop(h2, stream, AVS_H2_NO_MEMORY, AVS_H2_CODE_CANCEL);
        return false;
    }
    if (h2->callbacks->on_header_line &&
        !h2->callbacks->on_header_line(h2->user, stream, line, length)) {
        avs_h2_stream_stop(h2, stream, AVS_H2_ABORTED, AVS_H2_CODE_CANCEL);
        return false;
    }
    return true;
}

/* The line "name: value\r\n" into h2->line, which keeps its memory from line to line. */
static bool set_line(struct avs_h2 *h2, const void *name, size_t name_length, const void *value,
                     size_t value_length) {
    struct avs_buffer *line = &h2->line;
    size_t length = name_length + value_length + 4;
    line->length = 0;
    if (length < line->capacity) {
        memcpy(line->data, name, name_length);
        memcpy(line->data + name_length, ": ", 2);
        memcpy(line->data + name_length + 2, value, value_length);
        memcpy(line->data + length - 2, "\r\n", 3);
        line->length = length;
        return true;
    }
    avs_buffer_add(line, name, name_length);
    avs_buffer_add(line, ": ", 2);
    avs_buffer_add(line, value, value_length);
    bool is_set = avs_buffer_add(line, "\r\n", 2);
    line->is_failed = line->is_over_limit = false; /* the next one may fit */
    return is_set;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header,
                          void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    if (header->type != NGHTTP2_PING) { /* the queue of its answers has a ceiling of its own */
        h2->idle_frames++;              /* what brings something sets it back to 0 */
    }
    return 0;
}

/* A frame of a kind that RFC 9113 does not know: passed over, once it was counted. */
static int on_unknown_frame(nghttp2_session *session, void **ret_payload,
                            const nghttp2_frame_hd *header, void *user_data) {
    (void)session;
    (void)ret_payload;
    (void)header;
    (void)user_data;
    return NGHTTP2_ERR_CANCEL;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    struct avs_h2_stream *stream = find(h2, frame->hd.stream_id);
    h2->idle_frames = 0;
    if (stream) {
        stream->is_interim = false;
    }
    return 0;
}

/* Three digits, the first no zero (RFC 9110 section 15); 0 = it is no status. */
static int read_status(const uint8_t *value, size_t length) {
    int status = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9' || i == 3) {
            return 0;
        }
        status = status * 10 + (value[i] - '0');
    }
    return status >= 100 ? status : 0;
}

static void on_status(struct avs_h2 *h2, struct avs_h2_stream *stream, const uint8_t *value,
                      size_t length) {
    int status = read_status(value, length);
    if (status == 0) {
        avs_h2_stream_stop(h2, stream, AVS_H2_MALFORMED, AVS_H2_CODE_PROTOCOL_ERROR);
        return;
    }
    if (status / 100 == 1) {
        stream->is_interim = true;
        return;
    }
    stream->status = status;
    if (h2->callbacks->on_response_code &&
        !h2->callbacks->on_response_code(h2->user, stream, status)) {
        avs_h2_stream_stop(h2, stream, AVS_H2_ABORTED, AVS_H2_CODE_CANCEL);
        return;
    }
    char text[] = "HTTP/2 000 \r\n"; /* for every answer: printf would cost more than the rest */
    text[7] = (char)('0' + status / 100 % 10);
    text[8] = (char)('0' + status / 10 % 10);
    text[9] = (char)('0' + status % 10);
    (void)give_line(h2, stream, text, sizeof(text) - 1);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user_data) {
    (void)session;
    (void)flags;
    struct avs_h2 *h2 = user_data;
    struct avs_h2_stream *stream = find(h2, frame->hd.stream_id);
    if (!stream) {
        return 0;
    }
    stream->header_bytes += name_length + value_length;
    stream->header_count++;
    if (stream->header_bytes > AVS_H2_HEADER_BLOCK_BYTES ||
        stream->header_count > AVS_H2_HEADER_COUNT) {
        avs_h2_stream_stop(h2, stream, AVS_H2_TOO_LARGE, AVS_H2_CODE_ENHANCE_YOUR_CALM);
        return 0;
    }
    if (name[0] == ':') {
        on_status(h2, stream, value, value_length);
        return 0;
    }
    if (stream->is_interim) {
        return 0;
    }
    if (set_line(h2, name, name_length, value, value_length)) {
        (void)give_line(h2, stream, h2->line.data, h2->line.length);
    } else {
        avs_h2_stream_stop(h2, stream, AVS_H2_NO_MEMORY, AVS_H2_CODE_CANCEL);
    }
    return 0;
}

/* The answer is whole although our own side of the stream is still open. After an error answer
 * nobody waits for the rest of the body (RFC 9113 section 8.1; libcurl stops at 300 too). */
static void stop_useless_source(struct avs_h2 *h2, const struct avs_h2_stream *stream) {
    if (stream->has_source && !stream->is_source_done && stream->status >= 300) {
        nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    }
}

static void on_block_end(struct avs_h2 *h2, int32_t stream_id) {
    struct avs_h2_stream *stream = find(h2, stream_id);
    if (!stream || stream->is_interim || stream->is_body_begun || stream->status == 0) {
        return;
    }
    stream->is_body_begun = true;
    (void)give_line(h2, stream, "\r\n", 2);
}

static void on_settings(struct avs_h2 *h2) {
    bool is_first = !h2->facts.settings_received;
    h2->facts.settings_received = true;
    h2->facts.max_concurrent_streams =
        nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    if (h2->callbacks->on_settings) {
        h2->callbacks->on_settings(h2->user, is_first);
    }
}

static void on_goaway(struct avs_h2 *h2, const nghttp2_goaway *goaway) {
    struct avs_h2_facts *facts = &h2->facts;
    const uint32_t code = goaway->error_code, last = (uint32_t)goaway->last_stream_id;
    bool is_news = !facts->goaway_received || facts->goaway_code != code ||
                   facts->goaway_last_stream_id != last;
    if (!is_news || h2->goaways == AVS_H2_GOAWAYS_MAX) {
        return;
    }
    h2->goaways++;
    facts->goaway_received = true;
    facts->goaway_code = code;
    facts->goaway_last_stream_id = last;
    if (h2->callbacks->on_goaway) {
        h2->callbacks->on_goaway(h2->user, code, last);
    }
}

static void on_end_stream(struct avs_h2 *h2, int32_t stream_id) {
    struct avs_h2_stream *stream = find(h2, stream_id);
    if (stream) {
        h2->idle_frames = 0;
        stream->is_remote_ended = true;
        stop_useless_source(h2, stream);
    }
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    struct avs_h2_stream *stream;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        on_block_end(h2, frame->hd.stream_id);
        break;
    case NGHTTP2_SETTINGS:
        if (!(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
            on_settings(h2);
        }
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) && h2->callbacks->on_ping_ack) {
            h2->callbacks->on_ping_ack(h2->user, frame->ping.opaque_data);
        }
        break;
    case NGHTTP2_GOAWAY:
        on_goaway(h2, &frame->goaway);
        break;
    case NGHTTP2_RST_STREAM:
        h2->facts.rst_received = true;
        h2->facts.rst_code = frame->rst_stream.error_code;
        stream = find(h2, frame->hd.stream_id);
        if (stream) {
            stream->is_reset_by_peer = true;
        }
        break;
    }
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        on_end_stream(h2, frame->hd.stream_id);
    }
    return 0;
}

static int on_data_chunk_recv(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                              const uint8_t *bytes, size_t length, void *user_data) {
    (void)flags;
    struct avs_h2 *h2 = user_data;
    h2->idle_frames = 0;
    if (nghttp2_session_consume_connection(session, length) != 0) {
        h2->is_out_of_memory = true;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    struct avs_h2_stream *stream = find(h2, stream_id);
    if (stream) {
        avs_h2_stream_data(h2, stream, bytes, length);
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t h2_code,
                           void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    struct avs_h2_stream *stream = find(h2, stream_id);
    if (!stream || !h2->callbacks) {
        return 0;
    }
    h2->found = NULL; /* a whole stream stays, but no frame of it is to be found */
    enum avs_h2_end end = AVS_H2_MALFORMED;
    if (stream->is_remote_ended && h2_code == NGHTTP2_NO_ERROR) {
        end = AVS_H2_COMPLETE;
    } else if (h2_code == NGHTTP2_REFUSED_STREAM) {
        end = AVS_H2_REFUSED;
    } else if (stream->is_reset_by_peer) {
        end = AVS_H2_RESET;
    }
    avs_h2_stream_closed(h2, stream, end, h2_code);
    return 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        struct avs_h2_stream *stream = find(h2, frame->hd.stream_id);
        if (stream) {
            stream->was_sent = true;
            stream->is_source_done = !stream->has_source;
        }
    } else if (frame->hd.type != NGHTTP2_GOAWAY || h2->is_goaway_sent) {
        return 0;
    } else if (frame->goaway.error_code == NGHTTP2_INTERNAL_ERROR) {
        h2->is_out_of_memory = true; /* how nghttp2 puts it when a header cannot be packed */
    } else if (frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        h2->facts.protocol_error = true;
        h2->facts.protocol_error_code = frame->goaway.error_code;
    }
    return 0;
}

static int on_error(nghttp2_session *session, int code, const char *message, size_t length,
                    void *user_data) {
    (void)session;
    struct avs_h2 *h2 = user_data;
    if (h2->facts.detail[0] == '\0') {
        avs_text_copy_bytes(h2->facts.detail, sizeof(h2->facts.detail), message, length);
    }
    if (code == NGHTTP2_ERR_SETTINGS_EXPECTED) {
        h2->facts.is_not_http2 = true;
    }
    return 0;
}

nghttp2_session_callbacks *avs_h2_callbacks_new(void) {
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, on_unknown_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk_recv);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
    return callbacks;
}
