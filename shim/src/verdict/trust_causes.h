/* SPDX-License-Identifier: Apache-2.0 */
/* From the facts of a refused chain to causes, the one to fix first in front. Pure. */
#ifndef AVS_VERDICT_TRUST_CAUSES_H
#define AVS_VERDICT_TRUST_CAUSES_H

#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>

#define AVS_TRUST_CAUSES_MAX 12

/** A chain that was accepted and has no ATS root, where one is asked for: AVS_CAUSE_INTERCEPTED
 * when an authority that nobody knows vouches for an Amazon host (its root lies in this device's
 * store), AVS_CAUSE_NOT_ATS otherwise. Pure. */
enum avs_cause avs_not_ats_cause(const struct avs_tls_facts *tls, const char *host);

/** Write the causes of `tls->trust` to `ret_causes`, at most `capacity`; returns how many.
 *  `wall_clock` is the time that the gate used, `build_time` when this library was built (no honest
 *  clock is earlier; 0 when `wall_clock` is a supposed time and no clock's), `host` what was asked
 * for (NULL or "" = no name). For a store that could not be loaded: its one cause. For an accepted
 * chain: 0, or 1 when the anchor is a cross-signed copy (a warning). Same facts, same causes. */
size_t avs_trust_causes(const struct avs_tls_facts *tls, int64_t wall_clock, int64_t build_time,
                        const char *host, enum avs_cause *ret_causes, size_t capacity);

#endif
