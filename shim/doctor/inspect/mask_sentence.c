/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in prose: "the password is x" against "the password is wrong for this account". */
#include "inspect/mask.h"

#include "base/flow.h"

/* How a key may fare. One of `leading` goes on by nature ("not valid"); one of `states` that is
 * followed by another word begins a pass phrase ("correct horse"), but for a joining word. */
static const char *const leading[] = {"not",   "no",    "never", "too",    "already",
                                      "still", "being", "set",   "changed"};
static const char *const states[] = {
    "invalid", "valid",    "wrong",   "bad",      "incorrect", "correct",  "ok",      "fine",
    "missing", "absent",   "present", "empty",    "unset",     "null",     "nil",     "none",
    "expired", "required", "needed",  "refused",  "denied",    "revoked",  "unknown", "rejected",
    "stale",   "accepted", "renewed", "received", "obtained",  "refreshed"};
static const char *const joining[] = {"for",     "and",  "or",    "but",   "by",    "in", "on",
                                      "at",      "to",   "from",  "since", "with",  "as", "so",
                                      "because", "when", "until", "after", "again", "now"};

static bool is_one_of(const char *const *list, size_t count, const char *text, size_t word) {
    for (size_t i = 0; i < count; i++) {
        if (word == strlen(list[i]) && avs_mask_begins(text, list[i])) {
            return true;
        }
    }
    return false;
}

static bool ends_statement(const char *text) {
    size_t space = avs_mask_blanks(text);
    return space == 0 || !avs_mask_is_word(text[space]) ||
           is_one_of(joining, AVS_COUNT(joining), text + space, avs_mask_word(text + space));
}

/* A word that no sentence has: letters with digits, signs or capitals among them. */
bool avs_mask_looks_secret(const char *text) {
    enum { SECRET_BYTES_MIN = 6 };
    size_t length = strcspn(text, " \t\n,;\"'()<>"), odd = 0, letters = 0;
    length -= length > 0 && strchr(".:!?", text[length - 1]) ? 1 : 0;
    for (size_t i = 0; i < length; i++) {
        letters += isalpha((unsigned char)text[i]) != 0;
        odd += isdigit((unsigned char)text[i]) || (i > 0 && isupper((unsigned char)text[i])) ||
               strchr("!#$%&*+@^~", text[i]);
    }
    bool is_other = memchr(text, '=', length) || memchr(text, '/', length); /* a pair, a path */
    return length >= SECRET_BYTES_MIN && letters > 0 && odd > 0 && odd < length && !is_other;
}

/* "password is x", "the token was x": from the key's end to the value, 0 when it says nothing else
 * than how the key fares. */
size_t avs_mask_sentence(const char *text, struct avs_opening *opening) {
    static const struct {
        const char *text;
        bool may_tell_state; /* "is invalid"; behind the others stands a value */
    } verbs[] = {{"is set to", false},  {"was set to", false}, {"set to", false}, {"are", true},
                 {"changed to", false}, {"equals", false},     {"is now", true},  {"were", true},
                 {"is", true},          {"was", true}};
    struct avs_opening ignored = {0};
    size_t at = avs_mask_quote(text, &ignored), verb = 0;
    bool may_tell_state = false;
    size_t space = avs_mask_blanks(text + at);
    at += space;
    for (size_t i = 0; i < AVS_COUNT(verbs) && verb == 0; i++) {
        size_t length = strlen(verbs[i].text);
        bool is_verb = avs_mask_begins(text + at, verbs[i].text) && text[at + length] &&
                       strchr(" \t:=", text[at + length]);
        verb = is_verb ? length : 0;
        may_tell_state = is_verb && verbs[i].may_tell_state;
    }
    if (space == 0 || verb == 0) {
        return 0;
    }
    at += verb + strspn(text + at + verb, " \t:=");
    size_t quote = avs_mask_quote(text + at, opening), word = avs_mask_word(text + at);
    bool is_state = may_tell_state && quote == 0 &&
                    (is_one_of(leading, AVS_COUNT(leading), text + at, word) ||
                     (is_one_of(states, AVS_COUNT(states), text + at, word) &&
                      ends_statement(text + at + word)));
    return is_state ? 0 : at + quote;
}
