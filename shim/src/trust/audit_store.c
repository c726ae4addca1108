/* One store, file or folder: what a verifier would find in it, in the order it finds it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "base/text.h"
#include "trust/audit.h"

#define FOLDER_FILE_LIMIT                                                  \
    (256u << 10) /* larger files in a CA path are bundles, or no CA at all \
                  */
#define HASH_DIGITS     8
#define HASH_NUMBER_MAX 99999
#define FILE_CERTS_MAX  4 /* certificates kept of one file in a folder: rehash wants one */

void avs_audit_find(struct avs_trust_audit *audit, enum avs_audit_finding_id id, const char *path,
                    const char *detail_format, ...) {
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->finding[i].id == id && strcmp(audit->finding[i].path, path) == 0) {
            return; /* two ways to the same file: said once */
        }
    }
    if (audit->finding_count == AVS_AUDIT_FINDINGS_MAX) {
        audit->finding_dropped++;
        return;
    }
    struct avs_audit_finding *finding = &audit->finding[audit->finding_count++];
    finding->id = id;
    AVS_TEXT_SET(finding->path, path);
    va_list arguments;
    va_start(arguments, detail_format);
    vsnprintf(finding->detail, sizeof(finding->detail), detail_format, arguments);
    va_end(arguments);
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

/** Hashes of all certificates met, to count each once. */
struct seen {
    uint8_t (*hash)[AVS_SCAN_HASH_BYTES];
    size_t count, capacity;
    bool is_out_of_memory;
};

static void remember(struct seen *seen, const uint8_t hash[AVS_SCAN_HASH_BYTES]) {
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
static size_t count_different(struct seen *seen) {
    size_t different = seen->count ? 1 : 0;
    if (seen->count) {
        qsort(seen->hash, seen->count, AVS_SCAN_HASH_BYTES, by_bytes);
    }
    for (size_t i = 1; i < seen->count; i++) {
        different += memcmp(seen->hash[i - 1], seen->hash[i], AVS_SCAN_HASH_BYTES) != 0;
    }
    return different;
}

struct reading {
    struct avs_trust_audit *audit;
    struct avs_audit_store *store;
    const char *path; /* the file being read */
    bool is_found;    /* a verifier finds this file's certificates (a bundle, a hash link) */
    struct seen seen;
};

static void improve(enum avs_audit_state *state, enum avs_audit_state better) {
    if (better > *state) {
        *state = better;
    }
}

static enum avs_audit_state state_of(const struct reading *reading,
                                     const struct avs_scan_cert *certificate) {
    int64_t now = reading->audit->now_unix;
    if (!reading->is_found) {
        return AVS_AUDIT_UNHASHED;
    }
    if (now > certificate->not_after) {
        return AVS_AUDIT_EXPIRED;
    }
    if (now < certificate->not_before) {
        return AVS_AUDIT_NOT_YET_VALID;
    }
    return certificate->is_self_issued ? AVS_AUDIT_PRESENT : AVS_AUDIT_CROSS_SIGNED;
}

static void note_certificate(struct reading *reading, const struct avs_scan_cert *certificate) {
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

static void on_bundle_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct reading *reading = user;
    remember(&reading->seen, certificate->sha256);
    note_certificate(reading, certificate);
}

/* ---- a bundle ---- */

static void store_failed(struct avs_trust_audit *audit, struct avs_audit_store *store, int error) {
    bool is_missing = error == ENOENT || error == ENOTDIR;
    bool is_asked_for = (store->readers & (AVS_AUDIT_BY_SDK | AVS_AUDIT_CURL_TOOL)) != 0;
    bool is_fatal = (store->readers & AVS_AUDIT_BY_SDK) && store->kind == AVS_AUDIT_FILE;
    store->state = AVS_STORE_UNREADABLE;
    store->os_errno = error;
    if (is_missing && !is_asked_for) {
        return; /* a built-in default that this machine simply does not have */
    }
    avs_audit_find(
        audit, is_missing && !is_fatal ? AVS_FINDING_STORE_MISSING : AVS_FINDING_STORE_UNREADABLE,
        store->path, "%s", strerror(error));
}

static bool read_bundle(struct reading *reading) {
    struct avs_audit_store *store = reading->store;
    struct avs_scan_file file;
    struct stat entry;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(&reading->audit->root, store->path, AVS_SYSROOT_FILE_LIMIT, &data,
                          &length, &entry)) {
        store_failed(reading->audit, store, errno);
        return true;
    }
    reading->is_found = true;
    if (!avs_scan_bytes(data, length, on_bundle_certificate, reading, &file)) {
        return false;
    }
    store->device = entry.st_dev;
    store->inode = entry.st_ino;
    store->certificates = count_different(&reading->seen);
    store->duplicates = reading->seen.count - store->certificates;
    avs_audit_find_in_file(reading->audit, store->path, &file, &entry);
    if (file.certificates == 0) {
        store->state = AVS_STORE_INVALID;
        avs_audit_find(reading->audit, AVS_FINDING_STORE_INVALID, store->path, "%s", "");
    }
    if (store->duplicates) {
        avs_audit_find(reading->audit, AVS_FINDING_DUPLICATES, store->path, "%zu of %zu",
                       store->duplicates, reading->seen.count);
    }
    return true;
}

