/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim trust install: the guide's recipe done right, from the roots built in, offline. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <avs/store.h>

#include "cli.h"

#define TIMEOUT_MAX_S 3600

struct arguments {
    struct avs_trust_install_options options;
    struct cli_list only;
    long timeout_s;
    bool is_json;
};

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "config",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.config_file),
     .help = "add them to the CA file (or else the CA path) that libcurlUtils of this "
             "AlexaClientSDKConfig.json names, and to no other store"},
    {.name = "ca-file",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.ca_file),
     .help = "add them to this bundle, and to no other store"},
    {.name = "ca-path",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.ca_path),
     .help = "add them to this folder of hashed certificates likewise"},
    {.name = "sysroot",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.sysroot),
     .help = "a root file system below DIR (an image, a mounted SD card): nothing of it is run, no "
             "link leads out of it; --config is a path on this machine, the others are paths below "
             "DIR"},
    {.name = "only",
     .kind = CLI_LIST,
     .value = "NAME",
     AT(only),
     .help = "just this root, may be given several times: \"Amazon Root CA 1\" or "
             "amazon-root-ca-1; without it, the five required ones"},
    {.name = "apply", .kind = CLI_FLAG, AT(options.apply), .help = "do it"},
    {.name = "undo",
     .kind = CLI_FLAG,
     AT(options.undo),
     .help = "take back everything that was installed here (with --apply)"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 1,
     .most = TIMEOUT_MAX_S,
     .help = "for the distribution's updater; default 120"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "one JSON object, schema " AVS_TRUST_INSTALL_SCHEMA},
    {.name = NULL},
};
#undef AT

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
                  const struct arguments *arguments) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status = arguments->is_json
                                 ? avs_trust_install_to_json(install, &text, &error)
                                 : avs_trust_install_to_text(install, cli_style(), &text, &error);
    int result = cli_print_taken(command, status, text, &error);
    bool is_done = arguments->options.undo || avs_trust_install_is_complete(install);
    return result == CLI_OK && !is_done ? CLI_NOT_READY : result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options = {.size = sizeof(struct avs_trust_install_options),
                                              .is_cancelled = is_cancelled,
                                              .on_progress = on_progress}};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    arguments.options.only = arguments.only.items;
    arguments.options.only_count = arguments.only.count;
    arguments.options.timeout_ms = (int)arguments.timeout_s * 1000;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_install *install = NULL;
    catch_signals();
    enum avs_status status = avs_trust_install_run(&arguments.options, &install, &error);
    if (status != AVS_OK) {
        bool is_usage = status == AVS_ERR_USAGE || status / 100 == 2;
        result = cli_error(command, &error);
        return is_usage ? result : CLI_NOT_READY;
    }
    result = report(command, install, &arguments);
    avs_trust_install_free(install);
    return result;
}

const struct cli_command cli_trust_install = {
    .name = "trust install",
    .summary = "add the ATS roots to the store, offline",
    .usage = "[OPTION...]",
    .about = "Add the roots of Amazon Trust Services to the trust store of this device, by the "
             "convention of its distribution. The roots are built in and held against their "
             "fingerprints: no download, which would need the very root that is missing. Without "
             "--apply nothing is changed: the steps are listed.\n"
             "\n"
             "Debian, Raspberry Pi OS, Ubuntu, Fedora, RHEL, SUSE, Arch and Alpine: the roots go "
             "where CAs added by hand belong, and the distribution's updater is run. OpenWrt, "
             "Buildroot, Yocto: the bundle and the hashed folder themselves. Existing CAs are "
             "never removed. A failure at any point leaves the store as it was; an install that "
             "was killed is taken back by the next --apply.",
    .options = rows,
    .examples = "avs-shim trust install                             what would be done?\n"
                "sudo avs-shim trust install --apply\n"
                "avs-shim trust install --sysroot ./rootfs --apply  into an image\n"
                "sudo avs-shim trust install --undo --apply",
    .exits = "0  every root asked for is in the store (with --undo: it is done, or would be)\n"
             "1  not: a dry run with roots missing, or an error that the message explains\n"
             "2  usage or configuration error",
    .schema = AVS_TRUST_INSTALL_SCHEMA,
    .run = run,
};
