/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical request goes straight into a digest: it may hold a session token, and what is never
 * written down needs no wiping. See sigv4.h. */
#include "iot/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "base/text.h"

#define SHA256_BYTES     32
#define HEX_BYTES        (2 * SHA256_BYTES + 1)
#define DAY_CHARS        8 /* of the date */
#define SCOPE_BYTES      256
#define TO_SIGN_BYTES    (SCOPE_BYTES + HEX_BYTES + 64)
#define AUTHORIZED_BYTES 4096
#define ALGORITHM        "AWS4-HMAC-SHA256"

AVS_DEFINE_AUTO(digest, EVP_MD_CTX, EVP_MD_CTX_free);

static void hex(const uint8_t hash[SHA256_BYTES], char ret_hex[HEX_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        ret_hex[2 * i] = digits[hash[i] >> 4];
        ret_hex[2 * i + 1] = digits[hash[i] & 0xF];
    }
    ret_hex[HEX_BYTES - 1] = '\0';
}

/* The text, or nothing is left of it. */
static enum avs_status take(struct avs_buffer *buffer, char **ret_text, struct avs_error *reterr) {
    enum avs_status status = avs_buffer_take_text(buffer, ret_text, reterr);
    avs_buffer_done(buffer);
    return status;
}

static bool hmac(const void *key, size_t key_length, const char *text,
                 uint8_t ret_mac[SHA256_BYTES]) {
    unsigned length = 0;
    return HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, strlen(text),
                ret_mac, &length) != NULL;
}

/* ---- the path and the query, in the one form that both sides sign ---- */

static bool is_unreserved(char byte) { /* RFC 3986 section 2.3 */
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~", byte) != NULL);
}

static void encode(struct avs_buffer *out, char byte) {
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char value = (unsigned char)byte;
    const char escape[3] = {'%', digits[value >> 4], digits[value & 0xF]};
    if (is_unreserved(byte)) {
        avs_buffer_add(out, &byte, 1);
    } else {
        avs_buffer_add(out, escape, sizeof(escape));
    }
}

/* One segment of a path; its percent signs are encoded once more, as every service but S3 has it.
 */
static void encode_segment(struct avs_buffer *out, const char *segment, size_t length) {
    for (size_t i = 0; i < length; i++) {
        encode(out, segment[i]);
    }
}

static void drop_segment(struct avs_buffer *out) {
    while (out->length > 0 && out->data[--out->length] != '/') {
    }
    if (out->data) {
        out->data[out->length] = '\0';
    }
}

/* Without dot segments and empty ones; the last slash stays. */
static void add_path(struct avs_buffer *out, const struct avs_sigv4_request *request) {
    const char *at = request->path;
    while (*at) {
        at += *at == '/';
        size_t length = strcspn(at, "/");
        bool is_dot = length == 1 && at[0] == '.';
        bool is_up = length == 2 && at[0] == '.' && at[1] == '.';
        if (request->keeps_path || (length > 0 && !is_dot && !is_up)) {
            avs_buffer_add(out, "/", 1);
            encode_segment(out, at, length);
        } else if (is_up) {
            drop_segment(out);
        }
        at += length;
    }
    bool is_folder = at > request->path && at[-1] == '/' && !request->keeps_path;
    if (out->length == 0 || is_folder) {
        avs_buffer_add(out, "/", 1);
    }
}

static int from_hex(char byte) {
    const char *digits = "0123456789abcdef";
    const char lower = byte >= 'A' && byte <= 'F' ? (char)(byte - 'A' + 'a') : byte;
    const char *at = lower ? strchr(digits, lower) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Decoded and encoded anew: "%3a" and ":" are the same to the other side. */
static void encode_again(struct avs_buffer *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        int high = text[i] == '%' && i + 2 < length ? from_hex(text[i + 1]) : -1;
        int low = high >= 0 ? from_hex(text[i + 2]) : -1;
        encode(out, low >= 0 ? (char)(high * 16 + low) : text[i]);
        i += low >= 0 ? 2 : 0;
    }
    avs_buffer_add(out, "", 1);
}

struct pair {
    const char *name, *value;
};

static int compare_pairs(const void *a, const void *b) {
    const struct pair *left = a, *right = b;
    int by_name = strcmp(left->name, right->name);
    return by_name ? by_name : strcmp(left->value, right->value);
}

