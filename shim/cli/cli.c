/* SPDX-License-Identifier: Apache-2.0 */
/* What every command file shares: what is said, where, and how the process ends. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <avs/report.h>

#include "options.h"

#define COLUMNS_DEFAULT 80  /* of a terminal that does not say */
#define COLUMNS_MAX     100 /* longer lines are hard to read */

/* ---- stdout ---- */

static struct {
    bool has_output; /* something was printed on stdout */
    int os_errno;    /* of the first write that failed */
} out;

static void note_failure(bool is_written) {
    if (!is_written && out.os_errno == 0) {
        out.os_errno = errno ? errno : EIO;
    }
}

void cli_print(const char *text) {
    errno = 0;
    out.has_output = true;
    note_failure(fputs(text, stdout) >= 0);
}

int cli_print_taken(const struct cli_command *command, enum avs_status status, char *text,
                    const struct avs_error *error) {
    if (status != AVS_OK) {
        return cli_error(command, error);
    }
    cli_print(text);
    free(text);
    return CLI_OK;
}

/* A report that nobody got is no success: the buffered end of the output is where a full disk
 * shows. */
int cli_finish(int result) {
    errno = 0;
    note_failure(fflush(stdout) == 0);
    if (out.os_errno == 0 && !ferror(stdout)) {
        return result;
    }
    if (out.os_errno == EPIPE) { /* the reader has seen enough: end as any filter does */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    fprintf(stderr, "avs-shim: the output could not be written whole: %s\n",
            strerror(out.os_errno ? out.os_errno : EIO));
    return CLI_USAGE;
}

/* ---- faults ---- */

static const char *schema_in_use; /* NULL: the command's own */

void cli_answers_in(const char *schema) {
    schema_in_use = schema;
}

/* On stderr for people; as an object on stdout for a program that asked for JSON. */
static int tell(const struct cli_command *command, struct avs_error error, bool has_hint) {
    if (error.message[0] == '\0') {
        snprintf(error.message, sizeof(error.message), "%s", avs_status_text(error.status));
    }
    avs_text_make_printable(error.message);
    fprintf(stderr, "avs-shim %s: %s\n", command->name, error.message);
    if (has_hint) {
        fprintf(stderr, "Try: avs-shim %s --help\n", command->name);
    }
    char *json = NULL;
    const char *schema = schema_in_use ? schema_in_use : command->schema;
    if (cli_wants_json() && schema && !out.has_output &&
        avs_error_to_json(&error, schema, &json, NULL) == AVS_OK) {
        cli_print(json);
    }
    free(json);
    return CLI_USAGE;
}

static int tell_usage(const struct cli_command *command, const char *format, va_list arguments,
                      bool has_hint) {
    struct avs_error error = AVS_ERROR_INIT;
    error.status = AVS_ERR_USAGE;
    vsnprintf(error.message, sizeof(error.message), format, arguments);
    return tell(command, error, has_hint);
}

int cli_usage_error(const struct cli_command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = tell_usage(command, format, arguments, true);
    va_end(arguments);
    return result;
}

int cli_fault(const struct cli_command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = tell_usage(command, format, arguments, false);
    va_end(arguments);
    return result;
}

int cli_error(const struct cli_command *command, const struct avs_error *error) {
    return tell(command, *error, false);
}

/* ---- the terminal ---- */

const struct avs_style *cli_style(void) {
    return cli_style_of(STDOUT_FILENO);
}

const struct avs_style *cli_style_of(int fd) {
    static struct avs_style style;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct winsize size = {0};
    style = (struct avs_style){0};
    if (isatty(fd)) {
        bool has_width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        style.columns = !has_width                  ? COLUMNS_DEFAULT
                        : size.ws_col < COLUMNS_MAX ? size.ws_col
                                                    : COLUMNS_MAX;
        style.rows = has_width ? size.ws_row : 0;
        style.has_colour = !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
    }
    return &style;
}

static void write_stderr(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

struct avs_log cli_stderr_log(enum avs_log_level level) {
    return (struct avs_log){.write = write_stderr, .level = level};
}
