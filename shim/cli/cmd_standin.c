/* avs-shim standin: the stand-in for the ATS test endpoint, until it is interrupted. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "standin/standin.h"

static const char help[] =
    "Usage: avs-shim standin [--port N] [--dir DIR] [--json]\n"
    "       avs-shim standin --list [--json]\n"
    "\n"
    "Serve a stand-in for the ATS test endpoint on 127.0.0.1 (and ::1): TLS, HTTP/2 and HTTP/1.x "
    "on\n"
    "one port. It mints a PKI of the real one's shape, writes the certificates that a client "
    "needs\n"
    "into DIR (no key is ever written), and plays a scenario chosen by the server name that the\n"
    "client asks for: ok.localhost, expired.localhost, h2-only-close.localhost, ... Interrupt it\n"
    "(Ctrl-C) to end it.\n"
    "\n"
    "Over HTTP/2 it also has the shape of AVS: GET /v20160207/directives stays open, POST\n"
    "/v20160207/events is answered by 204 or a directive, GET /ping by 204. /bytes/N sends so "
    "many\n"
    "bytes, /slow/MS waits before it answers, /goaway sends a graceful GOAWAY. On "
    "faults.localhost\n"
    "one request of ten meets a reset, a GOAWAY, a delay, a silence or a cut.\n"
    "\n"
    "Options:\n"
    "  --port N           port to listen on; 0, the default, takes any free one\n"
    "  --dir DIR          where the PEM files go, made if missing; default: a temporary directory\n"
    "                     that is removed at the end\n"
    "  --seed N           make the faults of faults.localhost repeatable (1 to 2147483647)\n"
    "  --directive-ms N   push a directive into every idle downchannel each N ms (default 0: only\n"
    "                     after an event)\n"
    "  --list             print the scenarios with the verdict that a correct client must reach\n"
    "  --json             the same in JSON: an object on a line of its own once it listens, and "
    "one\n"
    "                     with counters at the end; with --list one array\n"
    "  -h, --help         this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim standin --port 8443 --dir pki\n"
    "  avs-shim check --connect-to 127.0.0.1:8443 --ca-file pki/ca.pem \\\n"
    "      --ats-roots pki/ats-roots.pem --endpoint https://expired.localhost\n"
    "  curl --cacert pki/ca.pem --connect-to ::127.0.0.1:8443 https://ok.localhost/\n"
    "  avs-shim standin --list\n"
    "\n"
    "Exit codes: 0 ended by a signal, or listed; 2 usage error, port or directory not to be had.\n";

enum option_id {
    OPTION_PORT = 256,
    OPTION_DIR,
    OPTION_SEED,
    OPTION_DIRECTIVE_MS,
    OPTION_LIST,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPTION_PORT},
    {"dir", required_argument, NULL, OPTION_DIR},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"directive-ms", required_argument, NULL, OPTION_DIRECTIVE_MS},
    {"list", no_argument, NULL, OPTION_LIST},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name, *text;
} files[AVS_STANDIN_FILE_COUNT] = {
#define XX(id, file, text) [AVS_STANDIN_FILE_##id] = {file, text},
    AVS_STANDIN_FILE_MAP(XX)
#undef XX
};

/* A JSON string; our own texts and paths only. */
static void print_string(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            printf("\\%c", *text);
        } else if ((unsigned char)*text < 0x20) {
            printf("\\u%04x", (unsigned)*text);
        } else {
            putchar(*text);
        }
    }
    putchar('"');
}

static void print_member(const char *before, const char *key, const char *value) {
    printf("%s\"%s\":", before, key);
    print_string(value);
}

static void print_expectation(const char *key, const struct avs_standin_expectation *expected) {
    printf(",\"%s\":", key);
    print_member("{", "verdict", expected->verdict);
    print_member(",", "cause", expected->cause);
    print_member(",", "quirk", expected->quirk);
    putchar('}');
}

