/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 client engine over nghttp2: bytes in, bytes out. Owns no socket, no clock and no thread.
 *
 * One thread at a time. Callbacks run inside feed, pull and resume; from inside one, only
 * avs_h2_submit, avs_h2_cancel and the getters may be called. What the peer did is readable at any
 * time with avs_h2_facts(). The smallest use is four steps: new, submit, then feed what the peer
 * sent and send what pull gives until on_closed came. */
#ifndef AVS_H2_SESSION_H
#define AVS_H2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/client.h> /* what sources and sinks answer */

#include "base/buffer.h"
#include "base/flow.h"

/* Ceilings on what a peer can make us hold or do. */
#define AVS_H2_HEADER_BLOCK_BYTES \
    65536u                       /* names and values of one answer, decoded: interim (1xx) */
#define AVS_H2_HEADER_COUNT 256u /* header blocks and trailers count, too; and its fields */
#define AVS_H2_IDLE_FRAMES_MAX                                                                   \
    10000u                            /* frames in a row that bring nothing: empty, unknown, ... \
                                       */
#define AVS_H2_GOAWAYS_MAX       8u   /* reported; one shutdown takes two */
#define AVS_H2_QUEUED_ACKS_MAX   256u /* unsent answers to PING and SETTINGS */
#define AVS_H2_SETTINGS_MAX      32u  /* entries of one SETTINGS frame */
#define AVS_H2_CONNECTION_WINDOW (16 * 1024 * 1024) /* returned on receipt: never held */
#define AVS_H2_WINDOW_BYTES_MIN  65535u
#define AVS_H2_WINDOW_BYTES_MAX  (64u * 1024 * 1024)
#define AVS_H2_DETAIL_BYTES      160

struct avs_h2;

/* How a stream ended. */
enum avs_h2_end {
    AVS_H2_COMPLETE,  /* the whole answer was delivered */
    AVS_H2_REFUSED,   /* the peer says it was never processed: REFUSED_STREAM, or above GOAWAY */
    AVS_H2_RESET,     /* the peer reset it: h2_code */
    AVS_H2_ABORTED,   /* one of the stream's own callbacks stopped it */
    AVS_H2_MALFORMED, /* the answer broke RFC 9113, so we reset it: h2_code */
    AVS_H2_TOO_LARGE, /* its header block passed a ceiling, so we reset it */
    AVS_H2_NO_MEMORY
};

/* One stream, embedded in its owner. Zero it before avs_h2_submit; after on_closed or
 * avs_h2_cancel the engine knows it no more. Fields below the line are the engine's. */
struct avs_h2_stream {
    void *user; /* the owner's */
    /* ---- */
    int32_t id; /* 0 = not submitted */
    int status; /* of the final answer, 0 = none yet */
    uint32_t close_code;
    enum avs_h2_end end;
    size_t header_bytes, header_count;
    bool has_source;
    bool is_source_paused;
    bool is_source_done;
    bool was_source_read; /* the owner's source gave something: no retry any more */
    bool was_sent;        /* its HEADERS frame left */
    bool is_interim;      /* the current header block is a 1xx */
    bool is_body_begun;   /* the final header block is over: later ones are trailers */
    bool is_sink_paused;
    bool is_remote_ended;   /* END_STREAM came */
    bool is_reset_by_peer;  /* RST_STREAM came */
    bool is_whole;          /* all of it came, see on_whole; nghttp2 is done with it */
    struct avs_buffer held; /* chunks not yet consumed, from held_offset on */
    size_t held_offset;
    size_t chunk_length;        /* the chunk that was offered and paused: offered again as it was */
    struct avs_buffer trailers; /* trailer lines that came while data was held */
    struct avs_h2_stream *previous, *next;
};

/* Every callback may be NULL but on_closed. `user` is the session's, stream->user the owner's. */
struct avs_h2_callbacks {
    /* The peer's SETTINGS came: the first, or a change. */
    void (*on_settings)(void *user, bool is_first);
    /* The final answer's status; then its lines, from "HTTP/2 200 \r\n" to "\r\n"; then data; then
     * trailer lines. False stops the stream: on_closed(ABORTED). */
    bool (*on_response_code)(void *user, struct avs_h2_stream *stream, int code);
    bool (*on_header_line)(void *user, struct avs_h2_stream *stream, const char *line,
                           size_t length);
    enum avs_sink_result (*on_data)(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length);
    enum avs_source_result (*on_read)(void *user, struct avs_h2_stream *stream, uint8_t *buffer,
                                      size_t capacity, size_t *ret_length);
    /* All of the answer is here and a paused sink holds some of it: it needs nothing of the peer
     * any more. on_closed(COMPLETE) follows when the sink has taken it. */
    void (*on_whole)(void *user, struct avs_h2_stream *stream);
    /* The last call for this stream; not called after avs_h2_cancel or avs_h2_free. */
    void (*on_closed)(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code);
    /* GOAWAY came, and says another thing than the last; streams above last_stream_id follow with
     * on_closed(REFUSED). */
    void (*on_goaway)(void *user, uint32_t h2_code, uint32_t last_stream_id);
    void (*on_ping_ack)(void *user, const uint8_t payload[8]);
};

