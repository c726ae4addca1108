/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 session of a check: the transport's own core and links, with one GET and without a
 * thread, so that a check proves the path that the SDK will take. What differs is named where it is
 * set: ALPN, TLS sessions, keep-alive. */
#ifndef AVS_CHECK_H2_SESSION_H
#define AVS_CHECK_H2_SESSION_H

#include "check/plan.h"

/* The SDK's stock transport offers both, ours h2 alone; a server's choice is the finding. */
#define AVS_CHECK_ALPN_H2 "h2,http/1.1"

#define AVS_H2_ANSWER_BYTES_MAX 65536         /* of a body, what is looked at */
#define AVS_H2_RECEIVED_MAX     (1024 * 1024) /* an answer longer than this is cut here */

/** GET / and note what came back. OK whatever came back, also a timeout. Blocks until the deadline
 *  at most. Errors: NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_check_h2_session(const struct avs_check_plan *plan,
                                                   struct avs_session_evidence *session,
                                                   struct avs_error *reterr);

#endif
