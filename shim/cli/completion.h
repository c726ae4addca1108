/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all commands as completion for the shells. */
#ifndef AVS_CLI_COMPLETION_H
#define AVS_CLI_COMPLETION_H

#include "cli.h"

/** Print the completion script for "bash", "zsh" or "fish"; false for another shell. */
bool cli_completion(const char *shell);

#endif
