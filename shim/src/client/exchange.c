/* SPDX-License-Identifier: Apache-2.0 */
/* Checking and copying a request: one allocation holds the exchange, its fields and its strings.
 * Runs on the caller's thread, so that the loop only has to send. */
#include "client/exchange.h"

#include <string.h>
#include <strings.h>

#include <avs/endpoint.h>

#include "base/text.h"
#include "base/versioned.h"

#define PSEUDO_FIELDS 4u /* :method :scheme :authority :path */

struct word {
    const char *text;
    size_t length;
};
#define WORD(text) \
    { text, sizeof(text) - 1 }

/* Connection-specific fields that HTTP/2 forbids (RFC 9113 section 8.2.2), but for TE and what
 * Connection names, and Host, which is :authority here. */
static const struct word left_out[] = {
    WORD("connection"),
    WORD("keep-alive"),
    WORD("proxy-connection"),
    WORD("transfer-encoding"),
    WORD("upgrade"),
    WORD("http2-settings"),
    WORD("host"),
};

/* Safe methods (RFC 9110 section 9.2.1): sent twice, they have done nothing twice. */
static const struct word safe[] = {WORD("GET"), WORD("HEAD"), WORD("OPTIONS"), WORD("TRACE")};

/* HPACK must not put these into its table (RFC 7541 section 7.1). */
static const struct word secret[] = {WORD("authorization"), WORD("cookie"),
                                     WORD("proxy-authorization")};

static bool is_one_of(const char *name, size_t length, const struct word *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (words[i].length == length && strncasecmp(words[i].text, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 9110 section 5.6.2. */
static const bool token_bytes[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};

static bool is_token(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!token_bytes[(unsigned char)text[i]]) {
            return false;
        }
    }
    return length > 0;
}

static void lower(char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z') {
            text[i] = (char)(text[i] + ('a' - 'A'));
        }
    }
}

/* One line "Name: value": its parts, without the white space around the value. */
struct header_line {
    const char *name, *value;
    size_t name_length, value_length;
};

/* What is taken apart before anything is allocated. */
struct parts {
    struct avs_origin_memo origin;
    const char *host_header; /* value of the caller's Host line, or NULL */
    size_t host_header_length;
    const char *path; /* after the authority: may be empty, or begin with '?' */
    size_t path_length;
    size_t string_bytes; /* all strings of the copy */
    size_t line_count;   /* of the caller's header lines, those that are sent */
    struct header_line lines[AVS_REQUEST_HEADERS_MAX];
};

/* Most requests go where the last one went: its origin was checked then. */
static enum avs_status take_origin(struct avs_exchange_memo *memo, const char *url, size_t length,
                                   struct avs_origin_memo *ret_origin, struct avs_error *reterr) {
    pthread_mutex_lock(&memo->lock);
    bool is_known = length > 0 && length == memo->origin.text_length &&
                    memcmp(url, memo->origin.text, length) == 0;
    if (is_known) { /* what is needed of it: the whole is 800 bytes */
        ret_origin->port = memo->origin.port;
        ret_origin->host_length = memo->origin.host_length;
        ret_origin->authority_length = memo->origin.authority_length;
        memcpy(ret_origin->host, memo->origin.host, ret_origin->host_length);
        memcpy(ret_origin->authority, memo->origin.authority, ret_origin->authority_length);
    }
    pthread_mutex_unlock(&memo->lock);
    if (is_known) {
        return AVS_OK;
    }
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    AVS_TRY(avs_endpoint_check(url, length, &endpoint, reterr));
    ret_origin->text_length = 0;
    ret_origin->port = endpoint.port;
    ret_origin->host_length = strlen(endpoint.host);
    memcpy(ret_origin->host, endpoint.host, ret_origin->host_length + 1);
    lower(ret_origin->host, ret_origin->host_length);
    AVS_TEXT_SET(ret_origin->authority, endpoint.url + strlen("https://"));
    ret_origin->authority_length = strlen(ret_origin->authority);
    if (length < sizeof(ret_origin->text)) {
        memcpy(ret_origin->text, url, length);
        ret_origin->text_length = length;
        pthread_mutex_lock(&memo->lock);
        memo->origin = *ret_origin;
        pthread_mutex_unlock(&memo->lock);
    }
    return AVS_OK;
}

