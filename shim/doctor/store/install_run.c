/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the installer: lock, mend what a killed run left, then plan, and do or undo. A dry
 * run takes no lock: it writes nothing. */
#include "store/install_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/install_apply.h"
#include "store/install_file.h"
#include "store/install_lock.h"
#include "store/install_place.h"
#include "store/install_plan.h"
#include "store/install_verify.h"

AVS_DEFINE_AUTO(avs_trust_install, struct avs_trust_install, avs_trust_install_free);

/** The roots of a record, for telling which certificates may go. */
static void forget_roots(struct avs_trust_install *install) {
    for (size_t i = 0; i < install->root_count; i++) {
        struct avs_install_root *root = &install->roots[i];
        if (avs_install_look(install, root, &root->is_there, NULL) != AVS_OK) {
            root->is_there = false;
        }
    }
}

/** What the report is going to list: backwards, the updater once and last. */
static enum avs_status list_back(struct avs_trust_install *install,
                                 const struct avs_install_record *record,
                                 struct avs_error *reterr) {
    const struct avs_install_step *run = NULL;
    for (size_t i = record->steps.count; i-- > 0;) {
        const struct avs_install_step *step = &record->steps.step[i];
        if (step->kind == AVS_INSTALL_RUN) {
            run = step;
            continue;
        }
        AVS_TRY(avs_install_add_step(&install->steps, step->kind, step->path, step->text, step->old,
                                     reterr));
    }
    return run ? avs_install_add_step(&install->steps, run->kind, run->path, NULL, NULL, reterr)
               : AVS_OK;
}

static enum avs_status undo(struct avs_trust_install *install,
                            const struct avs_install_request *request,
                            struct avs_install_record *record, struct avs_error *reterr) {
    bool is_interrupted = record->committed < record->steps.count;
    if (record->steps.count == 0) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "there is nothing to undo%s%s: no install is on record in %s",
                        install->is_sysroot ? " below " : "",
                        install->is_sysroot ? install->root.path : "", install->record);
    }
    AVS_TRY(list_back(install, record, reterr));
    if (!request->apply) {
        return AVS_OK;
    }
    install->is_touched = true;
    if (is_interrupted) {
        AVS_TRY(avs_install_go_back(install, request, record, record->committed, true, reterr));
    }
    if (record->steps.count > 0) {
        AVS_TRY(avs_install_go_back(install, request, record, 0, false, reterr));
    }
    install->is_applied = true;
    forget_roots(install);
    return AVS_OK;
}

/** Before the plan is made again. */
static void forget_plan(struct avs_trust_install *install) {
    avs_install_steps_done(&install->steps);
    install->bundle_count = install->folder_count = install->note_count = 0;
    install->runs_updater = false;
}

static enum avs_status run_locked(struct avs_trust_install *install,
                                  const struct avs_install_request *request,
                                  struct avs_install_record *record, struct avs_error *reterr) {
    install->was_interrupted = record->committed < record->steps.count;
    if (install->is_undo) {
        AVS_TRY(avs_install_plan(install, request, reterr));
        avs_install_steps_done(&install->steps); /* the stores and roots are what was wanted */
        install->note_count = 0;
        return undo(install, request, record, reterr);
    }
    if (install->was_interrupted && request->apply) {
        /* the plan must see the store as it was; going back needs to know the stores */
        AVS_TRY(avs_install_plan(install, request, reterr));
        avs_install_steps_done(&install->steps);
        install->is_touched = true;
        AVS_TRY(avs_install_go_back(install, request, record, record->committed, true, reterr));
        forget_plan(install);
    }
    AVS_TRY(avs_install_plan(install, request, reterr));
    if (!request->apply || install->steps.count == 0) {
        return AVS_OK;
    }
    install->is_touched = true;
    AVS_TRY(avs_install_go(install, request, record, reterr));
    install->is_applied = true;
    avs_install_note_record(install);
    for (size_t i = 0; i < install->root_count; i++) {
        install->roots[i].is_there = true; /* verified */
    }
    return AVS_OK;
}

/** Take the lock, read the record again and go to work. The folders of a record that is gone
 *  afterwards go too. */
