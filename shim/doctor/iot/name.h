/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of a name: what was written around it, and what its labels mean. */
#ifndef AVS_IOT_NAME_H
#define AVS_IOT_NAME_H

#include <avs/iot.h>

/** The host out of what was written: ret_name->host, ->port and ->spelling. Errors:
 *  ENDPOINT_INVALID; the message holds nothing of a user name or password. */
AVS_NODISCARD enum avs_status avs_iot_host_take(const char *text, size_t length,
                                                struct avs_iot_name *ret_name,
                                                struct avs_error *reterr);

/** The name of AWS that `host` ends in, or is; NULL: none. */
const char *avs_iot_suffix_of(const char *host, bool *ret_is_dual_stack);

#endif
