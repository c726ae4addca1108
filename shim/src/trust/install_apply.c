/* Doing and undoing. The record goes to the disk first; each step is atomic; a failure takes back
 * the steps of this run, and a run that was killed is taken back by the next one. Until the end, a
 * hard link keeps the old content of each changed file, so that going back needs no space. */
#include "trust/install_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "trust/audit_scan.h"

#define KEPT_SUFFIX  ".avs-shim-old" /* no certificate extension: updaters must not read it */
#define RESTORED_MAX (4u << 20)
#define CERTS_MAX    4096

/* ---- the old content, kept by a hard link ---- */

static bool kept_name(char *ret_name, size_t capacity, const char *name) {
    return snprintf(ret_name, capacity, ".%s" KEPT_SUFFIX, name) < (int)capacity;
}

/** Keep the content of `path` as it is now; without hard links (FAT) it is taken back by content.
 */
static void keep_old(const struct avs_sysroot *root, const char *path) {
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
static bool put_old_back(const struct avs_sysroot *root, const char *path) {
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

static void drop_old(const struct avs_sysroot *root, const char *path) {
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
static enum avs_status put_text(const struct avs_sysroot *root, const char *path, const char *text,
                                size_t text_length, size_t at, size_t length, const char *with,
                                struct avs_error *reterr) {
    size_t more = strlen(with);
    AVS_AUTO(char) whole = malloc(text_length - length + more + 1);
    AVS_REQUIRE_MEMORY(whole, reterr);
    memcpy(whole, text, at);
    memcpy(whole + at, with, more);
    memcpy(whole + at + more, text + at + length, text_length - at - length);
    return avs_install_write_file(root, path, whole, text_length - length + more, reterr);
}

static enum avs_status read_text(const struct avs_sysroot *root, const char *path, char **ret_text,
                                 size_t *ret_length, struct avs_error *reterr) {
    return avs_sysroot_read(root, path, AVS_INSTALL_FILE_LIMIT, ret_text, ret_length, NULL)
               ? AVS_OK
               : avs_install_fail_io(root, errno, "read", path, reterr);
}

static enum avs_status append(const struct avs_sysroot *root, const struct avs_install_step *step,
                              struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(read_text(root, step->path, &text, &length, reterr));
    keep_old(root, step->path);
    return put_text(root, step->path, text, length, length, 0, step->text, reterr);
}

static enum avs_status replace(const struct avs_sysroot *root, const struct avs_install_step *step,
                               struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(read_text(root, step->path, &text, &length, reterr));
    char *at = find_line(text, step->old);
    if (!at) {
        return avs_fail(reterr, AVS_ERR_IO, "%s changed meanwhile: the line '%.200s' is gone",
                        step->path, step->old);
    }
    keep_old(root, step->path);
    return put_text(root, step->path, text, length, (size_t)(at - text), strlen(step->old),
                    step->text, reterr);
}

static enum avs_status cut_out(struct avs_trust_install *install,
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
    return put_text(&install->root, step->path, text, length, (size_t)(last - text), added, "",
                    reterr);
}

static enum avs_status replace_back(struct avs_trust_install *install,
                                    const struct avs_install_step *step, struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(read_text(&install->root, step->path, &text, &length, reterr));
    char *at = find_line(text, step->text);
    if (!at) {
        avs_install_note(install, "%s was changed since: the line '%.100s' is not in it any more",
                         step->path, step->text);
        return AVS_OK;
    }
    return put_text(&install->root, step->path, text, length, (size_t)(at - text),
                    strlen(step->text), step->old, reterr);
}

/** Remove a file that we made, unless somebody changed it since. */
static enum avs_status remove_ours(struct avs_trust_install *install,
                                   const struct avs_install_step *step, struct avs_error *reterr) {
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

static enum avs_status unlink_ours(struct avs_trust_install *install,
                                   const struct avs_install_step *step, struct avs_error *reterr) {
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

/* ---- the updater, which must not lose anything ---- */

struct certs {
    struct {
        uint8_t sha256[AVS_SCAN_HASH_BYTES];
        const uint8_t *der; /* only while the scan runs */
    } * item;
    size_t count, capacity;
    bool is_failed;
};

static void collect(void *user, const struct avs_scan_cert *certificate) {
    struct certs *certs = user;
    if (certs->count == certs->capacity) {
        size_t capacity = certs->capacity ? certs->capacity * 2 : 256;
        void *grown =
            capacity > CERTS_MAX * 2 ? NULL : realloc(certs->item, capacity * sizeof(*certs->item));
        if (!grown) {
            certs->is_failed = true;
            return;
        }
        certs->item = grown;
        certs->capacity = capacity;
    }
    memcpy(certs->item[certs->count++].sha256, certificate->sha256, AVS_SCAN_HASH_BYTES);
}

struct lost {
    const struct certs *after;
    const struct avs_trust_install *install; /* its own roots may go, when undoing */
    bool is_undo;
    struct avs_buffer pem;
    size_t count;
};

static bool is_own_root(const struct avs_trust_install *install,
                        const uint8_t sha256[AVS_SCAN_HASH_BYTES]) {
    for (size_t i = 0; i < install->root_count; i++) {
        uint8_t own[AVS_SCAN_HASH_BYTES];
        if (avs_scan_hash_from_hex(install->roots[i].root->sha256, own) &&
            memcmp(own, sha256, sizeof(own)) == 0) {
            return true;
        }
    }
    return false;
}

static void keep_if_lost(void *user, const struct avs_scan_cert *certificate) {
    struct lost *lost = user;
    for (size_t i = 0; i < lost->after->count; i++) {
        if (memcmp(lost->after->item[i].sha256, certificate->sha256, AVS_SCAN_HASH_BYTES) == 0) {
            return;
        }
    }
    if (lost->is_undo && is_own_root(lost->install, certificate->sha256)) {
        return;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio && PEM_write_bio(bio, "CERTIFICATE", "", certificate->der.bytes,
                             (long)certificate->der.length) > 0) {
        long length = BIO_get_mem_data(bio, &text);
        avs_buffer_add(&lost->pem, text, (size_t)length);
        lost->count++;
    } else {
        lost->pem.is_failed = true;
    }
    BIO_free_all(bio);
}

/** Certificates that stood in the bundle only (pasted there by hand, or their source is gone) are
 *  dropped by every updater. We add roots; we never remove any. */
static enum avs_status restore_lost(struct avs_trust_install *install, const char *before,
                                    size_t before_length, bool is_undo, struct avs_error *reterr) {
    struct certs after = {.count = 0};
    struct lost lost = {.after = &after,
                        .install = install,
                        .is_undo = is_undo,
                        .pem = avs_buffer_init(RESTORED_MAX)};
    struct avs_scan_file file;
    AVS_AUTO(char) text = NULL;
    AVS_AUTO(char) pem = NULL;
    size_t length = 0;
    AVS_TRY(read_text(&install->root, install->bundle[0], &text, &length, reterr));
    bool is_read = avs_scan_bytes(text, length, collect, &after, &file) && !after.is_failed &&
                   avs_scan_bytes(before, before_length, keep_if_lost, &lost, &file);
    free(after.item);
    enum avs_status status =
        is_read ? avs_buffer_take_text(&lost.pem, &pem, reterr) : avs_fail_memory(reterr);
    avs_buffer_done(&lost.pem);
    AVS_TRY(status);
    if (lost.count == 0) {
        return AVS_OK;
    }
    avs_install_note(
        install,
        "%zu certificate%s stood in %s but not in what it is built from; put back, but "
        "the next run of the updater drops %s: copy %s to the distribution's folder",
        lost.count, lost.count == 1 ? "" : "s", install->bundle[0], lost.count == 1 ? "it" : "them",
        lost.count == 1 ? "it" : "them");
    return put_text(&install->root, install->bundle[0], text, length, length, 0, pem, reterr);
}

static enum avs_status run_updater(struct avs_trust_install *install,
                                   const struct avs_install_request *request,
                                   const char *const *arguments, bool is_undo,
                                   struct avs_error *reterr) {
    AVS_AUTO(char) before = NULL;
    size_t length = 0;
    bool has_bundle = install->bundle_count > 0 &&
                      avs_sysroot_read(&install->root, install->bundle[0], AVS_INSTALL_FILE_LIMIT,
                                       &before, &length, NULL);
    /* going back is not to be stopped half-way */
    bool (*is_cancelled)(void *) = is_undo ? NULL : request->is_cancelled;
    int timeout_ms =
        request->timeout_ms > 0 ? request->timeout_ms : AVS_TRUST_INSTALL_TIMEOUT_MS_DEFAULT;
    AVS_TRY(avs_install_run_updater(arguments, timeout_ms, is_cancelled, request->user, reterr));
    if (!has_bundle) {
        return AVS_OK;
    }
    return restore_lost(install, before, length, is_undo, reterr);
}

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
        return append(root, step, reterr);
    case AVS_INSTALL_REPLACE:
        return replace(root, step, reterr);
    case AVS_INSTALL_LINK:
        return avs_install_make_link(root, step->path, step->text, reterr);
    case AVS_INSTALL_RUN:
        for (size_t i = 0; i < install->bundle_count; i++) {
            keep_old(root, install->bundle[i]);
        }
        return run_updater(install, request, install->distro->updater, false, reterr);
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
        return remove_ours(install, step, reterr);
    case AVS_INSTALL_APPEND:
        avs_install_drop_staged(&install->root, step->path);
        return cut_out(install, step, reterr);
    case AVS_INSTALL_REPLACE:
        avs_install_drop_staged(&install->root, step->path);
        return replace_back(install, step, reterr);
    case AVS_INSTALL_LINK:
        return unlink_ours(install, step, reterr);
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
    enum avs_status status = run_updater(install, request, install->distro->refresh, true, reterr);
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

enum avs_status avs_install_go_back(struct avs_trust_install *install,
                                    const struct avs_install_request *request,
                                    struct avs_install_record *record, size_t from,
                                    bool is_rollback, struct avs_error *reterr) {
    bool has_run = false;
    for (size_t i = record->steps.count; i-- > from;) {
        const struct avs_install_step *step = &record->steps.step[i];
        bool changes_file = step->kind == AVS_INSTALL_APPEND || step->kind == AVS_INSTALL_REPLACE;
        has_run |= step->kind == AVS_INSTALL_RUN;
        if (is_rollback && changes_file) {
            avs_install_drop_staged(&install->root, step->path);
            if (put_old_back(&install->root, step->path)) {
                continue; /* earlier steps on this file are undone by it, and find nothing */
            }
        }
        if (request->on_step) {
            request->on_step(request->on_step_user, "undo");
        }
        AVS_TRY(undo_step(install, step, reterr));
    }
    enum avs_status status = AVS_OK;
    if (has_run) {
        status = refresh(install, request, &record->steps, from, reterr);
    }
    for (size_t i = 0; is_rollback && has_run && i < install->bundle_count; i++) {
        if (put_old_back(&install->root, install->bundle[i])) {
            status = AVS_OK; /* byte for byte, whatever the updater said */
        }
    }
    if (is_rollback) {
        install->note_count = 0; /* "changed since" is about the files that were put back whole */
    }
    AVS_TRY(status);
    for (size_t i = from; i < record->steps.count; i++) {
        free(record->steps.step[i].path);
        free(record->steps.step[i].text);
        free(record->steps.step[i].old);
    }
    record->steps.count = from;
    record->committed = from < record->committed ? from : record->committed;
    AVS_TRY(avs_install_write_record(&install->root, install->record, record, reterr));
    if (from == 0 && strcmp(install->record, AVS_INSTALL_RECORD) == 0) {
        return avs_install_remove_file(&install->root, AVS_INSTALL_RECORD_FOLDER, reterr);
    }
    return AVS_OK;
}

/* ---- going forth ---- */

static enum avs_status make_record_folder(struct avs_trust_install *install,
                                          struct avs_error *reterr) {
    char path[AVS_SYSROOT_PATH_BYTES];
    for (char *slash = strchr(install->record + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        struct stat entry;
        avs_text_copy_bytes(path, sizeof(path), install->record, (size_t)(slash - install->record));
        if (avs_sysroot_stat(&install->root, path, &entry) != 0) {
            AVS_TRY(avs_install_make_folder(&install->root, path, reterr));
        }
    }
    return AVS_OK;
}

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

static void drop_all_old(struct avs_trust_install *install) {
    for (size_t i = 0; i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        if (step->kind == AVS_INSTALL_APPEND || step->kind == AVS_INSTALL_REPLACE) {
            drop_old(&install->root, step->path);
        }
    }
    for (size_t i = 0; install->runs_updater && i < install->bundle_count; i++) {
        drop_old(&install->root, install->bundle[i]);
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
    if (back != AVS_OK) {
        avs_text_format(reterr->message, sizeof(reterr->message),
                        "%.200s. Going back failed too: %.150s. Run avs-shim trust install --undo "
                        "--apply once that is mended.",
                        words, second.message);
    } else if (!strstr(words, "as it was")) {
        avs_text_format(reterr->message, sizeof(reterr->message),
                        "%.400s. The trust store is as it was.", words);
    }
    return status;
}

enum avs_status avs_install_go(struct avs_trust_install *install,
                               const struct avs_install_request *request,
                               struct avs_install_record *record, struct avs_error *reterr) {
    for (size_t i = 0; i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        AVS_TRY(avs_install_add_step(&record->steps, step->kind, step->path, step->text, step->old,
                                     reterr));
    }
    AVS_TRY(make_record_folder(install, reterr));
    AVS_TRY(avs_install_write_record(&install->root, install->record, record, reterr));
    enum avs_status status = take_steps(install, request, reterr);
    if (status != AVS_OK) {
        return failed(install, request, record, status, reterr);
    }
    drop_all_old(install);
    record->committed = record->steps.count;
    status = avs_install_write_record(&install->root, install->record, record, reterr);
    if (status != AVS_OK) {
        record->committed -= install->steps.count;
        return failed(install, request, record, status, reterr);
    }
    return AVS_OK;
}
