/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim help: the words of --help, and the same rows as manual pages and for the shells. */
#include <limits.h>
#include <string.h>

#include "cli.h"
#include "completion.h"
#include "manual.h"

struct arguments {
    bool is_manual;
    const char *shell;
};

static const struct cli_option rows[] = {
    {.name = "man",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_manual),
     .help = "as a manual page: of COMMAND, or of avs-shim as a whole"},
    {.name = "completion",
     .kind = CLI_VALUE,
     .value = "SHELL",
     .offset = offsetof(struct arguments, shell),
     .help = "completion of commands and options for bash, zsh or fish"},
    {.name = NULL},
};

/* The command that the words name; NULL: there is none such. */
static const struct cli_command *find(char **words, int count) {
    char name[64] = "";
    const struct cli_command *const *commands = cli_commands;
    const struct cli_command *found = NULL;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(name);
        snprintf(name + length, sizeof(name) - length, "%s%s", i ? " " : "", words[i]);
        found = NULL;
        for (size_t k = 0; commands && commands[k]; k++) {
            found = strcmp(commands[k]->name, name) == 0 ? commands[k] : found;
        }
        commands = found ? found->commands : NULL;
    }
    return found;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (arguments.shell) {
        return cli_completion(arguments.shell)
                   ? CLI_OK
                   : cli_usage_error(command, "--completion '%s': bash, zsh or fish is needed",
                                     arguments.shell);
    }
    const struct cli_command *found = words < argc ? find(argv + words, argc - words) : NULL;
    if (words < argc && !found) {
        return cli_usage_error(command, "there is no command '%s'", argv[words]);
    }
    if (arguments.is_manual) {
        cli_manual(found);
    } else if (found) {
        cli_help(found);
    } else {
        cli_overview(stdout);
    }
    return CLI_OK;
}

const struct cli_command cli_helper = {
    .name = "help",
    .summary = "the help of a command; manual pages; completion for the shells",
    .usage = "[COMMAND...]\n--man [COMMAND...]\n--completion bash|zsh|fish",
    .about = "What --help prints, and the same as a manual page or for a shell to complete.",
    .options = rows,
    .examples = "avs-shim help trust audit\n"
                "avs-shim help --man check | man -l -\n"
                "avs-shim help --completion bash >/etc/bash_completion.d/avs-shim",
    .exits = "0  printed\n"
             "2  no such command or shell",
    .words_most = INT_MAX,
    .run = run,
};
