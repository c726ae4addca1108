/* SPDX-License-Identifier: Apache-2.0 */
/* The rows behind every format: added one by one, owned as a whole. */
#include "report/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define KEEP_BYTES 4096 /* of one text that is put together */
#define POOL_STEP  64

struct avs_findings *avs_findings_new(const char *command) {
    struct avs_findings *findings = calloc(1, sizeof(*findings));
    if (findings) {
        findings->decisive = AVS_FINDINGS_MAX;
        findings->command = avs_findings_keep(findings, command);
        findings->subject = findings->answer = "";
    }
    return findings;
}

void avs_findings_free(struct avs_findings *findings) {
    if (!findings) {
        return;
    }
    for (size_t i = 0; i < findings->pool_count; i++) {
        free(findings->pool[i]);
    }
    free(findings->pool);
    free(findings->check);
    free(findings->finding);
    free(findings);
}

/* Room for one more of `size` bytes each, in steps. */
static bool grow(struct avs_findings *findings, void **array, size_t count, size_t size) {
    if (findings->is_failed || count % POOL_STEP != 0) {
        return !findings->is_failed;
    }
    void *grown = realloc(*array, (count + POOL_STEP) * size);
    findings->is_failed = !grown;
    *array = grown ? grown : *array;
    return grown != NULL;
}

const char *avs_findings_keep(struct avs_findings *findings, const char *text) {
    if (!text || !text[0]) {
        return "";
    }
    if (!grow(findings, (void **)&findings->pool, findings->pool_count, sizeof(char *))) {
        return "";
    }
    char *copy = strdup(text);
    if (!copy) {
        findings->is_failed = true;
        return "";
    }
    findings->pool[findings->pool_count++] = copy;
    return copy;
}

const char *avs_findings_keepf(struct avs_findings *findings, const char *format, ...) {
    char text[KEEP_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    avs_text_make_utf8(text); /* the cut may be within a character */
    return avs_findings_keep(findings, text);
}

void avs_findings_set(struct avs_findings *findings, enum avs_findings_field field,
                      const char *text) {
    findings->value[field] = avs_findings_keep(findings, text);
}

size_t avs_findings_add_check(struct avs_findings *findings, const char *name,
                              enum avs_check_outcome outcome, double seconds) {
    if (grow(findings, (void **)&findings->check, findings->check_count,
             sizeof(*findings->check))) {
        findings->check[findings->check_count++] =
            (struct avs_check_row){avs_findings_keep(findings, name), outcome, seconds};
    }
    return findings->check_count ? findings->check_count - 1 : 0;
}

void avs_findings_add(struct avs_findings *findings, const struct avs_finding *finding) {
    if (findings->finding_count == AVS_FINDINGS_MAX) {
        findings->is_failed = true;
    }
    if (!grow(findings, (void **)&findings->finding, findings->finding_count,
              sizeof(*findings->finding))) {
        return;
    }
    struct avs_finding *row = &findings->finding[findings->finding_count++];
    *row = *finding;
    const char **texts[] = {&row->id,      &row->headline, &row->meaning, &row->remedy, &row->facts,
                            &row->command, &row->file,     &row->host,    &row->excerpt};
    for (size_t i = 0; i < AVS_COUNT(texts); i++) {
        *texts[i] = avs_findings_keep(findings, *texts[i]);
    }
}

enum avs_status avs_findings_finish(struct avs_findings *findings,
                                    struct avs_findings **ret_findings, struct avs_error *reterr) {
    AVS_REQUIRE_MEMORY(findings, reterr);
    if (findings->is_failed) {
        avs_findings_free(findings);
        return avs_fail_memory(reterr);
    }
    *ret_findings = findings;
    return AVS_OK;
}

const struct avs_finding *avs_findings_reason(const struct avs_findings *findings, size_t check) {
    bool has_decisive = findings->decisive < findings->finding_count;
    const struct avs_finding *decisive =
        has_decisive ? &findings->finding[findings->decisive] : NULL;
    const struct avs_finding *worst = NULL;
    for (size_t i = 0; i < findings->finding_count; i++) {
        const struct avs_finding *finding = &findings->finding[i];
        if (finding->check == check && (!worst || finding->severity > worst->severity)) {
            worst = finding;
        }
    }
    return (decisive && decisive->check == check) || !worst ? decisive : worst;
}

size_t avs_findings_count(const struct avs_findings *findings, enum avs_check_outcome outcome) {
    size_t count = 0;
    for (size_t i = 0; i < findings->check_count; i++) {
        count += findings->check[i].outcome == outcome;
    }
    return count;
}

static const char *number(char scratch[16], unsigned value) {
    snprintf(scratch, 16, "%u", value);
    return value ? scratch : "";
}

/* What the finding itself has to say about a field, NULL = it is a field of the whole. */
static const char *own_value(const struct avs_finding *finding, enum avs_findings_field field,
                             char scratch[16]) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    bool has_cause = finding->cause != AVS_CAUSE_NONE;
    switch ((unsigned)field) { /* the others are of the whole */
    case AVS_FIELD_CAUSE:
        return has_cause ? info->id : "";
    case AVS_FIELD_PHASE:
        return has_cause ? avs_phase_id(info->phase) : "";
    case AVS_FIELD_SEVERITY:
        return avs_severity_id(finding->severity);
    case AVS_FIELD_ID:
        return finding->id;
    case AVS_FIELD_HEADLINE:
        return finding->headline;
    case AVS_FIELD_MEANING:
        return finding->meaning;
    case AVS_FIELD_REMEDY:
        return finding->remedy;
    case AVS_FIELD_COMMAND:
        return finding->command;
    case AVS_FIELD_FILE:
        return finding->file;
    case AVS_FIELD_LINE:
        return number(scratch, finding->line);
    case AVS_FIELD_COLUMN:
        return number(scratch, finding->column);
    case AVS_FIELD_HOST:
        return finding->host[0] ? finding->host : NULL;
    }
    return NULL;
}

