/* SPDX-License-Identifier: Apache-2.0 */
/* One installer at a time. */
#ifndef AVS_STORE_INSTALL_LOCK_H
#define AVS_STORE_INSTALL_LOCK_H

#include "store/install_record.h"

/** The one installer of this record. */
struct avs_install_lock {
    int folder, fd;
    char name[AVS_SYSROOT_NAME_BYTES];
};

/** Make the folders that the record needs and hold the lock beside it. Whoever may not write there
 *  cannot hold it either, so nobody can keep others from installing. `ret_made` gets the folders
 *  made. Errors: ERR_IO (another one is at work, permission). */
AVS_NODISCARD enum avs_status avs_install_take_lock(const struct avs_sysroot *root,
                                                    const char *record,
                                                    struct avs_install_paths *ret_made,
                                                    struct avs_install_lock *ret_lock,
                                                    struct avs_error *reterr);
void avs_install_release_lock(struct avs_install_lock *lock);

#endif
