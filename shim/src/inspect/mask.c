/* Masks: what must never leave the machine in a report. Rather one word too many than one secret.
 */
#include <avs/inspect.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char mask_text[] = "***";

enum { OPAQUE_BYTES_MIN = 32 }; /* a run this long with letters and digits is taken for a secret */

/* Keys whose value is masked. Compared without case, '_' and '-', so that refresh_token,
 * refreshToken and refresh-token are one row; a key may end with a row ("x-amz-access-token"). */
static const char *const secret_keys[] = {
    "token",      "authorization", "password",     "passwd", "passphrase",   "clientsecret",
    "devicecode", "usercode",      "dsn",          "serial", "serialnumber", "productid",
    "clientid",   "customerid",    "deviceid",     "userid", "username",     "ssid",
    "macaddress", "email",         "emailaddress", "mail",   "cookie",       "codeverifier",
    "authcode",   "jwt",           "secret",       "apikey", "privatekey",
};

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

static bool is_word(char byte) {
    return isalnum((unsigned char)byte) || byte == '_' || byte == '-';
}

static bool is_token(char byte) {
    return is_word(byte) || memchr(".+/=|~%", byte, 7) != NULL;
}

/* What stands at `text[0..length)` as a key, folded; true when it ends with a secret one. */
static bool is_secret_key(const char *text, size_t length) {
    char folded[48];
    size_t out = 0;
    for (size_t i = 0; i < length && out < sizeof(folded); i++) {
        if (text[i] != '_' && text[i] != '-') {
            folded[out++] = (char)tolower((unsigned char)text[i]);
        }
    }
    for (size_t i = 0; i < sizeof(secret_keys) / sizeof(secret_keys[0]); i++) {
        size_t need = strlen(secret_keys[i]);
        if (out >= need && memcmp(folded + out - need, secret_keys[i], need) == 0) {
            return true;
        }
    }
    return false;
}

/* Behind a key: optional quotes, blanks and escapes around '=' or ':' (also "%3D"); 0 when there is
 * none, else its length. */
static size_t assignment_length(const char *text) {
    size_t at = 0;
    while (text[at] == '\\' || text[at] == '"' || text[at] == '\'') {
        at++;
    }
    while (text[at] == ' ') {
        at++;
    }
    while (text[at] == '\\') {
        at++;
    }
    if (strncasecmp(text + at, "%3D", 3) == 0) {
        at += 3;
    } else if (text[at] == '=' || text[at] == ':') {
        at++;
    } else {
        return 0;
    }
    while (text[at] == ' ' || text[at] == '\\' || text[at] == '"' || text[at] == '\'') {
        at++;
    }
    return at;
}

static size_t secret_value_length(const char *text) {
    size_t at = strcspn(text, ",;&\"' \\)}>]");
    /* "Authorization: Bearer abc": the scheme is no secret, what follows it is */
    if (text[at] == ' ' &&
        (strncasecmp(text, "Bearer ", 7) == 0 || strncasecmp(text, "Basic ", 6) == 0)) {
        at += 1 + strcspn(text + at + 1, ",;&\"' \\)}>]");
    }
    return at;
}

/* "serial:12345", but not "getAuthToken:reason=x": right behind a bare ':' only a value with a
 * digit and no '=' is taken for one, since EVENT and its pairs stand there too. */
static bool is_value_behind_bare_colon(const char *text, size_t length) {
    bool has_digit = false;
    for (size_t i = 0; i < length; i++) {
        has_digit = has_digit || isdigit((unsigned char)text[i]);
        if (text[i] == '=' || text[i] == ':') {
            return false;
        }
    }
    return has_digit;
}

/* Atza|..., Atzr|..., and their URL-encoded form. */
static size_t amazon_token_length(const char *text) {
    if (text[0] != 'A' || text[1] != 't' || !islower((unsigned char)text[2]) ||
        !islower((unsigned char)text[3]) ||
        !(text[4] == '|' || strncasecmp(text + 4, "%7C", 3) == 0)) {
        return 0;
    }
    size_t at = 4;
    while (is_token(text[at])) {
        at++;
    }
    return at;
}

