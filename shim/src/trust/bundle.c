/* SPDX-License-Identifier: Apache-2.0 */
/* A PEM bundle read as bytes. What counts as ordinary follows OpenSSL's PEM_read_bio: lines of at
 * most 254 bytes, blocks without headers, plain base64; see crypto/pem/pem_lib.c of 1.1.1 and 3.x.
 */
#include "trust/bundle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "trust/der.h"

#define LINE_BYTES_MAX 253 /* longer lines are cut in two by OpenSSL */
#define FIRST_CAPACITY 256

struct entry {
    uint32_t subject_hash;
    uint32_t offset; /* of the DER in bytes */
    uint32_t length;
    X509 *certificate; /* parsed when first asked for; behind the lock */
};

struct avs_bundle {
    unsigned holders; /* behind the lock */
    uint8_t *bytes;   /* DER after DER; immutable */
    struct entry *entries;
    size_t count;
    size_t capacity;
    pthread_mutex_t lock;
};

/* For each place in a group of four: the character's bits where they belong in 24, or NO_BASE64. */
#define NO_BASE64 0xff000000U
static uint32_t places[4][256];

static void fill_places(void) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t place = 0; place < 4; place++) {
        for (size_t i = 0; i < 256; i++) {
            places[place][i] = NO_BASE64;
        }
        for (uint32_t value = 0; value < 64; value++) {
            places[place][(uint8_t)alphabet[value]] = value << (18 - 6 * place);
        }
    }
}

struct line {
    const char *text;
    size_t length; /* without the line ending */
};

struct scan {
    const char *at;
    const char *end;
    uint8_t *out; /* decoded bytes overwrite text that was read already */
};

/* The next line, "\n" or "\r\n" taken off; false at the end or at a line too long. */
static bool next_line(struct scan *scan, struct line *ret_line) {
    size_t left = (size_t)(scan->end - scan->at);
    const char *newline = left > 0 ? memchr(scan->at, '\n', left) : NULL;
    size_t length = newline ? (size_t)(newline - scan->at) : left;
    if (left == 0 || length > LINE_BYTES_MAX) {
        return false;
    }
    ret_line->text = scan->at;
    ret_line->length = length > 0 && scan->at[length - 1] == '\r' ? length - 1 : length;
    scan->at += newline ? length + 1 : length;
    return true;
}

static bool line_is(const struct line *line, const char *text) {
    return line->length == strlen(text) && memcmp(line->text, text, line->length) == 0;
}

static bool line_begins(const struct line *line, const char *text) {
    size_t length = strlen(text);
    return line->length >= length && memcmp(line->text, text, length) == 0;
}

/* Three bytes of a group of four; what is decoded lies always behind what is read. */
static bool decode_group(const uint8_t *in, uint8_t *out) {
    uint32_t bits = places[0][in[0]] | places[1][in[1]] | places[2][in[2]] | places[3][in[3]];
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return bits < NO_BASE64;
}

/* One line of base64 in whole groups of four; padding sets *is_last. */
static bool decode_line(struct scan *scan, const struct line *line, bool *is_last) {
    const uint8_t *in = (const uint8_t *)line->text;
    size_t length = line->length;
    if (length == 0 || length % 4 != 0 || *is_last) {
        return false;
    }
    size_t padding = in[length - 1] != '=' ? 0 : in[length - 2] != '=' ? 1 : 2;
    const uint8_t *whole_end = in + length - (padding > 0 ? 4 : 0);
    for (; in < whole_end; in += 4) {
        if (!decode_group(in, scan->out)) {
            return false;
        }
        scan->out += 3;
    }
    if (padding > 0) {
        const uint8_t padded[4] = {in[0], in[1], padding == 1 ? in[2] : 'A', 'A'};
        if (!decode_group(padded, scan->out)) {
            return false;
        }
        scan->out += 3 - padding;
        *is_last = true;
    }
    return true;
}

static bool add_entry(struct avs_bundle *bundle, const struct entry *entry) {
    if (bundle->count == bundle->capacity) {
        size_t capacity = bundle->capacity ? bundle->capacity * 2 : FIRST_CAPACITY;
        struct entry *entries = realloc(bundle->entries, capacity * sizeof(*entries));
        if (!entries) {
            return false;
        }
        bundle->entries = entries;
        bundle->capacity = capacity;
    }
    bundle->entries[bundle->count++] = *entry;
    return true;
}

/* The body of a block up to its END line; `end_line` is what must close it. */
static enum avs_bundle_result read_block(struct avs_bundle *bundle, struct scan *scan,
                                         const char *end_line) {
    uint8_t *start = scan->out;
    struct line line;
    bool is_last = false;
    for (;;) {
        if (!next_line(scan, &line)) {
            return AVS_BUNDLE_UNUSUAL;
        }
        if (line.length > 0 && line.text[0] == '-') {
            break;
        }
        if (!decode_line(scan, &line, &is_last)) {
            return AVS_BUNDLE_UNUSUAL;
        }
    }
    struct entry entry = {.offset = (uint32_t)(start - bundle->bytes),
                          .length = (uint32_t)(scan->out - start)};
    struct avs_der_facts facts;
    if (!line_is(&line, end_line) || !avs_der_certificate(start, entry.length, &facts)) {
        return AVS_BUNDLE_UNUSUAL;
    }
    entry.subject_hash = facts.subject_hash;
    return add_entry(bundle, &entry) ? AVS_BUNDLE_READ : AVS_BUNDLE_NO_MEMORY;
}

