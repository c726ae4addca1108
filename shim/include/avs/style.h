/* SPDX-License-Identifier: Apache-2.0 */
/* How a report for people is laid out, and what any text for a terminal has to keep to. */
#ifndef AVS_STYLE_H
#define AVS_STYLE_H

#include <stdbool.h>

#include <avs/export.h>

AVS_BEGIN_DECLS

/** Zeroed, or a NULL pointer to it, is plain: no colour, a fact a line however long. Whatever the
 *  style, a report holds no character that a terminal obeys but newlines and its own colours.
 *  Never grows. */
struct avs_style {
    bool has_colour;
    unsigned columns; /**< lines are wrapped at blanks to this width; 0 = never. Commands to paste
                           and rows of a table stay whole */
    unsigned
        rows; /**< of the screen: a longer report says its answer again at the end; 0 = never */
};

/** Make a text fit for a terminal or a log line, in place; it never grows. A byte that breaks UTF-8
 *  and a character that a terminal obeys (C0 and C1 controls, newline and tab among them, overrides
 *  of a text's direction, line separators) become '?': what a server, a file or an argument says
 *  must not start a line of its own or give orders. Thread: any. */
AVS_API void avs_text_make_printable(char *text);

AVS_END_DECLS

#endif
