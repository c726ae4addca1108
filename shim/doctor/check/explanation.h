/* SPDX-License-Identifier: Apache-2.0 */
/* The members of struct avs_trust_explanation of <avs/explain.h>. */
#ifndef AVS_CHECK_EXPLANATION_H
#define AVS_CHECK_EXPLANATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/explain.h>

#include "evidence/facts.h"

#define AVS_EXPLANATION_CAUSES_MAX 12

/** The chain's facts and its causes, the one to fix first in front. */
struct avs_trust_explanation {
    bool is_accepted;         /**< by the gate: what a connection would decide */
    struct avs_tls_facts tls; /**< chain, hostname_matched and trust are filled */
    size_t certificates;      /**< in the file; tls.chain keeps the first AVS_CHAIN_MAX */
    size_t leaf_number;       /**< which certificate of the file is the server's, from 1: it is
                                 tls.chain[0]       and was judged as if sent first; 0 = there is none */
    char chain_file[AVS_NAME_BYTES];
    char host[AVS_NAME_BYTES];
    int64_t at;         /**< the time it was judged at */
    int64_t build_time; /**< of this library; no honest clock is earlier */
    enum avs_cause causes[AVS_EXPLANATION_CAUSES_MAX];
    size_t cause_count;               /**< 0: nothing stands in the way */
    struct avs_machine_facts machine; /**< this machine's, for the commands of the report */
};

#endif
