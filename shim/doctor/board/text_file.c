/* SPDX-License-Identifier: Apache-2.0 */
/* See text_file.h. */
#include "board/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

char *avs_board_file(const char *path, size_t *ret_length, int *ret_errno) {
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(AVS_BOARD_FILE_BYTES) : NULL;
    *ret_errno = file ? ENOMEM : errno;
    if (text) {
        *ret_length = fread(text, 1, AVS_BOARD_FILE_BYTES, file);
        *ret_errno = ferror(file) ? errno : 0;
        if (*ret_errno != 0) {
            free(text);
            text = NULL;
        }
    }
    if (file) {
        fclose(file);
    }
    return text;
}

bool avs_board_next_line(const char *text, size_t length, size_t *at, struct avs_board_line *ret) {
    if (*at >= length) {
        return false;
    }
    const char *start = text + *at;
    const char *end = memchr(start, '\n', length - *at);
    size_t whole = end ? (size_t)(end - start) : length - *at;
    const char *comment = memchr(start, '#', whole);
    *at += whole + 1;
    *ret = (struct avs_board_line){start, comment ? (size_t)(comment - start) : whole};
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool avs_board_next_word(struct avs_board_line *line, char *ret_word, size_t capacity) {
    while (line->length > 0 && is_blank(*line->text)) {
        line->text++;
        line->length--;
    }
    size_t word = 0;
    while (word < line->length && !is_blank(line->text[word])) {
        word++;
    }
    avs_text_copy_bytes(ret_word, capacity, line->text, word);
    line->text += word;
    line->length -= word;
    return word > 0;
}
