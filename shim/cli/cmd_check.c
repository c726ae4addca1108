/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim check: the main job. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <avs/avs.h>

#include "check_ladder.h"
#include "cli.h"
#include "demo.h"
#include "output.h"
#include "progress.h"

#define TIMEOUT_MAX_S    600
#define LADDER_MAX_S     30
#define DEMO_ENDPOINT    "https://ok.localhost"
#define NO_ENDPOINT      "na"
#define NO_ENDPOINT_TEXT "the SDK's default since 1.13; the configuration names none"

struct arguments {
    struct avs_check_options options;
    struct cli_list configs;
    const char *evidence_file;
    struct cli_outputs outputs;
    long timeout_s;
    bool is_demo;
    bool is_json;
    bool any_root;
    bool is_ladder;
};

static int take_log_level(const struct cli_command *command, void *target, const char *value) {
    struct arguments *arguments = target;
    int level = avs_log_level_from_name(value);
    if (level < 0) {
        return cli_usage_error(command,
                               "--log-level '%s': one of DEBUG9 to DEBUG0, INFO, WARN, ERROR, "
                               "CRITICAL, NONE is needed",
                               value);
    }
    arguments->options.log = cli_stderr_log((enum avs_log_level)level);
    return CLI_GO_ON;
}

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.group = "What to check",
     .name = "endpoint",
     .kind = CLI_VALUE,
     .value = "URL|NAME",
     AT(options.endpoint),
     .help = "https://host[:port], or ats-test, na, eu, fe (the regional gateways), legacy-na, "
             "legacy-eu, legacy-fe; default ats-test: " AVS_ENDPOINT_ATS_TEST},
    {.name = "config",
     .kind = CLI_LIST,
     .value = "FILE",
     AT(configs),
     .help = "an AlexaClientSDKConfig.json: endpoint, CA file, CA path, proxy and interface as the "
             "SDK would use them; repeat for overlays, in order"},
    {.name = "sdk",
     .kind = CLI_VALUE,
     .value = "VERSION",
     AT(options.sdk),
     .help = "the device's SDK release, such as 1.26: kept with the evidence, for the totals of "
             "'avs-shim judge DIR'"},
    {.name = "connect-to",
     .kind = CLI_VALUE,
     .value = "HOST:PORT",
     AT(options.connect_to),
     .help = "dial there instead; server name and name check stay"},
    {.name = "demo",
     .kind = CLI_FLAG,
     AT(is_demo),
     .help = "a stand-in endpoint on loopback: real handshakes, no network needed"},
    CLI_TRUST_ROWS("private test beds, hosts on other CAs"),
    {.group = "How",
     .name = "http2-only",
     .kind = CLI_FLAG,
     AT(options.skip_http1),
     .help = "the HTTP/2 session alone"},
    {.name = "http1-only",
     .kind = CLI_FLAG,
     AT(options.skip_h2),
     .help = "the HTTP/1.1 session alone: it proves TLS, never \"ready\""},
    {.name = "families",
     .kind = CLI_FLAG,
     AT(options.with_families),
     .help = "also ask which root the server's RSA and ECDSA chains need"},
    {.name = "ladder",
     .kind = CLI_FLAG,
     AT(is_ladder),
     .help = "which combination works: one thing changed at a time (HTTP version, TLS version, "
             "certificate family, ALPN, each address, the proxy, sizes), what that proves, and the "
             "smallest change; at most 40 connections and 30 s"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 1,
     .most = TIMEOUT_MAX_S,
     .help = "for the whole run, 1 to 600; default 15; with --ladder 1 to 30, default 30"},
    {.name = "log-level",
     .kind = CLI_TAKE,
     .value = "LEVEL",
     .take = take_log_level,
     .help = "log lines in the SDK's format on stderr: DEBUG9 .. CRITICAL"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the report as JSON, schema avs-shim.check/1"},
    {.name = "evidence",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(evidence_file),
     .help =
         "also write what was seen, for a ticket: no secrets in it; 'avs-shim judge FILE' gives "
         "the same verdict from it"},
    CLI_OUTPUT_ROWS,
    CLI_OUTPUT_METRICS,
    {.name = NULL},
};
#undef AT

/* It has a report of its own, and varies by itself what these ask for. */
static int check_ladder_options(const struct cli_command *command,
                                const struct arguments *arguments) {
    const struct avs_check_options *check = &arguments->options;
    if (check->skip_h2 || check->skip_http1 || check->with_families) {
        return cli_usage_error(command, "--ladder tries these itself: leave out --http2-only, "
                                        "--http1-only and --families");
    }
    if (cli_outputs_any(&arguments->outputs)) {
        return cli_usage_error(command, "--ladder writes its report as text or --json alone");
    }
    if (check->timeout_ms > LADDER_MAX_S * 1000) {
        return cli_usage_error(command, "--ladder takes at most %d seconds", LADDER_MAX_S);
    }
    return CLI_GO_ON;
}

