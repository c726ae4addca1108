/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner: one pass, no recursion. Follows rapidjson 1.1.0's reader.h step by step, because the
 * offset and the message must be the ones that stand in the SDK's log. As there, a NUL byte is the
 * end of the input wherever it stands. */
#include "conf/scan.h"

#include <string.h>

#include "conf/scan_number.h"

static const char *const fault_texts[] = {
#define XX(name, text) [AVS_CONF_FAULT_##name] = text,
    AVS_CONF_FAULT_MAP(XX)
#undef XX
};

struct scanner {
    struct avs_conf_doc *doc;
    const char *text;
    size_t length;
    size_t at;
    bool has_comments;
    uint32_t open; /* innermost open container, AVS_CONF_NONE at the root */
    unsigned depth;
};

static char peek(const struct scanner *scanner) {
    return scanner->at < scanner->length ? scanner->text[scanner->at] : '\0';
}

/* Moves on unless at the end, as a stream does. */
static void take(struct scanner *scanner) {
    if (scanner->at < scanner->length) {
        scanner->at++;
    }
}

static bool consume(struct scanner *scanner, char expected) {
    if (scanner->at < scanner->length && scanner->text[scanner->at] == expected) {
        scanner->at++;
        return true;
    }
    return false;
}

static bool fault_at(struct scanner *scanner, enum avs_conf_fault fault, size_t offset) {
    scanner->doc->fault = fault;
    scanner->doc->fault_offset = offset;
    scanner->doc->fault_parent = scanner->open;
    return false;
}

static bool fault_here(struct scanner *scanner, enum avs_conf_fault fault) {
    return fault_at(scanner, fault, scanner->at);
}

static void skip_blanks(struct scanner *scanner) {
    while (scanner->at < scanner->length) {
        char c = scanner->text[scanner->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return;
        }
        scanner->at++;
    }
}

static bool skip_block_comment(struct scanner *scanner) {
    for (;;) {
        if (peek(scanner) == '\0') {
            return fault_here(scanner, AVS_CONF_FAULT_COMMENT);
        }
        if (consume(scanner, '*')) {
            if (consume(scanner, '/')) {
                return true;
            }
        } else {
            take(scanner);
        }
    }
}

static bool skip_trivia(struct scanner *scanner) {
    skip_blanks(scanner);
    while (scanner->has_comments && peek(scanner) == '/') {
        size_t start = scanner->at;
        take(scanner);
        if (consume(scanner, '*')) {
            if (!skip_block_comment(scanner)) {
                return false;
            }
        } else if (consume(scanner, '/')) {
            while (peek(scanner) != '\0') {
                if (scanner->text[scanner->at++] == '\n') {
                    break;
                }
            }
        } else {
            return fault_here(scanner, AVS_CONF_FAULT_COMMENT);
        }
        if (scanner->doc->first_comment == AVS_CONF_NONE) {
            scanner->doc->first_comment = (uint32_t)start;
        }
        skip_blanks(scanner);
    }
    return true;
}

static bool scan_hex4(struct scanner *scanner, size_t escape, unsigned *ret_unit) {
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(scanner);
        unsigned digit = 0;
        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if (c >= 'A' && c <= 'F') {
            digit = (unsigned)(c - 'A') + 10;
        } else if (c >= 'a' && c <= 'f') {
            digit = (unsigned)(c - 'a') + 10;
        } else {
            return fault_at(scanner, AVS_CONF_FAULT_HEX, escape);
        }
        unit = unit * 16 + digit;
        take(scanner);
    }
    *ret_unit = unit;
    return true;
}

/* After the backslash at `escape`. */
static bool scan_escape(struct scanner *scanner, size_t escape) {
    char c = peek(scanner);
    if (c != '\0' && strchr("\"\\/bfnrt", c)) {
        take(scanner);
        return true;
    }
    if (c != 'u') {
        return fault_at(scanner, AVS_CONF_FAULT_ESCAPE, escape);
    }
    take(scanner);
    unsigned high = 0, low = 0;
    if (!scan_hex4(scanner, escape, &high)) {
        return false;
    }
    if (high < 0xD800 || high > 0xDBFF) {
        return true;
    }
    if (!consume(scanner, '\\') || !consume(scanner, 'u')) {
        return fault_at(scanner, AVS_CONF_FAULT_SURROGATE, escape);
    }
    if (!scan_hex4(scanner, escape, &low)) {
        return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
        return fault_at(scanner, AVS_CONF_FAULT_SURROGATE, escape);
    }
    return true;
}

