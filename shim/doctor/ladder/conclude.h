/* SPDX-License-Identifier: Apache-2.0 */
/* What the rungs prove, by a table of patterns, and the smallest change that passes. Pure. */
#ifndef AVS_LADDER_CONCLUDE_H
#define AVS_LADDER_CONCLUDE_H

#include <avs/ladder.h>

/** Read the rungs as far as they are tried. Called on a ladder that is not being written to. */
void avs_ladder_conclude(const struct avs_ladder *ladder,
                         struct avs_ladder_conclusion *ret_conclusion);

#endif
