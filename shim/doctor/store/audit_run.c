/* SPDX-License-Identifier: Apache-2.0 */
/* One audit: find the stores, say which of them the SDK gets, read them, sum up. */
#include "store/audit_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/audit_clock.h"
#include "store/audit_folder.h"
#include "store/audit_libs.h"
#include "store/install_distro.h"
#include "trust/capath.h"

#define CERT_DIRS_MAX 8 /* folders read of a CA path */

/* The first issuing CA of the current pools was made on 2022-08-23. */
#define ISSUING_CAS_NOT_BEFORE 1661212800

AVS_DEFINE_AUTO(avs_trust_audit, struct avs_trust_audit, avs_trust_audit_free);

/* Once; the same file named twice gets both readers. NULL when the table is full. */
static struct avs_audit_store *add_store(struct avs_trust_audit *audit, enum avs_audit_kind kind,
                                         const char *path, unsigned readers, const char *named_by) {
    char absolute[AVS_SYSROOT_PATH_BYTES];
    struct stat entry;
    if (!path || !path[0] || !avs_sysroot_absolute(&audit->root, path, absolute)) {
        return NULL;
    }
    bool exists = avs_sysroot_stat(&audit->root, absolute, &entry) == 0;
    for (size_t i = 0; i < audit->store_count; i++) {
        struct avs_audit_store *known = &audit->store[i];
        bool is_same = strcmp(known->path, absolute) == 0 ||
                       (exists && known->inode == entry.st_ino && known->device == entry.st_dev);
        if (is_same && known->kind == kind) {
            known->readers |= readers;
            return known;
        }
    }
    if (audit->store_count == AVS_AUDIT_STORES_MAX) {
        return NULL;
    }
    struct avs_audit_store *store = &audit->store[audit->store_count++];
    *store = (struct avs_audit_store){.kind = kind, .readers = readers};
    AVS_TEXT_SET(store->path, absolute);
    AVS_TEXT_SET(store->named_by, named_by);
    if (exists) {
        store->device = entry.st_dev;
        store->inode = entry.st_ino;
    }
    return store;
}

/* ---- which stores there are ---- */

/** What libcurl opens when nobody names a store. */
struct defaults {
    const char *ca_file, *ca_path;
    const char *openssl_file, *openssl_folder;
};

/** A CA path may be a list, "a:b": each folder is a store of its own. */
static void add_path(struct avs_trust_audit *audit, const char *path, unsigned readers,
                     const char *named_by) {
    char folder[AVS_CAPATH_FOLDER_BYTES];
    const char *rest = path ? path : "";
    for (size_t i = 0; i < CERT_DIRS_MAX && avs_capath_next(&rest, folder); i++) {
        add_store(audit, AVS_AUDIT_FOLDER, folder, readers, named_by);
    }
}

static void add_sdk_stores(struct avs_trust_audit *audit, const struct avs_audit_request *request,
                           const struct defaults *defaults) {
    bool is_guess = audit->knows_store_by_guess;
    const unsigned option = AVS_AUDIT_BY_SDK | AVS_AUDIT_OPTION;
    const unsigned config = AVS_AUDIT_BY_SDK | AVS_AUDIT_CONFIG;
    if (request->ca_file || request->ca_path) { /* just these: the question was about them */
        add_store(audit, AVS_AUDIT_FILE, request->ca_file, option, "--ca-file");
        add_path(audit, request->ca_path, option, "--ca-path");
        return;
    }
    /* libcurl's own file stays in force beside a configured path, and the other way round */
    if (request->config_ca_file) {
        avs_audit_find(audit, AVS_FINDING_CAINFO_RELEASE, request->config_file, "%s",
                       request->config_ca_file);
        add_store(audit, AVS_AUDIT_FILE, request->config_ca_file, config,
                  "libcurlUtils.CURLOPT_CAINFO");
    } else {
        add_store(audit, AVS_AUDIT_FILE, defaults->ca_file, AVS_AUDIT_BY_SDK | AVS_AUDIT_LIBCURL,
                  is_guess ? "the distribution" : "libcurl's built-in CA file");
    }
    if (request->config_ca_path) {
        add_path(audit, request->config_ca_path, config, "libcurlUtils.CURLOPT_CAPATH");
    } else {
        add_path(audit, defaults->ca_path, AVS_AUDIT_BY_SDK | AVS_AUDIT_LIBCURL,
                 is_guess ? "the distribution" : "libcurl's built-in CA path");
    }
}