/* At the opening quotation mark. */
static bool scan_string(struct scanner *scanner) {
    take(scanner);
    for (;;) {
        unsigned char c = (unsigned char)peek(scanner);
        if (c == '"') {
            take(scanner);
            return true;
        }
        if (c == '\\') {
            size_t escape = scanner->at;
            take(scanner);
            if (!scan_escape(scanner, escape)) {
                return false;
            }
        } else if (c < 0x20) {
            return fault_here(scanner, c == '\0' ? AVS_CONF_FAULT_QUOTE : AVS_CONF_FAULT_ESCAPE);
        } else {
            scanner->at++;
        }
    }
}

static bool scan_literal(struct scanner *scanner, const char *rest) {
    take(scanner);
    for (; *rest; rest++) {
        if (!consume(scanner, *rest)) {
            return fault_here(scanner, AVS_CONF_FAULT_VALUE);
        }
    }
    return true;
}

/* A new node under the open container; its key, if any, is filled by the caller. */
static struct avs_conf_node *add_node(struct scanner *scanner) {
    struct avs_conf_doc *doc = scanner->doc;
    uint32_t index = (uint32_t)doc->count++;
    doc->nodes[index] = (struct avs_conf_node){
        .start = (uint32_t)scanner->at,
        .end = (uint32_t)scanner->at,
        .parent = scanner->open,
        .first_child = AVS_CONF_NONE,
        .last_child = AVS_CONF_NONE,
        .next = AVS_CONF_NONE,
    };
    if (scanner->open != AVS_CONF_NONE) {
        struct avs_conf_node *parent = &doc->nodes[scanner->open];
        if (parent->last_child == AVS_CONF_NONE) {
            parent->first_child = index;
        } else {
            doc->nodes[parent->last_child].next = index;
        }
        parent->last_child = index;
    }
    return &doc->nodes[index];
}

/* One value, or the opening bracket of a container (which is then the open one). */
static bool scan_value(struct scanner *scanner, uint32_t key_start, uint32_t key_end) {
    struct avs_conf_node *node = add_node(scanner);
    node->key_start = key_start;
    node->key_end = key_end;
    bool is_good = false;
    switch (peek(scanner)) {
    case 'n':
        node->type = AVS_CONF_NULL;
        is_good = scan_literal(scanner, "ull");
        break;
    case 't':
        node->type = AVS_CONF_BOOL;
        is_good = scan_literal(scanner, "rue");
        break;
    case 'f':
        node->type = AVS_CONF_BOOL;
        is_good = scan_literal(scanner, "alse");
        break;
    case '"':
        node->type = AVS_CONF_STRING;
        is_good = scan_string(scanner);
        break;
    case '{':
    case '[':
        if (scanner->depth == AVS_CONF_DEPTH_MAX) {
            return fault_here(scanner, AVS_CONF_FAULT_TOO_DEEP);
        }
        node->type = peek(scanner) == '{' ? AVS_CONF_OBJECT : AVS_CONF_ARRAY;
        take(scanner);
        scanner->open = (uint32_t)(node - scanner->doc->nodes);
        scanner->depth++;
        return true;
    default: {
        node->type = AVS_CONF_NUMBER;
        size_t offset = 0;
        enum avs_conf_fault fault =
            avs_conf_scan_number(scanner->text, scanner->length, &scanner->at, &offset);
        is_good = fault == AVS_CONF_FAULT_NONE || fault_at(scanner, fault, offset);
        break;
    }
    }
    node->end = (uint32_t)scanner->at;
    return is_good;
}

