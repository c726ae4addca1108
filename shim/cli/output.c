/* SPDX-License-Identifier: Apache-2.0 */
/* What check and judge print, and the evidence file both know. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <avs/report.h>
#include <avs/verdict.h>

int cli_print_verdict(const struct cli_command *command, const struct avs_evidence *evidence,
                      bool is_json, const struct cli_outputs *outputs) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_verdict *verdict = NULL;
    char *text = NULL;
    if (avs_verdict_new(evidence, &verdict, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    int result = avs_verdict_exit_code(verdict);
    if (!cli_outputs_takes_stdout(outputs)) {
        enum avs_status status =
            is_json ? avs_report_to_json(evidence, verdict, &text, &error)
                    : avs_report_to_text(evidence, verdict, cli_style(), &text, &error);
        if (cli_print_taken(command, status, text, &error) != CLI_OK) {
            avs_verdict_free(verdict);
            return CLI_USAGE;
        }
    }
    if (cli_outputs_any(outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_check(evidence, verdict, &findings, &error);
        result = cli_outputs_write(command, outputs, status, findings, &error, result);
    }
    avs_verdict_free(verdict);
    return result;
}

int cli_print_doctor(const struct cli_command *command, const struct avs_doctor *doctor,
                     bool is_json, const struct cli_outputs *outputs) {
    struct avs_error error = AVS_ERROR_INIT;
    int result = avs_doctor_exit_code(doctor);
    char *text = NULL;
    if (!cli_outputs_takes_stdout(outputs)) {
        enum avs_status status = is_json ? avs_doctor_to_json(doctor, &text, &error)
                                         : avs_doctor_to_text(doctor, cli_style(), &text, &error);
        if (cli_print_taken(command, status, text, &error) != CLI_OK) {
            return CLI_USAGE;
        }
    }
    if (cli_outputs_any(outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_doctor(doctor, &findings, &error);
        result = cli_outputs_write(command, outputs, status, findings, &error, result);
    }
    return result;
}

int cli_write_file(const struct cli_command *command, const char *what, const char *path,
                   const char *text) {
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_text_to_file(text, path, &error) == AVS_OK) {
        return CLI_OK;
    }
    fprintf(stderr, "avs-shim %s: %s: %s\n", command->name, what, error.message);
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
