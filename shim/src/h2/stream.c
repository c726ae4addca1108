/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's life: opened, read from its source, given to its sink, ended once. A sink that pauses
 * holds its chunks here, at most one flow-control window of them, and gets the very same chunk
 * again; the connection's window is returned on receipt, so that no other stream waits for it. */
#include "h2/internal.h"

#include <string.h>

#define CHUNK_BYTES_MAX 16384u /* what <avs/client.h> promises for on_data */
#define FIELDS_MAX      (AVS_REQUEST_HEADERS_MAX + 8u)

void avs_h2_stream_link(struct avs_h2 *h2, struct avs_h2_stream *stream) {
    stream->previous = NULL;
    stream->next = h2->streams;
    if (h2->streams) {
        h2->streams->previous = stream;
    }
    h2->streams = stream;
    h2->open_count++;
}

/* After this nghttp2 cannot find the stream any more, and nothing of it is left here. */
void avs_h2_stream_unlink(struct avs_h2 *h2, struct avs_h2_stream *stream) {
    if (stream->previous) {
        stream->previous->next = stream->next;
    } else {
        h2->streams = stream->next;
    }
    if (stream->next) {
        stream->next->previous = stream->previous;
    }
    stream->previous = stream->next = NULL;
    h2->open_count -= stream->is_whole ? 0 : 1;
    if (h2->found == stream) {
        h2->found = NULL;
    }
    nghttp2_session_set_stream_user_data(h2->session, stream->id, NULL);
    avs_buffer_done(&stream->held);
    avs_buffer_done(&stream->trailers);
}

enum avs_status avs_h2_submit(struct avs_h2 *h2, const struct avs_h2_request *request,
                              struct avs_h2_stream *stream, struct avs_error *reterr) {
    if (h2->is_failed || h2->is_goaway_sent || h2->facts.goaway_received ||
        h2->facts.protocol_error) {
        return avs_fail_cause(reterr, AVS_ERR_HTTP2, AVS_CAUSE_GOAWAY,
                              "this HTTP/2 session takes no new streams");
    }
    if (request->field_count > FIELDS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "a request has %zu header fields; the limit is %u",
                        request->field_count, FIELDS_MAX);
    }
    nghttp2_nv fields[FIELDS_MAX];
    for (size_t i = 0; i < request->field_count; i++) {
        const struct avs_h2_field *field = &request->fields[i];
        fields[i] = (nghttp2_nv){
            .name = (uint8_t *)(uintptr_t)field->name, /* nghttp2 only reads them */
            .value = (uint8_t *)(uintptr_t)field->value,
            .namelen = field->name_length,
            .valuelen = field->value_length,
            .flags = (uint8_t)(NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE |
                               (field->is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : 0)),
        };
    }
    nghttp2_priority_spec priority;
    nghttp2_priority_spec_init(&priority, 0,
                               request->weight ? (int)request->weight : NGHTTP2_DEFAULT_WEIGHT, 0);
    h2->is_quiet = false;
    const nghttp2_data_provider provider = {.read_callback = avs_h2_stream_read};
    int32_t id = nghttp2_submit_request(h2->session, &priority, fields, request->field_count,
                                        request->has_source ? &provider : NULL, stream);
    if (id == NGHTTP2_ERR_NOMEM) {
        return avs_fail_memory(reterr);
    }
    if (id < 0) {
        return avs_fail_cause(reterr, AVS_ERR_HTTP2, AVS_CAUSE_HTTP2_ERROR,
                              "the request was not accepted: %s", nghttp2_strerror(id));
    }
    *stream = (struct avs_h2_stream){.user = stream->user, .id = id};
    stream->has_source = request->has_source;
    stream->held = avs_buffer_init(2 * (size_t)h2->receive_window_max_bytes + CHUNK_BYTES_MAX);
    stream->trailers = avs_buffer_init(AVS_H2_HEADER_BLOCK_BYTES * 2u);
    avs_h2_stream_link(h2, stream);
    return AVS_OK;
}

