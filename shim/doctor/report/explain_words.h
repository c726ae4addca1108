/* SPDX-License-Identifier: Apache-2.0 */
/* What the text and the JSON of an explanation share. */
#ifndef AVS_REPORT_EXPLAIN_WORDS_H
#define AVS_REPORT_EXPLAIN_WORDS_H

#include <avs/explain.h>

#include "base/flow.h"

AVS_DEFINE_AUTO(evidence, struct avs_evidence, avs_evidence_free);

/** The explanation as the evidence of a session, so that check and explain use the same words.
 *  NULL: out of memory. Caller frees it with avs_evidence_free. */
struct avs_evidence *avs_explanation_as_evidence(const struct avs_trust_explanation *explanation);

#endif
