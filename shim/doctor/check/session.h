/* SPDX-License-Identifier: Apache-2.0 */
/* One session of a check: dial, prove TLS, ask, note. */
#ifndef AVS_CHECK_SESSION_H
#define AVS_CHECK_SESSION_H

#include "check/plan.h"

/** Run the session of `protocol` and fill its evidence. OK whatever was found.
 *  Thread: any; sessions of one plan may run at the same time. Errors: NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_check_session(const struct avs_check_plan *plan,
                                                struct avs_session_evidence *session,
                                                struct avs_error *reterr);

/** One handshake limited to a certificate family, its dial and TLS facts noted. OK whatever was
 *  found. Thread: any. Errors: NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_check_family(const struct avs_check_plan *plan,
                                               enum avs_family family,
                                               struct avs_session_evidence *session,
                                               struct avs_error *reterr);

#endif
