/* SPDX-License-Identifier: Apache-2.0 */
/* Path resolution that never leaves a root folder. */
#include "store/sysroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

/* From <linux/openat2.h>, which older C libraries' headers lack. */
struct open_how_v0 {
    uint64_t flags, mode, resolve;
};
#define RESOLVE_NO_MAGICLINKS_FLAG 0x02
#define RESOLVE_IN_ROOT_FLAG       0x10
#ifndef SYS_openat2
#define SYS_openat2 437 /* the same number on every architecture */
#endif

enum avs_status avs_sysroot_open(const char *path, struct avs_sysroot *ret_root,
                                 struct avs_error *reterr) {
    const char *folder = path && path[0] ? path : "/";
    struct avs_sysroot root = {.fd = -1, .is_machine = strcmp(folder, "/") == 0};
    if (strlen(folder) >= sizeof(root.path)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "the sysroot's path is longer than %zu bytes",
                        sizeof(root.path) - 1);
    }
    AVS_TEXT_SET(root.path, folder);
    root.fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root.fd < 0) {
        return avs_fail_errno(reterr, AVS_ERR_USAGE, AVS_CAUSE_NONE, errno,
                              "cannot open the root folder '%s': %s", folder, strerror(errno));
    }
    *ret_root = root;
    return AVS_OK;
}

void avs_sysroot_close(struct avs_sysroot *root) {
    if (root->fd >= 0) {
        close(root->fd);
    }
    root->fd = -1;
}

/* ---- the walk by hand ---- */

struct walk {
    const struct avs_sysroot *root;
    int folders[AVS_SYSROOT_DEPTH_MAX]; /* open folders from the root down; ".." pops */
    size_t depth;
    char real[AVS_SYSROOT_PATH_BYTES]; /* the same as text */
    char rest[AVS_SYSROOT_PATH_BYTES]; /* what is still to be walked */
    unsigned links;
    bool for_writing, make_folders;
    bool is_too_long; /* a component */
};

static int top(const struct walk *walk) {
    return walk->depth ? walk->folders[walk->depth - 1] : walk->root->fd;
}

static void pop(struct walk *walk) {
    if (walk->depth) {
        close(walk->folders[--walk->depth]);
        char *slash = strrchr(walk->real, '/');
        if (slash) {
            *slash = '\0';
        }
    }
}

static void restart(struct walk *walk) {
    while (walk->depth) {
        pop(walk);
    }
}

static bool fail(int error) {
    errno = error;
    return false;
}

/** Put a link's target in front of what is left. */
static bool splice_link(struct walk *walk, const char *name) {
    char target[AVS_SYSROOT_PATH_BYTES];
    char rest[AVS_SYSROOT_PATH_BYTES];
    ssize_t length = readlinkat(top(walk), name, target, sizeof(target) - 1);
    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    if (++walk->links > AVS_SYSROOT_LINKS_MAX) {
        return fail(ELOOP);
    }
    AVS_TEXT_SET(rest, walk->rest);
    if (snprintf(walk->rest, sizeof(walk->rest), "%s/%s", target, rest) >=
        (int)sizeof(walk->rest)) {
        return fail(ENAMETOOLONG);
    }
    if (target[0] == '/') {
        restart(walk);
    }
    return true;
}

/** fs.protected_symlinks: in a folder that anybody may write to, only our own links and those of
 *  the folder's owner are followed. */
static bool may_follow(const struct walk *walk, const struct stat *link) {
    struct stat folder;
    if (!walk->for_writing) {
        return true;
    }
    if (fstat(top(walk), &folder) != 0) {
        return false;
    }
    if ((folder.st_mode & S_IWOTH) && link->st_uid != geteuid() && link->st_uid != folder.st_uid) {
        return fail(EACCES);
    }
    return true;
}

