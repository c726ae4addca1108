/* SPDX-License-Identifier: Apache-2.0 */
/* One store: what was found in it, and the reading of it. What a folder has besides is in
 * audit_hashed.h. */
#ifndef AVS_STORE_AUDIT_STORE_H
#define AVS_STORE_AUDIT_STORE_H

#include <sys/stat.h>

#include <avs/evidence.h>

#include "store/audit_findings.h"
#include "store/audit_shapes.h"
#include "store/audit_watch.h"

/** From the worst to the best, so that two stores used together have the better of the two. */
#define AVS_AUDIT_STATE_MAP(XX)                                                                    \
    XX(ABSENT, "absent")                                                                           \
    XX(DESELECTED, "deselected") /* on the disk, switched off by "!" in ca-certificates.conf */    \
    XX(UNHASHED, "unhashed")     /* in the folder, but OpenSSL does not find it there */           \
    XX(OLD_HASH, "old_hash")     /* likewise: under the name that OpenSSL before 1.0 looked for */ \
    XX(EXPIRED, "expired")                                                                         \
    XX(NOT_YET_VALID, "not_yet_valid") /* by this machine's clock */                               \
    XX(CROSS_SIGNED, "cross_signed")   /* only as a copy signed by another CA */                   \
    XX(PRESENT, "present")

enum avs_audit_state {
#define XX(name, id) AVS_AUDIT_##name,
    AVS_AUDIT_STATE_MAP(XX)
#undef XX
        AVS_AUDIT_STATE_COUNT
};
const char *avs_audit_state_id(enum avs_audit_state state);

enum avs_audit_kind { AVS_AUDIT_FILE, AVS_AUDIT_FOLDER };

/** Who reads a store; bits. */
enum {
    AVS_AUDIT_BY_SDK = 1 << 0,    /* what the SDK will really use */
    AVS_AUDIT_OPTION = 1 << 1,    /* --ca-file, --ca-path */
    AVS_AUDIT_CONFIG = 1 << 2,    /* libcurlUtils in the SDK's configuration */
    AVS_AUDIT_LIBCURL = 1 << 3,   /* compiled into libcurl */
    AVS_AUDIT_OPENSSL = 1 << 4,   /* OpenSSL's default */
    AVS_AUDIT_CURL_TOOL = 1 << 5, /* a variable that only the curl command reads */
    AVS_AUDIT_SYSTEM = 1 << 6,    /* the distribution's */
};

struct avs_audit_store {
    enum avs_audit_kind kind;
    unsigned readers;
    char path[AVS_AUDIT_PATH_BYTES];
    char named_by[AVS_NAME_BYTES]; /* "libcurlUtils.CURLOPT_CAINFO", "CURL_CA_BUNDLE", ... */
    enum avs_store_state state;
    int os_errno;
    char flaw[AVS_NAME_BYTES]; /* of a CA file that is INVALID: why OpenSSL refuses it */
    size_t certificates;       /* different ones that this store gives to a verifier */
    size_t duplicates;
    size_t bundles; /* of a folder: files of several certificates, which rehash leaves alone */
    /* of a folder: certificate files, those with and without a hash link, and of the latter those
     * that have one by the hash of OpenSSL before 1.0 */
    size_t files, hashed, unhashed, old_hashed;
    enum avs_audit_state ca[AVS_AUDIT_WATCH_COUNT];
    struct avs_audit_nodes nodes;
    dev_t device;
    ino_t inode;
};

struct avs_trust_audit;

/** Fill store->{state,ca,nodes,...} from the disk. False: out of memory. */
bool avs_audit_read_store(struct avs_trust_audit *audit, struct avs_audit_store *store);

/** Note what is wrong with a file by its bytes and mode. */
void avs_audit_find_in_file(struct avs_trust_audit *audit, const char *path,
                            const struct avs_scan_file *file, const struct stat *entry);

/* ---- what its two kinds, file and hashed folder, share ---- */

/** Hashes of all certificates met, to count each once. */
struct avs_audit_seen {
    uint8_t (*hash)[AVS_SCAN_HASH_BYTES];
    size_t count, capacity;
    bool is_out_of_memory;
};

struct avs_audit_reading {
    struct avs_trust_audit *audit;
    struct avs_audit_store *store;
    const char *path;   /* the file being read */
    bool is_found;      /* a verifier finds this file's certificates (a bundle, a hash link) */
    bool is_old_hashed; /* it has a link by the hash of OpenSSL before 1.0 */
    struct avs_audit_seen seen;
};

void avs_audit_remember(struct avs_audit_seen *seen, const uint8_t hash[AVS_SCAN_HASH_BYTES]);
/** Sort, and count the different ones. */
size_t avs_audit_count_different(struct avs_audit_seen *seen);
/** If it is a watched CA: its state, and its place among the store's nodes. */
void avs_audit_note_certificate(struct avs_audit_reading *reading,
                                const struct avs_scan_cert *certificate);
/** The store cannot be opened: note it, where somebody wanted it. */
void avs_audit_store_failed(struct avs_trust_audit *audit, struct avs_audit_store *store,
                            int error);

#endif
