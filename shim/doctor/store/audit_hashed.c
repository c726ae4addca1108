/* SPDX-License-Identifier: Apache-2.0 */
/* A CA path: files, and the links named by subject hash through which alone OpenSSL finds them. */
#include "store/audit_hashed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "store/audit.h"
#include "store/audit_store.h"

#define FOLDER_FILE_LIMIT                                                  \
    (256u << 10) /* larger files in a CA path are bundles, or no CA at all \
                  */
#define HASH_DIGITS     8
#define HASH_NUMBER_MAX 99999
#define FILE_CERTS_MAX  4 /* certificates kept of one file in a folder: rehash wants one */

/** A file of the folder, by inode: links and their target are read once. */
struct folder_file {
    dev_t device;
    ino_t inode;
    const char *name;
    bool is_linked;     /* a hash link whose name fits leads here */
    bool is_old_linked; /* one whose name fitted before OpenSSL 1.0 */
    bool is_bundle;     /* more than one certificate: rehash leaves it alone */
    size_t count;
    uint32_t name_hash[FILE_CERTS_MAX], old_hash[FILE_CERTS_MAX];
    char *data; /* the file's bytes, kept until the links are known */
    size_t length;
};

struct folder {
    struct avs_audit_reading *reading;
    struct folder_file *files;
    size_t count;
    struct folder_file *current;
};

static bool hash_name(const char *name, uint32_t *ret_hash, unsigned *ret_number) {
    uint32_t hash = 0;
    unsigned number = 0;
    for (size_t i = 0; i < HASH_DIGITS; i++) {
        char digit = name[i];
        if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))) {
            return false;
        }
        hash = hash << 4 | (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    if (name[HASH_DIGITS] != '.' || name[HASH_DIGITS + 1] == '\0') {
        return false;
    }
    for (const char *at = name + HASH_DIGITS + 1; *at; at++) {
        if (*at < '0' || *at > '9' || number > HASH_NUMBER_MAX) {
            return false;
        }
        number = number * 10 + (unsigned)(*at - '0');
    }
    *ret_hash = hash;
    *ret_number = number;
    return true;
}

static void on_folder_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct folder_file *file = ((struct folder *)user)->current;
    if (file->count < FILE_CERTS_MAX) {
        const uint8_t *at = certificate->subject.bytes;
        X509_NAME *subject = d2i_X509_NAME(NULL, &at, (long)certificate->subject.length);
        file->name_hash[file->count] = subject ? (uint32_t)X509_NAME_hash(subject) : 0;
        file->old_hash[file->count] = subject ? (uint32_t)X509_NAME_hash_old(subject) : 0;
        X509_NAME_free(subject);
    }
    file->count++;
}

static bool looks_like_certificate(const char *name) {
    static const char *const ends[] = {".pem", ".crt", ".cer", ".der"};
    uint32_t hash;
    unsigned number;
    size_t length = strlen(name);
    for (size_t i = 0; i < AVS_COUNT(ends); i++) {
        if (length > strlen(ends[i]) && strcmp(name + length - strlen(ends[i]), ends[i]) == 0) {
            return true;
        }
    }
    return hash_name(name, &hash, &number);
}

/** Find or read the file behind one name; NULL when there is nothing to read (already noted).
 *  False only when memory runs out. */
