/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a command's options, for those who read them: parser, help, completion. */
#ifndef AVS_CLI_OPTIONS_H
#define AVS_CLI_OPTIONS_H

#include "cli.h"

/** True when the command line asks for JSON, whatever else is wrong with it. */
bool cli_wants_json(void);

/** The row --help, which every command has. */
extern const struct cli_option cli_help_option;

/** The option at `index`, --help last; NULL behind it. */
const struct cli_option *cli_option_at(const struct cli_command *command, size_t index);

#endif
