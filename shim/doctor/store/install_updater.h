/* SPDX-License-Identifier: Apache-2.0 */
/* The distribution's program that builds the bundle. */
#ifndef AVS_STORE_INSTALL_UPDATER_H
#define AVS_STORE_INSTALL_UPDATER_H

#include <stdbool.h>

#include "base/flow.h"

/** Run the distribution's program (absolute path, no shell, an environment of our own, no input)
 *  with a deadline. Errors: ERR_IO (its last words), ERR_TIMEOUT, ERR_CANCELLED. */
AVS_NODISCARD enum avs_status avs_install_run_updater(const char *const *arguments, int timeout_ms,
                                                      bool (*is_cancelled)(void *user), void *user,
                                                      struct avs_error *reterr);

#endif