static enum avs_status take_url(struct avs_exchange_memo *memo, const char *url,
                                struct parts *parts, struct avs_error *reterr) {
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end ? scheme_end + 3 : url;
    size_t origin_length = (size_t)(authority - url) + strcspn(authority, "/?#");
    AVS_TRY(take_origin(memo, url, origin_length, &parts->origin, reterr));
    parts->path = url + origin_length;
    size_t length = 0;
    for (; parts->path[length] != '\0' && parts->path[length] != '#'; length++) {
        unsigned char c = (unsigned char)parts->path[length];
        if (c <= ' ' || c >= 0x7f) {
            return avs_fail_cause(reterr, AVS_ERR_ENDPOINT_INVALID, AVS_CAUSE_ENDPOINT_INVALID,
                                  "the path of the request's URL has a byte 0x%02x at offset %zu; "
                                  "percent-encode it",
                                  c, origin_length + length);
        }
    }
    parts->path_length = length;
    return AVS_OK;
}

static enum avs_status take_line(const char *line, size_t index, struct header_line *ret_line,
                                 struct avs_error *reterr) {
    const char *colon = line ? strchr(line, ':') : NULL;
    if (!colon || !is_token(line, (size_t)(colon - line))) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "header line %zu of the request has no valid name: write \"Name: value\"",
                        index);
    }
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t value_length = strlen(value);
    while (value_length > 0 &&
           (value[value_length - 1] == ' ' || value[value_length - 1] == '\t')) {
        value_length--;
    }
    for (size_t i = 0; i < value_length; i++) {
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "the value of the request's header %.*s has a control character; one "
                            "line each, without its line end",
                            (int)(colon - line < 64 ? colon - line : 64), line);
        }
    }
    *ret_line = (struct header_line){line, value, (size_t)(colon - line), value_length};
    return AVS_OK;
}

static bool is(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool is_left_out(const struct header_line *line) {
    return is_one_of(line->name, line->name_length, left_out, AVS_COUNT(left_out)) ||
           (is(line->name, line->name_length, "te") &&
            !is(line->value, line->value_length, "trailers"));
}

/* Leave out what a Connection line names: those are for the next hop of HTTP/1.1 only (RFC 9110
 * section 7.6.1). */
static void leave_out_named(struct parts *parts, const struct header_line *connection) {
    const char *end = connection->value + connection->value_length;
    for (const char *name = connection->value; name < end;) {
        size_t length = strcspn(name, ", \t");
        size_t kept = 0;
        for (size_t i = 0; i < parts->line_count; i++) {
            const struct header_line line = parts->lines[i];
            if (line.name_length == length && strncasecmp(line.name, name, length) == 0) {
                parts->string_bytes -= line.name_length + line.value_length + 2;
            } else {
                parts->lines[kept++] = line;
            }
        }
        parts->line_count = kept;
        name += length;
        name += strspn(name, ", \t");
    }
}

static enum avs_status take_headers(const struct avs_request *request, struct parts *parts,
                                    struct avs_error *reterr) {
    struct header_line line;
    bool has_connection = false;
    for (size_t i = 0; i < request->header_count; i++) {
        AVS_TRY(take_line(request->headers[i], i, &line, reterr));
        if (!is_left_out(&line)) {
            parts->lines[parts->line_count++] = line;
            parts->string_bytes += line.name_length + line.value_length + 2;
        } else if (is(line.name, line.name_length, "host")) {
            parts->host_header = line.value;
            parts->host_header_length = line.value_length;
        } else {
            has_connection |= is(line.name, line.name_length, "connection");
        }
    }
    for (size_t i = 0; has_connection && i < request->header_count; i++) {
        AVS_TRY(take_line(request->headers[i], i, &line, reterr));
        if (is(line.name, line.name_length, "connection")) {
            leave_out_named(parts, &line);
        }
    }
    return AVS_OK;
}

static enum avs_status take_apart(struct avs_exchange_memo *memo, const struct avs_request *request,
                                  const char *method, struct parts *parts,
                                  struct avs_error *reterr) {
    if (!request->url || !request->on_finished) {
        return avs_fail(reterr, AVS_ERR_USAGE, "avs_request.%s is required",
                        request->url ? "on_finished" : "url");
    }
    if (!is_token(method, strlen(method))) {
        return avs_fail(reterr, AVS_ERR_USAGE, "avs_request.method is not a method name");
    }
    if (request->weight > 256) {
        return avs_fail(reterr, AVS_ERR_USAGE, "avs_request.weight is %u; the most is 256",
                        request->weight);
    }
    if (request->header_count > AVS_REQUEST_HEADERS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "the request has %zu header lines; the most is %d",
                        request->header_count, AVS_REQUEST_HEADERS_MAX);
    }
    AVS_TRY(take_url(memo, request->url, parts, reterr));
    AVS_TRY(take_headers(request, parts, reterr));
    parts->string_bytes += strlen(method) + 1 + parts->origin.host_length + 1 +
                           parts->origin.authority_length + 1 + parts->host_header_length + 1 +
                           parts->path_length + 2 + (request->label ? strlen(request->label) : 0) +
                           1;
    if (parts->string_bytes > AVS_REQUEST_HEADER_BYTES) {
        return avs_fail(reterr, AVS_ERR_LIMIT,
                        "the request's URL and header lines take %zu bytes; the most is %d",
                        parts->string_bytes, AVS_REQUEST_HEADER_BYTES);
    }
    return AVS_OK;
}

