/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim run: the application with the transport in place, its output read along, and the
 * diagnosis when something fails. The application must not notice. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <avs/check.h>
#include <avs/config.h>
#include <avs/inspect.h>
#include <avs/verdict.h>

#include "cli.h"
#include "output.h"
#include "run_pump.h"
#include "run_transport.h"

enum { EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };
#define NEWS_MAX 16 /* findings that wait for the end of a line */

struct options {
    struct cli_list configs;
    const char *transport, *sdk_version, *report, *html;
    bool is_stock, preloads_nothing, is_quiet, has_probe;
};

struct run {
    const struct cli_command *command;
    struct options options;
    struct run_program program;
    struct run_transport transport;
    struct avs_inspect *inspect;
    struct avs_config *config;
    char *news[NEWS_MAX];
    size_t first, count;
    char *told;                 /* lent to the pump */
    bool is_active, is_refused; /* the transport: its log says so; the loader could not load it */
};

#define AT(member) .offset = offsetof(struct options, member)
static const struct cli_option rows[] = {
    {.name = "config",
     .kind = CLI_LIST,
     .value = "FILE",
     AT(configs),
     .help = "the program's AlexaClientSDKConfig.json: what is wrong with it is told before the "
             "start, and --probe checks as it says; repeat for overlays, in order"},
    {.name = "probe",
     .kind = CLI_FLAG,
     AT(has_probe),
     .help = "when something failed, also check the endpoint live after the program's end, and "
             "merge both"},
    {.name = "quiet",
     .letter = 'q',
     .kind = CLI_FLAG,
     AT(is_quiet),
     .help = "say nothing while the program runs; the report comes at its end all the same"},
    {.name = "report",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(report),
     .help = "also write the report as JSON, schema " AVS_INSPECT_SCHEMA ", whatever it says"},
    {.name = "html",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(html),
     .help = "also as a page to look at: one file that loads nothing"},
    {.group = "The transport",
     .name = "transport",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(transport),
     .help = "libavs-shim-sdk.so, built for the program's release of the SDK; default: the one "
             "beside this command or among the system's libraries"},
    {.name = "stock",
     .kind = CLI_FLAG,
     AT(is_stock),
     .help = "leave the SDK its own transport; read its log all the same"},
    {.name = "no-preload",
     .kind = CLI_FLAG,
     AT(preloads_nothing),
     .help = "preload nothing, not even " RUN_WATCHER ", which says why the program's own https "
             "transfers by libcurl fail; read the output all the same"},
    {.name = "sdk",
     .kind = CLI_VALUE,
     .value = "VERSION",
     AT(sdk_version),
     .help = "the SDK's version (1.26), where the log has no banner"},
    {.name = NULL},
};
#undef AT

/* ---- the command line ---- */

/* Ours ends at "--"; what follows is the program's. */
static int parse(struct run *run, int argc, char **argv, char ***ret_words) {
    int own = 1, words = 0;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    int result = cli_parse(run->command, own, argv, &run->options, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words < own) {
        return cli_usage_error(run->command,
                               "'%s' stands before '--': avs-shim run [OPTION...] -- %s ...",
                               argv[words], argv[words]);
    }
    if (own + 1 >= argc) {
        return cli_usage_error(run->command, "which program? avs-shim run [OPTION...] -- PROGRAM "
                                             "[ARGUMENT...]");
    }
    if (run->options.transport && (run->options.is_stock || run->options.preloads_nothing)) {
        return cli_usage_error(run->command, "--transport excludes --stock and --no-preload");
    }
    if ((run->options.html && strcmp(run->options.html, "-") == 0) ||
        (run->options.report && strcmp(run->options.report, "-") == 0)) {
        return cli_usage_error(run->command, "standard output is the program's: name a file");
    }
    *ret_words = argv + own + 1;
    return CLI_GO_ON;
}

