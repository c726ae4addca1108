/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.1 request through libcurl, over a connection of ours. libcurl talks to a loopback
 * socket, its bytes move through the pump, and we look at them on the way: the trust gate is the
 * same as HTTP/2's, and the first bytes are seen whatever libcurl makes of them. */
#ifndef AVS_H1_EXCHANGE_H
#define AVS_H1_EXCHANGE_H

#include <avs/evidence.h>

#include "client/pump.h"

#define AVS_H1_BYTES_MAX (1024 * 1024) /* an answer longer than this is cut here */
#define AVS_H1_HEAD_MAX  65536         /* bytes of an answer that are looked at */

struct avs_h1_options {
    const struct avs_pump_options *pump; /* the way there; callbacks and user are ours to set */
    struct avs_loop *loop;
    int64_t deadline_us; /* monotonic */
    struct avs_http_facts *facts;
};

/** Connect, GET / and note what came back. OK whatever came back, also nothing: see the facts.
 *  Blocks until the deadline at most. Errors: NO_MEMORY, ERR_CONNECT, ERR_PROXY, ERR_IO. */
AVS_NODISCARD enum avs_status avs_h1_exchange(const struct avs_h1_options *options,
                                              struct avs_error *reterr);

#endif
