/* avs-shim check: the main job. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <avs/avs.h>

#include "cli.h"
#include "demo.h"
#include "output.h"

#define CONFIGS_MAX      AVS_CONFIG_FILES_MAX
#define TIMEOUT_MAX_S    600
#define DEMO_ENDPOINT    "https://ok.localhost"
#define NO_ENDPOINT      "na"
#define NO_ENDPOINT_TEXT "the SDK's default since 1.13; the configuration names none"

static const char help[] =
    "Usage: avs-shim check [OPTION...]\n"
    "\n"
    "Prove, end to end, whether this device reaches an AVS endpoint over Amazon Trust Services\n"
    "(ATS) certificates. Makes an HTTP/2 session and an HTTP/1.1 session, each over TLS 1.2 or\n"
    "better with the chain and the host name verified, asks for /, and says what came back, and "
    "if\n"
    "it failed, why and what to do. Certificate verification cannot be switched off.\n"
    "\n"
    "What to check:\n"
    "  --endpoint URL|NAME  https://host[:port], or ats-test, na, eu, fe (the regional gateways),\n"
    "                       legacy-na, legacy-eu, legacy-fe; default ats-test:\n"
    "                       https://avs-ats-cert-test.amazon.com\n"
    "  --config FILE        an AlexaClientSDKConfig.json: endpoint, CA file, CA path, proxy and\n"
    "                       interface as the SDK would use them; repeat for overlays, in order\n"
    "  --connect-to HOST:PORT  dial there instead; server name and name check stay\n"
    "  --demo               a stand-in endpoint on loopback: real handshakes, no network needed\n"
    "\n"
    "What to trust:\n"
    "  --ca-file FILE       PEM bundle of trusted roots; default: the one libcurl was built with\n"
    "  --ca-path DIR        directory of hashed certificates\n"
    "  --ats-roots FILE     PEM file of the roots that count as ATS; default: the built-in five\n"
    "  --any-root           any trusted root will do (private test beds, hosts on other CAs)\n"
    "\n"
    "How:\n"
    "  --http2-only, --http1-only  one session; HTTP/1.1 alone proves TLS, never \"ready\"\n"
    "  --families           also ask which root the server's RSA and ECDSA chains need\n"
    "  --timeout SECONDS    for the whole run, 1 to 600; default 15\n"
    "  --log-level LEVEL    log lines in the SDK's format on stderr: DEBUG9 .. CRITICAL\n"
    "  --json               the report as JSON, schema avs-shim.check/1\n"
    "  --evidence FILE      also write what was seen, for a ticket: no secrets in it;\n"
    "                       'avs-shim judge FILE' gives the same verdict from it\n"
    "  -h, --help           this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim check\n"
    "  avs-shim check --endpoint eu\n"
    "  avs-shim check --config /etc/AlexaClientSDKConfig.json --evidence ticket.json\n"
    "  avs-shim check --demo --endpoint https://expired.localhost\n"
    "\n"
    "Exit codes: 0 ready (an answer over HTTP/2, whatever its status, on verified TLS), 1 not\n"
    "ready, 2 usage or configuration error, 3 cannot tell (the endpoint was never reached, or\n"
    "HTTP/2 was not asked).\n"
    "Environment: https_proxy, all_proxy and no_proxy as libcurl reads them; NO_COLOR.\n";

enum option_id {
    OPTION_ENDPOINT = 256,
    OPTION_CONFIG,
    OPTION_CONNECT_TO,
    OPTION_DEMO,
    OPTION_CA_FILE,
    OPTION_CA_PATH,
    OPTION_ATS_ROOTS,
    OPTION_ANY_ROOT,
    OPTION_HTTP2_ONLY,
    OPTION_HTTP1_ONLY,
    OPTION_FAMILIES,
    OPTION_TIMEOUT,
    OPTION_LOG_LEVEL,
    OPTION_JSON,
    OPTION_EVIDENCE,
};

static const struct option long_options[] = {
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"connect-to", required_argument, NULL, OPTION_CONNECT_TO},
    {"demo", no_argument, NULL, OPTION_DEMO},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"ca-path", required_argument, NULL, OPTION_CA_PATH},
    {"ats-roots", required_argument, NULL, OPTION_ATS_ROOTS},
    {"any-root", no_argument, NULL, OPTION_ANY_ROOT},
    {"http2-only", no_argument, NULL, OPTION_HTTP2_ONLY},
    {"http1-only", no_argument, NULL, OPTION_HTTP1_ONLY},
    {"families", no_argument, NULL, OPTION_FAMILIES},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"json", no_argument, NULL, OPTION_JSON},
    {"evidence", required_argument, NULL, OPTION_EVIDENCE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct arguments {
    struct avs_check_options options;
    const char *configs[CONFIGS_MAX];
    size_t config_count;
    const char *evidence_file;
    bool is_demo;
    bool is_json;
    bool is_help;
};

static int set_option(const struct cli_command *command, struct arguments *arguments, int id,
                      char **argv) {
    struct avs_check_options *options = &arguments->options;
    long number = 0;
    switch (id) {
    case OPTION_ENDPOINT:
        options->endpoint = optarg;
        return CLI_OK;
    case OPTION_CONFIG:
        if (arguments->config_count == CONFIGS_MAX) {
            return cli_usage_error(command, "--config: %d files at most", CONFIGS_MAX);
        }
        arguments->configs[arguments->config_count++] = optarg;
        return CLI_OK;
    case OPTION_CONNECT_TO:
        options->connect_to = optarg;
        return CLI_OK;
    case OPTION_DEMO:
        arguments->is_demo = true;
        return CLI_OK;
    case OPTION_CA_FILE:
        options->ca_file = optarg;
        options->store_source = "option";
        return CLI_OK;
    case OPTION_CA_PATH:
        options->ca_path = optarg;
        options->store_source = "option";
        return CLI_OK;
    case OPTION_ATS_ROOTS:
        options->ats_roots_file = optarg;
        return CLI_OK;
    case OPTION_ANY_ROOT:
        options->any_root = true;
        return CLI_OK;
    case OPTION_HTTP2_ONLY:
        options->skip_http1 = true;
        return CLI_OK;
    case OPTION_HTTP1_ONLY:
        options->skip_h2 = true;
        return CLI_OK;
    case OPTION_FAMILIES:
        options->with_families = true;
        return CLI_OK;
    case OPTION_TIMEOUT:
        if (!cli_number(command, "--timeout", optarg, 1, TIMEOUT_MAX_S, &number)) {
            return CLI_USAGE;
        }
        options->timeout_ms = (int)number * 1000;
        return CLI_OK;
    case OPTION_LOG_LEVEL: {
        int level = avs_log_level_from_name(optarg);
        if (level < 0) {
            return cli_usage_error(command,
                                   "--log-level '%s': one of DEBUG9 to DEBUG0, INFO, WARN, ERROR, "
                                   "CRITICAL, NONE is needed",
                                   optarg);
        }
        options->log = cli_stderr_log((enum avs_log_level)level);
        return CLI_OK;
    }
    case OPTION_JSON:
        arguments->is_json = true;
        return CLI_OK;
    case OPTION_EVIDENCE:
        arguments->evidence_file = optarg;
        return CLI_OK;
    case 'h':
        arguments->is_help = true;
        return CLI_OK;
    default:
        return cli_bad_option(command, id, argv);
    }
}

static int parse(const struct cli_command *command, int argc, char **argv,
                 struct arguments *arguments) {
    opterr = 0;
    int id;
    while ((id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        int result = set_option(command, arguments, id, argv);
        if (result != CLI_OK) {
            return result;
        }
    }
    const struct avs_check_options *options = &arguments->options;
    if (optind < argc) {
        return cli_usage_error(command,
                               "'%s' is not expected here (for an endpoint: --endpoint %s)",
                               argv[optind], argv[optind]);
    }
    if (options->skip_h2 && options->skip_http1) {
        return cli_usage_error(command, "--http2-only and --http1-only exclude each other");
    }
    if (arguments->is_demo && (options->connect_to || options->ca_file || options->ca_path ||
                               arguments->config_count > 0)) {
        return cli_usage_error(command, "--demo brings its own endpoint and roots: leave out "
                                        "--connect-to, --ca-file, --ca-path and --config");
    }
    return CLI_OK;
}

/* What the SDK would use, where no option says otherwise. Strings are the config's. */
static void apply_config(const struct avs_config *config, struct avs_check_options *options) {
    if (!options->endpoint) {
        options->endpoint = avs_config_value(config, AVS_CONFIG_ENDPOINT);
        options->endpoint_source = avs_config_source(config, AVS_CONFIG_ENDPOINT);
        if (!options->endpoint) {
            options->endpoint = NO_ENDPOINT;
            options->endpoint_source = NO_ENDPOINT_TEXT;
        }
    }
    if (!options->ca_file && !options->ca_path) {
        options->ca_file = avs_config_value(config, AVS_CONFIG_CA_FILE);
        options->ca_path = avs_config_value(config, AVS_CONFIG_CA_PATH);
        options->store_source = "config";
    }
    options->proxy = avs_config_value(config, AVS_CONFIG_PROXY);
    options->interface_name = avs_config_value(config, AVS_CONFIG_INTERFACE);
}

