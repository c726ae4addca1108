/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic replacement: temporary file in the same folder, same mode and owner, fsync, rename. The
 * caller keeps signals away meanwhile, so that no temporary file is left behind. */
#include "edit/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "conf/file.h"

#define ATTRIBUTE_BYTES 4096 /* of all names, and of one value: as much as ext4 has room for */

static enum avs_status io_error(const char *what, const char *path, int os_errno,
                                const char *advice, struct avs_error *reterr) {
    return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_CONFIG_UNREADABLE, os_errno,
                          "%s %s: %s; %s; the file is as it was", what, path, strerror(os_errno),
                          advice);
}

static const char *advice_for(int os_errno) {
    switch (os_errno) {
    case EACCES:
    case EPERM:
        return "give this user write access to the folder (a replacement is made there)";
    case EROFS:
        return "the file system is read-only: remount it writable";
    case ENOSPC:
    case EDQUOT:
        return "free some space on that file system";
    case EBUSY:
        return "it is a mount point of its own (a container's bind mount): edit it on "
               "the host";
    default:
        return "check the file system";
    }
}

/* The folder of a path, with its slash; "" for the working directory. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

enum avs_status avs_conf_resolve_link(const char *path, char **ret_target,
                                      struct avs_error *reterr) {
    struct stat identity;
    char link[PATH_MAX];
    if (lstat(path, &identity) != 0 || !S_ISLNK(identity.st_mode)) {
        *ret_target = strdup(path);
        AVS_REQUIRE_MEMORY(*ret_target, reterr);
        return AVS_OK;
    }
    ssize_t length = readlink(path, link, sizeof(link) - 1);
    if (length < 0) {
        return avs_fail_errno(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE, errno,
                              "%s: the symbolic link cannot be read: %s", path, strerror(errno));
    }
    link[length] = '\0';
    size_t folder = link[0] == '/' ? 0 : folder_length(path);
    AVS_AUTO(char) target = malloc(folder + (size_t)length + 1);
    AVS_REQUIRE_MEMORY(target, reterr);
    memcpy(target, path, folder);
    memcpy(target + folder, link, (size_t)length + 1);
    if (lstat(target, &identity) == 0 && S_ISLNK(identity.st_mode)) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                              "%s is a symbolic link to %s, which is a symbolic link again; links "
                              "are followed once: name the file itself",
                              path, target);
    }
    *ret_target = AVS_STEAL(target);
    return AVS_OK;
}

static int write_all(int descriptor, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return errno;
        }
        text += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Same owner, then same mode (a change of owner may clear bits of the mode). */
static int make_alike(int descriptor, const struct stat *like) {
    struct stat made;
    if (fstat(descriptor, &made) != 0) {
        return errno;
    }
    bool is_same_owner = made.st_uid == like->st_uid && made.st_gid == like->st_gid;
    if (!is_same_owner && fchown(descriptor, like->st_uid, like->st_gid) != 0) {
        return errno;
    }
    return fchmod(descriptor, like->st_mode & 07777) == 0 ? 0 : errno;
}

/* Labels and access lists of the old file. What this user or the file system cannot give is left
 * to the policy; an access list that is lost is an error, the SDK may read the file by it alone. */
static int keep_attributes(int descriptor, const char *path) {
    char names[ATTRIBUTE_BYTES], value[ATTRIBUTE_BYTES];
    ssize_t length = listxattr(path, names, sizeof(names));
    for (const char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
        ssize_t size = getxattr(path, name, value, sizeof(value));
        if (size >= 0 && fsetxattr(descriptor, name, value, (size_t)size, 0) != 0 &&
            strcmp(name, "system.posix_acl_access") == 0) {
            return errno;
        }
    }
    return 0;
}

/* True when `at` is the file that was read, with the bytes that were read. */
static bool is_expected(const char *at, const struct avs_conf_expected *expected) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    struct stat identity;
    return avs_conf_read_bytes(at, AVS_CONF_FILE_BYTES_MAX, &text, &length, &identity, NULL) ==
               AVS_OK &&
           identity.st_dev == expected->identity->st_dev &&
           identity.st_ino == expected->identity->st_ino && length == expected->length &&
           memcmp(text, expected->text, length) == 0;
}

static enum avs_status changed(const char *path, struct avs_error *reterr) {
    return avs_fail(reterr, AVS_ERR_CONFIG,
                    "%s changed while it was being edited, so nothing was written; run the command "
                    "again",
                    path);
}

