/* SPDX-License-Identifier: Apache-2.0 */
/* Text into XML and HTML, escaped by construction. */
#include "out/markup_out.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static const char *reference(char character) {
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
        return "\n";
    default:
        return NULL;
    }
}

/* U+FFFE and U+FFFF, which XML 1.0 (section 2.2) leaves out, begin so. */
static bool is_noncharacter(const char *text, size_t length) {
    return length == 3 && memcmp(text, "\xEF\xBF", 2) == 0 && (unsigned char)text[2] >= 0xBE;
}

void avs_markup_text(struct avs_buffer *out, const char *text) {
    for (size_t left = text ? strlen(text) : 0; left > 0;) {
        const char *written = reference(*text);
        size_t length = written ? 1 : avs_text_printable_sequence(text, left);
        if (written) {
            avs_buffer_add_text(out, written);
        } else if (length == 0 || is_noncharacter(text, length)) {
            size_t sequence = avs_text_utf8_sequence(text, left);
            avs_buffer_add_text(out, *text == '\t' ? " " : REPLACEMENT);
            length = sequence ? sequence : 1;
        } else {
            avs_buffer_add(out, text, length);
        }
        text += length;
        left -= length;
    }
}

void avs_markup(struct avs_buffer *out, const char *markup, ...) {
    va_list texts;
    va_start(texts, markup);
    for (const char *from = markup; *from;) {
        size_t length = strcspn(from, "~");
        avs_buffer_add(out, from, length);
        from += length;
        if (*from == '~') {
            avs_markup_text(out, va_arg(texts, const char *));
            from++;
        }
    }
    va_end(texts);
}
