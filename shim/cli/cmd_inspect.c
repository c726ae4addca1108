/* avs-shim inspect: from the SDK's debug log to the cause of the SSL exception. */
#include <errno.h>
#include <getopt.h>
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

static const char help[] =
    "Usage: avs-shim inspect [OPTION...] [FILE|-]\n"
    "\n"
    "Read a log of the AVS Device SDK (1.0 to 3.0: console, journald, syslog, logcat, serial, "
    "mail;\n"
    "plain or gzip) or of this library, and say what is the matter with the connection: one "
    "finding\n"
    "for each cause, most decisive first, with the line that says so, what only echoes it, what "
    "it\n"
    "rules out, how sure that is, and the next command. Without FILE, or with -, standard input.\n"
    "\n"
    "  --sdk VERSION       the SDK's version (1.26), where the log has no banner\n"
    "  -f, --follow        wait for more, through rotation; report each new cause once; Ctrl-C "
    "ends\n"
    "                      with the summary\n"
    "  --json              one JSON object, schema avs-shim.inspect/1; with --follow one for each\n"
    "                      new cause and one at the end\n"
    "  --probe             also check the endpoint found in the log, live, and merge both\n"
    "  --endpoint URL      probe this endpoint instead\n"
    "  --ca-file FILE      probe with the roots of this PEM file, as the SDK would\n"
    "  --ats-roots FILE    probe: these roots count as Amazon Trust Services' (test beds)\n"
    "  --connect-to HOST:PORT  probe by dialling this instead; the name that is checked stays\n"
    "  --any-root          probe: any trusted root will do, not only Amazon Trust Services'\n"
    "  --timeout SECONDS   of the probe (default 15)\n"
    "  -h, --help          this text\n"
    "\n"
    "Tokens, serial numbers, passwords and e-mail addresses are masked in every output.\n"
    "\n"
    "Examples:\n"
    "  avs-shim inspect sampleapp.log\n"
    "  journalctl -u alexa | avs-shim inspect\n"
    "  ./SampleApp AlexaClientSDKConfig.json DEBUG9 2>&1 | tee log | avs-shim inspect --follow -\n"
    "  avs-shim inspect --probe --ca-file /etc/ssl/certs/ca-certificates.crt sampleapp.log.gz\n"
    "\n"
    "Exit: 0 no TLS or connection problem found, 1 found, 2 usage or unreadable file, 3 the log\n"
    "cannot tell.\n";

struct options {
    const char *path, *sdk_version, *endpoint, *ca_file, *ats_roots, *connect_to;
    bool has_follow, has_json, has_probe, any_root, is_help;
    long timeout_s;
};

struct run {
    const struct cli_command *command;
    const struct options *options;
    struct avs_inspect *inspect;
    bool has_news; /* --follow --json: a cause was met for the first time */
};

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number) {
    (void)signal_number;
    is_stopped = 1;
}

enum {
    OPT_SDK = 256,
    OPT_JSON,
    OPT_PROBE,
    OPT_ENDPOINT,
    OPT_CA,
    OPT_ATS,
    OPT_CONNECT,
    OPT_ANY,
    OPT_TIMEOUT
};

static const struct option long_options[] = {
    {"sdk", required_argument, NULL, OPT_SDK},
    {"follow", no_argument, NULL, 'f'},
    {"json", no_argument, NULL, OPT_JSON},
    {"probe", no_argument, NULL, OPT_PROBE},
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"ca-file", required_argument, NULL, OPT_CA},
    {"ats-roots", required_argument, NULL, OPT_ATS},
    {"connect-to", required_argument, NULL, OPT_CONNECT},
    {"any-root", no_argument, NULL, OPT_ANY},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* CLI_OK to go on, else the exit code. */
