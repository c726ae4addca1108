/* SPDX-License-Identifier: Apache-2.0 */
/* One request of HTTP/1.1 the way a check goes: the same store, gate, proxies, deadline and
 * evidence, and the answer itself besides. */
#ifndef AVS_CHECK_REQUEST_H
#define AVS_CHECK_REQUEST_H

#include <avs/check.h>

#include "h1/exchange.h"

/** As avs_check_run with its options and without HTTP/2, but for `request`, and with `identity`
 * (NULL = none) for a server that asks for a certificate; *ret_answer (all zero before) is what
 * came, empty where nothing did, and the caller's to avs_h1_answer_done whatever this returns.
 * Redirects are not followed. Errors: as avs_check_run. */
AVS_NODISCARD enum avs_status avs_check_request(const struct avs_check_options *options,
                                                const struct avs_h1_request *request,
                                                const struct avs_tls_identity *identity,
                                                struct avs_h1_answer *ret_answer,
                                                struct avs_evidence **ret_evidence,
                                                struct avs_error *reterr);

/** As avs_check_run, but with no more than `segment_bytes` in a TCP segment, both ways: what is
 * lost for its size alone gets through. Errors: as avs_check_run. */
AVS_NODISCARD enum avs_status avs_check_in_segments(const struct avs_check_options *options,
                                                    int segment_bytes,
                                                    struct avs_evidence **ret_evidence,
                                                    struct avs_error *reterr);

#endif
