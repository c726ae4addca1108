/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's own picture of a device's trust stores: filled by audit_*.c, put into words by
 * audit_text.c and audit_json.c. Facts only; the public door is <avs/store.h>. */
#ifndef AVS_TRUST_AUDIT_H
#define AVS_TRUST_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>

#include <avs/store.h>

#include "store/audit_findings.h"
#include "store/audit_scan.h"
#include "store/sysroot.h"
#include "trust/roots.h"

#define AVS_AUDIT_STORES_MAX   16
#define AVS_AUDIT_FINDINGS_MAX 128 /* kept with their text; the rest is counted */
#define AVS_AUDIT_NODES_MAX    64
#define AVS_AUDIT_EXTRA_COUNT  5
#define AVS_AUDIT_WATCH_COUNT  (AVS_ATS_ROOT_COUNT + AVS_AUDIT_EXTRA_COUNT)

/* ---- the CAs that we look for ---- */

enum avs_audit_role {
    AVS_AUDIT_REQUIRED,
    AVS_AUDIT_INFORMATION, /* Starfield Class 2 */
    AVS_AUDIT_LOOK_ALIKE,  /* never counts */
    AVS_AUDIT_LEGACY,      /* VeriSign G5 */
    AVS_AUDIT_COMPANION,   /* other hosts that a device needs, the login for one */
};

struct avs_audit_watch {
    const char *name;
    const char *sha256; /* of the self-signed certificate, upper-case hex */
    enum avs_audit_role role;
    const char *note; /* one line, "" for the required ones */
    uint8_t spki_sha256[AVS_SCAN_HASH_BYTES];
    uint8_t certificate_sha256[AVS_SCAN_HASH_BYTES];
    uint8_t *subject; /* DER, only for the ATS roots: finds the same name over another key */
    size_t subject_length;
};

struct avs_audit_watches {
    struct avs_audit_watch row[AVS_AUDIT_WATCH_COUNT]; /* the ATS roots first, in their order */
};

/** Build the table from the embedded roots and the extra rows. False: out of memory. */
bool avs_audit_watches_init(struct avs_audit_watches *watches);
void avs_audit_watches_done(struct avs_audit_watches *watches);
/** Index of the CA with this key, -1 = not watched. */
int avs_audit_watch_by_key(const struct avs_audit_watches *watches,
                           const uint8_t spki_sha256[AVS_SCAN_HASH_BYTES]);
/** Index of the ATS root with this subject, -1 = none. */
int avs_audit_watch_by_subject(const struct avs_audit_watches *watches,
                               struct avs_scan_slice subject);
const char *avs_audit_role_id(enum avs_audit_role role);

/* ---- stores ---- */

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

/** A watched certificate of a store. */
struct avs_audit_node {
    int subject, issuer; /* index into the watches, issuer -1 = some other CA */
    bool is_self_issued;
};

