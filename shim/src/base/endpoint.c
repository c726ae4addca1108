/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint may look like, and the ones that have a name. Checks the text only: whether the
 * host exists is for the network to say. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <avs/endpoint.h>

#include "base/flow.h"
#include "base/text.h"
#include "base/versioned.h"

#define SCHEME           "https://"
#define SCHEME_LENGTH    (sizeof(SCHEME) - 1)
#define HOST_LENGTH_MAX  253 /* RFC 1035 section 2.3.4, without the root's dot */
#define LABEL_LENGTH_MAX 63
#define SHOWN_LENGTH_MAX 120 /* of a refused URL, in a message */
#define PORT_DIGITS_MAX  5
#define PORT_HTTPS       443
#define PORT_MAX         65535

static const struct {
    const char *name;
    const char *url;
} names[] = {
    {"ats-test", AVS_ENDPOINT_ATS_TEST},
    {"na", "https://alexa.na.gateway.devices.a2z.com"},
    {"eu", "https://alexa.eu.gateway.devices.a2z.com"},
    {"fe", "https://alexa.fe.gateway.devices.a2z.com"},
    {"legacy-na", "https://avs-alexa-na.amazon.com"},
    {"legacy-eu", "https://avs-alexa-eu.amazon.com"},
    {"legacy-fe", "https://avs-alexa-fe.amazon.com"},
};

const char *avs_endpoint_from_name(const char *name) {
    for (size_t i = 0; name && i < AVS_COUNT(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].url;
        }
    }
    return NULL;
}

const char *avs_endpoint_name(size_t index) {
    return index < AVS_COUNT(names) ? names[index].name : NULL;
}

/* One run of checks over one URL. */
struct url {
    const char *text;
    size_t length;
    struct avs_error *reterr;
};

/* Refuse: the problem first, then the URL as far as it can be shown. A password before '@' is
 * never repeated. */
static enum avs_status refuse(const struct url *url, const char *problem) {
    char shown[SHOWN_LENGTH_MAX + 4] = "";
    size_t out = 0;
    const char *at = memrchr(url->text, '@', url->length); /* a password may hold one itself */
    size_t from = at ? (size_t)(at - url->text) : 0;
    if (at) {
        shown[out++] = '*';
    }
    for (size_t i = from; i < url->length && out < SHOWN_LENGTH_MAX; i++) {
        unsigned char byte = (unsigned char)url->text[i];
        shown[out++] = byte >= 0x20 && byte < 0x7F ? (char)byte : byte == '\t' ? ' ' : '?';
    }
    if (url->length - from > SHOWN_LENGTH_MAX) {
        memcpy(shown + out, "...", 3);
    }
    return avs_fail_cause(url->reterr, AVS_ERR_ENDPOINT_INVALID, AVS_CAUSE_ENDPOINT_INVALID,
                          "endpoint '%s': %s", shown, problem);
}

static enum avs_status check_bytes(const struct url *url) {
    if (url->length == 0) {
        return refuse(url, "it is empty; write https://host, or a name such as ats-test, na, eu "
                           "or fe");
    }
    if (url->length > AVS_ENDPOINT_URL_MAX) {
        return refuse(url, "it is longer than 2048 characters");
    }
    for (size_t i = 0; i < url->length; i++) {
        unsigned char byte = (unsigned char)url->text[i];
        if (byte > ' ' && byte < 0x7F) {
            continue; /* every request's URL comes through here */
        }
        if (byte == '\0') {
            return refuse(url, "it holds a NUL byte");
        }
        if (byte == ' ' || byte == '\t') {
            return refuse(url, "it holds a space or tab; remove it");
        }
        if (byte < 0x20 || byte == 0x7F) {
            return refuse(url, "it holds a control character (a line break, perhaps); remove it");
        }
        if (byte >= 0x80) {
            return refuse(url, "it holds a character that is not ASCII; write an international "
                               "host name in its xn-- form");
        }
    }
    return AVS_OK;
}

static enum avs_status check_scheme(const struct url *url) {
    if (url->length >= SCHEME_LENGTH && strncasecmp(url->text, SCHEME, SCHEME_LENGTH) == 0) {
        return AVS_OK;
    }
    if (url->length >= 7 && strncasecmp(url->text, "http://", 7) == 0) {
        return refuse(url, "http:// is not encrypted; write https://");
    }
    const char *colon = memmem(url->text, url->length, "://", 3);
    if (colon) {
        return refuse(url, "its scheme is not https; write https://host");
    }
    if (url->length >= 6 && strncasecmp(url->text, "https:", 6) == 0) {
        return refuse(url, "two slashes must follow 'https:'; write https://host");
    }
    return refuse(url, "it has no scheme and is no name of an endpoint (ats-test, na, eu, fe, "
                       "legacy-na, legacy-eu, legacy-fe); write https://host");
}

static enum avs_status check_label(const struct url *url, const char *label, size_t length) {
    if (length == 0) {
        return refuse(url, "its host name has an empty part (a leading, trailing or doubled dot)");
    }
    if (length > LABEL_LENGTH_MAX) {
        return refuse(url, "a part of its host name is longer than 63 characters");
    }
    if (label[0] == '-' || label[length - 1] == '-') {
        return refuse(url, "a part of its host name begins or ends with a hyphen");
    }
    for (size_t i = 0; i < length; i++) {
        char c = label[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_')) {
            return refuse(url, "its host name holds a character other than letters, digits, '-', "
                               "'_' and '.'");
        }
    }
    return AVS_OK;
}

