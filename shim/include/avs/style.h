/* How a report for people is laid out. */
#ifndef AVS_STYLE_H
#define AVS_STYLE_H

#include <stdbool.h>

/** Zeroed, or a NULL pointer to it, is plain: no colour, a fact a line however long. Whatever the
 *  style, a report holds no character that a terminal obeys but newlines and its own colours. */
struct avs_style {
    bool has_colour;
    unsigned columns; /**< lines are wrapped at blanks to this width; 0 = never. Commands to paste
                           and rows of a table stay whole */
    unsigned
        rows; /**< of the screen: a longer report says its answer again at the end; 0 = never */
};

#endif
