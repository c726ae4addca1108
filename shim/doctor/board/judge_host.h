/* SPDX-License-Identifier: Apache-2.0 */
/* How a host did, by what its role asks for. Pure. */
#ifndef AVS_BOARD_JUDGE_HOST_H
#define AVS_BOARD_JUDGE_HOST_H

#include <avs/verdict.h>

#include "board/facts.h"

struct avs_board_result {
    enum avs_readiness readiness;
    enum avs_cause cause;      /* NONE = it works */
    enum avs_protocol session; /* that decides */
};

void avs_board_judge_evidence(enum avs_board_role role, const struct avs_evidence *evidence,
                              struct avs_board_result *ret);

/** Of a host whose evidence came; else inconclusive, probe_unfinished. */
void avs_board_judge_host(const struct avs_board_host *host, struct avs_board_result *ret);

#endif
