/* One session of a check: dial, prove TLS, ask, note. */
#ifndef AVS_CHECK_SESSION_H
#define AVS_CHECK_SESSION_H

#include <avs/check.h>
#include <avs/config.h>

#include "trust/anchors.h"
#include "trust/roots.h"

/** What both sessions of a run share; read-only while they run. */
struct avs_check_plan {
    const struct avs_check_options *options;
    struct avs_endpoint endpoint;
    struct avs_endpoint connect_to; /* host[0] == '\0' = dial the endpoint itself */
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots;
    int64_t started_us;
    int64_t deadline_us;
};

/** Run the session of `protocol` and fill its evidence. OK whatever was found.
 *  Thread: any; sessions of one plan may run at the same time. Errors: NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_check_session(const struct avs_check_plan *plan,
                                                struct avs_session_evidence *session,
                                                struct avs_error *reterr);

#endif
