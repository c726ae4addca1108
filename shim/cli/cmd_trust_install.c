/* avs-shim trust install: the guide's recipe done right, from the roots built in, offline. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <avs/store.h>

#include "cli.h"

static const char help[] =
    "Usage: avs-shim trust install [OPTION...]\n"
    "\n"
    "Add the roots of Amazon Trust Services to the trust store of this device, by the\n"
    "convention of its distribution. The roots are built in and held against their\n"
    "fingerprints: no download, which would need the very root that is missing.\n"
    "Without --apply nothing is changed: the steps are listed.\n"
    "\n"
    "Debian, Raspberry Pi OS, Ubuntu, Fedora, RHEL, SUSE, Arch and Alpine: the roots go where\n"
    "CAs added by hand belong, and the distribution's updater is run. OpenWrt, Buildroot,\n"
    "Yocto: the bundle and the hashed folder themselves. Existing CAs are never removed. A\n"
    "failure at any point leaves the store as it was; an install that was killed is taken\n"
    "back by the next --apply.\n"
    "\n"
    "Options:\n"
    "  --config FILE    add them to the CA file (or else the CA path) that libcurlUtils of this\n"
    "                   AlexaClientSDKConfig.json names, and to no other store\n"
    "  --ca-file FILE   add them to this bundle, and to no other store\n"
    "  --ca-path DIR    add them to this folder of hashed certificates likewise\n"
    "  --sysroot DIR    a root file system below DIR (an image, a mounted SD card): nothing of\n"
    "                   it is run, no link leads out of it; --config is a path on this machine,\n"
    "                   the others are paths below DIR\n"
    "  --only NAME      just this root, may be given several times: \"Amazon Root CA 1\" or\n"
    "                   amazon-root-ca-1; without it, the five required ones\n"
    "  --apply          do it\n"
    "  --undo           take back everything that was installed here (with --apply)\n"
    "  --timeout S      seconds for the distribution's updater (default 120)\n"
    "  --json           one JSON object, schema avs-shim.trust-install/1\n"
    "  -h, --help       this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim trust install                             what would be done?\n"
    "  sudo avs-shim trust install --apply\n"
    "  avs-shim trust install --sysroot ./rootfs --apply  into an image\n"
    "  sudo avs-shim trust install --undo --apply\n"
    "\n"
    "Exit codes:\n"
    "  0  every root asked for is in the store (with --undo: it is done, or would be)\n"
    "  1  not: a dry run with roots missing, or an error that the message explains\n"
    "  2  usage or configuration error\n";

enum {
    OPTION_CONFIG = 256,
    OPTION_CA_FILE,
    OPTION_CA_PATH,
    OPTION_SYSROOT,
    OPTION_ONLY,
    OPTION_TIMEOUT,
    OPTION_APPLY,
    OPTION_UNDO,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"ca-path", required_argument, NULL, OPTION_CA_PATH},
    {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"apply", no_argument, NULL, OPTION_APPLY},
    {"undo", no_argument, NULL, OPTION_UNDO},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number) {
    (void)number;
    is_stopped = 1;
}

static bool is_cancelled(void *user) {
    (void)user;
    return is_stopped != 0;
}

/** Interrupted means taken back, not left half-way. What was ignored for us (nohup) stays so. */
static void catch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal}, before;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &action, NULL);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error, not an end */
}

/** On a terminal only: what takes half a minute and more. */
static void on_progress(void *user, const char *what) {
    (void)user;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "avs-shim trust install: %s; this may take a minute\n", what);
    }
}

static int report(const struct cli_command *command, const struct avs_trust_install *install,
                  const struct avs_trust_install_options *options, bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status = is_json
                                 ? avs_trust_install_to_json(install, &text, &error)
                                 : avs_trust_install_to_text(install, cli_style(), &text, &error);
    if (status != AVS_OK) {
        return cli_error(command, &error);
    }
    fputs(text, stdout);
    free(text);
    if (options->undo) {
        return CLI_OK;
    }
    return avs_trust_install_is_complete(install) ? CLI_OK : CLI_NOT_READY;
}

static void print_json_string(const char *text) {
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\') {
            printf("\\%c", *at);
        } else if (*at < 0x20) {
            printf("\\u%04x", *at);
        } else {
            putchar(*at);
        }
    }
    putchar('"');
}

/** With --json a failure is an object of the same schema too. */
static void print_json_error(const struct avs_error *error) {
    printf("{\n  \"schema\":\"%s\",\n  \"is_complete\":false,\n  \"is_applied\":false,\n"
           "  \"error\":{\n    \"status\":",
           AVS_TRUST_INSTALL_SCHEMA);
    print_json_string(avs_status_text(error->status));
    printf(",\n    \"message\":");
    print_json_string(error->message);
    printf("\n  }\n}\n");
}

static int run_install(const struct cli_command *command,
                       const struct avs_trust_install_options *options, bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_install *install = NULL;
    catch_signals();
    enum avs_status status = avs_trust_install_run(options, &install, &error);
    if (status != AVS_OK) {
        int code = cli_error(command, &error);
        if (is_json) {
            print_json_error(&error);
        }
        bool is_usage = status == AVS_ERR_USAGE || status / 100 == 2;
        return is_usage ? code : CLI_NOT_READY;
    }
    int code = report(command, install, options, is_json);
    avs_trust_install_free(install);
    return code;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    const char *only[AVS_TRUST_INSTALL_ONLY_MAX];
    struct avs_trust_install_options options = {.size = sizeof(options),
                                                .only = only,
                                                .is_cancelled = is_cancelled,
                                                .on_progress = on_progress};
    bool is_json = false;
    long seconds = 0;
    opterr = 0;
    optind = 1;
    for (int id; (id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        if (id >= OPTION_CONFIG && id <= OPTION_ONLY && optarg[0] == '\0') {
            return cli_usage_error(command, "%s needs a value that is not empty", argv[optind - 2]);
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
        case OPTION_ONLY:
            if (options.only_count == AVS_TRUST_INSTALL_ONLY_MAX) {
                return cli_usage_error(command, "--only more than %d times",
                                       AVS_TRUST_INSTALL_ONLY_MAX);
            }
            only[options.only_count++] = optarg;
            break;
        case OPTION_TIMEOUT:
            if (!cli_number(command, "--timeout", optarg, 1, 3600, &seconds)) {
                return CLI_USAGE;
            }
            options.timeout_ms = (int)seconds * 1000;
            break;
        case OPTION_APPLY:
            options.apply = true;
            break;
        case OPTION_UNDO:
            options.undo = true;
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
    return run_install(command, &options, is_json);
}

const struct cli_command cli_trust_install = {
    .name = "trust install",
    .summary = "add the ATS roots to the store, offline",
    .help = help,
    .run = run,
};