static int parse(const struct cli_command *command, int argc, char **argv,
                 struct options *options) {
    opterr = 0;
    optind = 0;
    int option;
    while ((option = getopt_long(argc, argv, ":fh", long_options, NULL)) != -1) {
        switch (option) {
        case OPT_SDK:
            options->sdk_version = optarg;
            break;
        case 'f':
            options->has_follow = true;
            break;
        case OPT_JSON:
            options->has_json = true;
            break;
        case OPT_PROBE:
            options->has_probe = true;
            break;
        case OPT_ENDPOINT:
            options->endpoint = optarg;
            break;
        case OPT_CA:
            options->ca_file = optarg;
            break;
        case OPT_ATS:
            options->ats_roots = optarg;
            break;
        case OPT_CONNECT:
            options->connect_to = optarg;
            break;
        case OPT_ANY:
            options->any_root = true;
            break;
        case OPT_TIMEOUT:
            if (!cli_number(command, "--timeout", optarg, 1, 600, &options->timeout_s)) {
                return CLI_USAGE;
            }
            break;
        case 'h':
            options->is_help = true;
            return CLI_OK;
        default:
            return cli_bad_option(command, option, argv);
        }
    }
    if (argc - optind > 1) {
        return cli_usage_error(command, "one FILE at a time, please: '%s' is one too many",
                               argv[optind + 1]);
    }
    options->path = optind < argc ? argv[optind] : "-";
    if (!options->has_probe && (options->endpoint || options->ca_file || options->ats_roots ||
                                options->connect_to || options->any_root || options->timeout_s)) {
        return cli_usage_error(command,
                               "--endpoint, --ca-file, --ats-roots, --connect-to, --any-root and "
                               "--timeout are for the live check: add --probe");
    }
    return CLI_OK;
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
        printf("%s\n", text);
        fflush(stdout);
    }
    free(text);
}

/* Print the report; CLI_OK, or the exit code of a failure. */
static int print_report(const struct run *run) {
    const struct options *options = run->options;
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    const char *name = strcmp(options->path, "-") == 0 ? "standard input" : options->path;
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        options->has_json ? avs_inspect_report_to_json(report, name, &text, &error)
                          : avs_inspect_report_to_text(report, name, cli_style(), &text, &error);
    if (status != AVS_OK) {
        return cli_error(run->command, &error);
    }
    fputs(text, stdout);
    free(text);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "avs-shim inspect: cannot write the report: %s\n", strerror(errno));
        return CLI_USAGE;
    }
    return CLI_OK;
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

/* The live check of the endpoint that the log names; a failure to run one is told on stderr. */
static int probe(struct run *run) {
    const struct options *options = run->options;
    const struct avs_inspect_report *report = avs_inspect_report(run->inspect);
    char endpoint[sizeof(report->endpoint)];
    snprintf(endpoint, sizeof(endpoint), "%s",
             report->endpoint[0] ? report->endpoint : AVS_ENDPOINT_ATS_TEST);
    bool is_avs = strstr(endpoint, "alexa") || strstr(endpoint, "avs-");
    struct avs_check_options check = {
        .size = sizeof(check),
        .endpoint = options->endpoint ? options->endpoint : endpoint,
        .endpoint_source = options->endpoint     ? "option"
                           : report->endpoint[0] ? "log"
                                                 : "default",
        .ca_file = options->ca_file,
        .store_source = options->ca_file ? "option" : NULL,
        .ats_roots_file = options->ats_roots,
        .connect_to = options->connect_to,
        .any_root = options->any_root || (!options->endpoint && !is_avs),
        .timeout_ms = (int)options->timeout_s * 1000,
    };
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (avs_check_run(&check, &evidence, &error) != AVS_OK) {
        return cli_error(run->command, &error);
    }
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    avs_inspect_add_live(run->inspect, evidence->endpoint, verdict.readiness, verdict.cause);
    avs_evidence_free(evidence);
    return CLI_OK;
}

static int read_log(struct run *run) {
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
        fprintf(stderr, "avs-shim inspect: %s\n", input.problem);
    }
    return is_fine ? CLI_OK : CLI_USAGE;
}

static int inspect_main(const struct cli_command *command, int argc, char **argv) {
    struct options options = {0};
    int result = parse(command, argc, argv, &options);
    if (result != CLI_OK || options.is_help) {
        return options.is_help ? cli_help(command) : result;
    }
    struct run run = {.command = command, .options = &options};
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
    result = read_log(&run);
    uint64_t lines = avs_inspect_report(run.inspect)->lines;
    if (result == CLI_OK && options.has_probe) {
        result = probe(&run);
    }
    if (result == CLI_OK || lines > 0) {
        int printed = print_report(&run);
        result = result == CLI_OK ? printed : result;
    }
    if (result == CLI_OK) {
        result = avs_inspect_report(run.inspect)->exit_code;
    }
    avs_inspect_free(run.inspect);
    return result;
}

const struct cli_command cli_inspect = {
    .name = "inspect",
    .summary = "from the SDK's debug log to the cause of the SSL exception",
    .help = help,
    .run = inspect_main,
};
