/* SPDX-License-Identifier: Apache-2.0 */
/* From the parser's fault and the bytes around it to a diagnosis. Each fault has its function; what
 * it can tell apart, it tells apart, the rest keeps the SDK's own words. */
#include "conf/diagnose.h"

#include <string.h>

#include "base/text.h"

#define SHOWN_BYTES_MAX 60
#define URL_BYTES_MAX   2048

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* Typographic quotation marks that editors and web pages put in place of " */
static const char *const smart_quotes[] = {
    "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x9F", "\xE2\x80\x98",
    "\xE2\x80\x99", "\xC2\xAB",     "\xC2\xBB",     "\xEF\xBC\x82",
};

struct view {
    const struct avs_conf_doc *doc;
    const char *text; /* = doc->text */
    size_t length;
    size_t at; /* = doc->fault_offset */
    struct avs_conf_diagnosis *diagnosis;
};

static bool starts_with(const struct view *view, size_t offset, const char *prefix) {
    size_t length = strlen(prefix);
    return offset <= view->length && view->length - offset >= length &&
           memcmp(view->text + offset, prefix, length) == 0;
}

static char byte_at(const struct view *view, size_t offset) {
    return offset < view->length ? view->text[offset] : '\0';
}

/* The length of a typographic quotation mark at `offset`, 0 if there is none. */
static size_t smart_quote_at(const struct view *view, size_t offset) {
    for (size_t i = 0; i < AVS_COUNT(smart_quotes); i++) {
        if (starts_with(view, offset, smart_quotes[i])) {
            return strlen(smart_quotes[i]);
        }
    }
    return 0;
}

static void place_text(const struct view *view, size_t offset, char *field, size_t capacity) {
    unsigned line = 0, column = 0;
    avs_conf_place(view->text, view->length, offset, &line, &column);
    avs_text_format(field, capacity, "line %u, column %u", line, column);
}

static void say(const struct view *view, const char *id, size_t offset, size_t length,
                const char *problem, const char *fix) {
    struct avs_conf_diagnosis *diagnosis = view->diagnosis;
    diagnosis->id = id;
    diagnosis->offset = offset;
    diagnosis->length = length ? length : 1;
    AVS_TEXT_SET(diagnosis->problem, problem);
    AVS_TEXT_SET(diagnosis->fix, fix);
}

static void repair(const struct view *view, enum avs_conf_repair_kind kind, size_t offset,
                   size_t length, const char *replacement) {
    struct avs_conf_diagnosis *diagnosis = view->diagnosis;
    if (strlen(replacement) < sizeof(diagnosis->replacement)) {
        diagnosis->repair = kind;
        diagnosis->repair_offset = offset;
        diagnosis->repair_length = length;
        AVS_TEXT_SET(diagnosis->replacement, replacement);
    }
}

/* The last complete value before the fault inside the container that was open. */
static const struct avs_conf_node *last_value(const struct view *view) {
    uint32_t parent = view->doc->fault_parent;
    if (parent == AVS_CONF_NONE || view->doc->nodes[parent].last_child == AVS_CONF_NONE) {
        return NULL;
    }
    return &view->doc->nodes[view->doc->nodes[parent].last_child];
}

/* The end of the word at `offset`: blanks, commas, brackets and quotes end it. */
static size_t word_end(const struct view *view, size_t offset) {
    while (offset < view->length && !strchr(" \t\r\n,{}[]\"", view->text[offset])) {
        offset++;
    }
    return offset;
}

static size_t line_end(const struct view *view, size_t offset) {
    while (offset < view->length && view->text[offset] != '\n' && view->text[offset] != '\r') {
        offset++;
    }
    return offset;
}

