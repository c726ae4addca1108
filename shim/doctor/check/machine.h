/* SPDX-License-Identifier: Apache-2.0 */
/* What only the machine of the run can tell: which tools a report may suggest there, and whether it
 * has a route. */
#ifndef AVS_CHECK_MACHINE_H
#define AVS_CHECK_MACHINE_H

#include <avs/evidence.h>

/** Look for the tools on PATH. Starts nothing. Thread: any, while nobody calls setenv. */
void avs_check_machine(struct avs_machine_facts *facts);

/** Would a packet to `address` (numeric) leave this machine? Sends none. Thread: any. */
bool avs_check_has_route(const char *address);

#endif
