/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim standin: the stand-in for the ATS test endpoint, until it is interrupted. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <avs/report.h>

#include "cli.h"
#include "standin_print.h"

#define SCHEMA         "avs-shim.standin/1"
#define SCHEMA_END     "avs-shim.standin-end/1"
#define SCHEMA_LIST    "avs-shim.standin-list/1"
#define SEED_MAX       2147483647
#define DIRECTIVE_MAX  3600000
#define HOST_BYTES_MAX 253
#define TIMEOUT_MAX_S  600
#define WORDS_MAX      256 /* of a client's command */

struct arguments {
    long port, seed, directive_ms;
    const char *directory;
    long iot_ports[AVS_STANDIN_IOT_PORT_COUNT];
    const char *host;
    const char *replay;
    long timeout, delays;
    bool is_list, is_json, is_iot, is_qualify;
};

#define AT(member) .offset = offsetof(struct arguments, member)
#define IOT_PORT(number, which)                                                                 \
    {                                                                                           \
        .name = "port-" number, .kind = CLI_NUMBER, .value = "N", AT(iot_ports[which]),         \
        .least = 0, .most = UINT16_MAX,                                                         \
        .help = "with --iot: the port that stands for " number "; 0, the default, any free one" \
    }
static const struct cli_option rows[] = {
    {.name = "port",
     .kind = CLI_NUMBER,
     .value = "N",
     AT(port),
     .least = 0,
     .most = UINT16_MAX,
     .help = "port to listen on; 0, the default, takes any free one"},
    {.name = "dir",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(directory),
     .help = "where the PEM files go, made if missing; default: a temporary directory that is "
             "removed at the end"},
    {.name = "seed",
     .kind = CLI_NUMBER,
     .value = "N",
     AT(seed),
     .least = 1,
     .most = SEED_MAX,
     .help = "make the faults of faults.localhost repeatable (1 to 2147483647)"},
    {.name = "directive-ms",
     .kind = CLI_NUMBER,
     .value = "N",
     AT(directive_ms),
     .least = 0,
     .most = DIRECTIVE_MAX,
     .help = "push a directive into every idle downchannel each N ms (default 0: only after an "
             "event)"},
    {.name = "list",
     .kind = CLI_FLAG,
     AT(is_list),
     .help = "print the scenarios with the verdict that a correct client must reach"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the same in JSON: an object on a line of its own once it listens, and one with "
             "counters at the end; with --list one object"},
    {.group = "AWS IoT Core",
     .name = "iot",
     .kind = CLI_FLAG,
     AT(is_iot),
     .help = "the shape of AWS IoT Core: three ports, device certificates, MQTT, DescribeEndpoint"},
    IOT_PORT("8883", AVS_STANDIN_IOT_8883),
    IOT_PORT("443", AVS_STANDIN_IOT_443),
    IOT_PORT("8443", AVS_STANDIN_IOT_8443),
    {.name = "host",
     .kind = CLI_PATH,
     .value = "NAME",
     AT(host),
     .help = "with --iot: one more server name, such as your own endpoint, for which all is well; "
             "with --qualify: the name the client asks for (default localhost)"},
    {.group = "Your own client",
     .name = "qualify",
     .kind = CLI_FLAG,
     AT(is_qualify),
     .help = "run the command behind -- against a good server and then bad ones: does it refuse "
             "each? {host}, {port} and {ca} in its words are replaced"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout),
     .least = 1,
     .most = TIMEOUT_MAX_S,
     .help = "with --qualify: for each server, after which the command is ended (default 10)"},
    {.group = "A ticket from the field",
     .name = "replay",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(replay),
     .help = "play the server of that evidence, which 'avs-shim check --evidence FILE' wrote: its "
             "chain, ALPN, TLS version, alert, bytes, close and delays"},
    {.name = "delays",
     .kind = CLI_NUMBER,
     .value = "PERCENT",
     AT(delays),
     .least = 1,
     .most = 1000,
     .help = "with --replay: the recorded delays are played at so much of their length, 10 seconds "
             "each at most (default 100)"},
    {.name = NULL},
};
#undef IOT_PORT
#undef AT

static const struct {
    const char *name, *text;
} files[AVS_STANDIN_FILE_COUNT] = {
#define XX(id, file, text) [AVS_STANDIN_FILE_##id] = {file, text},
    AVS_STANDIN_FILE_MAP(XX)
#undef XX
};

void standin_print_string(const char *text) {
    char *json = NULL;
    if (text && avs_text_to_json(text, &json, NULL) == AVS_OK) {
        cli_print(json);
    } else {
        cli_print("null");
    }
    free(json);
}