static bool descend(struct walk *walk, const char *name) {
    size_t length = strlen(walk->real);
    if (walk->depth == AVS_SYSROOT_DEPTH_MAX || length + strlen(name) + 2 > sizeof(walk->real)) {
        return fail(ENAMETOOLONG);
    }
    int fd = openat(top(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && walk->make_folders) {
        if (mkdirat(top(walk), name, 0755) != 0 && errno != EEXIST) {
            return false;
        }
        fd = openat(top(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        return false;
    }
    walk->folders[walk->depth++] = fd;
    snprintf(walk->real + length, sizeof(walk->real) - length, "/%s", name);
    return true;
}

/** Take the next component off `rest`; false when none is left, or it is longer than a name can be.
 */
static bool next_component(struct walk *walk, char name[AVS_SYSROOT_NAME_BYTES], bool *ret_last) {
    char *text = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(text, "/");
    if (length == 0 || length >= AVS_SYSROOT_NAME_BYTES) {
        walk->is_too_long = length > 0;
        return false;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    char *after = text + length;
    *ret_last = after[strspn(after, "/")] == '\0';
    memmove(walk->rest, after, strlen(after) + 1);
    return true;
}

/** Walk to the folder that holds the last name ("." when the path is a folder on the way). */
static bool walk_path(struct walk *walk, char ret_name[AVS_SYSROOT_NAME_BYTES]) {
    char name[AVS_SYSROOT_NAME_BYTES];
    bool is_last = false;
    while (next_component(walk, name, &is_last)) {
        struct stat entry;
        if (strcmp(name, ".") == 0) {
            continue;
        }
        if (strcmp(name, "..") == 0) {
            pop(walk);
            continue;
        }
        int found = fstatat(top(walk), name, &entry, AT_SYMLINK_NOFOLLOW);
        if (found == 0 && S_ISLNK(entry.st_mode)) {
            if (!may_follow(walk, &entry) || !splice_link(walk, name)) {
                return false;
            }
            continue;
        }
        if (is_last) {
            memcpy(ret_name, name, sizeof(name));
            return true;
        }
        if (!descend(walk, name)) {
            return false;
        }
    }
    memcpy(ret_name, ".", 2);
    return !walk->is_too_long || fail(ENAMETOOLONG);
}

static bool walk_begin(struct walk *walk, const struct avs_sysroot *root, const char *path) {
    walk->root = root;
    if (!path[0] || strlen(path) >= sizeof(walk->rest)) {
        return fail(path[0] ? ENAMETOOLONG : ENOENT);
    }
    AVS_TEXT_SET(walk->rest, path);
    return true;
}

static void walk_end(struct walk *walk) {
    int saved = errno;
    restart(walk);
    errno = saved;
}

int avs_sysroot_open_parent(const struct avs_sysroot *root, const char *path, bool make_folders,
                            char ret_name[AVS_SYSROOT_NAME_BYTES]) {
    struct walk walk = {.for_writing = true, .make_folders = make_folders};
    char name[AVS_SYSROOT_NAME_BYTES];
    int fd = -1;
    if (walk_begin(&walk, root, path) && walk_path(&walk, name)) {
        fd = openat(top(&walk), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        memcpy(ret_name, name, sizeof(name));
    }
    walk_end(&walk);
    return fd;
}

bool avs_sysroot_real_path(const struct avs_sysroot *root, const char *path, bool for_writing,
                           char ret_path[AVS_SYSROOT_PATH_BYTES]) {
    struct walk walk = {.for_writing = for_writing};
    char name[AVS_SYSROOT_NAME_BYTES];
    bool is_found = walk_begin(&walk, root, path) && walk_path(&walk, name);
    if (is_found && strcmp(name, ".") == 0) {
        avs_text_copy(ret_path, AVS_SYSROOT_PATH_BYTES, walk.real[0] ? walk.real : "/");
    } else if (is_found) {
        is_found = avs_sysroot_join(ret_path, walk.real, name) || fail(ENAMETOOLONG);
    }
    walk_end(&walk);
    return is_found;
}

static int open_by_hand(const struct avs_sysroot *root, const char *path, int flags) {
    struct walk walk = {0};
    char name[AVS_SYSROOT_NAME_BYTES];
    int fd = -1;
    if (walk_begin(&walk, root, path) && walk_path(&walk, name)) {
        fd = openat(top(&walk), name, flags | O_NOFOLLOW | O_CLOEXEC);
    }
    walk_end(&walk);
    return fd;
}

/* ---- reading ---- */

int avs_sysroot_openat(const struct avs_sysroot *root, const char *path, int flags) {
    if (root->is_machine && !root->walk_by_hand) {
        return open(path, flags | O_CLOEXEC);
    }
    if (!root->walk_by_hand) {
        struct open_how_v0 how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                                  .resolve = RESOLVE_IN_ROOT_FLAG | RESOLVE_NO_MAGICLINKS_FLAG};
        int fd = -1;
        int tries = 4; /* EAGAIN: a rename elsewhere raced with ".." */
        do {
            fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
        } while (fd < 0 && errno == EAGAIN && --tries > 0);
        /* an old kernel says ENOSYS, an old sandbox EPERM: both mean "not here" */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL)) {
            return fd;
        }
    }
    return open_by_hand(root, path, flags);
}

int avs_sysroot_stat(const struct avs_sysroot *root, const char *path, struct stat *ret_stat) {
    if (root->is_machine && !root->walk_by_hand) {
        return stat(path, ret_stat);
    }
    int fd = avs_sysroot_openat(root, path, O_PATH);
    if (fd < 0) {
        return -1;
    }
    int result = fstat(fd, ret_stat);
    close(fd);
    return result;
}

bool avs_sysroot_is_file(const struct avs_sysroot *root, const char *path) {
    struct stat entry;
    return avs_sysroot_stat(root, path, &entry) == 0 && S_ISREG(entry.st_mode);
}

bool avs_sysroot_is_folder(const struct avs_sysroot *root, const char *path) {
    struct stat entry;
    return avs_sysroot_stat(root, path, &entry) == 0 && S_ISDIR(entry.st_mode);
}

bool avs_sysroot_read_fd(int fd, size_t limit_bytes, char **ret_data, size_t *ret_length,
                         struct stat *ret_stat) {
    struct stat entry;
    if (fstat(fd, &entry) != 0) {
        return false;
    }
    if (!S_ISREG(entry.st_mode)) {
        return fail(S_ISDIR(entry.st_mode) ? EISDIR : EINVAL);
    }
    if (entry.st_size < 0 || (uintmax_t)entry.st_size > limit_bytes) {
        return fail(EFBIG);
    }
    size_t size = (size_t)entry.st_size;
    AVS_AUTO(char) data = malloc(size + 1);
    if (!data) {
        return fail(ENOMEM);
    }
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(fd, data + length, size - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            break; /* it shrank meanwhile: what is there is what we judge */
        }
        length += (size_t)got;
    }
    data[length] = '\0';
    *ret_data = AVS_STEAL(data);
    *ret_length = length;
    if (ret_stat) {
        *ret_stat = entry;
    }
    return true;
}

/** Open a descriptor's own file for reading. Without /proc the path is opened anew, and must lead
 *  to the same file. */
static int reopen(const struct avs_sysroot *root, const char *path, int place,
                  const struct stat *seen) {
    char name[40];
    struct stat now;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    fd = avs_sysroot_openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 &&
        (fstat(fd, &now) != 0 || now.st_ino != seen->st_ino || now.st_dev != seen->st_dev)) {
        close(fd);
        errno = EAGAIN;
        return -1;
    }
    return fd;
}

