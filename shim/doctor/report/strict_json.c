/* SPDX-License-Identifier: Apache-2.0 */
/* json-c 0.18 refuses every byte above 0x7F when it is strict (it compares a signed char with the
 * control characters), and earlier ones take bytes that are no UTF-8. So json-c gets plain ASCII:
 * what is UTF-8 is written as \u escapes, which mean the same, and what is not is refused here. */
#include "report/strict_json.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/text.h"

#define DEPTH_MAX            12
#define ESCAPED_BYTES_MAX    (3 * AVS_STRICT_JSON_BYTES_MAX) /* a 2-byte sequence becomes 6 */
#define ESCAPE_BYTES         6
#define SURROGATES_FROM      0x10000u
#define HIGH_SURROGATE       0xD800u
#define LOW_SURROGATE        0xDC00u
#define SURROGATE_BITS       10
#define CONTINUATION_BITS    6
#define CONTINUATION_PAYLOAD 0x3Fu

AVS_DEFINE_AUTO(tokener, struct json_tokener, json_tokener_free);

static uint32_t code_point(const char *sequence, size_t length) {
    uint32_t code = (unsigned char)sequence[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        code = code << CONTINUATION_BITS | ((unsigned char)sequence[i] & CONTINUATION_PAYLOAD);
    }
    return code;
}

static void add_escape(struct avs_buffer *out, uint32_t code) {
    if (code < SURROGATES_FROM) {
        avs_buffer_printf(out, "\\u%04" PRIx32, code);
        return;
    }
    code -= SURROGATES_FROM;
    avs_buffer_printf(out, "\\u%04" PRIx32 "\\u%04" PRIx32,
                      HIGH_SURROGATE + (code >> SURROGATE_BITS),
                      LOW_SURROGATE + (code & ((1u << SURROGATE_BITS) - 1)));
}

/* The same JSON in ASCII. False at what no JSON has: *ret_at is its place. */
static bool escape(const char *text, size_t length, struct avs_buffer *out, size_t *ret_at) {
    bool is_escaped = false; /* by a backslash before it; it may escape ASCII only */
    for (size_t at = 0, next; at < length; at = next) {
        for (next = at; next < length && (unsigned char)text[next] < 0x80; next++) {
            is_escaped = text[next] == '\\' && !is_escaped;
        }
        if (next > at) {
            avs_buffer_add(out, text + at, next - at);
            continue;
        }
        size_t sequence = avs_text_utf8_sequence(text + at, length - at);
        if (sequence == 0 || is_escaped) {
            *ret_at = at;
            return false;
        }
        add_escape(out, code_point(text + at, sequence));
        next = at + sequence;
    }
    return true;
}

#if JSON_C_VERSION_NUM < (14 << 8) /* 0.14 gave it a function (Ubuntu 20.04 has 0.13) */
static size_t json_tokener_get_parse_end(const struct json_tokener *tokener) {
    return (size_t)tokener->char_offset;
}
#endif

/* Where the byte of the ASCII form stands in the text. */
static size_t place_in(const char *text, size_t length, size_t ascii_at) {
    size_t at = 0;
    size_t ascii = 0;
    while (at < length) {
        size_t sequence = avs_text_utf8_sequence(text + at, length - at);
        ascii += sequence == 1 ? 1 : sequence < 4 ? ESCAPE_BYTES : 2 * ESCAPE_BYTES;
        if (ascii > ascii_at) {
            break;
        }
        at += sequence;
    }
    return at;
}

enum avs_status avs_strict_json_parse(const char *text, size_t length,
                                      struct json_object **ret_root, struct avs_error *reterr) {
    if (length > AVS_STRICT_JSON_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE, "evidence: %zu bytes are more than the %d allowed",
                        length, AVS_STRICT_JSON_BYTES_MAX);
    }
    AVS_AUTO(tokener) tokener = json_tokener_new_ex(DEPTH_MAX);
    AVS_REQUIRE_MEMORY(tokener, reterr);
    struct avs_buffer buffer = avs_buffer_init(ESCAPED_BYTES_MAX);
    AVS_AUTO(char) ascii = NULL;
    size_t at = 0;
    bool is_utf8 = escape(text, length, &buffer, &at);
    size_t ascii_length = buffer.length;
    AVS_TRY(avs_buffer_take_text(&buffer, &ascii, reterr));
    if (!is_utf8) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "evidence: not JSON: byte 0x%02X has no place in UTF-8 text at byte %zu",
                        (unsigned char)text[at], at);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *root = json_tokener_parse_ex(tokener, ascii, (int)ascii_length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error != json_tokener_success) {
        json_object_put(root);
        return avs_fail(reterr, AVS_ERR_USAGE, "evidence: not JSON: %s at byte %zu",
                        error == json_tokener_continue ? "it is empty or ends too early"
                                                       : json_tokener_error_desc(error),
                        place_in(text, length, json_tokener_get_parse_end(tokener)));
    }
    *ret_root = root;
    return AVS_OK;
}
