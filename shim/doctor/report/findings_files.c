/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of what was read from files: a configuration, a log. */
#include <stdio.h>
#include <string.h>

#include "report/findings.h"

#define NOTE_BYTES 512

static bool is_fault(const struct avs_config_finding *finding) {
    return finding->severity != AVS_SEVERITY_INFO; /* a remark is no reason to fail */
}

static void add_config_finding(struct avs_findings *findings, size_t check,
                               const struct avs_config_finding *finding) {
    char facts[NOTE_BYTES] = "";
    if (finding->sdk_message) {
        snprintf(facts, sizeof(facts), "the SDK logs: reason=parseFailure,offset=%zu,message=%s",
                 finding->sdk_offset, finding->sdk_message);
    }
    if (is_fault(finding) && findings->decisive == AVS_FINDINGS_MAX) {
        findings->decisive = findings->finding_count;
    }
    avs_findings_add(findings,
                     &(struct avs_finding){.check = check,
                                           .id = finding->id,
                                           .cause = finding->cause,
                                           .severity = finding->severity,
                                           .headline = finding->problem,
                                           .meaning = avs_cause_info(finding->cause)->meaning,
                                           .remedy = finding->fix,
                                           .facts = facts,
                                           .file = finding->file,
                                           .line = finding->line,
                                           .column = finding->column,
                                           .excerpt = finding->excerpt});
}

/* What stands in no file of the list counts with the last one. */
static size_t index_of(const char *const *paths, size_t count, const char *path) {
    size_t index = 0;
    while (index + 1 < count && strcmp(paths[index], path) != 0) {
        index++;
    }
    return index;
}

enum avs_status avs_findings_of_config(const struct avs_config_report *report,
                                       const char *const *paths, size_t count,
                                       struct avs_findings **ret_findings,
                                       struct avs_error *reterr) {
    struct avs_findings *findings = avs_findings_new("endpoint lint");
    AVS_REQUIRE_MEMORY(findings, reterr);
    size_t faults = 0;
    findings->is_line_each = true;
    findings->subject = avs_findings_keep(findings, count > 0 ? paths[0] : "");
    for (size_t i = 0; i < count; i++) {
        (void)avs_findings_add_check(findings, paths[i], AVS_CHECK_PASSED, -1);
    }
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct avs_config_finding *finding = &report->findings[i];
        size_t check = index_of(paths, count, finding->file);
        add_config_finding(findings, check, finding);
        if (is_fault(finding) && check < findings->check_count) {
            faults++;
            findings->check[check].outcome = AVS_CHECK_FAILED;
        }
    }
    findings->exit_code = faults > 0;
    findings->answer = avs_findings_keepf(findings, "%zu finding%s", report->finding_count,
                                          report->finding_count == 1 ? "" : "s");
    avs_findings_set(findings, AVS_FIELD_VERDICT, faults > 0 ? "found" : "clean");
    avs_findings_set(findings, AVS_FIELD_EXIT_CODE, faults > 0 ? "1" : "0");
    return avs_findings_finish(findings, ret_findings, reterr);
}

static void add_log_finding(struct avs_findings *findings,
                            const struct avs_inspect_finding *finding, const char *name) {
    char facts[NOTE_BYTES + AVS_INSPECT_LINE_BYTES];
    snprintf(facts, sizeof(facts), "seen: %llu times, line %llu to %llu\nthe line says: %s%s%s",
             (unsigned long long)finding->count, (unsigned long long)finding->first.line,
             (unsigned long long)finding->last.line, finding->says, finding->detail[0] ? "\n" : "",
             finding->detail);
    avs_findings_add(
        findings, &(struct avs_finding){.check = 0,
                                        .id = avs_cause_info(finding->cause)->id,
                                        .cause = finding->cause,
                                        .severity = finding->is_problem
                                                        ? avs_cause_info(finding->cause)->severity
                                                        : AVS_SEVERITY_INFO,
                                        .headline = finding->meaning,
                                        .meaning = finding->meaning,
                                        .remedy = finding->remedy,
                                        .facts = facts,
                                        .command = finding->command,
                                        .file = name,
                                        .host = finding->host,
                                        .line = (unsigned)finding->decisive.line,
                                        .excerpt = finding->line});
}

enum avs_status avs_findings_of_inspect(const struct avs_inspect_report *report, const char *name,
                                        struct avs_findings **ret_findings,
                                        struct avs_error *reterr) {
    static const enum avs_check_outcome outcomes[] = {[AVS_INSPECT_CLEAN] = AVS_CHECK_PASSED,
                                                      [AVS_INSPECT_FOUND] = AVS_CHECK_FAILED,
                                                      [AVS_INSPECT_CANNOT_TELL] =
                                                          AVS_CHECK_UNKNOWN};
    static const char *const answers[] = {
        [AVS_INSPECT_CLEAN] = "no TLS or connection problem, and a connection worked",
        [AVS_INSPECT_FOUND] = "a TLS or connection problem",
        [AVS_INSPECT_CANNOT_TELL] = "the log does not say whether a connection works"};
    struct avs_findings *findings = avs_findings_new("inspect");
    AVS_REQUIRE_MEMORY(findings, reterr);
    findings->is_line_each = true;
    findings->subject = avs_findings_keep(findings, name);
    findings->exit_code = report->exit_code;
    findings->answer = report->finding_count > 0
                           ? avs_findings_keep(findings, report->findings[0].meaning)
                           : answers[report->answer];
    (void)avs_findings_add_check(findings, name, outcomes[report->answer], -1);
    for (size_t i = 0; i < report->finding_count; i++) {
        add_log_finding(findings, &report->findings[i], name);
    }
    findings->decisive = report->finding_count > 0 ? 0 : AVS_FINDINGS_MAX;
    avs_findings_set(findings, AVS_FIELD_VERDICT, avs_inspect_answer_id(report->answer));
    findings->value[AVS_FIELD_EXIT_CODE] = avs_findings_keepf(findings, "%d", report->exit_code);
    avs_findings_set(findings, AVS_FIELD_ENDPOINT, report->endpoint);
    return avs_findings_finish(findings, ret_findings, reterr);
}
