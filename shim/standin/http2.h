/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 as a server, over nghttp2. */
#ifndef AVS_STANDIN_HTTP2_H
#define AVS_STANDIN_HTTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct http2;
struct scenario;

/* True when the scenario says nothing at all after the handshake. */
bool http2_is_mute(const struct scenario *scenario);
struct http2 *http2_new(struct connection *connection);
void http2_free(struct http2 *http2);
void http2_feed(struct http2 *http2, const uint8_t *bytes, size_t length);
/* Hand over what there is to send, as far as the connection has room. */
void http2_pump(struct http2 *http2);
/* True when a pump would bring more. */
bool http2_wants_write(const struct http2 *http2);
void http2_on_time(struct http2 *http2, uint64_t now_ms);
uint64_t http2_next_ms(const struct http2 *http2);

#endif