static enum avs_status check_host(const struct url *url, const char *host, size_t length) {
    if (length == 0) {
        return refuse(url, "it has no host; write https://host");
    }
    if (length > HOST_LENGTH_MAX) {
        return refuse(url, "its host name is longer than 253 characters");
    }
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i == length || host[i] == '.') {
            AVS_TRY(check_label(url, host + start, i - start));
            start = i == length ? start : i + 1;
        }
    }
    size_t digits = start;
    while (digits < length && host[digits] >= '0' && host[digits] <= '9') {
        digits++;
    }
    /* a last part of digits only can be nothing but an IPv4 address (RFC 3986 section 3.2.2) */
    if (digits == length) {
        char text[HOST_LENGTH_MAX + 1];
        struct in_addr address;
        avs_text_copy_bytes(text, sizeof(text), host, length);
        if (inet_pton(AF_INET, text, &address) != 1) {
            return refuse(url, "its host looks like an IPv4 address, but is none (four numbers "
                               "from 0 to 255)");
        }
    }
    return AVS_OK;
}

static enum avs_status check_ipv6(const struct url *url, const char *host, size_t length) {
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    avs_text_copy_bytes(text, sizeof(text), host, length);
    if (length >= sizeof(text) || inet_pton(AF_INET6, text, &address) != 1) {
        return refuse(url, "what stands in brackets is no IPv6 address");
    }
    return AVS_OK;
}

static enum avs_status check_port(const struct url *url, const char *digits, size_t length,
                                  uint16_t *ret_port) {
    unsigned port = 0;
    if (length == 0) {
        return refuse(url, "a port number must follow the colon; write it, or leave the colon out");
    }
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return refuse(url, "its port is not a number; an IPv6 address must stand in brackets");
        }
        if (i < PORT_DIGITS_MAX) {
            port = port * 10 + (unsigned)(digits[i] - '0');
        }
    }
    if (length > PORT_DIGITS_MAX || port == 0 || port > PORT_MAX) {
        return refuse(url, "its port is not from 1 to 65535");
    }
    *ret_port = (uint16_t)port;
    return AVS_OK;
}

/* What follows the authority: nothing, or one slash. */
static enum avs_status check_tail(const struct url *url, const char *tail, size_t length) {
    if (length == 0 || (length == 1 && tail[0] == '/')) {
        return AVS_OK;
    }
    if (tail[0] == '/') {
        return refuse(url, "it has a path; the client adds its own, so write only https://host");
    }
    return refuse(url, "it has a query or fragment; write only https://host");
}

static bool ends_authority(char c) {
    return c == '/' || c == '?' || c == '#' || c == '\\';
}

enum avs_status avs_endpoint_check(const char *text, size_t length,
                                   struct avs_endpoint *ret_endpoint, struct avs_error *reterr) {
    struct url url = {.text = text ? text : "", .length = text ? length : 0, .reterr = reterr};
    AVS_TRY(check_bytes(&url));
    AVS_TRY(check_scheme(&url));
    const char *authority = url.text + SCHEME_LENGTH;
    size_t rest = url.length - SCHEME_LENGTH;
    size_t authority_length = 0;
    while (authority_length < rest && !ends_authority(authority[authority_length])) {
        authority_length++;
    }
    if (memchr(authority, '@', authority_length)) {
        return refuse(&url, "it holds a user name; remove everything up to the '@'");
    }
    const char *host = authority;
    size_t host_length = authority_length;
    bool is_ipv6 = authority_length > 0 && authority[0] == '[';
    const char *after = authority + authority_length;
    if (is_ipv6) {
        const char *bracket = memchr(authority, ']', authority_length);
        if (!bracket) {
            return refuse(&url, "the bracket of its IPv6 address is not closed");
        }
        host = authority + 1;
        host_length = (size_t)(bracket - host);
        after = bracket + 1;
        AVS_TRY(check_ipv6(&url, host, host_length));
        if (after < authority + authority_length && *after != ':') {
            return refuse(&url, "only a colon and a port may follow the bracket");
        }
    } else {
        const char *colon = memchr(authority, ':', authority_length);
        if (colon) {
            host_length = (size_t)(colon - host);
            after = colon;
        }
    }
    uint16_t port = PORT_HTTPS;
    const char *end = authority + authority_length;
    if (after < end) {
        AVS_TRY(check_port(&url, after + 1, (size_t)(end - after - 1), &port));
    }
    if (!is_ipv6) {
        AVS_TRY(check_host(&url, host, host_length));
    }
    AVS_TRY(check_tail(&url, end, rest - authority_length));
    if (ret_endpoint) {
        struct avs_endpoint endpoint = {.port = port, .is_ipv6 = is_ipv6};
        avs_text_copy_bytes(endpoint.host, sizeof(endpoint.host), host, host_length);
        memcpy(endpoint.url, SCHEME, SCHEME_LENGTH); /* it fits: check_bytes saw to that */
        memcpy(endpoint.url + SCHEME_LENGTH, authority, authority_length);
        avs_versioned_give(ret_endpoint, &endpoint, sizeof(endpoint));
    }
    return AVS_OK;
}
