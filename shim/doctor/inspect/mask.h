/* SPDX-License-Identifier: Apache-2.0 */
/* What the masks share: how a value begins and where it ends, which keys have a secret one, and how
 * pairs, sentences and markup put the two together. Texts end with a NUL. */
#ifndef AVS_INSPECT_MASK_H
#define AVS_INSPECT_MASK_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/** What to do at a place of the text: keep so many bytes, then put the mask for so many. */
struct avs_span {
    size_t keep, hide;
};

/** What kind of value a key has, and so where that value ends. */
enum avs_key_kind {
    KEY_PLAIN,
    KEY_WORD,   /* a token, a serial number: ends at a blank before the next key, too */
    KEY_PHRASE, /* may have blanks and anything else in it: a password */
    KEY_HEADER, /* the rest of the line: credentials and cookies as HTTP writes them */
    KEY_PROXY,  /* an address that may carry user and password, with a scheme or without */
};

/** How a value begins: its own quote, and how deep that is escaped. */
struct avs_opening {
    char quote; /* '"' or '\'', '%' for "%22", 0 for none */
    size_t slashes;
    bool is_bare_colon; /* "key:value", as "SOURCE:EVENT" is written too */
};

static inline bool avs_mask_is_word(char byte) {
    return isalnum((unsigned char)byte) || byte == '_' || byte == '-';
}

static inline bool avs_mask_begins(const char *text, const char *with) {
    return strncasecmp(text, with, strlen(with)) == 0;
}

static inline size_t avs_mask_word(const char *text) {
    size_t at = 0;
    while (avs_mask_is_word(text[at])) {
        at++;
    }
    return at;
}

static inline size_t avs_mask_blanks(const char *text) {
    return strspn(text, " \t");
}

/** The length of an opening quote with its escapes, 0 when there is none; sets `opening` then. */
size_t avs_mask_quote(const char *text, struct avs_opening *opening);

/** Behind a key: optional quotes, blanks, escapes and subscripts around '=', '=>', '->' or ':'
 *  (also "%3D", "%3A"); 0 when there is none, else the length up to the value. */
size_t avs_mask_assignment(const char *text, struct avs_opening *opening);

/** The length of a quoted value, its closing quote left out. */
size_t avs_mask_quoted(const char *text, const struct avs_opening *opening);

/** user:password before the last '@' of an address of `length` bytes. */
struct avs_span avs_mask_userinfo(const char *text, size_t length);

/** A value of that kind, from its first byte to its end. */
struct avs_span avs_mask_value(enum avs_key_kind kind, const struct avs_opening *opening,
                               const char *text);

/** Has that key a secret value? `*ret_is_whole`: the key is the row, not only its end. */
enum avs_key_kind avs_mask_key_kind(const char *text, size_t length, bool *ret_is_whole);

/** "password is x", "the token was x": from the key's end to the value, 0 when it says nothing else
 *  than how the key fares. Sets `opening` when the value is quoted. */
size_t avs_mask_sentence(const char *text, struct avs_opening *opening);

/** Is the word at `text` one that no sentence has ("Tr0ub4dor&3")? */
bool avs_mask_looks_secret(const char *text);

/** "key=value" in whatever dress, "--key value", "<key>value<", "the key is value" at `here`. */
struct avs_span avs_mask_key(const char *here);

/** At text[at]: `name="key" value="..."` in either order, and the text of an element whose name,
 *  attributes or label before it say that it is secret. */
struct avs_span avs_mask_markup(const char *text, size_t at);

#endif
