/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted HTTP/2 server in memory: writes frames byte by byte as told, right or wrong, and takes
 * apart what the client sent. Written against RFC 9113 and RFC 7541, not against our engine. */
#ifndef AVS_TEST_PEER_H
#define AVS_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_DATA,
    FRAME_HEADERS,
    FRAME_PRIORITY,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    FRAME_PUSH_PROMISE,
    FRAME_PING,
    FRAME_GOAWAY,
    FRAME_WINDOW_UPDATE,
    FRAME_CONTINUATION
};
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1, FLAG_END_HEADERS = 4 };

/* Bytes on their way to the client. */
struct peer_script {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

void peer_done(struct peer_script *script);
void peer_raw(struct peer_script *script, const void *bytes, size_t length);
/* Any frame; `claimed_length` is what its header says. */
void peer_frame(struct peer_script *script, uint8_t type, uint8_t flags, uint32_t stream_id,
                const void *payload, size_t length, size_t claimed_length);
void peer_settings(struct peer_script *script, const uint32_t (*pairs)[2], size_t count);
void peer_settings_ack(struct peer_script *script);
/* HEADERS with ":status" and "name: value" lines, NULL-terminated; plain literals. status 0: none
 * (trailers). */
void peer_headers(struct peer_script *script, uint32_t stream_id, int status,
                  const char *const *lines, bool is_end);
void peer_data(struct peer_script *script, uint32_t stream_id, const void *bytes, size_t length,
               bool is_end);
void peer_rst(struct peer_script *script, uint32_t stream_id, uint32_t code);
void peer_goaway(struct peer_script *script, uint32_t last_stream_id, uint32_t code);
void peer_ping(struct peer_script *script, bool is_ack, const uint8_t payload[8]);
void peer_window_update(struct peer_script *script, uint32_t stream_id, uint32_t increment);

/* One frame that the client sent. */
struct peer_seen {
    uint8_t type;
    uint8_t flags;
    uint32_t stream_id;
    const uint8_t *payload;
    size_t length;
};

/* Take the frame at *offset of `bytes` (after the 24-byte preface); false when none is complete. */
bool peer_next(const uint8_t *bytes, size_t length, size_t *offset, struct peer_seen *ret_frame);
/* How many frames of that type (and stream, 0 = any) are in there. */
size_t peer_count(const uint8_t *bytes, size_t length, uint8_t type, uint32_t stream_id);
#define PEER_PREFACE_BYTES 24u

uint32_t peer_u32(const uint8_t *bytes);

#endif
