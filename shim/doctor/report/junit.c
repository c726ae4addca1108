/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML, as Jenkins, GitLab and GitHub's actions read it: a test case for each check. */
#include <stdio.h>

#include "base/buffer.h"
#include "base/text.h"
#include "out/markup_out.h"
#include "report/findings.h"

#define NUMBER_BYTES 32

static const char *seconds_text(double seconds, char text[NUMBER_BYTES]) {
    long long us = seconds > 0 ? (long long)(seconds * 1e6) : 0; /* no locale's comma */
    snprintf(text, NUMBER_BYTES, "%lld.%06lld", us / 1000000, us % 1000000);
    return text;
}

static void add_member(struct avs_buffer *out, const char *label, const char *text) {
    if (text[0]) {
        avs_markup(out, "~~\n", label, text, NULL);
    }
}

/* Why, and what to do: what a person reads under a red test. */
static void add_story(struct avs_buffer *out, const struct avs_finding *finding) {
    add_member(out, "", finding->meaning);
    add_member(out, "", finding->facts);
    add_member(out, "place: ", finding->file);
    add_member(out, "line: ", finding->excerpt);
    add_member(out, "do: ", finding->remedy);
    add_member(out, "next: ", finding->command);
}

static void add_failure(struct avs_buffer *out, const struct avs_findings *findings,
                        const char *element, size_t check) {
    const struct avs_finding *reason = avs_findings_reason(findings, check);
    char scratch[16];
    avs_buffer_printf(out, "      <%s", element);
    avs_markup(out, " type=\"~\" message=\"~\">",
               reason ? avs_findings_value(findings, reason, AVS_FIELD_ID, scratch)
                      : avs_findings_value(findings, NULL, AVS_FIELD_VERDICT, scratch),
               reason ? reason->headline : findings->answer, NULL);
    for (size_t i = 0; i < findings->finding_count; i++) {
        if (findings->finding[i].check == check) {
            add_story(out, &findings->finding[i]);
        }
    }
    avs_buffer_printf(out, "</%s>\n", element);
}

static void add_case(struct avs_buffer *out, const struct avs_findings *findings, size_t check) {
    static const char *const elements[] = {[AVS_CHECK_PASSED] = NULL,
                                           [AVS_CHECK_FAILED] = "failure",
                                           [AVS_CHECK_UNKNOWN] = "error",
                                           [AVS_CHECK_NOTED] = "skipped"};
    const struct avs_check_row *row = &findings->check[check];
    char time[NUMBER_BYTES];
    avs_markup(out, "    <testcase classname=\"avs-shim.~\" name=\"~\" time=\"~\">\n",
               findings->command, row->name, seconds_text(row->seconds, time), NULL);
    if (row->outcome == AVS_CHECK_NOTED) {
        const struct avs_finding *reason = avs_findings_reason(findings, check);
        avs_markup(out, "      <skipped message=\"~\"/>\n", reason ? reason->headline : "", NULL);
    } else if (elements[row->outcome]) {
        add_failure(out, findings, elements[row->outcome], check);
    }
    avs_buffer_add_text(out, "    </testcase>\n");
}

static void add_counts(struct avs_buffer *out, const struct avs_findings *findings) {
    double seconds = 0;
    char time[NUMBER_BYTES];
    for (size_t i = 0; i < findings->check_count; i++) {
        seconds += findings->check[i].seconds > 0 ? findings->check[i].seconds : 0;
    }
    avs_buffer_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                      findings->check_count, avs_findings_count(findings, AVS_CHECK_FAILED),
                      avs_findings_count(findings, AVS_CHECK_UNKNOWN),
                      avs_findings_count(findings, AVS_CHECK_NOTED));
    avs_buffer_printf(out, " time=\"%s\">\n", seconds_text(seconds, time));
}

enum avs_status avs_findings_to_junit(const struct avs_findings *findings, char **ret_text,
                                      struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    avs_buffer_add_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_counts(&out, findings);
    avs_markup(&out, "  <testsuite name=\"avs-shim ~: ~\"", findings->command, findings->subject,
               NULL);
    add_counts(&out, findings);
    for (size_t i = 0; i < findings->check_count; i++) {
        add_case(&out, findings, i);
    }
    avs_buffer_add_text(&out, "  </testsuite>\n</testsuites>\n");
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}
