/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in XML, HTML and lists of name and value: what names a secret stands beside it, before or
 * behind, so this looks both ways, a named number of bytes far. */
#include "inspect/mask.h"

#include "base/flow.h"

enum {
    NEAR_BYTES = 256, /* an element's tag or an object is not looked at further than that */
};

static bool is_secret_key(const char *text, size_t length) {
    bool is_whole = false;
    return length > 0 && avs_mask_key_kind(text, length, &is_whole) != KEY_PLAIN;
}

static bool is_one_of(const char *word, size_t length, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (length == strlen(names[i]) && avs_mask_begins(word, names[i])) {
            return true;
        }
    }
    return false;
}

/* The last byte of `bytes` before text[at], `fallback` when there is none near. */
static size_t find_back(const char *text, size_t at, const char *bytes, size_t fallback) {
    size_t least = at > NEAR_BYTES ? at - NEAR_BYTES : 0;
    while (at-- > least) {
        if (strchr(bytes, text[at])) {
            return at;
        }
    }
    return fallback;
}

/* `name="password"` between two places. */
static bool names_a_secret(const char *text, const char *end) {
    static const char *const names[] = {"name", "key", "id", "type"};
    for (; text < end; text++) {
        size_t word = avs_mask_word(text);
        struct avs_opening opening = {0};
        if (is_one_of(text, word, names, AVS_COUNT(names))) {
            const char *value = text + word + avs_mask_assignment(text + word, &opening);
            size_t length = avs_mask_word(value);
            while (value[length] == '.') { /* "user.password" */
                length += 1 + avs_mask_word(value + length + 1);
            }
            if (value > text + word && is_secret_key(value, length)) {
                return true;
            }
        }
        text += word;
    }
    return false;
}

/* `value="..."` beside a name. */
static struct avs_span match_value(const char *text, size_t at) {
    static const char *const values[] = {"value", "val", "content", "defaultValue"};
    const char *here = text + at;
    size_t word = at > 0 && avs_mask_is_word(here[-1]) ? 0 : avs_mask_word(here);
    struct avs_opening opening = {0};
    if (!is_one_of(here, word, values, AVS_COUNT(values))) {
        return (struct avs_span){0, 0};
    }
    size_t start = word + avs_mask_assignment(here + word, &opening);
    size_t near = at > NEAR_BYTES ? at - NEAR_BYTES : 0;
    size_t from = find_back(text, at, "<{>}\n", near);
    struct avs_span span = avs_mask_value(KEY_PHRASE, &opening, here + start);
    const char *behind = here + start + span.hide, *end = behind;
    while (*end && !strchr(">}\n", *end) && end < behind + NEAR_BYTES) {
        end++;
    }
    if (start == word || !(names_a_secret(text + from, here) || names_a_secret(behind, end))) {
        return (struct avs_span){0, 0};
    }
    return (struct avs_span){start + span.keep, span.hide};
}

/* `<key>password</key><string>`: what stands before an element is its label. */
static bool has_secret_label(const char *text, size_t element) {
    while (element > 0 && strchr(" \t\n", text[element - 1])) {
        element--;
    }
    size_t closing = element > 0 && text[element - 1] == '>' ? find_back(text, element, "<", 0) : 0;
    if (closing == 0 || text[closing + 1] != '/') {
        return false;
    }
    size_t label = find_back(text, closing, ">", closing) + 1;
    label += label < closing ? avs_mask_blanks(text + label) : 0;
    return label < closing && is_secret_key(text + label, closing - label);
}

/* The text behind the '>' of a tag. */
static struct avs_span match_element(const char *text, size_t at) {
    static const char cdata[] = "<![CDATA[";
    size_t opening = text[at] == '>' ? find_back(text, at, "<>", at) : at;
    const char *tag = text + opening + 1, *body = text + at + 1;
    if (opening == at || text[opening] != '<' || !avs_mask_is_word(*tag) || text[at - 1] == '/') {
        return (struct avs_span){0, 0};
    }
    size_t name = avs_mask_word(tag);
    while (tag[name] == ':' || tag[name] == '.') { /* "ns:password" */
        tag += name + 1;
        name = avs_mask_word(tag);
    }
    if (!is_secret_key(tag, name) && !names_a_secret(tag, text + at) &&
        !has_secret_label(text, opening)) {
        return (struct avs_span){0, 0};
    }
    size_t space = strspn(body, " \t\n");
    if (avs_mask_begins(body + space, cdata)) {
        size_t start = space + sizeof(cdata) - 1;
        const char *end = strstr(body + start, "]]>");
        return (struct avs_span){1 + start,
                                 end ? (size_t)(end - body) - start : strlen(body + start)};
    }
    size_t length = strcspn(body, "<");
    return (struct avs_span){1 + space, length > space ? length - space : 0};
}

struct avs_span avs_mask_markup(const char *text, size_t at) {
    struct avs_span span = match_element(text, at);
    return span.hide > 0 ? span : match_value(text, at);
}
