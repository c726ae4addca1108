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
    uint8_t *bytes; /* DER after DER; immutable */
    struct entry *entries;
    size_t count;
    size_t capacity;
    pthread_mutex_t lock;
};

/* 0x80 | value for a character of the alphabet, 0 for any other. */
static const uint8_t alphabet[256] = {
    ['A'] = 0x80, ['B'] = 0x81, ['C'] = 0x82, ['D'] = 0x83, ['E'] = 0x84, ['F'] = 0x85,
    ['G'] = 0x86, ['H'] = 0x87, ['I'] = 0x88, ['J'] = 0x89, ['K'] = 0x8a, ['L'] = 0x8b,
    ['M'] = 0x8c, ['N'] = 0x8d, ['O'] = 0x8e, ['P'] = 0x8f, ['Q'] = 0x90, ['R'] = 0x91,
    ['S'] = 0x92, ['T'] = 0x93, ['U'] = 0x94, ['V'] = 0x95, ['W'] = 0x96, ['X'] = 0x97,
    ['Y'] = 0x98, ['Z'] = 0x99, ['a'] = 0x9a, ['b'] = 0x9b, ['c'] = 0x9c, ['d'] = 0x9d,
    ['e'] = 0x9e, ['f'] = 0x9f, ['g'] = 0xa0, ['h'] = 0xa1, ['i'] = 0xa2, ['j'] = 0xa3,
    ['k'] = 0xa4, ['l'] = 0xa5, ['m'] = 0xa6, ['n'] = 0xa7, ['o'] = 0xa8, ['p'] = 0xa9,
    ['q'] = 0xaa, ['r'] = 0xab, ['s'] = 0xac, ['t'] = 0xad, ['u'] = 0xae, ['v'] = 0xaf,
    ['w'] = 0xb0, ['x'] = 0xb1, ['y'] = 0xb2, ['z'] = 0xb3, ['0'] = 0xb4, ['1'] = 0xb5,
    ['2'] = 0xb6, ['3'] = 0xb7, ['4'] = 0xb8, ['5'] = 0xb9, ['6'] = 0xba, ['7'] = 0xbb,
    ['8'] = 0xbc, ['9'] = 0xbd, ['+'] = 0xbe, ['/'] = 0xbf,
};

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

/* One line of base64 in whole groups of four; padding sets *is_last. */
static bool decode_line(struct scan *scan, const struct line *line, bool *is_last) {
    const uint8_t *in = (const uint8_t *)line->text;
    size_t length = line->length;
    if (length == 0 || length % 4 != 0 || *is_last) {
        return false;
    }
    size_t padding = in[length - 1] != '=' ? 0 : in[length - 2] != '=' ? 1 : 2;
    const uint8_t *whole_end = in + length - (padding > 0 ? 4 : 0);
    uint8_t *out = scan->out;
    for (; in < whole_end; in += 4) {
        uint32_t a = alphabet[in[0]];
        uint32_t b = alphabet[in[1]];
        uint32_t c = alphabet[in[2]];
        uint32_t d = alphabet[in[3]];
        if (!(a & b & c & d & 0x80)) {
            return false;
        }
        uint32_t bits = (a & 0x3f) << 18 | (b & 0x3f) << 12 | (c & 0x3f) << 6 | (d & 0x3f);
        *out++ = (uint8_t)(bits >> 16);
        *out++ = (uint8_t)(bits >> 8);
        *out++ = (uint8_t)bits;
    }
    if (padding > 0) {
        uint32_t a = alphabet[in[0]];
        uint32_t b = alphabet[in[1]];
        uint32_t c = padding == 1 ? alphabet[in[2]] : 0x80;
        if (!(a & b & c & 0x80)) {
            return false;
        }
        *out++ = (uint8_t)((a & 0x3f) << 2 | (b & 0x3f) >> 4);
        if (padding == 1) {
            *out++ = (uint8_t)((b & 0x0f) << 4 | (c & 0x3f) >> 2);
        }
        *is_last = true;
    }
    scan->out = out;
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
    if (!line_is(&line, end_line) ||
        !avs_der_certificate(start, entry.length, &entry.subject_hash)) {
        return AVS_BUNDLE_UNUSUAL;
    }
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
    struct avs_bundle *bundle = calloc(1, sizeof(*bundle));
    if (!bundle) {
        free(text);
        return AVS_BUNDLE_NO_MEMORY;
    }
    pthread_mutex_init(&bundle->lock, NULL);
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

void avs_bundle_free(struct avs_bundle *bundle) {
    if (!bundle) {
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

/* Parse once; threads that come second find it there. */
static X509 *parsed(struct avs_bundle *bundle, struct entry *entry) {
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
        X509 *certificate = parsed(bundle, &bundle->entries[i]);
        if (!certificate || !visit(user, certificate)) {
            return false;
        }
    }
    return true;
}
