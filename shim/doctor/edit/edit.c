/* SPDX-License-Identifier: Apache-2.0 */
/* Where a member goes in and comes out. Insertion follows the file's own style (line breaks,
 * indentation, blanks around the colon); removal is its inverse, so what set adds, unset takes away
 * to the byte. */
#include "edit/edit.h"

#include <string.h>

#define DEFAULT_INDENT "    "
#define INDENT_MAX     256 /* bytes of one line's indentation that are copied */
#define COLON_MAX      16  /* bytes between a key and its value that are copied */

/* A piece of the text. */
struct span {
    const char *text;
    size_t length;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_space(char c) {
    return is_blank(c) || c == '\r' || c == '\n';
}

static struct span span_of(const char *text) {
    return (struct span){text, strlen(text)};
}

/* A line feed, or carriage returns right before one. */
static bool is_line_break(const struct avs_conf_doc *doc, size_t at) {
    while (at < doc->length && doc->text[at] == '\r') {
        at++;
    }
    return at < doc->length && doc->text[at] == '\n';
}

static void add_span(struct avs_buffer *out, struct span span) {
    avs_buffer_add(out, span.text, span.length);
}

static void add_range(struct avs_buffer *out, const struct avs_conf_doc *doc, size_t start,
                      size_t end) {
    avs_buffer_add(out, doc->text + start, end - start);
}

/* ---- the file's style ---- */

static struct span newline_of(const struct avs_conf_doc *doc) {
    const char *newline = memchr(doc->text, '\n', doc->length);
    return span_of(newline && newline > doc->text && newline[-1] == '\r' ? "\r\n" : "\n");
}

/* The offset of the line break (its \r, or several) before `offset`'s line; false on line 1. */
static bool line_break_before(const struct avs_conf_doc *doc, size_t offset, size_t *ret_break) {
    while (offset > 0 && doc->text[offset - 1] != '\n') {
        offset--;
    }
    if (offset == 0) {
        return false;
    }
    offset--;
    while (offset > 0 && doc->text[offset - 1] == '\r') {
        offset--;
    }
    *ret_break = offset;
    return true;
}

/* True when only blanks stand before `offset` on its line; they are the indentation. */
static bool is_first_on_line(const struct avs_conf_doc *doc, size_t offset,
                             struct span *ret_indent) {
    size_t start = offset;
    while (start > 0 && is_blank(doc->text[start - 1])) {
        start--;
    }
    if (ret_indent) {
        *ret_indent = (struct span){doc->text + start, offset - start};
    }
    return (start == 0 || doc->text[start - 1] == '\n') && offset - start <= INDENT_MAX;
}

/* What stands between the key and the value of a member: ":", ": ", " : ". */
static struct span colon_of(const struct avs_conf_doc *doc, uint32_t node) {
    const struct avs_conf_node *member = &doc->nodes[node];
    struct span colon = {doc->text + member->key_end, member->start - member->key_end};
    for (size_t i = 0; i < colon.length; i++) {
        if (!is_blank(colon.text[i]) && colon.text[i] != ':') {
            return span_of(": ");
        }
    }
    return colon.length <= COLON_MAX ? colon : span_of(": ");
}

/* The style of members inside sections, taken from the first there is. */
static uint32_t sample_member(const struct avs_conf_doc *doc, bool must_be_first_on_line) {
    for (uint32_t i = 1; i < doc->count; i++) {
        const struct avs_conf_node *node = &doc->nodes[i];
        bool is_member_of_section =
            node->parent != 0 && node->key_end > 0 && doc->nodes[node->parent].parent == 0;
        if (is_member_of_section &&
            (!must_be_first_on_line || is_first_on_line(doc, node->key_start, NULL))) {
            return i;
        }
    }
    return AVS_CONF_NONE;
}

/* The indentation inside a section that is indented by `outer`. */
static void add_inner_indent(const struct avs_conf_doc *doc, struct span outer,
                             struct avs_buffer *out) {
    uint32_t sample = sample_member(doc, true);
    struct span inner;
    if (sample != AVS_CONF_NONE && is_first_on_line(doc, doc->nodes[sample].key_start, &inner) &&
        inner.length > outer.length) {
        add_span(out, inner);
        return;
    }
    add_span(out, outer);
    add_span(out, outer.length > 0 ? outer : span_of(DEFAULT_INDENT));
}

/* ---- insertion ---- */

/* What is to be inserted; `section` is NULL for a plain member. */
struct member {
    const char *section, *key, *value;
};

static void add_pair(const struct member *member, struct span colon, struct avs_buffer *out) {
    avs_buffer_printf(out, "\"%s\"", member->key);
    add_span(out, colon);
    avs_buffer_add_text(out, member->value);
}

/* The member's text. `indent`: of its line; NULL when it shares a line with others. */
static void add_member(const struct avs_conf_doc *doc, const struct member *member,
                       struct span colon, const struct span *indent, struct avs_buffer *out) {
    if (!member->section) {
        add_pair(member, colon, out);
        return;
    }
    uint32_t sample = sample_member(doc, false);
    struct span inner_colon = sample == AVS_CONF_NONE ? colon : colon_of(doc, sample);
    avs_buffer_printf(out, "\"%s\"", member->section);
    add_span(out, colon);
    if (!indent) {
        avs_buffer_add_text(out, "{ ");
        add_pair(member, inner_colon, out);
        avs_buffer_add_text(out, " }");
        return;
    }
    avs_buffer_add_text(out, "{");
    add_span(out, newline_of(doc));
    add_inner_indent(doc, *indent, out);
    add_pair(member, inner_colon, out);
    add_span(out, newline_of(doc));
    add_span(out, *indent);
    avs_buffer_add_text(out, "}");
}

/* The end of what belongs to the line of a value that ends at `offset`: blanks and comments up to
 * the line break; `offset` itself when something else follows on the line. */
static size_t line_rest(const struct avs_conf_doc *doc, size_t offset) {
    size_t at = offset;
    while (at < doc->length) {
        char c = doc->text[at];
        if (is_blank(c)) {
            at++;
        } else if (is_line_break(doc, at)) {
            return at;
        } else if (c == '/' && doc->text[at + 1] == '/') {
            const char *newline = memchr(doc->text + at, '\n', doc->length - at);
            size_t end = newline ? (size_t)(newline - doc->text) : doc->length;
            while (doc->text[end - 1] == '\r') { /* two, too: what is left must not end in one */
                end--;
            }
            return end;
        } else if (c == '/') {
            const char *close = memmem(doc->text + at + 2, doc->length - at - 2, "*/", 2);
            size_t end = close ? (size_t)(close - doc->text) + 2 : doc->length;
            if (memchr(doc->text + at, '\n', end - at)) {
                return offset;
            }
            at = end;
        } else {
            return offset;
        }
    }
    return offset;
}

static void insert_after(const struct avs_conf_doc *doc, uint32_t last, const struct member *member,
                         struct avs_buffer *out) {
    size_t end = doc->nodes[last].end;
    struct span colon = colon_of(doc, last);
    struct span indent;
    add_range(out, doc, 0, end);
    if (!is_first_on_line(doc, doc->nodes[last].key_start, &indent)) {
        bool is_compact = colon.length == 1;
        avs_buffer_add_text(out, is_compact ? "," : ", ");
        add_member(doc, member, colon, NULL, out);
        add_range(out, doc, end, doc->whole);
        return;
    }
    size_t rest = line_rest(doc, end);
    avs_buffer_add_text(out, ",");
    add_range(out, doc, end, rest);
    add_span(out, newline_of(doc));
    add_span(out, indent);
    add_member(doc, member, colon, &indent, out);
    add_range(out, doc, rest, doc->whole);
}

static void insert_first(const struct avs_conf_doc *doc, uint32_t object,
                         const struct member *member, struct avs_buffer *out) {
    size_t open = doc->nodes[object].start + 1, close = doc->nodes[object].end - 1;
    uint32_t sample = sample_member(doc, false);
    struct span colon = sample == AVS_CONF_NONE ? span_of(": ") : colon_of(doc, sample);
    struct span outer;
    size_t line_break = 0;
    bool has_comment = false;
    for (size_t i = open; i < close; i++) {
        has_comment = has_comment || !is_space(doc->text[i]);
    }
    if (has_comment && is_first_on_line(doc, close, &outer) &&
        line_break_before(doc, close, &line_break) && line_break >= open) {
        /* below the comments, above the closing bracket */
        struct avs_buffer inner = avs_buffer_init(2 * INDENT_MAX + sizeof(DEFAULT_INDENT));
        if (object == 0) {
            add_span(&inner, outer);
            avs_buffer_add_text(&inner, DEFAULT_INDENT);
        } else {
            add_inner_indent(doc, outer, &inner);
        }
        struct span indent = {inner.data ? inner.data : "", inner.length};
        add_range(out, doc, 0, line_break);
        add_span(out, newline_of(doc));
        add_span(out, indent);
        add_member(doc, member, colon, &indent, out);
        add_range(out, doc, line_break, doc->whole);
        out->is_failed = out->is_failed || inner.is_failed;
        avs_buffer_done(&inner);
        return;
    }
    add_range(out, doc, 0, open);
    add_member(doc, member, colon, NULL, out);
    add_range(out, doc, open, doc->whole);
}

void avs_conf_edit_insert(const struct avs_conf_doc *doc, uint32_t section_node,
                          const char *section, const char *key, const char *value,
                          struct avs_buffer *out) {
    bool is_new = section_node == AVS_CONF_NONE;
    struct member member = {is_new ? section : NULL, key, value};
    uint32_t object = is_new ? 0 : section_node;
    uint32_t last = doc->nodes[object].last_child;
    if (last == AVS_CONF_NONE) {
        insert_first(doc, object, &member, out);
    } else {
        insert_after(doc, last, &member, out);
    }
}

void avs_conf_edit_replace(const struct avs_conf_doc *doc, uint32_t node, const char *value,
                           struct avs_buffer *out) {
    add_range(out, doc, 0, doc->nodes[node].start);
    avs_buffer_add_text(out, value);
    add_range(out, doc, doc->nodes[node].end, doc->whole);
}

/* ---- removal ---- */

static bool is_spaces(const struct avs_conf_doc *doc, size_t start, size_t end) {
    for (size_t i = start; i < end; i++) {
        if (!is_space(doc->text[i])) {
            return false;
        }
    }
    return true;
}

static size_t count_lines(const struct avs_conf_doc *doc, size_t start, size_t end) {
    size_t lines = 0;
    for (size_t i = start; i < end; i++) {
        lines += doc->text[i] == '\n';
    }
    return lines;
}

/* True when `node` is the only member of a section that looks as insertion makes it: one line each,
 * or { and one blank. */
static bool is_own_section(const struct avs_conf_doc *doc, uint32_t node) {
    uint32_t section = doc->nodes[node].parent;
    const struct avs_conf_node *object = &doc->nodes[section];
    if (section == 0 || object->first_child != object->last_child) {
        return false;
    }
    size_t open = object->start + 1, close = object->end - 1;
    size_t start = doc->nodes[node].key_start, end = doc->nodes[node].end;
    if (!is_spaces(doc, open, start) || !is_spaces(doc, end, close)) {
        return false;
    }
    bool is_one_line =
        start - open == 1 && close - end == 1 && doc->text[open] == ' ' && doc->text[end] == ' ';
    return is_one_line || (count_lines(doc, open, start) == 1 && count_lines(doc, end, close) == 1);
}

static uint32_t previous_of(const struct avs_conf_doc *doc, uint32_t node) {
    uint32_t previous = AVS_CONF_NONE;
    uint32_t at = doc->nodes[doc->nodes[node].parent].first_child;
    while (at != node) {
        previous = at;
        at = doc->nodes[at].next;
    }
    return previous;
}

/* Where removal of a last member starts: with its line, or with the blanks before it. */
static size_t removal_start(const struct avs_conf_doc *doc, uint32_t node, size_t least) {
    size_t start = doc->nodes[node].key_start, line_break = 0;
    if (is_first_on_line(doc, start, NULL) && line_break_before(doc, start, &line_break) &&
        line_break >= least) {
        size_t end = doc->nodes[node].end;
        bool shares_line =
            line_rest(doc, end) == end && end < doc->length && !is_line_break(doc, end);
        /* what follows must not slip into a comment of the line above */
        bool is_below_comment = memmem(doc->text + least, line_break - least, "//", 2) != NULL;
        return shares_line && is_below_comment ? start : line_break;
    }
    while (start > least && is_blank(doc->text[start - 1])) {
        start--;
    }
    return start;
}

static void remove_last(const struct avs_conf_doc *doc, uint32_t node, uint32_t previous,
                        struct avs_buffer *out) {
    size_t comma = avs_conf_skip(doc->text, doc->length, doc->nodes[previous].end);
    size_t start = removal_start(doc, node, comma + 1);
    add_range(out, doc, 0, comma);
    add_range(out, doc, comma + 1, start);
    add_range(out, doc, doc->nodes[node].end, doc->whole);
}

static void remove_before_next(const struct avs_conf_doc *doc, uint32_t node,
                               struct avs_buffer *out) {
    size_t start = doc->nodes[node].key_start, end = doc->nodes[node].end;
    size_t comma = avs_conf_skip(doc->text, doc->length, end);
    size_t after = comma + 1;
    struct span indent;
    bool is_first = is_first_on_line(doc, start, &indent);
    while (after < doc->length && is_blank(doc->text[after])) {
        after++;
    }
    size_t line_end = after;
    if (line_end < doc->length && doc->text[line_end] == '\r') {
        line_end++;
    }
    add_range(out, doc, 0,
              start -
                  (comma == end && is_first && doc->text[line_end] == '\n' ? indent.length : 0));
    if (comma != end) { /* a comment between the value and its comma stays */
        add_range(out, doc, end, comma);
        after = comma + 1;
    } else if (is_first && doc->text[line_end] == '\n') {
        after = line_end + 1;
    }
    add_range(out, doc, after, doc->whole);
}

void avs_conf_edit_remove(const struct avs_conf_doc *doc, uint32_t node, struct avs_buffer *out) {
    if (is_own_section(doc, node)) {
        node = doc->nodes[node].parent;
    }
    uint32_t previous = previous_of(doc, node);
    if (doc->nodes[node].next != AVS_CONF_NONE) {
        remove_before_next(doc, node, out);
    } else if (previous != AVS_CONF_NONE) {
        remove_last(doc, node, previous, out);
    } else {
        size_t open = doc->nodes[doc->nodes[node].parent].start + 1;
        size_t start = doc->nodes[node].key_start;
        size_t with_line = removal_start(doc, node, open);
        bool is_line = is_first_on_line(doc, start, NULL) && with_line < start;
        add_range(out, doc, 0, is_line ? with_line : start);
        add_range(out, doc, doc->nodes[node].end, doc->whole);
    }
}
