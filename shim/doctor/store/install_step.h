/* SPDX-License-Identifier: Apache-2.0 */
/* Each step's effect on one file, and its way back. */
#ifndef AVS_STORE_INSTALL_STEP_H
#define AVS_STORE_INSTALL_STEP_H

#include "store/install.h"

AVS_NODISCARD enum avs_status avs_install_read_text(const struct avs_sysroot *root,
                                                    const char *path, char **ret_text,
                                                    size_t *ret_length, struct avs_error *reterr);
/** Replace `length` bytes at `at` by `with` and write the file. */
AVS_NODISCARD enum avs_status avs_install_put_text(const struct avs_sysroot *root, const char *path,
                                                   const char *text, size_t text_length, size_t at,
                                                   size_t length, const char *with,
                                                   struct avs_error *reterr);

/* Each step and its way back; what somebody else changed since is left alone, with a note. */
AVS_NODISCARD enum avs_status avs_install_append(const struct avs_sysroot *root,
                                                 const struct avs_install_step *step,
                                                 struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_cut_out(struct avs_trust_install *install,
                                                  const struct avs_install_step *step,
                                                  struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_replace(const struct avs_sysroot *root,
                                                  const struct avs_install_step *step,
                                                  struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_replace_back(struct avs_trust_install *install,
                                                       const struct avs_install_step *step,
                                                       struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_remove_ours(struct avs_trust_install *install,
                                                      const struct avs_install_step *step,
                                                      struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_unlink_ours(struct avs_trust_install *install,
                                                      const struct avs_install_step *step,
                                                      struct avs_error *reterr);

#endif