static int report(const struct cli_command *command, const struct arguments *arguments,
                  const struct avs_evidence *evidence) {
    int written = CLI_OK;
    if (arguments->evidence_file) {
        written = cli_write_evidence(command, arguments->evidence_file, evidence);
    }
    int result = cli_print_verdict(command, evidence, arguments->is_json);
    return written == CLI_OK ? result : written; /* the run is worth its report all the same */
}

static int check(const struct cli_command *command, const struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (avs_check_run(&arguments->options, &evidence, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    int result = report(command, arguments, evidence);
    avs_evidence_free(evidence);
    return result;
}

static int check_config(const struct cli_command *command, struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config *config = NULL;
    if (avs_config_load(arguments->configs, arguments->config_count, &config, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    apply_config(config, &arguments->options);
    arguments->options.config_files = arguments->configs;
    arguments->options.config_count = arguments->config_count;
    int result = check(command, arguments);
    avs_config_free(config);
    return result;
}

static int check_demo(const struct cli_command *command, struct arguments *arguments) {
    struct cli_demo demo;
    if (!cli_demo_start(command, &demo)) {
        return CLI_USAGE;
    }
    struct avs_check_options *options = &arguments->options;
    options->connect_to = demo.connect_to;
    options->ca_file = demo.ca_file;
    options->store_source = "the stand-in";
    options->proxy = "";
    options->is_demo = true;
    if (!options->ats_roots_file) {
        options->ats_roots_file = demo.ats_roots_file;
    }
    if (!options->endpoint) {
        options->endpoint = DEMO_ENDPOINT;
        options->endpoint_source = "the demo";
    }
    if (!arguments->is_json) {
        printf("Demo: a stand-in endpoint on %s, with roots of its own; nothing leaves this "
               "machine.\n\n",
               demo.connect_to);
    }
    int result = check(command, arguments);
    cli_demo_stop();
    return result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_check_options)};
    int result = parse(command, argc, argv, &arguments);
    if (arguments.is_help) {
        return cli_help(command);
    }
    if (result != CLI_OK) {
        return result;
    }
    if (arguments.is_demo) {
        return check_demo(command, &arguments);
    }
    return arguments.config_count > 0 ? check_config(command, &arguments)
                                      : check(command, &arguments);
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "prove whether this device reaches AVS over ATS certificates",
    .help = help,
    .run = run,
};
