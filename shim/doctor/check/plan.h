/* SPDX-License-Identifier: Apache-2.0 */
/* What every session of one run shares; read-only while they run. */
#ifndef AVS_CHECK_PLAN_H
#define AVS_CHECK_PLAN_H

#include <avs/check.h>
#include <avs/config.h>

#include "check/trial.h"
#include "h1/exchange.h"
#include "trust/anchors.h"
#include "trust/roots.h"

#define AVS_CHECK_REQUEST_BYTES_MAX 8192

struct avs_check_plan {
    const struct avs_check_options *options;
    struct avs_endpoint endpoint;
    struct avs_endpoint connect_to; /* host[0] == '\0' = dial the endpoint itself */
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots;
    const struct avs_h1_request *request;    /* of HTTP/1.1; NULL = GET / */
    struct avs_h1_answer *answer;            /* to it; NULL = the evidence is enough */
    const struct avs_tls_identity *identity; /* for a server that asks for one; or NULL */
    /* What is asked otherwise than usual; zero = as usual. */
    const struct avs_trial *trial;
    const char *alpn;       /* "" = none is offered */
    int segment_bytes;      /* of TCP; 0 = the system's */
    size_t request_bytes;   /* a request over HTTP/2 is filled until about this much leaves with it,
                               and no further than AVS_CHECK_REQUEST_BYTES_MAX; 0 = as it is */
    bool is_one_connection; /* nothing is tried again on a second one */

    int64_t started_us;
    int64_t deadline_us;
};

/** Can a run be made with `options`? Dials nothing. Errors: as avs_check_run, for what it was
 * given. Thread: any. */
AVS_NODISCARD enum avs_status avs_check_try_options(const struct avs_check_options *options,
                                                    struct avs_error *reterr);
/** Fill `plan`, all of it zero but what is asked otherwise: the endpoint, where to connect to, the
 *  time; anchors and roots are the caller's. Errors: ERR_USAGE, ERR_ENDPOINT_INVALID. */
AVS_NODISCARD enum avs_status avs_check_plan_init(const struct avs_check_options *options,
                                                  struct avs_check_plan *plan,
                                                  struct avs_error *reterr);
/** What is known before anything is dialled: what was asked, of what, and on which machine. */
void avs_check_note_run(const struct avs_check_plan *plan, struct avs_evidence *evidence);
/** What the sessions could not tell. Blocks for AVS_DNS_PROBE_MS at most. */
void avs_check_ask_around(const struct avs_check_options *options, struct avs_evidence *evidence);

#endif
