/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of AVS over HTTP/2: downchannel, events, ping. */
#ifndef AVS_STANDIN_AVS_H
#define AVS_STANDIN_AVS_H

#include "answer.h"
#include "stream.h"

/* Answer when the path is one of AVS's (the body goes into the stream's queue); false otherwise. */
bool avs_answer(struct http2 *http2, struct stream *stream, struct answer *ret_answer);
/* Push a directive into every downchannel of the connection. */
void avs_push_directive(struct http2 *http2);
/* End every downchannel, as the service does before it closes a connection. */
void avs_end_downchannels(struct http2 *http2);

#endif
