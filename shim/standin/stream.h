/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/2 connection's session and streams, as http2.c, http2_answer.c and avs.c see them. */
#ifndef AVS_STANDIN_STREAM_H
#define AVS_STANDIN_STREAM_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"

enum stream_limits {
    METHOD_BYTES = 16,
    PATH_BYTES = 512,
    QUEUE_BYTES_MAX = 64 * 1024, /* of one stream's answer that is not sent yet */
};

struct stream {
    int32_t id;
    char method[METHOD_BYTES];
    char path[PATH_BYTES];
    bool has_multipart; /* content-type of the request */
    uint64_t received;  /* bytes of the request's body */

    /* the answer */
    char *queue; /* what is to be sent, growing while the stream stays open */
    size_t queue_length, queue_sent;
    uint64_t filler_left;        /* after the queue: so many bytes of filler */
    bool stays_open;             /* a downchannel: no END_STREAM when the queue is empty */
    bool is_cut;                 /* a fault: RST_STREAM where the end should be */
    uint64_t answer_at_ms;       /* a fault or /slow: not before; 0 = at once */
    struct stream *next, **link; /* in http2.streams */
};

struct http2 {
    struct connection *connection;
    nghttp2_session *session;   /* NULL: the scenario speaks something else */
    struct stream *streams;     /* nghttp2 lends no list of them */
    unsigned events;            /* AVS events answered */
    uint64_t next_directive_ms; /* 0: no downchannel that wants one */
    bool wants_bad_frame;       /* after what is queued */
    bool is_flooding;           /* PINGs until the peer has enough */
    bool is_ending;             /* send what is queued, then end_with */
    enum ending end_with;
};

/* Add to a stream's answer; false when its queue is full or memory ran out. */
bool stream_queue(struct stream *stream, const char *bytes, size_t length);

/* Out of its list, and free. NULL is fine. */
void stream_free(struct stream *stream);
/* nghttp2's read callback; the source is the stream. */
ssize_t stream_read(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t capacity,
                    uint32_t *flags, nghttp2_data_source *source, void *user);

/* Answer a request that is complete; 0 or an nghttp2 error. */
int http2_answer(struct http2 *http2, struct stream *stream);
/* The same without oddities and faults, for an answer that was put off. */
int http2_submit_good(struct http2 *http2, struct stream *stream);

#endif
