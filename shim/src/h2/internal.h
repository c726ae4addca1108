/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of h2/ only. */
#ifndef AVS_H2_INTERNAL_H
#define AVS_H2_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "h2/session.h"

struct avs_h2 {
    nghttp2_session *session;
    const struct avs_h2_callbacks *callbacks;
    void *user;
    struct avs_h2_stream *streams; /* all that are submitted and not yet ended */
    size_t open_count;             /* of these, not whole: those that count for the peer's limit */
    const uint8_t *pending; /* of nghttp2's: a frame that did not fit into the caller's buffer */
    size_t pending_length;
    uint32_t receive_window_bytes, receive_window_max_bytes;
    uint32_t idle_frames;
    uint32_t goaways;       /* reported ones */
    bool is_quiet;          /* the last pull found nothing, and nothing was asked for since then */
    bool is_failed;         /* a fatal error: nothing works any more */
    bool is_out_of_memory;  /* found inside a callback, where nghttp2 has no code for it */
    bool is_goaway_sent;    /* submitted, at least */
    struct avs_buffer line; /* the header line being given out */
    struct avs_h2_stream *found; /* the one that frames came for last, or NULL */
    struct avs_h2_facts facts;
};

/* callbacks.c: what nghttp2 calls. NULL = out of memory. */
nghttp2_session_callbacks *avs_h2_callbacks_new(void);

/* stream.c: what callbacks.c does to a stream. */
void avs_h2_stream_link(struct avs_h2 *h2, struct avs_h2_stream *stream);
void avs_h2_stream_unlink(struct avs_h2 *h2, struct avs_h2_stream *stream);
void avs_h2_stream_data(struct avs_h2 *h2, struct avs_h2_stream *stream, const uint8_t *bytes,
                        size_t length);
void avs_h2_stream_closed(struct avs_h2 *h2, struct avs_h2_stream *stream, enum avs_h2_end end,
                          uint32_t h2_code);
/* Reset it and end it with `end`, at once. */
void avs_h2_stream_stop(struct avs_h2 *h2, struct avs_h2_stream *stream, enum avs_h2_end end,
                        uint32_t h2_code);
ssize_t avs_h2_stream_read(nghttp2_session *session, int32_t stream_id, uint8_t *buffer,
                           size_t capacity, uint32_t *data_flags, nghttp2_data_source *source,
                           void *user_data);

#endif
