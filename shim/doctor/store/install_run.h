/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the installer. */
#ifndef AVS_STORE_INSTALL_RUN_H
#define AVS_STORE_INSTALL_RUN_H

#include "store/install.h"

/** Plan, and with apply or undo carry it out. As avs_trust_install_run. */
AVS_NODISCARD enum avs_status avs_install_run(const struct avs_install_request *request,
                                              struct avs_trust_install **ret_install,
                                              struct avs_error *reterr);

#endif
