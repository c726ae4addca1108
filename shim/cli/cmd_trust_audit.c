/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim trust audit: which store the SDK really uses, and whether the roots are in it. */
#include <stdio.h>
#include <stdlib.h>

#include <avs/store.h>

#include "output.h"

struct arguments {
    struct avs_trust_audit_options options;
    struct cli_outputs outputs;
    bool is_json;
};

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "config",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.config_file),
     .help = "AlexaClientSDKConfig.json of the device"},
    {.name = "ca-file",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.ca_file),
     .help = "audit this bundle instead of what the SDK would use"},
    {.name = "ca-path",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.ca_path),
     .help = "audit this folder of hashed certificates likewise"},
    {.name = "sysroot",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.sysroot),
     .help = "audit a root file system below DIR (Yocto, Buildroot, a mounted SD card) of any "
             "architecture: nothing of it is run, no link leads out of it; --config is a path on "
             "this machine, all others are paths below DIR"},
    {.name = "verbose",
     .kind = CLI_FLAG,
     AT(options.is_verbose),
     .help = "also every shape of chain, the other stores and the dates of the public root "
             "programmes (all of it is in the JSON)"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "one JSON object, schema " AVS_TRUST_AUDIT_SCHEMA},
    CLI_OUTPUT_ROWS,
    CLI_OUTPUT_METRICS,
    CLI_OUTPUT_SARIF,
    {.name = NULL},
};
#undef AT

static int report(const struct cli_command *command, const struct avs_trust_audit *audit,
                  const struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    int result = avs_trust_audit_is_usable(audit) ? CLI_OK : CLI_NOT_READY;
    if (!cli_outputs_takes_stdout(&arguments->outputs)) {
        enum avs_status status = arguments->is_json
                                     ? avs_trust_audit_to_json(audit, &text, &error)
                                     : avs_trust_audit_to_text(audit, cli_style(), &text, &error);
        if (cli_print_taken(command, status, text, &error) != CLI_OK) {
            return CLI_USAGE;
        }
    }
    if (cli_outputs_any(&arguments->outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_audit(audit, &findings, &error);
        result = cli_outputs_write(command, &arguments->outputs, status, findings, &error, result);
    }
    return result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_trust_audit_options)};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_audit *audit = NULL;
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    result = cli_outputs_check(command, &arguments.outputs, arguments.is_json);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (avs_trust_audit_run(&arguments.options, &audit, &error) != AVS_OK) {
        return cli_outputs_error(command, &arguments.outputs, &error);
    }
    result = report(command, audit, &arguments);
    avs_trust_audit_free(audit);
    return result;
}

const struct cli_command cli_trust_audit = {
    .name = "trust audit",
    .summary = "which store the SDK really uses, and whether the roots are in it",
    .usage = "[OPTION...]",
    .about = "Find every trust store of this device, say which one the AVS Device SDK will really "
             "use, and whether the five roots of Amazon Trust Services can be used from it. Opens "
             "no connection and changes nothing.\n"
             "\n"
             "The SDK connects through libcurl. It uses the CA file and CA path that are compiled "
             "into the libcurl it loads, unless libcurlUtils.CURLOPT_CAINFO or CURLOPT_CAPATH of "
             "its configuration say otherwise. The variables CURL_CA_BUNDLE, SSL_CERT_FILE and "
             "SSL_CERT_DIR are read by the curl command only: curl can work where the SDK fails.",
    .options = rows,
    .examples = "avs-shim trust audit\n"
                "avs-shim trust audit --config AlexaClientSDKConfig.json\n"
                "avs-shim trust audit --sysroot /mnt/sdcard --json",
    .exits = "0  every required root can be used\n"
             "1  not: the report says which, why, and the next command\n"
             "2  usage or configuration error",
    .schema = AVS_TRUST_AUDIT_SCHEMA,
    .run = run,
};
