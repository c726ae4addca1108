/* SPDX-License-Identifier: Apache-2.0 */
/* One stream's answer: a queue that may grow while the stream is open, filler after it, and how it
 * ends. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

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

void stream_free(struct stream *stream) {
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

ssize_t stream_read(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t capacity,
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
