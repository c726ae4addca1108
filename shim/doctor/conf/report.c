/* SPDX-License-Identifier: Apache-2.0 */
/* The report's lists and strings. */
#include "conf/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EXCERPT_BEFORE_BYTES 60
#define EXCERPT_AFTER_BYTES  60
#define STRING_BYTES_MAX     (2u * AVS_CONF_FILE_BYTES_MAX)

struct avs_conf_report *avs_conf_report_new(const char *sdk) {
    struct avs_conf_report *report = calloc(1, sizeof(*report));
    if (report) {
        report->base.sdk = sdk ? avs_conf_report_text(report, "%s", sdk) : NULL;
        report->base.gateway = (struct avs_config_gateway){
            .database = "",
            .url = "",
            .detail = "",
            .clear = "",
        };
    }
    return report;
}

void avs_config_report_free(struct avs_config_report *base) {
    struct avs_conf_report *report = (struct avs_conf_report *)base;
    if (!report) {
        return;
    }
    for (size_t i = 0; i < report->base.view_count; i++) {
        free((void *)report->views[i].ignored);
    }
    for (size_t i = 0; i < report->string_count; i++) {
        free(report->strings[i]);
    }
    free(report->strings);
    free(report->views);
    free(report->facts);
    free(report->findings);
    free(report);
}

enum avs_status avs_conf_report_take(struct avs_conf_report *report,
                                     struct avs_config_report **ret_report,
                                     struct avs_error *reterr) {
    if (report->is_out_of_memory) {
        avs_config_report_free(&report->base);
        return avs_fail_memory(reterr);
    }
    report->base.views = report->views;
    report->base.facts = report->facts;
    report->base.findings = report->findings;
    *ret_report = &report->base;
    return AVS_OK;
}

enum avs_severity avs_config_report_severity(const struct avs_config_report *report) {
    enum avs_severity worst = AVS_SEVERITY_INFO;
    for (size_t i = 0; i < report->finding_count; i++) {
        worst = report->findings[i].severity > worst ? report->findings[i].severity : worst;
    }
    return worst;
}

/* Room for one more element; false when out of memory. */
static bool grow(struct avs_conf_report *report, void **items, size_t count, size_t *capacity,
                 size_t item_bytes) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *grown = realloc(*items, wanted * item_bytes);
    if (!grown) {
        report->is_out_of_memory = true;
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

const char *avs_conf_report_keep(struct avs_conf_report *report, char *text) {
    void *strings = report->strings;
    if (!text || !grow(report, &strings, report->string_count, &report->string_capacity,
                       sizeof(*report->strings))) {
        report->is_out_of_memory = true;
        free(text);
        return "";
    }
    report->strings = strings;
    report->strings[report->string_count++] = text;
    return text;
}

const char *avs_conf_report_text(struct avs_conf_report *report, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text =
        length < 0 || (unsigned)length > STRING_BYTES_MAX ? NULL : malloc((size_t)length + 1);
    if (text) {
        va_start(arguments, format);
        vsnprintf(text, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    return avs_conf_report_keep(report, text);
}

struct avs_config_view *avs_conf_report_add_view(struct avs_conf_report *report) {
    void *views = report->views;
    if (!grow(report, &views, report->base.view_count, &report->view_capacity,
              sizeof(*report->views))) {
        return NULL;
    }
    report->views = views;
    struct avs_config_view *view = &report->views[report->base.view_count++];
    *view = (struct avs_config_view){0};
    return view;
}

struct avs_config_fact *avs_conf_report_add_fact(struct avs_conf_report *report) {
    void *facts = report->facts;
    if (!grow(report, &facts, report->base.fact_count, &report->fact_capacity,
              sizeof(*report->facts))) {
        return NULL;
    }
    report->facts = facts;
    struct avs_config_fact *fact = &report->facts[report->base.fact_count++];
    *fact = (struct avs_config_fact){.note = ""};
    return fact;
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The line around `offset`, cut at character boundaries, without control characters. */
static const char *excerpt_of(struct avs_conf_report *report, const struct avs_conf_file *file,
                              size_t offset, unsigned *ret_caret) {
    size_t start = offset, end = offset;
    while (start > 0 && file->text[start - 1] != '\n' && offset - start < EXCERPT_BEFORE_BYTES) {
        start--;
    }
    while (start < offset && is_continuation(file->text[start])) {
        start++;
    }
    while (end < file->length && file->text[end] != '\n' && end - offset < EXCERPT_AFTER_BYTES) {
        end++;
    }
    while (end > offset && end < file->length && is_continuation(file->text[end])) {
        end--;
    }
    char *text = malloc(end - start + 1);
    unsigned caret = 0;
    for (size_t i = start; text && i < end; i++) {
        unsigned char c = (unsigned char)file->text[i];
        text[i - start] = c < 0x20 || c == 0x7F ? ' ' : (char)c;
        caret += i < offset && !is_continuation((char)c);
    }
    if (text) {
        size_t length = end - start;
        while (length > offset - start && text[length - 1] == ' ') {
            length--;
        }
        text[length] = '\0';
    }
    *ret_caret = caret;
    return avs_conf_report_keep(report, text);
}

void avs_conf_report_add_finding(struct avs_conf_report *report, const struct avs_conf_file *file,
                                 const struct avs_conf_remark *remark) {
    void *findings = report->findings;
    if (report->base.finding_count >= AVS_CONF_FINDINGS_MAX ||
        !grow(report, &findings, report->base.finding_count, &report->finding_capacity,
              sizeof(*report->findings))) {
        return;
    }
    report->findings = findings;
    struct avs_config_finding *finding = &report->findings[report->base.finding_count++];
    *finding = (struct avs_config_finding){
        .id = remark->id,
        .cause = remark->cause,
        .severity = remark->severity,
        .file = avs_conf_report_text(report, "%s", file->path),
        .offset = remark->offset,
        .length = remark->length ? remark->length : 1,
        .problem = remark->problem,
        .fix = remark->fix,
        .sdk_message = remark->sdk_message,
        .sdk_offset = remark->sdk_offset,
        .is_repairable = remark->is_repairable,
    };
    avs_conf_place(file->text, file->length, remark->offset, &finding->line, &finding->column);
    finding->excerpt = excerpt_of(report, file, remark->offset, &finding->caret);
}