static enum avs_status rename_error(const char *path, int os_errno, struct avs_error *reterr) {
    return io_error("cannot replace", path, os_errno, advice_for(os_errno), reterr);
}

/* renameat2(RENAME_EXCHANGE), which musl and older C libraries do not declare. 0 or an errno;
 * ENOTSUP when the file system or the kernel (before 3.15, or by its filter) has no such call. */
static int exchange(const char *one, const char *other) {
    enum { EXCHANGE = 2 }; /* <linux/fs.h> */
    if (syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, EXCHANGE) == 0) {
        return 0;
    }
    return errno == ENOSYS || errno == EINVAL ? ENOTSUP : errno;
}

/* Put the temporary file in the place of `path`. Where the file system can exchange two names, the
 * old file is looked at once more when nobody can reach it by its name any longer, and put back if
 * it is not what was read; a change in the last moment is not lost. On failure `temporary` is the
 * caller's to remove, unless *ret_is_stranded says that it holds that change. */
static enum avs_status swap(const char *temporary, const char *path,
                            const struct avs_conf_expected *expected, bool *ret_is_stranded,
                            struct avs_error *reterr) {
    if (!expected) {
        return rename(temporary, path) == 0 ? AVS_OK : rename_error(path, errno, reterr);
    }
    if (!is_expected(path, expected)) {
        return changed(path, reterr);
    }
    int os_errno = exchange(temporary, path);
    if (os_errno == ENOTSUP) {
        os_errno = rename(temporary, path) == 0 ? 0 : errno;
        return os_errno == 0 ? AVS_OK : rename_error(path, os_errno, reterr);
    }
    if (os_errno != 0) {
        return rename_error(path, os_errno, reterr);
    }
    if (is_expected(temporary, expected)) {
        unlink(temporary);
        return AVS_OK;
    }
    os_errno = exchange(temporary, path);
    if (os_errno != 0) {
        *ret_is_stranded = true; /* somebody's work: never remove it */
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_CONFIG_UNREADABLE, os_errno,
                              "%s changed while it was being edited; the changed file is %s", path,
                              temporary);
    }
    return changed(path, reterr);
}

static void sync_folder(const char *path, size_t folder) {
    char name[PATH_MAX] = ".";
    if (folder > 0 && folder < sizeof(name)) {
        memcpy(name, path, folder);
        name[folder] = '\0';
    }
    int descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor); /* best effort: not every file system can */
        close(descriptor);
    }
}

/* Fill the temporary file; on any error the caller removes it. */
static enum avs_status fill(int descriptor, const char *path, const char *text, size_t length,
                            const struct stat *like, struct avs_error *reterr) {
    int os_errno = make_alike(descriptor, like);
    if (os_errno == 0) {
        os_errno = keep_attributes(descriptor, path);
    }
    if (os_errno != 0) {
        return io_error("cannot give the replacement the owner, mode and access list of", path,
                        os_errno, "run this as that owner or as root", reterr);
    }
    os_errno = write_all(descriptor, text, length);
    if (os_errno == 0 && fsync(descriptor) != 0) {
        os_errno = errno;
    }
    if (os_errno != 0) {
        return io_error("cannot write the replacement of", path, os_errno, advice_for(os_errno),
                        reterr);
    }
    return AVS_OK;
}

enum avs_status avs_conf_replace(const char *path, const char *text, size_t length,
                                 const struct stat *like, const struct avs_conf_expected *expected,
                                 struct avs_error *reterr) {
    char temporary[PATH_MAX];
    size_t folder = folder_length(path);
    int size = snprintf(temporary, sizeof(temporary), "%.*s.avs-shim-XXXXXX", (int)folder, path);
    if (size < 0 || (size_t)size >= sizeof(temporary)) {
        return io_error("cannot replace", path, ENAMETOOLONG, "shorten the path", reterr);
    }
    int descriptor = mkostemp(temporary, O_CLOEXEC);
    if (descriptor < 0) {
        int os_errno = errno;
        return io_error("cannot write beside", path, os_errno, advice_for(os_errno), reterr);
    }
    enum avs_status status = fill(descriptor, path, text, length, like, reterr);
    close(descriptor);
    bool is_stranded = false;
    if (status == AVS_OK) {
        status = swap(temporary, path, expected, &is_stranded, reterr);
    }
    if (status != AVS_OK) {
        if (!is_stranded) {
            unlink(temporary);
        }
        return status;
    }
    sync_folder(path, folder);
    return AVS_OK;
}