void standin_print_member(const char *before, const char *key, const char *value) {
    printf("%s\"%s\":", before, key);
    standin_print_string(value);
}

static void print_expectation(const char *key, const struct avs_standin_expectation *expected) {
    printf(",\"%s\":", key);
    standin_print_member("{", "verdict", expected->verdict);
    standin_print_member(",", "cause", expected->cause);
    standin_print_member(",", "quirk", expected->quirk);
    putchar('}');
}

static int list_json(void) {
    const struct avs_standin_scenario *scenario = NULL;
    cli_print("{\"schema\":\"" SCHEMA_LIST "\",\"scenarios\":[");
    for (size_t i = 0; (scenario = avs_standin_scenario(i)) != NULL; i++) {
        standin_print_member(i == 0 ? "\n{" : ",\n{", "name", scenario->name);
        standin_print_member(",", "sni", scenario->sni);
        standin_print_member(",", "description", scenario->description);
        print_expectation("h2", &scenario->h2);
        print_expectation("http1", &scenario->http1);
        standin_print_member(",", "readiness", scenario->readiness);
        putchar('}');
    }
    cli_print("\n]}\n");
    return CLI_OK;
}

static void print_verdict(const char *protocol, const struct avs_standin_expectation *expected) {
    printf("    %-9s %s", protocol, expected->verdict);
    if (strcmp(expected->cause, "none") != 0) {
        printf(", %s", expected->cause);
    }
    printf("%s%s\n", expected->quirk[0] ? ", " : "", expected->quirk);
}

static int list_text(void) {
    const struct avs_standin_scenario *scenario = NULL;
    for (size_t i = 0; (scenario = avs_standin_scenario(i)) != NULL; i++) {
        printf("%s: %s\n    %s\n", scenario->sni, scenario->readiness, scenario->description);
        print_verdict("h2", &scenario->h2);
        print_verdict("http/1.1", &scenario->http1);
    }
    return CLI_OK;
}

void standin_print_files_json(const struct avs_standin *standin) {
    standin_print_member(",", "directory", avs_standin_directory(standin));
    standin_print_member(",", "hashed_directory", avs_standin_hashed_directory(standin));
    standin_print_member(",", "unhashed_directory", avs_standin_unhashed_directory(standin));
    printf(",\"files\":");
    for (size_t i = 0; i < AVS_STANDIN_FILE_COUNT; i++) {
        standin_print_member(i == 0 ? "{" : ",", files[i].name,
                             avs_standin_path(standin, (enum avs_standin_file)i));
    }
    puts("}}");
}

void standin_print_files_text(void) {
    for (size_t i = 0; i < AVS_STANDIN_FILE_COUNT; i++) {
        printf("  %-24s %s\n", files[i].name, files[i].text);
    }
    printf("  %-24s the roots with OpenSSL's hash links\n"
           "  %-24s the roots without them\n",
           "hashed/", "unhashed/");
}

static void print_started_json(const struct avs_standin *standin) {
    printf("{\"schema\":\"" SCHEMA "\",\"port\":%u", avs_standin_port(standin));
    standin_print_files_json(standin);
}

static void print_started_text(const struct avs_standin *standin) {
    unsigned port = avs_standin_port(standin);
    printf("The stand-in listens on 127.0.0.1:%u. Certificates in %s:\n", port,
           avs_standin_directory(standin));
    standin_print_files_text();
    printf("\nTry (avs-shim standin --list shows the other scenarios):\n"
           "  avs-shim check --connect-to 127.0.0.1:%u --ca-file %s \\\n"
           "      --ats-roots %s --endpoint https://ok.localhost\n"
           "\nCtrl-C ends it.\n",
           port, avs_standin_path(standin, AVS_STANDIN_FILE_CA),
           avs_standin_path(standin, AVS_STANDIN_FILE_ATS_ROOTS));
}

static void print_ended(const struct avs_standin *standin, bool is_json) {
    struct avs_standin_counters seen;
    avs_standin_count(standin, &seen);
    printf(is_json ? "{\"schema\":\"" SCHEMA_END "\",\"connections\":%llu,\"handshakes\":%llu,"
                     "\"requests\":%llu,\"directives\":%llu,\"faults\":%llu}\n"
                   : "\nEnded: %llu connections, %llu handshakes finished, %llu requests, %llu "
                     "directives, %llu faults.\n",
           (unsigned long long)seen.connections, (unsigned long long)seen.handshakes,
           (unsigned long long)seen.requests, (unsigned long long)seen.directives,
           (unsigned long long)seen.faults);
}

