/* SPDX-License-Identifier: Apache-2.0 */
/* See judge_host.h. */
#include "board/judge_host.h"

#include "board/hosts.h"

static bool has_passed(enum avs_session_outcome outcome) {
    return outcome == AVS_SESSION_PASS || outcome == AVS_SESSION_PASS_WITH_QUIRK;
}

void avs_board_judge_evidence(enum avs_board_role role, const struct avs_evidence *evidence,
                              struct avs_board_result *ret) {
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    *ret = (struct avs_board_result){verdict.readiness, verdict.cause, verdict.decisive};
    /* libcurl, which the SDK uses for these, is as happy with HTTP/1.1 */
    if (!avs_board_roles[role].needs_http2 &&
        has_passed(verdict.session[AVS_PROTOCOL_HTTP1].outcome)) {
        *ret = (struct avs_board_result){AVS_READY, AVS_CAUSE_NONE, AVS_PROTOCOL_HTTP1};
    }
}

void avs_board_judge_host(const struct avs_board_host *host, struct avs_board_result *ret) {
    *ret = (struct avs_board_result){AVS_INCONCLUSIVE, AVS_CAUSE_PROBE_UNFINISHED, AVS_PROTOCOL_H2};
    if (host->evidence) {
        avs_board_judge_evidence(host->role, host->evidence, ret);
    }
}
