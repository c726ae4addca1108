/* SPDX-License-Identifier: Apache-2.0 */
/* The Date of an HTTP answer. */
#ifndef AVS_H1_DATE_H
#define AVS_H1_DATE_H

#include <stdbool.h>
#include <stdint.h>

/** Unix seconds of a Date in the form that is sent today (RFC 9110 section 5.6.7): "Thu, 26 Nov
 * 2026 11:00:00 GMT". False when it is none. Pure. */
bool avs_http_date(const char *text, int64_t *ret_unix);

#endif
