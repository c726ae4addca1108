/* SPDX-License-Identifier: Apache-2.0 */
/* Findings in the order in which to fix them. */
#ifndef AVS_IOT_FINDINGS_H
#define AVS_IOT_FINDINGS_H

#include <avs/iot_check.h>

/** Add one; each cause once, and what does not fit is left out. The fact may be "". */
AVS_PRINTF(3, 4)
void avs_iot_found(struct avs_iot_findings *findings, enum avs_cause cause, const char *format,
                   ...);

/** The first of severity error, AVS_CAUSE_NONE when there is none. */
enum avs_cause avs_iot_first_error(const struct avs_iot_findings *findings);

#endif
