/* SPDX-License-Identifier: Apache-2.0 */
/* What the state of a trust store means. */
#ifndef AVS_EVIDENCE_STORE_H
#define AVS_EVIDENCE_STORE_H

#include <avs/cause.h>
#include <avs/evidence.h>

/** AVS_CAUSE_NONE for a store that could be loaded. */
enum avs_cause avs_store_cause(enum avs_store_state state);

#endif