static int parse(const struct cli_command *command, int argc, char **argv,
                 struct arguments *arguments) {
    int words = 0;
    int result = cli_parse(command, argc, argv, arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    struct avs_check_options *check = &arguments->options;
    if (words < argc) {
        return cli_usage_error(command,
                               "'%s' is not expected here (for an endpoint: --endpoint %s)",
                               argv[words], argv[words]);
    }
    if (check->skip_h2 && check->skip_http1) {
        return cli_usage_error(command, "--http2-only and --http1-only exclude each other");
    }
    if (arguments->is_demo &&
        (check->connect_to || check->ca_file || check->ca_path || arguments->configs.count > 0)) {
        return cli_usage_error(command, "--demo brings its own endpoint and roots: leave out "
                                        "--connect-to, --ca-file, --ca-path and --config");
    }
    if (check->endpoint && !cli_is_endpoint(command, check->endpoint)) {
        return CLI_USAGE;
    }
    const char *meant =
        arguments->is_demo && check->endpoint ? cli_demo_meant(check->endpoint) : NULL;
    if (meant) {
        return cli_usage_error(command,
                               "'%s' is no scenario of the stand-in; did you mean 'https://%s'? "
                               "'avs-shim standin --list' shows all",
                               check->endpoint, meant);
    }
    check->timeout_ms = (int)arguments->timeout_s * 1000;
    if (arguments->is_ladder && (result = check_ladder_options(command, arguments)) != CLI_GO_ON) {
        return result;
    }
    if (check->ca_file || check->ca_path) {
        check->store_source = "option";
    }
    arguments->outputs.evidence = arguments->evidence_file;
    return cli_outputs_check(command, &arguments->outputs, arguments->is_json);
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
    int result = cli_print_verdict(command, evidence, arguments->is_json, &arguments->outputs);
    return result == CLI_OK ? written : result; /* the verdict's code, but for a success by half */
}

static int check(const struct cli_command *command, const struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (arguments->is_ladder) {
        return cli_check_ladder(command, &arguments->options, arguments->is_json,
                                arguments->evidence_file);
    }
    cli_progress_start("checking");
    enum avs_status status = avs_check_run(&arguments->options, &evidence, &error);
    cli_progress_stop();
    if (arguments->is_demo) {
        cli_demo_hold();
    }
    if (status != AVS_OK) {
        return cli_outputs_error(command, &arguments->outputs, &error);
    }
    int result = report(command, arguments, evidence);
    avs_evidence_free(evidence);
    return result;
}

static int check_config(const struct cli_command *command, struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config *config = NULL;
    if (avs_config_load(arguments->configs.items, arguments->configs.count, &config, &error) !=
        AVS_OK) {
        return cli_outputs_error(command, &arguments->outputs, &error);
    }
    apply_config(config, &arguments->options);
    arguments->options.config_files = arguments->configs.items;
    arguments->options.config_count = arguments->configs.count;
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
    if (!arguments->is_json && !cli_outputs_takes_stdout(&arguments->outputs)) {
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
    if (result != CLI_GO_ON) {
        return result;
    }
    arguments.options.require_ats = !arguments.any_root;
    if (arguments.is_demo) {
        return check_demo(command, &arguments);
    }
    return arguments.configs.count > 0 ? check_config(command, &arguments)
                                       : check(command, &arguments);
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "prove whether this device reaches AVS over ATS certificates",
    .usage = "[OPTION...]",
    .about = "Prove, end to end, whether this device reaches an AVS endpoint over Amazon Trust "
             "Services (ATS) certificates. Makes an HTTP/2 session and an HTTP/1.1 session, each "
             "over TLS 1.2 or better with the chain and the host name verified, asks for /, and "
             "says what came back, and if it failed, why and what to do. Certificate verification "
             "cannot be switched off.",
    .options = rows,
    .notes = "Environment: https_proxy, all_proxy and no_proxy as libcurl reads them; NO_COLOR.",
    .examples = "avs-shim check\n"
                "avs-shim check --endpoint eu\n"
                "avs-shim check --config /etc/AlexaClientSDKConfig.json --evidence ticket.json\n"
                "avs-shim check --ladder\n"
                "avs-shim check --demo --endpoint https://expired.localhost",
    .exits = "0  ready: an answer over HTTP/2, whatever its status, on verified TLS\n"
             "1  not ready\n"
             "2  usage or configuration error; ready, but --evidence could not be written\n"
             "3  cannot tell: the endpoint was never reached, or HTTP/2 was not asked",
    .schema = "avs-shim.check/1",
    .words_most = INT_MAX,
    .run = run,
};
