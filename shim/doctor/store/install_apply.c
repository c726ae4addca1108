/* SPDX-License-Identifier: Apache-2.0 */
/* Doing and undoing. The record goes to the disk first; each step is atomic; a failure takes back
 * the steps of this run, and a run that was killed is taken back by the next one. Until the end, a
 * hard link keeps the old content of each changed file, so that going back needs no space; only
 * what the record lists as kept is ever put back. */
#include "store/install_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/install_file.h"
#include "store/install_keep.h"
#include "store/install_step.h"
#include "store/install_verify.h"

/* ---- one step, forth and back ---- */

static enum avs_status do_step(struct avs_trust_install *install,
                               const struct avs_install_request *request,
                               const struct avs_install_step *step, struct avs_error *reterr) {
    const struct avs_sysroot *root = &install->root;
    switch (step->kind) {
    case AVS_INSTALL_FOLDER:
        return avs_install_make_folder(root, step->path, reterr);
    case AVS_INSTALL_WRITE:
        return avs_install_write_file(root, step->path, step->text, strlen(step->text), reterr);
    case AVS_INSTALL_APPEND:
        return avs_install_append(root, step, reterr);
    case AVS_INSTALL_REPLACE:
        return avs_install_replace(root, step, reterr);
    case AVS_INSTALL_LINK:
        return avs_install_make_link(root, step->path, step->text, reterr);
    case AVS_INSTALL_RUN:
        return avs_install_update(install, request, install->distro->updater, false, reterr);
    case AVS_INSTALL_KIND_COUNT:
        break;
    }
    return avs_fail(reterr, AVS_ERR_INTERNAL, "unknown step");
}

static enum avs_status undo_step(struct avs_trust_install *install,
                                 const struct avs_install_step *step, struct avs_error *reterr) {
    switch (step->kind) {
    case AVS_INSTALL_FOLDER:
        return avs_install_remove_file(&install->root, step->path, reterr);
    case AVS_INSTALL_WRITE:
        avs_install_drop_staged(&install->root, step->path);
        return avs_install_remove_ours(install, step, reterr);
    case AVS_INSTALL_APPEND:
        avs_install_drop_staged(&install->root, step->path);
        return avs_install_cut_out(install, step, reterr);
    case AVS_INSTALL_REPLACE:
        avs_install_drop_staged(&install->root, step->path);
        return avs_install_replace_back(install, step, reterr);
    case AVS_INSTALL_LINK:
        return avs_install_unlink_ours(install, step, reterr);
    case AVS_INSTALL_RUN:
    case AVS_INSTALL_KIND_COUNT:
        break;
    }
    return AVS_OK;
}

/* ---- going back ---- */

/** Links of the hashed folders that lead to a removed source: name link first, then hash link. */
static void drop_links(struct avs_trust_install *install, const char *folder, const char *target) {
    struct avs_sysroot_names names = {0};
    char found[AVS_SYSROOT_NAME_BYTES] = "";
    if (!avs_sysroot_list(&install->root, folder, &names)) {
        return;
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < names.count; i++) {
            char path[AVS_SYSROOT_PATH_BYTES], leads_to[AVS_SYSROOT_PATH_BYTES];
            const char *wanted = pass == 0 ? target : found;
            if (wanted[0] && avs_sysroot_join(path, folder, names.names[i]) &&
                avs_install_read_link(&install->root, path, leads_to) &&
                strcmp(leads_to, wanted) == 0 &&
                avs_install_remove_file(&install->root, path, NULL) == AVS_OK && pass == 0) {
                AVS_TEXT_SET(found, names.names[i]);
            }
        }
    }
    avs_sysroot_names_done(&names);
}

