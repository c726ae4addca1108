/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.x as a server. */
#ifndef AVS_STANDIN_HTTP1_H
#define AVS_STANDIN_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP1_WORD_BYTES  512
#define HTTP1_FIELD_BYTES 1024

struct connection;
struct http1;

struct http1_request {
    char method[16];
    char path[HTTP1_WORD_BYTES];
    unsigned minor; /* HTTP/1.minor */
    bool wants_close;
    bool is_chunked;
    size_t body_length;
    /* what AWS IoT Core looks at; cut where it is longer */
    char authorization[HTTP1_FIELD_BYTES];
    char amz_date[32];
    char thing_name[128];
};

struct http1 *http1_new(struct connection *connection);
void http1_free(struct http1 *http1);
void http1_feed(struct http1 *http1, const uint8_t *bytes, size_t length);
/* The rest of an answer that is longer than the connection had room for. */
void http1_pump(struct http1 *http1);
/* True when a pump would bring more. */
bool http1_wants_write(const struct http1 *http1);

#endif
