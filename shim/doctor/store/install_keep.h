/* SPDX-License-Identifier: Apache-2.0 */
/* The distribution's updater, run so that it loses nothing. */
#ifndef AVS_STORE_INSTALL_KEEP_H
#define AVS_STORE_INSTALL_KEEP_H

#include "store/install.h"

/** Run the distribution's updater; a CA that it drops from the bundle without anybody having
 *  decided so is put back, with a note. `is_undo`: the roots of this install may go, and it is not
 *  to be stopped half-way. */
AVS_NODISCARD enum avs_status avs_install_update(struct avs_trust_install *install,
                                                 const struct avs_install_request *request,
                                                 const char *const *arguments, bool is_undo,
                                                 struct avs_error *reterr);

#endif
