/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of HTTP/1.1 as its owner sees it; see exchange.h. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "h1/exchange.h"

void avs_h1_wipe(struct avs_buffer *buffer) {
    if (buffer->data) {
        explicit_bzero(buffer->data, buffer->length);
    }
    avs_buffer_done(buffer);
}

void avs_h1_answer_done(struct avs_h1_answer *answer) {
    avs_h1_wipe(&answer->head);
    avs_h1_wipe(&answer->body);
}

/* The value between `value` and `stop`, without the blanks around it. */
static bool take_value(const char *value, const char *stop, char *field, size_t capacity) {
    while (value < stop && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (stop > value && strchr("\r \t", stop[-1])) {
        stop--;
    }
    size_t length = (size_t)(stop - value);
    if (length >= capacity || memchr(value, 0, length)) {
        return false;
    }
    avs_text_copy_bytes(field, capacity, value, length);
    return true;
}

bool avs_h1_answer_header(const struct avs_h1_answer *answer, const char *name, char *field,
                          size_t capacity) {
    const char *line = answer->head.data;
    const char *end = line ? line + answer->head.length : NULL;
    size_t wanted = strlen(name);
    field[0] = '\0';
    while (line && line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        if ((size_t)(stop - line) > wanted && line[wanted] == ':' &&
            strncasecmp(line, name, wanted) == 0) {
            return take_value(line + wanted + 1, stop, field, capacity);
        }
        line = newline ? newline + 1 : end;
    }
    return false;
}
