/* SPDX-License-Identifier: Apache-2.0 */
/* The one text writer: printable by construction, wrapped when a line ends. */
#include "out/text_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define FORMAT_BYTES 1024
#define ELLIPSIS     "..."
#define RESET        "\033[0m"
#define SCREEN_LINES 24 /* of a terminal that does not say */

static const char *const tones[] = {
    [AVS_TONE_GOOD] = "\033[32m", [AVS_TONE_BAD] = "\033[31m", [AVS_TONE_WARN] = "\033[33m",
    [AVS_TONE_DIM] = "\033[2m",   [AVS_TONE_BOLD] = "\033[1m",
};

struct avs_out avs_out_init(size_t limit_bytes, const struct avs_style *style) {
    struct avs_out out = {.text = avs_buffer_init(limit_bytes)};
    if (style) {
        out.style = *style;
    }
    return out;
}

void avs_out_done(struct avs_out *out) {
    avs_buffer_done(&out->text);
}

/* ---- one run of text ---- */

static void set_length(struct avs_buffer *text, size_t length) {
    text->length = length;
    text->data[length] = '\0';
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* An over-long name keeps its beginning and its end. */
static void cut_middle(struct avs_buffer *text, size_t start) {
    size_t length = text->length - start;
    if (length <= AVS_OUT_RUN_BYTES) {
        return;
    }
    char *run = text->data + start;
    size_t head = AVS_OUT_RUN_BYTES / 2;
    size_t tail = length - (AVS_OUT_RUN_BYTES / 2 - strlen(ELLIPSIS));
    while (is_continuation(run[head])) {
        head--;
    }
    while (is_continuation(run[tail])) {
        tail++;
    }
    memcpy(run + head, ELLIPSIS, strlen(ELLIPSIS));
    memmove(run + head + strlen(ELLIPSIS), run + tail, length - tail);
    set_length(text, start + head + strlen(ELLIPSIS) + length - tail);
}

/* What was added behind `start` is one printable run now. */
static void make_printable(struct avs_buffer *text, size_t start) {
    if (!text->is_failed) {
        avs_text_make_printable(text->data + start);
        set_length(text, start + strlen(text->data + start));
    }
}

/* ---- lines ---- */

/* Length of our own colour sequence at `text`, 0 = none. */
static size_t colour_length(const char *text) {
    return *text == '\033' ? strcspn(text, "m") + 1 : 0;
}

static size_t visible(const char *text, size_t length) {
    size_t columns = 0;
    for (size_t at = 0; at < length;) {
        size_t colour = colour_length(text + at);
        columns += colour == 0 && !is_continuation(text[at]);
        at += colour ? colour : 1;
    }
    return columns;
}

/* The line again, broken at blanks. A word that is wider than the terminal stays whole. */
static void wrap(struct avs_out *out) {
    const char *line = out->text.data + out->line_start;
    size_t length = out->text.length - out->line_start;
    size_t width = out->style.columns;
    if (width == 0 || out->is_whole || visible(line, length) <= width) {
        return;
    }
    size_t hang = out->hang ? out->hang : strspn(line, " ");
    hang = hang < width / 2 ? hang : 0;
    struct avs_buffer wrapped = avs_buffer_init(out->text.limit_bytes);
    size_t column = 0;
    for (size_t at = 0; at < length;) {
        size_t blanks = strspn(line + at, " ");
        size_t word = strcspn(line + at + blanks, " ");
        size_t columns = visible(line + at + blanks, word);
        if (column > hang && column + blanks + columns > width) {
            avs_buffer_printf(&wrapped, "\n%*s", (int)hang, "");
            column = hang;
        } else {
            avs_buffer_add(&wrapped, line + at, blanks);
            column += blanks;
        }
        avs_buffer_add(&wrapped, line + at + blanks, word);
        column += columns;
        at += blanks + word;
    }
    set_length(&out->text, out->line_start);
    avs_buffer_add(&out->text, wrapped.data, wrapped.length);
    out->text.is_failed |= wrapped.is_failed;
    out->text.is_over_limit |= wrapped.is_over_limit;
    avs_buffer_done(&wrapped);
}

static void end_line(struct avs_out *out) {
    if (!out->text.is_failed && out->text.data) {
        wrap(out);
    }
    avs_buffer_add_text(&out->text, "\n");
    out->line_start = out->text.length;
    out->hang = 0;
    out->is_whole = false;
}

/* ---- what reports call ---- */

/* The format without the newlines at its ends, which end lines. */
static void add_run(struct avs_out *out, const char *colour, const char *format,
                    va_list arguments) {
    char inner[FORMAT_BYTES];
    for (; *format == '\n'; format++) {
        end_line(out);
    }
    size_t length = strlen(format);
    size_t ends = 0;
    for (; length > 0 && format[length - 1] == '\n'; length--) {
        ends++;
    }
    if (length >= sizeof(inner)) {
        out->text.is_failed = out->text.is_over_limit = true;
        return;
    }
    avs_text_copy_bytes(inner, sizeof(inner), format, length);
    avs_buffer_add_text(&out->text, colour);
    size_t start = out->text.length;
    avs_buffer_vprintf(&out->text, inner, arguments);
    make_printable(&out->text, start);
    if (!out->text.is_failed) {
        cut_middle(&out->text, start);
    }
    avs_buffer_add_text(&out->text, colour[0] ? RESET : "");
    for (; ends > 0; ends--) {
        end_line(out);
    }
}

void avs_out_printf(struct avs_out *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_run(out, "", format, arguments);
    va_end(arguments);
}

void avs_out_tone(struct avs_out *out, enum avs_tone tone, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_run(out, out->style.has_colour ? tones[tone] : "", format, arguments);
    va_end(arguments);
}

void avs_out_mark(struct avs_out *out, enum avs_mark mark) {
    static const struct {
        enum avs_tone tone;
        const char *text;
    } marks[] = {
        [AVS_MARK_OK] = {AVS_TONE_GOOD, "[ok]"},
        [AVS_MARK_NOTE] = {AVS_TONE_WARN, "[! ]"},
        [AVS_MARK_FAIL] = {AVS_TONE_BAD, "[no]"},
        [AVS_MARK_UNKNOWN] = {AVS_TONE_WARN, "[? ]"},
    };
    avs_out_tone(out, marks[mark].tone, "%s", marks[mark].text);
    avs_buffer_add_text(&out->text, " ");
}

void avs_out_hang(struct avs_out *out) {
    if (out->text.data) {
        out->hang = visible(out->text.data + out->line_start, out->text.length - out->line_start);
    }
}

void avs_out_whole(struct avs_out *out) {
    out->is_whole = true;
}

void avs_out_command(struct avs_out *out, const char *command) {
    size_t start = out->text.length;
    avs_out_whole(out);
    if (avs_buffer_add_text(&out->text, command)) {
        make_printable(&out->text, start);
    }
}

void avs_out_lines(struct avs_out *out, const char *label, const char *text) {
    int width = (int)strlen(label);
    for (bool is_first = true; *text; is_first = false) {
        size_t length = strcspn(text, "\n");
        avs_out_printf(out, "%-*s", width, is_first ? label : "");
        avs_out_hang(out);
        avs_out_printf(out, "%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

bool avs_out_is_long(const struct avs_out *out, size_t more) {
    size_t lines = more;
    for (size_t i = 0; i < out->text.length; i++) {
        lines += out->text.data[i] == '\n';
    }
    return lines >= (out->style.rows ? out->style.rows : SCREEN_LINES);
}

enum avs_status avs_out_take(struct avs_out *out, char **ret_text, struct avs_error *reterr) {
    if (out->text.length > out->line_start) {
        end_line(out);
    }
    return avs_buffer_take_text(&out->text, ret_text, reterr);
}
