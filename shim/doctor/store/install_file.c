/* SPDX-License-Identifier: Apache-2.0 */
/* The only code that changes files of a trust store: staged beside the target, flushed, renamed. A
 * staged file is opened with O_EXCL and O_NOFOLLOW in the folder that the walk found, so that no
 * link, whoever made it, leads us elsewhere. */
#include "store/install_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "out/replace.h"

#define STAGED "new"
#define KEPT   "old"

/* What to do about it here; elsewhere what is to be done about any file. */
static const char *advice_for(int error, const char *verb) {
    switch (error) {
    case EACCES:
    case EPERM:
        return "run the same command as root (sudo)";
    case EROFS:
        return "the file system is mounted read-only: mount -o remount,rw, or add the root to the "
               "image with --sysroot";
    case EFBIG:
        return strcmp(verb, "write") == 0 ? avs_replace_advice(error)
                                          : "that is larger than any CA bundle";
    case ENOENT:
        return "";
    default:
        return avs_replace_advice(error);
    }
}

enum avs_status avs_install_fail_io(const struct avs_sysroot *root, int error, const char *verb,
                                    const char *path, struct avs_error *reterr) {
    const char *advice = advice_for(error, verb);
    return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, error, "cannot %s %s%s: %s%s%s", verb,
                          root->is_machine ? "" : root->path, path, strerror(error),
                          advice[0] ? "; " : "", advice);
}

static void close_keeping_errno(int fd) {
    int saved = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
}

/** The name of a file of ours beside `name`: ".NAME.avs-shim-new". A name that has no room for that
 *  (255 bytes are the limit everywhere) is cut, and told from its likes by a hash of the whole. No
 *  certificate extension: updaters must not read it. */
static void side_name(char ret_name[AVS_SYSROOT_NAME_BYTES], const char *name, const char *kind) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    if (snprintf(ret_name, AVS_SYSROOT_NAME_BYTES, ".%s.avs-shim-%s", name, kind) <
        AVS_SYSROOT_NAME_BYTES) {
        return;
    }
    for (const char *at = name; *at; at++) {
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3;
    }
    avs_text_format(ret_name, AVS_SYSROOT_NAME_BYTES, ".%.200s.%016" PRIx64 ".avs-shim-%s", name,
                    hash, kind);
}

static bool stage(int folder, const char *name, const void *data, size_t length) {
    char staged[AVS_SYSROOT_NAME_BYTES];
    side_name(staged, name, STAGED);
    if (unlinkat(folder, staged, 0) != 0 && errno != ENOENT) { /* of a run that was killed */
        return false;
    }
    errno = avs_replace_stage(folder, staged, name, data, length);
    return errno == 0;
}

