/* SPDX-License-Identifier: Apache-2.0 */
/* PEM and DER, as far as an audit needs them. */
#include "store/audit_scan.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/civil.h"
#include "base/flow.h"
#include "base/text.h"

#define TAG_INTEGER          0x02
#define TAG_UTC_TIME         0x17
#define TAG_GENERALIZED_TIME 0x18
#define TAG_SEQUENCE         0x30
#define TAG_VERSION          0xa0

/** Take one TLV off the front of `rest`. */
static bool take(struct avs_scan_slice *rest, uint8_t tag, struct avs_scan_slice *ret_whole,
                 struct avs_scan_slice *ret_content) {
    const uint8_t *at = rest->bytes;
    size_t left = rest->length;
    if (left < 2 || at[0] != tag) {
        return false;
    }
    size_t length = at[1];
    size_t head = 2;
    if (length & 0x80) {
        size_t digits = length & 0x7f;
        if (digits == 0 || digits > 3 || left < 2 + digits) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < digits; i++) {
            length = length << 8 | at[2 + i];
        }
        head += digits;
    }
    if (length > left - head) {
        return false;
    }
    if (ret_whole) {
        *ret_whole = (struct avs_scan_slice){at, head + length};
    }
    if (ret_content) {
        *ret_content = (struct avs_scan_slice){at + head, length};
    }
    rest->bytes += head + length;
    rest->length -= head + length;
    return true;
}

/** RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ after. */
static bool take_time(struct avs_scan_slice *rest, int64_t *ret_time) {
    struct avs_scan_slice text;
    const char *pattern = take(rest, TAG_UTC_TIME, NULL, &text)           ? "yMDhms"
                          : take(rest, TAG_GENERALIZED_TIME, NULL, &text) ? "YMDhms"
                                                                          : NULL;
    return pattern && avs_civil_parse(pattern, (const char *)text.bytes, text.length, ret_time) > 0;
}

bool avs_scan_same(struct avs_scan_slice left, struct avs_scan_slice right) {
    return left.length == right.length && memcmp(left.bytes, right.bytes, left.length) == 0;
}

bool avs_scan_der(const uint8_t *der, size_t length, struct avs_scan_cert *ret_certificate) {
    struct avs_scan_slice rest = {der, length}, certificate, whole, tbs, validity;
    struct avs_scan_cert found = {0};
    if (!take(&rest, TAG_SEQUENCE, &whole, &certificate) ||
        !take(&certificate, TAG_SEQUENCE, NULL, &tbs)) {
        return false;
    }
    take(&tbs, TAG_VERSION, NULL, NULL); /* absent in version 1 certificates */
    if (!take(&tbs, TAG_INTEGER, NULL, NULL) || !take(&tbs, TAG_SEQUENCE, NULL, NULL) ||
        !take(&tbs, TAG_SEQUENCE, &found.issuer, NULL) ||
        !take(&tbs, TAG_SEQUENCE, NULL, &validity) || !take_time(&validity, &found.not_before) ||
        !take_time(&validity, &found.not_after) ||
        !take(&tbs, TAG_SEQUENCE, &found.subject, NULL) ||
        !take(&tbs, TAG_SEQUENCE, &found.spki, NULL)) {
        return false;
    }
    found.der = whole;
    found.is_self_issued = avs_scan_same(found.subject, found.issuer);
    SHA256(whole.bytes, whole.length, found.sha256);
    SHA256(found.spki.bytes, found.spki.length, found.spki_sha256);
    *ret_certificate = found;
    return true;
}

bool avs_scan_hash_from_hex(const char *hex, uint8_t ret_hash[AVS_SCAN_HASH_BYTES]) {
    if (strlen(hex) != 2 * AVS_SCAN_HASH_BYTES) {
        return false;
    }
    for (size_t i = 0; i < AVS_SCAN_HASH_BYTES; i++) {
        unsigned byte = 0;
        for (size_t j = 0; j < 2; j++) {
            char digit = hex[2 * i + j];
            unsigned value = digit >= '0' && digit <= '9'   ? (unsigned)(digit - '0')
                             : digit >= 'A' && digit <= 'F' ? (unsigned)(digit - 'A') + 10
                             : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10
                                                            : 16;
            if (value == 16) {
                return false;
            }
            byte = byte << 4 | value;
        }
        ret_hash[i] = (uint8_t)byte;
    }
    return true;
}

/* ---- PEM ---- */

enum block_kind { BLOCK_CERTIFICATE, BLOCK_TRUSTED, BLOCK_OTHER };

static const struct {
    const char *begin, *end;
    enum block_kind kind;
} labels[] = {
    {"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", BLOCK_CERTIFICATE},
    {"-----BEGIN X509 CERTIFICATE-----", "-----END X509 CERTIFICATE-----", BLOCK_CERTIFICATE},
    {"-----BEGIN TRUSTED CERTIFICATE-----", "-----END TRUSTED CERTIFICATE-----", BLOCK_TRUSTED},
};

