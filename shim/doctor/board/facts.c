/* SPDX-License-Identifier: Apache-2.0 */
/* A board that nobody has looked at yet, and what its clock is held against. */
#include "board/facts.h"

#include <stdlib.h>

#define LIFETIME_S (10LL * 365 * 24 * 3600) /* of a build: no board runs it longer */

struct avs_board *avs_board_new(void) {
    return calloc(1, sizeof(struct avs_board));
}

void avs_board_free(struct avs_board *board) {
    for (size_t i = 0; board && i < board->host_length; i++) {
        avs_evidence_free(board->host[i].evidence);
    }
    free(board);
}

bool avs_board_is_newest_file_believed(const struct avs_board_clock *clock) {
    return clock->newest_file > clock->build_time &&
           clock->newest_file - clock->build_time < LIFETIME_S;
}

int64_t avs_board_time_past(const struct avs_board_clock *clock) {
    return avs_board_is_newest_file_believed(clock) ? clock->newest_file : clock->build_time;
}
