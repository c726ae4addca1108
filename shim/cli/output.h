/* SPDX-License-Identifier: Apache-2.0 */
/* What check and judge print, and the evidence file both know. */
#ifndef AVS_CLI_OUTPUT_H
#define AVS_CLI_OUTPUT_H

#include <avs/doctor.h>
#include <avs/evidence.h>

#include <avs/findings.h>

#include "cli.h"

/* ---- the formats beside text and --json: the same rows in every command that has them ---- */

/** Where the report goes in other formats: files, "-" for standard output; NULL = not asked. */
struct cli_outputs {
    const char *format, *junit, *tap, *sarif, *metrics, *html;
    const char *evidence; /* not written with them, but no other may name its file */
};

/* Rows of an option table; AT(member) is the command's, which has the struct as `outputs`. */
#define CLI_OUTPUT_ROWS                                                                         \
    {.group = "Other formats",                                                                  \
     .name = "format",                                                                          \
     .kind = CLI_PATH,                                                                          \
     .value = "TEXT",                                                                           \
     AT(outputs.format),                                                                        \
     .help =                                                                                    \
         "instead of the report, TEXT with its {fields} filled in: '{cause} {host} {anchor}'; " \
         "an unknown one lists all"},                                                           \
        {.name = "junit",                                                                       \
         .kind = CLI_PATH,                                                                      \
         .value = "FILE",                                                                       \
         AT(outputs.junit),                                                                     \
         .help = "also as JUnit XML; '-': on standard output, instead of the report"},          \
        {.name = "html",                                                                        \
         .kind = CLI_PATH,                                                                      \
         .value = "FILE",                                                                       \
         AT(outputs.html),                                                                      \
         .help = "also as a page to look at: one file that loads nothing; '-' likewise"},       \
    {                                                                                           \
        .name = "tap", .kind = CLI_PATH, .value = "FILE", AT(outputs.tap),                      \
        .help = "also as TAP 13; '-' likewise"                                                  \
    }
#define CLI_OUTPUT_SARIF                                                       \
    {                                                                          \
        .name = "sarif", .kind = CLI_PATH, .value = "FILE", AT(outputs.sarif), \
        .help = "also as SARIF 2.1.0, for code review; '-' likewise"           \
    }
#define CLI_OUTPUT_METRICS                                                                \
    {                                                                                     \
        .name = "metrics", .kind = CLI_PATH, .value = "FILE", AT(outputs.metrics),        \
        .help = "also as metrics for Prometheus' textfile collector (FILE ends in .prom)" \
    }

/** Look at the outputs before anything is done: CLI_GO_ON, or the usage error is told: a field that
 *  is none, more than one thing for standard output or for one file, a name under which nobody
 * reads the file. */
int cli_outputs_check(const struct cli_command *command, const struct cli_outputs *outputs,
                      bool is_json);
/** True when one of them stands in place of the report. */
bool cli_outputs_takes_stdout(const struct cli_outputs *outputs);
/** True when there is anything to write. */
bool cli_outputs_any(const struct cli_outputs *outputs);
/** Write all, files atomically, and free the findings that a call returned with `status`. Returns
 *  `result`, or CLI_USAGE after telling what went wrong. */
int cli_outputs_write(const struct cli_command *command, const struct cli_outputs *outputs,
                      enum avs_status status, struct avs_findings *findings,
                      const struct avs_error *error, int result);
/** cli_error(), and the outputs say it, too. */
int cli_outputs_error(const struct cli_command *command, const struct cli_outputs *outputs,
                      const struct avs_error *error);

/** Judge `evidence`, print the verdict as text or JSON and write the other outputs; returns the
 *  verdict's exit code, or CLI_USAGE when something could not be written. */
int cli_print_verdict(const struct cli_command *command, const struct avs_evidence *evidence,
                      bool is_json, const struct cli_outputs *outputs);

/** As cli_print_verdict for a doctor's visit. */
int cli_print_doctor(const struct cli_command *command, const struct avs_doctor *doctor,
                     bool is_json, const struct cli_outputs *outputs);

/** Write `text` to `path`, atomically; CLI_OK, or CLI_USAGE and a message on stderr: `what`, and
 *  why it could not be written. */
int cli_write_file(const struct cli_command *command, const char *what, const char *path,
                   const char *text);

/** Write the evidence to `path`, atomically; CLI_OK, or CLI_USAGE and a message on stderr. */
int cli_write_evidence(const struct cli_command *command, const char *path,
                       const struct avs_evidence *evidence);

/** Read a whole file of at most `limit_bytes` ("-" is standard input). Caller frees *ret_text.
 *  CLI_OK, or CLI_USAGE and a message on stderr that names the file and the fault. */
int cli_read_file(const struct cli_command *command, const char *path, size_t limit_bytes,
                  char **ret_text, size_t *ret_length);

#endif
