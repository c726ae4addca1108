/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict holds, and the function that makes it. */
#ifndef AVS_VERDICT_JUDGE_H
#define AVS_VERDICT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/verdict.h>

#include "evidence/facts.h"

#define AVS_SESSION_CAUSES_MAX 6
#define AVS_QUIRK_BYTES        32

struct avs_session_verdict {
    enum avs_session_outcome outcome;
    bool tls_proven; /**< handshake finished, verified, host matched, ATS where ATS is asked for */
    /** What stands in the way, the one to fix first in front. */
    enum avs_cause causes[AVS_SESSION_CAUSES_MAX];
    size_t cause_count;
    const char *http_class;      /**< "none", "ats_message", "response", "quirk"; static */
    char quirk[AVS_QUIRK_BYTES]; /**< row of the quirk table ("h2_only_close", "http_403"), or "" */
};

struct avs_verdict {
    enum avs_readiness readiness;
    enum avs_cause cause; /**< the one to fix first; AVS_CAUSE_NONE when ready, and when HTTP/1.1
                               alone was asked and proved TLS: inconclusive then */
    enum avs_protocol decisive; /**< the session that the verdict and `cause` are taken from */
    bool tls_proven;            /**< by one of the sessions, see there */
    int exit_code;              /**< 0 ready, 1 not ready, 3 inconclusive */
    struct avs_session_verdict session[AVS_SESSION_COUNT];
    /** Each certificate family, where asked for; tls_no_cipher: the server has none of it. These
     *  inform and do not count for `readiness`. */
    struct avs_session_verdict family[AVS_FAMILY_COUNT];
};

/** As avs_verdict_new, into a struct of the caller's, without an allocation. */
void avs_judge(const struct avs_evidence *evidence, struct avs_verdict *ret_verdict);

#endif