/** Sources are gone: let the distribution rebuild, then make sure that no link is left hanging. */
static enum avs_status refresh(struct avs_trust_install *install,
                               const struct avs_install_request *request,
                               const struct avs_install_steps *undone, size_t from,
                               struct avs_error *reterr) {
    if (install->is_sysroot || !install->distro || !install->distro->refresh[0] ||
        access(install->distro->refresh[0], X_OK) != 0) {
        avs_install_note(install,
                         "run the updater on the device: its bundle still holds the roots");
        return AVS_OK;
    }
    enum avs_status status =
        avs_install_update(install, request, install->distro->refresh, true, reterr);
    for (size_t i = from; i < undone->count; i++) {
        struct stat entry;
        bool is_gone = undone->step[i].kind == AVS_INSTALL_WRITE &&
                       avs_sysroot_stat(&install->root, undone->step[i].path, &entry) != 0;
        for (size_t j = 0; is_gone && j < install->folder_count; j++) {
            drop_links(install, install->folder[j], undone->step[i].path);
        }
    }
    return status;
}

/** Put the kept files back, those that steps changed or (`after_updater`) the others. A file that
 *  cannot be is struck off the list: its steps are taken back by their content. */
static void put_kept_back(struct avs_trust_install *install, struct avs_install_record *record,
                          bool after_updater) {
    for (size_t i = 0; i < record->kept.count; i++) {
        char *path = record->kept.path[i];
        bool is_of_step = false;
        for (size_t j = record->committed; path && j < record->steps.count; j++) {
            is_of_step |= strcmp(record->steps.step[j].path, path) == 0;
        }
        if (path && is_of_step != after_updater &&
            !avs_install_put_old_back(&install->root, path)) {
            free(path);
            record->kept.path[i] = NULL;
        }
    }
}

static bool is_kept(const struct avs_install_record *record, const char *path) {
    for (size_t i = 0; i < record->kept.count; i++) {
        if (record->kept.path[i] && strcmp(record->kept.path[i], path) == 0) {
            return true;
        }
    }
    return false;
}

/** The steps from `from` on are taken back: the record without them. */
static enum avs_status forget_steps(struct avs_trust_install *install,
                                    struct avs_install_record *record, size_t from,
                                    struct avs_error *reterr) {
    for (size_t i = from; i < record->steps.count; i++) {
        free(record->steps.step[i].path);
        free(record->steps.step[i].text);
        free(record->steps.step[i].old);
    }
    record->steps.count = from;
    record->committed = from < record->committed ? from : record->committed;
    avs_install_paths_done(&record->kept);
    return avs_install_write_record(&install->root, install->record, record, reterr);
}

enum avs_status avs_install_go_back(struct avs_trust_install *install,
                                    const struct avs_install_request *request,
                                    struct avs_install_record *record, size_t from,
                                    bool is_rollback, struct avs_error *reterr) {
    bool has_run = false;
    if (is_rollback) {
        put_kept_back(install, record, false);
    }
    for (size_t i = record->steps.count; i-- > from;) {
        const struct avs_install_step *step = &record->steps.step[i];
        has_run |= step->kind == AVS_INSTALL_RUN;
        if (request->on_step) {
            request->on_step(request->on_step_user, "undo");
        }
        if (is_rollback && is_kept(record, step->path)) {
            avs_install_drop_staged(&install->root, step->path);
            continue; /* the file is as it was before the first step on it */
        }
        AVS_TRY(undo_step(install, step, reterr));
    }
    enum avs_status status = AVS_OK;
    if (has_run) {
        status = refresh(install, request, &record->steps, from, reterr);
    }
    if (is_rollback) {
        put_kept_back(install, record, true);
        if (record->kept.count > 0 && has_run) {
            status = AVS_OK; /* byte for byte, whatever the updater said */
        }
        install->note_count = 0; /* "changed since" is about the files that were put back whole */
    }
    AVS_TRY(status);
    return forget_steps(install, record, from, reterr);
}

/* ---- going forth ---- */

