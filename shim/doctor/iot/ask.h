/* SPDX-License-Identifier: Apache-2.0 */
/* One request to AWS and what came of it: over a verified connection, or a cause. */
#ifndef AVS_IOT_ASK_H
#define AVS_IOT_ASK_H

#include "check/request.h"
#include "iot/describe.h"

#define AVS_ASK_REFUSED  1 /* exit codes */
#define AVS_ASK_NO_REACH 3

/** Send `request` by `way`, with `identity` (NULL = none); fill has_answer, answer, cause,
 * exit_code and evidence of `endpoint`. *ret_answer, all zero before, is the caller's to
 * avs_h1_answer_done whatever this returns. Errors: as avs_check_request. */
AVS_NODISCARD enum avs_status avs_aws_ask(struct avs_iot_endpoint *endpoint,
                                          const struct avs_check_options *way,
                                          const struct avs_h1_request *request,
                                          const struct avs_tls_identity *identity,
                                          struct avs_h1_answer *ret_answer,
                                          struct avs_error *reterr);

#endif
