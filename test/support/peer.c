/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted peer. Its own allocations must not fail when the tested code's shall: it asks the
 * real allocator. */
#include "support/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_realloc(void *pointer, size_t size);

void peer_done(struct peer_script *script) {
    free(script->bytes);
    *script = (struct peer_script){0};
}

void peer_raw(struct peer_script *script, const void *bytes, size_t length) {
    if (script->length + length > script->capacity) {
        script->capacity = (script->length + length) * 2;
        script->bytes = __real_realloc(script->bytes, script->capacity);
        if (!script->bytes) {
            abort();
        }
    }
    if (length > 0) {
        memcpy(script->bytes + script->length, bytes, length);
    }
    script->length += length;
}

static void raw_u32(struct peer_script *script, uint32_t value) {
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    peer_raw(script, bytes, sizeof(bytes));
}

void peer_frame(struct peer_script *script, uint8_t type, uint8_t flags, uint32_t stream_id,
                const void *payload, size_t length, size_t claimed_length) {
    const uint8_t head[5] = {(uint8_t)(claimed_length >> 16), (uint8_t)(claimed_length >> 8),
                             (uint8_t)claimed_length, type, flags};
    peer_raw(script, head, sizeof(head));
    raw_u32(script, stream_id);
    peer_raw(script, payload, length);
}

void peer_settings(struct peer_script *script, const uint32_t (*pairs)[2], size_t count) {
    struct peer_script payload = {0};
    for (size_t i = 0; i < count; i++) {
        const uint8_t id[2] = {(uint8_t)(pairs[i][0] >> 8), (uint8_t)pairs[i][0]};
        peer_raw(&payload, id, sizeof(id));
        raw_u32(&payload, pairs[i][1]);
    }
    peer_frame(script, FRAME_SETTINGS, 0, 0, payload.bytes, payload.length, payload.length);
    peer_done(&payload);
}

void peer_settings_ack(struct peer_script *script) {
    peer_frame(script, FRAME_SETTINGS, FLAG_ACK, 0, NULL, 0, 0);
}

/* RFC 7541 section 5.1, prefix of 7 bits, no Huffman. */
static void hpack_string(struct peer_script *payload, const char *text, size_t length) {
    if (length < 127) {
        const uint8_t byte = (uint8_t)length;
        peer_raw(payload, &byte, 1);
    } else {
        uint8_t byte = 127;
        peer_raw(payload, &byte, 1);
        size_t rest = length - 127;
        while (rest >= 128) {
            byte = (uint8_t)(rest % 128 + 128);
            peer_raw(payload, &byte, 1);
            rest /= 128;
        }
        byte = (uint8_t)rest;
        peer_raw(payload, &byte, 1);
    }
    peer_raw(payload, text, length);
}

static void hpack_field(struct peer_script *payload, const char *name, size_t name_length,
                        const char *value) {
    const uint8_t literal = 0; /* never indexed, new name */
    peer_raw(payload, &literal, 1);
    hpack_string(payload, name, name_length);
    hpack_string(payload, value, strlen(value));
}

void peer_headers(struct peer_script *script, uint32_t stream_id, int status,
                  const char *const *lines, bool is_end) {
    struct peer_script payload = {0};
    if (status > 0) {
        char digits[16];
        snprintf(digits, sizeof(digits), "%03d", status);
        hpack_field(&payload, ":status", 7, digits);
    }
    for (; lines && *lines; lines++) {
        const char *colon = strchr(*lines, ':');
        hpack_field(&payload, *lines, (size_t)(colon - *lines), colon + 2);
    }
    /* split as a server must: 16384 bytes for each frame */
    size_t offset = 0;
    do {
        size_t part = payload.length - offset < 16384 ? payload.length - offset : 16384;
        bool is_last = offset + part == payload.length;
        uint8_t flags = (uint8_t)((is_last ? FLAG_END_HEADERS : 0) |
                                  (offset == 0 && is_end ? FLAG_END_STREAM : 0));
        peer_frame(script, offset == 0 ? FRAME_HEADERS : FRAME_CONTINUATION, flags, stream_id,
                   payload.bytes + offset, part, part);
        offset += part;
    } while (offset < payload.length);
    peer_done(&payload);
}

void peer_data(struct peer_script *script, uint32_t stream_id, const void *bytes, size_t length,
               bool is_end) {
    peer_frame(script, FRAME_DATA, is_end ? FLAG_END_STREAM : 0, stream_id, bytes, length, length);
}

void peer_rst(struct peer_script *script, uint32_t stream_id, uint32_t code) {
    struct peer_script payload = {0};
    raw_u32(&payload, code);
    peer_frame(script, FRAME_RST_STREAM, 0, stream_id, payload.bytes, 4, 4);
    peer_done(&payload);
}

void peer_goaway(struct peer_script *script, uint32_t last_stream_id, uint32_t code) {
    struct peer_script payload = {0};
    raw_u32(&payload, last_stream_id);
    raw_u32(&payload, code);
    peer_frame(script, FRAME_GOAWAY, 0, 0, payload.bytes, 8, 8);
    peer_done(&payload);
}

void peer_ping(struct peer_script *script, bool is_ack, const uint8_t payload[8]) {
    peer_frame(script, FRAME_PING, is_ack ? FLAG_ACK : 0, 0, payload, 8, 8);
}

void peer_window_update(struct peer_script *script, uint32_t stream_id, uint32_t increment) {
    struct peer_script payload = {0};
    raw_u32(&payload, increment);
    peer_frame(script, FRAME_WINDOW_UPDATE, 0, stream_id, payload.bytes, 4, 4);
    peer_done(&payload);
}

uint32_t peer_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool peer_next(const uint8_t *bytes, size_t length, size_t *offset, struct peer_seen *ret_frame) {
    if (*offset + 9 > length) {
        return false;
    }
    const uint8_t *head = bytes + *offset;
    size_t payload_length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    if (*offset + 9 + payload_length > length) {
        return false;
    }
    *ret_frame = (struct peer_seen){
        .type = head[3],
        .flags = head[4],
        .stream_id = peer_u32(head + 5),
        .payload = head + 9,
        .length = payload_length,
    };
    *offset += 9 + payload_length;
    return true;
}

size_t peer_count(const uint8_t *bytes, size_t length, uint8_t type, uint32_t stream_id) {
    size_t offset = PEER_PREFACE_BYTES, count = 0;
    struct peer_seen frame;
    while (peer_next(bytes, length, &offset, &frame)) {
        count += frame.type == type && (stream_id == 0 || frame.stream_id == stream_id);
    }
    return count;
}