static size_t bearer_length(const char *text) {
    if (strncasecmp(text, "Bearer", 6) != 0 || (text[6] != ' ' && text[6] != '%')) {
        return 0;
    }
    size_t at = text[6] == ' ' ? 7 : 6;
    size_t start = at;
    while (is_token(text[at])) {
        at++;
    }
    return at > start ? at : 0;
}

/* Header.payload.signature of a JWT, or any long run that mixes letters and digits. */
static size_t opaque_length(const char *text) {
    size_t at = 0, digits = 0, letters = 0;
    while (is_word(text[at]) || text[at] == '+' || text[at] == '.' ||
           (text[at] == '/' && at > 0 && is_word(text[at + 1]))) {
        digits += isdigit((unsigned char)text[at]) != 0;
        letters += isalpha((unsigned char)text[at]) != 0;
        at++;
    }
    if (strncmp(text, "eyJ", 3) == 0 && at >= 16) {
        return at;
    }
    bool is_path = memchr(text, '/', at) != NULL || memchr(text, '.', at) != NULL;
    return !is_path && at >= OPAQUE_BYTES_MIN && digits >= 4 && letters >= 4 ? at : 0;
}

/* local@domain.tld; '@' may be "%40". Length of the whole address when one begins here. */
static size_t mail_length(const char *text) {
    size_t at = 0;
    while (isalnum((unsigned char)text[at]) || (text[at] && strchr("._+-", text[at]))) {
        at++;
    }
    size_t sign = text[at] == '@' ? 1 : strncmp(text + at, "%40", 3) == 0 ? 3 : 0;
    if (at == 0 || sign == 0) {
        return 0;
    }
    size_t domain = at + sign;
    size_t end = domain;
    bool has_dot = false;
    while (isalnum((unsigned char)text[end]) || text[end] == '-' ||
           (text[end] == '.' && isalnum((unsigned char)text[end + 1]))) {
        has_dot = has_dot || text[end] == '.';
        end++;
    }
    return has_dot ? end : 0;
}

/* scheme://user:password@ */
static size_t userinfo_length(const char *text) {
    size_t at = strcspn(text, "/ \"',@?#");
    return text[at] == '@' ? at : 0;
}

void avs_inspect_mask(char *masked, size_t capacity, const char *text) {
    if (capacity == 0) {
        return;
    }
    struct writer out = {masked, capacity, 0};
    for (size_t at = 0; text[at];) {
        const char *here = text + at;
        bool is_start = at == 0 || !is_word(text[at - 1]);
        size_t length = 0;
        if (is_start && isalnum((unsigned char)*here)) {
            if ((length = amazon_token_length(here)) > 0) {
                put(&out, here, 4);
                put(&out, "|", 1);
            } else if ((length = bearer_length(here)) > 0) {
                put(&out, here, 7);
            } else {
                length = mail_length(here);
                length = length > 0 ? length : opaque_length(here);
            }
        }
        if (length > 0) {
            put(&out, mask_text, 3);
            at += length;
            continue;
        }
        if (is_start && is_word(*here)) {
            size_t key = 0;
            while (is_word(here[key])) {
                key++;
            }
            size_t assignment = is_secret_key(here, key) ? assignment_length(here + key) : 0;
            size_t value = assignment > 0 ? secret_value_length(here + key + assignment) : 0;
            if (assignment == 1 && here[key] == ':' &&
                !is_value_behind_bare_colon(here + key + 1, value)) {
                value = 0;
            }
            put(&out, here, key + assignment);
            at += key + assignment;
            if (value > 0) {
                put(&out, mask_text, 3);
                at += value;
            }
            continue;
        }
        if (strncmp(here, "//", 2) == 0 && (length = userinfo_length(here + 2)) > 0) {
            put(&out, "//", 2);
            put(&out, mask_text, 3);
            at += 2 + length;
            continue;
        }
        put(&out, here, 1);
        at++;
    }
    out.text[out.length] = '\0';
}
