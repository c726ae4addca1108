/* SPDX-License-Identifier: Apache-2.0 */
/* From the sessions' verdicts to the one answer and its exit code. */
#include "verdict/exit_code.h"

static const int exit_codes[] = {[AVS_READY] = 0, [AVS_NOT_READY] = 1, [AVS_INCONCLUSIVE] = 3};

/* AVS runs on HTTP/2: that session decides. Where it never saw a certificate and the HTTP/1.1
 * session did, and refused it, the latter knows more: both went to the same server at the same
 * time. */
static enum avs_protocol decisive_session(const struct avs_evidence *evidence,
                                          const struct avs_verdict *verdict) {
    const struct avs_session_verdict *h2 = &verdict->session[AVS_PROTOCOL_H2];
    const struct avs_session_verdict *http1 = &verdict->session[AVS_PROTOCOL_HTTP1];
    bool is_h2_blind =
        h2->outcome == AVS_SESSION_NOT_RUN ||
        (!h2->tls_proven && evidence->session[AVS_PROTOCOL_H2].tls.chain_length == 0);
    bool has_refused = http1->outcome == AVS_SESSION_FAIL && http1->cause_count > 0 &&
                       evidence->session[AVS_PROTOCOL_HTTP1].tls.chain_length > 0;
    return is_h2_blind && (h2->outcome == AVS_SESSION_NOT_RUN || has_refused) ? AVS_PROTOCOL_HTTP1
                                                                              : AVS_PROTOCOL_H2;
}

static void set_readiness(struct avs_verdict *verdict) {
    const struct avs_session_verdict *decisive = &verdict->session[verdict->decisive];
    switch (decisive->outcome) {
    case AVS_SESSION_PASS:
    case AVS_SESSION_PASS_WITH_QUIRK:
        /* HTTP/1.1 alone proves TLS, and says nothing about the HTTP/2 that AVS needs */
        verdict->readiness = verdict->decisive == AVS_PROTOCOL_H2 ? AVS_READY : AVS_INCONCLUSIVE;
        return;
    case AVS_SESSION_FAIL:
        verdict->readiness = AVS_NOT_READY;
        break;
    case AVS_SESSION_NOT_RUN:
    case AVS_SESSION_INCONCLUSIVE:
        verdict->readiness = AVS_INCONCLUSIVE;
        break;
    }
    verdict->cause = decisive->cause_count > 0 ? decisive->causes[0] : AVS_CAUSE_INTERNAL;
}

void avs_verdict_conclude(const struct avs_evidence *evidence, struct avs_verdict *verdict) {
    verdict->decisive = decisive_session(evidence, verdict);
    set_readiness(verdict);
    verdict->exit_code = exit_codes[verdict->readiness];
}
