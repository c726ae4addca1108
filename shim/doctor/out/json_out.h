/* SPDX-License-Identifier: Apache-2.0 */
/* The one JSON writer: every report and every command writes with it, so that every output is valid
 * JSON in UTF-8 whatever a file, a server or a log had in it.
 *
 * Texts: a byte that breaks UTF-8 becomes U+FFFD; every character that steers a terminal is written
 * as \uXXXX, so that the output may be looked at, too.
 * The null rule: what is not known or not there is null, and its key is written all the same. NULL
 * and "" are both "not there"; a list without members is [], never null. The one exception is
 * avs_json_bytes, for text whose emptiness is the fact (what an edit removed).
 * Errors stick: members are added without a check, avs_json_take tells at the end. */
#ifndef AVS_BASE_JSON_OUT_H
#define AVS_BASE_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define AVS_JSON_DEPTH_MAX    24
#define AVS_JSON_REPORT_BYTES (16u * 1024u * 1024u) /* of one report; far more than any has */

struct avs_json {
    struct avs_buffer out;
    bool is_line; /* all on one line, for JSON lines; set by the caller before it writes */
    unsigned depth;
    bool has_members[AVS_JSON_DEPTH_MAX];
    char ends[AVS_JSON_DEPTH_MAX]; /* '}' or ']' for each level that is open */
};

/** A writer with nothing written. Allocates nothing. */
struct avs_json avs_json_init(size_t limit_bytes);
void avs_json_done(struct avs_json *json);

/** `key` is the member's name inside an object, NULL inside an array and for the root. */
void avs_json_open_object(struct avs_json *json, const char *key);
void avs_json_open_array(struct avs_json *json, const char *key);
/** Close the object or array that was opened last. */
void avs_json_close(struct avs_json *json);

/** A text; null when NULL or "". */
void avs_json_text(struct avs_json *json, const char *key, const char *text);
/** As printf; null when that is "". Cut, with an ellipsis, at AVS_JSON_FORMAT_BYTES. */
#define AVS_JSON_FORMAT_BYTES 4096
AVS_PRINTF(3, 4)
void avs_json_format(struct avs_json *json, const char *key, const char *format, ...);
/** A text of `length` bytes, NULs included, written even when it is empty. */
void avs_json_bytes(struct avs_json *json, const char *key, const char *bytes, size_t length);
void avs_json_bool(struct avs_json *json, const char *key, bool is_true);
void avs_json_int(struct avs_json *json, const char *key, int64_t number);
void avs_json_uint(struct avs_json *json, const char *key, uint64_t number);
/** Seconds since 1970 in ISO 8601: "2026-11-21T19:03:32Z"; null beyond the years 0 to 9999. */
void avs_json_utc(struct avs_json *json, const char *key, int64_t unix_seconds);
/** Milliseconds and the like, three digits after the point. What is no finite number is null. */
void avs_json_real(struct avs_json *json, const char *key, double number);
void avs_json_null(struct avs_json *json, const char *key);

/** Hand over the text, indented by two blanks (unless is_line) and ended by a newline; the writer
 * is empty then. Caller frees *ret_text. Errors: NO_MEMORY, LIMIT, INTERNAL when something is still
 * open. */
AVS_NODISCARD enum avs_status avs_json_take(struct avs_json *json, char **ret_text,
                                            struct avs_error *reterr);

#endif
