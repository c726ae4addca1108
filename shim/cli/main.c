/* avs-shim, the command: a table of commands, one file each. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* clang-format off: one line for each command */
static const struct cli_command *const commands[] = {
    &cli_check,   &cli_judge,  &cli_endpoint, &cli_trust,
    &cli_inspect, &cli_causes, &cli_standin,  NULL,
};
/* clang-format on */

static void print_overview(FILE *out) {
    fprintf(out,
            "avs-shim %s: does this device reach Alexa, and if not, why and what to do\n\n"
            "Usage: avs-shim COMMAND [OPTION...]\n\n",
            avs_version());
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nExamples:\n"
          "  avs-shim check                                   the ATS test endpoint, the system's "
          "roots\n"
          "  avs-shim check --config AlexaClientSDKConfig.json    as the SDK would connect\n"
          "  avs-shim check --demo                            no network needed\n"
          "\navs-shim COMMAND --help tells more.\n",
          out);
}

/* A report that nobody got is no success: the buffered end of the output is where a full disk
 * shows. */
static int finish(int result) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("avs-shim: the output could not be written whole\n", stderr);
        return CLI_USAGE;
    }
    return result;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_overview(stdout);
        return finish(CLI_OK);
    }
    if (strcmp(word, "--version") == 0) {
        printf("avs-shim %s\n", avs_version());
        return finish(CLI_OK);
    }
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, word) == 0) {
            return finish(commands[i]->run(commands[i], argc - 1, argv + 1));
        }
    }
    fprintf(stderr, "avs-shim: there is no command '%s'\n\n", word);
    print_overview(stderr);
    return CLI_USAGE;
}
