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

/* ---- install_place.c ---- */

/** Choose the record's path: a store that was named has it beside it, it may be a user's own. False
 *  and errno when that place cannot be found. */
AVS_NODISCARD bool avs_install_place_record(struct avs_trust_install *install,
                                            const struct avs_install_request *request);
/** Note what becomes of the record: forgotten at a reboot, or shipped with an image. */
void avs_install_note_record(struct avs_trust_install *install);

/* ---- install_lock.c ---- */

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

/* ---- install_keep.c ---- */

/** Run the distribution's updater; a CA that it drops from the bundle without anybody having
 *  decided so is put back, with a note. `is_undo`: the roots of this install may go, and it is not
 *  to be stopped half-way. */
AVS_NODISCARD enum avs_status avs_install_update(struct avs_trust_install *install,
                                                 const struct avs_install_request *request,
                                                 const char *const *arguments, bool is_undo,
                                                 struct avs_error *reterr);

/* ---- install_step.c ---- */

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