struct scan {
    const char *at, *end;
    avs_scan_fn on_certificate;
    void *user;
    struct avs_scan_file file;
    EVP_ENCODE_CTX *decoder;
    uint8_t *der; /* AVS_SCAN_DER_LIMIT bytes */
};

static bool starts_with(const char *at, const char *end, const char *text) {
    size_t length = strlen(text);
    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

/** Decode a block's base64 and report its certificate; false when it is broken. */
static bool read_block(struct scan *scan, const char *body, size_t length) {
    int got = 0, rest = 0;
    struct avs_scan_cert certificate;
    if (length > AVS_SCAN_DER_LIMIT) { /* base64 is longer than what it encodes */
        return false;
    }
    EVP_DecodeInit(scan->decoder);
    if (EVP_DecodeUpdate(scan->decoder, scan->der, &got, (const unsigned char *)body, (int)length) <
            0 ||
        EVP_DecodeFinal(scan->decoder, scan->der + got, &rest) < 0 ||
        !avs_scan_der(scan->der, (size_t)(got + rest), &certificate)) {
        return false;
    }
    scan->file.certificates++;
    if (scan->on_certificate) {
        scan->on_certificate(scan->user, &certificate);
    }
    return true;
}

/** `scan->at` stands on "-----BEGIN ": read the block, go behind it. */
static void take_block(struct scan *scan) {
    size_t label = 0;
    while (label < AVS_COUNT(labels) && !starts_with(scan->at, scan->end, labels[label].begin)) {
        label++;
    }
    if (label == AVS_COUNT(labels)) { /* a key, a CRL: not ours to judge */
        scan->at += strlen("-----BEGIN ");
        return;
    }
    const char *body = scan->at + strlen(labels[label].begin);
    size_t left = (size_t)(scan->end - body);
    const char *end = memmem(body, left, labels[label].end, strlen(labels[label].end));
    const char *next = memmem(body, left, "-----BEGIN ", strlen("-----BEGIN "));
    if (!end || (next && next < end)) { /* cut short, perhaps by the next block */
        scan->file.broken++;
        scan->at = next ? next : scan->end;
        return;
    }
    if (!read_block(scan, body, (size_t)(end - body))) {
        scan->file.broken++;
    } else if (labels[label].kind == BLOCK_TRUSTED) {
        scan->file.trusted++;
    }
    scan->at = end + strlen(labels[label].end);
}

static void describe(struct scan *scan, const char *data, size_t length) {
    struct avs_scan_file *file = &scan->file;
    size_t start = 0;
    if (length >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        file->has_bom = true;
        start = 3;
    }
    while (start < length && strchr(" \t\r\n", data[start]) && data[start]) {
        start++;
    }
    file->is_empty = start == length;
    size_t head = length - start < 1024 ? length - start : 1024;
    file->is_html = head > 0 && data[start] == '<' &&
                    (avs_text_contains_nocase(data + start, head, "<html") ||
                     avs_text_contains_nocase(data + start, head, "<!doctype"));
    file->has_crlf = memmem(data, length, "-----\r\n", 7) != NULL;
    file->has_other_text = !file->is_empty && !file->is_html && !file->is_der &&
                           file->certificates == 0 && file->broken == 0;
}

static void scan_pem(struct scan *scan, const char *data) {
    while (scan->at < scan->end) {
        scan->at =
            memmem(scan->at, (size_t)(scan->end - scan->at), "-----BEGIN ", strlen("-----BEGIN "));
        if (!scan->at) {
            return;
        }
        if (scan->file.certificates == AVS_SCAN_CERTIFICATES_MAX) {
            scan->file.is_cut = true;
            return;
        }
        bool is_after_mark = scan->at == data + 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0;
        if (scan->at > data && scan->at[-1] != '\n' && !is_after_mark) {
            scan->at++; /* OpenSSL wants it at the start of a line */
            continue;
        }
        take_block(scan);
    }
}

bool avs_scan_bytes(const char *data, size_t length, avs_scan_fn on_certificate, void *user,
                    struct avs_scan_file *ret_file) {
    struct scan scan = {.at = data,
                        .end = data + length,
                        .on_certificate = on_certificate,
                        .user = user,
                        .decoder = EVP_ENCODE_CTX_new(),
                        .der = malloc(AVS_SCAN_DER_LIMIT)};
    bool is_ready = scan.decoder && scan.der;
    struct avs_scan_cert bare;
    if (is_ready && length > 0 && (uint8_t)data[0] == TAG_SEQUENCE &&
        avs_scan_der((const uint8_t *)data, length, &bare)) {
        scan.file.is_der = true; /* libcurl and OpenSSL want PEM: it does not count */
    } else if (is_ready) {
        scan_pem(&scan, data);
    }
    if (is_ready) {
        describe(&scan, data, length);
        *ret_file = scan.file;
    }
    EVP_ENCODE_CTX_free(scan.decoder);
    free(scan.der);
    return is_ready;
}
