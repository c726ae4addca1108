/* SPDX-License-Identifier: Apache-2.0 */
/* One rung: a session of a check, with what its combination asks otherwise. */
#ifndef AVS_LADDER_RUNG_H
#define AVS_LADDER_RUNG_H

#include <avs/ladder.h>

#include "check/plan.h"

/* What one climb works on; the caller's. */
struct avs_rung_try {
    const struct avs_check_plan *plan;    /* of the ladder: options, endpoint, store, roots */
    const struct avs_ladder_world *world; /* does not change any more */
    struct avs_rung_way way;
    int64_t deadline_us;
    struct avs_evidence *evidence; /* of this rung alone; its session is written */
    struct avs_trial_chain chain;  /* as it was sent, also when it was refused */
    struct avs_rung_seen seen;     /* what came of it */
};

/** Climb it. OK whatever came of it. Blocks until the deadline, and a little. Thread: any. Errors:
 *  NO_MEMORY, INTERNAL. */
AVS_NODISCARD enum avs_status avs_rung_climb(struct avs_rung_try *attempt,
                                             struct avs_error *reterr);

/** What a session's evidence and verdict say of it. Pure. */
struct avs_rung_seen avs_rung_seen_of(const struct avs_session_evidence *session,
                                      const struct avs_session_verdict *verdict);

#endif
