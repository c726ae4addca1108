/* SPDX-License-Identifier: Apache-2.0 */
/* Masks: what must never leave the machine in a report. Rather one word too many than one secret.
 * Here is what is known for a secret by itself; mask_key.c has what a key makes one. */
#include <avs/inspect.h>

#include "base/flow.h"
#include "inspect/mask.h"

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static const char mask_text[] = "***";

enum {
    OPAQUE_BYTES_MIN = 32, /* a run this long with letters and digits is taken for a secret */
    PORT_DIGITS_MAX = 5,
};

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_token(char byte) {
    return byte && (avs_mask_is_word(byte) || strchr(".+/=|~%", byte));
}

/* curl's "-u user:password", "-U ...", and "-E certificate:passphrase" */
static struct avs_span match_user_option(const char *here) {
    static const char *const options[] = {"-u ",           "-U ",           "--user ", "--user=",
                                          "--proxy-user ", "--proxy-user=", "-E ",     "--cert ",
                                          "--cert=",       "--proxy-cert ", "-u",      "-U"};
    for (size_t i = 0; i < AVS_COUNT(options); i++) {
        size_t length = strlen(options[i]);
        if (strncmp(here, options[i], length) == 0) {
            struct avs_opening opening = {0};
            size_t quote = avs_mask_quote(here + length, &opening);
            const char *value = here + length + quote;
            size_t hide = quote ? avs_mask_quoted(value, &opening) : strcspn(value, " \t\n");
            const char *colon = memchr(value, ':', hide);
            return colon && colon + 1 < value + hide ? (struct avs_span){length + quote, hide}
                                                     : (struct avs_span){0, 0};
        }
    }
    return (struct avs_span){0, 0};
}

/* mosquitto's "-P password"; curl's -P and scp's have an address or a port */
static struct avs_span match_password_option(const char *here) {
    size_t space = strncmp(here, "-P", 2) == 0 ? avs_mask_blanks(here + 2) : 0;
    struct avs_opening opening = {0};
    size_t start = 2 + space + (space > 0 ? avs_mask_quote(here + 2 + space, &opening) : 0);
    if (space == 0 || here[start] == '-' || !here[start]) {
        return (struct avs_span){0, 0};
    }
    struct avs_span span = avs_mask_value(KEY_PHRASE, &opening, here + start);
    size_t word = strcspn(here + start, " \t\n"), hide = opening.quote ? span.hide : word;
    bool is_number = hide == strspn(here + start, "0123456789") && hide <= PORT_DIGITS_MAX;
    return (struct avs_span){start, is_number ? 0 : hide};
}

/* Atza|..., Atzr|..., and their URL-encoded form. */
static struct avs_span match_amazon_token(const char *here) {
    if (here[0] != 'A' || here[1] != 't' || !islower((unsigned char)here[2]) ||
        !islower((unsigned char)here[3]) || !(here[4] == '|' || avs_mask_begins(here + 4, "%7C"))) {
        return (struct avs_span){0, 0};
    }
    size_t at = 4;
    while (is_token(here[at])) {
        at++;
    }
    return (struct avs_span){4, at - 4};
}

