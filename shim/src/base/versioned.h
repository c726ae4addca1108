/* SPDX-License-Identifier: Apache-2.0 */
/* Structs that cross the ABI begin with their size and grow at the end: a caller that was compiled
 * with an older header has a shorter one, one with a newer header a longer one, and both work. */
#ifndef AVS_BASE_VERSIONED_H
#define AVS_BASE_VERSIONED_H

#include "base/flow.h"

/** Copy what the caller's `given` has of our struct: what it lacks is 0, the default; what we do
 * not know is left out. Errors: ERR_USAGE (NULL, or a size that no release had), which names
 * `name`. */
AVS_NODISCARD enum avs_status avs_versioned_take(void *ret_ours, size_t our_size, const void *given,
                                                 const char *name, struct avs_error *reterr);

/** Fill the caller's struct as far as its size says; the size stays. Nothing is written where it is
 *  0. */
void avs_versioned_give(void *theirs, const void *ours, size_t our_size);

#define AVS_TAKE(ret_ours, given, name, reterr) \
    AVS_TRY(avs_versioned_take(ret_ours, sizeof(*(ret_ours)), given, name, reterr))

#endif
