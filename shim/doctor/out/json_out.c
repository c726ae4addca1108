/* SPDX-License-Identifier: Apache-2.0 */
/* The one JSON writer: straight into a buffer, no tree, one flag for all failures. */
#include "out/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"

#define INDENT      2
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS    "..."

struct avs_json avs_json_init(size_t limit_bytes) {
    return (struct avs_json){.out = avs_buffer_init(limit_bytes)};
}

void avs_json_done(struct avs_json *json) {
    avs_buffer_done(&json->out);
    json->depth = 0;
}

/* An ASCII character that JSON or a terminal takes for something else. */
static void add_escape(struct avs_buffer *out, uint32_t code) {
    switch (code) {
    case '"':
        avs_buffer_add_text(out, "\\\"");
        break;
    case '\\':
        avs_buffer_add_text(out, "\\\\");
        break;
    case '\n':
        avs_buffer_add_text(out, "\\n");
        break;
    case '\t':
        avs_buffer_add_text(out, "\\t");
        break;
    default:
        avs_buffer_printf(out, "\\u%04" PRIx32, code);
        break;
    }
}

static void add_string(struct avs_buffer *out, const char *bytes, size_t length) {
    avs_buffer_add_text(out, "\"");
    size_t plain = 0; /* where the run of characters that are written as they are begins */
    for (size_t at = 0; at < length;) {
        size_t sequence = avs_text_utf8_sequence(bytes + at, length - at);
        uint32_t code = sequence ? avs_text_code_point(bytes + at, sequence) : 0;
        size_t next = at + (sequence ? sequence : 1);
        if (sequence == 0 || code == '"' || code == '\\' || avs_text_steers_terminal(code)) {
            avs_buffer_add(out, bytes + plain, at - plain);
            if (sequence == 0) {
                avs_buffer_add_text(out, REPLACEMENT);
            } else {
                add_escape(out, code);
            }
            plain = next;
        }
        at = next;
    }
    avs_buffer_add(out, bytes + plain, length - plain);
    avs_buffer_add_text(out, "\"");
}

static void add_line(struct avs_json *json) {
    static const char blanks[INDENT * AVS_JSON_DEPTH_MAX + 1] =
        "                                                ";
    if (json->is_line) {
        return;
    }
    avs_buffer_add_text(&json->out, "\n");
    avs_buffer_add(&json->out, blanks, INDENT * (size_t)json->depth);
}

/* What stands before every value: the comma, the line, the key. */
static void begin(struct avs_json *json, const char *key) {
    if (json->depth > 0) {
        bool *has_members = &json->has_members[json->depth - 1];
        avs_buffer_add_text(&json->out, !*has_members ? "" : json->is_line ? ", " : ",");
        *has_members = true;
        add_line(json);
    }
    if (key) {
        add_string(&json->out, key, strlen(key));
        avs_buffer_add_text(&json->out, ": ");
    }
}

static void open(struct avs_json *json, const char *key, const char *start, char end) {
    begin(json, key);
    if (json->depth == AVS_JSON_DEPTH_MAX) {
        json->out.is_failed = json->out.is_over_limit = true;
        return;
    }
    json->has_members[json->depth] = false;
    json->ends[json->depth++] = end;
    avs_buffer_add_text(&json->out, start);
}

void avs_json_open_object(struct avs_json *json, const char *key) {
    open(json, key, "{", '}');
}

void avs_json_open_array(struct avs_json *json, const char *key) {
    open(json, key, "[", ']');
}

void avs_json_close(struct avs_json *json) {
    if (json->depth == 0) { /* only after a depth that was refused */
        json->out.is_failed = true;
        return;
    }
    json->depth--;
    if (json->has_members[json->depth]) {
        add_line(json);
    }
    avs_buffer_add(&json->out, &json->ends[json->depth], 1);
}

void avs_json_text(struct avs_json *json, const char *key, const char *text) {
    if (text && text[0]) {
        avs_json_bytes(json, key, text, strlen(text));
    } else {
        avs_json_null(json, key);
    }
}

void avs_json_format(struct avs_json *json, const char *key, const char *format, ...) {
    char text[AVS_JSON_FORMAT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(text)) {
        memcpy(text + sizeof(text) - sizeof(ELLIPSIS), ELLIPSIS, sizeof(ELLIPSIS));
    }
    avs_json_text(json, key, length > 0 ? text : NULL);
}

void avs_json_bytes(struct avs_json *json, const char *key, const char *bytes, size_t length) {
    begin(json, key);
    add_string(&json->out, bytes, length);
}

void avs_json_bool(struct avs_json *json, const char *key, bool is_true) {
    begin(json, key);
    avs_buffer_add_text(&json->out, is_true ? "true" : "false");
}

void avs_json_int(struct avs_json *json, const char *key, int64_t number) {
    begin(json, key);
    avs_buffer_printf(&json->out, "%" PRId64, number);
}

void avs_json_uint(struct avs_json *json, const char *key, uint64_t number) {
    begin(json, key);
    avs_buffer_printf(&json->out, "%" PRIu64, number);
}

void avs_json_utc(struct avs_json *json, const char *key, int64_t unix_seconds) {
    struct avs_civil at;
    if (!avs_civil_from_unix(unix_seconds, &at)) {
        avs_json_null(json, key);
        return;
    }
    avs_json_format(json, key, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year, at.month, at.day, at.hour,
                    at.minute, at.second);
}

void avs_json_real(struct avs_json *json, const char *key, double number) {
    if (!isfinite(number)) {
        avs_json_null(json, key);
        return;
    }
    begin(json, key);
    size_t start = json->out.length;
    avs_buffer_printf(&json->out, "%.3f", number);
    if (!json->out.is_failed) { /* the locale's comma is no JSON */
        char *comma = strchr(json->out.data + start, ',');
        if (comma) {
            *comma = '.';
        }
    }
}

void avs_json_null(struct avs_json *json, const char *key) {
    begin(json, key);
    avs_buffer_add_text(&json->out, "null");
}

enum avs_status avs_json_take(struct avs_json *json, char **ret_text, struct avs_error *reterr) {
    if (json->depth > 0 && !json->out.is_failed) {
        return avs_fail_cause(reterr, AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL,
                              "a report was not finished");
    }
    avs_buffer_add_text(&json->out, "\n");
    return avs_buffer_take_text(&json->out, ret_text, reterr);
}