static bool load_name(struct folder *folder, const char *name, struct folder_file **ret_file) {
    struct avs_trust_audit *audit = folder->reading->audit;
    char path[AVS_SYSROOT_PATH_BYTES];
    struct stat entry;
    *ret_file = NULL;
    if (!looks_like_certificate(name) ||
        !avs_sysroot_join(path, folder->reading->store->path, name)) {
        return true;
    }
    int fd = avs_sysroot_open_file(&audit->root, path);
    if (fd < 0 && (errno == EISDIR || errno == EINVAL)) {
        return true; /* a folder, a pipe, a device */
    }
    if (fd < 0) {
        bool is_gone = errno == ENOENT || errno == ELOOP;
        avs_audit_find(audit, is_gone ? AVS_FINDING_HASH_DANGLING : AVS_FINDING_UNREADABLE_FILE,
                       path, "%s", is_gone ? "" : strerror(errno));
        return true;
    }
    bool is_fine = true;
    if (fstat(fd, &entry) == 0) {
        for (size_t i = 0; i < folder->count && !*ret_file; i++) {
            struct folder_file *known = &folder->files[i];
            if (known->inode == entry.st_ino && known->device == entry.st_dev) {
                *ret_file = known;
            }
        }
        if (!*ret_file) {
            struct folder_file *file = &folder->files[folder->count];
            struct avs_scan_file facts;
            *file =
                (struct folder_file){.device = entry.st_dev, .inode = entry.st_ino, .name = name};
            folder->current = file;
            if (avs_sysroot_read_fd(fd, FOLDER_FILE_LIMIT, &file->data, &file->length, &entry)) {
                folder->count++;
                is_fine =
                    avs_scan_bytes(file->data, file->length, on_folder_certificate, folder, &facts);
                if (is_fine) {
                    file->is_bundle = file->count > 1;
                    avs_audit_find_in_file(audit, path, &facts, &entry);
                    *ret_file = file;
                }
            } else if (errno == ENOMEM) {
                is_fine = false;
            }
        }
    }
    close(fd);
    return is_fine;
}

/** A hash link: does its name fit, and is it reached (.0, .1, ... without a gap)? */
static void judge_link(struct folder *folder, const char *name, struct folder_file *file,
                       uint32_t *last_hash, unsigned *next_number) {
    struct avs_trust_audit *audit = folder->reading->audit;
    char path[AVS_SYSROOT_PATH_BYTES];
    uint32_t hash = 0;
    unsigned number = 0;
    if (!hash_name(name, &hash, &number) ||
        !avs_sysroot_join(path, folder->reading->store->path, name)) {
        return;
    }
    if (hash != *last_hash) {
        *last_hash = hash;
        *next_number = 0;
    }
    if (number != *next_number) {
        avs_audit_find(audit, AVS_FINDING_HASH_GAP, path, "expected .%u", *next_number);
        return;
    }
    if (!file || file->count == 0) {
        return; /* OpenSSL stops here too: the link opens no certificate */
    }
    *next_number += 1;
    for (size_t i = 0; i < file->count && i < FILE_CERTS_MAX; i++) {
        if (file->name_hash[i] == hash) {
            if (!file->is_linked) {
                folder->reading->store->hashed++;
            }
            file->is_linked = true;
            return;
        }
    }
    for (size_t i = 0; i < file->count && i < FILE_CERTS_MAX; i++) {
        if (file->old_hash[i] == hash) {
            file->is_old_linked = true; /* told once, for the whole folder */
            return;
        }
    }
    avs_audit_find(audit, AVS_FINDING_HASH_STALE, path, "the certificate's hash is %08x",
                   file->name_hash[0]);
}

static void on_found_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct avs_audit_reading *reading = user;
    if (reading->is_found) {
        avs_audit_remember(&reading->seen, certificate->sha256);
    }
    avs_audit_note_certificate(reading, certificate);
}

static bool note_files(struct folder *folder) {
    struct avs_audit_reading *reading = folder->reading;
    struct avs_audit_store *store = reading->store;
    for (size_t i = 0; i < folder->count; i++) {
        struct folder_file *file = &folder->files[i];
        struct avs_scan_file facts;
        char path[AVS_SYSROOT_PATH_BYTES];
        if (file->count == 0 || !avs_sysroot_join(path, store->path, file->name)) {
            continue;
        }
        reading->path = path;
        reading->is_found = file->is_linked || reading->audit->reads_whole_folder;
        reading->is_old_hashed = file->is_old_linked;
        if (file->is_bundle && !file->is_linked) {
            store->bundles++;
        } else {
            store->files++;
            store->unhashed += !file->is_linked;
            store->old_hashed += !file->is_linked && file->is_old_linked;
        }
        if (!reading->is_found && !file->is_bundle && !file->is_old_linked &&
            i < AVS_AUDIT_FINDINGS_MAX) {
            avs_audit_find(reading->audit, AVS_FINDING_FILE_UNHASHED, path, "%08x.0",
                           file->name_hash[0]);
        }
        if (!avs_scan_bytes(file->data, file->length, on_found_certificate, reading, &facts)) {
            return false;
        }
    }
    return true;
}