static void add_default_stores(struct avs_trust_audit *audit, const struct defaults *defaults) {
    add_store(audit, AVS_AUDIT_FILE, defaults->ca_file, AVS_AUDIT_LIBCURL,
              "libcurl's built-in CA file");
    add_path(audit, defaults->ca_path, AVS_AUDIT_LIBCURL, "libcurl's built-in CA path");
    if (avs_sysroot_is_file(&audit->root, defaults->openssl_file)) {
        add_store(audit, AVS_AUDIT_FILE, defaults->openssl_file, AVS_AUDIT_OPENSSL,
                  "OpenSSL's default file");
    }
    if (avs_sysroot_is_folder(&audit->root, defaults->openssl_folder)) {
        add_store(audit, AVS_AUDIT_FOLDER, defaults->openssl_folder, AVS_AUDIT_OPENSSL,
                  "OpenSSL's default path");
    }
}

static void add_system_stores(struct avs_trust_audit *audit) {
    const struct avs_distro *distro = avs_distro_detect(&audit->root);
    for (size_t i = 0; i < AVS_DISTRO_PLACES_MAX; i++) {
        if (distro->bundle[i] && avs_sysroot_is_file(&audit->root, distro->bundle[i])) {
            add_store(audit, AVS_AUDIT_FILE, distro->bundle[i], AVS_AUDIT_SYSTEM,
                      "the distribution");
        }
        if (distro->folder[i] && avs_sysroot_is_folder(&audit->root, distro->folder[i])) {
            add_store(audit, AVS_AUDIT_FOLDER, distro->folder[i], AVS_AUDIT_SYSTEM,
                      "the distribution");
        }
    }
}

static void add_tool_store(struct avs_trust_audit *audit, const char *variable, const char *path,
                           bool may_be_folder) {
    if (!path || !path[0]) {
        return;
    }
    bool is_folder = may_be_folder && avs_sysroot_is_folder(&audit->root, path);
    struct avs_audit_store *store = add_store(audit, is_folder ? AVS_AUDIT_FOLDER : AVS_AUDIT_FILE,
                                              path, AVS_AUDIT_CURL_TOOL, variable);
    if (store && !(store->readers & AVS_AUDIT_BY_SDK)) { /* else both see the same store */
        AVS_TEXT_SET(store->named_by, variable);
        avs_audit_find(audit, AVS_FINDING_TOOL_ONLY, variable, "%s", path);
    }
}

static void add_tool_stores(struct avs_trust_audit *audit,
                            const struct avs_audit_machine *machine) {
    add_tool_store(audit, "CURL_CA_BUNDLE", machine->env_curl_ca_bundle, true);
    add_tool_store(audit, "SSL_CERT_FILE", machine->env_ssl_cert_file, false);
    char folder[AVS_CAPATH_FOLDER_BYTES];
    const char *rest = machine->env_ssl_cert_dir ? machine->env_ssl_cert_dir : "";
    for (size_t i = 0; i < CERT_DIRS_MAX && avs_capath_next(&rest, folder); i++) {
        add_tool_store(audit, "SSL_CERT_DIR", folder, true);
    }
}

/** What the first libcurl is, and which others there are: another one may be what the SDK loads. */
static void tell_libraries(struct avs_trust_audit *audit,
                           const struct avs_audit_libraries *libraries) {
    const struct avs_audit_curl *curl = &libraries->curl[0];
    AVS_TEXT_SET(audit->curl_version, curl->version);
    AVS_TEXT_SET(audit->curl_backend, curl->backend);
    AVS_TEXT_SET(audit->curl_library, curl->path);
    audit->reads_whole_folder = curl->reads_whole_folder;
    audit->lacks_http2 = !curl->has_http2 && curl->version[0];
    for (size_t i = 1; i < libraries->curl_count; i++) {
        const struct avs_audit_curl *other = &libraries->curl[i];
        avs_audit_find(audit, AVS_FINDING_CURL_ANOTHER, other->path, "%s%s%s%s%s%s",
                       other->version[0] ? other->version : "version unknown",
                       other->backend[0] ? ", " : "", other->backend,
                       other->has_http2 ? "" : ", without HTTP/2",
                       other->ca_file[0] ? ", CA file " : "", other->ca_file);
    }
}

/** What the bytes of the libraries say, else where the distribution keeps its store. */
static void ask_libraries(struct avs_trust_audit *audit, struct avs_audit_libraries *libraries) {
    const struct avs_distro *distro = avs_distro_detect(&audit->root);
    struct avs_audit_curl *curl = &libraries->curl[0];
    avs_audit_read_libraries(&audit->root, libraries);
    if (libraries->curl_count > 0) {
        tell_libraries(audit, libraries);
        return;
    }
    audit->knows_store_by_guess = true;
    for (size_t i = 0; i < AVS_DISTRO_PLACES_MAX; i++) {
        if (!curl->ca_file[0] && distro->bundle[i] &&
            avs_sysroot_is_file(&audit->root, distro->bundle[i])) {
            AVS_TEXT_SET(curl->ca_file, distro->bundle[i]);
        }
    }
    for (size_t i = 0; i < AVS_DISTRO_PLACES_MAX && !curl->ca_file[0]; i++) {
        if (!curl->ca_path[0] && distro->folder[i] &&
            avs_sysroot_is_folder(&audit->root, distro->folder[i])) {
            AVS_TEXT_SET(curl->ca_path, distro->folder[i]);
        }
    }
}

