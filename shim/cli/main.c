/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim, the command: a table of commands, one file each. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define COMMANDS_MAX 16

const struct cli_command *const cli_commands[] = {
    &cli_doctor, &cli_check, &cli_judge,  &cli_endpoint, &cli_trust,  &cli_inspect,
    &cli_run,    &cli_iot,   &cli_causes, &cli_standin,  &cli_helper, NULL,
};

static bool is_one_of(const char *word, const char *a, const char *b, const char *c) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int unknown(const char *given) {
    const char *names[COMMANDS_MAX + 1] = {NULL};
    char word[256];
    snprintf(word, sizeof(word), "%s", given);
    avs_text_make_printable(word);
    for (size_t i = 0; i < COMMANDS_MAX && cli_commands[i]; i++) {
        names[i] = cli_commands[i]->name;
    }
    const char *closest = cli_closest(word, names);
    if (closest) {
        fprintf(stderr, "avs-shim: there is no command '%s'; did you mean '%s'?\n", word, closest);
        return CLI_USAGE;
    }
    fprintf(stderr, "avs-shim: there is no command '%s'\n\n", word);
    cli_overview(stderr);
    return CLI_USAGE;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        cli_overview(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (is_one_of(word, "--help", "-h", "-?") || (strcmp(word, "help") == 0 && argc == 2)) {
        cli_overview(stdout);
        return cli_finish(CLI_OK);
    }
    if (is_one_of(word, "--version", "-V", "version")) {
        printf("avs-shim %s\n", avs_version());
        return cli_finish(CLI_OK);
    }
    for (size_t i = 0; cli_commands[i]; i++) {
        if (strcmp(cli_commands[i]->name, word) == 0) {
            return cli_finish(cli_commands[i]->run(cli_commands[i], argc - 1, argv + 1));
        }
    }
    return unknown(word);
}
