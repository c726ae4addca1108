/* SPDX-License-Identifier: Apache-2.0 */
/* Text into XML and HTML. What comes from a server, a file or a log is text there and never markup,
 * by construction: the five characters that are markup are written as references, and a character
 * that no XML may hold or that steers a reader's eye (controls, marks of direction) as U+FFFD. */
#ifndef AVS_OUT_MARKUP_OUT_H
#define AVS_OUT_MARKUP_OUT_H

#include "base/buffer.h"

/** Add `text` for an element's content or a quoted attribute; NULL is "". A newline is kept.
 *  Failures stick to the buffer. */
void avs_markup_text(struct avs_buffer *out, const char *text);

/** Add `markup`, a literal of ours, as it is, with each '~' of it replaced by the next of the texts
 *  behind it, written by avs_markup_text. Behind the last text stands NULL. */
void avs_markup(struct avs_buffer *out, const char *markup, ...) __attribute__((sentinel));

#endif
