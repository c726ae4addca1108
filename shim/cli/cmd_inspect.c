/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim inspect: from the SDK's debug log to the cause of the SSL exception. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <avs/check.h>
#include <avs/inspect.h>
#include <avs/verdict.h>

#include "cli.h"
#include "inspect_input.h"
#include "output.h"

struct options {
    const char *path, *sdk_version, *endpoint, *ca_file, *ats_roots, *connect_to;
    bool has_follow, has_json, has_probe, any_root;
    long timeout_s;
    struct cli_outputs outputs;
};

struct run {
    const struct cli_command *command;
    const struct options *options;
    struct avs_inspect *inspect;
    struct avs_error fault; /* told after the report: what was read counts all the same */
    bool has_news;          /* --follow --json: a cause was met for the first time */
};

#define TIMEOUT_MAX_S 600

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number) {
    (void)signal_number;
    is_stopped = 1;
}

#define AT(member) .offset = offsetof(struct options, member)
static const struct cli_option rows[] = {
    {.name = "sdk",
     .kind = CLI_VALUE,
     .value = "VERSION",
     AT(sdk_version),
     .help = "the SDK's version (1.26), where the log has no banner"},
    {.name = "follow",
     .letter = 'f',
     .kind = CLI_FLAG,
     AT(has_follow),
     .help = "wait for more, through rotation; report each new cause once; Ctrl-C ends with the "
             "summary"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(has_json),
     .help = "one JSON object, schema " AVS_INSPECT_SCHEMA "; with --follow one for each new cause "
             "and one at the end"},
    {.group = "The live check",
     .name = "probe",
     .kind = CLI_FLAG,
     AT(has_probe),
     .help = "also check the endpoint found in the log, live, and merge both"},
    {.name = "endpoint",
     .kind = CLI_VALUE,
     .value = "URL|NAME",
     AT(endpoint),
     .help = "probe this endpoint instead"},
    {.name = "ca-file",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(ca_file),
     .help = "probe with the roots of this PEM file, as the SDK would"},
    {.name = "ats-roots",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(ats_roots),
     .help = "these roots count as Amazon Trust Services' (test beds)"},
    {.name = "connect-to",
     .kind = CLI_VALUE,
     .value = "HOST:PORT",
     AT(connect_to),
     .help = "probe by dialling this instead; the name that is checked stays"},
    {.name = "any-root",
     .kind = CLI_FLAG,
     AT(any_root),
     .help = "any trusted root will do, not only Amazon Trust Services'"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 1,
     .most = TIMEOUT_MAX_S,
     .help = "of the probe; default 15"},
    CLI_OUTPUT_ROWS,
    {.name = NULL},
};
#undef AT