static int tell_missing(const struct run *run, const char *name, int error) {
    bool is_missing = error == ENOENT || error == ENOTDIR;
    const char *loader = run->program.elf.loader;
    const char *where = strchr(name, '/') || !is_missing ? "" : " in PATH";
    if (is_missing && run->program.missing_errno == 0) { /* it is there: what loads it is not */
        cli_fault(run->command, "cannot start '%s': it is there, but what loads it is not: %s",
                  name, loader[0] ? loader : "the interpreter of its first line");
    } else {
        cli_fault(run->command, "cannot start '%s': %s%s%s", name,
                  is_missing ? "there is no such program" : strerror(error), where,
                  error == EACCES    ? ". Make it executable: chmod +x FILE"
                  : error == ENOEXEC ? ". It is not for this machine"
                                     : "");
    }
    return is_missing ? EXIT_NOT_FOUND : EXIT_CANNOT;
}

/* ---- before the start ---- */

static int look_at_config(struct run *run) {
    const struct cli_list *files = &run->options.configs;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_report *report = NULL;
    char *text = NULL;
    if (files->count == 0) {
        return CLI_GO_ON;
    }
    if (avs_config_lint(files->items, files->count, run->options.sdk_version, &report, &error) !=
        AVS_OK) {
        return cli_error(run->command, &error);
    }
    if (avs_config_report_severity(report) != AVS_SEVERITY_INFO &&
        avs_config_report_to_text(report, "lint", cli_style_of(STDERR_FILENO), &text, &error) ==
            AVS_OK) {
        fprintf(stderr, "%s\n", text);
    }
    free(text);
    avs_config_report_free(report);
    if (avs_config_load(files->items, files->count, &run->config, &error) != AVS_OK) {
        run->config = NULL; /* the program will say the same; told above */
    }
    return CLI_GO_ON;
}

/* The watcher first, so that the adapter comes before it in the list. */
static int put_libraries_in(struct run *run) {
    struct run_transport *transport = &run->transport;
    struct run_transport watcher = {.is_preloaded = false};
    if (run->options.transport && access(run->options.transport, R_OK) != 0) {
        return cli_fault(run->command, "--transport '%s': %s", run->options.transport,
                         strerror(errno));
    }
    if (!run->options.preloads_nothing) {
        run_transport_choose(&run->program, RUN_WATCHER, NULL, &watcher);
    }
    if (!run->options.preloads_nothing && !run->options.is_stock) {
        run_transport_choose(&run->program, RUN_ADAPTER, run->options.transport, transport);
        if (!transport->is_preloaded) {
            fprintf(stderr,
                    "avs-shim run: the transport is not in place: %s. The program starts "
                    "with its own.\n",
                    transport->why);
        }
    }
    if ((watcher.is_preloaded && !run_preload(watcher.library)) ||
        (transport->is_preloaded && !run_preload(transport->library))) {
        return cli_fault(run->command, "no memory");
    }
    return CLI_GO_ON;
}

/* ---- while it runs ---- */

static void take_line(void *user, const char *line, size_t length) {
    struct run *run = user;
    if (!run->is_active && memmem(line, length, "AvsShim:active", 14)) {
        run->is_active = true;
    }
    if (!run->is_refused && memmem(line, length, "cannot be preloaded", 19)) {
        run->is_refused = true;
    }
    avs_inspect_push(run->inspect, line, length);
    avs_inspect_push(run->inspect, "\n", 1);
}

static void take_quiet(void *user) {
    struct run *run = user;
    avs_inspect_flush(run->inspect);
}

static void take_finding(void *user, const struct avs_inspect_finding *finding) {
    struct run *run = user;
    const struct avs_style *style = cli_style_of(STDERR_FILENO);
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL, *words = NULL;
    if (run->count == NEWS_MAX || /* the report at the end has it all the same */
        avs_inspect_finding_to_text(finding, style, &text, &error) != AVS_OK) {
        return;
    }
    if (asprintf(&words, "avs-shim run: the program met this:\n%s\n", text) >= 0) {
        run->news[(run->first + run->count++) % NEWS_MAX] = words;
    }
    free(text);
}

static const char *next_words(void *user) {
    struct run *run = user;
    free(run->told);
    run->told = NULL;
    if (run->count > 0) {
        run->told = run->news[run->first];
        run->first = (run->first + 1) % NEWS_MAX;
        run->count--;
    }
    return run->told;
}

/* ---- at its end ---- */

