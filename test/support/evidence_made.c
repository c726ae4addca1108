/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence made by hand or by chance. */
#include "support/evidence_made.h"

#include <stdlib.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "report/evidence_fields.h"

static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n";

struct avs_evidence *evidence_ready(void) {
    struct avs_evidence *evidence = avs_evidence_new();
    if (!evidence) {
        abort();
    }
    AVS_TEXT_SET(evidence->endpoint, "https://avs.example");
    AVS_TEXT_SET(evidence->endpoint_source, "option");
    AVS_TEXT_SET(evidence->host, "avs.example");
    evidence->port = 443;
    evidence->build_time = 1700000000;
    evidence->wall_clock = 1790000000;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_session_evidence *session = &evidence->session[i];
        bool is_h2 = i == AVS_PROTOCOL_H2;
        session->was_attempted = true;
        session->dial.outcome = AVS_DIAL_CONNECTED;
        AVS_TEXT_SET(session->dial.host, "avs.example");
        AVS_TEXT_SET(session->dial.address, "192.0.2.1");
        session->dial.port = 443;
        struct avs_tls_facts *tls = &session->tls;
        tls->outcome = AVS_HANDSHAKE_ESTABLISHED;
        tls->is_verified = tls->hostname_matched = true;
        AVS_TEXT_SET(tls->version, "TLSv1.3");
        AVS_TEXT_SET(tls->cipher, "TLS_AES_128_GCM_SHA256");
        AVS_TEXT_SET(tls->alpn_offered, is_h2 ? "h2,http/1.1" : "http/1.1");
        AVS_TEXT_SET(tls->alpn, is_h2 ? "h2" : "http/1.1");
        tls->trust.gate.verify_error = 0;
        tls->trust.gate.is_ats = true;
        AVS_TEXT_SET(tls->trust.gate.ats_root, "Amazon Root CA 1");
        AVS_TEXT_SET(tls->trust.store.ca_file, "/etc/ssl/certs/ca-certificates.crt");
        AVS_TEXT_SET(tls->trust.store.source, "libcurl");
        struct avs_http_facts *http = &session->http;
        http->request_sent = http->is_complete = http->head_complete = true;
        http->status = 200;
        http->ats_message = is_h2;
        http->settings_received = is_h2;
        if (!is_h2) {
            memcpy(http->first, answer, sizeof(answer) - 1);
            http->first_length = sizeof(answer) - 1;
        }
        http->bytes_received = 64;
    }
    return evidence;
}