/* A string literal that starts at `offset`; its end, or 0 when it is not closed on its line. */
static size_t string_end(const struct view *view, size_t offset) {
    for (size_t i = offset + 1; i < view->length && view->text[i] != '\n'; i++) {
        if (view->text[i] == '\\') {
            i++;
        } else if (view->text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

static bool is_url(const struct view *view, size_t offset) {
    return starts_with(view, offset, "https://") || starts_with(view, offset, "http://");
}

/* Guess: both quotation marks of a text on one line are wrong; or only this one. */
static void repair_quotes(const struct view *view, size_t opening) {
    char fixed[AVS_CONF_REPAIR_BYTES];
    bool is_single = view->text[view->at] == '\'';
    size_t start = view->at + opening, end = start, closing = 0;
    while (end < view->length && view->text[end] != '\n' && closing == 0) {
        closing = is_single ? view->text[end] == '\'' : smart_quote_at(view, end);
        closing = view->text[end] == '"' ? 1 : closing;
        end += closing == 0;
    }
    if (closing > 0 && end - start + 2 < sizeof(fixed)) {
        avs_text_format(fixed, sizeof(fixed), "\"%.*s\"", (int)(end - start), view->text + start);
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, end + closing - view->at, fixed);
    } else {
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, opening, "\"");
    }
}

/* What several faults have in common: characters that JSON does not know where a token must start.
 */
static bool diagnose_stranger(const struct view *view) {
    size_t quote = smart_quote_at(view, view->at);
    if (quote > 0) {
        say(view, "smart_quotes", view->at, quote,
            "a typographic quotation mark, as text editors and web pages put it",
            "write the plain \" (straight quotation mark) instead");
        repair_quotes(view, quote);
        return true;
    }
    char c = byte_at(view, view->at);
    if (c == '\'') {
        say(view, "single_quotes", view->at, 1, "a single quotation mark; JSON knows only \"",
            "write \" instead of ' on both sides");
        repair_quotes(view, 1);
        return true;
    }
    if (c == '#') {
        size_t end = line_end(view, view->at);
        say(view, "hash_comment", view->at, end - view->at,
            "a comment that begins with #; the SDK knows only // and /* */",
            "write // instead of #");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, "//");
        return true;
    }
    return false;
}

static void missing_brackets(const struct view *view) {
    unsigned open = 0;
    char fix[AVS_CONF_FIX_BYTES], where[48] = "";
    uint32_t parent = view->doc->fault_parent;
    if (parent != AVS_CONF_NONE) {
        place_text(view, view->doc->nodes[parent].start, where, sizeof(where));
    }
    for (; parent != AVS_CONF_NONE; parent = view->doc->nodes[parent].parent) {
        open++;
    }
    avs_text_format(fix, sizeof(fix),
                    "close what is still open: %u bracket%s, the innermost opened at %s", open,
                    open == 1 ? "" : "s", where);
    say(view, "missing_bracket", view->at, 1, "the file ends before its brackets are closed", fix);
}

static void diagnose_comma(const struct view *view, const char *closing) {
    const struct avs_conf_node *last = last_value(view);
    char where[48], fix[AVS_CONF_FIX_BYTES], problem[AVS_CONF_PROBLEM_BYTES];
    if (byte_at(view, view->at) == '\0') {
        missing_brackets(view);
        return;
    }
    bool is_object = closing[0] == '}';
    bool is_next = byte_at(view, view->at) == '"';
    if (is_object && is_next) {
        size_t end = string_end(view, view->at);
        size_t after = end ? avs_conf_skip(view->text, view->length, end) : 0;
        is_next = end && (byte_at(view, after) == ':' || is_url(view, after));
    }
    if (last && is_next) {
        place_text(view, last->end, where, sizeof(where));
        avs_text_format(problem, sizeof(problem),
                        "there is no comma between this %s and the one before it",
                        is_object ? "member" : "element");
        avs_text_format(fix, sizeof(fix), "put a comma at %s", where);
        say(view, "missing_comma", view->at, word_end(view, view->at + 1) + 1 - view->at, problem,
            fix);
        repair(view, is_object ? AVS_CONF_REPAIR_CERTAIN : AVS_CONF_REPAIR_ASSUMED, last->end, 0,
               ",");
        return;
    }
    if (diagnose_stranger(view)) {
        return;
    }
    size_t end = word_end(view, view->at);
    avs_text_format(problem, sizeof(problem), "after a value only a comma or %s can follow",
                    closing);
    say(view, "stray_text", view->at, end - view->at, problem,
        "remove this, or put it in quotation marks or into a // comment");
}

static void diagnose_name(const struct view *view) {
    const struct avs_conf_node *last = last_value(view);
    char c = byte_at(view, view->at);
    if (c == '}' && last) {
        size_t comma = avs_conf_skip(view->text, view->length, last->end);
        say(view, "trailing_comma", comma, 1,
            "a comma after the last member; JSON allows none before }", "remove this comma");
        repair(view, AVS_CONF_REPAIR_CERTAIN, comma, 1, "");
        return;
    }
    if (c == ',') {
        say(view, "stray_comma", view->at, 1, "a comma where a member's name must stand",
            "remove this comma");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, "");
        return;
    }
    if (c == '\0') {
        missing_brackets(view);
        return;
    }
    if (diagnose_stranger(view)) {
        return;
    }
    say(view, "name_without_quotes", view->at, word_end(view, view->at) - view->at,
        "a member must begin with its name in quotation marks",
        "put the name in \" \", or turn this into a // comment");
}

