/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying a plan out: sidecars first, then the files, then what is no longer needed; and back
 * again when a later step fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edit/plan.h"
#include "out/replace.h"

/* The sidecar, too, gets the looks of the configuration: it holds parts of it. */
static enum avs_status replace(const char *path, const char *text, size_t length,
                               const struct avs_conf_planned *file,
                               const struct avs_replace_expected *expected,
                               struct avs_error *reterr) {
    const struct avs_replace_terms terms = {
        .like = &file->before.identity,
        .expected = expected,
        .cause = AVS_CAUSE_CONFIG_UNREADABLE,
    };
    return avs_replace_file(path, text, length, &terms, reterr);
}

static enum avs_status write_sidecars(const struct avs_config_plan *plan, size_t *ret_done,
                                      struct avs_error *reterr) {
    for (*ret_done = 0; *ret_done < plan->count; (*ret_done)++) {
        const struct avs_conf_planned *file = &plan->files[*ret_done];
        if (file->sidecar_action == AVS_CONF_SIDECAR_WRITE) {
            AVS_TRY(replace(file->sidecar_path, file->sidecar_text, strlen(file->sidecar_text),
                            file, NULL, reterr));
        }
    }
    return AVS_OK;
}

static enum avs_status write_files(const struct avs_config_plan *plan, size_t *ret_done,
                                   struct avs_error *reterr) {
    for (*ret_done = 0; *ret_done < plan->count; (*ret_done)++) {
        const struct avs_conf_planned *file = &plan->files[*ret_done];
        const struct avs_replace_expected expected = {
            .text = file->before.text,
            .length = file->before.length,
            .identity = &file->before.identity,
        };
        if (file->diff.count > 0) {
            AVS_TRY(replace(file->before.path, file->after.text, file->after.length, file,
                            &expected, reterr));
        }
    }
    return AVS_OK;
}

/* Undo the first `files` files and `sidecars` sidecars, as well as it can be done. */
static void undo(const struct avs_config_plan *plan, size_t files, size_t sidecars) {
    for (size_t i = 0; i < files; i++) {
        const struct avs_conf_planned *file = &plan->files[i];
        struct avs_error ignored = AVS_ERROR_INIT;
        if (file->diff.count > 0 && replace(file->before.path, file->before.text,
                                            file->before.length, file, NULL, &ignored) != AVS_OK) {
            continue; /* nothing more can be done; the sidecar below still tells the way back */
        }
    }
    for (size_t i = 0; i < sidecars; i++) {
        if (plan->files[i].sidecar_action == AVS_CONF_SIDECAR_WRITE) {
            unlink(plan->files[i].sidecar_path);
        }
    }
}

static enum avs_status apply(const struct avs_config_plan *plan, struct avs_error *reterr) {
    size_t sidecars = 0, files = 0;
    enum avs_status status = write_sidecars(plan, &sidecars, reterr);
    if (status == AVS_OK) {
        status = write_files(plan, &files, reterr);
    }
    if (status != AVS_OK) {
        undo(plan, files, sidecars);
        return status;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const char *path = plan->files[i].sidecar_path;
        if (plan->files[i].sidecar_action == AVS_CONF_SIDECAR_REMOVE && unlink(path) != 0 &&
            errno != ENOENT) {
            return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_CONFIG_UNREADABLE, errno,
                                  "%s: %s; the configuration is restored, remove this file by hand",
                                  path, strerror(errno));
        }
    }
    return AVS_OK;
}

enum avs_status avs_config_plan_apply(const struct avs_config_plan *plan,
                                      struct avs_error *reterr) {
    sigset_t before;
    avs_replace_hold_signals(&before);
    enum avs_status status = apply(plan, reterr);
    avs_replace_release_signals(&before);
    return status;
}
