/* SPDX-License-Identifier: Apache-2.0 */
/* Each step's effect on one file, and its way back by content. */
#include "store/install_step.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/install_file.h"

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
    return avs_install_put_text(root, step->path, text, length, (size_t)(at - text),
                                strlen(step->old), step->text, reterr);
}

/** Where an appended text stands, NULL = nowhere. It begins a line; a bare newline is known by the
 *  line before it, and ours only where nothing follows. */
static const char *find_added(const char *text, size_t length,
                              const struct avs_install_step *step) {
    size_t added = strlen(step->text), before = step->old ? strlen(step->old) : 0;
    const char *last = NULL;
    for (const char *at = text; (at = memmem(at, length - (size_t)(at - text), step->text, added));
         at++) {
        bool is_line = step->text[0] == '\n' || at == text || at[-1] == '\n';
        bool is_bare = added == 1;
        bool is_at_end = (size_t)(at - text) + added == length;
        bool fits = (size_t)(at - text) >= before &&
                    (before == 0 || memcmp(at - before, step->old, before) == 0);
        if (is_line && fits && (!is_bare || is_at_end)) {
            last = at;
        }
    }
    return last;
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
    const char *last = find_added(text, length, step);
    if (!last) {
        avs_install_note(install, "%s was changed since: what had been added is not in it any more",
                         step->path);
        return AVS_OK;
    }
    return avs_install_put_text(&install->root, step->path, text, length, (size_t)(last - text),
                                strlen(step->text), "", reterr);
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