/* CLI_GO_ON, or the exit code. */
static int parse(const struct cli_command *command, int argc, char **argv,
                 struct options *options) {
    int words = 0;
    int result = cli_parse(command, argc, argv, options, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (argc - words > 1) {
        return cli_usage_error(command, "one FILE at a time, please: '%s' is one too many",
                               argv[words + 1]);
    }
    options->path = words < argc ? argv[words] : "-";
    if (!options->has_probe && (options->endpoint || options->ca_file || options->ats_roots ||
                                options->connect_to || options->any_root || options->timeout_s)) {
        return cli_usage_error(command,
                               "--endpoint, --ca-file, --ats-roots, --connect-to, --any-root and "
                               "--timeout are for the live check: add --probe");
    }
    if (options->has_follow && cli_outputs_takes_stdout(&options->outputs)) {
        return cli_usage_error(command,
                               "--follow tells each finding when it is met: as text or with "
                               "--json; other formats go into a file");
    }
    if (options->endpoint && !cli_is_endpoint(command, options->endpoint)) {
        return CLI_USAGE;
    }
    return cli_outputs_check(command, &options->outputs, options->has_json);
}

static void print_finding(void *user, const struct avs_inspect_finding *finding) {
    struct run *run = user;
    if (run->options->has_json) {
        run->has_news = true;
        return;
    }
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    if (avs_inspect_finding_to_text(finding, cli_style(), &text, &error) == AVS_OK) {
        cli_print(text);
        cli_print("\n");
        fflush(stdout);
    }
    free(text);
}

static const char *name_of(const struct options *options) {
    return strcmp(options->path, "-") == 0 ? "standard input" : options->path;
}

/* Print the report; CLI_OK, or the exit code of a failure. */
static int print_report(const struct run *run) {
    const struct options *options = run->options;
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    const char *name = name_of(options);
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        options->has_json ? avs_inspect_report_to_json(report, name, &text, &error)
                          : avs_inspect_report_to_text(report, name, cli_style(), &text, &error);
    int result = cli_print_taken(run->command, status, text, &error);
    if (options->has_follow) { /* whether all arrived is asked at the end of all */
        fflush(stdout);
    }
    return result;
}

static void take_bytes(void *user, const void *bytes, size_t length) {
    struct run *run = user;
    avs_inspect_push(run->inspect, bytes, length);
    if (run->has_news) {
        run->has_news = false;
        (void)print_report(run);
    }
}

static void take_quiet(void *user) {
    struct run *run = user;
    avs_inspect_flush(run->inspect);
    if (run->has_news) {
        run->has_news = false;
        (void)print_report(run);
    }
}

/* The live check of the endpoint that the log names; that it cannot be run is a fault. */
static void probe(struct run *run) {
    const struct options *options = run->options;
    const char *seen = avs_inspect_report_endpoint(avs_inspect_report(run->inspect));
    char endpoint[AVS_ENDPOINT_URL_MAX + 1];
    snprintf(endpoint, sizeof(endpoint), "%s", seen[0] ? seen : AVS_ENDPOINT_ATS_TEST);
    bool is_avs = strstr(endpoint, "alexa") || strstr(endpoint, "avs-");
    struct avs_check_options check = {
        .size = sizeof(check),
        .endpoint = options->endpoint ? options->endpoint : endpoint,
        .endpoint_source = options->endpoint ? "option"
                           : seen[0]         ? "log"
                                             : "default",
        .ca_file = options->ca_file,
        .store_source = options->ca_file ? "option" : NULL,
        .ats_roots_file = options->ats_roots,
        .connect_to = options->connect_to,
        .require_ats = !options->any_root && (options->endpoint || is_avs),
        .timeout_ms = (int)options->timeout_s * 1000,
    };
    struct avs_evidence *evidence = NULL;
    if (avs_check_run(&check, &evidence, &run->fault) != AVS_OK) {
        return;
    }
    struct avs_verdict *verdict = NULL;
    if (avs_verdict_new(evidence, &verdict, &run->fault) == AVS_OK) {
        avs_inspect_add_live(run->inspect, avs_evidence_endpoint(evidence),
                             avs_verdict_readiness(verdict), avs_verdict_cause(verdict));
    }
    avs_verdict_free(verdict);
    avs_evidence_free(evidence);
}

static void read_log(struct run *run) {
    if (strcmp(run->options->path, "-") == 0 && isatty(STDIN_FILENO)) {
        fputs("avs-shim inspect: reading standard input, as no FILE was named; Ctrl-D ends it\n",
              stderr);
    }
    struct inspect_input input = {.path = run->options->path,
                                  .sink = take_bytes,
                                  .quiet = take_quiet,
                                  .user = run,
                                  .is_stopped = &is_stopped};
    bool is_fine = run->options->has_follow ? inspect_follow(&input) : inspect_read(&input);
    take_quiet(run);
    if (!is_fine) {
        run->fault.status = AVS_ERR_IO;
        snprintf(run->fault.message, sizeof(run->fault.message), "%s", input.problem);
    }
}

/* A log that could not be read to its end counts as not read, whatever was found in it. */
static int write_outputs(struct run *run, int result) {
    const struct cli_outputs *outputs = &run->options->outputs;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_findings *findings = NULL;
    if (run->fault.status != AVS_OK) {
        return cli_outputs_error(run->command, outputs, &run->fault);
    }
    if (!cli_outputs_any(outputs)) {
        return result;
    }
    enum avs_status status = avs_findings_of_inspect(avs_inspect_report(run->inspect),
                                                     name_of(run->options), &findings, &error);
    return cli_outputs_write(run->command, outputs, status, findings, &error, result);
}

static int report_all(struct run *run) {
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    bool is_wanted = !cli_outputs_takes_stdout(&run->options->outputs);
    if (is_wanted && (run->fault.status == AVS_OK || avs_inspect_report_lines(report) > 0) &&
        print_report(run) != CLI_OK) {
        return CLI_USAGE;
    }
    return write_outputs(run, avs_inspect_report_exit_code(report));
}

static int inspect_main(const struct cli_command *command, int argc, char **argv) {
    struct options options = {0};
    int result = parse(command, argc, argv, &options);
    if (result != CLI_GO_ON) {
        return result;
    }
    struct run run = {.command = command, .options = &options, .fault = AVS_ERROR_INIT};
    struct avs_inspect_options inspect_options = {
        .size = sizeof(inspect_options),
        .sdk_version = options.sdk_version,
        .now = (int64_t)time(NULL),
        .on_finding = options.has_follow ? print_finding : NULL,
        .user = &run,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_inspect_new(&inspect_options, &run.inspect, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    if (options.has_follow) {
        struct sigaction action = {.sa_handler = stop}; /* no SA_RESTART: a waiting read must end */
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
    }
    read_log(&run);
    if (run.fault.status == AVS_OK && options.has_probe) {
        probe(&run);
    }
    result = report_all(&run);
    avs_inspect_free(run.inspect);
    return result;
}

const struct cli_command cli_inspect = {
    .name = "inspect",
    .summary = "from the SDK's debug log to the cause of the SSL exception",
    .usage = "[OPTION...] [FILE|-]",
    .about = "Read a log of the AVS Device SDK (1.0 to 3.0: console, journald, syslog, logcat, "
             "serial, mail; plain or gzip) or of this library, and say what is the matter with the "
             "connection: one finding for each cause, most decisive first, with the line that says "
             "so, what only echoes it, what it rules out, how sure that is, and the next command. "
             "Without FILE, or with -, standard input.",
    .options = rows,
    .notes = "Tokens, serial numbers, passwords and e-mail addresses are masked in every output.",
    .examples = "avs-shim inspect sampleapp.log\n"
                "journalctl -u alexa | avs-shim inspect\n"
                "./SampleApp AlexaClientSDKConfig.json DEBUG9 2>&1 | tee log | avs-shim inspect "
                "--follow -\n"
                "avs-shim inspect --probe --ca-file /etc/ssl/certs/ca-certificates.crt "
                "sampleapp.log.gz",
    .exits = "0  no TLS or connection problem found\n"
             "1  found\n"
             "2  usage, or a file that cannot be read\n"
             "3  the log cannot tell",
    .schema = AVS_INSPECT_SCHEMA,
    .words_most = INT_MAX,
    .run = inspect_main,
};
