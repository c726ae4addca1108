/* SPDX-License-Identifier: Apache-2.0 */
/* The distribution's updater, run so that it loses nothing: what stood in the bundle before and has
 * no source is put back afterwards. */
#include "store/install_keep.h"

#include <errno.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/buffer.h"
#include "base/text.h"
#include "store/audit_scan.h"
#include "store/install_step.h"
#include "store/install_updater.h"

#define RESTORED_MAX     (4u << 20)
#define CERTS_MAX        4096
#define CONF_LIMIT_BYTES (1u << 20)

struct certs {
    struct {
        uint8_t sha256[AVS_SCAN_HASH_BYTES];
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
    const struct certs *after;               /* there, or switched off */
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

/** CAs that the list switches off may go: somebody decided that. */
static bool collect_deselected(const struct avs_trust_install *install, struct certs *certs) {
    const struct avs_distro *distro = install->distro;
    AVS_AUTO(char) conf = NULL;
    size_t length = 0;
    if (!distro->conf ||
        !avs_sysroot_read(&install->root, distro->conf, CONF_LIMIT_BYTES, &conf, &length, NULL)) {
        return true;
    }
    char *rest = conf;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char path[AVS_SYSROOT_PATH_BYTES];
        char *data = NULL;
        struct avs_scan_file file;
        if (line[0] != '!' || !avs_sysroot_join(path, distro->packaged, line + 1) ||
            !avs_sysroot_read(&install->root, path, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL)) {
            continue;
        }
        bool is_read = avs_scan_bytes(data, length, collect, certs, &file);
        free(data);
        if (!is_read) {
            return false;
        }
    }
    return !certs->is_failed;
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
    AVS_TRY(avs_install_read_text(&install->root, install->bundle[0], &text, &length, reterr));
    bool is_read = avs_scan_bytes(text, length, collect, &after, &file) &&
                   collect_deselected(install, &after) && !after.is_failed &&
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
    return avs_install_put_text(&install->root, install->bundle[0], text, length, length, 0, pem,
                                reterr);
}

enum avs_status avs_install_update(struct avs_trust_install *install,
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
    if (request->on_progress) {
        char what[AVS_SYSROOT_PATH_BYTES];
        avs_text_format(what, sizeof(what), "running %s", arguments[0]);
        request->on_progress(request->user, what);
    }
    AVS_TRY(avs_install_run_updater(arguments, timeout_ms, is_cancelled, request->user, reterr));
    if (!has_bundle) {
        return AVS_OK;
    }
    return restore_lost(install, before, length, is_undo, reterr);
}
