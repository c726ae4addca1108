/* HTTP/1.x as a server. */
#ifndef AVS_STANDIN_HTTP1_H
#define AVS_STANDIN_HTTP1_H

#include <stddef.h>
#include <stdint.h>

struct connection;
struct http1;

struct http1 *http1_new(struct connection *connection);
void http1_free(struct http1 *http1);
void http1_feed(struct http1 *http1, const uint8_t *bytes, size_t length);

#endif