/* The guide's own line, pasted literally: "endpoint" https://host, without colon and quotes. */
static bool diagnose_snippet(const struct view *view) {
    if (!is_url(view, view->at)) {
        return false;
    }
    size_t end = word_end(view, view->at);
    if (end - view->at > URL_BYTES_MAX) {
        return false;
    }
    bool has_colon = view->doc->fault == AVS_CONF_FAULT_VALUE;
    char fixed[AVS_CONF_REPAIR_BYTES], fix[AVS_CONF_FIX_BYTES];
    avs_text_format(fixed, sizeof(fixed), "\"%.*s\"", (int)(end - view->at), view->text + view->at);
    avs_text_format(fix, sizeof(fix), "write \"endpoint\": %.*s", SHOWN_BYTES_MAX * 2, fixed);
    size_t from = view->at;
    if (has_colon) {
        avs_text_format(fix, sizeof(fix), "write it in quotation marks: %.*s", SHOWN_BYTES_MAX * 2,
                        fixed);
        say(view, "url_without_quotes", view->at, end - view->at,
            "a URL without quotation marks (its // would even start a comment)", fix);
    } else {
        /* the colon belongs to the name: close the gap up to the name if it is only blanks */
        while (from > 0 && (view->text[from - 1] == ' ' || view->text[from - 1] == '\t')) {
            from--;
        }
        bool is_on_line = from > 0 && view->text[from - 1] == '"';
        from = is_on_line ? from : view->at;
        avs_text_format(fixed, sizeof(fixed), ": \"%.*s\"", (int)(end - view->at),
                        view->text + view->at);
        say(view, "guide_snippet", view->at, end - view->at,
            "the guide's line as it was printed, without the colon and the quotation marks", fix);
    }
    repair(view, AVS_CONF_REPAIR_CERTAIN, from, end - from, fixed);
    return true;
}

static void diagnose_colon(const struct view *view) {
    char c = byte_at(view, view->at);
    if (diagnose_snippet(view)) {
        return;
    }
    if (c == '=') {
        say(view, "missing_colon", view->at, 1, "= between a name and its value",
            "write : instead of =");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, ":");
        return;
    }
    if (c == '\0') {
        missing_brackets(view);
        return;
    }
    bool is_value = strchr("\"{[0123456789-", c) != NULL;
    if (!is_value && c != ',' && c != '}' && diagnose_stranger(view)) {
        return;
    }
    say(view, "missing_colon", view->at, 1, "there is no colon between the name and its value",
        "write \"name\": value");
    if (is_value) {
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 0, ":");
    }
}

static void diagnose_value(const struct view *view) {
    const struct avs_conf_doc *doc = view->doc;
    char c = byte_at(view, view->at);
    /* the fault's own value is the newest node; what stands before it decides for arrays */
    const struct avs_conf_node *node = &doc->nodes[doc->count - 1];
    uint32_t parent = node->parent;
    if (view->at == 0 && starts_with(view, 0, byte_order_mark)) {
        say(view, "byte_order_mark", 0, 3, "the file begins with a UTF-8 byte order mark (BOM)",
            "save it as UTF-8 without BOM: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE");
        repair(view, AVS_CONF_REPAIR_ASSUMED, 0, 3, "");
        return;
    }
    if (c == ']' && parent != AVS_CONF_NONE && doc->nodes[parent].type == AVS_CONF_ARRAY &&
        doc->nodes[parent].first_child != doc->nodes[parent].last_child) {
        uint32_t before = doc->nodes[parent].first_child;
        while (doc->nodes[before].next != doc->nodes[parent].last_child) {
            before = doc->nodes[before].next;
        }
        size_t comma = avs_conf_skip(view->text, view->length, doc->nodes[before].end);
        say(view, "trailing_comma", comma, 1,
            "a comma after the last element; JSON allows none before ]", "remove this comma");
        repair(view, AVS_CONF_REPAIR_CERTAIN, comma, 1, "");
        return;
    }
    if (c == '\0') {
        missing_brackets(view);
        return;
    }
    if (diagnose_snippet(view) || diagnose_stranger(view)) {
        return;
    }
    if (c == ',' || c == '}' || c == ']') {
        say(view, "missing_value", view->at, 1, "a value is missing before this",
            "write the value, or remove the member");
        return;
    }
    size_t start = node->start < view->at ? node->start : view->at;
    say(view, "invalid_value", start, word_end(view, start) - start,
        "this is no value: a text needs quotation marks, and true, false and null are written "
        "small",
        "put it in \" \", or correct it");
}

