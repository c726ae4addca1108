/* SPDX-License-Identifier: Apache-2.0 */
/* The only code that changes files of a trust store. */
#ifndef AVS_STORE_INSTALL_FILE_H
#define AVS_STORE_INSTALL_FILE_H

#include "base/flow.h"
#include "store/sysroot.h"

/** Replace or create a file atomically. An existing file keeps mode, owner and security label; a
 *  new one gets 0644. Links are resolved inside the root. Errors: ERR_IO. */
AVS_NODISCARD enum avs_status avs_install_write_file(const struct avs_sysroot *root,
                                                     const char *path, const void *data,
                                                     size_t length, struct avs_error *reterr);
/** Remove a staged half that is not going to be committed; a missing one is fine. */
void avs_install_drop_staged(const struct avs_sysroot *root, const char *path);
AVS_NODISCARD enum avs_status avs_install_remove_file(const struct avs_sysroot *root,
                                                      const char *path, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_make_link(const struct avs_sysroot *root,
                                                    const char *path, const char *target,
                                                    struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_make_folder(const struct avs_sysroot *root,
                                                      const char *path, struct avs_error *reterr);
/** Target of a link, without following it; false when it is none. */
bool avs_install_read_link(const struct avs_sysroot *root, const char *path,
                           char ret_target[AVS_SYSROOT_PATH_BYTES]);
/** Open the folder of `path` itself, the last name not followed if it is a link; -1 and errno. */
int avs_install_open_holder(const struct avs_sysroot *root, const char *path,
                            char name[AVS_SYSROOT_NAME_BYTES]);
/** Keep the content of `path` as it is now beside it; what has that name already is removed. False
 *  where it cannot be (no hard links on FAT): going back works by content then. */
bool avs_install_keep_old(const struct avs_sysroot *root, const char *path);
/** Put the content that this run kept back; nothing to do when that is done already. False and
 *  errno when it cannot be. */
bool avs_install_put_old_back(const struct avs_sysroot *root, const char *path);
void avs_install_drop_old(const struct avs_sysroot *root, const char *path);
/** ERR_IO with what to do about this errno. */
enum avs_status avs_install_fail_io(const struct avs_sysroot *root, int error, const char *verb,
                                    const char *path, struct avs_error *reterr);

#endif
