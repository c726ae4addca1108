/* SPDX-License-Identifier: Apache-2.0 */
/* Thinking, before anything is touched. */
#ifndef AVS_STORE_INSTALL_PLAN_H
#define AVS_STORE_INSTALL_PLAN_H

#include "store/install.h"

/** Find the stores, see which roots are there, list the steps. Reads only. */
AVS_NODISCARD enum avs_status avs_install_plan(struct avs_trust_install *install,
                                               const struct avs_install_request *request,
                                               struct avs_error *reterr);

#endif
