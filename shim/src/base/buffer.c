/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a ceiling. */
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define FIRST_CAPACITY_BYTES 256

struct avs_buffer avs_buffer_init(size_t limit_bytes) {
    return (struct avs_buffer){.limit_bytes = limit_bytes};
}

void avs_buffer_done(struct avs_buffer *buffer) {
    free(buffer->data);
    *buffer = avs_buffer_init(buffer->limit_bytes);
}

/* Room for `extra` more bytes and the terminator. */
static bool reserve(struct avs_buffer *buffer, size_t extra) {
    if (buffer->is_failed) {
        return false;
    }
    if (extra > buffer->limit_bytes - buffer->length) {
        buffer->is_failed = buffer->is_over_limit = true;
        return false;
    }
    size_t need = buffer->length + extra + 1;
    if (need <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY_BYTES;
    while (capacity < need) {
        capacity *= 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->is_failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool avs_buffer_add(struct avs_buffer *buffer, const void *bytes, size_t length) {
    if (!reserve(buffer, length)) {
        return false;
    }
    if (length > 0) {
        memcpy(buffer->data + buffer->length, bytes, length);
    }
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool avs_buffer_add_text(struct avs_buffer *buffer, const char *text) {
    return avs_buffer_add(buffer, text, strlen(text));
}

/* As $'...', with an octal escape for each byte that a terminal must not get. */
static bool add_escaped_word(struct avs_buffer *buffer, const char *word) {
    const char *end = word + strlen(word);
    avs_buffer_add_text(buffer, "$'");
    while (word < end) {
        size_t length = avs_text_printable_sequence(word, (size_t)(end - word));
        if (length == 0) {
            avs_buffer_printf(buffer, "\\%03o", (unsigned char)*word++);
            continue;
        }
        avs_buffer_add(buffer, "\\", *word == '\'' || *word == '\\');
        avs_buffer_add(buffer, word, length);
        word += length;
    }
    return avs_buffer_add_text(buffer, "'");
}

bool avs_buffer_add_word(struct avs_buffer *buffer, const char *word) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_-./:@%+,=";
    if (word[0] && word[0] != '=' && word[strspn(word, safe)] == '\0') { /* zsh expands =word */
        return avs_buffer_add_text(buffer, word);
    }
    if (!avs_text_is_printable(word)) {
        return add_escaped_word(buffer, word);
    }
    avs_buffer_add_text(buffer, "'");
    for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
        avs_buffer_add(buffer, word, (size_t)(quote - word));
        avs_buffer_add_text(buffer, "'\\''");
    }
    avs_buffer_add_text(buffer, word);
    return avs_buffer_add_text(buffer, "'");
}

bool avs_buffer_vprintf(struct avs_buffer *buffer, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    bool has_room = length >= 0 && reserve(buffer, (size_t)length);
    if (has_room) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    } else {
        buffer->is_failed = true;
    }
    va_end(again);
    return has_room;
}

bool avs_buffer_printf(struct avs_buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool is_added = avs_buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
    return is_added;
}

void avs_buffer_drop_front(struct avs_buffer *buffer, size_t length) {
    if (length > buffer->length) {
        length = buffer->length;
    }
    if (length == 0) {
        return;
    }
    memmove(buffer->data, buffer->data + length, buffer->length - length + 1);
    buffer->length -= length;
}

enum avs_status avs_buffer_take_text(struct avs_buffer *buffer, char **ret_text,
                                     struct avs_error *reterr) {
    avs_buffer_add(buffer, "", 0); /* an empty text is still a text */
    if (buffer->is_over_limit) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "text is larger than %zu bytes",
                        buffer->limit_bytes);
    }
    if (buffer->is_failed) {
        return avs_fail_memory(reterr);
    }
    *ret_text = buffer->data;
    *buffer = avs_buffer_init(buffer->limit_bytes);
    return AVS_OK;
}
