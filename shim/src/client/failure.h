/* Saying why: cause, error and evidence of a failure, and its one ERROR line in the log. */
#ifndef AVS_CLIENT_FAILURE_H
#define AVS_CLIENT_FAILURE_H

#include <stdarg.h>

#include <avs/client.h>

#include "client/core.h"

/* A failure and the error it points to. */
struct avs_failure_box {
    struct avs_failure failure;
    struct avs_error error;
};

/* Fill `box`; `evidence` may be NULL. The message is `format`'s, or, where that is NULL, made from
 * the catalogue's words and the evidence. */
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

/* The line: cause, origin, what it means, remedy. `event` "connectionFailed", "requestFailed". */
void avs_failure_log(const struct avs_log *log, const char *event, const char *label,
                     const struct avs_failure *failure);

#endif