int avs_sysroot_open_file(const struct avs_sysroot *root, const char *path) {
    struct stat entry;
    int place = avs_sysroot_openat(root, path, O_PATH);
    if (place < 0) {
        return -1;
    }
    bool is_file = fstat(place, &entry) == 0 && S_ISREG(entry.st_mode);
    int fd = -1;
    if (is_file) {
        fd = reopen(root, path, place, &entry);
    } else {
        errno = S_ISDIR(entry.st_mode) ? EISDIR : EINVAL;
    }
    int saved = errno;
    close(place);
    errno = saved;
    return fd;
}

bool avs_sysroot_read(const struct avs_sysroot *root, const char *path, size_t limit_bytes,
                      char **ret_data, size_t *ret_length, struct stat *ret_stat) {
    int fd = avs_sysroot_open_file(root, path);
    if (fd < 0) {
        return false;
    }
    bool is_read = avs_sysroot_read_fd(fd, limit_bytes, ret_data, ret_length, ret_stat);
    int saved = errno;
    close(fd);
    errno = saved;
    return is_read;
}

static int by_name(const void *left, const void *right) {
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

static bool read_names(DIR *folder, struct avs_sysroot_names *names) {
    size_t capacity = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (names->count == AVS_SYSROOT_ENTRIES_MAX) {
            names->is_cut = true;
            return true;
        }
        if (names->count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            char **grown = realloc(names->names, capacity * sizeof(*grown));
            if (!grown) {
                return fail(ENOMEM);
            }
            names->names = grown;
        }
        names->names[names->count] = strdup(entry->d_name);
        if (!names->names[names->count]) {
            return fail(ENOMEM);
        }
        names->count++;
    }
    return true;
}

bool avs_sysroot_list(const struct avs_sysroot *root, const char *path,
                      struct avs_sysroot_names *ret_names) {
    int fd = avs_sysroot_openat(root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        return false;
    }
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return false;
    }
    struct avs_sysroot_names names = {0};
    bool is_read = read_names(folder, &names);
    int saved = errno;
    closedir(folder);
    if (!is_read) {
        avs_sysroot_names_done(&names);
        errno = saved;
        return false;
    }
    if (names.count) {
        qsort(names.names, names.count, sizeof(*names.names), by_name);
    }
    *ret_names = names;
    return true;
}

void avs_sysroot_names_done(struct avs_sysroot_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    *names = (struct avs_sysroot_names){0};
}

bool avs_sysroot_absolute(const struct avs_sysroot *root, const char *path,
                          char ret_path[AVS_SYSROOT_PATH_BYTES]) {
    char folder[AVS_SYSROOT_PATH_BYTES] = "/";
    if (path[0] == '/') {
        return strlen(path) < AVS_SYSROOT_PATH_BYTES
                   ? memcpy(ret_path, path, strlen(path) + 1) != NULL
                   : fail(ENAMETOOLONG);
    }
    if (root->is_machine && !getcwd(folder, sizeof(folder))) {
        return false;
    }
    return avs_sysroot_join(ret_path, folder, path) || fail(ENAMETOOLONG);
}

bool avs_sysroot_join(char ret_path[AVS_SYSROOT_PATH_BYTES], const char *folder, const char *name) {
    size_t length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/') {
        length--;
    }
    if (length + 1 + strlen(name) >= AVS_SYSROOT_PATH_BYTES) {
        return false;
    }
    memmove(ret_path, folder, length);
    snprintf(ret_path + length, AVS_SYSROOT_PATH_BYTES - length, "/%s", name);
    return true;
}
