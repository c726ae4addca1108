/* One call of the installer: lock, mend what a killed run left, then plan, and do or undo. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"
#include "store/install_apply.h"

AVS_DEFINE_AUTO(avs_trust_install, struct avs_trust_install, avs_trust_install_free);

static void release(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
}

/** A store that a configuration names has its record beside it: it may be a user's own. */
static bool place_record(struct avs_trust_install *install,
                         const struct avs_install_request *request) {
    char real[AVS_SYSROOT_PATH_BYTES];
    const char *path = request->ca_file ? request->ca_file : request->ca_path;
    if (!path) {
        AVS_TEXT_SET(install->record, AVS_INSTALL_RECORD);
        return true;
    }
    if (!avs_sysroot_real_path(&install->root, path, true, real)) {
        return false;
    }
    char *slash = strrchr(real, '/');
    if (request->ca_file && slash) {
        *slash = '\0';
    }
    return avs_sysroot_join(install->record, real, ".avs-shim-" AVS_INSTALL_RECORD_NAME);
}

/** One installer at a time for each root folder. */
static enum avs_status lock(struct avs_trust_install *install, int *ret_fd,
                            struct avs_error *reterr) {
    int fd = avs_sysroot_openat(&install->root, "/", O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        return avs_install_fail_io(&install->root, errno, "open", "/", reterr);
    }
    *ret_fd = fd;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return avs_fail(reterr, AVS_ERR_IO, "another avs-shim trust install is at work here");
    }
    return AVS_OK;
}

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
        AVS_TRY(avs_install_go_back(install, request, record, record->committed, true, reterr));
        install->bundle_count = install->folder_count = install->note_count = 0;
    }
    AVS_TRY(avs_install_plan(install, request, reterr));
    if (!request->apply || install->steps.count == 0) {
        return AVS_OK;
    }
    AVS_TRY(avs_install_go(install, request, record, reterr));
    install->is_applied = true;
    for (size_t i = 0; i < install->root_count; i++) {
        install->roots[i].is_there = true; /* verified */
    }
    return AVS_OK;
}

enum avs_status avs_install_run(const struct avs_install_request *request,
                                struct avs_trust_install **ret_install, struct avs_error *reterr) {
    AVS_AUTO(avs_trust_install) install = calloc(1, sizeof(*install));
    AVS_CLEANUP(release) int lock_fd = -1;
    struct avs_install_record record = {.committed = 0};
    AVS_REQUIRE_MEMORY(install, reterr);
    install->root.fd = -1;
    install->is_sysroot = request->sysroot != NULL;
    install->is_undo = request->undo;
    AVS_TRY(avs_sysroot_open(request->sysroot, &install->root, reterr));
    if (install->is_sysroot) {
        install->root.is_machine = false; /* "--sysroot /" executes nothing either */
    }
    if (!place_record(install, request)) {
        const char *path = request->ca_file ? request->ca_file : request->ca_path;
        return errno == EACCES
                   ? avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno,
                                    "%s: a folder on the way is closed, or a link on the way "
                                    "belongs to another user and stands where anybody may write; "
                                    "it is not followed. Name the file itself.",
                                    path)
                   : avs_install_fail_io(&install->root, errno, "find", path, reterr);
    }
    AVS_TRY(lock(install, &lock_fd, reterr));
    AVS_TRY(avs_install_read_record(&install->root, install->record, &record, reterr));
    enum avs_status status = run_locked(install, request, &record, reterr);
    avs_install_steps_done(&record.steps);
    AVS_TRY(status);
    *ret_install = AVS_STEAL(install);
    return AVS_OK;
}

void avs_trust_install_free(struct avs_trust_install *install) {
    if (install) {
        avs_install_steps_done(&install->steps);
        avs_sysroot_close(&install->root);
        free(install);
    }
}

bool avs_trust_install_is_complete(const struct avs_trust_install *install) {
    for (size_t i = 0; i < install->root_count; i++) {
        if (!install->roots[i].is_there) {
            return false;
        }
    }
    return true;
}
