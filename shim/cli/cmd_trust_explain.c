/* avs-shim trust explain: why a saved certificate chain is refused. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <avs/explain.h>

#include "cli.h"

static const char help[] =
    "Usage: avs-shim trust explain --chain FILE [--host NAME] [--at TIME]\n"
    "           [--ca-file FILE] [--ca-path DIR] [--ats-roots FILE] [--any-root] [--json]\n"
    "\n"
    "Judge a saved certificate chain as a connection would, and name the reason of a refusal: the\n"
    "root or the intermediate that is missing, interception, a wrong clock, a wrong name. Works\n"
    "offline; nothing is fetched. Revocation (CRL, OCSP) is not checked, as in curl and the SDK.\n"
    "\n"
    "Options:\n"
    "  --chain FILE      the chain, PEM, as openssl s_client -showcerts prints it (text between "
    "the\n"
    "                    blocks is skipped, quoted or indented lines are read); - reads standard "
    "input\n"
    "  --host NAME       the host that was asked for; without it names are not checked\n"
    "  --at TIME         judge at that time: 2026-11-21, 2026-11-21T19:03:32Z or Unix seconds as\n"
    "                    @1795287812; default: now\n"
    "  --ca-file FILE    trusted roots, PEM; default: the store that libcurl was built with\n"
    "  --ca-path DIR     directory of trusted roots with OpenSSL's hash links\n"
    "  --ats-roots FILE  roots that count as Amazon Trust Services, PEM (for test beds)\n"
    "  --any-root        an accepted chain needs no Amazon root\n"
    "  --json            one JSON object, schema avs-shim.trust-explain/1\n"
    "  -h, --help        this text\n"
    "\n"
    "Examples:\n"
    "  openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null >chain.pem\n"
    "  avs-shim trust explain --chain chain.pem --host HOST\n"
    "  avs-shim trust explain --chain chain.pem --at 2014-01-01     as a device with that clock\n"
    "\n"
    "Exit codes: 0 accepted; 1 refused, or no Amazon root; 2 usage error, unreadable chain.\n";

enum option_id {
    OPTION_CHAIN = 256,
    OPTION_HOST,
    OPTION_AT,
    OPTION_CA_FILE,
    OPTION_CA_PATH,
    OPTION_ATS_ROOTS,
    OPTION_ANY_ROOT,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"chain", required_argument, NULL, OPTION_CHAIN},
    {"host", required_argument, NULL, OPTION_HOST},
    {"at", required_argument, NULL, OPTION_AT},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"ca-path", required_argument, NULL, OPTION_CA_PATH},
    {"ats-roots", required_argument, NULL, OPTION_ATS_ROOTS},
    {"any-root", no_argument, NULL, OPTION_ANY_ROOT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_explanation(const struct cli_command *command,
                             const struct avs_trust_explanation *explanation, bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        is_json ? avs_trust_explanation_to_json(explanation, &text, &error)
                : avs_trust_explanation_to_text(explanation, cli_style(), &text, &error);
    if (status != AVS_OK) {
        return cli_error(command, &error);
    }
    fputs(text, stdout);
    free(text);
    return explanation->cause_count == 0 ||
                   avs_cause_info(explanation->causes[0])->severity < AVS_SEVERITY_ERROR
               ? CLI_OK
               : CLI_NOT_READY;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct avs_trust_explain_options options = {.size = sizeof(options)};
    bool is_json = false;
    optind = 1;
    opterr = 0;
    for (int result; (result = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (result) {
        case OPTION_CHAIN:
            options.chain_file = optarg;
            break;
        case OPTION_HOST:
            options.host = optarg;
            break;
        case OPTION_AT:
            if (!avs_trust_time_parse(optarg, &options.at)) {
                return cli_usage_error(command,
                                       "--at '%s' is no time of the calendar; write 2026-11-21, "
                                       "2026-11-21T19:03:32Z or @SECONDS (UTC, after 1970)",
                                       optarg);
            }
            break;
        case OPTION_CA_FILE:
            options.ca_file = optarg;
            break;
        case OPTION_CA_PATH:
            options.ca_path = optarg;
            break;
        case OPTION_ATS_ROOTS:
            options.ats_roots_file = optarg;
            break;
        case OPTION_ANY_ROOT:
            options.any_root = true;
            break;
        case OPTION_JSON:
            is_json = true;
            break;
        case 'h':
            return cli_help(command);
        default:
            return cli_bad_option(command, result, argv);
        }
    }
    if (optind < argc) {
        return cli_usage_error(command, "unexpected argument '%s'", argv[optind]);
    }
    if (!options.chain_file) {
        return cli_usage_error(command, "--chain FILE is needed");
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_explanation *explanation = NULL;
    if (avs_trust_explain(&options, &explanation, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    int exit_code = print_explanation(command, explanation, is_json);
    avs_trust_explanation_free(explanation);
    return exit_code;
}

const struct cli_command cli_trust_explain = {
    .name = "trust explain",
    .summary = "why a saved certificate chain is refused",
    .help = help,
    .run = run,
};