int standin_serve(const struct cli_command *command, const struct standin_serving *serving) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before any thread, so that all inherit it */
    signal(SIGPIPE, SIG_IGN);
    struct avs_standin *standin = NULL;
    char error[512];
    if (!avs_standin_start(serving->options, &standin, error, sizeof(error))) {
        return cli_fault(command, "%s", error);
    }
    serving->print_started(standin, serving->user);
    fflush(stdout);
    int signal_number = 0;
    sigwait(&ends, &signal_number);
    print_ended(standin, serving->is_json);
    avs_standin_stop(standin);
    return CLI_OK;
}

static void print_started(const struct avs_standin *standin, void *user) {
    const struct arguments *arguments = user;
    if (arguments->is_iot) {
        standin_iot_print_started(standin, arguments->is_json);
    } else if (arguments->is_json) {
        print_started_json(standin);
    } else {
        print_started_text(standin);
    }
}

static bool has_iot_port(const struct arguments *arguments) {
    bool has_any = false;
    for (int i = 0; i < AVS_STANDIN_IOT_PORT_COUNT; i++) {
        has_any |= arguments->iot_ports[i] != 0;
    }
    return has_any;
}

static bool is_host(const char *text) {
    return strlen(text) <= HOST_BYTES_MAX &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] ==
               '\0';
}

/* What does not go together. `word`: the first one that is no option, or NULL. */
static int look_at(const struct cli_command *command, const struct arguments *arguments,
                   const char *word) {
    if (arguments->is_qualify && (arguments->is_iot || arguments->is_list)) {
        return cli_usage_error(command, "--qualify goes with neither --iot nor --list");
    }
    if (arguments->is_qualify && !word) {
        return cli_usage_error(command,
                               "--qualify needs a command: --qualify -- curl --cacert {ca} "
                               "https://{host}:{port}/");
    }
    if (arguments->replay && (arguments->is_qualify || arguments->is_iot || arguments->is_list ||
                              arguments->seed || arguments->directive_ms)) {
        return cli_usage_error(command, "--replay goes with --port, --dir, --delays and --json");
    }
    if (!arguments->replay && arguments->delays) {
        return cli_usage_error(command, "--delays is for --replay");
    }
    if (!arguments->is_qualify && word) {
        return cli_usage_error(command, "unexpected argument '%s'", word);
    }
    if (!arguments->is_qualify && arguments->timeout) {
        return cli_usage_error(command, "--timeout is for --qualify");
    }
    if (!arguments->is_iot && has_iot_port(arguments)) {
        return cli_usage_error(command, "--port-8883, --port-443 and --port-8443 are for --iot");
    }
    if (!arguments->is_iot && !arguments->is_qualify && arguments->host) {
        return cli_usage_error(command, "--host is for --iot and --qualify");
    }
    if (arguments->is_iot && arguments->port) {
        return cli_usage_error(command,
                               "with --iot there are --port-8883, --port-443 and --port-8443");
    }
    if (arguments->host && !is_host(arguments->host)) {
        return cli_usage_error(command, "--host '%s' is no host name", arguments->host);
    }
    return CLI_GO_ON;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    cli_answers_in(arguments.is_qualify                    ? STANDIN_SCHEMA_QUALIFY
                   : arguments.replay                      ? STANDIN_SCHEMA_REPLAY
                   : arguments.is_list && arguments.is_iot ? STANDIN_SCHEMA_IOT_LIST
                   : arguments.is_list                     ? SCHEMA_LIST
                                                           : SCHEMA);
    result = look_at(command, &arguments, words < argc ? argv[words] : NULL);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (arguments.is_qualify) {
        const struct standin_qualify given = {
            .words = argv + words,
            .host = arguments.host,
            .port = (uint16_t)arguments.port,
            .timeout_ms = (unsigned)arguments.timeout * 1000,
            .is_json = arguments.is_json,
        };
        return standin_qualify(command, &given);
    }
    if (arguments.is_list && arguments.is_iot) {
        return standin_iot_list(arguments.is_json);
    }
    if (arguments.is_list) {
        return arguments.is_json ? list_json() : list_text();
    }
    const struct avs_standin_options standin = {
        .size = sizeof(standin),
        .port = (uint16_t)arguments.port,
        .directory = arguments.directory,
        .fault_seed = (uint64_t)arguments.seed,
        .directive_interval_ms = (unsigned)arguments.directive_ms,
        .is_iot = arguments.is_iot,
        .iot_ports = {[AVS_STANDIN_IOT_8883] = (uint16_t)arguments.iot_ports[AVS_STANDIN_IOT_8883],
                      [AVS_STANDIN_IOT_443] = (uint16_t)arguments.iot_ports[AVS_STANDIN_IOT_443],
                      [AVS_STANDIN_IOT_8443] = (uint16_t)arguments.iot_ports[AVS_STANDIN_IOT_8443]},
        .iot_host = arguments.host,
    };
    if (arguments.replay) {
        const struct standin_replay given = {
            .path = arguments.replay,
            .options = &standin,
            .delay_percent = arguments.delays ? (unsigned)arguments.delays : 100,
            .is_json = arguments.is_json,
        };
        return standin_replay(command, &given);
    }
    const struct standin_serving serving = {&standin, arguments.is_json, print_started, &arguments};
    return standin_serve(command, &serving);
}

