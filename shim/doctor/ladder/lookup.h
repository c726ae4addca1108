/* SPDX-License-Identifier: Apache-2.0 */
/* Every address of a name, asked in a thread of its own: libc's lookup has no deadline. */
#ifndef AVS_LADDER_LOOKUP_H
#define AVS_LADDER_LOOKUP_H

#include <avs/ladder.h>

struct avs_ladder_lookup;

/** Begin. NULL: out of memory, or no thread. */
struct avs_ladder_lookup *avs_ladder_lookup_start(const char *host);
/** Wait until it has ended or `deadline_us` (monotonic) has passed, and fill the addresses of
 *  `world`, or is_lookup_late. Gives the lookup back: one that hangs frees itself later. NULL
 * counts as late. */
void avs_ladder_lookup_end(struct avs_ladder_lookup *lookup, int64_t deadline_us,
                           struct avs_ladder_world *world);

#endif