static enum avs_status run_with_lock(struct avs_trust_install *install,
                                     const struct avs_install_request *request,
                                     struct avs_install_record *record, struct avs_error *reterr) {
    struct avs_install_lock lock = {.folder = -1, .fd = -1};
    struct avs_install_paths made = {.count = 0};
    avs_install_record_done(record);
    forget_plan(install);
    enum avs_status status =
        avs_install_take_lock(&install->root, install->record, &made, &lock, reterr);
    if (status == AVS_OK) {
        status = avs_install_read_record(&install->root, install->record, record, reterr);
    }
    if (status == AVS_OK) {
        for (size_t i = 0; status == AVS_OK && i < made.count; i++) {
            status = avs_install_add_path(&record->folders, made.path[i], reterr);
        }
        status = status == AVS_OK ? run_locked(install, request, record, reterr) : status;
    }
    avs_install_release_lock(&lock);
    const struct avs_install_paths *folders = record->folders.count ? &record->folders : &made;
    if (record->steps.count == 0 && strcmp(install->record, AVS_INSTALL_RECORD) == 0) {
        (void)!avs_install_remove_file(&install->root, AVS_INSTALL_RECORD_FOLDER, NULL);
    }
    for (size_t i = record->steps.count == 0 ? folders->count : 0; i-- > 0;) {
        (void)!avs_install_remove_file(&install->root, folders->path[i], NULL);
    }
    avs_install_paths_done(&made);
    return status;
}

/** Is there anything to be done that needs the lock? */
static enum avs_status run_recorded(struct avs_trust_install *install,
                                    const struct avs_install_request *request,
                                    struct avs_install_record *record, struct avs_error *reterr) {
    bool is_interrupted = record->committed < record->steps.count;
    bool has_nothing_to_undo = request->undo && record->steps.count == 0;
    if (!request->apply || has_nothing_to_undo) {
        return run_locked(install, request, record, reterr);
    }
    if (!request->undo && !is_interrupted) {
        AVS_TRY(avs_install_plan(install, request, reterr));
        if (install->steps.count == 0) {
            return AVS_OK;
        }
    }
    return run_with_lock(install, request, record, reterr);
}

static enum avs_status find_record(struct avs_trust_install *install,
                                   const struct avs_install_request *request,
                                   struct avs_error *reterr) {
    if (avs_install_place_record(install, request)) {
        return AVS_OK;
    }
    const char *path = request->ca_file ? request->ca_file : request->ca_path;
    return errno == EACCES
               ? avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno,
                                "%s: a folder on the way is closed, or a link on the way belongs "
                                "to another user and stands where anybody may write; it is not "
                                "followed. Name the file itself.",
                                path)
               : avs_install_fail_io(&install->root, errno, "find", path, reterr);
}

/** A named store's path as the SDK reads it: relative to the working directory. */
static enum avs_status name_store(struct avs_trust_install *install,
                                  struct avs_install_request *request,
                                  char absolute[AVS_SYSROOT_PATH_BYTES], struct avs_error *reterr) {
    const char **path = request->ca_file ? &request->ca_file : &request->ca_path;
    if (!*path) {
        return AVS_OK;
    }
    if (request->config_file) {
        AVS_TEXT_SET(install->config_file, request->config_file);
    } else {
        AVS_TEXT_SET(install->ca_file, request->ca_file);
        AVS_TEXT_SET(install->ca_path, request->ca_path);
    }
    if (!avs_sysroot_absolute(&install->root, *path, absolute)) {
        return avs_install_fail_io(&install->root, errno, "find", *path, reterr);
    }
    *path = absolute;
    return AVS_OK;
}

static void add_that_nothing_changed(struct avs_error *reterr) {
    size_t length = strlen(reterr->message);
    avs_text_format(reterr->message + length, sizeof(reterr->message) - length,
                    "%sNothing was changed.",
                    length > 0 && reterr->message[length - 1] == '.' ? " " : ". ");
}

enum avs_status avs_install_run(const struct avs_install_request *given,
                                struct avs_trust_install **ret_install, struct avs_error *reterr) {
    AVS_AUTO(avs_trust_install) install = calloc(1, sizeof(*install));
    struct avs_install_request request = *given;
    struct avs_install_record record = {.committed = 0};
    char absolute[AVS_SYSROOT_PATH_BYTES];
    AVS_REQUIRE_MEMORY(install, reterr);
    install->root.fd = -1;
    install->is_sysroot = request.sysroot != NULL;
    install->is_undo = request.undo;
    install->is_choice = request.is_choice;
    AVS_TRY(avs_sysroot_open(request.sysroot, &install->root, reterr));
    if (install->is_sysroot) {
        install->root.is_machine = false; /* "--sysroot /" executes nothing either */
    }
    AVS_TRY(name_store(install, &request, absolute, reterr));
    AVS_TRY(find_record(install, &request, reterr));
    AVS_TRY(avs_install_read_record(&install->root, install->record, &record, reterr));
    enum avs_status status = run_recorded(install, &request, &record, reterr);
    avs_install_record_done(&record);
    bool is_refusal = status != AVS_OK && status != AVS_ERR_USAGE && !install->is_touched;
    if (is_refusal && request.apply && reterr) {
        add_that_nothing_changed(reterr);
    }
    AVS_TRY(status);
    *ret_install = AVS_STEAL(install);
    return AVS_OK;
}