static enum avs_bundle_result scan_text(struct avs_bundle *bundle, size_t length) {
    const char *text = (const char *)bundle->bytes;
    struct scan scan = {.at = text, .end = text + length, .out = bundle->bytes};
    struct line line;
    if (memchr(text, '\0', length)) {
        return AVS_BUNDLE_UNUSUAL;
    }
    while (next_line(&scan, &line)) {
        enum avs_bundle_result result = AVS_BUNDLE_READ;
        if (line_is(&line, "-----BEGIN CERTIFICATE-----")) {
            result = read_block(bundle, &scan, "-----END CERTIFICATE-----");
        } else if (line_is(&line, "-----BEGIN X509 CERTIFICATE-----")) {
            result = read_block(bundle, &scan, "-----END X509 CERTIFICATE-----");
        } else if (line_begins(&line, "-----BEGIN ") || line_begins(&line, "\xef\xbb\xbf")) {
            result =
                AVS_BUNDLE_UNUSUAL; /* another kind of block, or a byte order mark before one */
        }
        if (result != AVS_BUNDLE_READ) {
            return result;
        }
    }
    if (scan.at != scan.end || bundle->count == 0) {
        return AVS_BUNDLE_UNUSUAL;
    }
    size_t kept = (size_t)(scan.out - bundle->bytes);
    uint8_t *smaller = realloc(bundle->bytes, kept);
    bundle->bytes = smaller ? smaller : bundle->bytes;
    struct entry *fewer = realloc(bundle->entries, bundle->count * sizeof(*fewer));
    bundle->entries = fewer ? fewer : bundle->entries;
    return AVS_BUNDLE_READ;
}

enum avs_bundle_result avs_bundle_from_text(char *text, size_t length,
                                            struct avs_bundle **ret_bundle) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_places);
    struct avs_bundle *bundle = calloc(1, sizeof(*bundle));
    if (!bundle) {
        free(text);
        return AVS_BUNDLE_NO_MEMORY;
    }
    pthread_mutex_init(&bundle->lock, NULL);
    bundle->holders = 1;
    bundle->bytes = (uint8_t *)text;
    enum avs_bundle_result result = length > 0 && length <= AVS_BUNDLE_BYTES_MAX
                                        ? scan_text(bundle, length)
                                        : AVS_BUNDLE_UNUSUAL;
    if (result != AVS_BUNDLE_READ) {
        avs_bundle_free(bundle);
        return result;
    }
    *ret_bundle = bundle;
    return AVS_BUNDLE_READ;
}

struct avs_bundle *avs_bundle_ref(struct avs_bundle *bundle) {
    pthread_mutex_lock(&bundle->lock);
    bundle->holders++;
    pthread_mutex_unlock(&bundle->lock);
    return bundle;
}

void avs_bundle_free(struct avs_bundle *bundle) {
    if (!bundle) {
        return;
    }
    pthread_mutex_lock(&bundle->lock);
    bool is_last = --bundle->holders == 0;
    pthread_mutex_unlock(&bundle->lock);
    if (!is_last) {
        return;
    }
    for (size_t i = 0; i < bundle->count; i++) {
        X509_free(bundle->entries[i].certificate);
    }
    pthread_mutex_destroy(&bundle->lock);
    free(bundle->entries);
    free(bundle->bytes);
    free(bundle);
}

size_t avs_bundle_count(const struct avs_bundle *bundle) {
    return bundle->count;
}

const uint8_t *avs_bundle_der(const struct avs_bundle *bundle, size_t index, size_t *ret_length) {
    *ret_length = bundle->entries[index].length;
    return bundle->bytes + bundle->entries[index].offset;
}

/* Parse once; threads that come second find it there. */
X509 *avs_bundle_certificate(struct avs_bundle *bundle, size_t index) {
    struct entry *entry = &bundle->entries[index];
    pthread_mutex_lock(&bundle->lock);
    if (!entry->certificate) {
        const unsigned char *der = bundle->bytes + entry->offset;
        ERR_set_mark();
        entry->certificate = d2i_X509(NULL, &der, (long)entry->length);
        ERR_pop_to_mark();
    }
    X509 *certificate = entry->certificate;
    pthread_mutex_unlock(&bundle->lock);
    return certificate;
}

bool avs_bundle_find(struct avs_bundle *bundle, const X509_NAME *name,
                     bool (*visit)(void *user, X509 *certificate), void *user) {
    const unsigned char *der = NULL;
    size_t length = 0;
    uint32_t hash = 0;
    bool is_known = X509_NAME_get0_der((X509_NAME *)name, &der, &length) == 1 &&
                    avs_der_name_hash(der, length, &hash);
    for (size_t i = 0; i < bundle->count; i++) {
        if (is_known && bundle->entries[i].subject_hash != hash) {
            continue;
        }
        X509 *certificate = avs_bundle_certificate(bundle, i);
        if (!certificate || !visit(user, certificate)) {
            return false;
        }
    }
    return true;
}
