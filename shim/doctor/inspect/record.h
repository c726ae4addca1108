/* SPDX-License-Identifier: Apache-2.0 */
/* One record of the SDK's log: YYYY-MM-DD HH:MM:SS.mmm [MONIKER] L
 * SOURCE:EVENT[:k=v,...][:[:]message] The parser points into the text it is given and survives
 * every deviation seen in the field. */
#ifndef AVS_INSPECT_RECORD_H
#define AVS_INSPECT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AVS_RECORD_PAIRS_MAX 16
#define AVS_STAMP_BYTES      24 /* "2017-11-26 16:00:00.123" and the terminator */

struct avs_slice {
    const char *text;
    size_t length;
};

struct avs_record_pair {
    struct avs_slice key;
    struct avs_slice value; /* as written: escapes are still in */
};

struct avs_record {
    char stamp[AVS_STAMP_BYTES]; /* as written, cut; empty when there is none */
    int64_t unix_ms;             /* -1 when the stamp is missing or has no year */
    char level;                  /* '9'..'0', I W E C N U; 0 when there is none */
    struct avs_slice moniker;
    struct avs_slice source;
    struct avs_slice event;
    struct avs_record_pair pairs[AVS_RECORD_PAIRS_MAX]; /* further ones are dropped */
    size_t pair_count;
    struct avs_slice message; /* raw */
};

/** Parse the record whose SOURCE begins at `source_at`; what stands before it on the line is the
 *  header, or the prefix of whoever captured it. False when no SOURCE:EVENT stands there. */
bool avs_record_parse(const char *text, size_t length, size_t source_at,
                      struct avs_record *ret_record);

/** Parse a whole line: find SOURCE behind "] L " (or at the start when there is no header). */
bool avs_record_parse_line(const char *text, size_t length, struct avs_record *ret_record);

/** The value of `key`, NULL when the record has no such key. */
const struct avs_slice *avs_record_value(const struct avs_record *record, const char *key);

/** Undo the escaping of \\ \, \= \: into `text`, cut to fit, terminated; returns its length. */
size_t avs_record_unescape(char *text, size_t capacity, struct avs_slice value);

/** "2017-11-26 16:00:00[.123]" as Unix milliseconds; -1 when it is no such stamp. */
int64_t avs_stamp_parse(const char *text, size_t length);

bool avs_slice_is(struct avs_slice slice, const char *text);
bool avs_slice_begins(struct avs_slice slice, const char *text);

/** The slice as a whole number; false when it does not begin with one. */
bool avs_slice_number(struct avs_slice slice, long *ret_number);

#endif
