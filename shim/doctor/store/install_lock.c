/* SPDX-License-Identifier: Apache-2.0 */
/* One installer at a time. The lock is a file of our own beside the record, with mode 0600: flock()
 * asks for nothing but an open descriptor, so a file or folder that everybody can open is a lock
 * that everybody can hold. */
#include "store/install_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/install_file.h"

#define SUFFIX    ".lock"
#define TRIES_MAX 8 /* somebody removed, or planted, the file in between */

/** The folders above the record that do not exist yet. */
static enum avs_status make_folders(const struct avs_sysroot *root, const char *record,
                                    struct avs_install_paths *made, struct avs_error *reterr) {
    char path[AVS_SYSROOT_PATH_BYTES];
    for (const char *slash = strchr(record + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        struct stat entry;
        avs_text_copy_bytes(path, sizeof(path), record, (size_t)(slash - record));
        if (avs_sysroot_stat(root, path, &entry) != 0) {
            AVS_TRY(avs_install_make_folder(root, path, reterr));
            AVS_TRY(avs_install_add_path(made, path, reterr));
        }
    }
    return AVS_OK;
}

/** Ours, or that of the folder's owner, who may do as he likes here anyway. */
static bool is_trusted(int folder, const struct stat *file) {
    struct stat holder;
    return S_ISREG(file->st_mode) && (file->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
           fstat(folder, &holder) == 0 &&
           (file->st_uid == geteuid() || file->st_uid == holder.st_uid);
}

/** Open or make the file; -1 and errno. What somebody else planted there is removed: EAGAIN. */
static int open_lock(int folder, const char *name) {
    struct stat file, entry;
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int saved = errno;
    bool is_strange = fd >= 0 ? fstat(fd, &file) != 0 || !is_trusted(folder, &file)
                              : fstatat(folder, name, &entry, AT_SYMLINK_NOFOLLOW) == 0 &&
                                    !is_trusted(folder, &entry);
    if (!is_strange) {
        errno = saved;
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
        errno = EAGAIN;
    }
    return -1;
}

/** Is the file that we hold still the one of that name? */
static bool is_current(const struct avs_install_lock *lock) {
    struct stat held, named;
    return fstat(lock->fd, &held) == 0 &&
           fstatat(lock->folder, lock->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/** 0, or an errno: EWOULDBLOCK when another one holds it. */
static int hold(struct avs_install_lock *lock) {
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        lock->fd = open_lock(lock->folder, lock->name);
        if (lock->fd < 0 && errno != EAGAIN) {
            return errno;
        }
        if (lock->fd >= 0) {
            /* a file system without locks is no reason to refuse */
            if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
                return errno;
            }
            if (is_current(lock)) {
                return 0;
            }
            close(lock->fd);
            lock->fd = -1;
        }
    }
    return EWOULDBLOCK;
}

enum avs_status avs_install_take_lock(const struct avs_sysroot *root, const char *record,
                                      struct avs_install_paths *ret_made,
                                      struct avs_install_lock *ret_lock, struct avs_error *reterr) {
    char path[AVS_SYSROOT_PATH_BYTES];
    AVS_TRY(make_folders(root, record, ret_made, reterr));
    avs_text_format(path, sizeof(path), "%s" SUFFIX, record);
    ret_lock->folder = avs_install_open_holder(root, path, ret_lock->name);
    int error = ret_lock->folder < 0 ? errno : hold(ret_lock);
    if (error == EWOULDBLOCK) {
        if (ret_lock->fd >= 0) {
            close(ret_lock->fd);
            ret_lock->fd = -1; /* not ours: not to be removed */
        }
        return avs_fail(reterr, AVS_ERR_IO, "another avs-shim trust install is at work here");
    }
    return error == 0 ? AVS_OK : avs_install_fail_io(root, error, "write", path, reterr);
}

void avs_install_release_lock(struct avs_install_lock *lock) {
    if (lock->fd >= 0) {
        unlinkat(lock->folder, lock->name, 0);
        close(lock->fd);
    }
    if (lock->folder >= 0) {
        close(lock->folder);
    }
    lock->fd = lock->folder = -1;
}
