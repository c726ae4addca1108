/* SPDX-License-Identifier: Apache-2.0 */
/* What an install does, as a list of small steps, and the record of it on the disk: it is written
 * before the first step, so that whatever happens later can be taken back. */
#ifndef AVS_STORE_INSTALL_RECORD_H
#define AVS_STORE_INSTALL_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"
#include "store/sysroot.h"

#define AVS_INSTALL_STEPS_MAX     96
#define AVS_INSTALL_RECORD_BYTES  (4u << 20)
#define AVS_INSTALL_PATHS_MAX     8
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

#endif
