/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all commands as manual pages. */
#ifndef AVS_CLI_MANUAL_H
#define AVS_CLI_MANUAL_H

#include "cli.h"

/** Print the manual page of `command`, or with NULL that of avs-shim as a whole, in roff. */
void cli_manual(const struct cli_command *command);

#endif
