/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.x as a server: one request after the other, answered well or oddly. Bodies of requests are
 * counted and thrown away. */
#include "http1.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "connection.h"
#include "iot_http.h"

enum {
    HEAD_BYTES_MAX = 16384,
    RESPONSE_BYTES = 1024,
    BODY_BYTES_MAX = 16 * 1024 * 1024,
    FILLER_BLOCK_BYTES = 8192
};

struct http1 {
    struct connection *connection;
    char head[HEAD_BYTES_MAX + 1];
    size_t head_length;
    size_t body_left; /* of the request that was answered last */
    bool is_endless;  /* answering with filler until the peer has enough */
};

struct http1 *http1_new(struct connection *connection) {
    struct http1 *http1 = calloc(1, sizeof(*http1));
    if (http1) {
        http1->connection = connection;
    }
    return http1;
}

void http1_free(struct http1 *http1) {
    free(http1);
}

/* One "Name: value" line; only what changes the framing matters. */
static bool read_field(char *line, struct http1_request *request) {
    char *colon = strchr(line, ':');
    if (!colon) {
        return false;
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "content-length") == 0) {
        char *end = NULL;
        unsigned long length = strtoul(value, &end, 10);
        if (end == value || length > BODY_BYTES_MAX) {
            return false;
        }
        request->body_length = length;
    } else if (strcasecmp(line, "transfer-encoding") == 0) {
        request->is_chunked = true;
    } else if (strcasecmp(line, "connection") == 0) {
        request->wants_close = request->wants_close || strcasestr(value, "close") != NULL;
    } else if (strcasecmp(line, "authorization") == 0) {
        snprintf(request->authorization, sizeof(request->authorization), "%s", value);
    } else if (strcasecmp(line, "x-amz-date") == 0) {
        snprintf(request->amz_date, sizeof(request->amz_date), "%s", value);
    } else if (strcasecmp(line, "x-amzn-iot-thingname") == 0) {
        snprintf(request->thing_name, sizeof(request->thing_name), "%s", value);
    }
    return true;
}

/* A whole head, cut up in place. */
static bool read_head(char *head, struct http1_request *ret_request) {
    struct http1_request request = {0};
    char *rest = NULL;
    char *line = strtok_r(head, "\r\n", &rest);
    char tail = '\0';
    if (!line || sscanf(line, "%15s %511s HTTP/1.%1u%c", request.method, request.path,
                        &request.minor, &tail) != 3) {
        return false;
    }
    request.wants_close = request.minor == 0;
    while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL) {
        if (!read_field(line, &request)) {
            return false;
        }
    }
    *ret_request = request;
    return true;
}

static void send_answer(struct http1 *http1, const struct answer *answer, bool has_body,
                        bool will_close) {
    char date[DATE_BYTES];
    char head[RESPONSE_BYTES];
    answer_date(date, answer->clock_s);
    int length = snprintf(head, sizeof(head), "HTTP/1.1 %u %s\r\nDate: %s\r\nServer: stand-in\r\n",
                          answer->status, answer_reason(answer->status), date);
    size_t used = (size_t)length;
    if (answer->content_type) {
        used += (size_t)snprintf(head + used, sizeof(head) - used,
                                 "Content-Type: %s\r\nContent-Length: %zu\r\n",
                                 answer->content_type, answer->length);
    }
    if (answer->error_type) {
        used += (size_t)snprintf(head + used, sizeof(head) - used, "x-amzn-ErrorType: %s\r\n",
                                 answer->error_type);
    }
    if (answer->location) {
        used += (size_t)snprintf(head + used, sizeof(head) - used, "Location: %s\r\n",
                                 answer->location);
    }
    used += (size_t)snprintf(head + used, sizeof(head) - used, "%s\r\n",
                             will_close ? "Connection: close\r\n" : "");
    connection_send(http1->connection, head, used);
    if (has_body && answer->content_type) {
        connection_send(http1->connection, answer->body, answer->length);
    }
}

