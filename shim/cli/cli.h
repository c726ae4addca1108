/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim, the command: what every command file shares. Public headers only.
 *
 * One row for each option, in one table for each command: the parser, --help, the manual page and
 * the shells' completion are all read off it. */
#ifndef AVS_CLI_H
#define AVS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <avs/log.h>
#include <avs/status.h>
#include <avs/style.h>

/* Exit codes, the same for every command. */
enum cli_exit {
    CLI_OK = 0,        /* ready, nothing wrong */
    CLI_NOT_READY = 1, /* not ready, findings */
    CLI_USAGE = 2,     /* usage or configuration error */
                       /* 3: cannot tell, as the verdict says */
};
#define CLI_GO_ON (-1) /* nothing has ended the command yet */

/* ---- commands and options as rows ---- */

struct cli_command;

#define CLI_LIST_MAX 16
/** The values of an option that may be repeated. */
struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

enum cli_kind {
    CLI_FLAG,   /* bool: true when given */
    CLI_VALUE,  /* const char *: any text */
    CLI_PATH,   /* const char *: a text that is not empty */
    CLI_NUMBER, /* long: a whole number in [least, most] */
    CLI_LIST,   /* struct cli_list: texts that are not empty */
    CLI_TAKE,   /* take() puts it where it belongs */
};

struct cli_option {
    const char *group; /* a heading in --help before this row, or NULL */
    const char *name;  /* without its "--" */
    char letter;       /* or 0 */
    enum cli_kind kind;
    const char *value; /* what stands for the value in --help; NULL: it takes none */
    const char *help;
    size_t offset; /* in the struct that cli_parse fills */
    long least, most;
    /** CLI_GO_ON, or an exit code after telling why. */
    int (*take)(const struct cli_command *command, void *target, const char *value);
};

/* Rows of the commands that verify a peer: AT(member) is the command's, whose struct has the
 * library's options as `options`, and `any_root`. */
#define CLI_TRUST_ROWS(any_root_for)                                                     \
    {.group = "What to trust",                                                           \
     .name = "ca-file",                                                                  \
     .kind = CLI_VALUE,                                                                  \
     .value = "FILE",                                                                    \
     AT(options.ca_file),                                                                \
     .help = "PEM bundle of trusted roots; default: the one libcurl was built with"},    \
        {.name = "ca-path",                                                              \
         .kind = CLI_VALUE,                                                              \
         .value = "DIR",                                                                 \
         AT(options.ca_path),                                                            \
         .help = "directory of hashed certificates"},                                    \
        {.name = "ats-roots",                                                            \
         .kind = CLI_VALUE,                                                              \
         .value = "FILE",                                                                \
         AT(options.ats_roots_file),                                                     \
         .help = "PEM file of the roots that count as ATS; default: the built-in five"}, \
    {                                                                                    \
        .name = "any-root", .kind = CLI_FLAG, AT(any_root),                              \
        .help = "any trusted root will do (" any_root_for ")"                            \
    }

/** One command. argv[0] is its name. */
struct cli_command {
    const char *name;                 /* "trust audit" */
    const char *summary;              /* one line, for the overview */
    const char *usage;                /* what follows the name, a line each */
    const char *about;                /* paragraphs, an empty line between them */
    const struct cli_option *options; /* up to a row without name; --help is in every one */
    const char *notes;                /* as `about`, after the options; or NULL */
    const char *examples;             /* a line each */
    const char *exits;                /* a line each: "0  ready" */
    const char *schema;               /* of its JSON; NULL: it has none */
    int words_most;                   /* arguments that are no options */
    const struct cli_command *const *commands; /* below it, up to NULL; or NULL */
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

extern const struct cli_command
    *const cli_commands[]; /* in the order of the overview, up to NULL */
extern const struct cli_command cli_doctor, cli_check, cli_judge, cli_endpoint, cli_trust,
    cli_inspect, cli_iot, cli_run;
extern const struct cli_command cli_causes, cli_standin, cli_helper;
extern const struct cli_command cli_trust_explain, cli_trust_audit, cli_trust_install;
extern const struct cli_command cli_iot_explain, cli_iot_plan, cli_iot_regions, cli_iot_endpoint,
    cli_iot_check;

/** Read the options into `target`, a struct of the command; the other words are left in
 *  argv[*ret_words] and behind. CLI_GO_ON, or the exit code: --help was printed, or a fault told.
 */
int cli_parse(const struct cli_command *command, int argc, char **argv, void *target,
              int *ret_words);

/** Run the command below `command` that argv names; what it is, is told when it is none. */
int cli_run_below(const struct cli_command *command, int argc, char **argv);

/** The one of `names` (up to NULL) that `word` was most likely meant to be, or NULL. */
const char *cli_closest(const char *word, const char *const *names);
/** True when `text` may be an endpoint: an URL or a name; else the usage error is told. */
bool cli_is_endpoint(const struct cli_command *command, const char *text);

/* ---- what a command says ---- */

/** Print the command's help on stdout; returns CLI_OK. */
int cli_help(const struct cli_command *command);
void cli_overview(FILE *out);

/** Print text on stdout. Whether all of it arrived is asked once, by cli_finish. */
void cli_print(const char *text);
/** As cli_print for what a library call returned, which is freed: `text`, or the error is told.
 *  Returns CLI_OK or CLI_USAGE. */
int cli_print_taken(const struct cli_command *command, enum avs_status status, char *text,
                    const struct avs_error *error);

/** From now on an error is an object of that schema, not the command's own: for a command that
 *  answers in more than one. Static text. */
void cli_answers_in(const char *schema);

/** Tell on stderr "avs-shim NAME: message" and where to get help; returns CLI_USAGE. With --json
 * the error is an object on stdout, too, unless a report is there already. */
AVS_PRINTF(2, 3)
int cli_usage_error(const struct cli_command *command, const char *format, ...);
/** As cli_usage_error without the help: a library's error, or any other fault. */
int cli_error(const struct cli_command *command, const struct avs_error *error);
AVS_PRINTF(2, 3) int cli_fault(const struct cli_command *command, const char *format, ...);

/** The last thing: flush stdout. Returns `result`, or CLI_USAGE when not all of it could be
 * written; ends the process by SIGPIPE, as is usual, when the reader has gone. */
int cli_finish(int result);

/** How reports are laid out on stdout: on a terminal wrapped to its width (100 at most), with
 * colour unless NO_COLOR is set or TERM is "dumb"; elsewhere plain, a fact a line. Static. */
const struct avs_style *cli_style(void);
/** The same for a report on the descriptor `fd`. Static, of the last call. */
const struct avs_style *cli_style_of(int fd);

/** A log that writes lines at `level` and above to stderr. */
struct avs_log cli_stderr_log(enum avs_log_level level);

#endif
