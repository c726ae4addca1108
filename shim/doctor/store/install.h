/* SPDX-License-Identifier: Apache-2.0 */
/* Adding roots to a trust store. A plan (pure reading) is a list of small steps, each of which can
 * be taken back by its content alone; the record of the steps is on the disk before the first of
 * them is taken. install_plan.c thinks, install_apply.c does, install_file.c touches files. */
#ifndef AVS_TRUST_INSTALL_H
#define AVS_TRUST_INSTALL_H

#include <avs/store.h>

#include "base/buffer.h"
#include "store/install_distro.h"
#include "store/sysroot.h"
#include "trust/roots.h"

#define AVS_INSTALL_STEPS_MAX    96
#define AVS_INSTALL_ROOTS_MAX    AVS_TRUST_INSTALL_ONLY_MAX
#define AVS_INSTALL_NOTES_MAX    16
#define AVS_INSTALL_OUTPUT_BYTES 2048 /* of the updater, kept for the error */
#define AVS_INSTALL_FILE_LIMIT   AVS_SYSROOT_FILE_LIMIT
#define AVS_INSTALL_RECORD_BYTES (4u << 20)
#define AVS_INSTALL_STORES_MAX   4 /* bundles, and folders, changed by one install */
#define AVS_INSTALL_PATHS_MAX    8

#define AVS_INSTALL_RECORD_FOLDER "/var/lib/avs-shim"
#define AVS_INSTALL_RECORD_NAME   "trust-install.json"
#define AVS_INSTALL_RECORD        AVS_INSTALL_RECORD_FOLDER "/" AVS_INSTALL_RECORD_NAME

/** What a step does, and with it how it is taken back. */
#define AVS_INSTALL_STEP_MAP(XX)                                                        \
    XX(FOLDER, "folder")   /* make a folder; back: remove it if empty */                \
    XX(WRITE, "write")     /* new file; back: remove it if it is still ours */          \
    XX(APPEND, "append")   /* add text at the end; back: cut out just that text */      \
    XX(REPLACE, "replace") /* one line of a list by others; back: the other way */      \
    XX(LINK, "link")       /* symbolic link; back: remove it if it still leads there */ \
    XX(RUN, "run")         /* the distribution's updater; back: run its refresh */

enum avs_install_kind {
#define XX(name, id) AVS_INSTALL_##name,
    AVS_INSTALL_STEP_MAP(XX)
#undef XX
        AVS_INSTALL_KIND_COUNT
};
const char *avs_install_kind_id(enum avs_install_kind kind);

struct avs_install_step {
    enum avs_install_kind kind;
    char *path; /* real path inside the root, or the updater */
    char *text; /* content, appended text, new line, link target; NULL for FOLDER and RUN */
    char *old;  /* REPLACE: the line before */
};

struct avs_install_steps {
    struct avs_install_step step[AVS_INSTALL_STEPS_MAX];
    size_t count;
};

void avs_install_steps_done(struct avs_install_steps *steps);
/** Copies the strings. Errors: NO_MEMORY, LIMIT. */
AVS_NODISCARD enum avs_status avs_install_add_step(struct avs_install_steps *steps,
                                                   enum avs_install_kind kind, const char *path,
                                                   const char *text, const char *old,
                                                   struct avs_error *reterr);

/** Paths inside the root. An entry may be NULL: struck off. */
struct avs_install_paths {
    char *path[AVS_INSTALL_PATHS_MAX];
    size_t count;
};

void avs_install_paths_done(struct avs_install_paths *paths);
/** Copies the path. Errors: NO_MEMORY, LIMIT. */
AVS_NODISCARD enum avs_status avs_install_add_path(struct avs_install_paths *paths,
                                                   const char *path, struct avs_error *reterr);

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

/** Plan, and with apply or undo carry it out. As avs_trust_install_run. */
AVS_NODISCARD enum avs_status avs_install_run(const struct avs_install_request *request,
                                              struct avs_trust_install **ret_install,
                                              struct avs_error *reterr);

/* ---- parts ---- */

/** Find the stores, see which roots are there, list the steps. Reads only. */
AVS_NODISCARD enum avs_status avs_install_plan(struct avs_trust_install *install,
                                               const struct avs_install_request *request,
                                               struct avs_error *reterr);

/** Is the root in every store of the install? Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_install_look(const struct avs_trust_install *install,
                                               const struct avs_install_root *root, bool *ret_found,
                                               struct avs_error *reterr);
/** ERR_TRUST when the bundle exists and OpenSSL refuses it for a damaged block, with its line. */
AVS_NODISCARD enum avs_status avs_install_check_bundle(const struct avs_sysroot *root,
                                                       const char *bundle,
                                                       struct avs_error *reterr);
bool avs_install_is_in_bundle(const struct avs_sysroot *root, const char *bundle,
                              const struct avs_ats_root *wanted);
/** As OpenSSL looks it up: hash.0, hash.1, ...; *ret_free is the first number without a file. */
bool avs_install_is_in_folder(const struct avs_sysroot *root, const char *folder,
                              const struct avs_install_root *wanted, unsigned *ret_free);
/** Parse the PEM, hold it against its fingerprint, compute the hash. Errors: ERR_TRUST. */
AVS_NODISCARD enum avs_status avs_install_check_root(struct avs_install_root *root,
                                                     struct avs_error *reterr);
/** OpenSSL's own verdict: each root verifies with each bundle as the store. Errors: ERR_TRUST. */
AVS_NODISCARD enum avs_status avs_install_verify(const struct avs_trust_install *install,
                                                 struct avs_error *reterr);

/** Replace or create a file atomically. An existing file keeps mode, owner and security label; a
 *  new one gets 0644. Links are resolved inside the root. Errors: ERR_IO. */
AVS_NODISCARD enum avs_status avs_install_write_file(const struct avs_sysroot *root,
                                                     const char *path, const void *data,
                                                     size_t length, struct avs_error *reterr);
/** The same in two halves: everything that can run out of space happens in the first. */
AVS_NODISCARD enum avs_status avs_install_stage_file(const struct avs_sysroot *root,
                                                     const char *path, const void *data,
                                                     size_t length, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_commit_file(const struct avs_sysroot *root,
                                                      const char *path, struct avs_error *reterr);
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

/** The record: which steps were taken, how many of them belong to finished installs. */
struct avs_install_record {
    struct avs_install_steps steps;
    size_t committed;
    struct avs_install_paths kept;    /* files of the unfinished run whose old content is kept */
    struct avs_install_paths folders; /* made for the record itself, outermost first */
};
void avs_install_record_done(struct avs_install_record *record);
/** An absent record is an empty one. Errors: ERR_IO (unreadable, not ours, damaged). */
AVS_NODISCARD enum avs_status avs_install_read_record(const struct avs_sysroot *root,
                                                      const char *path,
                                                      struct avs_install_record *ret_record,
                                                      struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_install_write_record(const struct avs_sysroot *root,
                                                       const char *path,
                                                       const struct avs_install_record *record,
                                                       struct avs_error *reterr);

/** Run the distribution's program (absolute path, no shell, an environment of our own, no input)
 *  with a deadline. Errors: ERR_IO (its last words), ERR_TIMEOUT, ERR_CANCELLED. */
AVS_NODISCARD enum avs_status avs_install_run_updater(const char *const *arguments, int timeout_ms,
                                                      bool (*is_cancelled)(void *user), void *user,
                                                      struct avs_error *reterr);

#endif
