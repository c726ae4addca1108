/* SPDX-License-Identifier: Apache-2.0 */
/* Paths below a root folder, "/" or a staged file system. No link is followed out of it: an
 * absolute link starts at the root again and ".." stops there, as the device itself would see it.
 * openat2(RESOLVE_IN_ROOT) does that where the kernel has it (Linux 5.6); elsewhere, and for
 * everything that is going to be written, we walk component by component. */
#ifndef AVS_TRUST_SYSROOT_H
#define AVS_TRUST_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/flow.h"

#define AVS_SYSROOT_PATH_BYTES  4096
#define AVS_SYSROOT_NAME_BYTES  256
#define AVS_SYSROOT_LINKS_MAX   40 /* as the kernel's own limit */
#define AVS_SYSROOT_DEPTH_MAX   64
#define AVS_SYSROOT_FILE_LIMIT  (16u << 20) /* no CA bundle or list is larger */
#define AVS_SYSROOT_ENTRIES_MAX 8192        /* names read from one folder */

struct avs_sysroot {
    int fd;
    bool is_machine;   /* the root is "/": plain paths do */
    bool walk_by_hand; /* openat2 is missing, or a test wants the fallback */
    char path[AVS_SYSROOT_PATH_BYTES];
};

/** Open `path` (NULL or "/" = this machine) as a root. Errors: ERR_USAGE with the errno. */
AVS_NODISCARD enum avs_status avs_sysroot_open(const char *path, struct avs_sysroot *ret_root,
                                               struct avs_error *reterr);
void avs_sysroot_close(struct avs_sysroot *root);

/** open(2) inside the root, O_CLOEXEC added; -1 and errno on failure. Never creates. */
int avs_sysroot_openat(const struct avs_sysroot *root, const char *path, int flags);

/** Open a regular file for reading; -1 and errno on failure, EISDIR or EINVAL for what is none. The
 *  type is known before anything is opened: opening a device node can already do something. */
int avs_sysroot_open_file(const struct avs_sysroot *root, const char *path);

/** stat(2) inside the root; -1 and errno on failure. */
int avs_sysroot_stat(const struct avs_sysroot *root, const char *path, struct stat *ret_stat);

bool avs_sysroot_is_file(const struct avs_sysroot *root, const char *path);
bool avs_sysroot_is_folder(const struct avs_sysroot *root, const char *path);

/** Where `path` ends up once its links are followed, as a path inside the root; the last name need
 *  not exist. `for_writing` follows links as avs_sysroot_open_parent does. False and errno on
 *  failure. */
bool avs_sysroot_real_path(const struct avs_sysroot *root, const char *path, bool for_writing,
                           char ret_path[AVS_SYSROOT_PATH_BYTES]);

/** Open the folder that holds the real file behind `path`, and its name there. Made for writing:
 *  a link in a folder that anybody may write to is followed only if it belongs to us or to the
 *  folder's owner (what fs.protected_symlinks does, here also inside a sysroot), else EACCES.
 *  `make_folders` creates missing folders with mode 0755. -1 and errno on failure. */
int avs_sysroot_open_parent(const struct avs_sysroot *root, const char *path, bool make_folders,
                            char ret_name[AVS_SYSROOT_NAME_BYTES]);

/** Read a whole regular file of at most `limit_bytes` (EFBIG) into a NUL-terminated buffer; a
 *  folder is EISDIR, a device or a pipe EINVAL. `ret_stat` may be NULL. Caller frees *ret_data.
 *  False and errno on failure. */
bool avs_sysroot_read(const struct avs_sysroot *root, const char *path, size_t limit_bytes,
                      char **ret_data, size_t *ret_length, struct stat *ret_stat);

/** As avs_sysroot_read, from an open descriptor (which stays open). */
bool avs_sysroot_read_fd(int fd, size_t limit_bytes, char **ret_data, size_t *ret_length,
                         struct stat *ret_stat);

/** Names in a folder, sorted, without "." and "..". */
struct avs_sysroot_names {
    char **names;
    size_t count;
    bool is_cut; /* more than AVS_SYSROOT_ENTRIES_MAX */
};
bool avs_sysroot_list(const struct avs_sysroot *root, const char *path,
                      struct avs_sysroot_names *ret_names);
void avs_sysroot_names_done(struct avs_sysroot_names *names);

/** A path as a program of this machine means it: relative to the working directory. In a staged
 * root nothing runs, and its "/" stands for that. False and errno when there is none, or no room.
 */
bool avs_sysroot_absolute(const struct avs_sysroot *root, const char *path,
                          char ret_path[AVS_SYSROOT_PATH_BYTES]);

/** "/a/b" from a folder and a name; false when it does not fit. */
bool avs_sysroot_join(char ret_path[AVS_SYSROOT_PATH_BYTES], const char *folder, const char *name);

#endif