static bool is_gateway(const char *endpoint) {
    return strstr(endpoint, "alexa") || strstr(endpoint, "avs-") || !strchr(endpoint, '.');
}

/* The peer that failed; where that is the gateway, the configuration knows its name better than a
 * log, which may not have it. */
static void probe(struct run *run) {
    const char *seen = avs_inspect_report_endpoint(avs_inspect_report(run->inspect));
    const struct avs_config *config = run->config;
    const char *set = config ? avs_config_value(config, AVS_CONFIG_ENDPOINT) : NULL;
    bool is_set = set && (!seen[0] || is_gateway(seen));
    char endpoint[AVS_ENDPOINT_URL_MAX + 1];
    snprintf(endpoint, sizeof(endpoint), "%s", is_set ? set : seen[0] ? seen : "na");
    struct avs_check_options check = {
        .size = sizeof(check),
        .endpoint = endpoint,
        .endpoint_source = is_set    ? "config"
                           : seen[0] ? "log"
                                     : "default",
        .require_ats = is_gateway(endpoint),
    };
    if (config) {
        check.ca_file = avs_config_value(config, AVS_CONFIG_CA_FILE);
        check.ca_path = avs_config_value(config, AVS_CONFIG_CA_PATH);
        check.store_source = "config";
        check.proxy = avs_config_value(config, AVS_CONFIG_PROXY);
        check.interface_name = avs_config_value(config, AVS_CONFIG_INTERFACE);
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    struct avs_verdict *verdict = NULL;
    fprintf(stderr, "avs-shim run: checking %s live ...\n", endpoint);
    if (avs_check_run(&check, &evidence, &error) == AVS_OK &&
        avs_verdict_new(evidence, &verdict, &error) == AVS_OK) {
        avs_inspect_add_live(run->inspect, avs_evidence_endpoint(evidence),
                             avs_verdict_readiness(verdict), avs_verdict_cause(verdict));
    } else {
        cli_error(run->command, &error);
    }
    avs_verdict_free(verdict);
    avs_evidence_free(evidence);
}

static void tell_transport(const struct run *run) {
    const struct run_transport *transport = &run->transport;
    if (!transport->is_preloaded || run->is_active) {
        return;
    }
    if (run->is_refused) {
        fprintf(stderr,
                "avs-shim run: the loader could not load %s, see its line above: it lacks "
                "a library that the transport needs, or is for another system.\n",
                transport->library);
        return;
    }
    fprintf(stderr,
            "avs-shim run: %s was preloaded, but the log has no line AvsShim:active. Either the "
            "program never came to its transport, or the SDK is linked statically: then link the "
            "program with -lavs-shim-sdk before -lAVSCommon (docs/sdk.md).\n",
            transport->library);
}

static bool asks_for_debug(char *const *words) {
    bool is_asked = false;
    for (; *words; words++) {
        is_asked |= strncmp(*words, "DEBUG", strlen("DEBUG")) == 0;
    }
    return is_asked;
}

static void tell(const struct run *run, char *const *words, int exit_code) {
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    enum avs_inspect_answer answer = avs_inspect_report_answer(report);
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    if (answer == AVS_INSPECT_CANNOT_TELL && exit_code != 0) {
        fprintf(stderr,
                "avs-shim run: '%s' ended with %d, and its output says nothing of TLS or of "
                "a connection.%s\n",
                words[0], exit_code,
                asks_for_debug(words)
                    ? ""
                    : " If it is the SampleApp: with DEBUG9 as its last argument it says more.");
    }
    if (answer != AVS_INSPECT_FOUND) {
        return;
    }
    enum avs_status status =
        avs_inspect_report_to_text(report, words[0], cli_style_of(STDERR_FILENO), &text, &error);
    fprintf(stderr, "\n%s", status == AVS_OK ? text : "");
    tell_transport(run);
    free(text);
}

static void write_files(const struct run *run, const char *name) {
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    struct cli_outputs outputs = {.html = run->options.html};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_findings *findings = NULL;
    char *json = NULL;
    if (run->options.report && avs_inspect_report_to_json(report, name, &json, &error) == AVS_OK) {
        (void)cli_write_file(run->command, "report", run->options.report, json);
    }
    free(json);
    if (cli_outputs_any(&outputs)) {
        enum avs_status status = avs_findings_of_inspect(report, name, &findings, &error);
        (void)cli_outputs_write(run->command, &outputs, status, findings, &error, CLI_OK);
    }
}

static int run_program(struct run *run, char **words) {
    struct run_result result;
    const struct run_pump_options options = {.path = run->program.path,
                                             .words = words,
                                             .on_line = take_line,
                                             .on_quiet = take_quiet,
                                             .next_words = next_words,
                                             .user = run};
    if (!run_pump(&options, &result)) {
        cli_fault(run->command, "no process for '%s': %s", words[0], strerror(errno));
        return EXIT_CANNOT;
    }
    if (result.refused_errno) {
        return tell_missing(run, words[0], result.refused_errno);
    }
    avs_inspect_flush(run->inspect);
    if (run->options.has_probe &&
        avs_inspect_report_answer(avs_inspect_report(run->inspect)) == AVS_INSPECT_FOUND) {
        probe(run);
    }
    tell(run, words, result.exit_code);
    write_files(run, words[0]);
    return result.exit_code;
}

static int prepare(struct run *run, char **words) {
    run_program_find(words[0], &run->program);
    if (run->program.missing_errno) {
        return tell_missing(run, words[0], run->program.missing_errno);
    }
    int result = look_at_config(run);
    if (result == CLI_GO_ON) {
        result = put_libraries_in(run);
    }
    const struct avs_inspect_options options = {
        .size = sizeof(options),
        .sdk_version = run->options.sdk_version,
        .now = (int64_t)time(NULL),
        .on_finding = run->options.is_quiet ? NULL : take_finding,
        .user = run,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (result == CLI_GO_ON && avs_inspect_new(&options, &run->inspect, &error) != AVS_OK) {
        result = cli_error(run->command, &error);
    }
    return result;
}

static int run_main(const struct cli_command *command, int argc, char **argv) {
    char **words = NULL;
    struct run *run = calloc(1, sizeof(*run));
    if (!run) {
        return cli_fault(command, "no memory");
    }
    run->command = command;
    int result = parse(run, argc, argv, &words);
    if (result == CLI_GO_ON) {
        result = prepare(run, words);
    }
    if (result == CLI_GO_ON) {
        result = run_program(run, words);
    }
    while (next_words(run)) {
    }
    avs_inspect_free(run->inspect);
    avs_config_free(run->config);
    free(run);
    return result;
}

const struct cli_command cli_run = {
    .name = "run",
    .summary = "start the application with the transport in place, and say why when it fails",
    .usage = "[OPTION...] -- PROGRAM [ARGUMENT...]",
    .about =
        "Start PROGRAM with the avs-shim transport in place of the SDK's own (LD_PRELOAD, where "
        "that "
        "works; else which way works is said), read its output as 'avs-shim inspect' does, and say "
        "on standard error what is the matter with the connection: each cause when it is met, and "
        "the report at the end. When nothing is, nothing is said.\n"
        "\n"
        "The program does not notice: its output is passed on byte for byte as it comes, standard "
        "output and standard error apart, a terminal stays a terminal with its keys, its size and "
        "its job control, signals are passed on, and its exit code is this command's.",
    .options = rows,
    .notes =
        "A program that cannot be found ends with 127, one that cannot be started with 126, as "
        "in a shell. Tokens, serial numbers, passwords and e-mail addresses are masked in what "
        "this command says; the program's output is not touched.",
    .examples = "avs-shim run -- ./SampleApp AlexaClientSDKConfig.json DEBUG9\n"
                "avs-shim run --config AlexaClientSDKConfig.json --probe -- ./SampleApp "
                "AlexaClientSDKConfig.json\n"
                "avs-shim run --quiet --report report.json -- ./SampleApp "
                "AlexaClientSDKConfig.json > app.log",
    .exits = "0  the program ended with 0; any other code is its own, too (128 and the number of a "
             "signal)\n"
             "2  usage, a configuration or a library that cannot be read; or the program's own",
    .words_most = INT_MAX,
    .run = run_main,
};