struct avs_h2_options {
    const struct avs_h2_callbacks *callbacks; /* borrowed as long as the session lives */
    void *user;
    uint32_t receive_window_bytes; /* 0 = AVS_RECEIVE_WINDOW_BYTES_DEFAULT */
    uint32_t
        receive_window_max_bytes; /* of avs_h2_set_window; less than that = no more than that */
};

/* Borrowed until the HEADERS frame left or the stream ended, whichever is first. */
struct avs_h2_field {
    const char *name; /* lower case */
    const char *value;
    size_t name_length, value_length;
    bool is_secret; /* never indexed by HPACK (RFC 7541 section 7.1.3) */
};

struct avs_h2_request {
    const struct avs_h2_field *fields; /* pseudo headers first */
    size_t field_count;
    bool has_source;
    unsigned weight; /* 1..256, 0 = 16 */
};

/* What the peer did so far. */
struct avs_h2_facts {
    bool settings_received;
    bool goaway_received;
    uint32_t goaway_code, goaway_last_stream_id;
    bool rst_received;
    uint32_t rst_code;   /* of the last RST_STREAM */
    bool protocol_error; /* the peer broke RFC 9113, or passed a ceiling: the session is over */
    bool is_flood;       /* the ceiling was one on what brings nothing */
    uint32_t protocol_error_code;     /* what our GOAWAY tells it */
    bool is_not_http2;                /* its first bytes were no SETTINGS frame: no HTTP/2 at all */
    char detail[AVS_H2_DETAIL_BYTES]; /* nghttp2's words for it, or empty */
    uint64_t bytes_received;
    uint32_t max_concurrent_streams; /* the peer's limit as it is now */
};

/* A session whose preface and SETTINGS are ready to be pulled. Errors: NO_MEMORY, ERR_USAGE. */
AVS_NODISCARD enum avs_status avs_h2_new(const struct avs_h2_options *options,
                                         struct avs_h2 **ret_h2, struct avs_error *reterr);
/* Forgets its streams without calling anyone. NULL is fine. Not from a callback. */
void avs_h2_free(struct avs_h2 *h2);

/* Take what the peer sent, all of it. After a failure, or once avs_h2_is_over(), the session takes
 * no more; open streams are the owner's to end. Errors: ERR_HTTP2 (cause http2_error), NO_MEMORY.
 */
AVS_NODISCARD enum avs_status avs_h2_feed(struct avs_h2 *h2, const uint8_t *bytes, size_t length,
                                          struct avs_error *reterr);
/* Write up to `capacity` bytes for the peer into `buffer`, several frames together; 0 = nothing to
 * send now. Asks sources. Errors: as feed. */
AVS_NODISCARD enum avs_status avs_h2_pull(struct avs_h2 *h2, uint8_t *buffer, size_t capacity,
                                          size_t *ret_length, struct avs_error *reterr);
bool avs_h2_wants_write(const struct avs_h2 *h2);

/* Open a stream. `stream` and the strings of `request` belong to the owner; see both structs.
 * Errors: ERR_HTTP2 (no new stream on this session: see avs_h2_is_closing), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_h2_submit(struct avs_h2 *h2, const struct avs_h2_request *request,
                                            struct avs_h2_stream *stream, struct avs_error *reterr);
/* Forget a stream at once and tell the peer with RST_STREAM(h2_code). No callback follows. */
void avs_h2_cancel(struct avs_h2 *h2, struct avs_h2_stream *stream, uint32_t h2_code);
/* Ask a paused source and offer the paused chunk again; not paused: nothing. A whole stream can be
 * resumed as long as the session is not freed, also when it has failed or is over. */
void avs_h2_resume_source(struct avs_h2 *h2, struct avs_h2_stream *stream);
void avs_h2_resume_sink(struct avs_h2 *h2, struct avs_h2_stream *stream);

/* What the peer may send on a stream before it hears from us again. */
uint32_t avs_h2_window_left(const struct avs_h2 *h2, const struct avs_h2_stream *stream);
/* Set a stream's receive window: more is given at once; less, by returning nothing until it is so.
 */
void avs_h2_set_window(struct avs_h2 *h2, struct avs_h2_stream *stream, uint32_t bytes);

AVS_NODISCARD enum avs_status avs_h2_ping(struct avs_h2 *h2, const uint8_t payload[8],
                                          struct avs_error *reterr);
/* Say goodbye: GOAWAY(h2_code), and the session is over once that is pulled. */
void avs_h2_goaway(struct avs_h2 *h2, uint32_t h2_code);

/* False when the peer's limit is reached. */
bool avs_h2_can_open(const struct avs_h2 *h2);
/* No new stream will be taken: GOAWAY came or went, ids ran out, or the session is over. */
bool avs_h2_is_closing(const struct avs_h2 *h2);
/* Neither side has anything more to say. */
bool avs_h2_is_over(const struct avs_h2 *h2);
const struct avs_h2_facts *avs_h2_facts(const struct avs_h2 *h2);
/* "PROTOCOL_ERROR" and so on. */
const char *avs_h2_code_name(uint32_t h2_code);

/* RFC 9113 section 7, the codes that owners name. */
#define AVS_H2_CODE_NO_ERROR          0x0u
#define AVS_H2_CODE_PROTOCOL_ERROR    0x1u
#define AVS_H2_CODE_INTERNAL_ERROR    0x2u
#define AVS_H2_CODE_CANCEL            0x8u
#define AVS_H2_CODE_ENHANCE_YOUR_CALM 0xbu

#endif
