/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a scanned text: members by key, decoded strings, lines and columns. */
#include <string.h>

#include "conf/scan.h"

#define KEY_BYTES_MAX 256 /* keys we ask for are short; a longer one is none of them */

static unsigned hex_unit(const char *digits) {
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        unit = unit * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return unit;
}

static void add_code_point(struct avs_buffer *text, unsigned point) {
    char bytes[4];
    size_t length = 0;
    if (point < 0x80) {
        bytes[length++] = (char)point;
    } else if (point < 0x800) {
        bytes[length++] = (char)(0xC0 | point >> 6);
        bytes[length++] = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        bytes[length++] = (char)(0xE0 | point >> 12);
        bytes[length++] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (point & 0x3F));
    } else {
        bytes[length++] = (char)(0xF0 | point >> 18);
        bytes[length++] = (char)(0x80 | (point >> 12 & 0x3F));
        bytes[length++] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (point & 0x3F));
    }
    avs_buffer_add(text, bytes, length);
}

/* The escape at `escape` (its backslash); returns its length. The scan has checked it. */
static size_t decode_escape(const char *escape, struct avs_buffer *text) {
    static const char letters[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (escape[1] != 'u') {
        const char *letter = strchr(letters, escape[1]);
        avs_buffer_add(text, values + (letter - letters), 1);
        return 2;
    }
    unsigned unit = hex_unit(escape + 2);
    if (unit < 0xD800 || unit > 0xDBFF) {
        add_code_point(text, unit);
        return 6;
    }
    unsigned low = hex_unit(escape + 8);
    add_code_point(text, ((unit - 0xD800) << 10 | (low - 0xDC00)) + 0x10000);
    return 12;
}

void avs_conf_decode(const struct avs_conf_doc *doc, uint32_t start, uint32_t end,
                     struct avs_buffer *text) {
    const char *at = doc->text + start + 1;
    const char *last = doc->text + end - 1;
    while (at < last) {
        const char *escape = memchr(at, '\\', (size_t)(last - at));
        const char *stop = escape ? escape : last;
        avs_buffer_add(text, at, (size_t)(stop - at));
        at = escape ? escape + decode_escape(escape, text) : last;
    }
}

bool avs_conf_key_is(const struct avs_conf_doc *doc, uint32_t index, const char *key) {
    const struct avs_conf_node *node = &doc->nodes[index];
    size_t wanted = strlen(key);
    if (node->key_end <= node->key_start) {
        return false;
    }
    size_t length = node->key_end - node->key_start - 2;
    const char *text = doc->text + node->key_start + 1;
    if (length <= wanted || !memchr(text, '\\', length)) { /* an escape is longer than itself */
        return length == wanted && memcmp(text, key, length) == 0;
    }
    struct avs_buffer decoded = avs_buffer_init(KEY_BYTES_MAX);
    avs_conf_decode(doc, node->key_start, node->key_end, &decoded);
    bool is_equal = !decoded.is_failed && decoded.length == wanted &&
                    memcmp(decoded.data ? decoded.data : "", key, wanted) == 0;
    avs_buffer_done(&decoded);
    return is_equal;
}

uint32_t avs_conf_find(const struct avs_conf_doc *doc, uint32_t parent, const char *key) {
    if (parent >= doc->count || doc->nodes[parent].type != AVS_CONF_OBJECT) {
        return AVS_CONF_NONE;
    }
    uint32_t child = doc->nodes[parent].first_child;
    while (child != AVS_CONF_NONE && !avs_conf_key_is(doc, child, key)) {
        child = doc->nodes[child].next;
    }
    return child;
}

void avs_conf_place(const char *text, size_t length, size_t offset, unsigned *ret_line,
                    unsigned *ret_column) {
    unsigned line = 1;
    size_t line_start = 0;
    offset = offset < length ? offset : length;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    unsigned column = 1;
    for (size_t i = line_start; i < offset; i++) {
        column += ((unsigned char)text[i] & 0xC0) != 0x80; /* not a UTF-8 continuation byte */
    }
    *ret_line = line;
    *ret_column = column;
}

const char *avs_conf_type_text(enum avs_conf_type type) {
    static const char *const texts[] = {
        [AVS_CONF_NULL] = "null",       [AVS_CONF_BOOL] = "true or false",
        [AVS_CONF_NUMBER] = "a number", [AVS_CONF_STRING] = "a string",
        [AVS_CONF_ARRAY] = "an array",  [AVS_CONF_OBJECT] = "an object",
    };
    return texts[type];
}
