/* SPDX-License-Identifier: Apache-2.0 */
/* Changes as a unified diff: whole lines, three lines of context, what patch(1) takes. */
#include "report/diff_text.h"

#include <string.h>

#include "base/text.h"
#include "edit/plan.h"

#define CONTEXT_LINES 3
/* Both sides of every file, a mark on each line of one byte, and the heads: what is planned fits.
 */
#define DIFF_BYTES_MAX ((4u * AVS_CONFIG_FILES_MAX + 1u) * AVS_CONFIG_FILE_BYTES_MAX)

static size_t line_start(const char *text, size_t offset) {
    while (offset > 0 && text[offset - 1] != '\n') {
        offset--;
    }
    return offset;
}

static size_t line_end(const char *text, size_t length, size_t offset) {
    const char *newline = memchr(text + offset, '\n', length - offset);
    return newline ? (size_t)(newline - text) + 1 : length;
}

static size_t count_lines(const char *text, size_t start, size_t end) {
    size_t lines = 0;
    while (start < end) {
        start = line_end(text, end, start);
        lines++;
    }
    return lines;
}

/* A line as it is, but for what a terminal would obey: comments and values are a stranger's. Tabs,
 * and the CR of a CR LF, stay, so that patch takes the difference. */
static void print_line(const char *line, size_t length, struct avs_buffer *out) {
    for (size_t at = 0; at < length;) {
        size_t plain = 0; /* nearly all of it, at once */
        while (at + plain < length && line[at + plain] >= ' ' && line[at + plain] <= '~') {
            plain++;
        }
        avs_buffer_add(out, line + at, plain);
        at += plain;
        if (at == length) {
            break;
        }
        bool is_kept = line[at] == '\t' || line[at] == '\n' ||
                       (line[at] == '\r' && at + 1 < length && line[at + 1] == '\n');
        size_t sequence = is_kept ? 1 : avs_text_printable_sequence(line + at, length - at);
        size_t broken = sequence ? 0 : avs_text_utf8_sequence(line + at, length - at);
        avs_buffer_add(out, sequence ? line + at : "?", sequence ? sequence : 1);
        at += sequence ? sequence : broken ? broken : 1;
    }
}

static void print_lines(const char *text, size_t length, size_t start, size_t end, char mark,
                        struct avs_buffer *out) {
    while (start < end) {
        size_t next = line_end(text, length, start);
        avs_buffer_add(out, &mark, 1);
        print_line(text + start, next - start, out);
        if (text[next - 1] != '\n') {
            avs_buffer_add_text(out, "\n\\ No newline at end of file\n");
        }
        start = next;
    }
}

/* One change widened to whole lines. */
struct block {
    size_t old_start, old_end, new_start, new_end;
};

/* Whole lines around a change. One that is a pure insertion at a line's start takes no old line. */
static struct block widen(const struct avs_conf_change *change, const char *old_text,
                          size_t old_length, const char *new_text, size_t new_length) {
    struct block block = {
        .old_start = line_start(old_text, change->old_offset),
        .new_start = line_start(new_text, change->new_offset),
    };
    size_t old_end = change->old_offset + change->removed;
    size_t new_end = change->new_offset + change->inserted;
    bool is_at_line = block.old_start == old_end && block.new_start == change->new_offset &&
                      change->inserted > 0 && new_text[new_end - 1] == '\n';
    bool is_whole = block.new_start == new_end && block.old_start == change->old_offset &&
                    change->removed > 0 && old_text[old_end - 1] == '\n';
    block.old_end = is_at_line || is_whole ? old_end : line_end(old_text, old_length, old_end);
    block.new_end = is_at_line || is_whole ? new_end : line_end(new_text, new_length, new_end);
    return block;
}

static size_t back_lines(const char *text, size_t offset, size_t lines) {
    while (lines-- > 0 && offset > 0) {
        offset = line_start(text, offset - 1);
    }
    return offset;
}

static size_t forward_lines(const char *text, size_t length, size_t offset, size_t lines) {
    while (lines-- > 0 && offset < length) {
        offset = line_end(text, length, offset);
    }
    return offset;
}

struct printer {
    const char *old_text, *new_text;
    size_t old_length, new_length;
    struct avs_buffer *out;
};

/* One hunk: `count` blocks whose contexts touch. */
static void print_hunk(const struct printer *printer, const struct block *blocks, size_t count) {
    const char *text = printer->old_text;
    const struct block *last = &blocks[count - 1];
    size_t start = back_lines(text, blocks[0].old_start, CONTEXT_LINES);
    size_t end = forward_lines(text, printer->old_length, last->old_end, CONTEXT_LINES);
    size_t new_start = blocks[0].new_start - (blocks[0].old_start - start);
    size_t new_end = last->new_end + (end - last->old_end);
    size_t old_lines = count_lines(text, start, end);
    size_t new_lines = count_lines(printer->new_text, new_start, new_end);
    avs_buffer_printf(printer->out, "@@ -%zu,%zu +%zu,%zu @@\n",
                      count_lines(text, 0, start) + (old_lines > 0), old_lines,
                      count_lines(printer->new_text, 0, new_start) + (new_lines > 0), new_lines);
    for (size_t i = 0; i < count; i++) {
        print_lines(text, printer->old_length, start, blocks[i].old_start, ' ', printer->out);
        print_lines(text, printer->old_length, blocks[i].old_start, blocks[i].old_end, '-',
                    printer->out);
        print_lines(printer->new_text, printer->new_length, blocks[i].new_start, blocks[i].new_end,
                    '+', printer->out);
        start = blocks[i].old_end;
    }
    print_lines(text, printer->old_length, start, end, ' ', printer->out);
}

void avs_diff_to_text(const struct avs_conf_diff *diff, const char *path, const char *old_text,
                      size_t old_length, const char *new_text, size_t new_length,
                      struct avs_buffer *out) {
    struct printer printer = {old_text, new_text, old_length, new_length, out};
    if (diff->count == 0) {
        return;
    }
    struct block *blocks = malloc(diff->count * sizeof(*blocks));
    if (!blocks) {
        out->is_failed = true;
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < diff->count; i++) {
        struct block block = widen(&diff->changes[i], old_text, old_length, new_text, new_length);
        struct block *last = count ? &blocks[count - 1] : NULL;
        if (last && block.old_start <= last->old_end && block.new_start <= last->new_end) {
            last->old_end = block.old_end > last->old_end ? block.old_end : last->old_end;
            last->new_end = block.new_end > last->new_end ? block.new_end : last->new_end;
        } else {
            blocks[count++] = block;
        }
    }
    avs_buffer_add_text(out, "--- ");
    print_line(path, strlen(path), out);
    avs_buffer_add_text(out, "\n+++ ");
    print_line(path, strlen(path), out);
    avs_buffer_add_text(out, "\n");
    for (size_t first = 0; first < count;) {
        size_t next = first + 1;
        while (next < count && count_lines(old_text, blocks[next - 1].old_end,
                                           blocks[next].old_start) <= 2 * CONTEXT_LINES) {
            next++;
        }
        print_hunk(&printer, blocks + first, next - first);
        first = next;
    }
    free(blocks);
}

/* All of the plan's files, one after the other. */
enum avs_status avs_config_plan_to_diff(const struct avs_config_plan *plan, char **ret_text,
                                        struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(DIFF_BYTES_MAX);
    for (size_t i = 0; i < plan->count; i++) {
        const struct avs_conf_planned *file = &plan->files[i];
        avs_diff_to_text(&file->diff, file->before.path, file->before.text, file->before.length,
                         file->after.text, file->after.length, &out);
    }
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}