const struct cli_command cli_standin = {
    .name = "standin",
    .summary = "serve a stand-in for the ATS test endpoint, faults by name",
    .usage = "[--port N] [--dir DIR] [--json]\n"
             "--iot [--port-8883 N] [--port-443 N] [--port-8443 N] [--host NAME] ...\n"
             "--replay FILE [--delays PERCENT] [--port N] [--dir DIR] [--json]\n"
             "--qualify [--host NAME] [--timeout SECONDS] [--json] -- COMMAND...\n"
             "[--iot] --list [--json]",
    .about =
        "Serve a stand-in for the ATS test endpoint on 127.0.0.1 (and ::1): TLS, HTTP/2 and "
        "HTTP/1.x on one port. It mints a PKI of the real one's shape, writes the "
        "certificates that a client needs into DIR (no key is ever written), and plays a "
        "scenario chosen by the server name that the client asks for: ok.localhost, "
        "expired.localhost, h2-only-close.localhost, ... Interrupt it (Ctrl-C) to end it.\n"
        "\n"
        "Over HTTP/2 it also has the shape of AVS: GET /v20160207/directives stays open, POST "
        "/v20160207/events is answered by 204 or a directive, GET /ping by 204. /bytes/N "
        "sends so many bytes, /slow/MS waits before it answers, /goaway sends a graceful "
        "GOAWAY. On faults.localhost one "
        "request of ten meets a reset, a GOAWAY, a delay, a silence or a cut.\n"
        "\n"
        "With --iot it has the shape of AWS IoT Core: a port each for 8883, 443 and 8443 with "
        "their rules of ALPN, ATS- and VeriSign-shaped chains by server name and signature "
        "algorithms, device certificates demanded (DIR/device.pem and device.key are one, made "
        "for this run), MQTT 3.1.1 and 5, HTTPS publish, credentials, DescribeEndpoint.\n"
        "\n"
        "With --replay it is the server that somebody met, as far as the evidence of a check "
        "shows it, whatever name is asked for: certificates of the same shape, names and times "
        "from now, signed by keys of this run; in DIR/ca.pem is what the client trusted, in "
        "DIR/ats-roots.pem what counted as ATS. It prints what it plays and the check that meets "
        "the same cause. Where no server was reached (no name, no route) there is none to play, "
        "and it says so.\n"
        "\n"
        "With --qualify it asks whether the verification of your own client is real: its "
        "command is run against a good server and then, one by one, against bad ones (wrong "
        "name, expired, unknown root, self-signed, weak, ...). What counts is what the server "
        "sees: a finished handshake and application bytes are an accepted server, whatever the "
        "command's exit code. A client that does not get through to the good server proves "
        "nothing. Its standard input is empty; AVS_STANDIN_HOST, AVS_STANDIN_PORT and "
        "AVS_STANDIN_CA are in its environment, too.",
    .options = rows,
    .examples = "avs-shim standin --port 8443 --dir pki\n"
                "avs-shim check --connect-to 127.0.0.1:8443 --ca-file pki/ca.pem \\\n"
                "    --ats-roots pki/ats-roots.pem --endpoint https://expired.localhost\n"
                "curl --cacert pki/ca.pem --connect-to ::127.0.0.1:8443 https://ok.localhost/\n"
                "avs-shim standin --list\n"
                "avs-shim standin --replay ticket.json\n"
                "avs-shim standin --iot --port-8883 8883 --dir pki\n"
                "avs-shim standin --iot --list\n"
                "avs-shim standin --qualify -- curl --cacert {ca} https://{host}:{port}/\n"
                "avs-shim standin --qualify --host a1b2-ats.iot.us-east-1.amazonaws.com -- \\\n"
                "    ./my-client --ca {ca} --connect localhost:{port}",
    .exits = "0  ended by a signal, or listed; with --qualify: the good server was accepted, each "
             "bad one refused\n"
             "1  with --qualify: a bad server was accepted\n"
             "2  usage error; port or directory not to be had; the command cannot be run\n"
             "3  with --qualify: the good server was not accepted, or the server could not tell; "
             "with --replay: there is no peer in the evidence",
    .schema = SCHEMA,
    .words_most = WORDS_MAX,
    .run = run,
};
