/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's JSON with comments, as byte spans. Accepts and refuses exactly what the SDK's parser
 * (rapidjson 1.1.0 over a stream) does, with the same message at the same byte offset; adds only a
 * ceiling on size and depth. Lossless: what lies between the spans is blanks and comments. */
#ifndef AVS_CONF_SCAN_H
#define AVS_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/flow.h"

#define AVS_CONF_FILE_BYTES_MAX (1024u * 1024u)
#define AVS_CONF_DEPTH_MAX      64
#define AVS_CONF_NONE           UINT32_MAX

/** Why the SDK's parser stops; the text is what the SDK logs after "message=". */
#define AVS_CONF_FAULT_MAP(XX)                                                \
    XX(NONE, "No error.")                                                     \
    XX(EMPTY, "The document is empty.")                                       \
    XX(AFTER_ROOT, "The document root must not be followed by other values.") \
    XX(VALUE, "Invalid value.")                                               \
    XX(NAME, "Missing a name for object member.")                             \
    XX(COLON, "Missing a colon after a name of object member.")               \
    XX(OBJECT_COMMA, "Missing a comma or '}' after an object member.")        \
    XX(ARRAY_COMMA, "Missing a comma or ']' after an array element.")         \
    XX(HEX, "Incorrect hex digit after \\u escape in string.")                \
    XX(SURROGATE, "The surrogate pair in string is invalid.")                 \
    XX(ESCAPE, "Invalid escape character in string.")                         \
    XX(QUOTE, "Missing a closing quotation mark in string.")                  \
    XX(NUMBER_TOO_BIG, "Number too big to be stored in double.")              \
    XX(FRACTION, "Miss fraction part in number.")                             \
    XX(EXPONENT, "Miss exponent in number.")                                  \
    XX(COMMENT, "Unspecific syntax error.")                                   \
    XX(TOO_DEEP, "") /* ours: the SDK has no limit and runs out of stack instead */

enum avs_conf_fault {
#define XX(name, text) AVS_CONF_FAULT_##name,
    AVS_CONF_FAULT_MAP(XX)
#undef XX
};

enum avs_conf_type {
    AVS_CONF_NULL,
    AVS_CONF_BOOL,
    AVS_CONF_NUMBER,
    AVS_CONF_STRING,
    AVS_CONF_ARRAY,
    AVS_CONF_OBJECT
};

/** One value. Spans include the quotes and brackets; an object's key span is empty in arrays. */
struct avs_conf_node {
    uint32_t key_start, key_end;
    uint32_t start, end;
    uint32_t parent;      /* index, AVS_CONF_NONE for the root */
    uint32_t first_child; /* AVS_CONF_NONE when there is none */
    uint32_t last_child;
    uint32_t next; /* sibling */
    enum avs_conf_type type;
};

/** What one scan found. Borrows the text. Nodes stand in the order of the text; 0 is the root. */
struct avs_conf_doc {
    const char *text;
    size_t length; /* that the SDK's parser sees: up to a NUL byte */
    size_t whole;  /* of the file: an edit keeps the rest, too */
    struct avs_conf_node *nodes;
    size_t count;
    enum avs_conf_fault fault;
    size_t fault_offset;
    uint32_t fault_parent;  /* the innermost container that was open, AVS_CONF_NONE if none */
    uint32_t first_comment; /* offset, AVS_CONF_NONE when there is none before the fault */
};

/** Scan `length` bytes (at most AVS_CONF_FILE_BYTES_MAX) into `doc`. A malformed text is no error
 *  of this call: see doc->fault; the nodes up to it are kept. Errors: NO_MEMORY, LIMIT.
 *  `has_comments`: the SDK from 1.2.1 on; without, comments are refused as 1.2 does. */
AVS_NODISCARD enum avs_status avs_conf_scan(const char *text, size_t length, bool has_comments,
                                            struct avs_conf_doc *doc, struct avs_error *reterr);
void avs_conf_doc_done(struct avs_conf_doc *doc);

/** The SDK's own words for a fault. */
const char *avs_conf_fault_text(enum avs_conf_fault fault);

/** The offset after blanks and comments at `offset`; stops where a comment is malformed. */
size_t avs_conf_skip(const char *text, size_t length, size_t offset);

/** The first member of object `parent` with that key, as the SDK's FindMember; or NONE. */
uint32_t avs_conf_find(const struct avs_conf_doc *doc, uint32_t parent, const char *key);

bool avs_conf_key_is(const struct avs_conf_doc *doc, uint32_t node, const char *key);

/** Append the decoded content of the string literal in [start, end), quotes included. */
void avs_conf_decode(const struct avs_conf_doc *doc, uint32_t start, uint32_t end,
                     struct avs_buffer *text);

/** 1-based line, and column counted in characters, of a byte offset. */
void avs_conf_place(const char *text, size_t length, size_t offset, unsigned *ret_line,
                    unsigned *ret_column);

/** "a string", "an object", ... */
const char *avs_conf_type_text(enum avs_conf_type type);

#endif
