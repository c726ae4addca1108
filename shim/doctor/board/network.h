/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces of this board, their addresses, and the default route of both families. */
#ifndef AVS_BOARD_NETWORK_H
#define AVS_BOARD_NETWORK_H

#include "board/facts.h"

/** Look at this machine. Sends nothing. */
void avs_board_look_at_network(struct avs_board_network *ret);

/** The default route of /proc/net/route and /proc/net/ipv6_route: "10.0.0.1 dev eth0", "dev ppp0"
 *  without a gateway, "" when there is none. Pure. */
void avs_board_read_route(const char *text, size_t length, char ret_route[AVS_BOARD_ADDRESS_BYTES]);
void avs_board_read_route6(const char *text, size_t length,
                           char ret_route[AVS_BOARD_ADDRESS_BYTES]);

#endif
