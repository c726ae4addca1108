/* SPDX-License-Identifier: Apache-2.0 */
/* Where a secret value begins and ends, in the dresses of JSON, URLs, shells and headers. */
#include "inspect/mask.h"

size_t avs_mask_quote(const char *text, struct avs_opening *opening) {
    size_t slashes = strspn(text, "\\");
    const char *at = text + slashes;
    if (*at == '"' || *at == '\'' || *at == '`') {
        *opening = (struct avs_opening){*at, slashes, false};
        return slashes + 1;
    }
    if (avs_mask_begins(at, "%22") || avs_mask_begins(at, "%27")) {
        *opening = (struct avs_opening){'%', slashes, false};
        return slashes + 3;
    }
    return 0;
}

static size_t bracket_length(const char *text, char plain, const char *encoded) {
    return *text == plain ? 1 : avs_mask_begins(text, encoded) ? 3 : 0;
}

/* "[0]" behind a key, and the "]" of a key that is itself a subscript: "user[password]=x". */
static size_t subscript_length(const char *text) {
    size_t at = bracket_length(text, ']', "%5D"), opened = 0;
    while ((opened = bracket_length(text + at, '[', "%5B")) > 0) {
        size_t behind = at + opened + strcspn(text + at + opened, "[]%=: \t\n");
        size_t closed = bracket_length(text + behind, ']', "%5D");
        if (closed == 0) {
            break;
        }
        at = behind + closed;
    }
    return at;
}

size_t avs_mask_assignment(const char *text, struct avs_opening *opening) {
    struct avs_opening ignored = {0};
    size_t at = avs_mask_quote(text, &ignored);
    at += subscript_length(text + at);
    at += at > 0 ? avs_mask_quote(text + at, &ignored) : 0;
    at += avs_mask_blanks(text + at);
    at += strspn(text + at, "\\");
    size_t sign = at;
    if (avs_mask_begins(text + at, "%3D") || avs_mask_begins(text + at, "%3A")) {
        at += 3;
    } else if (text[at] == '-' && text[at + 1] == '>') {
        at += 2;
    } else if (text[at] == '=' || text[at] == ':') {
        at += text[at] == ':' && text[at + 1] == '=' ? 2 : 1;
        at += text[at] == '=' || text[at] == '>';
    } else {
        return 0;
    }
    *opening = (struct avs_opening){.is_bare_colon = sign == 0 && text[0] == ':' && at == 1};
    size_t space = avs_mask_blanks(text + at);
    at += space;
    opening->is_bare_colon = opening->is_bare_colon && space == 0;
    size_t quote = avs_mask_quote(text + at, opening);
    return at + (quote > 0 ? quote : strspn(text + at, "\\ "));
}

/* A quoted value ends at its own quote: the first one that is not escaped deeper. */
size_t avs_mask_quoted(const char *text, const struct avs_opening *opening) {
    size_t slashes = 0;
    for (size_t at = 0; text[at]; at++) {
        if (text[at] == '\\') {
            slashes++;
            continue;
        }
        bool is_quote = opening->quote == '%'
                            ? avs_mask_begins(text + at, "%22") || avs_mask_begins(text + at, "%27")
                            : text[at] == opening->quote;
        if (is_quote && slashes <= opening->slashes) {
            return at - slashes;
        }
        slashes = 0;
    }
    return strlen(text);
}

/* "[...]" and "{...}" to their own end, over what is nested and quoted in them. */
static size_t bracketed_length(const char *text) {
    size_t depth = 0;
    bool is_quoted = false;
    for (size_t at = 0; text[at]; at++) {
        if (text[at] == '\\' && text[at + 1]) {
            at++;
        } else if (text[at] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && strchr("[{", text[at])) {
            depth++;
        } else if (!is_quoted && strchr("]}", text[at]) && --depth == 0) {
            return at;
        }
    }
    return strlen(text);
}

/* Does "key=" or "key:" begin here? Then a value before it has ended. */
static bool begins_key(const char *text) {
    text += strspn(text, " \t\"'\\{");
    size_t length = avs_mask_word(text);
    text += length;
    text += strspn(text, "\\\"'");
    return length > 0 && (*text == '=' || *text == ':');
}

/* Everything up to the next key of the same list, or to the end. */
static size_t phrase_length(const char *text, const char *separators) {
    size_t at = 0;
    for (; text[at] && text[at] != '\n'; at++) {
        if (text[at] == '\\' && text[at + 1]) {
            at++;
        } else if (strchr(separators, text[at]) && begins_key(text + at + 1)) {
            break;
        }
    }
    return at;
}

/* A word, and whatever stands behind it up to the next key: a token that was broken in two is a
 * token still. */
static size_t words_length(const char *text) {
    bool is_bracketed = *text == '[' || *text == '{';
    return is_bracketed ? bracketed_length(text) : phrase_length(text, " \t,;&\"')}]>");
}

/* user:password@ before the last '@' of an address. */
struct avs_span avs_mask_userinfo(const char *text, size_t length) {
    size_t from = avs_mask_word(text);
    from += text[from] == '\\';
    from = strncmp(text + from, "://", 3) == 0 ? from + 3 : 0;
    for (size_t at = length; at-- > from;) {
        if (text[at] == '@' || avs_mask_begins(text + at, "%40")) {
            return (struct avs_span){from, at - from};
        }
    }
    return (struct avs_span){0, 0};
}

/* As a shell joins them: what touches the closing quote belongs to the value ("a"b'c'). */
static size_t joined_length(const char *text, const struct avs_opening *opening) {
    size_t length = avs_mask_quoted(text, opening), end = length + 1;
    if (opening->slashes > 0 || opening->quote == '%' || !text[length]) {
        return length;
    }
    while (text[end] &&
           (isalnum((unsigned char)text[end]) || strchr("\"'_$-+/=~%@!#*", text[end]))) {
        struct avs_opening next = {0};
        size_t quote = avs_mask_quote(text + end, &next);
        end += quote > 0 ? quote + avs_mask_quoted(text + end + quote, &next) : 0;
        end += quote == 0 || text[end];
        length = end;
    }
    return length;
}

struct avs_span avs_mask_value(enum avs_key_kind kind, const struct avs_opening *opening,
                               const char *text) {
    if (kind == KEY_PROXY) {
        size_t length = opening->quote ? avs_mask_quoted(text, opening) : phrase_length(text, ",");
        return avs_mask_userinfo(text, length);
    }
    size_t hide = opening->quote       ? joined_length(text, opening)
                  : kind == KEY_WORD   ? words_length(text)
                  : kind == KEY_PHRASE ? phrase_length(text, ",;&\"'")
                                       : phrase_length(text, ",");
    return (struct avs_span){0, hide};
}
