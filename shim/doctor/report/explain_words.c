/* SPDX-License-Identifier: Apache-2.0 */
/* What the text and the JSON of an explanation share. */
#include "report/explain_words.h"

#include "base/text.h"

struct avs_evidence *avs_explanation_as_evidence(const struct avs_trust_explanation *explanation) {
    struct avs_evidence *evidence = avs_evidence_new();
    if (evidence) {
        AVS_TEXT_SET(evidence->host, explanation->host);
        avs_text_format(evidence->endpoint, sizeof(evidence->endpoint), "https://%s",
                        explanation->host);
        evidence->machine = explanation->machine;
        evidence->port = 443;
        evidence->wall_clock = explanation->at;
        evidence->build_time = explanation->build_time;
        evidence->session[0].tls = explanation->tls;
    }
    return evidence;
}
