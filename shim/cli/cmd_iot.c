/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot: a table of commands, one file each. */
#include "cli.h"

static const struct cli_command *const commands[] = {
    &cli_iot_explain,
    &cli_iot_regions,
    &cli_iot_endpoint,
    NULL,
};

const struct cli_command cli_iot = {
    .name = "iot",
    .summary = "AWS IoT Core: its names, its regions, and how devices move to ATS endpoints",
    .usage = "COMMAND [OPTION...]",
    .about = "AWS IoT Core: the device data endpoints and their roots.",
    .examples =
        "avs-shim iot regions                        the guide's table with today's beside it",
    .schema = "avs-shim.iot/1", /* of an error; each command has its own */
    .commands = commands,
    .run = cli_run_below,
};
