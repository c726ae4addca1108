/* SPDX-License-Identifier: Apache-2.0 */
/* See replace.h. Every name is looked up in a folder that is held open, and no link is followed. */
#include "out/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define NEW_FILE_MODE   0644
#define ATTRIBUTE_BYTES 4096 /* of all names, and of one value: as much as ext4 has room for */
#define BLOCK_BYTES     4096
#define NAMES_MAX       100 /* temporary names that are tried */
#define NAME_BYTES      64

/* ---- words ---- */

const char *avs_replace_advice(int os_errno) {
    switch (os_errno) {
    case EACCES:
    case EPERM:
        return "give this user write access to the folder (a replacement is made there)";
    case ENOENT:
        return "make the folder first";
    case EROFS:
        return "the file system is mounted read-only: mount -o remount,rw";
    case ENOSPC:
    case EDQUOT:
        return "there is no space left: free some and run the same command again";
    case EFBIG:
        return "there is no space left, or a limit on the size of files: see ulimit -f";
    case EBUSY:
    case EXDEV:
        return "it is a mount point of its own (a container's bind mount): edit it on the host";
    default:
        return "";
    }
}

static enum avs_status io_error(const char *what, const char *path, int os_errno,
                                const char *advice, const struct avs_replace_terms *terms,
                                struct avs_error *reterr) {
    return avs_fail_errno(reterr, AVS_ERR_IO, terms->cause, os_errno, "%s %s: %s; %s%s", what, path,
                          strerror(os_errno), advice[0] ? advice : "check the file system",
                          os_errno == ENOENT ? "" : "; the file is as it was");
}

static enum avs_status changed(const char *path, struct avs_error *reterr) {
    return avs_fail(reterr, AVS_ERR_CONFIG,
                    "%s changed while it was being edited, so nothing was written; run the command "
                    "again",
                    path);
}

/* ---- signals ---- */

void avs_replace_hold_signals(sigset_t *ret_before) {
    /* what ends a process by default, and a person, a service manager or a limit sends */
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGXFSZ};
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < AVS_COUNT(numbers); i++) {
        sigaddset(&held, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, &held, ret_before);
}

