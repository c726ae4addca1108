/* SPDX-License-Identifier: Apache-2.0 */
/* A device's certificate and key, read and proven on this device alone. libcurl and mosquitto fold
 * most of these faults into one code. */
#ifndef AVS_IOT_KEYPAIR_H
#define AVS_IOT_KEYPAIR_H

#include <avs/iot_check.h>

#include "base/flow.h"
#include "tls/engine.h"

#define AVS_KEY_FILE_BYTES (256 * 1024) /* of a certificate or key file */

struct avs_keypair;

/** Read both and note what is wrong in `ret_facts`. *ret_pair is NULL where they cannot be
 *  presented. `passphrase` NULL = none. Never asks on a terminal. OK whatever was found. Caller
 * frees *ret_pair. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_keypair_load(const char *cert_file, const char *key,
                                               const char *passphrase, int64_t now_unix,
                                               struct avs_iot_keypair *ret_facts,
                                               struct avs_keypair **ret_pair,
                                               struct avs_error *reterr);
void avs_keypair_free(struct avs_keypair *pair);

/** For the TLS engine; lent. */
const struct avs_tls_identity *avs_keypair_identity(const struct avs_keypair *pair);

AVS_DEFINE_AUTO(keypair, struct avs_keypair, avs_keypair_free);

#endif
