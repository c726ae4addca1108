/* SPDX-License-Identifier: Apache-2.0 */
/* The keys whose value is a secret, and how a key leads to its value. */
#include "inspect/mask.h"

#include "base/flow.h"

enum {
    FOLDED_BYTES = 48, /* of a key's end; no row is longer */
};

/* Keys whose value is masked. Compared without case, '_' and '-', so that refresh_token,
 * refreshToken and refresh-token are one row. `is_end`: a key may end with the row
 * ("x-amz-access-token"); else it must be the row. */
static const struct {
    const char *key;
    enum avs_key_kind kind;
    bool is_end;
} keys[] = {
    {"token", KEY_WORD, true},
    {"tokens", KEY_WORD, true},
    {"secret", KEY_PHRASE, true},
    {"clientsecret", KEY_PHRASE, true},
    {"password", KEY_PHRASE, true},
    {"passwd", KEY_PHRASE, true},
    {"passphrase", KEY_PHRASE, true},
    {"passcode", KEY_PHRASE, true},
    {"pass", KEY_PHRASE, false},
    {"proxypass", KEY_PHRASE, false},
    {"keypass", KEY_PHRASE, false},
    {"pwd", KEY_PHRASE, false},
    {"pw", KEY_PHRASE, false},
    {"pin", KEY_WORD, false},
    {"pinvalue", KEY_WORD, false},
    {"psk", KEY_PHRASE, true},
    {"presharedkey", KEY_PHRASE, true},
    {"passkey", KEY_PHRASE, true},
    {"wepkey0", KEY_PHRASE, false},
    {"authorization", KEY_HEADER, true},
    {"cookie", KEY_HEADER, true},
    {"cookies", KEY_HEADER, true},
    {"cookie2", KEY_HEADER, true},
    {"signature", KEY_WORD, true},
    {"credential", KEY_WORD, true},
    {"credentials", KEY_PHRASE, true},
    {"accesskey", KEY_WORD, true},
    {"accesskeyid", KEY_WORD, true},
    {"secretkey", KEY_PHRASE, true},
    {"secretaccesskey", KEY_WORD, true},
    {"apikey", KEY_WORD, true},
    {"privatekey", KEY_PHRASE, true},
    {"sessionid", KEY_WORD, true},
    {"sessionkey", KEY_WORD, true},
    {"devicecode", KEY_WORD, true},
    {"usercode", KEY_WORD, true},
    {"codeverifier", KEY_WORD, true},
    {"authcode", KEY_WORD, true},
    {"authorizationcode", KEY_WORD, true},
    {"jwt", KEY_WORD, true},
    {"dsn", KEY_WORD, true},
    {"serial", KEY_WORD, true},
    {"serialnumber", KEY_WORD, true},
    {"serialno", KEY_WORD, true},
    {"productid", KEY_WORD, true},
    {"clientid", KEY_WORD, true},
    {"customerid", KEY_WORD, true},
    {"deviceid", KEY_WORD, true},
    {"userid", KEY_WORD, true},
    {"username", KEY_PHRASE, true},
    {"ssid", KEY_PHRASE, true},
    {"macaddress", KEY_WORD, true},
    {"email", KEY_WORD, true},
    {"emailaddress", KEY_WORD, true},
    {"mail", KEY_WORD, true},
    {"phonenumber", KEY_PHRASE, true},
    {"proxy", KEY_PROXY, true},
    {"proxyurl", KEY_PROXY, true},
    {"proxyuserpwd", KEY_PHRASE, true},
    {"userpwd", KEY_PHRASE, true},
};

enum avs_key_kind avs_mask_key_kind(const char *text, size_t length, bool *ret_is_whole) {
    char folded[FOLDED_BYTES]; /* its end, the last byte last */
    size_t at = sizeof(folded), count = 0;
    for (size_t i = length; i-- > 0;) {
        if (text[i] != '_' && text[i] != '-' && text[i] != ' ') {
            count++;
            if (at > 0) {
                folded[--at] = (char)tolower((unsigned char)text[i]);
            }
        }
    }
    size_t kept = sizeof(folded) - at;
    for (size_t i = 0; i < AVS_COUNT(keys); i++) {
        size_t need = strlen(keys[i].key);
        *ret_is_whole = count == need;
        if (kept >= need && (*ret_is_whole || keys[i].is_end) &&
            memcmp(folded + sizeof(folded) - need, keys[i].key, need) == 0) {
            return keys[i].kind;
        }
    }
    return KEY_PLAIN;
}

/* "getAuthToken:reason=x": behind a bare ':' stands EVENT or its pairs, not a value. */
static bool is_event(const char *text) {
    size_t length = avs_mask_word(text);
    char after = text[length];
    return length > 0 && (after == ':' || (after == '=' && avs_mask_is_word(text[length + 1])));
}

/* From a key's end to its value, 0 when it has none. */
static size_t way_to_value(const char *text, struct avs_opening *opening) {
    size_t assignment = avs_mask_assignment(text, opening);
    return assignment > 0 ? assignment : avs_mask_sentence(text, opening);
}

struct avs_span avs_mask_key(const char *here) {
    size_t key = avs_mask_word(here);
    bool is_whole = false;
    enum avs_key_kind kind = key > 0 ? avs_mask_key_kind(here, key, &is_whole) : KEY_PLAIN;
    size_t pair = key + 1 + avs_mask_word(here + key + (here[key] == ' '));
    bool is_pair = false; /* "serial number: x": two words are a row */
    struct avs_opening opening = {0};
    if (key > 0 && here[key] == ' ' && way_to_value(here + pair, &opening) > 0) {
        enum avs_key_kind of_pair = avs_mask_key_kind(here, pair, &is_pair);
        kind = is_pair && of_pair != KEY_PLAIN ? of_pair : kind;
        key = is_pair && of_pair != KEY_PLAIN ? pair : key;
        is_whole = is_whole || key == pair;
    }
    if (kind == KEY_PLAIN) {
        return (struct avs_span){0, 0};
    }
    if (here[key] == '>') {
        return (struct avs_span){key + 1, strcspn(here + key + 1, "<")};
    }
    opening = (struct avs_opening){0};
    size_t assignment = way_to_value(here + key, &opening);
    size_t space = avs_mask_blanks(here + key);
    if (assignment == 0 &&
        (here[0] == '-' ||
         (kind == KEY_PHRASE && is_whole && avs_mask_looks_secret(here + key + space))) &&
        space > 0) {
        assignment = space;
        assignment += avs_mask_quote(here + key + assignment, &opening);
        kind = kind == KEY_PROXY ? kind : KEY_WORD;
    }
    const char *value = here + key + assignment;
    if (assignment == 0 || (opening.is_bare_colon && !is_whole && is_event(value))) {
        return (struct avs_span){0, 0};
    }
    struct avs_span span = avs_mask_value(kind, &opening, value);
    return span.hide > 0 ? (struct avs_span){key + assignment + span.keep, span.hide} : span;
}