static enum avs_status add_query(struct avs_buffer *out, const char *query,
                                 struct avs_error *reterr) {
    struct avs_buffer encoded = avs_buffer_init(AVS_SIGV4_URL_BYTES);
    struct pair pairs[AVS_SIGV4_PAIRS_MAX];
    size_t count = 0;
    for (const char *at = query; at && *at; count++) {
        size_t length = strcspn(at, "&");
        size_t name = strcspn(at, "=&");
        encode_again(&encoded, at, name);
        encode_again(&encoded, at + name + (name < length), length - name - (name < length));
        at += length + (at[length] == '&');
    }
    if (count > AVS_SIGV4_PAIRS_MAX || encoded.is_failed) {
        bool is_too_long = count > AVS_SIGV4_PAIRS_MAX || encoded.is_over_limit;
        avs_buffer_done(&encoded);
        return is_too_long ? avs_fail(reterr, AVS_ERR_LIMIT, "the query is too long to sign")
                           : avs_fail_memory(reterr);
    }
    const char *text = encoded.data;
    for (size_t i = 0; i < count; i++) {
        pairs[i].name = text;
        pairs[i].value = text += strlen(text) + 1;
        text += strlen(text) + 1;
    }
    qsort(pairs, count, sizeof(pairs[0]), compare_pairs);
    for (size_t i = 0; i < count; i++) {
        avs_buffer_printf(out, "%s%s=%s", i ? "&" : "", pairs[i].name, pairs[i].value);
    }
    avs_buffer_done(&encoded);
    return AVS_OK;
}

/* ---- headers ---- */

struct headers {
    struct avs_sigv4_header list[AVS_SIGV4_HEADERS_MAX + 3]; /* in the order of their names */
    size_t count;
};

/* Behind those of the same name: their values are signed in the order in which they are sent. */
static void insert(struct headers *headers, const char *name, const char *value) {
    size_t at = headers->count++;
    for (; at > 0 && strcasecmp(headers->list[at - 1].name, name) > 0; at--) {
        headers->list[at] = headers->list[at - 1];
    }
    headers->list[at] = (struct avs_sigv4_header){name, value};
}

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Without blanks at its ends; a run of them inside is one. */
static void digest_value(EVP_MD_CTX *digest, const char *value) {
    bool has_begun = false, is_gap = false;
    for (; *value; value++) {
        if (is_blank(*value)) {
            is_gap = has_begun;
            continue;
        }
        if (is_gap) {
            EVP_DigestUpdate(digest, " ", 1);
        }
        EVP_DigestUpdate(digest, value, 1);
        has_begun = true;
        is_gap = false;
    }
}

static void add_lower(struct avs_buffer *out, const char *name) {
    for (; *name; name++) {
        char lower = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        avs_buffer_add(out, &lower, 1);
    }
}

static bool continues(const struct headers *headers, size_t i) {
    return i > 0 && strcasecmp(headers->list[i - 1].name, headers->list[i].name) == 0;
}

/* "host;x-amz-date", and each name with its values into the digest. */
static void digest_headers(EVP_MD_CTX *digest, const struct headers *headers,
                           struct avs_buffer *names) {
    for (size_t i = 0; i < headers->count; i++) {
        if (continues(headers, i)) {
            EVP_DigestUpdate(digest, ",", 1);
        } else {
            size_t start = names->length + (i > 0);
            avs_buffer_add(names, ";", i > 0);
            add_lower(names, headers->list[i].name);
            if (names->is_failed) {
                return;
            }
            EVP_DigestUpdate(digest, names->data + start, names->length - start);
            EVP_DigestUpdate(digest, ":", 1);
        }
        digest_value(digest, headers->list[i].value);
        if (!continues(headers, i + 1 < headers->count ? i + 1 : 0)) {
            EVP_DigestUpdate(digest, "\n", 1);
        }
    }
}

static bool hash_body(const struct avs_sigv4_request *request, char ret_hex[HEX_BYTES]) {
    uint8_t hash[SHA256_BYTES];
    const void *body = request->body ? request->body : "";
    bool is_hashed = EVP_Digest(body, request->body ? request->body_length : 0, hash, NULL,
                                EVP_sha256(), NULL) == 1;
    hex(hash, ret_hex);
    return is_hashed;
}

/* The hash of the canonical request; `names` gets the names of the headers in it. */
static enum avs_status hash_request(const struct avs_sigv4_request *request,
                                    const struct headers *headers, struct avs_buffer *names,
                                    char ret_hex[HEX_BYTES], struct avs_error *reterr) {
    struct avs_buffer head = avs_buffer_init(3 * AVS_SIGV4_URL_BYTES);
    AVS_AUTO(char) text = NULL;
    char body[HEX_BYTES];
    uint8_t hash[SHA256_BYTES];
    AVS_AUTO(digest) digest = EVP_MD_CTX_new();
    AVS_REQUIRE_MEMORY(digest, reterr);
    struct avs_buffer path = avs_buffer_init(AVS_SIGV4_URL_BYTES);
    AVS_AUTO(char) path_text = NULL;
    add_path(&path, request);
    AVS_TRY(take(&path, &path_text, reterr));
    avs_buffer_printf(&head, "%s\n%s\n", request->method, path_text);
    enum avs_status status = add_query(&head, request->query, reterr);
    avs_buffer_add(&head, "\n", 1);
    enum avs_status taken = take(&head, &text, reterr);
    AVS_TRY(status);
    AVS_TRY(taken);
    bool is_done = hash_body(request, body) && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(digest, text, strlen(text)) == 1;
    if (is_done) {
        digest_headers(digest, headers, names);
        AVS_REQUIRE_MEMORY(!names->is_failed, reterr);
        is_done = EVP_DigestUpdate(digest, "\n", 1) == 1 &&
                  EVP_DigestUpdate(digest, names->data, names->length) == 1 &&
                  EVP_DigestUpdate(digest, "\n", 1) == 1 &&
                  EVP_DigestUpdate(digest, body, HEX_BYTES - 1) == 1 &&
                  EVP_DigestFinal_ex(digest, hash, NULL) == 1;
    }
    hex(hash, ret_hex);
    return is_done ? AVS_OK : avs_fail_memory(reterr);
}

