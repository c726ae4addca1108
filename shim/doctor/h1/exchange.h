/* One HTTP/1.1 request through libcurl, over a TLS connection of ours. libcurl talks to a loopback
 * socket, we move its bytes through the verified TLS engine and look at them on the way: the trust
 * gate is the same as HTTP/2's, and the first bytes are seen whatever libcurl makes of them. */
#ifndef AVS_H1_EXCHANGE_H
#define AVS_H1_EXCHANGE_H

#include <avs/evidence.h>

#include "tls/engine.h"

#define AVS_H1_BYTES_MAX (1024 * 1024) /* an answer longer than this is cut here */
#define AVS_H1_HEAD_MAX  65536         /* bytes of an answer that are looked at */

struct avs_h1_options {
    struct avs_tls *tls; /* established */
    int fd;              /* its connection, non-blocking; stays the caller's */
    const char *host;    /* for the Host header */
    uint16_t port;
    int64_t started_us;  /* when the session began, for the timing */
    int64_t deadline_us; /* monotonic */
    struct avs_http_facts *facts;
    struct avs_timing_facts *timing;
};

/** GET / and note what came back. OK whatever came back, also a timeout. Blocks until the deadline
 *  at most. Errors: NO_MEMORY, ERR_IO. */
AVS_NODISCARD enum avs_status avs_h1_exchange(const struct avs_h1_options *options,
                                              struct avs_error *reterr);

#endif
