/* SPDX-License-Identifier: Apache-2.0 */
/* Judgement: a pure function of evidence. */
#ifndef AVS_VERDICT_H
#define AVS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/status.h>

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

struct avs_verdict; /* opaque; a copy of what it needs: the evidence may go */

/** Judge evidence. Pure: same evidence, same verdict; no clock, no I/O.
 *  Thread: any. Rules: "ready" needs a status line over HTTP/2, any status, on verified TLS;
 * oddities over HTTP/1.x never overturn that; TLS failures never become oddities; the ATS phrase
 * without verified TLS is a failure. Caller frees
 *  *ret_verdict with avs_verdict_free. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_verdict_new(const struct avs_evidence *evidence,
                                                      struct avs_verdict **ret_verdict,
                                                      struct avs_error *reterr);
/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_verdict_free(struct avs_verdict *verdict);

/** The answer. Thread: any. */
AVS_API enum avs_readiness avs_verdict_readiness(const struct avs_verdict *verdict);
/** The cause to fix first; AVS_CAUSE_NONE when ready, and when HTTP/1.1 alone was asked and proved
 *  TLS: inconclusive then. Thread: any. */
AVS_API enum avs_cause avs_verdict_cause(const struct avs_verdict *verdict);
/** 0 ready, 1 not ready, 3 inconclusive. Thread: any. */
AVS_API int avs_verdict_exit_code(const struct avs_verdict *verdict);
/** How the session over `protocol` went. Thread: any. */
AVS_API enum avs_session_outcome avs_verdict_outcome(const struct avs_verdict *verdict,
                                                     enum avs_protocol protocol);

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

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "verdict/judge.h"
#endif

AVS_END_DECLS

#endif
