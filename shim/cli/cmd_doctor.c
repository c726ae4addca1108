/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim doctor: one command for the board that cannot connect. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <avs/doctor.h>

#include "cli.h"
#include "inspect_input.h"
#include "output.h"
#include "progress.h"

#define TIMEOUT_S      15
#define TIMEOUT_MAX_S  600
#define LOG_S          4 /* of the time for reading a log; what came by then counts */
#define ALARM_AGAIN_US 200000

struct arguments {
    struct avs_doctor_options options;
    struct cli_list configs, connect_to;
    const char *log;
    const char *evidence;
    struct cli_outputs outputs;
    long timeout_s;
    bool any_root;
    bool is_json;
};

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number) {
    (void)signal_number;
    is_stopped = 1;
}

static bool was_stopped(void *user) {
    (void)user;
    return is_stopped;
}

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.group = "What to look at",
     .name = "config",
     .kind = CLI_LIST,
     .value = "FILE",
     AT(configs),
     .help = "an AlexaClientSDKConfig.json: its hosts, roots, proxy, databases, and all that lint "
             "finds; repeat for overlays, in order"},
    {.name = "sdk",
     .kind = CLI_VALUE,
     .value = "RELEASE",
     AT(options.sdk),
     .help =
         "of the AVS Device SDK (1.26): which keys of the configuration it reads; default: what "
         "the log says"},
    {.name = "log",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(log),
     .help = "also what a log of the SDK says; '-' is standard input"},
    {.name = "sysroot",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.sysroot),
     .help = "an image instead of this machine: roots and libraries, no host is asked"},
    {.name = "endpoint",
     .kind = CLI_VALUE,
     .value = "URL|NAME",
     AT(options.endpoint),
     .help = "the AVS gateway, instead of the configuration's: https://host[:port], or na, eu, fe"},
    CLI_TRUST_ROWS("private test beds, gateways on other CAs"),
    {.group = "How",
     .name = "connect-to",
     .kind = CLI_LIST,
     .value = "[NAME=]HOST:PORT",
     AT(connect_to),
     .help = "dial there instead, for that host or for all; server name and name check stay"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 2,
     .most = TIMEOUT_MAX_S,
     .help = "for the whole run, 2 to 600; default 15"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the report as JSON, schema " AVS_DOCTOR_SCHEMA},
    {.name = "evidence",
     .kind = CLI_PATH,
     .value = "DIR|FILE.tar",
     AT(evidence),
     .help = "also write what was seen, for a ticket: a folder, or a tar; no secrets in it; "
             "'avs-shim judge DIR' gives the same page from it"},
    CLI_OUTPUT_ROWS,
    {.name = NULL},
};
#undef AT

static int parse(const struct cli_command *command, int argc, char **argv,
                 struct arguments *arguments) {
    struct avs_doctor_options *options = &arguments->options;
    int words = 0;
    int result = cli_parse(command, argc, argv, arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (options->endpoint && !cli_is_endpoint(command, options->endpoint)) {
        return CLI_USAGE;
    }
    if (options->sysroot && (options->endpoint || arguments->connect_to.count > 0)) {
        return cli_usage_error(command, "--sysroot asks no host: leave out --endpoint and "
                                        "--connect-to");
    }
    options->config_files = arguments->configs.items;
    options->config_count = arguments->configs.count;
    options->connect_to = arguments->connect_to.items;
    options->connect_to_count = arguments->connect_to.count;
    options->require_ats = !arguments->any_root;
    options->is_stopped = was_stopped;
    arguments->outputs.evidence = arguments->evidence;
    return cli_outputs_check(command, &arguments->outputs, arguments->is_json);
}

/* ---- the log ---- */

static void take_bytes(void *user, const void *bytes, size_t length) {
    avs_inspect_push(user, bytes, length);
}

/* Also ends the wait for a pipe that nobody writes to; again and again, since the first time may
 * come just before the wait begins. */
static void set_alarm(long seconds) {
    const struct sigaction action = {.sa_handler = stop};
    const struct itimerval alarm = {.it_value.tv_sec = seconds,
                                    .it_interval.tv_usec = seconds > 0 ? ALARM_AGAIN_US : 0};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &alarm, NULL);
}

