/* SPDX-License-Identifier: Apache-2.0 */
/* From the facts of a board to its findings: which is first, and which are only consequences of
 * another. Pure: same facts, same findings; no clock, no I/O. */
#ifndef AVS_BOARD_ORDER_H
#define AVS_BOARD_ORDER_H

#include <avs/verdict.h>

#include "board/facts.h"

#define AVS_BOARD_FINDINGS_MAX 64
#define AVS_BOARD_NOTHING      ((size_t)-1)

struct avs_board_finding {
    enum avs_board_part part;
    enum avs_cause cause;
    enum avs_severity severity;
    size_t index;   /**< of the part's own list: note, place, server, address; NOTHING = none */
    size_t host;    /**< the host whose evidence has the facts; NOTHING = none */
    uint32_t hosts; /**< every host that it is about, a bit each */
    size_t because; /**< of the finding that it is a consequence of; NOTHING = it is a fault */
};

struct avs_board_conclusion {
    enum avs_readiness readiness;
    int exit_code; /**< 0 ready, 1 not ready: a fault was found, 3 cannot tell */
    struct avs_board_finding finding[AVS_BOARD_FINDINGS_MAX]; /**< the one to mend first in front,
                                                                   consequences at the end */
    size_t finding_count;
};

/** Errors none; findings beyond the ceiling are left out. */
void avs_board_conclude(const struct avs_board *board, struct avs_board_conclusion *ret);

#endif
