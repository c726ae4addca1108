/* avs-shim trust: a table of subcommands, one file each. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const char help[] =
    "Usage: avs-shim trust COMMAND [OPTION...]\n"
    "\n"
    "  explain   why a saved certificate chain is refused\n"
    "  audit     which store the SDK really uses, and whether the roots are in it\n"
    "  install   add the ATS roots to the store, offline; without --apply it only says how\n"
    "\n"
    "avs-shim trust COMMAND --help tells more.\n";

static const struct {
    const char *word;
    const struct cli_command *command;
} subcommands[] = {
    {"explain", &cli_trust_explain},
    {"audit", &cli_trust_audit},
    {"install", &cli_trust_install},
    {NULL, NULL}, /* the end */
};

static int run(const struct cli_command *command, int argc, char **argv) {
    if (argc < 2) {
        return cli_usage_error(command, "which command? explain, audit or install");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return cli_help(command);
    }
    for (size_t i = 0; subcommands[i].word; i++) {
        if (strcmp(subcommands[i].word, argv[1]) == 0) {
            return subcommands[i].command->run(subcommands[i].command, argc - 1, argv + 1);
        }
    }
    return cli_usage_error(command, "there is no command 'trust %s'", argv[1]);
}

const struct cli_command cli_trust = {
    .name = "trust",
    .summary = "explain a refused chain, audit the trust store, add the ATS roots to it",
    .help = help,
    .run = run,
};
