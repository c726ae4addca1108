/* avs-shim trust audit: which store the SDK really uses, and whether the roots are in it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <avs/store.h>

#include "cli.h"

static const char help[] =
    "Usage: avs-shim trust audit [OPTION...]\n"
    "\n"
    "Find every trust store of this device, say which one the AVS Device SDK will really use,\n"
    "and whether the five roots of Amazon Trust Services can be used from it. Opens no\n"
    "connection and changes nothing.\n"
    "\n"
    "The SDK connects through libcurl. It uses the CA file and CA path that are compiled into\n"
    "the libcurl it loads, unless libcurlUtils.CURLOPT_CAINFO or CURLOPT_CAPATH of its\n"
    "configuration say otherwise. The variables CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR\n"
    "are read by the curl command only: curl can work where the SDK fails.\n"
    "\n"
    "Options:\n"
    "  --config FILE    AlexaClientSDKConfig.json of the device\n"
    "  --ca-file FILE   audit this bundle instead of what the SDK would use\n"
    "  --ca-path DIR    audit this folder of hashed certificates likewise\n"
    "  --sysroot DIR    audit a root file system below DIR (Yocto, Buildroot, a mounted SD card)\n"
    "                   of any architecture: nothing of it is run, no link leads out of it;\n"
    "                   --config is a path on this machine, all others are paths below DIR\n"
    "  --verbose        also every shape of chain, the other stores and the dates of the public\n"
    "                   root programmes (all of it is in the JSON)\n"
    "  --json           one JSON object, schema avs-shim.trust-audit/1\n"
    "  -h, --help       this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim trust audit\n"
    "  avs-shim trust audit --config AlexaClientSDKConfig.json\n"
    "  avs-shim trust audit --sysroot /mnt/sdcard --json\n"
    "\n"
    "Exit codes:\n"
    "  0  every required root can be used\n"
    "  1  not: the report says which, why, and the next command\n"
    "  2  usage or configuration error\n";

enum {
    OPTION_CONFIG = 256,
    OPTION_CA_FILE,
    OPTION_CA_PATH,
    OPTION_SYSROOT,
    OPTION_VERBOSE,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"ca-path", required_argument, NULL, OPTION_CA_PATH},
    {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int report(const struct cli_command *command, const struct avs_trust_audit *audit,
                  bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status = is_json ? avs_trust_audit_to_json(audit, &text, &error)
                                     : avs_trust_audit_to_text(audit, cli_style(), &text, &error);
    if (status != AVS_OK) {
        return cli_error(command, &error);
    }
    fputs(text, stdout);
    free(text);
    return avs_trust_audit_is_usable(audit) ? CLI_OK : CLI_NOT_READY;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct avs_trust_audit_options options = {.size = sizeof(options)};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_audit *audit = NULL;
    bool is_json = false;
    opterr = 0;
    optind = 1;
    for (int id; (id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        if (id >= OPTION_CONFIG && id <= OPTION_SYSROOT && optarg[0] == '\0') {
            return cli_usage_error(command, "%s needs a path", argv[optind - 2]);
        }
        switch (id) {
        case OPTION_CONFIG:
            options.config_file = optarg;
            break;
        case OPTION_CA_FILE:
            options.ca_file = optarg;
            break;
        case OPTION_CA_PATH:
            options.ca_path = optarg;
            break;
        case OPTION_SYSROOT:
            options.sysroot = optarg;
            break;
        case OPTION_VERBOSE:
            options.is_verbose = true;
            break;
        case OPTION_JSON:
            is_json = true;
            break;
        case 'h':
            return cli_help(command);
        default:
            return cli_bad_option(command, id, argv);
        }
    }
    if (optind < argc) {
        return cli_usage_error(command, "unexpected argument '%s'", argv[optind]);
    }
    if (avs_trust_audit_run(&options, &audit, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    int code = report(command, audit, is_json);
    avs_trust_audit_free(audit);
    return code;
}

const struct cli_command cli_trust_audit = {
    .name = "trust audit",
    .summary = "which store the SDK really uses, and whether the roots are in it",
    .help = help,
    .run = run,
};
