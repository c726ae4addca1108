/* SPDX-License-Identifier: Apache-2.0 */
/* Telling when this machine's addresses, routes or links change (Linux: rtnetlink). Says that, not
 * what: whoever has connections asks their peers for a sign of life. */
#ifndef AVS_NET_CHANGE_H
#define AVS_NET_CHANGE_H

#include <stdbool.h>

/** A descriptor that is readable after a change; -1 where the system has none to offer. The caller
 *  closes it. Thread: any. */
int avs_net_change_open(void);

/** Empty it; true when something changed that can break a connection. Thread: the owner's. */
bool avs_net_change_take(int fd);

#endif
