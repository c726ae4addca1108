/* avs-shim, the command: what every command file shares. Public headers only. */
#ifndef AVS_CLI_H
#define AVS_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <avs/log.h>
#include <avs/status.h>
#include <avs/style.h>

/* Exit codes, the same for every command. */
enum cli_exit {
    CLI_OK = 0,           /* ready, nothing wrong */
    CLI_NOT_READY = 1,    /* not ready, findings */
    CLI_USAGE = 2,        /* usage or configuration error */
    CLI_INCONCLUSIVE = 3, /* could not tell */
};

/** One command: its name, one line for the overview, its man-page-like help, its function.
 *  argv[0] is the command's name. */
struct cli_command {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

/* One line for each command file, in the order of the overview. */
extern const struct cli_command cli_endpoint;
extern const struct cli_command cli_trust;
extern const struct cli_command cli_check;
extern const struct cli_command cli_judge;
extern const struct cli_command cli_causes;
extern const struct cli_command cli_trust_explain; /* below cli_trust */
extern const struct cli_command cli_trust_audit;
extern const struct cli_command cli_trust_install;
extern const struct cli_command cli_inspect;
extern const struct cli_command cli_standin;

/** Print "avs-shim NAME: message" and where to get help on stderr; returns CLI_USAGE. */
AVS_PRINTF(2, 3)
int cli_usage_error(const struct cli_command *command, const char *format, ...);

/** Print a library error on stderr; returns CLI_USAGE. */
int cli_error(const struct cli_command *command, const struct avs_error *error);

/** Print the command's help on stdout; returns CLI_OK. */
int cli_help(const struct cli_command *command);

/** Report the option getopt_long just refused ('?' or ':'); returns CLI_USAGE. */
int cli_bad_option(const struct cli_command *command, int result, char **argv);

/** How reports are laid out on stdout: on a terminal wrapped to its width (100 at most), with
 * colour unless NO_COLOR is set or TERM is "dumb"; elsewhere plain, a fact a line. Static. */
const struct avs_style *cli_style(void);

/** A log that writes lines at `level` and above to stderr. */
struct avs_log cli_stderr_log(enum avs_log_level level);

/** Parse a whole number in [least, most]; false (and a message on stderr) otherwise. */
bool cli_number(const struct cli_command *command, const char *option, const char *text, long least,
                long most, long *ret_number);

#endif