static void take_machine(struct avs_trust_audit *audit, const struct avs_audit_machine *machine) {
    AVS_TEXT_SET(audit->curl_version, machine->curl_version);
    AVS_TEXT_SET(audit->curl_backend, machine->curl_backend);
    AVS_TEXT_SET(audit->curl_library, machine->curl_library);
    audit->reads_whole_folder = machine->reads_whole_folder;
    audit->lacks_http2 = !machine->has_http2 && audit->curl_version[0];
}

static void find_openssl(struct avs_trust_audit *audit, const struct avs_audit_libraries *libraries,
                         char file[AVS_SYSROOT_PATH_BYTES], char folder[AVS_SYSROOT_PATH_BYTES]) {
    if (!audit->is_sysroot) {
        avs_text_copy(file, AVS_SYSROOT_PATH_BYTES, X509_get_default_cert_file());
        avs_text_copy(folder, AVS_SYSROOT_PATH_BYTES, X509_get_default_cert_dir());
    } else if (libraries->openssl_folder[0]) {
        avs_sysroot_join(file, libraries->openssl_folder, "cert.pem");
        avs_sysroot_join(folder, libraries->openssl_folder, "certs");
    }
}

static void find_stores(struct avs_trust_audit *audit, const struct avs_audit_request *request) {
    struct avs_audit_libraries libraries = {.curl_count = 0};
    char file[AVS_SYSROOT_PATH_BYTES] = "", folder[AVS_SYSROOT_PATH_BYTES] = "";
    struct defaults defaults = {.openssl_file = file, .openssl_folder = folder};
    const struct avs_audit_machine *machine = audit->is_sysroot ? NULL : request->machine;
    bool is_told = machine && machine->knows_ca_defaults;
    if (!is_told) { /* a sysroot, or a libcurl before 7.70: its bytes know */
        ask_libraries(audit, &libraries);
        defaults.ca_file = libraries.curl[0].ca_file;
        defaults.ca_path = libraries.curl[0].ca_path;
    }
    find_openssl(audit, &libraries, file, folder);
    if (machine) {
        take_machine(audit, machine);
    }
    if (is_told) {
        defaults.ca_file = machine->curl_ca_file;
        defaults.ca_path = machine->curl_ca_path;
    }
    add_sdk_stores(audit, request, &defaults);
    audit->has_sdk_store = audit->store_count > 0;
    if (!audit->has_sdk_store) {
        avs_audit_find(audit,
                       audit->knows_store_by_guess ? AVS_FINDING_STORE_NOT_FOUND
                                                   : AVS_FINDING_NO_DEFAULT_STORE,
                       audit->knows_store_by_guess ? "/" : audit->curl_library, "%s", "");
    }
    if (audit->lacks_http2) {
        avs_audit_find(audit, AVS_FINDING_CURL_NO_HTTP2, audit->curl_library, "%s",
                       audit->curl_version);
    }
    add_default_stores(audit, &defaults);
    add_system_stores(audit);
    if (machine) {
        add_tool_stores(audit, machine);
    }
}

/* ---- summing up ---- */

static void note_deselected(struct avs_trust_audit *audit) {
    const struct avs_distro *distro = avs_distro_detect(&audit->root);
    for (size_t i = 0; i < audit->store_count && distro->conf; i++) {
        struct avs_audit_store *store = &audit->store[i];
        bool is_built_from_conf = strncmp(store->path, "/etc/ssl/", 9) == 0 ||
                                  (store->readers & (AVS_AUDIT_SYSTEM | AVS_AUDIT_LIBCURL));
        for (size_t ca = 0; is_built_from_conf && ca < AVS_AUDIT_WATCH_COUNT; ca++) {
            if (store->ca[ca] == AVS_AUDIT_ABSENT && audit->is_deselected[ca]) {
                store->ca[ca] = AVS_AUDIT_DESELECTED;
            }
        }
    }
}

static void note_cross_copies(struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        for (size_t ca = 0; ca < AVS_ATS_ROOT_COUNT; ca++) {
            if (store->ca[ca] == AVS_AUDIT_CROSS_SIGNED) {
                avs_audit_find(audit, AVS_FINDING_CROSS_COPY, store->path, "%s",
                               audit->watches.row[ca].name);
            }
        }
    }
}

