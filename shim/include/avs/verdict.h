/* SPDX-License-Identifier: Apache-2.0 */
/* Judgement: a pure function of evidence. */
#ifndef AVS_VERDICT_H
#define AVS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>

AVS_BEGIN_DECLS

enum avs_readiness { AVS_READY, AVS_NOT_READY, AVS_INCONCLUSIVE };

/** A session's own verdict. */
enum avs_session_outcome {
    AVS_SESSION_NOT_RUN,
    AVS_SESSION_PASS,
    AVS_SESSION_PASS_WITH_QUIRK,
    AVS_SESSION_FAIL,
    AVS_SESSION_INCONCLUSIVE
};

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

/** Judge evidence. Pure: same evidence, same verdict; no clock, no I/O, no allocation.
 *  Thread: any. Rules: "ready" needs a status line over HTTP/2, any status, on verified TLS;
 * oddities over HTTP/1.x never overturn that; TLS failures never become oddities; the ATS phrase
 * without verified TLS is a failure. */
AVS_API void avs_judge(const struct avs_evidence *evidence, struct avs_verdict *ret_verdict);

/** "ready", "not_ready", "inconclusive". Thread: any. Never NULL. */
AVS_API const char *avs_readiness_id(enum avs_readiness readiness);
/** "not_run", "pass", "pass_with_quirk", "fail", "inconclusive". Thread: any. Never NULL. */
AVS_API const char *avs_session_outcome_id(enum avs_session_outcome outcome);
/** "rsa" or "ecdsa". Thread: any. Never NULL. */
AVS_API const char *avs_family_id(enum avs_family family);
/** "h2" or "http/1.1". Thread: any. Never NULL. */
AVS_API const char *avs_protocol_id(enum avs_protocol protocol);
/** What a quirk means in one sentence, "" for an unknown id. Thread: any. Never NULL. */
AVS_API const char *avs_quirk_meaning(const char *quirk);

AVS_END_DECLS

#endif
