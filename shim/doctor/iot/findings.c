/* SPDX-License-Identifier: Apache-2.0 */
/* See findings.h. */
#include "iot/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include <avs/style.h>

void avs_iot_found(struct avs_iot_findings *findings, enum avs_cause cause, const char *format,
                   ...) {
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->item[i].cause == cause) {
            return;
        }
    }
    if (findings->count == AVS_IOT_FINDINGS_MAX) {
        return;
    }
    struct avs_iot_finding *item = &findings->item[findings->count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->fact, sizeof(item->fact), format, arguments);
    va_end(arguments);
    avs_text_make_printable(item->fact); /* a file or a peer wrote parts of it */
    item->cause = cause;
}

enum avs_cause avs_iot_first_error(const struct avs_iot_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        if (avs_cause_info(findings->item[i].cause)->severity == AVS_SEVERITY_ERROR) {
            return findings->item[i].cause;
        }
    }
    return AVS_CAUSE_NONE;
}
