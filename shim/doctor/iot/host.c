/* SPDX-License-Identifier: Apache-2.0 */
/* The host out of what people paste: an URL, host:port, a trailing dot, capitals. Refuses what is
 * no host, and what means another host than it seems to. What kind of name it is: name.c. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/flow.h"
#include "base/text.h"
#include "iot/name.h"

#define HOST_LENGTH_MAX  253 /* RFC 1035 section 2.3.4, without the root's dot */
#define LABEL_LENGTH_MAX 63
#define PORT_DIGITS_MAX  5
#define PORT_MAX         65535

struct span {
    const char *start;
    size_t length;
};

AVS_PRINTF(2, 3)
static enum avs_status refuse(struct avs_error *reterr, const char *format, ...) {
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return avs_fail_cause(reterr, AVS_ERR_ENDPOINT_INVALID, AVS_CAUSE_ENDPOINT_INVALID,
                          "not a host name: %s", message);
}

static void trim(struct span *span) {
    while (span->length > 0 && isspace((unsigned char)span->start[0])) {
        span->start++;
        span->length--;
    }
    while (span->length > 0 && isspace((unsigned char)span->start[span->length - 1])) {
        span->length--;
    }
}

static bool is_plaintext_scheme(struct span scheme) {
    static const char *const plain[] = {"http", "ws", "mqtt", "tcp"};
    for (size_t i = 0; i < AVS_COUNT(plain); i++) {
        if (strlen(plain[i]) == scheme.length &&
            strncasecmp(plain[i], scheme.start, scheme.length) == 0) {
            return true;
        }
    }
    return false;
}

/* Drop "https://" in front and "/topics/x" behind. */
static void drop_url(struct span *span, unsigned *spelling) {
    size_t letters = 0;
    while (letters < span->length &&
           (isalnum((unsigned char)span->start[letters]) || strchr("+-.", span->start[letters]))) {
        letters++;
    }
    if (letters > 0 && span->length >= letters + 3 &&
        memcmp(span->start + letters, "://", 3) == 0) {
        *spelling |= AVS_IOT_WAS_URL;
        if (is_plaintext_scheme((struct span){span->start, letters})) {
            *spelling |= AVS_IOT_WAS_PLAINTEXT;
        }
        span->start += letters + 3;
        span->length -= letters + 3;
    }
    for (size_t i = 0; i < span->length; i++) {
        if (strchr("/?#", span->start[i]) && span->start[i]) {
            span->length = i;
            *spelling |= AVS_IOT_WAS_URL;
        }
    }
}

static enum avs_status take_port(struct span *span, uint16_t *ret_port, struct avs_error *reterr) {
    const char *colon = memrchr(span->start, ':', span->length);
    if (!colon) {
        return AVS_OK;
    }
    size_t digits = span->length - (size_t)(colon + 1 - span->start);
    unsigned long port = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)colon[1 + i]) || i >= PORT_DIGITS_MAX) {
            return refuse(reterr, "behind ':' stands no port");
        }
        port = port * 10 + (unsigned long)(colon[1 + i] - '0');
    }
    if (port == 0 || port > PORT_MAX) {
        return refuse(reterr, "a port is a number from 1 to 65535");
    }
    *ret_port = (uint16_t)port;
    span->length = (size_t)(colon - span->start);
    return AVS_OK;
}

/* "[::1]:8883", "::1": an address is no name, but it is a host. */
static bool take_ipv6(struct span *span, struct avs_iot_name *name) {
    const char *end = memchr(span->start, ']', span->length);
    struct span address = *span;
    if (span->length > 0 && span->start[0] == '[' && end) {
        address = (struct span){span->start + 1, (size_t)(end - span->start) - 1};
        span->length -= (size_t)(end + 1 - span->start);
        span->start = end + 1;
    } else {
        span->length = 0;
    }
    avs_text_copy_bytes(name->host, sizeof(name->host), address.start, address.length);
    return address.length < sizeof(name->host) && memchr(name->host, ':', address.length) &&
           avs_text_is_ip_literal(name->host);
}

static enum avs_status take_label(struct span label, char *host, unsigned *spelling,
                                  struct avs_error *reterr) {
    if (label.length == 0 || label.length > LABEL_LENGTH_MAX) {
        return refuse(reterr, label.length == 0 ? "an empty label (two dots, or one in front)"
                                                : "a label is longer than 63 characters");
    }
    if (label.start[0] == '-' || label.start[label.length - 1] == '-') {
        return refuse(reterr, "a label begins or ends with '-'");
    }
    for (size_t i = 0; i < label.length; i++) {
        unsigned char c = (unsigned char)label.start[i];
        if (c >= 0x80) {
            return refuse(reterr, "it is not ASCII; write international names in punycode");
        }
        if (!isalnum(c) && c != '-' && c != '_') {
            return isgraph(c) ? refuse(reterr, "'%c' cannot be in one", c)
                              : refuse(reterr, "a blank or control character is in it");
        }
        *spelling |= isupper(c) ? AVS_IOT_WAS_UPPER_CASE : 0;
        host[i] = (char)tolower(c);
    }
    return AVS_OK;
}

static enum avs_status take_labels(struct span span, struct avs_iot_name *name,
                                   struct avs_error *reterr) {
    if (span.length > 0 && span.start[span.length - 1] == '.') {
        span.length--;
        name->spelling |= AVS_IOT_HAD_TRAILING_DOT;
    }
    if (span.length > HOST_LENGTH_MAX) {
        return refuse(reterr, "it is longer than 253 characters");
    }
    for (size_t at = 0; at <= span.length;) {
        const char *dot = memchr(span.start + at, '.', span.length - at);
        size_t end = dot ? (size_t)(dot - span.start) : span.length;
        AVS_TRY(take_label((struct span){span.start + at, end - at}, name->host + at,
                           &name->spelling, reterr));
        name->host[end] = dot ? '.' : '\0';
        at = end + 1;
    }
    return AVS_OK;
}

enum avs_status avs_iot_host_take(const char *text, size_t length, struct avs_iot_name *ret_name,
                                  struct avs_error *reterr) {
    struct span span = {text, length};
    trim(&span);
    drop_url(&span, &ret_name->spelling);
    if (memchr(span.start, '@', span.length)) {
        return refuse(reterr, "a user name stands in front of it, and only what is behind that is "
                              "dialled");
    }
    if (span.length == 0) {
        return refuse(reterr, "nothing is there");
    }
    const char *colon = memchr(span.start, ':', span.length);
    bool is_ipv6 =
        span.start[0] == '[' || (colon && memrchr(span.start, ':', span.length) != colon);
    if (is_ipv6 && !take_ipv6(&span, ret_name)) {
        return refuse(reterr, "more than one ':', and no address of IPv6");
    }
    AVS_TRY(take_port(&span, &ret_name->port, reterr));
    if (is_ipv6) {
        return span.length == 0 ? AVS_OK : refuse(reterr, "something stands behind ']'");
    }
    return take_labels(span, ret_name, reterr);
}
