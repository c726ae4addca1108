/* SPDX-License-Identifier: Apache-2.0 */
/* Saying why: cause, error and evidence of a failure, and its one ERROR line in the log. */
#ifndef AVS_CLIENT_FAILURE_H
#define AVS_CLIENT_FAILURE_H

#include <stdarg.h>

#include <avs/client.h>

#include "client/core.h"
#include "verdict/fact.h"

/* A failure and the error it points to. */
struct avs_failure_box {
    struct avs_failure failure;
    struct avs_error error;
    char reason[AVS_FACT_BYTES]; /* what happened; the error's message has origin and remedy too */
};

/* Fill `box`; `evidence` may be NULL. The reason is `format`'s, or, where that is NULL, the fact in
 * the evidence that decided. */
void avs_failure_set(struct avs_failure_box *box, enum avs_cause cause, const char *origin,
                     const struct avs_session_evidence *evidence, const char *format, ...)
    AVS_PRINTF(5, 6);
void avs_failure_setv(struct avs_failure_box *box, enum avs_cause cause, const char *origin,
                      const struct avs_session_evidence *evidence, const char *format,
                      va_list arguments);

/* What the evidence of a connection that was not ready says, by avs_judge's rules.
 * AVS_CAUSE_NONE when it says nothing. */
enum avs_cause avs_failure_cause(const struct avs_session_evidence *evidence, const char *host,
                                 bool requires_ats);

/* The line, or one more of a count (log_repeats.h): cause, origin, request (`exchange` NULL: a
 * connection's), reason, remedy. `event` is "connectFailed", "connectionLost", "requestFailed",
 * "requestTimedOut". */
void avs_failure_log(struct avs_core *core, const char *event, const struct avs_exchange *exchange,
                     const struct avs_failure_box *box);

#endif