const char *avs_findings_value(const struct avs_findings *findings,
                               const struct avs_finding *finding, enum avs_findings_field field,
                               char scratch[16]) {
    const char *text = finding ? own_value(finding, field, scratch) : NULL;
    text = text ? text : findings->value[field];
    return text ? text : "";
}

static enum avs_status (*const writers[])(const struct avs_findings *, char **,
                                          struct avs_error *) = {
    [AVS_FINDINGS_JUNIT] = avs_findings_to_junit, [AVS_FINDINGS_TAP] = avs_findings_to_tap,
    [AVS_FINDINGS_SARIF] = avs_findings_to_sarif, [AVS_FINDINGS_METRICS] = avs_findings_to_metrics,
    [AVS_FINDINGS_HTML] = avs_findings_to_html,
};

enum avs_status avs_findings_to_text(const struct avs_findings *findings,
                                     enum avs_findings_format format, char **ret_text,
                                     struct avs_error *reterr) {
    if ((size_t)format >= AVS_COUNT(writers)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "there is no format %d", (int)format);
    }
    return writers[format](findings, ret_text, reterr);
}

enum avs_status avs_findings_of_error(const struct avs_error *error, const char *command,
                                      int exit_code, struct avs_findings **ret_findings,
                                      struct avs_error *reterr) {
    struct avs_findings *findings = avs_findings_new(command);
    AVS_REQUIRE_MEMORY(findings, reterr);
    const struct avs_cause_info *info = avs_cause_info(error->cause);
    bool has_cause = error->cause != AVS_CAUSE_NONE;
    findings->exit_code = exit_code;
    findings->answer = avs_findings_keep(
        findings, error->message[0] ? error->message : avs_status_text(error->status));
    avs_findings_set(findings, AVS_FIELD_VERDICT, "error");
    findings->value[AVS_FIELD_EXIT_CODE] = avs_findings_keepf(findings, "%d", exit_code);
    size_t check = avs_findings_add_check(findings, command, AVS_CHECK_UNKNOWN, -1);
    avs_findings_add(findings, &(struct avs_finding){
                                   .check = check,
                                   .id = has_cause ? info->id : avs_status_text(error->status),
                                   .cause = error->cause,
                                   .severity = AVS_SEVERITY_ERROR,
                                   .headline = findings->answer,
                                   .meaning = has_cause ? info->meaning : NULL,
                                   .remedy = has_cause ? info->remedy : NULL,
                               });
    findings->decisive = 0;
    return avs_findings_finish(findings, ret_findings, reterr);
}
