/* SPDX-License-Identifier: Apache-2.0 */
/* The one text writer: every report for people writes with it. What comes out of a file, a server
 * or a log cannot start a line of its own nor give a terminal orders, by construction: all that is
 * written is made printable, and only the newlines at either end of a format are newlines.
 * Errors stick: avs_out_take tells at the end. */
#ifndef AVS_BASE_TEXT_OUT_H
#define AVS_BASE_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/style.h>

#include "base/buffer.h"

#define AVS_OUT_REPORT_BYTES (1024u * 1024u) /* of one report */
#define AVS_OUT_RUN_BYTES    1500u /* of one call; more is cut in its middle, with an ellipsis */

enum avs_tone { AVS_TONE_GOOD, AVS_TONE_BAD, AVS_TONE_WARN, AVS_TONE_DIM, AVS_TONE_BOLD };
enum avs_mark { AVS_MARK_OK, AVS_MARK_NOTE, AVS_MARK_FAIL, AVS_MARK_UNKNOWN };

struct avs_out {
    struct avs_buffer text;
    struct avs_style style;
    size_t line_start; /* where the unfinished line begins */
    size_t hang;       /* blanks before what is wrapped of it; 0 = as the line itself begins */
    bool is_whole;     /* it is not wrapped */
};

/** A writer with nothing written; `style` NULL = plain. Allocates nothing. */
struct avs_out avs_out_init(size_t limit_bytes, const struct avs_style *style);
void avs_out_done(struct avs_out *out);

/** Add to the line. Newlines at the start and the end of `format` itself end lines; within it, and
 *  in what the arguments bring, they are '?' like all that is not printable. */
AVS_PRINTF(2, 3) void avs_out_printf(struct avs_out *out, const char *format, ...);
/** As avs_out_printf, in colour where the style has it; pad inside (%-8s). */
AVS_PRINTF(3, 4)
void avs_out_tone(struct avs_out *out, enum avs_tone tone, const char *format, ...);
/** "[ok] ", "[! ] ", "[no] " or "[? ] ". */
void avs_out_mark(struct avs_out *out, enum avs_mark mark);
/** What is wrapped of this line goes below the column reached now. */
void avs_out_hang(struct avs_out *out);
/** This line is a row of a table, or is pasted: never wrapped. */
void avs_out_whole(struct avs_out *out);
/** A command to paste (see avs_buffer_add_word for its words): neither wrapped nor cut. */
void avs_out_command(struct avs_out *out, const char *command);
/** Each line of `text` as a line of its own, after `label` in front of the first and blanks of the
 *  same width in front of the others. Nothing for "". */
void avs_out_lines(struct avs_out *out, const char *label, const char *text);

/** With `more` lines still to come it is longer than the terminal, or than a screen of 24 lines
 * where it goes to a file: the answer has scrolled away then, and is said again at the end. */
bool avs_out_is_long(const struct avs_out *out, size_t more);

/** Hand over the text; a line that is open is ended. Caller frees *ret_text.
 *  Errors: NO_MEMORY, LIMIT. */
AVS_NODISCARD enum avs_status avs_out_take(struct avs_out *out, char **ret_text,
                                           struct avs_error *reterr);

#endif
