/* SPDX-License-Identifier: Apache-2.0 */
/* See dns_wire.h. */
#include "check/dns_wire.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

#define HEADER_BYTES 12
#define LABEL_MAX    63
#define RECORD_BYTES 10 /* type, class, TTL, length */
#define POINTER_BITS 0xC0
#define CLASS_IN     1
#define TRUNCATED    2 /* a bit of the third byte */

enum { RCODE_OK = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

size_t avs_dns_question(uint16_t id, const char *host, enum avs_dns_type type,
                        uint8_t ret_question[AVS_DNS_QUESTION_BYTES]) {
    const uint8_t header[HEADER_BYTES] = {
        (uint8_t)(id >> 8), (uint8_t)id, 1 /* recursion */, 0, 0, 1 /* question */};
    const uint8_t tail[] = {0, 0, (uint8_t)type, 0, CLASS_IN};
    memcpy(ret_question, header, sizeof(header));
    size_t at = HEADER_BYTES;
    for (const char *label = host; *label;) {
        size_t length = strcspn(label, ".");
        if (length == 0 || length > LABEL_MAX ||
            at + 1 + length + sizeof(tail) > AVS_DNS_QUESTION_BYTES) {
            return 0;
        }
        ret_question[at++] = (uint8_t)length;
        memcpy(ret_question + at, label, length);
        at += length;
        label += length + (label[length] == '.');
    }
    memcpy(ret_question + at, tail, sizeof(tail));
    return at + sizeof(tail);
}

bool avs_dns_is_answer(const uint8_t *answer, size_t length, uint16_t id) {
    return length >= HEADER_BYTES && answer[0] == id >> 8 && answer[1] == (id & 0xff) &&
           (answer[2] & 0x80);
}

static unsigned number(const uint8_t *at) {
    return (unsigned)at[0] << 8 | at[1];
}

/* Behind the name at `at`; 0 when the answer ends within it. A pointer ends a name. */
static size_t skip_name(const uint8_t *answer, size_t length, size_t at) {
    while (at < length) {
        uint8_t label = answer[at];
        if ((label & POINTER_BITS) == POINTER_BITS) {
            return at + 2 <= length ? at + 2 : 0;
        }
        if (label == 0) {
            return at + 1;
        }
        at += (size_t)label + 1;
    }
    return 0;
}

static void add_address(const uint8_t *bytes, int family, char *addresses, size_t capacity) {
    char text[INET6_ADDRSTRLEN] = "";
    size_t used = strlen(addresses);
    inet_ntop(family, bytes, text, sizeof(text));
    if (used + strlen(text) + 2 <= capacity) {
        avs_text_format(addresses + used, capacity - used, "%s%s", used > 0 ? " " : "", text);
    }
}

/* The addresses of the answer section; how many. */
static size_t read_records(const uint8_t *answer, size_t length, enum avs_dns_type type,
                           char *addresses, size_t capacity) {
    size_t at = HEADER_BYTES;
    size_t found = 0;
    size_t address_bytes = type == AVS_DNS_A ? 4 : 16;
    for (unsigned i = number(answer + 4); i > 0 && at > 0; i--) {
        at = skip_name(answer, length, at);
        at = at > 0 && at + 4 <= length ? at + 4 : 0;
    }
    unsigned records = number(answer + 6);
    for (unsigned i = 0; i < records && i < AVS_DNS_RECORDS_MAX && at > 0; i++) {
        at = skip_name(answer, length, at);
        if (at == 0 || at + RECORD_BYTES > length) {
            break;
        }
        size_t data = at + RECORD_BYTES;
        size_t data_length = number(answer + at + 8);
        if (data + data_length > length) {
            break;
        }
        if (number(answer + at) == (unsigned)type && number(answer + at + 2) == CLASS_IN &&
            data_length == address_bytes) {
            found++;
            add_address(answer + data, type == AVS_DNS_A ? AF_INET : AF_INET6, addresses, capacity);
        }
        at = data + data_length;
    }
    return found;
}

enum avs_dns_answer avs_dns_read_answer(const uint8_t *answer, size_t length,
                                        enum avs_dns_type type, char *ret_addresses,
                                        size_t capacity) {
    ret_addresses[0] = '\0';
    if (length < HEADER_BYTES) {
        return AVS_DNS_SERVFAIL;
    }
    bool is_cut =
        (answer[2] & TRUNCATED) != 0; /* there is more than fits in UDP, so there is some */
    switch (answer[3] & 0xf) {
    case RCODE_OK:
        return read_records(answer, length, type, ret_addresses, capacity) > 0 || is_cut
                   ? AVS_DNS_ANSWERS
                   : AVS_DNS_NO_ADDRESS;
    case RCODE_NXDOMAIN:
        return AVS_DNS_NXDOMAIN;
    case RCODE_REFUSED:
        return AVS_DNS_REFUSED;
    default:
        return AVS_DNS_SERVFAIL;
    }
}
