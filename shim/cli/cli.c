/* What every command file shares: errors, help, colour, numbers. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80  /* of a terminal that does not say */
#define COLUMNS_MAX     100 /* longer lines are hard to read */

int cli_usage_error(const struct cli_command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "avs-shim %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nTry: avs-shim %s --help\n", command->name);
    va_end(arguments);
    return CLI_USAGE;
}

int cli_error(const struct cli_command *command, const struct avs_error *error) {
    fprintf(stderr, "avs-shim %s: %s\n", command->name,
            error->message[0] ? error->message : avs_status_text(error->status));
    return CLI_USAGE;
}

int cli_help(const struct cli_command *command) {
    fputs(command->help, stdout);
    return CLI_OK;
}

int cli_bad_option(const struct cli_command *command, int result, char **argv) {
    const char *word = argv[optind - 1];
    if (result == ':') {
        return cli_usage_error(command, "option '%s' needs a value", word);
    }
    if (optopt > 0 && optopt < 256 && strncmp(word, "--", 2) != 0) {
        return cli_usage_error(command, "unknown option '-%c'", optopt);
    }
    return cli_usage_error(command, "unknown or ambiguous option '%s'", word);
}

const struct avs_style *cli_style(void) {
    static struct avs_style style;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct winsize size = {0};
    style = (struct avs_style){0};
    if (isatty(STDOUT_FILENO)) {
        bool has_width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
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

bool cli_number(const struct cli_command *command, const char *option, const char *text, long least,
                long most, long *ret_number) {
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most) {
        cli_usage_error(command, "%s '%s' is not a whole number from %ld to %ld", option, text,
                        least, most);
        return false;
    }
    *ret_number = number;
    return true;
}