/* CLI_GO_ON; the recogniser is the caller's. */
static int read_log(const struct cli_command *command, struct arguments *arguments,
                    struct avs_inspect **ret_inspect) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_inspect_options options = {
        .size = sizeof(options), .sdk_version = arguments->options.sdk, .now = time(NULL)};
    if (avs_inspect_new(&options, ret_inspect, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    struct inspect_input input = {.path = arguments->log,
                                  .sink = take_bytes,
                                  .user = *ret_inspect,
                                  .is_stopped = &is_stopped};
    bool is_short = arguments->timeout_s > 0 && arguments->timeout_s < 2 * LOG_S;
    long most_s = is_short ? arguments->timeout_s / 2 : LOG_S;
    set_alarm(most_s);
    bool is_read = inspect_read(&input);
    set_alarm(0);
    bool was_cut = is_stopped != 0;
    is_stopped = 0;
    if (was_cut) {
        fprintf(stderr, "avs-shim %s: the log did not end within %ld s; what came by then counts\n",
                command->name, most_s);
    } else if (!is_read) {
        return cli_fault(command, "%s", input.problem);
    }
    avs_inspect_flush(*ret_inspect);
    arguments->options.log = avs_inspect_report(*ret_inspect);
    arguments->options.log_name = arguments->log;
    return CLI_GO_ON;
}

/* ---- the run ---- */

static int report(const struct cli_command *command, const struct arguments *arguments,
                  const struct avs_doctor *doctor) {
    struct avs_error error = AVS_ERROR_INIT;
    int written = CLI_OK;
    if (arguments->evidence && avs_doctor_save(doctor, arguments->evidence, &error) != AVS_OK) {
        written = CLI_USAGE; /* the page is told all the same */
        fprintf(stderr, "avs-shim %s: --evidence: %s\n", command->name, error.message);
    }
    int result = cli_print_doctor(command, doctor, arguments->is_json, &arguments->outputs);
    return result == CLI_OK ? written : result;
}

static int visit(const struct cli_command *command, struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_doctor *doctor = NULL;
    struct sigaction action = {.sa_handler = stop}, before;
    sigaction(SIGINT, &action, &before);
    cli_progress_start("looking at this board");
    enum avs_status status = avs_doctor_run(&arguments->options, &doctor, &error);
    cli_progress_stop();
    sigaction(SIGINT, &before, NULL);
    if (status != AVS_OK) {
        return cli_outputs_error(command, &arguments->outputs, &error);
    }
    int result = report(command, arguments, doctor);
    avs_doctor_free(doctor);
    return result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_doctor_options)};
    struct avs_inspect *inspect = NULL;
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int result = parse(command, argc, argv, &arguments);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (arguments.log) {
        result = read_log(command, &arguments, &inspect);
    }
    if (result == CLI_GO_ON) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long given_s = arguments.timeout_s > 0 ? arguments.timeout_s : TIMEOUT_S;
        long left_s = given_s - (long)(now.tv_sec - began.tv_sec);
        arguments.options.timeout_ms = (int)(left_s > 1 ? left_s : 1) * 1000;
        result = visit(command, &arguments);
    }
    avs_inspect_free(inspect);
    return result;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .summary =
        "the board that cannot connect: everything looked at, the first thing to mend on top",
    .usage = "[OPTION...]",
    .about =
        "Look at a whole board in one run of 15 seconds at most: the clock, each name server, the "
        "routes of both families, the proxy in force, libcurl, the SDK's configuration, the trust "
        "store, the disk where the SDK writes, and every host that the device needs, in order and "
        "with each of its addresses: login, AVS gateway, capabilities, and the ATS test endpoint "
        "(or, where that name is gone, the regional gateways).\n"
        "\n"
        "The answer is one page. On top stands what to mend first; what only follows from another "
        "fault is told as a consequence. Certificate verification cannot be switched off, nothing "
        "is written, and nothing is sent but GET / without any credentials.",
    .options = rows,
    .notes = "Environment: https_proxy, all_proxy and no_proxy as libcurl reads them; NO_COLOR. "
             "Ctrl-C ends the run and tells what was seen so far.",
    .examples = "avs-shim doctor\n"
                "avs-shim doctor --config /etc/AlexaClientSDKConfig.json --sdk 1.26\n"
                "avs-shim doctor --config AlexaClientSDKConfig.json --log console.log --html "
                "page.html\n"
                "avs-shim doctor --sysroot build/rootfs",
    .exits =
        "0  ready: every host that the device needs works\n"
        "1  not ready: a fault was found\n"
        "2  usage error\n"
        "3  cannot tell: a host was never reached, and the fault is not this board's; an image",
    .schema = AVS_DOCTOR_SCHEMA,
    .words_most = 0,
    .run = run,
};
