/* SPDX-License-Identifier: Apache-2.0 */
/* What everybody may read of a log's report. */
#include "inspect/report.h"

enum avs_inspect_answer avs_inspect_report_answer(const struct avs_inspect_report *report) {
    return report->answer;
}

int avs_inspect_report_exit_code(const struct avs_inspect_report *report) {
    return report->exit_code;
}

uint64_t avs_inspect_report_lines(const struct avs_inspect_report *report) {
    return report->lines;
}

const char *avs_inspect_report_endpoint(const struct avs_inspect_report *report) {
    return report->endpoint;
}

enum avs_cause avs_inspect_report_cause(const struct avs_inspect_report *report, size_t index) {
    return index < report->finding_count ? report->findings[index].cause : AVS_CAUSE_NONE;
}
