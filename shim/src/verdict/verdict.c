/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict as the public API has it: opaque, so that it can grow. judge.c makes it. */
#include "base/flow.h"
#include "verdict/judge.h"

enum avs_status avs_verdict_new(const struct avs_evidence *evidence,
                                struct avs_verdict **ret_verdict, struct avs_error *reterr) {
    struct avs_verdict *verdict = malloc(sizeof(*verdict));
    AVS_REQUIRE_MEMORY(verdict, reterr);
    avs_judge(evidence, verdict);
    *ret_verdict = verdict;
    return AVS_OK;
}

void avs_verdict_free(struct avs_verdict *verdict) {
    free(verdict);
}

enum avs_readiness avs_verdict_readiness(const struct avs_verdict *verdict) {
    return verdict->readiness;
}

enum avs_cause avs_verdict_cause(const struct avs_verdict *verdict) {
    return verdict->cause;
}

int avs_verdict_exit_code(const struct avs_verdict *verdict) {
    return verdict->exit_code;
}

enum avs_session_outcome avs_verdict_outcome(const struct avs_verdict *verdict,
                                             enum avs_protocol protocol) {
    return (unsigned)protocol < AVS_SESSION_COUNT ? verdict->session[protocol].outcome
                                                  : AVS_SESSION_NOT_RUN;
}
