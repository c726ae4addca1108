/* SPDX-License-Identifier: Apache-2.0 */
/* See findings.h. */
#include "iot/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <avs/style.h>

static bool is_error(enum avs_cause cause) {
    return avs_cause_info(cause)->severity == AVS_SEVERITY_ERROR;
}

/* Errors stand before warnings, in the order in which they were found. */
static size_t place_of(const struct avs_iot_findings *findings, enum avs_cause cause) {
    size_t at = 0;
    while (at < findings->count && (!is_error(cause) || is_error(findings->item[at].cause))) {
        at++;
    }
    return at;
}

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
    size_t at = place_of(findings, cause);
    struct avs_iot_finding *item = &findings->item[at];
    memmove(item + 1, item, (findings->count - at) * sizeof(*item));
    findings->count++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->fact, sizeof(item->fact), format, arguments);
    va_end(arguments);
    avs_text_make_printable(item->fact); /* a file or a peer wrote parts of it */
    item->cause = cause;
}

enum avs_cause avs_iot_first_error(const struct avs_iot_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        if (is_error(findings->item[i].cause)) {
            return findings->item[i].cause;
        }
    }
    return AVS_CAUSE_NONE;
}