struct avs_audit_nodes {
    struct avs_audit_node node[AVS_AUDIT_NODES_MAX];
    size_t count;
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

/* ---- which chains verify ---- */

enum avs_audit_policy {                     /* see audit_shapes.c */
                        AVS_POLICY_LIBCURL, /* OpenSSL, trusted first, partial chain */
                        AVS_POLICY_OPENSSL, /* OpenSSL's default: the anchor must be self-signed */
                        AVS_POLICY_STRICT, /* GnuTLS-like: the path as it was sent, no alternates */
                        AVS_POLICY_COUNT
};
const char *avs_audit_policy_id(enum avs_audit_policy policy);

#define AVS_SHAPE_CHAIN_MAX 2 /* cross-signed certificates behind the issuing CA */
struct avs_audit_shape {
    const char *id;
    const char *text;                                /* what the server sends */
    const char *family;                              /* "RSA", "ECDSA" */
    int issuer;                                      /* watch that signed the issuing CA */
    struct avs_audit_node sent[AVS_SHAPE_CHAIN_MAX]; /* cross-signed certificates, in order */
    size_t sent_count;
    bool is_current; /* AWS sends it today */
};
extern const struct avs_audit_shape avs_audit_shape_table[];
extern const size_t avs_audit_shape_count;
#define AVS_AUDIT_SHAPES_MAX 20

/** Would a chain of this shape verify with these certificates as the store? */
bool avs_audit_shape_verifies(const struct avs_audit_nodes *store,
                              const struct avs_audit_shape *shape, enum avs_audit_policy policy);

/* ---- dates ahead ---- */

struct avs_trust_audit;
struct avs_audit_forecast {
    const char *date; /* "2027-04-15" */
    unsigned needed;  /* bit i = ATS root i must be in the store to be unharmed, 0 = no matter */
    const char *what, *advice, *source;
};
extern const struct avs_audit_forecast avs_audit_forecast_table[];
extern const size_t avs_audit_forecast_count;
/** Names of the needed roots that the SDK would not get, comma separated; "" = unharmed. */
void avs_audit_forecast_missing(const struct avs_trust_audit *audit,
                                const struct avs_audit_forecast *forecast, char *ret_names,
                                size_t capacity);
/** Unix time of "YYYY-MM" or "YYYY-MM-DD". */
int64_t avs_audit_date(const char *date);

/* ---- the whole ---- */

/** What the caller knows about this machine and the audit cannot ask (layers). Strings borrowed. */
struct avs_audit_machine {
    const char *curl_version, *curl_backend, *curl_library; /* NULL where unknown */
    const char *curl_ca_file, *curl_ca_path;
    bool knows_ca_defaults;
    bool reads_whole_folder; /* a TLS backend that needs no hash links: GnuTLS, mbedTLS, wolfSSL */
    bool has_http2;
    const char *env_curl_ca_bundle, *env_ssl_cert_file, *env_ssl_cert_dir;
};

struct avs_audit_request {
    const char *sysroot; /* NULL = this machine */
    const char *ca_file, *ca_path;
    const char *config_file;
    const char *config_ca_file, *config_ca_path; /* what the configuration says */
    bool is_verbose;                             /* the text lists everything */
    int64_t now_unix;
    const struct avs_audit_machine *machine; /* ignored with a sysroot */
};

struct avs_trust_audit {
    struct avs_sysroot root;
    struct avs_audit_watches watches;
    int64_t now_unix;
    bool is_sysroot;
    bool is_verbose;
    /* as the caller named them, "" = not; for the next command */
    char config_file[AVS_AUDIT_PATH_BYTES], ca_file[AVS_AUDIT_PATH_BYTES],
        ca_path[AVS_AUDIT_PATH_BYTES];
    struct avs_audit_store store[AVS_AUDIT_STORES_MAX];
    size_t store_count;
    struct avs_audit_finding finding[AVS_AUDIT_FINDINGS_MAX];
    size_t finding_count, finding_dropped;
    bool is_deselected[AVS_AUDIT_WATCH_COUNT]; /* by ca-certificates.conf */
    /* what the SDK gets: the CA file and the CA path together */
    enum avs_audit_state sdk[AVS_AUDIT_WATCH_COUNT];
    struct avs_audit_nodes sdk_nodes;
    bool is_sdk_store_broken; /* the CA file cannot be loaded: error 77 whatever else there is */
    bool has_sdk_store;
    size_t required_count, usable_count;
    bool shape[AVS_AUDIT_SHAPES_MAX][AVS_POLICY_COUNT];
    char curl_version[64], curl_backend[64], curl_library[AVS_AUDIT_PATH_BYTES];
    bool lacks_http2; /* this libcurl, as far as it can be told */
    char distribution[64];
    const char *package;       /* the distribution's command for its bundle, NULL = none known */
    bool reads_whole_folder;   /* see avs_audit_machine */
    bool knows_store_by_guess; /* a sysroot whose libcurl was not found */
    /* the clock */
    bool has_clock_battery;
    int64_t first_boot_unix; /* where a sysroot's clock starts, 0 = 1970 */
    char first_boot_source[AVS_NAME_BYTES];
};

/** Fill store->{state,ca,nodes,...} from the disk. False: out of memory. */
bool avs_audit_read_store(struct avs_trust_audit *audit, struct avs_audit_store *store);

/** Note what is wrong with a file by its bytes and mode. */
void avs_audit_find_in_file(struct avs_trust_audit *audit, const char *path,
                            const struct avs_scan_file *file, const struct stat *entry);

/** Add a store once; the same file named twice gets both readers. NULL when the table is full. */
struct avs_audit_store *avs_audit_add_store(struct avs_trust_audit *audit, enum avs_audit_kind kind,
                                            const char *path, unsigned readers,
                                            const char *named_by);

/** The folders from which the distribution builds its bundle: junk and deselected CAs. */
bool avs_audit_read_folders(struct avs_trust_audit *audit);

#define AVS_AUDIT_CURLS_MAX 6

/** One libcurl, as its bytes tell. Empty strings when not found. */
struct avs_audit_curl {
    char path[AVS_AUDIT_PATH_BYTES];
    char ca_file[AVS_AUDIT_PATH_BYTES], ca_path[AVS_AUDIT_PATH_BYTES];
    char version[64];
    const char *backend;     /* "OpenSSL", "GnuTLS", ...; "" = not told */
    bool reads_whole_folder; /* linked with another TLS library than OpenSSL */
    bool has_http2;
    dev_t device;
    ino_t inode;
};

/** The libcurls of a sysroot, the one that the SDK is most likely to load first, and where its
 *  OpenSSL looks. */
struct avs_audit_libraries {
    struct avs_audit_curl curl[AVS_AUDIT_CURLS_MAX];
    size_t curl_count;
    char openssl_folder[AVS_AUDIT_PATH_BYTES];
};
void avs_audit_read_libraries(const struct avs_sysroot *root, struct avs_audit_libraries *ret);

void avs_audit_read_clock(struct avs_trust_audit *audit);

AVS_NODISCARD enum avs_status avs_audit_run(const struct avs_audit_request *request,
                                            struct avs_trust_audit **ret_audit,
                                            struct avs_error *reterr);

#endif
