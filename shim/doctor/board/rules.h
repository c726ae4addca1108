/* SPDX-License-Identifier: Apache-2.0 */
/* The rules behind order.c: what of the facts is a finding at all, sight by sight. Pure. */
#ifndef AVS_BOARD_RULES_H
#define AVS_BOARD_RULES_H

#include "board/judge_host.h"
#include "board/order.h"

/** The findings of `board`, in no order, each a fault by itself. */
void avs_board_find(const struct avs_board *board, struct avs_board_conclusion *ret);

/** An address of the host, the way to which a router or a firewall refused, and said so; NULL =
 * none. Lent by `board`. Pure. */
const char *avs_board_refused_address(const struct avs_board *board, size_t host);

/** The finding is of this host. */
bool avs_board_is_of_host(const struct avs_board_finding *finding, size_t host);

#endif
