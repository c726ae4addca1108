/* One GET over HTTP/2, through the same engine as the transport's. */
#ifndef AVS_CHECK_H2_EXCHANGE_H
#define AVS_CHECK_H2_EXCHANGE_H

#include <avs/evidence.h>

#include "tls/engine.h"

#define AVS_H2_ANSWER_BYTES_MAX 65536         /* of a body, what is looked at */
#define AVS_H2_RECEIVED_MAX     (1024 * 1024) /* an answer longer than this is cut here */
#define AVS_H2_REFUSED_MAX      3             /* tries, when the server refuses the stream */

struct avs_h2_exchange_options {
    struct avs_tls *tls; /* established, ALPN h2 */
    int fd;              /* its connection, non-blocking; stays the caller's */
    const char *host;    /* :authority */
    uint16_t port;
    int64_t started_us;  /* when the session began, for the timing */
    int64_t deadline_us; /* monotonic */
    struct avs_loop *loop;
    struct avs_http_facts *facts;
    struct avs_timing_facts *timing;
};

/** GET / and note what came back. OK whatever came back, also a timeout. Blocks until the deadline
 *  at most. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_h2_exchange(const struct avs_h2_exchange_options *options,
                                              struct avs_error *reterr);

#endif
