/* SPDX-License-Identifier: Apache-2.0 */
/* A ladder may be read while it runs: between these two calls nothing of it changes. */
#ifndef AVS_LADDER_RUN_H
#define AVS_LADDER_RUN_H

#include <avs/ladder.h>

void avs_ladder_lock(struct avs_ladder *ladder);
void avs_ladder_unlock(struct avs_ladder *ladder);

#endif
