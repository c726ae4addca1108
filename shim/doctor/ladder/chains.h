/* SPDX-License-Identifier: Apache-2.0 */
/* The different chains that a ladder was shown, each judged offline against each store. */
#ifndef AVS_LADDER_CHAINS_H
#define AVS_LADDER_CHAINS_H

#include <avs/ladder.h>

#include "check/plan.h"

/** Keep `sent` and judge it, if its leaf is a new one and there is room. `system` is NULL where the
 *  system's store is ours, or cannot be loaded (ladder->has_system_store tells). Errors: NO_MEMORY.
 */
AVS_NODISCARD enum avs_status avs_ladder_keep_chain(struct avs_ladder *ladder,
                                                    const struct avs_check_plan *plan,
                                                    struct avs_anchors *system,
                                                    const struct avs_trial_chain *sent,
                                                    struct avs_error *reterr);

#endif