/* Writing is done in two halves: everything that can run out of space happens in the first. */
static enum avs_status stage_file(const struct avs_sysroot *root, const char *path,
                                  const void *data, size_t length, struct avs_error *reterr) {
    char name[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool is_done = folder >= 0 && stage(folder, name, data, length);
    close_keeping_errno(folder);
    return is_done ? AVS_OK : avs_install_fail_io(root, errno, "write", path, reterr);
}

static enum avs_status commit_file(const struct avs_sysroot *root, const char *path,
                                   struct avs_error *reterr) {
    char name[AVS_SYSROOT_NAME_BYTES], staged[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool is_done = folder >= 0;
    if (is_done) {
        side_name(staged, name, STAGED);
        errno = avs_replace_commit(folder, staged, name);
        is_done = errno == 0;
    }
    close_keeping_errno(folder);
    return is_done ? AVS_OK : avs_install_fail_io(root, errno, "replace", path, reterr);
}

static void remove_beside(const struct avs_sysroot *root, const char *path, const char *kind) {
    char name[AVS_SYSROOT_NAME_BYTES], beside[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    if (folder >= 0) {
        side_name(beside, name, kind);
        unlinkat(folder, beside, 0);
    }
    close_keeping_errno(folder);
}

void avs_install_drop_staged(const struct avs_sysroot *root, const char *path) {
    remove_beside(root, path, STAGED);
}

enum avs_status avs_install_write_file(const struct avs_sysroot *root, const char *path,
                                       const void *data, size_t length, struct avs_error *reterr) {
    AVS_TRY(stage_file(root, path, data, length, reterr));
    enum avs_status status = commit_file(root, path, reterr);
    if (status != AVS_OK) {
        avs_install_drop_staged(root, path);
    }
    return status;
}

/* ---- the old content, kept by a hard link ---- */

bool avs_install_keep_old(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES], kept[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool is_kept = false;
    if (folder >= 0) {
        side_name(kept, name, KEPT);
        /* what has this name already is a lost run's, or somebody planted it */
        unlinkat(folder, kept, 0);
        is_kept = linkat(folder, name, folder, kept, 0) == 0;
    }
    close_keeping_errno(folder);
    return is_kept;
}

bool avs_install_put_old_back(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES], kept[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool is_back = false;
    if (folder >= 0) {
        side_name(kept, name, KEPT);
        is_back = renameat(folder, kept, folder, name) == 0 || errno == ENOENT;
        unlinkat(folder, kept, 0); /* two names of one file: rename() does nothing then */
        fsync(folder);
    }
    close_keeping_errno(folder);
    return is_back;
}

void avs_install_drop_old(const struct avs_sysroot *root, const char *path) {
    remove_beside(root, path, KEPT);
}

int avs_install_open_holder(const struct avs_sysroot *root, const char *path,
                            char name[AVS_SYSROOT_NAME_BYTES]) {
    char holder[AVS_SYSROOT_PATH_BYTES];
    char ignored[AVS_SYSROOT_NAME_BYTES];
    const char *slash = strrchr(path, '/');
    if (!slash || strlen(slash + 1) >= AVS_SYSROOT_NAME_BYTES || !slash[1]) {
        errno = EINVAL;
        return -1;
    }
    /* "/folder/." is walked to the folder itself, whatever links lead there */
    if (snprintf(holder, sizeof(holder), "%.*s/.", (int)(slash - path), path) >=
        (int)sizeof(holder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, slash + 1, strlen(slash + 1) + 1);
    return avs_sysroot_open_parent(root, holder, false, ignored);
}

enum avs_status avs_install_remove_file(const struct avs_sysroot *root, const char *path,
                                        struct avs_error *reterr) {
    char name[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_install_open_holder(root, path, name);
    bool is_done =
        folder >= 0 && (unlinkat(folder, name, 0) == 0 || errno == ENOENT ||
                        ((errno == EISDIR || errno == EPERM) &&
                         (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOTEMPTY)));
    close_keeping_errno(folder);
    return is_done ? AVS_OK : avs_install_fail_io(root, errno, "remove", path, reterr);
}

enum avs_status avs_install_make_link(const struct avs_sysroot *root, const char *path,
                                      const char *target, struct avs_error *reterr) {
    char name[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_install_open_holder(root, path, name);
    bool is_done = folder >= 0 && symlinkat(target, folder, name) == 0;
    close_keeping_errno(folder);
    return is_done ? AVS_OK : avs_install_fail_io(root, errno, "make the link", path, reterr);
}

enum avs_status avs_install_make_folder(const struct avs_sysroot *root, const char *path,
                                        struct avs_error *reterr) {
    char name[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_install_open_holder(root, path, name);
    bool is_done = folder >= 0 && mkdirat(folder, name, 0755) == 0;
    if (is_done) { /* whatever our umask is, the SDK's user must get through */
        int made = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        is_done = made >= 0 && fchmod(made, 0755) == 0;
        close_keeping_errno(made);
    } else {
        is_done = folder >= 0 && errno == EEXIST;
    }
    close_keeping_errno(folder);
    return is_done ? AVS_OK : avs_install_fail_io(root, errno, "make the folder", path, reterr);
}

bool avs_install_read_link(const struct avs_sysroot *root, const char *path,
                           char ret_target[AVS_SYSROOT_PATH_BYTES]) {
    char name[AVS_SYSROOT_NAME_BYTES];
    int folder = avs_install_open_holder(root, path, name);
    ssize_t length =
        folder >= 0 ? readlinkat(folder, name, ret_target, AVS_SYSROOT_PATH_BYTES - 1) : -1;
    close_keeping_errno(folder);
    if (length < 0) {
        return false;
    }
    ret_target[length] = '\0';
    return true;
}