/* ---- a hashed folder ---- */

/** A file of the folder, by inode: links and their target are read once. */
struct folder_file {
    dev_t device;
    ino_t inode;
    const char *name;
    bool is_linked; /* a hash link whose name fits leads here */
    bool is_bundle; /* more than one certificate: rehash leaves it alone */
    size_t count;
    uint32_t name_hash[FILE_CERTS_MAX];
    char *data; /* the file's bytes, kept until the links are known */
    size_t length;
};

struct folder {
    struct reading *reading;
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
    int fd = avs_sysroot_openat(&audit->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        bool is_gone = errno == ENOENT || errno == ELOOP;
        avs_audit_find(audit, is_gone ? AVS_FINDING_HASH_DANGLING : AVS_FINDING_UNREADABLE_FILE,
                       path, "%s", is_gone ? "" : strerror(errno));
        return true;
    }
    bool is_fine = true;
    if (fstat(fd, &entry) == 0 && S_ISREG(entry.st_mode)) {
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
    avs_audit_find(audit, AVS_FINDING_HASH_STALE, path, "the certificate's hash is %08x",
                   file->name_hash[0]);
}

static void on_found_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct reading *reading = user;
    if (reading->is_found) {
        remember(&reading->seen, certificate->sha256);
    }
    note_certificate(reading, certificate);
}

static bool note_files(struct folder *folder) {
    struct reading *reading = folder->reading;
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
        if (file->is_bundle && !file->is_linked) {
            store->bundles++;
        } else {
            store->files++;
            store->unhashed += !file->is_linked;
        }
        if (!reading->is_found && !file->is_bundle && i < AVS_AUDIT_FINDINGS_MAX) {
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
    store->certificates = count_different(&folder->reading->seen);
    store->duplicates = folder->reading->seen.count - store->certificates;
    if (folder->reading->audit->reads_whole_folder) {
        store->state = store->files + store->bundles > 0 ? AVS_STORE_OK : AVS_STORE_INVALID;
    } else if (store->files + store->bundles > 0 && store->hashed == 0) {
        store->state = AVS_STORE_NOT_HASHED;
        drop_unhashed(folder->reading->audit, first_finding);
        avs_audit_find(folder->reading->audit, AVS_FINDING_FOLDER_UNHASHED, store->path,
                       "%zu certificate files, none hashed", store->files + store->bundles);
    } else if (store->hashed == 0) {
        store->state = AVS_STORE_INVALID;
    }
    return true;
}

static bool read_folder(struct reading *reading) {
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
        store_failed(reading->audit, store, error);
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

bool avs_audit_read_store(struct avs_trust_audit *audit, struct avs_audit_store *store) {
    struct reading reading = {.audit = audit, .store = store, .path = store->path};
    bool is_fine = store->kind == AVS_AUDIT_FILE ? read_bundle(&reading) : read_folder(&reading);
    is_fine = is_fine && !reading.seen.is_out_of_memory;
    free(reading.seen.hash);
    return is_fine;
}
