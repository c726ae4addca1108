/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot: a table of commands, one file each. */
#include "cli.h"

static const struct cli_command *const commands[] = {
    &cli_iot_explain, &cli_iot_check, &cli_iot_plan, &cli_iot_regions, &cli_iot_endpoint, NULL,
};

const struct cli_command cli_iot = {
    .name = "iot",
    .summary = "AWS IoT Core: its names, its regions, and how devices move to ATS endpoints",
    .usage = "COMMAND [OPTION...]",
    .about = "AWS IoT Core: which endpoint a device should use, which root that needs, and how a "
             "fleet gets there.",
    .examples = "avs-shim iot explain a1b2.iot.us-east-1.amazonaws.com\n"
                "avs-shim iot check HOST --cert device.pem.crt --key private.pem.key\n"
                "avs-shim iot endpoint --region us-east-1\n"
                "avs-shim iot plan devices.csv",
    .schema = "avs-shim.iot/1", /* of an error; each command has its own */
    .commands = commands,
    .run = cli_run_below,
};
