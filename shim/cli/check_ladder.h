/* SPDX-License-Identifier: Apache-2.0 */
/* check --ladder; its options are those of check. */
#ifndef AVS_CLI_CHECK_LADDER_H
#define AVS_CLI_CHECK_LADDER_H

#include <avs/check.h>

#include "cli.h"

/** Run and report; returns the exit code. On SIGINT and SIGTERM: what was seen so far, and the
 *  process ends. `evidence_file` NULL = none. */
int cli_check_ladder(const struct cli_command *command, const struct avs_check_options *options,
                     bool is_json, const char *evidence_file);

#endif
