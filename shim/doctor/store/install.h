/* SPDX-License-Identifier: Apache-2.0 */
/* Adding roots to a trust store. A plan (pure reading) is a list of small steps, each of which can
 * be taken back by its content alone; the record of the steps is on the disk before the first of
 * them is taken. install_plan.c thinks, install_apply.c does, install_file.c touches files; each
 * file has a header of its name. install.c is the public door, <avs/store.h>. Here: what all share,
 * the question and what became of it. */
#ifndef AVS_STORE_INSTALL_H
#define AVS_STORE_INSTALL_H

#include <avs/store.h>

#include "store/install_distro.h"
#include "store/install_record.h"
#include "store/sysroot.h"
#include "trust/roots.h"

#define AVS_INSTALL_ROOTS_MAX  AVS_TRUST_INSTALL_ONLY_MAX
#define AVS_INSTALL_NOTES_MAX  16
#define AVS_INSTALL_FILE_LIMIT AVS_SYSROOT_FILE_LIMIT
#define AVS_INSTALL_STORES_MAX 4 /* bundles, and folders, changed by one install */

/** What the engine is asked. The command passes rows of avs_ats_root_table; a test may pass a root
 *  of its own. All borrowed. */
struct avs_install_request {
    const char *sysroot; /* NULL = this machine */
    const struct avs_ats_root *const *roots;
    size_t root_count;
    bool is_choice;                /* named one by one */
    const char *ca_file, *ca_path; /* one of them: the store that was named */
    const char *config_file;       /* that names it, NULL = an option does */
    bool apply, undo;
    int timeout_ms;
    bool (*is_cancelled)(void *user);
    void *user;
    void (*on_progress)(void *user, const char *what);
    /* called before each step and each rename, for tests that kill the process there */
    void (*on_step)(void *on_step_user, const char *where);
    void *on_step_user;
};

/** What is known of a root's place in the stores. */
struct avs_install_root {
    const struct avs_ats_root *root;
    uint32_t name_hash; /* of hash links */
    bool was_there;     /* before */
    bool is_there;      /* now, or (dry run) as was_there */
};

struct avs_trust_install {
    struct avs_sysroot root;
    bool is_sysroot, is_applied, is_undo, was_interrupted;
    bool is_touched;                 /* the store was, or may have been, changed by this call */
    const struct avs_distro *distro; /* NULL when the store was named */
    /* how it was named, for the next command; at most one is not "" */
    char config_file[AVS_SYSROOT_PATH_BYTES], ca_file[AVS_SYSROOT_PATH_BYTES],
        ca_path[AVS_SYSROOT_PATH_BYTES];
    char record[AVS_SYSROOT_PATH_BYTES];
    char bundle[AVS_INSTALL_STORES_MAX][AVS_SYSROOT_PATH_BYTES]; /* real paths */
    size_t bundle_count;
    char folder[AVS_INSTALL_STORES_MAX][AVS_SYSROOT_PATH_BYTES];
    size_t folder_count;
    bool runs_updater;
    struct avs_install_root roots[AVS_INSTALL_ROOTS_MAX];
    size_t root_count;
    bool is_choice; /* the roots were named one by one */
    struct avs_install_steps steps;
    char note[AVS_INSTALL_NOTES_MAX][AVS_NAME_BYTES * 2];
    size_t note_count;
};

AVS_PRINTF(2, 3) void avs_install_note(struct avs_trust_install *install, const char *format, ...);

#endif
