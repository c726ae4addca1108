/* SPDX-License-Identifier: Apache-2.0 */
/* Masks: what must never leave the machine in a report. Rather one word too many than one secret.
 */
#include <avs/inspect.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/flow.h"

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static const char mask_text[] = "***";

enum {
    OPAQUE_BYTES_MIN = 32, /* a run this long with letters and digits is taken for a secret */
    FOLDED_BYTES = 48,     /* of a key's end; no row is longer */
};

/* What kind of value a key has, and so where that value ends. */
enum key_kind {
    KEY_PLAIN,
    KEY_WORD,   /* a token, a serial number: ends at a blank before the next key, too */
    KEY_PHRASE, /* may have blanks and anything else in it: a password */
    KEY_HEADER, /* the rest of the line: credentials and cookies as HTTP writes them */
    KEY_PROXY,  /* an address that may carry user and password, with a scheme or without */
};

/* Keys whose value is masked. Compared without case, '_' and '-', so that refresh_token,
 * refreshToken and refresh-token are one row. `is_end`: a key may end with the row
 * ("x-amz-access-token"); else it must be the row. */
static const struct {
    const char *key;
    enum key_kind kind;
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
    {"pwd", KEY_PHRASE, false},
    {"pin", KEY_WORD, false},
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

/* What to do at a place of the text: keep so many bytes, then put the mask for so many. */
struct span {
    size_t keep, hide;
};

static bool is_word(char byte) {
    return isalnum((unsigned char)byte) || byte == '_' || byte == '-';
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_token(char byte) {
    return byte && (is_word(byte) || strchr(".+/=|~%", byte));
}

static bool begins(const char *text, const char *with) {
    return strncasecmp(text, with, strlen(with)) == 0;
}

static size_t word_length(const char *text) {
    size_t at = 0;
    while (is_word(text[at])) {
        at++;
    }
    return at;
}

static size_t blanks(const char *text) {
    return strspn(text, " \t");
}

/* `*ret_is_whole`: the key is the row, not only its end. */
static enum key_kind kind_of_key(const char *text, size_t length, bool *ret_is_whole) {
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

/* How a value begins: its own quote, and how deep that is escaped. */
struct opening {
    char quote; /* '"' or '\'', '%' for "%22", 0 for none */
    size_t slashes;
    bool is_bare_colon; /* "key:value", as "SOURCE:EVENT" is written too */
};

static size_t quote_length(const char *text, struct opening *opening) {
    size_t slashes = strspn(text, "\\");
    const char *at = text + slashes;
    if (*at == '"' || *at == '\'' || *at == '`') {
        *opening = (struct opening){*at, slashes, false};
        return slashes + 1;
    }
    if (begins(at, "%22") || begins(at, "%27")) {
        *opening = (struct opening){'%', slashes, false};
        return slashes + 3;
    }
    return 0;
}

/* Behind a key: optional quotes, blanks and escapes around '=', '=>' or ':' (also "%3D", "%3A"); 0
 * when there is none, else its length. */
static size_t assignment_length(const char *text, struct opening *opening) {
    struct opening ignored = {0};
    size_t at = quote_length(text, &ignored);
    at += blanks(text + at);
    at += strspn(text + at, "\\");
    size_t sign = at;
    if (begins(text + at, "%3D") || begins(text + at, "%3A")) {
        at += 3;
    } else if (text[at] == '-' && text[at + 1] == '>') {
        at += 2;
    } else if (text[at] == '=' || text[at] == ':') {
        at += text[at] == ':' && text[at + 1] == '=' ? 2 : 1;
        at += text[at] == '=' || text[at] == '>';
    } else {
        return 0;
    }
    *opening = (struct opening){.is_bare_colon = sign == 0 && text[0] == ':' && at == 1};
    size_t space = blanks(text + at);
    at += space;
    opening->is_bare_colon = opening->is_bare_colon && space == 0;
    size_t quote = quote_length(text + at, opening);
    return at + (quote > 0 ? quote : strspn(text + at, "\\ "));
}

/* A quoted value ends at its own quote: the first one that is not escaped deeper. */
static size_t quoted_length(const char *text, const struct opening *opening) {
    size_t slashes = 0;
    for (size_t at = 0; text[at]; at++) {
        if (text[at] == '\\') {
            slashes++;
            continue;
        }
        bool is_quote = opening->quote == '%' ? begins(text + at, "%22") || begins(text + at, "%27")
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
    size_t length = word_length(text);
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
static struct span proxy_span(const char *text, size_t length) {
    size_t from = word_length(text);
    from += text[from] == '\\';
    from = strncmp(text + from, "://", 3) == 0 ? from + 3 : 0;
    for (size_t at = length; at-- > from;) {
        if (text[at] == '@' || begins(text + at, "%40")) {
            return (struct span){from, at - from};
        }
    }
    return (struct span){0, 0};
}

/* "getAuthToken:reason=x": behind a bare ':' stands EVENT or its pairs, not a value. */
static bool is_event(const char *text) {
    size_t length = word_length(text);
    char after = text[length];
    return length > 0 && (after == ':' || (after == '=' && is_word(text[length + 1])));
}

static struct span value_span(enum key_kind kind, const struct opening *opening, const char *text) {
    if (kind == KEY_PROXY) {
        size_t length = opening->quote ? quoted_length(text, opening) : phrase_length(text, ",");
        return proxy_span(text, length);
    }
    size_t hide = opening->quote       ? quoted_length(text, opening)
                  : kind == KEY_WORD   ? words_length(text)
                  : kind == KEY_PHRASE ? phrase_length(text, ",;&\"'")
                                       : phrase_length(text, ",");
    return (struct span){0, hide};
}

/* key=value in whatever dress, and "--key value", and <key>value< */
static struct span match_key(const char *here) {
    size_t key = word_length(here);
    bool is_whole = false;
    enum key_kind kind = key > 0 ? kind_of_key(here, key, &is_whole) : KEY_PLAIN;
    size_t pair = key + 1 + word_length(here + key + (here[key] == ' '));
    bool is_pair = false; /* "serial number: x": two words are a row */
    if (key > 0 && here[key] == ' ' && here[pair] == ':') {
        enum key_kind of_pair = kind_of_key(here, pair, &is_pair);
        kind = is_pair && of_pair != KEY_PLAIN ? of_pair : kind;
        key = is_pair && of_pair != KEY_PLAIN ? pair : key;
        is_whole = is_whole || key == pair;
    }
    if (kind == KEY_PLAIN) {
        return (struct span){0, 0};
    }
    if (here[key] == '>') {
        return (struct span){key + 1, strcspn(here + key + 1, "<")};
    }
    struct opening opening = {0};
    size_t assignment = assignment_length(here + key, &opening);
    if (assignment == 0 && here[0] == '-' && is_blank(here[key])) {
        assignment = blanks(here + key);
        assignment += quote_length(here + key + assignment, &opening);
        kind = kind == KEY_PROXY ? kind : KEY_WORD;
    }
    const char *value = here + key + assignment;
    if (assignment == 0 || (opening.is_bare_colon && !is_whole && is_event(value))) {
        return (struct span){0, 0};
    }
    struct span span = value_span(kind, &opening, value);
    return span.hide > 0 ? (struct span){key + assignment + span.keep, span.hide} : span;
}

/* curl's "-u user:password" and "-U ..." */
static struct span match_user_option(const char *here) {
    static const char *const options[] = {"-u ", "-U ", "--user ", "--proxy-user "};
    for (size_t i = 0; i < AVS_COUNT(options); i++) {
        size_t length = strlen(options[i]);
        if (strncmp(here, options[i], length) == 0) {
            struct opening opening = {0};
            size_t quote = quote_length(here + length, &opening);
            const char *value = here + length + quote;
            size_t hide = quote ? quoted_length(value, &opening) : strcspn(value, " \t\n");
            return memchr(value, ':', hide) ? (struct span){length + quote, hide}
                                            : (struct span){0, 0};
        }
    }
    return (struct span){0, 0};
}

/* Atza|..., Atzr|..., and their URL-encoded form. */
static struct span match_amazon_token(const char *here) {
    if (here[0] != 'A' || here[1] != 't' || !islower((unsigned char)here[2]) ||
        !islower((unsigned char)here[3]) || !(here[4] == '|' || begins(here + 4, "%7C"))) {
        return (struct span){0, 0};
    }
    size_t at = 4;
    while (is_token(here[at])) {
        at++;
    }
    return (struct span){4, at - 4};
}

/* AKIA and ASIA, and sixteen letters and digits. */
static struct span match_aws_key(const char *here) {
    size_t length = strspn(here, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    bool is_key = length >= 16 && here[0] == 'A' && strchr("KSIRG", here[1]) && here[3] == 'A';
    return (struct span){0, is_key ? length : 0};
}

/* "Bearer abc", and what else may stand behind "Authorization:" when that is lost. */
static struct span match_scheme(const char *here) {
    static const char *const schemes[] = {"Bearer", "Basic", "Negotiate", "NTLM"};
    for (size_t i = 0; i < AVS_COUNT(schemes); i++) {
        size_t at = strlen(schemes[i]);
        if (!begins(here, schemes[i]) || !(is_blank(here[at]) || begins(here + at, "%20"))) {
            continue;
        }
        at += is_blank(here[at]) ? blanks(here + at) : 3;
        size_t start = at;
        bool is_odd = i == 0; /* "basic authentication" is no secret: one letter case, no digit */
        while (is_token(here[at])) {
            is_odd = is_odd || isdigit((unsigned char)here[at]) || here[at] == '=' ||
                     (at > start && isupper((unsigned char)here[at]));
            at++;
        }
        return is_odd ? (struct span){start, at - start} : (struct span){0, 0};
    }
    return (struct span){0, 0};
}

/* Header.payload.signature of a JWT, or any long run that mixes letters and digits. */
static struct span match_opaque(const char *here) {
    size_t at = 0, digits = 0, lower = 0, upper = 0;
    while (is_word(here[at]) || here[at] == '+' || here[at] == '.' ||
           (here[at] == '/' && at > 0 && is_word(here[at + 1]))) {
        digits += isdigit((unsigned char)here[at]) != 0;
        lower += islower((unsigned char)here[at]) != 0;
        upper += isupper((unsigned char)here[at]) != 0;
        at++;
    }
    if (begins(here, "eyJ") && at >= 16) {
        return (struct span){0, at};
    }
    bool is_name = memchr(here, '.', at) != NULL; /* of a host or a file */
    bool is_path = memchr(here, '/', at) != NULL; /* or base64, which has both letter cases */
    bool is_opaque =
        is_path ? digits >= 1 && lower >= 6 && upper >= 6 : digits >= 4 && lower + upper >= 4;
    return (struct span){0, !is_name && at >= OPAQUE_BYTES_MIN && is_opaque ? at : 0};
}

/* local@domain.tld; '@' may be "%40". */
static struct span match_mail(const char *here) {
    size_t at = 0;
    while (isalnum((unsigned char)here[at]) || (here[at] && strchr("._+-", here[at]))) {
        at++;
    }
    size_t sign = here[at] == '@' ? 1 : begins(here + at, "%40") ? 3 : 0;
    if (at == 0 || sign == 0) {
        return (struct span){0, 0};
    }
    size_t end = at + sign;
    bool has_dot = false;
    while (isalnum((unsigned char)here[end]) || here[end] == '-' ||
           (here[end] == '.' && isalnum((unsigned char)here[end + 1]))) {
        has_dot = has_dot || here[end] == '.';
        end++;
    }
    return (struct span){0, has_dot ? end : 0};
}

/* "host:3128", what stands behind the credentials of a proxy. */
static bool begins_host_and_port(const char *text) {
    text += strspn(text, HOST_BYTES);
    text += *text == '\\';
    return *text == ':' && isdigit((unsigned char)text[1]);
}

/* "host.name:443/path/a@b": an '@' far behind makes no credentials of that. */
static bool is_host_with_path(const char *address, const char *behind_at) {
    size_t name = strspn(address, HOST_BYTES);
    const char *port = address + name + (address[name] == '\\');
    if (*port != ':' || !memchr(address, '.', name) || begins_host_and_port(behind_at)) {
        return false;
    }
    port += 1 + strspn(port + 1, "0123456789");
    return *port == '/' || *port == '?';
}

/* //user:password@ ; a password may have '/' and '@' in it. */
static struct span match_url(const char *here) {
    if (strncmp(here, "//", 2) != 0) {
        return (struct span){0, 0};
    }
    const char *address = here + 2;
    size_t name = strcspn(address, ":/?#@\\");
    const char *behind = address + name + (address[name] == '\\');
    bool is_port = *behind != ':' || isdigit((unsigned char)behind[1]);
    /* a password may have blanks in it; what stands behind a port is other text */
    struct span span = proxy_span(address, strcspn(address, is_port ? " \t\n\"'<>" : "\n\"'<>"));
    bool has_user = address[name] == '@' || address[name] == ':' || address[name] == '\\';
    if (!has_user || span.hide == 0 || is_host_with_path(address, address + span.hide + 1)) {
        return (struct span){0, 0};
    }
    return (struct span){2, span.hide};
}

/* user:password@host without a scheme, as libcurl takes a proxy. */
static struct span match_userinfo(const char *here) {
    size_t user = strspn(here, HOST_BYTES "_");
    size_t colon = user + (here[user] == '\\');
    if (user == 0 || here[colon] != ':' || strncmp(here + colon + 1, "//", 2) == 0) {
        return (struct span){0, 0};
    }
    size_t end = colon + 1 + strcspn(here + colon + 1, " \t\n\"'<>,=()");
    for (size_t at = end; at-- > colon + 1;) {
        if (here[at] == '@' && isalnum((unsigned char)here[at + 1])) {
            bool is_host = is_host_with_path(here, here + at + 1);
            return (struct span){0, is_host ? 0 : at};
        }
    }
    return (struct span){0, 0};
}

enum start { ANYWHERE, WORD, NAME }; /* where it may begin: a name may have dots in it */

/* The first that hides something decides. */
static const struct {
    struct span (*match)(const char *here);
    enum start start;
} matches[] = {
    {match_amazon_token, ANYWHERE}, {match_aws_key, WORD}, {match_user_option, WORD},
    {match_scheme, WORD},           {match_key, WORD},     {match_url, ANYWHERE},
    {match_userinfo, NAME},         {match_mail, WORD},    {match_opaque, WORD},
};

static enum start start_of(const char *text, size_t at) {
    if (at == 0) {
        return NAME;
    }
    char before = text[at - 1];
    return is_word(before) ? ANYWHERE : before == '.' || before == '/' ? WORD : NAME;
}

struct writer {
    char *text;
    size_t capacity;
    size_t length;
};

static void put(struct writer *out, const char *bytes, size_t length) {
    for (size_t i = 0; i < length && out->length + 1 < out->capacity; i++) {
        out->text[out->length++] = bytes[i];
    }
}

void avs_inspect_mask(char *masked, size_t capacity, const char *text) {
    if (capacity == 0) {
        return;
    }
    struct writer out = {masked, capacity, 0};
    for (size_t at = 0; text[at];) {
        enum start start = start_of(text, at);
        struct span span = {1, 0};
        for (size_t i = 0; i < AVS_COUNT(matches) && span.hide == 0; i++) {
            if (matches[i].start <= start) {
                span = matches[i].match(text + at);
            }
        }
        span.keep = span.hide > 0 ? span.keep : 1;
        put(&out, text + at, span.keep);
        put(&out, mask_text, span.hide > 0 ? sizeof(mask_text) - 1 : 0);
        at += span.keep + span.hide;
    }
    out.text[out.length] = '\0';
}