void avs_replace_release_signals(const sigset_t *before) {
    sigset_t limit;
    const struct timespec at_once = {0};
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    if (!sigismember(before, SIGXFSZ)) {
        sigtimedwait(&limit, NULL, &at_once); /* write() has said EFBIG */
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* ---- the temporary file ---- */

int avs_replace_write(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        at += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Not every file system can; one that cannot says so. */
static int flush(int fd) {
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

/* Same owner, then same mode (a change of owner may clear bits of the mode). */
static int make_alike(int fd, const struct stat *like) {
    struct stat made;
    if (fstat(fd, &made) != 0) {
        return errno;
    }
    bool is_same_owner = made.st_uid == like->st_uid && made.st_gid == like->st_gid;
    if (!is_same_owner && fchown(fd, like->st_uid, like->st_gid) != 0) {
        return errno;
    }
    return fchmod(fd, like->st_mode & 07777) == 0 ? 0 : errno;
}

/* Labels and access lists of the old file. What this user or the file system cannot give is left
 * to the policy; an access list that is lost is an error, the SDK may read the file by it alone. */
static int keep_attributes(int fd, int old) {
    char names[ATTRIBUTE_BYTES], value[ATTRIBUTE_BYTES];
    ssize_t length = flistxattr(old, names, sizeof(names));
    for (const char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
        ssize_t size = fgetxattr(old, name, value, sizeof(value));
        if (size >= 0 && fsetxattr(fd, name, value, (size_t)size, 0) != 0 &&
            strcmp(name, "system.posix_acl_access") == 0) {
            return errno;
        }
    }
    return 0;
}

static int keep_looks(int folder, const char *name, const struct stat *like, int fd) {
    struct stat old;
    bool is_there = fstatat(folder, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && errno != ENOENT) {
        return errno;
    }
    if (is_there && !S_ISREG(old.st_mode) && !S_ISLNK(old.st_mode)) {
        return S_ISDIR(old.st_mode) ? EISDIR : EINVAL;
    }
    is_there = is_there && S_ISREG(old.st_mode);
    if (!is_there && !like) {
        return fchmod(fd, NEW_FILE_MODE) == 0 ? 0 : errno;
    }
    int os_errno = make_alike(fd, like ? like : &old);
    int before =
        is_there ? openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) : -1;
    if (os_errno == 0 && before >= 0) {
        os_errno = keep_attributes(fd, before);
    }
    if (before >= 0) {
        close(before);
    }
    return os_errno;
}

static int stage(int folder, const char *staged, const char *name, const void *data, size_t length,
                 const struct stat *like, bool *ret_is_about_looks) {
    *ret_is_about_looks = false;
    int fd = openat(folder, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    int os_errno = avs_replace_write(fd, data, length);
    if (os_errno == 0) {
        os_errno = keep_looks(folder, name, like, fd);
        *ret_is_about_looks = os_errno != 0;
    }
    if (os_errno == 0) {
        os_errno = flush(fd);
    }
    if (close(fd) != 0 && os_errno == 0) {
        os_errno = errno;
    }
    if (os_errno != 0) {
        unlinkat(folder, staged, 0);
    }
    return os_errno;
}

int avs_replace_stage(int folder, const char *staged, const char *name, const void *data,
                      size_t length) {
    bool ignored;
    sigset_t before;
    avs_replace_hold_signals(&before);
    int os_errno = stage(folder, staged, name, data, length, NULL, &ignored);
    avs_replace_release_signals(&before);
    return os_errno;
}

int avs_replace_commit(int folder, const char *staged, const char *name) {
    return renameat(folder, staged, folder, name) == 0 ? flush(folder) : errno;
}

/* ---- taking the place ---- */

static bool holds(int fd, const char *text, size_t length) {
    char block[BLOCK_BYTES];
    while (length > 0) {
        ssize_t got = read(fd, block, length < sizeof(block) ? length : sizeof(block));
        if (got <= 0 || memcmp(block, text, (size_t)got) != 0) {
            return false;
        }
        text += got;
        length -= (size_t)got;
    }
    return true;
}

/* True when `name` is the file that was read, with the bytes that were read. */
static bool is_expected(int folder, const char *name, const struct avs_replace_expected *expected) {
    struct stat now;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool is_same = fstat(fd, &now) == 0 && now.st_dev == expected->identity->st_dev &&
                   now.st_ino == expected->identity->st_ino &&
                   now.st_size == (off_t)expected->length &&
                   holds(fd, expected->text, expected->length);
    close(fd);
    return is_same;
}

/* renameat2(RENAME_EXCHANGE), which musl and older C libraries do not declare. 0 or an errno;
 * ENOTSUP when the file system or the kernel (before 3.15, or by its filter) has no such call. */
static int exchange(int folder, const char *one, const char *other) {
    enum { EXCHANGE = 2 }; /* <linux/fs.h> */
    if (syscall(SYS_renameat2, folder, one, folder, other, EXCHANGE) == 0) {
        return 0;
    }
    return errno == ENOSYS || errno == EINVAL ? ENOTSUP : errno;
}

/* Where the file system can exchange two names, the old file is looked at once more when nobody can
 * reach it by its name any longer, and put back if it is not what was read; a change in the last
 * moment is not lost. On failure `staged` is the caller's to remove, unless *ret_is_stranded says
 * that it holds that change. */
static enum avs_status swap(int folder, const char *staged, const char *name, const char *path,
                            const struct avs_replace_terms *terms, bool *ret_is_stranded,
                            struct avs_error *reterr) {
    const struct avs_replace_expected *expected = terms->expected;
    if (expected && !is_expected(folder, name, expected)) {
        return changed(path, reterr);
    }
    int os_errno = expected ? exchange(folder, staged, name) : ENOTSUP;
    bool is_exchanged = os_errno == 0;
    if (os_errno == ENOTSUP) {
        os_errno = renameat(folder, staged, folder, name) == 0 ? 0 : errno;
    }
    if (os_errno != 0) {
        return io_error("cannot replace", path, os_errno, avs_replace_advice(os_errno), terms,
                        reterr);
    }
    if (!is_exchanged) {
        return AVS_OK;
    }
    if (is_expected(folder, staged, expected)) {
        unlinkat(folder, staged, 0);
        return AVS_OK;
    }
    os_errno = exchange(folder, staged, name);
    if (os_errno != 0) {
        *ret_is_stranded = true; /* somebody's work: never remove it */
        return avs_fail_errno(reterr, AVS_ERR_IO, terms->cause, os_errno,
                              "%s changed while it was being edited; the changed file is %s, in "
                              "the same folder",
                              path, staged);
    }
    return changed(path, reterr);
}

static enum avs_status replace_in(int folder, const char *name, const char *path, const void *data,
                                  size_t length, const struct avs_replace_terms *terms,
                                  struct avs_error *reterr) {
    char staged[NAME_BYTES];
    bool is_about_looks = false;
    int os_errno = EEXIST;
    for (unsigned i = 0; i < NAMES_MAX && os_errno == EEXIST; i++) {
        snprintf(staged, sizeof(staged), ".avs-shim-%ld-%u", (long)getpid(), i);
        os_errno = stage(folder, staged, name, data, length, terms->like, &is_about_looks);
    }
    if (os_errno == EPERM && is_about_looks) {
        return io_error("cannot give the replacement the owner, mode and access list of", path,
                        os_errno, "run this as that owner or as root", terms, reterr);
    }
    if (os_errno != 0) {
        return io_error("cannot write", path, os_errno, avs_replace_advice(os_errno), terms,
                        reterr);
    }
    bool is_stranded = false;
    enum avs_status status = swap(folder, staged, name, path, terms, &is_stranded, reterr);
    if (status != AVS_OK && !is_stranded) {
        unlinkat(folder, staged, 0);
    }
    if (status == AVS_OK) {
        fsync(folder); /* the new file is in place: nothing better can be said any more */
    }
    return status;
}

/* The folder of a path. One that may be entered and written, but not read, cannot be flushed. */
static int open_folder(const char *path, const char **ret_name) {
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (slash) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    *ret_name = path + length;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 && errno == EACCES ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : fd;
}

enum avs_status avs_replace_file(const char *path, const void *data, size_t length,
                                 const struct avs_replace_terms *terms, struct avs_error *reterr) {
    static const struct avs_replace_terms none;
    const char *name = path;
    sigset_t before;
    terms = terms ? terms : &none;
    int folder = open_folder(path, &name);
    if (folder < 0) {
        int os_errno = errno;
        return io_error("cannot write", path, os_errno, avs_replace_advice(os_errno), terms,
                        reterr);
    }
    avs_replace_hold_signals(&before);
    enum avs_status status = replace_in(folder, name, path, data, length, terms, reterr);
    avs_replace_release_signals(&before);
    close(folder);
    return status;
}