static int list_json(void) {
    const struct avs_standin_scenario *scenario = NULL;
    for (size_t i = 0; (scenario = avs_standin_scenario(i)) != NULL; i++) {
        print_member(i == 0 ? "[{" : ",\n {", "name", scenario->name);
        print_member(",", "sni", scenario->sni);
        print_member(",", "description", scenario->description);
        print_expectation("h2", &scenario->h2);
        print_expectation("http1", &scenario->http1);
        print_member(",", "readiness", scenario->readiness);
        putchar('}');
    }
    puts("]");
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

static void print_started_json(const struct avs_standin *standin) {
    printf("{\"schema\":\"avs-shim.standin/1\",\"port\":%u", avs_standin_port(standin));
    print_member(",", "directory", avs_standin_directory(standin));
    print_member(",", "hashed_directory", avs_standin_hashed_directory(standin));
    print_member(",", "unhashed_directory", avs_standin_unhashed_directory(standin));
    printf(",\"files\":");
    for (size_t i = 0; i < AVS_STANDIN_FILE_COUNT; i++) {
        print_member(i == 0 ? "{" : ",", files[i].name,
                     avs_standin_path(standin, (enum avs_standin_file)i));
    }
    puts("}}");
}

static void print_started_text(const struct avs_standin *standin) {
    unsigned port = avs_standin_port(standin);
    printf("The stand-in listens on 127.0.0.1:%u. Certificates in %s:\n", port,
           avs_standin_directory(standin));
    for (size_t i = 0; i < AVS_STANDIN_FILE_COUNT; i++) {
        printf("  %-24s %s\n", files[i].name, files[i].text);
    }
    printf("  %-24s the roots with OpenSSL's hash links\n"
           "  %-24s the roots without them\n",
           "hashed/", "unhashed/");
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
    printf(is_json
               ? "{\"schema\":\"avs-shim.standin-end/1\",\"connections\":%llu,\"handshakes\":%llu,"
                 "\"requests\":%llu,\"directives\":%llu,\"faults\":%llu}\n"
               : "\nEnded: %llu connections, %llu handshakes finished, %llu requests, %llu "
                 "directives, %llu faults.\n",
           (unsigned long long)seen.connections, (unsigned long long)seen.handshakes,
           (unsigned long long)seen.requests, (unsigned long long)seen.directives,
           (unsigned long long)seen.faults);
}

static int serve(const struct cli_command *command, const struct avs_standin_options *options,
                 bool is_json) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before any thread, so that all inherit it */
    signal(SIGPIPE, SIG_IGN);
    struct avs_standin *standin = NULL;
    char error[512];
    if (!avs_standin_start(options, &standin, error, sizeof(error))) {
        fprintf(stderr, "avs-shim %s: %s\n", command->name, error);
        return CLI_USAGE;
    }
    if (is_json) {
        print_started_json(standin);
    } else {
        print_started_text(standin);
    }
    fflush(stdout);
    int signal_number = 0;
    sigwait(&ends, &signal_number);
    print_ended(standin, is_json);
    avs_standin_stop(standin);
    return CLI_OK;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct avs_standin_options options = {.size = sizeof(options)};
    bool is_list = false;
    bool is_json = false;
    long number = 0;
    opterr = 0;
    for (int id; (id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (id) {
        case OPTION_PORT:
            if (!cli_number(command, "--port", optarg, 0, 65535, &number)) {
                return CLI_USAGE;
            }
            options.port = (uint16_t)number;
            break;
        case OPTION_DIR:
            if (optarg[0] == '\0') {
                return cli_usage_error(command, "--dir needs the name of a directory");
            }
            options.directory = optarg;
            break;
        case OPTION_SEED:
            if (!cli_number(command, "--seed", optarg, 1, 2147483647, &number)) {
                return CLI_USAGE;
            }
            options.fault_seed = (uint64_t)number;
            break;
        case OPTION_DIRECTIVE_MS:
            if (!cli_number(command, "--directive-ms", optarg, 0, 3600000, &number)) {
                return CLI_USAGE;
            }
            options.directive_interval_ms = (unsigned)number;
            break;
        case OPTION_LIST:
            is_list = true;
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
    if (is_list) {
        return is_json ? list_json() : list_text();
    }
    return serve(command, &options, is_json);
}

const struct cli_command cli_standin = {
    .name = "standin",
    .summary = "serve a stand-in for the ATS test endpoint, faults by name",
    .help = help,
    .run = run,
};