/* Copy into the strings behind the struct. */
static const char *put(char **cursor, const char *bytes, size_t length) {
    char *start = *cursor;
    if (length > 0) {
        memcpy(start, bytes, length);
    }
    start[length] = '\0';
    *cursor = start + length + 1;
    return start;
}

static void set_field(struct avs_exchange *exchange, const char *name, size_t name_length,
                      const char *value, size_t value_length) {
    exchange->fields[exchange->field_count++] = (struct avs_h2_field){
        .name = name,
        .value = value,
        .name_length = name_length,
        .value_length = value_length,
        .is_secret = is_one_of(name, name_length, secret, AVS_COUNT(secret)),
    };
}

static void copy_pseudo_fields(struct avs_exchange *exchange, const struct parts *parts,
                               const char *method, char **cursor) {
    const char *authority = parts->origin.authority;
    size_t authority_length = parts->origin.authority_length;
    size_t method_length = strlen(method);
    if (parts->host_header) {
        authority = parts->host_header;
        authority_length = parts->host_header_length;
    }
    set_field(exchange, ":method", 7, put(cursor, method, method_length), method_length);
    set_field(exchange, ":scheme", 7, "https", 5);
    set_field(exchange, ":authority", 10, put(cursor, authority, authority_length),
              authority_length);
    char *path = *cursor;
    bool has_slash = parts->path_length > 0 && parts->path[0] == '/';
    if (!has_slash) {
        *(*cursor)++ = '/'; /* "https://host?query" and "https://host" */
    }
    put(cursor, parts->path, parts->path_length);
    set_field(exchange, ":path", 5, path, parts->path_length + !has_slash);
}

static void copy_headers(struct avs_exchange *exchange, const struct parts *parts, char **cursor) {
    for (size_t i = 0; i < parts->line_count; i++) {
        const struct header_line *line = &parts->lines[i];
        char *name = *cursor;
        put(cursor, line->name, line->name_length);
        lower(name, line->name_length);
        set_field(exchange, name, line->name_length, put(cursor, line->value, line->value_length),
                  line->value_length);
    }
}

