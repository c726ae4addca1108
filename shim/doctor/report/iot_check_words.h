/* SPDX-License-Identifier: Apache-2.0 */
/* What the text and the JSON of `avs-shim iot check` share. */
#ifndef AVS_REPORT_IOT_CHECK_WORDS_H
#define AVS_REPORT_IOT_CHECK_WORDS_H

#include <avs/iot_check.h>

#include "report/advice.h"

/** Words for a finding on `way` (NULL: of the key pair). Release with avs_advice_done, whatever it
 *  returns. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_iot_advice(struct avs_advice *advice,
                                             const struct avs_iot_check *check,
                                             const struct avs_iot_check_way *way,
                                             const struct avs_iot_finding *finding,
                                             struct avs_error *reterr);

/** "8883 MQTT" */
void avs_iot_check_way_name(const struct avs_iot_check_way *way, char *text, size_t capacity);

/** What was not asked, or not for the device's own name: a line each, no newline at the end; may be
 *  empty. */
void avs_iot_not_proven(const struct avs_iot_check *check, struct avs_buffer *lines);

/** The root that a verified chain ends in. */
const char *avs_iot_root_of(const struct avs_tls_facts *tls);

#endif