/* splitmix64 */
static uint32_t next_of_seed(struct chance *chance) {
    uint64_t z = (chance->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

struct chance chance_from_seed(uint64_t seed) {
    return (struct chance){.next = next_of_seed, .state = seed};
}

static uint32_t next_of_bytes(struct chance *chance) {
    uint32_t value = 0;
    for (int i = 0; i < 2 && chance->length > 0; i++) {
        value = value << 8 | *chance->bytes++;
        chance->length--;
    }
    return value;
}

struct chance chance_from_bytes(const uint8_t *bytes, size_t length) {
    return (struct chance){.next = next_of_bytes, .bytes = bytes, .length = length};
}

static uint32_t pick(struct chance *chance, uint32_t count) {
    return chance->next(chance) % count;
}

/* Words that the judge looks for, and some that nobody expects. */
static void shake_text(char *field, size_t size, struct chance *chance) {
    static const char *const words[] = {
        "",         "h2",         "http/1.1",           "TLSv1.3", "unsupported protocol",
        "libcurl",  "option",     "O'Brien's file.pem", "a b",     "\033[31mred\n\r\t\x7f",
        "\xff\xc2", "%s%n{host}", "$(reboot)",
    };
    uint32_t n = pick(chance, AVS_COUNT(words) + 2);
    if (n < AVS_COUNT(words)) {
        avs_text_copy(field, size, words[n]);
    } else {
        memset(field, n == AVS_COUNT(words) ? '\'' : 'W', size - 1);
        field[size - 1] = '\0';
    }
}

static int64_t shake_number(struct chance *chance) {
    static const int64_t numbers[] = {
        0,   1,   2,   9,   10,  18,  19,  20,  40,  62,  64, 70,     71,        80,        112,
        116, 120, 100, 199, 200, 204, 301, 403, 421, 999, 13, 100000, INT32_MAX, INT32_MIN, -1};
    return numbers[pick(chance, AVS_COUNT(numbers))];
}

static void shake_table(const struct avs_fields *fields, char *base, struct chance *chance,
                        unsigned one_in);

static void shake_bytes(const struct avs_field *row, char *base, struct chance *chance) {
    static const char *const starts[] = {"HTTP/1.1 200",
                                         "HTTP/2 200 ",
                                         "HTTP/1.1 ",
                                         "HTT",
                                         "connection established with ATS certificate",
                                         "\x15\x03\x01",
                                         "<html>",
                                         "\xc3"};
    static const uint8_t settings[] = {0, 0, 18, 4, 0, 0, 0, 0, 0};
    uint8_t *bytes = (uint8_t *)base + row->offset;
    uint32_t n = pick(chance, AVS_COUNT(starts) + 3);
    size_t length = 0;
    if (n < AVS_COUNT(starts)) {
        length = strlen(starts[n]);
        memcpy(bytes, starts[n], length);
    } else if (n == AVS_COUNT(starts)) {
        length = sizeof(settings);
        memcpy(bytes, settings, length);
    } else {
        length = pick(chance, (uint32_t)row->size + 1);
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (uint8_t)chance->next(chance);
        }
    }
    *(size_t *)(void *)(base + row->length_offset) = length;
}

static void shake_field(const struct avs_field *row, char *base, struct chance *chance) {
    void *field = base + row->offset;
    switch (row->kind) {
    case AVS_FIELD_TEXT:
        shake_text(field, row->size, chance);
        break;
    case AVS_FIELD_BOOL:
        *(bool *)field = pick(chance, 2) == 1;
        break;
    case AVS_FIELD_INT:
        *(int *)field = (int)shake_number(chance);
        break;
    case AVS_FIELD_U16:
        *(uint16_t *)field = (uint16_t)shake_number(chance);
        break;
    case AVS_FIELD_U32:
        *(uint32_t *)field = (uint32_t)shake_number(chance);
        break;
    case AVS_FIELD_I64:
        *(int64_t *)field = shake_number(chance) * 1000000;
        break;
    case AVS_FIELD_U64:
        *(uint64_t *)field = (uint64_t)(shake_number(chance) & INT32_MAX);
        break;
    case AVS_FIELD_REAL:
        *(double *)field = (double)shake_number(chance) / 4;
        break;
    case AVS_FIELD_ENUM:
        *(int *)field = (int)pick(chance, (uint32_t)row->name_count);
        break;
    case AVS_FIELD_BYTES:
        shake_bytes(row, base, chance);
        break;
    case AVS_FIELD_TABLE:
    case AVS_FIELD_LIST:
        break;
    }
}

static void shake_list(const struct avs_field *row, char *base, struct chance *chance,
                       unsigned one_in) {
    size_t length = row->list_capacity;
    if (row->length_offset != AVS_FIXED_LENGTH) {
        length = pick(chance, (uint32_t)row->list_capacity + 1);
        *(size_t *)(void *)(base + row->length_offset) = length;
    }
    for (size_t i = 0; i < length; i++) {
        shake_table(row->table, base + row->offset + i * row->size, chance, one_in);
    }
}

static void shake_table(const struct avs_fields *fields, char *base, struct chance *chance,
                        unsigned one_in) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        if (row->kind == AVS_FIELD_TABLE) {
            shake_table(row->table, base + row->offset, chance, one_in);
        } else if (row->kind == AVS_FIELD_LIST) {
            shake_list(row, base, chance, one_in);
        } else if (pick(chance, one_in) == 0) {
            shake_field(row, base, chance);
        }
    }
}

void evidence_shake(struct avs_evidence *evidence, struct chance *chance, unsigned one_in) {
    shake_table(&avs_evidence_fields, (char *)evidence, chance, one_in);
}

static void each_text(const struct avs_fields *fields, char *base,
                      void (*change)(char *field, size_t size)) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        if (row->kind == AVS_FIELD_TEXT) {
            change(base + row->offset, row->size);
        } else if (row->kind == AVS_FIELD_TABLE) {
            each_text(row->table, base + row->offset, change);
        } else if (row->kind == AVS_FIELD_LIST) {
            for (size_t k = 0; k < row->list_capacity; k++) {
                each_text(row->table, base + row->offset + k * row->size, change);
            }
        }
    }
}

void evidence_each_text(struct avs_evidence *evidence, void (*change)(char *field, size_t size)) {
    each_text(&avs_evidence_fields, (char *)evidence, change);
}