enum avs_status avs_exchange_new(struct avs_exchange_memo *memo, const struct avs_request *request,
                                 struct avs_exchange **ret_exchange, struct avs_error *reterr) {
    struct avs_request taken;
    if (!request || request->size != sizeof(*request)) { /* a caller of another release */
        AVS_TAKE(&taken, request, "avs_request", reterr);
        request = &taken;
    }
    struct parts parts; /* large, and mostly not used: its parts are set one by one */
    parts.host_header = NULL;
    parts.host_header_length = parts.string_bytes = parts.line_count = 0;
    const char *method = request->method ? request->method : request->on_read ? "POST" : "GET";
    AVS_TRY(take_apart(memo, request, method, &parts, reterr));
    size_t field_bytes = (PSEUDO_FIELDS + parts.line_count) * sizeof(struct avs_h2_field);
    struct avs_exchange *exchange = malloc(sizeof(*exchange) + field_bytes + parts.string_bytes);
    AVS_REQUIRE_MEMORY(exchange, reterr);
    *exchange = (struct avs_exchange){.request = *request, .port = parts.origin.port};
    exchange->is_repeatable =
        !request->on_read && is_one_of(method, strlen(method), safe, AVS_COUNT(safe));
    exchange->fields = (struct avs_h2_field *)(exchange + 1);
    char *cursor = (char *)exchange->fields + field_bytes;
    exchange->host = put(&cursor, parts.origin.host, parts.origin.host_length);
    exchange->label = put(&cursor, request->label ? request->label : "",
                          request->label ? strlen(request->label) : 0);
    copy_pseudo_fields(exchange, &parts, method, &cursor);
    copy_headers(exchange, &parts, &cursor);
    /* what was copied must not be reached through the caller's pointers any more */
    exchange->request.url = exchange->request.method = exchange->request.label = NULL;
    exchange->request.headers = NULL;
    exchange->request.header_count = 0;
    *ret_exchange = exchange;
    return AVS_OK;
}

void avs_exchange_free(struct avs_exchange *exchange) {
    free(exchange);
}

const char *avs_exchange_name(const struct avs_exchange *exchange,
                              char buffer[AVS_EXCHANGE_NAME_BYTES]) {
    if (exchange->label[0]) {
        return exchange->label;
    }
    avs_text_format(buffer, AVS_EXCHANGE_NAME_BYTES, "%llu", (unsigned long long)exchange->id);
    return buffer;
}

void avs_exchange_append(struct avs_exchange_list *list, struct avs_exchange *exchange) {
    exchange->loop.previous = list->last;
    exchange->loop.next = NULL;
    *(list->last ? &list->last->loop.next : &list->first) = exchange;
    list->last = exchange;
    list->count++;
}

void avs_exchange_insert(struct avs_exchange_list *list, struct avs_exchange *exchange) {
    struct avs_exchange *next = list->first; /* ids grow: see the inbox */
    while (next && next->id < exchange->id) {
        next = next->loop.next;
    }
    if (!next) {
        avs_exchange_append(list, exchange);
        return;
    }
    struct avs_exchange *previous = next->loop.previous;
    exchange->loop.previous = previous;
    exchange->loop.next = next;
    next->loop.previous = exchange;
    *(previous ? &previous->loop.next : &list->first) = exchange;
    list->count++;
}

void avs_exchange_remove(struct avs_exchange_list *list, struct avs_exchange *exchange) {
    struct avs_exchange *previous = exchange->loop.previous, *next = exchange->loop.next;
    *(previous ? &previous->loop.next : &list->first) = next;
    *(next ? &next->loop.previous : &list->last) = previous;
    exchange->loop.previous = exchange->loop.next = NULL;
    list->count--;
}

static int64_t earlier(int64_t one, int64_t other) {
    return one < other ? one : other;
}

int64_t avs_exchange_deadline(const struct avs_exchange *exchange) {
    int64_t deadline = earlier(exchange->loop.transfer_deadline_us, exchange->loop.retry_us);
    if (!exchange->loop.has_response) {
        deadline = earlier(deadline, exchange->loop.connection_deadline_us);
    }
    if (exchange->request.activity_timeout_ms > 0) {
        deadline = earlier(deadline, exchange->loop.active_us +
                                         (int64_t)exchange->request.activity_timeout_ms * 1000);
    }
    return deadline;
}
