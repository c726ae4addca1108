/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-size text fields. */
#include "base/text.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/civil.h"

void avs_text_copy(char *field, size_t capacity, const char *text) {
    avs_text_copy_bytes(field, capacity, text ? text : "", text ? strlen(text) : 0);
}

void avs_text_copy_bytes(char *field, size_t capacity, const void *bytes, size_t length) {
    if (length >= capacity) {
        length = capacity - 1;
    }
    memmove(field, bytes, length);
    field[length] = '\0';
}

void avs_text_format(char *field, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field, capacity, format, arguments);
    va_end(arguments);
}

void avs_text_hex(char *field, size_t capacity, const uint8_t *bytes, size_t length) {
    static const char digits[] = "0123456789ABCDEF";
    size_t out = 0;
    for (size_t i = 0; i < length && out + 2 < capacity; i++) {
        field[out++] = digits[bytes[i] >> 4];
        field[out++] = digits[bytes[i] & 15];
    }
    field[out] = '\0';
}

bool avs_text_contains_nocase(const void *bytes, size_t length, const char *needle) {
    size_t needle_length = strlen(needle);
    const char *text = bytes;
    for (size_t i = 0; i + needle_length <= length; i++) {
        if (strncasecmp(text + i, needle, needle_length) == 0) {
            return true;
        }
    }
    return false;
}

size_t avs_text_utf8_sequence(const char *text, size_t left) {
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x80) {
        return 1;
    }
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool is_surrogate = at[0] == 0xed && at[1] >= 0xa0;
    bool is_beyond = at[0] == 0xf4 && at[1] >= 0x90;
    return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

uint32_t avs_text_code_point(const char *sequence, size_t length) {
    const unsigned char *at = (const unsigned char *)sequence;
    uint32_t code = length == 1 ? at[0] : at[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        code = code << 6 | (at[i] & 0x3Fu);
    }
    return code;
}

bool avs_text_steers_terminal(uint32_t code) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     /* C0, DEL, C1: ESC, BEL, CSI, OSC */
        {0x61C, 0x61C},   {0x200E, 0x200F}, /* marks of a text's direction */
        {0x2028, 0x2029},                   /* line and paragraph separator */
        {0x202A, 0x202E}, {0x2066, 0x2069}, /* embeddings, overrides and isolates */
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

size_t avs_text_printable_sequence(const char *text, size_t left) {
    size_t length = avs_text_utf8_sequence(text, left);
    return length > 0 && avs_text_steers_terminal(avs_text_code_point(text, length)) ? 0 : length;
}

bool avs_text_is_printable(const char *text) {
    size_t length = 1;
    for (const char *end = text + strlen(text); text < end && length > 0; text += length) {
        length = avs_text_printable_sequence(text, (size_t)(end - text));
    }
    return length > 0;
}

/* One '?' (for a tab a blank) for each sequence of which `measure` says 0. The text never grows. */
static void replace(char *text, size_t (*measure)(const char *text, size_t left)) {
    const char *end = text + strlen(text);
    char *out = text;
    for (const char *at = text; at < end;) {
        size_t left = (size_t)(end - at);
        size_t length = measure(at, left);
        size_t taken = length ? length : avs_text_utf8_sequence(at, left);
        memmove(out, length ? at : *at == '\t' ? " " : "?", length ? length : 1);
        out += length ? length : 1;
        at += taken ? taken : 1;
    }
    *out = '\0';
}

void avs_text_make_utf8(char *text) {
    replace(text, avs_text_utf8_sequence);
}

void avs_text_make_printable(char *text) {
    replace(text, avs_text_printable_sequence);
}

void avs_text_authority(char *field, size_t capacity, const char *host, uint16_t port) {
    bool is_ipv6 = strchr(host, ':') != NULL;
    char port_text[8] = "";
    if (port != 443) {
        avs_text_format(port_text, sizeof(port_text), ":%u", port);
    }
    avs_text_format(field, capacity, "%s%s%s%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "",
                    port_text);
}

bool avs_text_is_ip_literal(const char *host) {
    uint8_t address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

void avs_text_utc(char *field, size_t capacity, int64_t unix_seconds) {
    struct avs_civil utc;
    if (!avs_civil_from_unix(unix_seconds, &utc)) {
        avs_text_format(field, capacity, "%lld s since 1970", (long long)unix_seconds);
        return;
    }
    avs_text_format(field, capacity, "%04d-%02d-%02d %02d:%02d:%02d UTC", utc.year, utc.month,
                    utc.day, utc.hour, utc.minute, utc.second);
}
