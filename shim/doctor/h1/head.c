/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.x answer. Refuses nothing, notes everything. */
#include "h1/head.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define STATUS_DIGITS 3

struct line {
    const char *text;
    size_t length; /* without its line end */
};

/* Take the next line off `*at`; false when there is no line end any more. */
static bool next_line(const char *bytes, size_t length, size_t *at, struct line *ret_line) {
    const char *start = bytes + *at;
    const char *end = memchr(start, '\n', length - *at);
    if (!end) {
        return false;
    }
    *at += (size_t)(end - start) + 1;
    size_t line_length = (size_t)(end - start);
    if (line_length > 0 && start[line_length - 1] == '\r') {
        line_length--;
    }
    *ret_line = (struct line){start, line_length};
    return true;
}

/* Facts of an earlier head, or of an earlier look at this one, are not this one's. */
static void forget_head(struct avs_http_facts *facts, struct avs_h1_head *head) {
    facts->status = 0;
    facts->head_complete = false;
    facts->version[0] = facts->redirect_host[0] = facts->http_date[0] = '\0';
    *head = (struct avs_h1_head){false, false};
}

static void read_status_line(struct line line, struct avs_http_facts *facts) {
    if (memchr(line.text, '\0', line.length)) {
        facts->bad_head = true;
    }
    if (line.length < 5 || memcmp(line.text, "HTTP/", 5) != 0) {
        return;
    }
    const char *space = memchr(line.text, ' ', line.length);
    size_t version = space ? (size_t)(space - line.text) : line.length;
    avs_text_copy_bytes(facts->version, sizeof(facts->version), line.text, version);
    if (!space || version + 1 + STATUS_DIGITS > line.length) {
        return;
    }
    int status = 0;
    for (size_t i = 0; i < STATUS_DIGITS; i++) {
        char digit = space[1 + i];
        if (digit < '0' || digit > '9') {
            return;
        }
        status = status * 10 + (digit - '0');
    }
    facts->status = status;
}

/* Value of the header `name` if `line` is one, without white space around it. */
static bool header_value(struct line line, const char *name, struct line *ret_value) {
    size_t name_length = strlen(name);
    if (line.length <= name_length || line.text[name_length] != ':' ||
        strncasecmp(line.text, name, name_length) != 0) {
        return false;
    }
    const char *start = line.text + name_length + 1;
    const char *end = line.text + line.length;
    while (start < end && (*start == ' ' || *start == '\t')) {
        start++;
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *ret_value = (struct line){start, (size_t)(end - start)};
    return true;
}

/* "https://host[:port]/path" -> "host[:port]"; nothing for a relative reference. User names and
 * queries may hold secrets and are left out. */
static void read_redirect_host(struct line value, char *field, size_t capacity) {
    size_t at = 0;
    while (at < value.length && !strchr(":/?#\\", value.text[at])) {
        at++; /* the scheme */
    }
    if (at + 3 > value.length || memcmp(value.text + at, "://", 3) != 0) {
        return;
    }
    size_t start = at + 3;
    size_t end = start;
    while (end < value.length && (unsigned char)value.text[end] > ' ' &&
           !strchr("/?#\\", value.text[end])) {
        if (value.text[end++] == '@') {
            start = end;
        }
    }
    avs_text_copy_bytes(field, capacity, value.text + start, end - start);
}

/* A field name is a token, RFC 9110 section 5.6.2. */
static bool is_name(const char *text, size_t length) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && !memchr(marks, c, sizeof(marks) - 1)) {
            return false;
        }
    }
    return length > 0;
}

static void read_header(struct line line, bool is_first, struct avs_http_facts *facts,
                        struct avs_h1_head *head) {
    struct line value;
    bool is_folded = line.text[0] == ' ' || line.text[0] == '\t'; /* goes on with the line before */
    const char *colon = memchr(line.text, ':', line.length);
    bool has_name = colon && is_name(line.text, (size_t)(colon - line.text));
    if (memchr(line.text, '\0', line.length) || (is_folded ? is_first : !has_name)) {
        facts->bad_head = true;
    }
    if (header_value(line, "Date", &value)) {
        avs_text_copy_bytes(facts->http_date, sizeof(facts->http_date), value.text, value.length);
    } else if (header_value(line, "Location", &value)) {
        read_redirect_host(value, facts->redirect_host, sizeof(facts->redirect_host));
    } else if (header_value(line, "Content-Length", &value)) {
        head->has_length = true;
    } else if (header_value(line, "Transfer-Encoding", &value)) {
        head->is_chunked |= avs_text_contains_nocase(value.text, value.length, "chunked");
    }
}

struct avs_h1_head avs_h1_read_head(const uint8_t *bytes, size_t length,
                                    struct avs_http_facts *facts) {
    struct avs_h1_head head;
    const char *text = (const char *)bytes;
    size_t at = 0;
    struct line line;
    bool was_interim = false;
    forget_head(facts, &head);
    facts->bad_head = false;
    while (next_line(text, length, &at, &line)) {
        forget_head(facts, &head);
        read_status_line(line, facts);
        if (was_interim && facts->status == 0) {
            facts->bad_head = true; /* what follows an interim answer is no answer */
        }
        for (bool is_first = true; next_line(text, length, &at, &line); is_first = false) {
            if (line.length == 0) {
                facts->head_complete = true;
                break;
            }
            read_header(line, is_first, facts, &head);
        }
        was_interim = facts->head_complete && facts->status >= 100 && facts->status < 200 &&
                      facts->status != 101;
        if (!was_interim) {
            break;
        }
        facts->head_complete = false;
    }
    return head;
}
