/* SPDX-License-Identifier: Apache-2.0 */
/* One number, as the SDK's parser reads it. */
#ifndef AVS_CONF_SCAN_NUMBER_H
#define AVS_CONF_SCAN_NUMBER_H

#include "conf/scan.h"

/** Move *at past the number; on a fault, *ret_offset is where the SDK's parser reports it. */
enum avs_conf_fault avs_conf_scan_number(const char *text, size_t length, size_t *at,
                                         size_t *ret_offset);

#endif