/** Many unhashed files are one finding, about the folder. */
static void drop_unhashed(struct avs_trust_audit *audit, size_t from) {
    size_t kept = from;
    for (size_t i = from; i < audit->finding_count; i++) {
        if (audit->finding[i].id != AVS_FINDING_FILE_UNHASHED) {
            audit->finding[kept++] = audit->finding[i];
        }
    }
    audit->finding_count = kept;
}

/** Does the SDK get its CAs from a file anyway? A folder that holds only the bundle is normal then.
 */
static bool has_file_beside(const struct avs_trust_audit *audit,
                            const struct avs_audit_store *store) {
    bool is_told = (store->readers & AVS_AUDIT_BY_SDK) != 0;
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *other = &audit->store[i];
        if (other->kind == AVS_AUDIT_FILE && other->certificates > 0 &&
            other->state == AVS_STORE_OK &&
            (!is_told || (other->readers & AVS_AUDIT_BY_SDK) != 0)) {
            return true;
        }
    }
    return !is_told;
}

/** What the folder is as a whole. */
static void judge_folder(struct avs_trust_audit *audit, struct avs_audit_store *store,
                         size_t first_finding) {
    if (audit->reads_whole_folder) {
        store->state = store->files + store->bundles > 0 ? AVS_STORE_OK : AVS_STORE_INVALID;
        return;
    }
    if (store->old_hashed > 0) {
        avs_audit_find(audit, AVS_FINDING_FOLDER_OLD_HASH, store->path,
                       "%zu of %zu certificate files have no other name", store->old_hashed,
                       store->files);
    }
    if (store->hashed > 0) {
        return;
    }
    store->state = store->files + store->bundles > 0 ? AVS_STORE_NOT_HASHED : AVS_STORE_INVALID;
    if (store->files > store->old_hashed) {
        size_t unhashed = store->files - store->old_hashed;
        drop_unhashed(audit, first_finding);
        avs_audit_find(audit, AVS_FINDING_FOLDER_UNHASHED, store->path,
                       "%zu certificate file%s, none hashed", unhashed, unhashed == 1 ? "" : "s");
    } else if (store->files == 0 && store->bundles > 0 && !has_file_beside(audit, store)) {
        avs_audit_find(audit, AVS_FINDING_FOLDER_BUNDLE_ONLY, store->path, "%s", "");
    }
}

static bool read_names(struct folder *folder, const struct avs_sysroot_names *names) {
    struct avs_audit_store *store = folder->reading->store;
    size_t first_finding = folder->reading->audit->finding_count;
    uint32_t last_hash = 0;
    unsigned next_number = 0;
    folder->files = calloc(names->count + 1, sizeof(*folder->files));
    if (!folder->files) {
        return false;
    }
    for (size_t i = 0; i < names->count; i++) {
        struct folder_file *file = NULL;
        if (!load_name(folder, names->names[i], &file)) {
            return false;
        }
        judge_link(folder, names->names[i], file, &last_hash, &next_number);
    }
    if (!note_files(folder)) {
        return false;
    }
    store->certificates = avs_audit_count_different(&folder->reading->seen);
    store->duplicates = folder->reading->seen.count - store->certificates;
    judge_folder(folder->reading->audit, store, first_finding);
    return true;
}

bool avs_audit_read_hashed(struct avs_audit_reading *reading) {
    struct avs_audit_store *store = reading->store;
    struct folder folder = {.reading = reading};
    struct avs_sysroot_names names = {0};
    struct stat entry;
    if (avs_sysroot_stat(&reading->audit->root, store->path, &entry) != 0 ||
        !avs_sysroot_list(&reading->audit->root, store->path, &names)) {
        int error = errno;
        if (error == ENOMEM) {
            return false;
        }
        avs_audit_store_failed(reading->audit, store, error);
        return true;
    }
    store->device = entry.st_dev;
    store->inode = entry.st_ino;
    if (entry.st_mode & S_IWOTH) {
        avs_audit_find(reading->audit, AVS_FINDING_WRITABLE_BY_ALL, store->path, "mode %04o",
                       entry.st_mode & 07777u);
    }
    bool is_fine = read_names(&folder, &names);
    for (size_t i = 0; folder.files && i < folder.count; i++) {
        free(folder.files[i].data);
    }
    free(folder.files);
    avs_sysroot_names_done(&names);
    return is_fine;
}
