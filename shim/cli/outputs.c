/* SPDX-License-Identifier: Apache-2.0 */
/* The formats beside text and --json: a row for each, written from the same findings. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "output.h"

#define FIELDS_MAX 64

struct row {
    const char *option;
    const char *path;
    enum avs_findings_format format;
};

/* The files asked for, up to a row without option. */
struct rows {
    struct row row[7];
};

static struct rows rows_of(const struct cli_outputs *outputs) {
    return (struct rows){{{"junit", outputs->junit, AVS_FINDINGS_JUNIT},
                          {"tap", outputs->tap, AVS_FINDINGS_TAP},
                          {"sarif", outputs->sarif, AVS_FINDINGS_SARIF},
                          {"metrics", outputs->metrics, AVS_FINDINGS_METRICS},
                          {"html", outputs->html, AVS_FINDINGS_HTML},
                          {0}}};
}

/* Those, and the evidence, which is written elsewhere. */
static struct rows files_of(const struct cli_outputs *outputs) {
    struct rows files = rows_of(outputs);
    size_t count = 0;
    while (files.row[count].option) {
        count++;
    }
    files.row[count] = (struct row){"evidence", outputs->evidence, AVS_FINDINGS_HTML};
    return files;
}

static bool is_stdout(const char *path) {
    return path && strcmp(path, "-") == 0;
}

/* The place that `path` names, whatever its spelling: of a file that is not there yet that of its
 * folder, and its name. False for what is no file (a terminal, /dev/null), which may be shared. */
static bool find_place(const char *path, char place[PATH_MAX]) {
    struct stat info;
    if (stat(path, &info) == 0) {
        return S_ISREG(info.st_mode) && realpath(path, place);
    }
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    char real[PATH_MAX];
    int length = snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
                          slash ? path : ".");
    if (length >= (int)sizeof(folder) || !realpath(folder, real)) {
        return false; /* and the write will say so */
    }
    return snprintf(place, PATH_MAX, "%s/%s", real, slash ? slash + 1 : path) < PATH_MAX;
}

/* Each file is for one of them: the second would take the first's place. */
static int check_places(const struct cli_command *command, const struct row *row) {
    char place[PATH_MAX];
    char other_place[PATH_MAX];
    for (; row->option; row++) {
        if (!row->path || is_stdout(row->path) || !find_place(row->path, place)) {
            continue;
        }
        for (const struct row *other = row + 1; other->option; other++) {
            if (other->path && !is_stdout(other->path) && find_place(other->path, other_place) &&
                strcmp(place, other_place) == 0) {
                return cli_usage_error(command,
                                       "--%s and --%s would both write '%s': give one of them "
                                       "another file",
                                       row->option, other->option, other->path);
            }
        }
    }
    return CLI_GO_ON;
}

/* node_exporter's textfile collector reads *.prom and passes over all else without a word. */
static int check_metrics(const struct cli_command *command, const char *path) {
    static const char ending[] = ".prom";
    size_t length = path ? strlen(path) : 0;
    struct stat info;
    if (!path || is_stdout(path) || (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) ||
        (length >= sizeof(ending) && strcmp(path + length - (sizeof(ending) - 1), ending) == 0)) {
        return CLI_GO_ON;
    }
    return cli_usage_error(command,
                           "--metrics '%s': node_exporter reads files that end in .prom alone: "
                           "name it so",
                           path);
}

static int refuse_format(const struct cli_command *command, const char *field,
                         const struct avs_error *error) {
    const char *names[FIELDS_MAX + 1] = {NULL};
    for (size_t i = 0; i < FIELDS_MAX && avs_findings_field(i); i++) {
        names[i] = avs_findings_field(i);
    }
    const char *closest = field[0] ? cli_closest(field, names) : NULL;
    return cli_usage_error(command, "--format: %s%s%s%s", closest ? "did you mean {" : "",
                           closest ? closest : "", closest ? "}? " : "", error->message);
}

/* One thing at a time is on standard output. */
static int take_stdout(const struct cli_command *command, const char **taker, const char *option) {
    if (*taker) {
        return cli_usage_error(command,
                               "--%s and --%s would both be on standard output: give one of them a "
                               "file, or leave it out",
                               *taker, option);
    }
    *taker = option;
    return CLI_GO_ON;
}

int cli_outputs_check(const struct cli_command *command, const struct cli_outputs *outputs,
                      bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char field[AVS_FINDINGS_FIELD_BYTES];
    const char *taker = is_json ? "json" : NULL;
    if (outputs->format) {
        if (avs_findings_check_format(outputs->format, field, &error) != AVS_OK) {
            return refuse_format(command, field, &error);
        }
        if (take_stdout(command, &taker, "format") != CLI_GO_ON) {
            return CLI_USAGE;
        }
    }
    struct rows rows = rows_of(outputs);
    for (const struct row *row = rows.row; row->option; row++) {
        if (is_stdout(row->path) && take_stdout(command, &taker, row->option) != CLI_GO_ON) {
            return CLI_USAGE;
        }
    }
    int result = check_metrics(command, outputs->metrics);
    return result == CLI_GO_ON ? check_places(command, files_of(outputs).row) : result;
}

bool cli_outputs_takes_stdout(const struct cli_outputs *outputs) {
    struct rows rows = rows_of(outputs);
    bool takes = outputs->format != NULL;
    for (const struct row *row = rows.row; row->option; row++) {
        takes |= is_stdout(row->path);
    }
    return takes;
}

bool cli_outputs_any(const struct cli_outputs *outputs) {
    struct rows rows = rows_of(outputs);
    bool is_any = outputs->format != NULL;
    for (const struct row *row = rows.row; row->option; row++) {
        is_any |= row->path != NULL;
    }
    return is_any;
}

static int write_row(const struct cli_command *command, const struct row *row,
                     const struct avs_findings *findings) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    char what[32];
    enum avs_status status = avs_findings_to_text(findings, row->format, &text, &error);
    if (status != AVS_OK || is_stdout(row->path)) {
        return cli_print_taken(command, status, text, &error);
    }
    snprintf(what, sizeof(what), "--%s", row->option);
    int result = cli_write_file(command, what, row->path, text);
    free(text);
    return result;
}

int cli_outputs_write(const struct cli_command *command, const struct cli_outputs *outputs,
                      enum avs_status status, struct avs_findings *findings,
                      const struct avs_error *error, int result) {
    if (status != AVS_OK) {
        return cli_error(command, error);
    }
    struct rows rows = rows_of(outputs);
    if (outputs->format) {
        struct avs_error fault = AVS_ERROR_INIT;
        char *text = NULL;
        status = avs_findings_to_line(findings, outputs->format, &text, &fault);
        if (cli_print_taken(command, status, text, &fault) != CLI_OK) {
            result = CLI_USAGE;
        }
    }
    for (const struct row *row = rows.row; row->option; row++) {
        if (row->path && write_row(command, row, findings) != CLI_OK && result == CLI_OK) {
            result = CLI_USAGE; /* else the verdict's code: see docs/exit-codes.md */
        }
    }
    avs_findings_free(findings);
    return result;
}

int cli_outputs_error(const struct cli_command *command, const struct cli_outputs *outputs,
                      const struct avs_error *error) {
    int result = cli_error(command, error);
    if (cli_outputs_any(outputs)) {
        struct avs_error fault = AVS_ERROR_INIT;
        struct avs_findings *findings = NULL;
        enum avs_status status =
            avs_findings_of_error(error, command->name, result, &findings, &fault);
        result = cli_outputs_write(command, outputs, status, findings, &fault, result);
    }
    return result;
}
