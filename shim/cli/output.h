/* SPDX-License-Identifier: Apache-2.0 */
/* What check and judge print, and the evidence file both know. */
#ifndef AVS_CLI_OUTPUT_H
#define AVS_CLI_OUTPUT_H

#include <avs/evidence.h>

#include "cli.h"

/** Judge `evidence` and print the verdict as text or JSON; returns the verdict's exit code. */
int cli_print_verdict(const struct cli_command *command, const struct avs_evidence *evidence,
                      bool is_json);

/** Write the evidence to `path`, atomically; CLI_OK, or CLI_USAGE and a message on stderr. */
int cli_write_evidence(const struct cli_command *command, const char *path,
                       const struct avs_evidence *evidence);

/** Read a whole file of at most `limit_bytes` ("-" is standard input). Caller frees *ret_text.
 *  CLI_OK, or CLI_USAGE and a message on stderr that names the file and the fault. */
int cli_read_file(const struct cli_command *command, const char *path, size_t limit_bytes,
                  char **ret_text, size_t *ret_length);

#endif