/* AKIA and ASIA, and sixteen letters and digits. */
static struct avs_span match_aws_key(const char *here) {
    size_t length = strspn(here, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    bool is_key = length >= 16 && here[0] == 'A' && strchr("KSIRG", here[1]) && here[3] == 'A';
    return (struct avs_span){0, is_key ? length : 0};
}

/* "Bearer abc", and what else may stand behind "Authorization:" when that is lost. */
static struct avs_span match_scheme(const char *here) {
    static const char *const schemes[] = {"Bearer", "Basic", "Negotiate", "NTLM"};
    for (size_t i = 0; i < AVS_COUNT(schemes); i++) {
        size_t at = strlen(schemes[i]);
        if (!avs_mask_begins(here, schemes[i]) ||
            !(is_blank(here[at]) || avs_mask_begins(here + at, "%20"))) {
            continue;
        }
        at += is_blank(here[at]) ? avs_mask_blanks(here + at) : 3;
        size_t start = at;
        bool is_odd = i == 0; /* "basic authentication" is no secret: one letter case, no digit */
        while (is_token(here[at])) {
            is_odd = is_odd || isdigit((unsigned char)here[at]) || here[at] == '=' ||
                     (at > start && isupper((unsigned char)here[at]));
            at++;
        }
        return is_odd ? (struct avs_span){start, at - start} : (struct avs_span){0, 0};
    }
    return (struct avs_span){0, 0};
}

/* Header.payload.signature of a JWT, or any long run that mixes letters and digits. */
static struct avs_span match_opaque(const char *here) {
    size_t at = 0, digits = 0, lower = 0, upper = 0;
    while (avs_mask_is_word(here[at]) || here[at] == '+' || here[at] == '.' ||
           (here[at] == '/' && at > 0 && avs_mask_is_word(here[at + 1]))) {
        digits += isdigit((unsigned char)here[at]) != 0;
        lower += islower((unsigned char)here[at]) != 0;
        upper += isupper((unsigned char)here[at]) != 0;
        at++;
    }
    if (avs_mask_begins(here, "eyJ") && at >= 16) {
        return (struct avs_span){0, at};
    }
    bool is_name = memchr(here, '.', at) != NULL; /* of a host or a file */
    bool is_path = memchr(here, '/', at) != NULL; /* or base64, which has both letter cases */
    bool is_opaque =
        is_path ? digits >= 1 && lower >= 6 && upper >= 6 : digits >= 4 && lower + upper >= 4;
    return (struct avs_span){0, !is_name && at >= OPAQUE_BYTES_MIN && is_opaque ? at : 0};
}

/* local@domain.tld; '@' may be "%40". */
static struct avs_span match_mail(const char *here) {
    size_t at = 0;
    while (isalnum((unsigned char)here[at]) || (here[at] && strchr("._+-", here[at]))) {
        at++;
    }
    size_t sign = here[at] == '@' ? 1 : avs_mask_begins(here + at, "%40") ? 3 : 0;
    if (at == 0 || sign == 0) {
        return (struct avs_span){0, 0};
    }
    size_t end = at + sign;
    bool has_dot = false;
    while (isalnum((unsigned char)here[end]) || here[end] == '-' ||
           (here[end] == '.' && isalnum((unsigned char)here[end + 1]))) {
        has_dot = has_dot || here[end] == '.';
        end++;
    }
    return (struct avs_span){0, has_dot ? end : 0};
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
static struct avs_span match_url(const char *here) {
    if (strncmp(here, "//", 2) != 0) {
        return (struct avs_span){0, 0};
    }
    const char *address = here + 2;
    size_t name = strcspn(address, ":/?#@\\");
    const char *behind = address + name + (address[name] == '\\');
    bool is_port = *behind != ':' || isdigit((unsigned char)behind[1]);
    /* a password may have blanks in it; what stands behind a port is other text */
    struct avs_span span =
        avs_mask_userinfo(address, strcspn(address, is_port ? " \t\n\"'<>" : "\n\"'<>"));
    bool has_user = address[name] == '@' || address[name] == ':' || address[name] == '\\';
    if (!has_user || span.hide == 0 || is_host_with_path(address, address + span.hide + 1)) {
        return (struct avs_span){0, 0};
    }
    return (struct avs_span){2, span.hide};
}

/* user:password@host without a scheme, as libcurl takes a proxy. */
static struct avs_span match_userinfo(const char *here) {
    size_t user = strspn(here, HOST_BYTES "_");
    size_t colon = user + (here[user] == '\\');
    if (user == 0 || here[colon] != ':' || strncmp(here + colon + 1, "//", 2) == 0) {
        return (struct avs_span){0, 0};
    }
    size_t end = colon + 1 + strcspn(here + colon + 1, " \t\n\"'<>,=()");
    for (size_t at = end; at-- > colon + 1;) {
        if (here[at] == '@' && isalnum((unsigned char)here[at + 1])) {
            bool is_host = is_host_with_path(here, here + at + 1);
            return (struct avs_span){0, is_host ? 0 : at};
        }
    }
    return (struct avs_span){0, 0};
}

/* The code of an OAuth callback, in a URL or in a form; curl's codes and HTTP's are no secrets. */
static struct avs_span code_span(const char *here, size_t separator, const char *behind) {
    enum { NUMBER_DIGITS_MAX = 3 };
    const char *key = here + separator;
    struct avs_opening opening = {0};
    if (!avs_mask_begins(key, "code") || avs_mask_word(key) != 4) {
        return (struct avs_span){0, 0};
    }
    size_t start = separator + 4 + avs_mask_assignment(key + 4, &opening);
    size_t length = strcspn(here + start, "&#;,)>< \t\n\"'");
    bool is_number = length <= NUMBER_DIGITS_MAX && length == strspn(here + start, "0123456789");
    bool is_code = start > separator + 4 && opening.quote == 0 && !is_number &&
                   avs_mask_begins(here + start + length, behind);
    return (struct avs_span){start, is_code ? length : 0};
}

static struct avs_span match_code_in_url(const char *here) {
    static const char *const separators[] = {"&amp;", "&", "?", "#", "%26", "%3F"};
    for (size_t i = 0; i < AVS_COUNT(separators); i++) {
        if (avs_mask_begins(here, separators[i])) {
            return code_span(here, strlen(separators[i]), "");
        }
    }
    return (struct avs_span){0, 0};
}

static struct avs_span match_code_in_form(const char *here) {
    return code_span(here, 0, "&");
}

enum start { ANYWHERE, WORD, NAME }; /* where it may begin: a name may have dots in it */

/* The first that hides something decides. */
static const struct {
    struct avs_span (*match)(const char *here);
    enum start start;
} matches[] = {
    {match_amazon_token, ANYWHERE}, {match_aws_key, WORD}, {match_user_option, WORD},
    {match_password_option, WORD},  {match_scheme, WORD},  {match_code_in_url, ANYWHERE},
    {match_code_in_form, WORD},     {avs_mask_key, WORD},  {match_url, ANYWHERE},
    {match_userinfo, NAME},         {match_mail, WORD},    {match_opaque, WORD},
};

static enum start start_of(const char *text, size_t at) {
    if (at == 0) {
        return NAME;
    }
    char before = text[at - 1];
    return avs_mask_is_word(before) ? ANYWHERE : before == '.' || before == '/' ? WORD : NAME;
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
        struct avs_span span = avs_mask_markup(text, at);
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
