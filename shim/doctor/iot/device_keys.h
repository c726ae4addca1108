/* SPDX-License-Identifier: Apache-2.0 */
/* AWS keys for a device's own certificate: the credential provider of AWS IoT Core. */
#ifndef AVS_IOT_DEVICE_KEYS_H
#define AVS_IOT_DEVICE_KEYS_H

#include <avs/check.h>

#include "iot/describe.h"

/** All borrowed; NULL where not given. */
struct avs_device_way {
    const char *cert_file, *key, *passphrase;
    const char *role_alias, *thing_name;
    const char *host;       /* "P.credentials.iot.R.S" */
    const char *connect_to; /* HOST:PORT to dial instead */
};

/** Ask for keys the way of `way` (its store, proxy, time). *ret_keys stays NULL where none were
 *  given out: `endpoint` has cause and answer then. Caller frees *ret_keys. Errors: ERR_USAGE
 *  (something is missing, or cannot be what it should), ERR_CONFIG (certificate or key, with their
 *  cause), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_aws_keys_from_device(const struct avs_device_way *device,
                                                       const struct avs_check_options *way,
                                                       struct avs_iot_endpoint *endpoint,
                                                       struct avs_aws_keys **ret_keys,
                                                       struct avs_error *reterr);

#endif
