/* SPDX-License-Identifier: Apache-2.0 */
/* What every session of one run shares; read-only while they run. */
#ifndef AVS_CHECK_PLAN_H
#define AVS_CHECK_PLAN_H

#include <avs/check.h>
#include <avs/config.h>

#include "h1/exchange.h"
#include "trust/anchors.h"
#include "trust/roots.h"

struct avs_check_plan {
    const struct avs_check_options *options;
    struct avs_endpoint endpoint;
    struct avs_endpoint connect_to; /* host[0] == '\0' = dial the endpoint itself */
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots;
    const struct avs_h1_request *request;    /* of HTTP/1.1; NULL = GET / */
    struct avs_h1_answer *answer;            /* to it; NULL = the evidence is enough */
    const struct avs_tls_identity *identity; /* for a server that asks for one; or NULL */
    int64_t started_us;
    int64_t deadline_us;
};

/** Can a run be made with `options`? Dials nothing. Errors: as avs_check_run, for what it was
 * given. Thread: any. */
AVS_NODISCARD enum avs_status avs_check_try_options(const struct avs_check_options *options,
                                                    struct avs_error *reterr);

#endif
