/* The way to the endpoint: dial and prove TLS, blocking, within the plan's deadline. */
#ifndef AVS_CHECK_LINK_H
#define AVS_CHECK_LINK_H

#include "check/plan.h"
#include "net/loop.h"
#include "tls/engine.h"

struct avs_check_link {
    const struct avs_check_plan *plan;
    struct avs_loop *loop;
    struct avs_tls_context *context;
    struct avs_tls *tls; /* NULL before the handshake */
    int fd;              /* -1 when not connected */
    bool is_dialled;
};

/** Prepare; release with avs_check_link_done, whatever it returns. Errors: NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_check_link_init(struct avs_check_link *link,
                                                  const struct avs_check_plan *plan,
                                                  struct avs_error *reterr);
void avs_check_link_done(struct avs_check_link *link);

/** Milliseconds until the deadline, 0 when it has passed. */
int avs_check_link_left_ms(const struct avs_check_link *link);

/** Connect, in place of an earlier connection. OK whatever happened: see the facts and link->fd.
 *  Errors: NO_MEMORY, ERR_CONNECT (libcurl refuses the options). */
AVS_NODISCARD enum avs_status avs_check_link_dial(struct avs_check_link *link,
                                                  struct avs_dial_facts *facts,
                                                  struct avs_timing_facts *timing,
                                                  struct avs_error *reterr);

/** Handshake over the connection. OK whatever happened: see `facts`. Errors: NO_MEMORY, ERR_USAGE.
 */
AVS_NODISCARD enum avs_status avs_check_link_handshake(struct avs_check_link *link,
                                                       const char *alpn, enum avs_tls_family family,
                                                       struct avs_tls_facts *facts,
                                                       struct avs_error *reterr);

/** Say goodbye (close_notify), as far as the socket takes it at once. */
void avs_check_link_close(struct avs_check_link *link);

#endif
