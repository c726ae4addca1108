/* SPDX-License-Identifier: Apache-2.0 */
/* The small files that a sight reads. */
#ifndef AVS_BOARD_TEXT_FILE_H
#define AVS_BOARD_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define AVS_BOARD_FILE_BYTES 65536

/** Read at most AVS_BOARD_FILE_BYTES of `path`; NULL and *ret_errno when it cannot be read. Caller
 *  frees. */
char *avs_board_file(const char *path, size_t *ret_length, int *ret_errno);

/** The next line of a text, without its end and without a comment that `#` begins; false at the
 *  end. `*at` is where to go on, 0 at first. */
struct avs_board_line {
    const char *text;
    size_t length;
};
bool avs_board_next_line(const char *text, size_t length, size_t *at, struct avs_board_line *ret);

/** The next word of a line, cut to `capacity`; false at its end. The line is shortened. */
bool avs_board_next_word(struct avs_board_line *line, char *ret_word, size_t capacity);

#endif
