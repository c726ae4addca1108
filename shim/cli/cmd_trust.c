/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim trust: a table of commands, one file each. */
#include "cli.h"

static const struct cli_command *const commands[] = {
    &cli_trust_explain,
    &cli_trust_audit,
    &cli_trust_install,
    NULL,
};

const struct cli_command cli_trust = {
    .name = "trust",
    .summary = "explain a refused chain, audit the trust store, add the ATS roots to it",
    .usage = "COMMAND [OPTION...]",
    .about = "The trust stores of this device or of an image.",
    .examples =
        "avs-shim trust audit                        are the roots there, where the SDK looks?\n"
        "avs-shim trust install                      what would be added, and how\n"
        "avs-shim trust explain --chain chain.pem    why was this chain refused?",
    .schema = "avs-shim.trust/1", /* of an error; each command has its own */
    .commands = commands,
    .run = cli_run_below,
};
