/* Each step's effect on one file, and its way back. Until an install is finished, a hard link keeps
 * the old content of each file that it changed, so that going back needs no space. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "store/install_apply.h"

#define KEPT_SUFFIX ".avs-shim-old" /* no certificate extension: updaters must not read it */

/* ---- the old content, kept by a hard link ---- */

static bool kept_name(char *ret_name, size_t capacity, const char *name) {
    return snprintf(ret_name, capacity, ".%s" KEPT_SUFFIX, name) < (int)capacity;
}

/** Keep the content of `path` as it is now; without hard links (FAT) it is taken back by content.
 */
void avs_install_keep_old(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES], kept[AVS_SYSROOT_NAME_BYTES + sizeof(KEPT_SUFFIX) + 1];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    if (folder >= 0 && kept_name(kept, sizeof(kept), name) &&
        linkat(folder, name, folder, kept, 0) != 0) {
        errno = 0; /* EEXIST: an earlier step of this run kept it */
    }
    if (folder >= 0) {
        close(folder);
    }
}

/** Put the kept content back; false when none was kept. */
bool avs_install_put_old_back(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES], kept[AVS_SYSROOT_NAME_BYTES + sizeof(KEPT_SUFFIX) + 1];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool is_back = folder >= 0 && kept_name(kept, sizeof(kept), name) &&
                   renameat(folder, kept, folder, name) == 0;
    /* two names of one file: rename() does nothing then */
    if (is_back && unlinkat(folder, kept, 0) != 0) {
        errno = 0;
    }
    if (folder >= 0) {
        close(folder);
    }
    return is_back;
}

void avs_install_drop_old(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES], kept[AVS_SYSROOT_NAME_BYTES + sizeof(KEPT_SUFFIX) + 1];
    int folder = avs_sysroot_open_parent(root, path, false, name);
    if (folder >= 0 && kept_name(kept, sizeof(kept), name)) {
        unlinkat(folder, kept, 0);
    }
    if (folder >= 0) {
        close(folder);
    }
}

/* ---- changing text files ---- */

/** Where `line` stands as a whole line (or whole lines); NULL = nowhere. */
static char *find_line(char *text, const char *line) {
    size_t length = strlen(line);
    for (char *at = text; (at = strstr(at, line)); at++) {
        if ((at == text || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0')) {
            return at;
        }
    }
    return NULL;
}

/** Replace `length` bytes at `at` by `with` and write the file. */
enum avs_status avs_install_put_text(const struct avs_sysroot *root, const char *path,
                                     const char *text, size_t text_length, size_t at, size_t length,
                                     const char *with, struct avs_error *reterr) {
    size_t more = strlen(with);
    AVS_AUTO(char) whole = malloc(text_length - length + more + 1);
    AVS_REQUIRE_MEMORY(whole, reterr);
    memcpy(whole, text, at);
    memcpy(whole + at, with, more);
    memcpy(whole + at + more, text + at + length, text_length - at - length);
    return avs_install_write_file(root, path, whole, text_length - length + more, reterr);
}

enum avs_status avs_install_read_text(const struct avs_sysroot *root, const char *path,
                                      char **ret_text, size_t *ret_length,
                                      struct avs_error *reterr) {
    return avs_sysroot_read(root, path, AVS_INSTALL_FILE_LIMIT, ret_text, ret_length, NULL)
               ? AVS_OK
               : avs_install_fail_io(root, errno, "read", path, reterr);
}

enum avs_status avs_install_append(const struct avs_sysroot *root,
                                   const struct avs_install_step *step, struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(avs_install_read_text(root, step->path, &text, &length, reterr));
    avs_install_keep_old(root, step->path);
    return avs_install_put_text(root, step->path, text, length, length, 0, step->text, reterr);
}

enum avs_status avs_install_replace(const struct avs_sysroot *root,
                                    const struct avs_install_step *step, struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(avs_install_read_text(root, step->path, &text, &length, reterr));
    char *at = find_line(text, step->old);
    if (!at) {
        return avs_fail(reterr, AVS_ERR_IO, "%s changed meanwhile: the line '%.200s' is gone",
                        step->path, step->old);
    }
    avs_install_keep_old(root, step->path);
    return avs_install_put_text(root, step->path, text, length, (size_t)(at - text),
                                strlen(step->old), step->text, reterr);
}

enum avs_status avs_install_cut_out(struct avs_trust_install *install,
                                    const struct avs_install_step *step, struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(&install->root, step->path, AVS_INSTALL_FILE_LIMIT, &text, &length,
                          NULL)) {
        return errno == ENOENT
                   ? AVS_OK
                   : avs_install_fail_io(&install->root, errno, "read", step->path, reterr);
    }
    size_t added = strlen(step->text);
    char *last = NULL;
    for (char *at = text; (at = memmem(at, length - (size_t)(at - text), step->text, added));
         at++) {
        last = at;
    }
    if (!last || added == 0) {
        avs_install_note(install, "%s was changed since: what had been added is not in it any more",
                         step->path);
        return AVS_OK;
    }
    return avs_install_put_text(&install->root, step->path, text, length, (size_t)(last - text),
                                added, "", reterr);
}

enum avs_status avs_install_replace_back(struct avs_trust_install *install,
                                         const struct avs_install_step *step,
                                         struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(avs_install_read_text(&install->root, step->path, &text, &length, reterr));
    char *at = find_line(text, step->text);
    if (!at) {
        avs_install_note(install, "%s was changed since: the line '%.100s' is not in it any more",
                         step->path, step->text);
        return AVS_OK;
    }
    return avs_install_put_text(&install->root, step->path, text, length, (size_t)(at - text),
                                strlen(step->text), step->old, reterr);
}

/** Remove a file that we made, unless somebody changed it since. */
enum avs_status avs_install_remove_ours(struct avs_trust_install *install,
                                        const struct avs_install_step *step,
                                        struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(&install->root, step->path, AVS_INSTALL_FILE_LIMIT, &text, &length,
                          NULL)) {
        return errno == ENOENT
                   ? AVS_OK
                   : avs_install_fail_io(&install->root, errno, "read", step->path, reterr);
    }
    if (length != strlen(step->text) || memcmp(text, step->text, length) != 0) {
        avs_install_note(install, "%s was changed since: left in place", step->path);
        return AVS_OK;
    }
    return avs_install_remove_file(&install->root, step->path, reterr);
}

enum avs_status avs_install_unlink_ours(struct avs_trust_install *install,
                                        const struct avs_install_step *step,
                                        struct avs_error *reterr) {
    char target[AVS_SYSROOT_PATH_BYTES];
    if (!avs_install_read_link(&install->root, step->path, target)) {
        return AVS_OK;
    }
    if (strcmp(target, step->text) != 0) {
        avs_install_note(install, "%s leads elsewhere now: left in place", step->path);
        return AVS_OK;
    }
    return avs_install_remove_file(&install->root, step->path, reterr);
}
