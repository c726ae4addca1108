/* SPDX-License-Identifier: Apache-2.0 */
/* A board that nobody has looked at yet. */
#include "board/facts.h"

#include <stdlib.h>

struct avs_board *avs_board_new(void) {
    return calloc(1, sizeof(struct avs_board));
}

void avs_board_free(struct avs_board *board) {
    for (size_t i = 0; board && i < board->host_length; i++) {
        avs_evidence_free(board->host[i].evidence);
    }
    free(board);
}