static void diagnose_escape(const struct view *view) {
    char c = byte_at(view, view->at);
    if (c == '\n' || c == '\r') {
        say(view, "raw_newline", view->at, 1,
            "a line break inside a text; a closing \" is missing, or the text must be on one line",
            "close the quotation marks on the same line (a line break is written \\n)");
    } else if (c == '\t') {
        say(view, "raw_tab", view->at, 1, "a tab character inside a text", "write \\t, or a space");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, " ");
    } else if (c == '\\') {
        say(view, "invalid_escape", view->at, 2,
            "a backslash that begins no escape JSON knows (a Windows path, perhaps)",
            "write \\\\ for one backslash");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, "\\\\");
    } else {
        say(view, "raw_control", view->at, 1, "a control character inside a text", "remove it");
        repair(view, AVS_CONF_REPAIR_ASSUMED, view->at, 1, " ");
    }
}

static void diagnose_comment(const struct view *view) {
    if (byte_at(view, view->at) == '\0') {
        /* the scan was in a block comment: it began at the last complete token's trivia */
        size_t start = view->at;
        for (size_t i = 0; i + 1 < view->at; i++) {
            if (view->text[i] == '"') {
                size_t end = string_end(view, i);
                i = end ? end - 1 : i;
            } else if (starts_with(view, i, "//")) {
                i = line_end(view, i);
            } else if (starts_with(view, i, "/*")) {
                const char *end = memmem(view->text + i + 2, view->length - i - 2, "*/", 2);
                start = i;
                if (!end) {
                    break;
                }
                i = (size_t)(end - view->text) + 1;
            }
        }
        say(view, "unterminated_comment", start, 2,
            "a comment that begins with /* here and never ends", "close it with */");
        return;
    }
    say(view, "stray_slash", view->at ? view->at - 1 : 0, 1,
        "a single slash; a comment begins with // or /*", "write // or remove the slash");
    repair(view, AVS_CONF_REPAIR_ASSUMED, view->at ? view->at - 1 : 0, 1, "//");
}

static void diagnose_after_root(const struct view *view) {
    say(view, "text_after_root", view->at, word_end(view, view->at) - view->at,
        "there is something after the end of the configuration; only comments may stand here",
        "remove it, or, if a } closes too early, remove that one");
}

void avs_conf_diagnose(const struct avs_conf_doc *doc, struct avs_conf_diagnosis *ret_diagnosis) {
    *ret_diagnosis = (struct avs_conf_diagnosis){.id = "none", .length = 1};
    struct view view = {
        .doc = doc,
        .text = doc->text,
        .length = doc->length,
        .at = doc->fault_offset,
        .diagnosis = ret_diagnosis,
    };
    switch (doc->fault) {
    case AVS_CONF_FAULT_NONE:
        break;
    case AVS_CONF_FAULT_EMPTY:
        say(&view, "empty", view.at, 1, "the file is empty, or holds nothing but comments",
            "restore the SDK's AlexaClientSDKConfig.json (its setup script may have failed)");
        break;
    case AVS_CONF_FAULT_AFTER_ROOT:
        diagnose_after_root(&view);
        break;
    case AVS_CONF_FAULT_VALUE:
        diagnose_value(&view);
        break;
    case AVS_CONF_FAULT_NAME:
        diagnose_name(&view);
        break;
    case AVS_CONF_FAULT_COLON:
        diagnose_colon(&view);
        break;
    case AVS_CONF_FAULT_OBJECT_COMMA:
        diagnose_comma(&view, "}");
        break;
    case AVS_CONF_FAULT_ARRAY_COMMA:
        diagnose_comma(&view, "]");
        break;
    case AVS_CONF_FAULT_ESCAPE:
        diagnose_escape(&view);
        break;
    case AVS_CONF_FAULT_QUOTE:
        say(&view, "unterminated_string", view.at, 1, "the file ends inside a text",
            "close the quotation marks and the brackets");
        break;
    case AVS_CONF_FAULT_COMMENT:
        diagnose_comment(&view);
        break;
    case AVS_CONF_FAULT_HEX:
    case AVS_CONF_FAULT_SURROGATE:
        say(&view, "invalid_escape", view.at, 2, "a \\u escape that is no character",
            "write \\u and four hex digits (a pair for characters beyond U+FFFF)");
        break;
    case AVS_CONF_FAULT_NUMBER_TOO_BIG:
        say(&view, "number_too_big", view.at, word_end(&view, view.at) - view.at,
            "a number too big for the SDK", "write a smaller number");
        break;
    case AVS_CONF_FAULT_FRACTION:
    case AVS_CONF_FAULT_EXPONENT:
        say(&view, "invalid_number", view.at, 1, "a number that breaks off",
            "digits must follow the point and the e");
        break;
    case AVS_CONF_FAULT_TOO_DEEP:
        say(&view, "too_deep", view.at, 1, "objects and arrays nest deeper than 64 levels",
            "this is hardly the SDK's configuration; it needs no more than 5");
        break;
    }
}
