/* SPDX-License-Identifier: Apache-2.0 */
/* Where the record of an install lies. */
#ifndef AVS_STORE_INSTALL_PLACE_H
#define AVS_STORE_INSTALL_PLACE_H

#include "store/install.h"

/** Choose the record's path: a store that was named has it beside it, it may be a user's own. False
 *  and errno when that place cannot be found. */
AVS_NODISCARD bool avs_install_place_record(struct avs_trust_install *install,
                                            const struct avs_install_request *request);
/** Note what becomes of the record: forgotten at a reboot, or shipped with an image. */
void avs_install_note_record(struct avs_trust_install *install);

#endif