static enum avs_status take_steps(struct avs_trust_install *install,
                                  const struct avs_install_request *request,
                                  struct avs_error *reterr) {
    for (size_t i = 0; i < install->steps.count; i++) {
        if (request->is_cancelled && request->is_cancelled(request->user)) {
            return avs_fail(reterr, AVS_ERR_CANCELLED, "stopped");
        }
        if (request->on_step) {
            request->on_step(request->on_step_user,
                             avs_install_kind_id(install->steps.step[i].kind));
        }
        AVS_TRY(do_step(install, request, &install->steps.step[i], reterr));
    }
    if (request->on_step) {
        request->on_step(request->on_step_user, "verify");
    }
    return avs_install_verify(install, reterr);
}

/** Keep the old content of every file that the steps, or the updater, are going to change. The
 *  record then says which of them are kept. Where there are no hard links (FAT), going back works
 *  by content. */
static enum avs_status keep_all(struct avs_trust_install *install,
                                struct avs_install_record *record, struct avs_error *reterr) {
    for (size_t i = 0; i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        bool changes_file = step->kind == AVS_INSTALL_APPEND || step->kind == AVS_INSTALL_REPLACE;
        if (changes_file && !is_kept(record, step->path) &&
            avs_install_keep_old(&install->root, step->path)) {
            AVS_TRY(avs_install_add_path(&record->kept, step->path, reterr));
        }
    }
    for (size_t i = 0; install->runs_updater && i < install->bundle_count; i++) {
        if (avs_install_keep_old(&install->root, install->bundle[i])) {
            AVS_TRY(avs_install_add_path(&record->kept, install->bundle[i], reterr));
        }
    }
    return AVS_OK;
}

static void drop_all_old(struct avs_trust_install *install, const struct avs_install_paths *kept) {
    for (size_t i = 0; i < kept->count; i++) {
        avs_install_drop_old(&install->root, kept->path[i]);
    }
}

/** The failure's own words, and what became of the store. */
static enum avs_status failed(struct avs_trust_install *install,
                              const struct avs_install_request *request,
                              struct avs_install_record *record, enum avs_status status,
                              struct avs_error *reterr) {
    struct avs_error second = AVS_ERROR_INIT;
    enum avs_status back =
        avs_install_go_back(install, request, record, record->committed, true, &second);
    if (!reterr) {
        return status;
    }
    char words[sizeof(reterr->message)];
    AVS_TEXT_SET(words, reterr->message);
    if (back == AVS_OK) {
        avs_text_format(reterr->message, sizeof(reterr->message),
                        "%.400s. The trust store is as it was.", words);
    } else {
        avs_text_format(reterr->message, sizeof(reterr->message),
                        "%.200s. Going back failed too: %.150s. Once that is mended, run the same "
                        "command with --undo.",
                        words, second.message);
    }
    return status;
}

static enum avs_status go(struct avs_trust_install *install,
                          const struct avs_install_request *request,
                          struct avs_install_record *record, struct avs_error *reterr) {
    AVS_TRY(avs_install_write_record(&install->root, install->record, record, reterr));
    if (request->on_step) {
        request->on_step(request->on_step_user, "keep");
    }
    AVS_TRY(keep_all(install, record, reterr));
    AVS_TRY(avs_install_write_record(&install->root, install->record, record, reterr));
    AVS_TRY(take_steps(install, request, reterr));
    struct avs_install_paths kept = record->kept;
    size_t committed = record->committed;
    record->kept = (struct avs_install_paths){.count = 0};
    record->committed = record->steps.count;
    enum avs_status status =
        avs_install_write_record(&install->root, install->record, record, reterr);
    if (status != AVS_OK) {
        record->kept = kept;
        record->committed = committed;
        return status;
    }
    drop_all_old(install, &kept);
    avs_install_paths_done(&kept);
    return AVS_OK;
}

enum avs_status avs_install_go(struct avs_trust_install *install,
                               const struct avs_install_request *request,
                               struct avs_install_record *record, struct avs_error *reterr) {
    for (size_t i = 0; i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        AVS_TRY(avs_install_add_step(&record->steps, step->kind, step->path, step->text, step->old,
                                     reterr));
    }
    enum avs_status status = go(install, request, record, reterr);
    return status == AVS_OK ? AVS_OK : failed(install, request, record, status, reterr);
}
