/* SPDX-License-Identifier: Apache-2.0 */
/* One store: what a verifier would find in it, in the order it finds it. Folders: audit_hashed.c.
 */
#include "store/audit_store.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/audit_hashed.h"
#include "trust/cafile.h"

const char *avs_audit_state_id(enum avs_audit_state state) {
    static const char *const ids[] = {
#define XX(name, id) id,
        AVS_AUDIT_STATE_MAP(XX)
#undef XX
    };
    return (unsigned)state < AVS_AUDIT_STATE_COUNT ? ids[state] : "";
}

void avs_audit_find_in_file(struct avs_trust_audit *audit, const char *path,
                            const struct avs_scan_file *file, const struct stat *entry) {
    const struct {
        bool is_true;
        enum avs_audit_finding_id id;
    } rows[] = {
        {file->is_empty, AVS_FINDING_EMPTY_FILE},
        {file->is_html, AVS_FINDING_HTML_FILE},
        {file->is_der, AVS_FINDING_DER_FILE},
        {file->has_bom && !file->is_empty, AVS_FINDING_BOM},
        {file->has_crlf, AVS_FINDING_CRLF},
        {file->broken > 0, AVS_FINDING_BROKEN_BLOCK},
        {file->trusted > 0, AVS_FINDING_TRUSTED_BLOCK},
        {file->has_other_text && !file->has_bom, AVS_FINDING_NO_CERTIFICATE},
        {(entry->st_mode & S_IROTH) == 0, AVS_FINDING_PRIVATE_MODE},
        {(entry->st_mode & S_IWOTH) != 0, AVS_FINDING_WRITABLE_BY_ALL},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (!rows[i].is_true) {
            continue;
        }
        if (rows[i].id == AVS_FINDING_BROKEN_BLOCK) {
            avs_audit_find(audit, rows[i].id, path, "%zu", file->broken);
        } else if (rows[i].id == AVS_FINDING_PRIVATE_MODE ||
                   rows[i].id == AVS_FINDING_WRITABLE_BY_ALL) {
            avs_audit_find(audit, rows[i].id, path, "mode %04o", entry->st_mode & 07777u);
        } else {
            avs_audit_find(audit, rows[i].id, path, "%s", "");
        }
    }
}

/* ---- one certificate of a store ---- */

void avs_audit_remember(struct avs_audit_seen *seen, const uint8_t hash[AVS_SCAN_HASH_BYTES]) {
    if (seen->count == seen->capacity) {
        size_t capacity = seen->capacity ? seen->capacity * 2 : 256;
        void *grown = realloc(seen->hash, capacity * AVS_SCAN_HASH_BYTES);
        if (!grown) {
            seen->is_out_of_memory = true;
            return;
        }
        seen->hash = grown;
        seen->capacity = capacity;
    }
    memcpy(seen->hash[seen->count++], hash, AVS_SCAN_HASH_BYTES);
}

static int by_bytes(const void *left, const void *right) {
    return memcmp(left, right, AVS_SCAN_HASH_BYTES);
}

/** Sort, and count the different ones. */
size_t avs_audit_count_different(struct avs_audit_seen *seen) {
    size_t different = seen->count ? 1 : 0;
    if (seen->count) {
        qsort(seen->hash, seen->count, AVS_SCAN_HASH_BYTES, by_bytes);
    }
    for (size_t i = 1; i < seen->count; i++) {
        different += memcmp(seen->hash[i - 1], seen->hash[i], AVS_SCAN_HASH_BYTES) != 0;
    }
    return different;
}

static void improve(enum avs_audit_state *state, enum avs_audit_state better) {
    if (better > *state) {
        *state = better;
    }
}

static enum avs_audit_state state_of(const struct avs_audit_reading *reading,
                                     const struct avs_scan_cert *certificate) {
    int64_t now = reading->audit->now_unix;
    if (!reading->is_found) {
        return reading->is_old_hashed ? AVS_AUDIT_OLD_HASH : AVS_AUDIT_UNHASHED;
    }
    if (now > certificate->not_after) {
        return AVS_AUDIT_EXPIRED;
    }
    if (now < certificate->not_before) {
        return AVS_AUDIT_NOT_YET_VALID;
    }
    return certificate->is_self_issued ? AVS_AUDIT_PRESENT : AVS_AUDIT_CROSS_SIGNED;
}

