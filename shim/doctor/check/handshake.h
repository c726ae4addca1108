/* SPDX-License-Identifier: Apache-2.0 */
/* One handshake and a goodbye, for what the server shows in it. */
#ifndef AVS_CHECK_HANDSHAKE_H
#define AVS_CHECK_HANDSHAKE_H

#include "client/pump.h"

/** Connect and prove, within the deadline; the facts that `options` name tell what was seen.
 *  Callbacks and user in it are ours to set. OK whatever happened. Blocks. Errors: NO_MEMORY,
 *  ERR_CONNECT, ERR_PROXY. */
AVS_NODISCARD enum avs_status avs_check_handshake(const struct avs_pump_options *options,
                                                  struct avs_loop *loop, int64_t deadline_us,
                                                  struct avs_error *reterr);

#endif
