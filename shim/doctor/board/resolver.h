/* SPDX-License-Identifier: Apache-2.0 */
/* The name servers of this board, each asked for itself: libc says "not found" and "try again" for
 * half a dozen faults, and hides a dead server behind a slow lookup. */
#ifndef AVS_BOARD_RESOLVER_H
#define AVS_BOARD_RESOLVER_H

#include "board/facts.h"

#define AVS_BOARD_RESOLVER_MS 1000 /* for all of it */

/** The name servers of a resolv.conf (resolv.conf(5)): the first three, the rest counted. Without
 *  one libc asks this machine itself (127.0.0.1); then there is no row. Pure. */
void avs_board_read_resolv_conf(const char *text, size_t length, struct avs_board_resolver *ret);

/** Read the file `path`, NULL = /etc/resolv.conf, and ask each server for the A and the AAAA
 * records of every host of `board`; blocks for AVS_BOARD_RESOLVER_MS at most. `asks` false: only
 * read. */
void avs_board_ask_resolvers(struct avs_board *board, const char *path, bool asks);

/** The address that `text`, a hosts file, fixes for `host`; "" when it does not. Pure. */
void avs_board_read_hosts(const char *text, size_t length, const char *host,
                          char ret_address[AVS_BOARD_ADDRESS_BYTES]);

#endif