/* ---- the signature ---- */

static bool format_date(int64_t unix_seconds, char ret_date[AVS_SIGV4_DATE_BYTES]) {
    struct avs_civil civil;
    if (!avs_civil_from_unix(unix_seconds, &civil)) {
        return false;
    }
    avs_text_format(ret_date, AVS_SIGV4_DATE_BYTES, "%04d%02d%02dT%02d%02d%02dZ", civil.year,
                    civil.month, civil.day, civil.hour, civil.minute, civil.second);
    return true;
}

/* The key for this day, region and service, then the signature itself. */
static bool sign(const struct avs_sigv4_request *request, const struct avs_aws_keys *keys,
                 const char *day, const char *to_sign, char ret_hex[HEX_BYTES]) {
    char first[sizeof("AWS4") + AVS_AWS_SECRET_BYTES];
    uint8_t a[SHA256_BYTES], b[SHA256_BYTES];
    avs_text_format(first, sizeof(first), "AWS4%s", keys->secret);
    bool is_signed = hmac(first, strlen(first), day, a) && hmac(a, sizeof(a), request->region, b) &&
                     hmac(b, sizeof(b), request->service, a) &&
                     hmac(a, sizeof(a), "aws4_request", b) && hmac(b, sizeof(b), to_sign, a);
    hex(a, ret_hex);
    avs_aws_wipe(first, sizeof(first));
    avs_aws_wipe(b, sizeof(b));
    return is_signed;
}

static enum avs_status collect_headers(const struct avs_sigv4_request *request,
                                       const struct avs_aws_keys *keys, const char *date,
                                       struct headers *headers, struct avs_error *reterr) {
    if (request->header_count > AVS_SIGV4_HEADERS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "more than %d headers to sign",
                        AVS_SIGV4_HEADERS_MAX);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        insert(headers, request->headers[i].name, request->headers[i].value);
    }
    insert(headers, "x-amz-date", date);
    if (keys->token[0] && !request->omits_token) {
        insert(headers, "x-amz-security-token", keys->token);
    }
    return AVS_OK;
}

enum avs_status avs_sigv4_sign(const struct avs_sigv4_request *request,
                               const struct avs_aws_keys *keys, struct avs_sigv4 *ret,
                               struct avs_error *reterr) {
    struct headers headers = {.count = 0};
    char date[AVS_SIGV4_DATE_BYTES], scope[SCOPE_BYTES], to_sign[TO_SIGN_BYTES];
    char hash[HEX_BYTES], signature[HEX_BYTES];
    if (!format_date(request->now_unix, date)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "no date can be signed for that time");
    }
    AVS_TRY(collect_headers(request, keys, date, &headers, reterr));
    struct avs_buffer names = avs_buffer_init(AUTHORIZED_BYTES);
    AVS_AUTO(char) signed_names = NULL;
    enum avs_status status = hash_request(request, &headers, &names, hash, reterr);
    enum avs_status taken = take(&names, &signed_names, reterr);
    AVS_TRY(status);
    AVS_TRY(taken);
    avs_text_format(scope, sizeof(scope), "%.*s/%s/%s/aws4_request", DAY_CHARS, date,
                    request->region, request->service);
    avs_text_format(to_sign, sizeof(to_sign), ALGORITHM "\n%s\n%s\n%s", date, scope, hash);
    char day[DAY_CHARS + 1];
    avs_text_copy_bytes(day, sizeof(day), date, DAY_CHARS);
    if (!sign(request, keys, day, to_sign, signature)) {
        return avs_fail_memory(reterr);
    }
    struct avs_buffer out = avs_buffer_init(2 * AUTHORIZED_BYTES);
    avs_buffer_printf(&out, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s", keys->id,
                      scope, signed_names, signature);
    AVS_TRY(take(&out, &ret->authorization, reterr));
    memcpy(ret->date, date, sizeof(ret->date));
    return AVS_OK;
}
