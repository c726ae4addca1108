/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a JSON object, read into fields of a fixed size and nowhere else: an answer may hold
 * keys. */
#ifndef AVS_IOT_MEMBERS_H
#define AVS_IOT_MEMBERS_H

#include <stdbool.h>

#include "conf/scan.h"

/** What a member turned out to be. */
enum avs_member {
    AVS_MEMBER_MISSING, /* or null */
    AVS_MEMBER_TEXT,
    AVS_MEMBER_OTHER, /* no text, or one that does not fit */
};

/** The text of `parent`'s member `key` in `field` ("" unless it is AVS_MEMBER_TEXT). */
enum avs_member avs_member_text(const struct avs_conf_doc *doc, uint32_t parent, const char *key,
                                char *field, size_t capacity);

/** A date of ISO 8601, "2026-11-21T19:03:32Z" or with a fraction or an offset, as Unix seconds. */
bool avs_iso_time(const char *text, int64_t *ret_unix);

#endif
