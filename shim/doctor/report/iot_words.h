/* SPDX-License-Identifier: Apache-2.0 */
/* Words about names of AWS IoT Core that text and JSON share. */
#ifndef AVS_REPORT_IOT_WORDS_H
#define AVS_REPORT_IOT_WORDS_H

#include "base/buffer.h"
#include "iot/explain.h"

/** "device data endpoint, ATS generation". Static. */
const char *avs_iot_kind_words(enum avs_iot_kind kind);

/** What AWS says of such a name today; NULL: nothing in particular. Static. */
const char *avs_iot_today(const struct avs_iot_name *name);

/** The root that a chain with such a key ends in; NULL: not known. Static. */
const char *avs_iot_root(const struct avs_iot_name *name, bool is_ecdsa);

/** What is to be done; NULL: nothing. Static. */
const char *avs_iot_remedy(const struct avs_iot_found *found);

/** The next command, appended; nothing where there is none. */
void avs_iot_next_command(const struct avs_iot_found *found, struct avs_buffer *command);

#endif
