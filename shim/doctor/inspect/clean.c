/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing what captures do to a line. Keeps bytes or drops them, never guesses lost ones. */
#include "inspect/clean.h"

#include <stdint.h>
#include <string.h>

enum {
    STAMP_COLUMNS_MAX = 72, /* a capture's own prefix and the SDK's stamp stand before this */
};

/* Length of the UTF-8 sequence at `text`, 0 when it is none. */
static size_t utf8_length(const uint8_t *text, size_t length) {
    size_t need = text[0] >= 0xF0 && text[0] < 0xF5   ? 4
                  : text[0] >= 0xE0 && text[0] < 0xF0 ? 3
                  : text[0] >= 0xC2 && text[0] < 0xE0 ? 2
                                                      : 0;
    if (need > length) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return need;
}

/* ESC [ ... letter */
static size_t escape_length(const uint8_t *text, size_t length) {
    if (length < 2 || text[1] != '[') {
        return 1;
    }
    size_t at = 2;
    while (at < length && at < 16 && !(text[at] >= 0x40 && text[at] <= 0x7E)) {
        at++;
    }
    return at < length ? at + 1 : at;
}

/* True when every byte is plain printing ASCII; eight at a time, as most lines are. */
static bool is_clean(const uint8_t *text, size_t length) {
    const uint64_t high = 0x8080808080808080u;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, text, sizeof(word));
        uint64_t is_blank_or_more = (word & ~high) + 0x6060606060606060u; /* byte >= 0x20 */
        uint64_t is_delete = (word & ~high) + 0x0101010101010101u;        /* byte == 0x7F */
        if ((word | ~is_blank_or_more | is_delete) & high) {
            return false;
        }
        text += 8;
        length -= 8;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < 0x20 || text[i] >= 0x7F) {
            return false;
        }
    }
    return true;
}

size_t avs_clean_line(char *clean, size_t capacity, const char *line, size_t length) {
    const uint8_t *text = (const uint8_t *)line;
    size_t at = 0;
    while (at + 1 < length && text[at] == '>' && (text[at + 1] == ' ' || text[at + 1] == '>')) {
        at += text[at + 1] == ' ' ? 2 : 1;
    }
    if (length - at <= capacity && is_clean(text + at, length - at)) {
        memcpy(clean, text + at, length - at);
        return length - at;
    }
    size_t out = 0;
    while (at < length && out < capacity) {
        uint8_t byte = text[at];
        if (byte >= 0x20 && byte < 0x7F) {
            clean[out++] = (char)byte;
            at++;
        } else if (byte == '\t') {
            clean[out++] = ' ';
            at++;
        } else if (byte == 0x1B) {
            at += escape_length(text + at, length - at);
        } else {
            size_t sequence = byte >= 0x80 ? utf8_length(text + at, length - at) : 0;
            if (sequence > 0 && out + sequence <= capacity) {
                memcpy(clean + out, text + at, sequence);
                out += sequence;
            }
            at += sequence > 0 ? sequence : 1;
        }
    }
    return out;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool avs_line_begins_record(const char *line, size_t length) {
    size_t blank = 0;
    while (blank < length && line[blank] == ' ') {
        blank++;
    }
    if (blank == length) {
        return true;
    }
    if (blank + 1 < length && memchr("*#<{}", line[blank], 5) &&
        (line[blank + 1] == ' ' || line[blank + 1] == '#')) {
        return true;
    }
    size_t limit = length < STAMP_COLUMNS_MAX ? length : STAMP_COLUMNS_MAX;
    for (size_t i = 0; i + 8 <= limit; i++) {
        if (line[i + 2] == ':' && line[i + 5] == ':' && is_digit(line[i]) &&
            is_digit(line[i + 1]) && is_digit(line[i + 3]) && is_digit(line[i + 4]) &&
            is_digit(line[i + 6]) && is_digit(line[i + 7])) {
            return true;
        }
        if (line[i] == ']' && line[i + 1] == ' ' && line[i + 3] == ' ' &&
            memchr("9876543210IWEC", line[i + 2], 14)) {
            return true;
        }
    }
    return false;
}

bool avs_line_is_wrapped(const char *line, size_t length) {
    if (length > 0 && line[length - 1] == '\r') {
        length--;
    }
    return length == AVS_WRAP_COLUMNS || length == AVS_WRAP_COLUMNS - 1;
}
