/* SPDX-License-Identifier: Apache-2.0 */
/* What check and judge print, and the evidence file both know. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <avs/report.h>
#include <avs/verdict.h>

#define NEW_FILE_MODE 0644
#define MODE_BITS     0777

int cli_print_verdict(const struct cli_command *command, const struct avs_evidence *evidence,
                      bool is_json, const struct cli_outputs *outputs) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_verdict verdict;
    char *text = NULL;
    avs_judge(evidence, &verdict);
    int result = verdict.exit_code;
    if (!cli_outputs_takes_stdout(outputs)) {
        enum avs_status status =
            is_json ? avs_report_to_json(evidence, &verdict, &text, &error)
                    : avs_report_to_text(evidence, &verdict, cli_style(), &text, &error);
        if (cli_print_taken(command, status, text, &error) != CLI_OK) {
            return CLI_USAGE;
        }
    }
    if (cli_outputs_any(outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_check(evidence, &verdict, &findings, &error);
        result = cli_outputs_write(command, outputs, status, findings, &error, result);
    }
    return result;
}

static bool write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0 || errno == EINVAL; /* a pipe or /dev/null cannot be synced */
}

/* Into a new file beside the old one, which it then replaces: a full disk loses nothing. */
static bool replace_file(const char *path, mode_t mode, const char *text) {
    size_t length = strlen(path) + sizeof(".XXXXXX");
    char *temporary = malloc(length);
    if (!temporary) {
        return false;
    }
    snprintf(temporary, length, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool is_written = fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, text, strlen(text));
    if (fd >= 0 && close(fd) != 0) {
        is_written = false;
    }
    is_written = is_written && rename(temporary, path) == 0;
    if (fd >= 0 && !is_written) {
        int os_errno = errno;
        unlink(temporary);
        errno = os_errno;
    }
    free(temporary);
    return is_written;
}

/* A file that is there keeps its mode; what a symbolic link leads to is replaced, not the link. */
static bool write_atomically(const char *path, const char *text) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return replace_file(path, NEW_FILE_MODE, text);
    }
    if (!S_ISREG(info.st_mode)) { /* /dev/stdout, a pipe */
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool is_written = fd >= 0 && write_all(fd, text, strlen(text));
        if (fd >= 0) {
            close(fd);
        }
        return is_written;
    }
    char *target = realpath(path, NULL);
    bool is_written = target && replace_file(target, info.st_mode & MODE_BITS, text);
    int os_errno = errno;
    free(target);
    errno = os_errno;
    return is_written;
}

int cli_write_file(const struct cli_command *command, const char *what, const char *path,
                   const char *text) {
    if (write_atomically(path, text)) {
        return CLI_OK;
    }
    fprintf(stderr, "avs-shim %s: %s '%s' could not be written: %s\n", command->name, what, path,
            strerror(errno));
    return CLI_USAGE;
}

int cli_write_evidence(const struct cli_command *command, const char *path,
                       const struct avs_evidence *evidence) {
    struct avs_error error = AVS_ERROR_INIT;
    char *json = NULL;
    if (avs_evidence_to_json(evidence, &json, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    int result = cli_write_file(command, "the evidence file", path, json);
    free(json);
    return result;
}

int cli_read_file(const struct cli_command *command, const char *path, size_t limit_bytes,
                  char **ret_text, size_t *ret_length) {
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    char *text = malloc(limit_bytes + 1);
    int result = CLI_OK;
    if (!file) {
        result = cli_usage_error(command, "'%s' cannot be read: %s", path, strerror(errno));
    } else if (!text) {
        result = cli_usage_error(command, "out of memory");
    } else {
        size_t length = fread(text, 1, limit_bytes + 1, file);
        if (ferror(file)) {
            result = cli_usage_error(command, "'%s' cannot be read: %s", path, strerror(errno));
        } else if (length > limit_bytes) {
            result = cli_usage_error(command, "'%s' is larger than %zu bytes", path, limit_bytes);
        } else {
            *ret_length = length;
        }
    }
    if (file && !is_stdin) {
        fclose(file);
    }
    if (result == CLI_OK) {
        *ret_text = text;
    } else {
        free(text);
    }
    return result;
}