static void refuse(struct http1 *http1, unsigned status) {
    struct answer answer = {
        .status = status, .content_type = "text/plain", .body = "", .length = 0};
    send_answer(http1, &answer, true, true);
    connection_end(http1->connection, END_CLOSE_NOTIFY);
}

static void answer_request(struct http1 *http1, const struct http1_request *request) {
    struct connection *connection = http1->connection;
    const struct odd_reply *odd = &connection->scenario->http1;
    atomic_fetch_add(&connection->standin->requests, 1);
    connection_idle_limit(connection, IDLE_MS);
    if (odd->act == ODD_SILENT) {
        connection_fall_silent(connection);
        return;
    }
    if (request->is_chunked) {
        refuse(http1, 411);
        return;
    }
    char body[IOT_BODY_BYTES];
    struct answer answer =
        connection->iot ? iot_answer(connection, request, body) : answer_for(odd, request->path);
    bool has_body = strcasecmp(request->method, "HEAD") != 0;
    http1->body_left = request->body_length;
    send_answer(http1, &answer, has_body, request->wants_close);
    connection_end(connection, request->wants_close ? END_CLOSE_NOTIFY : END_KEEP);
}

/* Where the head ends, 0 when it has not yet. */
static size_t head_end(const char *head, size_t length) {
    const char *end = memmem(head, length, "\r\n\r\n", 4);
    return end ? (size_t)(end - head) + 4 : 0;
}

static void take_head(struct http1 *http1) {
    struct connection *connection = http1->connection;
    const struct odd_reply *odd = &connection->scenario->http1;
    struct http1_request request;
    http1->head[http1->head_length] = '\0';
    http1->head_length = 0;
    if (odd->act == ODD_BYTES) { /* odd to everything, a broken request too */
        atomic_fetch_add(&connection->standin->requests, 1);
        connection_send(connection, odd->bytes, odd->length);
        connection_end(connection, odd->ending);
    } else if (odd->act == ODD_ENDLESS) {
        atomic_fetch_add(&connection->standin->requests, 1);
        connection_send(connection, odd->bytes, odd->length);
        http1->is_endless = true;
    } else if (strncmp(http1->head, "PRI * HTTP/2.0", 14) == 0) {
        connection_end(connection, END_CLOSE_NOTIFY); /* h2 where nobody agreed to it */
    } else if (read_head(http1->head, &request)) {
        answer_request(http1, &request);
    } else {
        refuse(http1, 400);
    }
}

bool http1_wants_write(const struct http1 *http1) {
    return http1->is_endless;
}

void http1_pump(struct http1 *http1) {
    if (!http1->is_endless) {
        return;
    }
    struct connection *connection = http1->connection;
    const char *filler = connection->scenario->http1.filler;
    size_t length = strlen(filler);
    char block[FILLER_BLOCK_BYTES]; /* whole fillers, so that records are not tiny */
    size_t used = 0;
    for (; used + length <= sizeof(block); used += length) {
        memcpy(block + used, filler, length);
    }
    while (connection->phase == PHASE_HTTP1 && connection_room(connection) > 0) {
        connection_send(connection, block, used);
    }
}

void http1_feed(struct http1 *http1, const uint8_t *bytes, size_t length) {
    while (length > 0 && !http1->is_endless && http1->connection->phase == PHASE_HTTP1) {
        size_t skip = http1->body_left < length ? http1->body_left : length;
        http1->body_left -= skip;
        bytes += skip;
        length -= skip;
        size_t before = http1->head_length;
        size_t take = HEAD_BYTES_MAX - before < length ? HEAD_BYTES_MAX - before : length;
        memcpy(http1->head + before, bytes, take);
        http1->head_length += take;
        size_t end = head_end(http1->head, http1->head_length);
        if (end == 0) {
            if (http1->head_length == HEAD_BYTES_MAX) {
                refuse(http1, 431);
                return;
            }
            bytes += take;
            length -= take;
            continue;
        }
        http1->head_length = end;
        take = end - before; /* the rest may be a body or the next request */
        bytes += take;
        length -= take;
        take_head(http1);
    }
}
