/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a configuration file: never blocks on a FIFO, never reads more than the ceiling, and says
 * what is wrong with the path rather than with the JSON. */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static enum avs_status unreadable(const char *path, int os_errno, const char *advice,
                                  struct avs_error *reterr) {
    return avs_fail_errno(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE, os_errno,
                          "%s: %s; %s", path, strerror(os_errno), advice);
}

static enum avs_status not_a_file(const char *path, mode_t mode, struct avs_error *reterr) {
    const char *what = S_ISDIR(mode)    ? "a directory"
                       : S_ISFIFO(mode) ? "a named pipe (FIFO)"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                          "%s is %s, not a regular file; name the SDK's AlexaClientSDKConfig.json",
                          path, what);
}

static enum avs_status too_large(const char *path, size_t limit, struct avs_error *reterr) {
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                          "%s is larger than %zu bytes, so it is hardly the SDK's configuration; "
                          "the shipped one has about 5000",
                          path, limit);
}

static const char *advice_for(int os_errno) {
    switch (os_errno) {
    case EACCES:
    case EPERM:
        return "give this user read access to it and to its directories";
    case ENOENT:
        return "check the path";
    case ELOOP:
        return "check the symbolic links";
    default:
        return "check the path and the file system";
    }
}

static enum avs_status read_all(const char *path, int descriptor, size_t limit, char **ret_text,
                                size_t *ret_length, struct avs_error *reterr) {
    struct avs_buffer text = avs_buffer_init(limit);
    char chunk[16384];
    for (;;) {
        ssize_t got = read(descriptor, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            int os_errno = errno;
            avs_buffer_done(&text);
            return unreadable(path, os_errno, advice_for(os_errno), reterr);
        }
        if (got == 0) {
            break;
        }
        if (!avs_buffer_add(&text, chunk, (size_t)got)) {
            bool is_over_limit = text.is_over_limit;
            avs_buffer_done(&text);
            return is_over_limit ? too_large(path, limit, reterr) : avs_fail_memory(reterr);
        }
    }
    *ret_length = text.length;
    enum avs_status status = avs_buffer_take_text(&text, ret_text, reterr);
    avs_buffer_done(&text);
    return status;
}

enum avs_status avs_conf_read_bytes(const char *path, size_t limit, char **ret_text,
                                    size_t *ret_length, struct stat *ret_identity,
                                    struct avs_error *reterr) {
    /* O_NONBLOCK: opening a FIFO must not wait for a writer */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) {
        return unreadable(path, errno, advice_for(errno), reterr);
    }
    struct stat identity;
    enum avs_status status = AVS_OK;
    if (fstat(descriptor, &identity) != 0) {
        status = unreadable(path, errno, advice_for(errno), reterr);
    } else if (!S_ISREG(identity.st_mode)) {
        status = not_a_file(path, identity.st_mode, reterr);
    } else if (identity.st_size > (off_t)limit) {
        status = too_large(path, limit, reterr);
    } else {
        status = read_all(path, descriptor, limit, ret_text, ret_length, reterr);
    }
    close(descriptor);
    if (status == AVS_OK && ret_identity) {
        *ret_identity = identity;
    }
    return status;
}

/* The SDK's parser takes a NUL for the end of the file, and what follows it for nothing. Where the
 * document is whole by then, so do we; else the NUL is what is wrong with it. */
static enum avs_status scan(const char *path, struct avs_conf_file *file,
                            struct avs_error *reterr) {
    size_t seen = strnlen(file->text, file->length);
    AVS_TRY(avs_conf_scan(file->text, seen, true, &file->doc, reterr));
    file->doc.whole = file->length;
    if (seen == file->length || file->doc.fault == AVS_CONF_FAULT_NONE) {
        return AVS_OK;
    }
    bool is_utf16 = file->length >= 2 && (memcmp(file->text, "\xFF\xFE", 2) == 0 ||
                                          memcmp(file->text, "\xFE\xFF", 2) == 0 || seen < 2);
    unsigned line = 0, column = 0;
    avs_conf_place(file->text, file->length, seen, &line, &column);
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                          "%s:%u:%u: a NUL byte, where the SDK's parser takes the file to end%s; "
                          "save the file as UTF-8 text",
                          path, line, column, is_utf16 ? " (the file is UTF-16)" : "");
}

/* Takes over `text`. */
static enum avs_status make_file(const char *path, char *text, size_t length,
                                 struct avs_conf_file *file, struct avs_error *reterr) {
    struct avs_conf_file made = {.text = text, .length = length, .path = strdup(path)};
    enum avs_status status = made.path ? AVS_OK : avs_fail_memory(reterr);
    if (status == AVS_OK) {
        status = scan(path, &made, reterr);
    }
    if (status != AVS_OK) {
        avs_conf_file_done(&made);
        return status;
    }
    *file = made;
    return AVS_OK;
}

enum avs_status avs_conf_file_read(const char *path, struct avs_conf_file *file,
                                   struct avs_error *reterr) {
    char *text = NULL;
    size_t length = 0;
    struct stat identity;
    AVS_TRY(avs_conf_read_bytes(path, AVS_CONF_FILE_BYTES_MAX, &text, &length, &identity, reterr));
    AVS_TRY(make_file(path, text, length, file, reterr));
    file->identity = identity;
    return AVS_OK;
}

enum avs_status avs_conf_file_from_text(const char *path, const char *text, size_t length,
                                        struct avs_conf_file *file, struct avs_error *reterr) {
    char *copy = malloc(length + 1);
    AVS_REQUIRE_MEMORY(copy, reterr);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return make_file(path, copy, length, file, reterr);
}

enum avs_status avs_conf_file_copy(const struct avs_conf_file *file, struct avs_conf_file *ret_copy,
                                   struct avs_error *reterr) {
    size_t nodes_bytes = file->doc.count * sizeof(*file->doc.nodes);
    struct avs_conf_file copy = *file;
    copy.path = strdup(file->path);
    copy.text = malloc(file->length + 1);
    copy.doc.nodes = malloc(nodes_bytes + 1); /* an empty file has none */
    if (!copy.path || !copy.text || !copy.doc.nodes) {
        avs_conf_file_done(&copy);
        return avs_fail_memory(reterr);
    }
    memcpy(copy.text, file->text, file->length + 1);
    memcpy(copy.doc.nodes, file->doc.nodes, nodes_bytes);
    copy.doc.text = copy.text;
    *ret_copy = copy;
    return AVS_OK;
}

void avs_conf_file_done(struct avs_conf_file *file) {
    avs_conf_doc_done(&file->doc);
    free(file->text);
    free(file->path);
    *file = (struct avs_conf_file){0};
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
    const char *slash = link[0] == '/' ? NULL : strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
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
