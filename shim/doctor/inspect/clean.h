/* SPDX-License-Identifier: Apache-2.0 */
/* What captures do to a line: quoting, colours, garbage bytes, CR, hard wraps. Undone here, so that
 * rules see text. */
#ifndef AVS_INSPECT_CLEAN_H
#define AVS_INSPECT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/** A terminal of 80 columns wraps after this many bytes. */
#define AVS_WRAP_COLUMNS 80

/** Copy a physical line (no newline) without quote marks, control bytes, terminal escapes and bytes
 *  that are no UTF-8; returns the length written, at most `capacity`. Not terminated. */
size_t avs_clean_line(char *clean, size_t capacity, const char *line, size_t length);

/** True when a cleaned line begins something of its own: a stamp near its start, a level mark, a
 *  libcurl line, a console box, or nothing at all. Otherwise it may continue the record before. */
bool avs_line_begins_record(const char *line, size_t length);

/** True when a physical line was cut by the terminal's edge. */
bool avs_line_is_wrapped(const char *line, size_t length);

#endif
