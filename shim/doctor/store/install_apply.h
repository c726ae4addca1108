/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying out the steps of an install, and taking them back. */
#ifndef AVS_TRUST_INSTALL_APPLY_H
#define AVS_TRUST_INSTALL_APPLY_H

#include "store/install.h"

/** Put install->steps on record and take them. A failure goes back by itself. */
AVS_NODISCARD enum avs_status avs_install_go(struct avs_trust_install *install,
                                             const struct avs_install_request *request,
                                             struct avs_install_record *record,
                                             struct avs_error *reterr);

/** Take back the record's steps from number `from` on. A rollback is of a run that did not finish:
 *  the old files are still kept beside the new ones, and are put back whole. */
AVS_NODISCARD enum avs_status avs_install_go_back(struct avs_trust_install *install,
                                                  const struct avs_install_request *request,
                                                  struct avs_install_record *record, size_t from,
                                                  bool is_rollback, struct avs_error *reterr);

#endif
