/* SPDX-License-Identifier: Apache-2.0 */
/* Building a report: growing lists and the strings they lend. Failures stick and are checked once,
 * at the end. */
#ifndef AVS_CONF_REPORT_H
#define AVS_CONF_REPORT_H

#include <avs/config.h>

#include "conf/config.h"
#include "conf/diagnose.h"

#define AVS_CONF_FINDINGS_MAX 200

struct avs_conf_report {
    struct avs_config_report base; /* must be first: the public half */
    struct avs_config_view *views;
    struct avs_config_fact *facts;
    struct avs_config_finding *findings;
    size_t view_capacity, fact_capacity, finding_capacity;
    char **strings;
    size_t string_count, string_capacity;
    bool is_out_of_memory;
};

struct avs_conf_report *avs_conf_report_new(const char *sdk); /* NULL: out of memory */
/** Hand over, or free and fail when something did not fit into memory. */
AVS_NODISCARD enum avs_status avs_conf_report_take(struct avs_conf_report *report,
                                                   struct avs_config_report **ret_report,
                                                   struct avs_error *reterr);

/** Strings that live as long as the report; "" when out of memory. */
AVS_PRINTF(2, 3)
const char *avs_conf_report_text(struct avs_conf_report *report, const char *format, ...);
/** Takes over `text` (malloc). */
const char *avs_conf_report_keep(struct avs_conf_report *report, char *text);

struct avs_config_view *avs_conf_report_add_view(struct avs_conf_report *report);
struct avs_config_fact *avs_conf_report_add_fact(struct avs_conf_report *report);

/** What a finding says; place and excerpt are worked out from the file. */
struct avs_conf_remark {
    const char *id;
    enum avs_cause cause;
    enum avs_severity severity;
    size_t offset, length;
    const char *problem, *fix; /* kept as they are: static, or the report's */
    const char *sdk_message;
    size_t sdk_offset;
    bool is_repairable;
};
void avs_conf_report_add_finding(struct avs_conf_report *report, const struct avs_conf_file *file,
                                 const struct avs_conf_remark *remark);

/** Findings about values, keys, duplicates and folders of a configuration that parses.
 *  `release`: AVS_SDK_ANY or a release. */
AVS_NODISCARD enum avs_status avs_conf_lint_values(const struct avs_config *config,
                                                   unsigned release, struct avs_conf_report *report,
                                                   struct avs_error *reterr);

#endif