static void join_sdk_stores(struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        if (!(store->readers & AVS_AUDIT_BY_SDK)) {
            continue;
        }
        bool is_bad = store->state == AVS_STORE_UNREADABLE || store->state == AVS_STORE_INVALID;
        if (store->kind == AVS_AUDIT_FILE && is_bad) {
            audit->is_sdk_store_broken = true;
        }
        for (size_t ca = 0; ca < AVS_AUDIT_WATCH_COUNT; ca++) {
            if (store->ca[ca] > audit->sdk[ca]) {
                audit->sdk[ca] = store->ca[ca];
            }
        }
        for (size_t j = 0; j < store->nodes.count; j++) {
            struct avs_audit_nodes *nodes = &audit->sdk_nodes;
            if (nodes->count < AVS_AUDIT_NODES_MAX) {
                nodes->node[nodes->count++] = store->nodes.node[j];
            }
        }
    }
    if (audit->is_sdk_store_broken) { /* libcurl error 77: nothing verifies */
        audit->sdk_nodes.count = 0;
    }
}

static void judge_shapes(struct avs_trust_audit *audit) {
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
            audit->shape[i][policy] = avs_audit_shape_verifies(
                &audit->sdk_nodes, &avs_audit_shape_table[i], (enum avs_audit_policy)policy);
        }
    }
}

static void count_required(struct avs_trust_audit *audit) {
    for (size_t ca = 0; ca < AVS_AUDIT_WATCH_COUNT; ca++) {
        if (audit->watches.row[ca].role == AVS_AUDIT_REQUIRED) {
            audit->required_count++;
            audit->usable_count +=
                audit->sdk[ca] == AVS_AUDIT_PRESENT && !audit->is_sdk_store_broken;
        }
    }
}

/** What a CA path lacks, or the curl command reads besides, does no harm where the SDK gets every
 *  root all the same. */
static void soften_harmless(struct avs_trust_audit *audit) {
    static const enum avs_audit_finding_id harmless[] = {
        AVS_FINDING_FOLDER_UNHASHED, AVS_FINDING_FOLDER_OLD_HASH, AVS_FINDING_FOLDER_BUNDLE_ONLY,
        AVS_FINDING_TOOL_ONLY};
    for (size_t i = 0; avs_trust_audit_is_usable(audit) && i < audit->finding_count; i++) {
        for (size_t j = 0; j < AVS_COUNT(harmless); j++) {
            if (audit->finding[i].id == harmless[j]) {
                audit->finding[i].severity = AVS_SEVERITY_INFO;
            }
        }
    }
}

static void judge_clock(struct avs_trust_audit *audit) {
    char text[32];
    avs_audit_read_clock(audit);
    if (!audit->is_sysroot && audit->now_unix < avs_clock_build_time()) {
        avs_text_utc(text, sizeof(text), audit->now_unix);
        avs_audit_find(audit, AVS_FINDING_CLOCK, "this machine", "%s", text);
    } else if (audit->is_sysroot && audit->first_boot_unix < ISSUING_CAS_NOT_BEFORE) {
        avs_text_utc(text, sizeof(text), audit->first_boot_unix);
        avs_audit_find(audit, AVS_FINDING_CLOCK, "first boot",
                       "without a clock battery it starts at %s (%s)", text,
                       audit->first_boot_unix ? audit->first_boot_source : "no date in the image");
    }
}

enum avs_status avs_audit_run(const struct avs_audit_request *request,
                              struct avs_trust_audit **ret_audit, struct avs_error *reterr) {
    AVS_AUTO(avs_trust_audit) audit = calloc(1, sizeof(*audit));
    AVS_REQUIRE_MEMORY(audit, reterr);
    audit->root.fd = -1;
    audit->is_sysroot = request->sysroot != NULL;
    audit->now_unix = request->now_unix ? request->now_unix : avs_clock_wall_ms() / 1000;
    audit->is_verbose = request->is_verbose;
    AVS_TEXT_SET(audit->config_file, request->config_file);
    AVS_TEXT_SET(audit->ca_file, request->ca_file);
    AVS_TEXT_SET(audit->ca_path, request->ca_path);
    AVS_TRY(avs_sysroot_open(request->sysroot, &audit->root, reterr));
    if (audit->is_sysroot) {
        audit->root.is_machine = false; /* also "--sysroot /" executes nothing */
    }
    if (!avs_audit_watches_init(&audit->watches)) {
        return avs_fail_memory(reterr);
    }
    find_stores(audit, request);
    for (size_t i = 0; i < audit->store_count; i++) {
        if (!avs_audit_read_store(audit, &audit->store[i])) {
            return avs_fail_memory(reterr);
        }
    }
    if (!avs_audit_read_folders(audit)) {
        return avs_fail_memory(reterr);
    }
    note_deselected(audit);
    note_cross_copies(audit);
    join_sdk_stores(audit);
    judge_shapes(audit);
    count_required(audit);
    soften_harmless(audit);
    judge_clock(audit);
    *ret_audit = AVS_STEAL(audit);
    return AVS_OK;
}