void avs_h2_cancel(struct avs_h2 *h2, struct avs_h2_stream *stream, uint32_t h2_code) {
    h2->is_quiet = false;
    if (!stream->is_whole && !h2->is_failed) {
        nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id, h2_code);
    }
    avs_h2_stream_unlink(h2, stream);
}

static void finish(struct avs_h2 *h2, struct avs_h2_stream *stream, enum avs_h2_end end,
                   uint32_t h2_code) {
    avs_h2_stream_unlink(h2, stream);
    h2->callbacks->on_closed(h2->user, stream, end, h2_code);
}

void avs_h2_stream_stop(struct avs_h2 *h2, struct avs_h2_stream *stream, enum avs_h2_end end,
                        uint32_t h2_code) {
    avs_h2_cancel(h2, stream, h2_code);
    h2->callbacks->on_closed(h2->user, stream, end, h2_code);
}

void avs_h2_stream_closed(struct avs_h2 *h2, struct avs_h2_stream *stream, enum avs_h2_end end,
                          uint32_t h2_code) {
    if (end == AVS_H2_COMPLETE && stream->held.length > stream->held_offset) {
        stream->is_whole = true;
        stream->close_code = h2_code;
        h2->open_count--;
        if (h2->callbacks->on_whole) {
            h2->callbacks->on_whole(h2->user, stream);
        }
        return;
    }
    finish(h2, stream, end, h2_code);
}

ssize_t avs_h2_stream_read(nghttp2_session *session, int32_t stream_id, uint8_t *buffer,
                           size_t capacity, uint32_t *data_flags, nghttp2_data_source *source,
                           void *user_data) {
    (void)source;
    struct avs_h2 *h2 = user_data;
    struct avs_h2_stream *stream = nghttp2_session_get_stream_user_data(session, stream_id);
    if (!stream) {
        return NGHTTP2_ERR_DEFERRED; /* cancelled: its RST_STREAM is on the way */
    }
    size_t length = 0;
    enum avs_source_result result =
        h2->callbacks->on_read ? h2->callbacks->on_read(h2->user, stream, buffer, capacity, &length)
                               : AVS_SOURCE_COMPLETE;
    if (length > capacity) {
        result = AVS_SOURCE_ABORT; /* it wrote where it must not; say no more */
    }
    h2->idle_frames = 0;
    switch (result) {
    case AVS_SOURCE_CONTINUE:
        if (length > 0) {
            stream->was_source_read = true;
            return (ssize_t)length;
        }
        /* fall through */
    case AVS_SOURCE_PAUSE:
        stream->is_source_paused = true;
        return NGHTTP2_ERR_DEFERRED;
    case AVS_SOURCE_COMPLETE:
        stream->was_source_read = stream->is_source_done = true;
        *data_flags |= NGHTTP2_DATA_FLAG_EOF;
        return (ssize_t)length;
    case AVS_SOURCE_ABORT:
        break;
    }
    avs_h2_stream_stop(h2, stream, AVS_H2_ABORTED, AVS_H2_CODE_CANCEL);
    return NGHTTP2_ERR_DEFERRED;
}

void avs_h2_resume_source(struct avs_h2 *h2, struct avs_h2_stream *stream) {
    if (stream->is_source_paused && !stream->is_whole) {
        stream->is_source_paused = h2->is_quiet = false;
        nghttp2_session_resume_data(h2->session, stream->id);
    }
}

uint32_t avs_h2_window_left(const struct avs_h2 *h2, const struct avs_h2_stream *stream) {
    int32_t left = nghttp2_session_get_stream_local_window_size(h2->session, stream->id);
    return left > 0 ? (uint32_t)left : 0;
}

void avs_h2_set_window(struct avs_h2 *h2, struct avs_h2_stream *stream, uint32_t bytes) {
    uint32_t most = h2->receive_window_max_bytes;
    h2->is_quiet = false;
    /* out of memory: it stays as it is */
    (void)nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, stream->id,
                                                (int32_t)(bytes < most ? bytes : most));
}

