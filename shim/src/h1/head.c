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

static void read_status_line(struct line line, struct avs_http_facts *facts) {
    facts->status = 0;
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
    for (size_t i = 0; i + 2 < value.length; i++) {
        if (memcmp(value.text + i, "://", 3) == 0) {
            const char *start = value.text + i + 3;
            size_t length = value.length - i - 3;
            for (size_t k = 0; k < length; k++) {
                if (strchr("/?#", start[k])) {
                    length = k;
                }
            }
            const char *at = memchr(start, '@', length);
            if (at) {
                length -= (size_t)(at - start) + 1;
                start = at + 1;
            }
            avs_text_copy_bytes(field, capacity, start, length);
            return;
        }
    }
}

static void read_header(struct line line, struct avs_http_facts *facts, struct avs_h1_head *head) {
    struct line value;
    bool is_folded = line.text[0] == ' ' || line.text[0] == '\t';
    const char *colon = memchr(line.text, ':', line.length);
    if (memchr(line.text, '\0', line.length) || (!is_folded && (!colon || colon == line.text))) {
        facts->bad_head = true;
    }
    if (header_value(line, "Date", &value)) {
        avs_text_copy_bytes(facts->http_date, sizeof(facts->http_date), value.text, value.length);
    } else if (header_value(line, "Location", &value)) {
        read_redirect_host(value, facts->redirect_host, sizeof(facts->redirect_host));
    } else if (header_value(line, "Content-Length", &value)) {
        head->has_length = true;
    } else if (header_value(line, "Transfer-Encoding", &value)) {
        head->is_chunked = avs_text_contains_nocase(value.text, value.length, "chunked");
    }
}

struct avs_h1_head avs_h1_read_head(const uint8_t *bytes, size_t length,
                                    struct avs_http_facts *facts) {
    struct avs_h1_head head = {false, false};
    const char *text = (const char *)bytes;
    size_t at = 0;
    struct line line;
    while (next_line(text, length, &at, &line)) {
        head = (struct avs_h1_head){false, false};
        read_status_line(line, facts);
        facts->head_complete = false;
        while (next_line(text, length, &at, &line)) {
            if (line.length == 0) {
                facts->head_complete = true;
                break;
            }
            read_header(line, facts, &head);
        }
        bool is_interim = facts->head_complete && facts->status >= 100 && facts->status < 200 &&
                          facts->status != 101;
        if (!is_interim) {
            break;
        }
        facts->head_complete = false;
    }
    return head;
}
