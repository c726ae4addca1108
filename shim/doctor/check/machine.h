/* SPDX-License-Identifier: Apache-2.0 */
/* What only the machine of the run can tell: which tools a report may suggest there, and whether it
 * has a route. */
#ifndef AVS_CHECK_MACHINE_H
#define AVS_CHECK_MACHINE_H

#include <avs/evidence.h>

/** The tools that are looked for. A report suggests one by its name here, and so none that nobody
 *  looked for. Their order is that of the evidence. */
enum avs_tool {
    AVS_TOOL_NONE,
    AVS_TOOL_BUSYBOX,
    AVS_TOOL_CURL,
    AVS_TOOL_DATE,
    AVS_TOOL_GETENT,
    AVS_TOOL_IP,
    AVS_TOOL_NSLOOKUP,
    AVS_TOOL_OPENSSL,
    AVS_TOOL_PING,
    AVS_TOOL_SUDO,
    AVS_TOOL_TIMEDATECTL,
    AVS_TOOL_UPDATE_CA_CERTIFICATES,
    AVS_TOOL_UPDATE_CA_TRUST,
    AVS_TOOL_COUNT
};

extern const char *const avs_tools[AVS_TOOL_COUNT]; /**< how each is called; NULL for NONE */

/** Look for the tools on PATH. Starts nothing. Thread: any, while nobody calls setenv. */
void avs_check_machine(struct avs_machine_facts *facts);

/** Would a packet to `address` (numeric) leave this machine? Sends none. Thread: any. */
bool avs_check_has_route(const char *address);

#endif
