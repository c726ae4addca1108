/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a program gives out: credential_process of a profile. */
#ifndef AVS_IOT_HELPER_H
#define AVS_IOT_HELPER_H

#include "iot/keys.h"

#define AVS_HELPER_BYTES      65536 /* of its answer */
#define AVS_HELPER_TIMEOUT_MS 60000 /* it may ask somebody on the terminal */

/** Run `command` of profile `name` without a shell and read its answer. Errors: ERR_CONFIG with
 *  cause and what to do, ERR_IO, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_aws_keys_run_helper(const char *command, const char *name,
                                                      struct avs_aws_keys *keys,
                                                      struct avs_error *reterr);

#endif