/* A member's key and colon, then its value. */
static bool scan_member(struct scanner *scanner) {
    if (peek(scanner) != '"') {
        return fault_here(scanner, AVS_CONF_FAULT_NAME);
    }
    uint32_t key_start = (uint32_t)scanner->at;
    if (!scan_string(scanner)) {
        return false;
    }
    uint32_t key_end = (uint32_t)scanner->at;
    if (!skip_trivia(scanner)) {
        return false;
    }
    if (!consume(scanner, ':')) {
        return fault_here(scanner, AVS_CONF_FAULT_COLON);
    }
    return skip_trivia(scanner) && scan_value(scanner, key_start, key_end);
}

static void close_container(struct scanner *scanner) {
    take(scanner);
    struct avs_conf_node *node = &scanner->doc->nodes[scanner->open];
    node->end = (uint32_t)scanner->at;
    scanner->open = node->parent;
    scanner->depth--;
}

/* One step inside the open container: a bracket that closes it, or the next element. */
static bool scan_step(struct scanner *scanner) {
    const struct avs_conf_node *container = &scanner->doc->nodes[scanner->open];
    bool is_object = container->type == AVS_CONF_OBJECT;
    char closing = is_object ? '}' : ']';
    if (!skip_trivia(scanner)) {
        return false;
    }
    if (peek(scanner) == closing) {
        close_container(scanner);
        return true;
    }
    if (container->first_child != AVS_CONF_NONE) {
        if (!consume(scanner, ',')) {
            return fault_here(scanner,
                              is_object ? AVS_CONF_FAULT_OBJECT_COMMA : AVS_CONF_FAULT_ARRAY_COMMA);
        }
        if (!skip_trivia(scanner)) {
            return false;
        }
    }
    return is_object ? scan_member(scanner) : scan_value(scanner, 0, 0);
}

static bool scan_document(struct scanner *scanner) {
    if (!skip_trivia(scanner)) {
        return false;
    }
    if (peek(scanner) == '\0') {
        return fault_here(scanner, AVS_CONF_FAULT_EMPTY);
    }
    if (!scan_value(scanner, 0, 0)) {
        return false;
    }
    while (scanner->open != AVS_CONF_NONE) {
        if (!scan_step(scanner)) {
            return false;
        }
    }
    if (!skip_trivia(scanner)) {
        return false;
    }
    return peek(scanner) == '\0' || fault_here(scanner, AVS_CONF_FAULT_AFTER_ROOT);
}

/* No more values than this: each is the root, the first of a container, or behind a comma. */
static size_t most_nodes(const char *text, size_t length) {
    static const unsigned char begins[256] = {[','] = 1, ['{'] = 1, ['['] = 1};
    size_t most = 1;
    for (size_t i = 0; i < length; i++) {
        most += begins[(unsigned char)text[i]];
    }
    return most;
}

enum avs_status avs_conf_scan(const char *text, size_t length, bool has_comments,
                              struct avs_conf_doc *doc, struct avs_error *reterr) {
    *doc = (struct avs_conf_doc){
        .text = text,
        .length = length,
        .whole = length,
        .fault_parent = AVS_CONF_NONE,
        .first_comment = AVS_CONF_NONE,
    };
    if (length > AVS_CONF_FILE_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "more than %u bytes", AVS_CONF_FILE_BYTES_MAX);
    }
    struct scanner scanner = {
        .doc = doc,
        .text = text,
        .length = length,
        .has_comments = has_comments,
        .open = AVS_CONF_NONE,
    };
    doc->nodes = malloc(most_nodes(text, length) * sizeof(*doc->nodes));
    AVS_REQUIRE_MEMORY(doc->nodes, reterr);
    scan_document(&scanner);
    return AVS_OK;
}

void avs_conf_doc_done(struct avs_conf_doc *doc) {
    free(doc->nodes);
    doc->nodes = NULL;
    doc->count = 0;
}

const char *avs_conf_fault_text(enum avs_conf_fault fault) {
    return fault_texts[fault];
}

size_t avs_conf_skip(const char *text, size_t length, size_t offset) {
    struct avs_conf_doc nowhere = {0};
    struct scanner scanner = {
        .doc = &nowhere,
        .text = text,
        .length = length,
        .at = offset,
        .has_comments = true,
        .open = AVS_CONF_NONE,
    };
    skip_trivia(&scanner);
    return scanner.at;
}
