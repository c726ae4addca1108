/* SPDX-License-Identifier: Apache-2.0 */
/* Which AWS keys to sign with: where the AWS CLI would find them, in its order. What needs a call
 * to AWS first (SSO, roles, web identity, containers) is named, with the command that exports it.
 * The instance metadata of EC2 is never asked: a device is no EC2, and its network may answer. */
#ifndef AVS_IOT_CREDENTIALS_H
#define AVS_IOT_CREDENTIALS_H

#include "iot/keys.h"
#include "iot/profile.h"

/** Find the keys for `profile` at `now_unix`. An explicit --profile comes before the environment.
 *  Caller frees *ret_keys. Errors, with cause and what to do: ERR_CONFIG (none, incomplete,
 *  expired, for SSO or a role, credential_process failed), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_aws_keys_find(const struct avs_profile *profile, int64_t now_unix,
                                                struct avs_aws_keys **ret_keys,
                                                struct avs_error *reterr);

/** Read what a credential_process prints; `who` names it in errors. Pure. Errors: ERR_CONFIG,
 * LIMIT, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_aws_keys_from_process(const char *json, size_t length,
                                                        const char *who, struct avs_aws_keys *keys,
                                                        struct avs_error *reterr);

/** Read what the credentials endpoint of AWS IoT answers to a device. Pure. Errors: as above. */
AVS_NODISCARD enum avs_status avs_aws_keys_from_provider(const char *json, size_t length,
                                                         struct avs_aws_keys *keys,
                                                         struct avs_error *reterr);

#endif