/* Keep a chunk that the sink did not take. The window bounds what can come; memory may not. */
static bool hold(struct avs_h2 *h2, struct avs_h2_stream *stream, const uint8_t *bytes,
                 size_t length) {
    if (stream->held_offset > stream->held.length / 2) { /* the front was consumed long ago */
        avs_buffer_drop_front(&stream->held, stream->held_offset);
        stream->held_offset = 0;
    }
    if (avs_buffer_add(&stream->held, bytes, length)) {
        return true;
    }
    avs_h2_stream_stop(h2, stream, AVS_H2_NO_MEMORY, AVS_H2_CODE_CANCEL);
    return false;
}

static enum avs_sink_result offer(struct avs_h2 *h2, struct avs_h2_stream *stream,
                                  const uint8_t *bytes, size_t length) {
    enum avs_sink_result result = h2->callbacks->on_data
                                      ? h2->callbacks->on_data(h2->user, stream, bytes, length)
                                      : AVS_SINK_SUCCESS;
    switch (result) {
    case AVS_SINK_SUCCESS:
        nghttp2_session_consume_stream(h2->session, stream->id, length);
        break;
    case AVS_SINK_PAUSE:
        stream->is_sink_paused = true;
        stream->chunk_length = length;
        break;
    case AVS_SINK_ABORT:
        avs_h2_stream_stop(h2, stream, AVS_H2_ABORTED, AVS_H2_CODE_CANCEL);
        break;
    }
    return result;
}

void avs_h2_stream_data(struct avs_h2 *h2, struct avs_h2_stream *stream, const uint8_t *bytes,
                        size_t length) {
    while (length > 0) {
        size_t part = length < CHUNK_BYTES_MAX ? length : CHUNK_BYTES_MAX;
        if (stream->is_sink_paused) {
            (void)hold(h2, stream, bytes, length);
            return;
        }
        switch (offer(h2, stream, bytes, part)) {
        case AVS_SINK_SUCCESS:
            break;
        case AVS_SINK_PAUSE:
            continue; /* into hold(), with all that is left */
        case AVS_SINK_ABORT:
            return;
        }
        bytes += part;
        length -= part;
    }
}

/* False: a line was refused, and the stream is gone. */
static bool give_trailers(struct avs_h2 *h2, struct avs_h2_stream *stream) {
    char *line = stream->trailers.data;
    char *end = line ? strstr(line, "\r\n") : NULL;
    while (end) {
        char kept = end[2];
        end[2] = '\0';
        if (h2->callbacks->on_header_line &&
            !h2->callbacks->on_header_line(h2->user, stream, line, (size_t)(end + 2 - line))) {
            avs_h2_stream_stop(h2, stream, AVS_H2_ABORTED, AVS_H2_CODE_CANCEL);
            return false;
        }
        end[2] = kept;
        line = end + 2;
        end = strstr(line, "\r\n");
    }
    avs_buffer_done(&stream->trailers);
    return true;
}

void avs_h2_resume_sink(struct avs_h2 *h2, struct avs_h2_stream *stream) {
    if (!stream->is_sink_paused) {
        return;
    }
    stream->is_sink_paused = h2->is_quiet = false;
    while (stream->held_offset < stream->held.length) {
        size_t left = stream->held.length - stream->held_offset;
        size_t length = stream->chunk_length     ? stream->chunk_length
                        : left < CHUNK_BYTES_MAX ? left
                                                 : CHUNK_BYTES_MAX;
        const uint8_t *chunk = (const uint8_t *)stream->held.data + stream->held_offset;
        if (offer(h2, stream, chunk, length) != AVS_SINK_SUCCESS) {
            return; /* paused again, or gone */
        }
        stream->held_offset += length;
        stream->chunk_length = 0;
    }
    avs_buffer_done(&stream->held);
    stream->held_offset = 0;
    if (!give_trailers(h2, stream)) {
        return;
    }
    if (stream->is_whole) {
        finish(h2, stream, AVS_H2_COMPLETE, stream->close_code);
    }
}
