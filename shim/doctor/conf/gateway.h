/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway that SDK 1.17 and later persists in its misc database. */
#ifndef AVS_CONF_GATEWAY_H
#define AVS_CONF_GATEWAY_H

#include <avs/config.h>

#include "conf/scan.h"

/** What was found. Buffers are the caller's to end with avs_buffer_done. */
struct avs_conf_gateway {
    enum avs_gateway_state state;
    bool is_verified;
    struct avs_buffer url;
    struct avs_buffer detail; /* one sentence */
};

/** Look into the database at `path`, read-only. Always answers: what goes wrong is a state.
 *  Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_gateway_read(const char *path,
                                                    struct avs_conf_gateway *gateway,
                                                    struct avs_error *reterr);
void avs_conf_gateway_done(struct avs_conf_gateway *gateway);

/** Judge the persisted value {"gatewayURL":"...","isVerified":bool} as the SDK does. */
AVS_NODISCARD enum avs_status avs_conf_gateway_parse(const char *text, size_t length,
                                                     struct avs_conf_gateway *gateway,
                                                     struct avs_error *reterr);

#endif