void avs_audit_note_certificate(struct avs_audit_reading *reading,
                                const struct avs_scan_cert *certificate) {
    struct avs_trust_audit *audit = reading->audit;
    struct avs_audit_nodes *nodes = &reading->store->nodes;
    int watch = avs_audit_watch_by_key(&audit->watches, certificate->spki_sha256);
    if (watch < 0) {
        int name = avs_audit_watch_by_subject(&audit->watches, certificate->subject);
        if (name >= 0) {
            avs_audit_find(audit, AVS_FINDING_FOREIGN_KEY, reading->path, "%s",
                           audit->watches.row[name].name);
        }
        return;
    }
    enum avs_audit_state state = state_of(reading, certificate);
    improve(&reading->store->ca[watch], state);
    bool is_usable = state == AVS_AUDIT_PRESENT || state == AVS_AUDIT_CROSS_SIGNED;
    if (is_usable && nodes->count < AVS_AUDIT_NODES_MAX) {
        nodes->node[nodes->count++] = (struct avs_audit_node){
            watch, avs_audit_watch_by_subject(&audit->watches, certificate->issuer),
            certificate->is_self_issued};
    }
}

static void on_bundle_certificate(void *user, const uint8_t *der, size_t length) {
    struct avs_audit_reading *reading = user;
    struct avs_scan_cert certificate;
    if (avs_scan_der(der, length, &certificate)) {
        avs_audit_remember(&reading->seen, certificate.sha256);
        avs_audit_note_certificate(reading, &certificate);
    }
}

/* ---- a bundle ---- */

void avs_audit_store_failed(struct avs_trust_audit *audit, struct avs_audit_store *store,
                            int error) {
    bool is_missing = error == ENOENT || error == ENOTDIR;
    bool is_asked_for = (store->readers & (AVS_AUDIT_BY_SDK | AVS_AUDIT_CURL_TOOL)) != 0;
    bool is_fatal = (store->readers & AVS_AUDIT_BY_SDK) && store->kind == AVS_AUDIT_FILE;
    bool is_file =
        store->kind == AVS_AUDIT_FOLDER && avs_sysroot_is_file(&audit->root, store->path);
    store->state = AVS_STORE_UNREADABLE;
    store->os_errno = error;
    if (is_file || error == EISDIR) {
        avs_audit_find(audit, is_file ? AVS_FINDING_PATH_IS_FILE : AVS_FINDING_FILE_IS_FOLDER,
                       store->path, "%s", store->named_by);
        return;
    }
    if (is_missing && !is_asked_for) {
        return; /* a built-in default that this machine simply does not have */
    }
    avs_audit_find(
        audit, is_missing && !is_fatal ? AVS_FINDING_STORE_MISSING : AVS_FINDING_STORE_UNREADABLE,
        store->path, "%s", strerror(error));
}

static bool read_bundle(struct avs_audit_reading *reading) {
    struct avs_audit_store *store = reading->store;
    struct avs_scan_file file;
    struct avs_cafile taken;
    struct stat entry;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(&reading->audit->root, store->path, AVS_SYSROOT_FILE_LIMIT, &data,
                          &length, &entry)) {
        avs_audit_store_failed(reading->audit, store, errno);
        return true;
    }
    reading->is_found = true;
    if (!avs_scan_bytes(data, length, NULL, NULL, &file) ||
        !avs_cafile_read(data, length, on_bundle_certificate, reading, &taken)) {
        return false;
    }
    file.broken = taken.is_taken ? file.broken : 0; /* else said below, with the place */
    store->device = entry.st_dev;
    store->inode = entry.st_ino;
    store->certificates = avs_audit_count_different(&reading->seen);
    store->duplicates = reading->seen.count - store->certificates;
    avs_audit_find_in_file(reading->audit, store->path, &file, &entry);
    if (!taken.is_taken) {
        store->state = AVS_STORE_INVALID;
        AVS_TEXT_SET(store->flaw, taken.flaw);
        avs_audit_find(reading->audit, AVS_FINDING_STORE_INVALID, store->path, "%s", taken.flaw);
    }
    if (store->duplicates) {
        avs_audit_find(reading->audit, AVS_FINDING_DUPLICATES, store->path, "%zu of %zu",
                       store->duplicates, reading->seen.count);
    }
    return true;
}

bool avs_audit_read_store(struct avs_trust_audit *audit, struct avs_audit_store *store) {
    struct avs_audit_reading reading = {.audit = audit, .store = store, .path = store->path};
    bool is_fine =
        store->kind == AVS_AUDIT_FILE ? read_bundle(&reading) : avs_audit_read_hashed(&reading);
    is_fine = is_fine && !reading.seen.is_out_of_memory;
    free(reading.seen.hash);
    return is_fine;
}
