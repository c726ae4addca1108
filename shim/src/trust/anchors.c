/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded trust store: an index over the bundle, OpenSSL's own lookup for hashed directories, and
 * a registry so that one process loads one store once. */
#include "trust/anchors.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/text.h"
#include "evidence/store.h"
#include "trust/bundle.h"
#include "trust/cafile.h"
#include "trust/capath.h"
#include "trust/cert.h"
#include "trust/lookup.h"
#include "trust/openssl_auto.h"

/* When one of these changes on disk, what was loaded is stale. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

struct avs_anchors {
    unsigned references; /* behind registry_lock */
    struct avs_anchors *next;
    X509_STORE *store;
    struct avs_bundle *bundle; /* the store's; NULL where OpenSSL loaded the CA file itself */
    struct identity *places;   /* the CA file, then each folder of the CA path */
    size_t place_count;
    char *key; /* source, file and path as they were asked for */
    struct avs_store_facts facts;
};

static enum avs_status fail_store(struct avs_store_facts *facts, enum avs_store_state state,
                                  int os_errno, const char *path, const char *detail,
                                  struct avs_error *reterr) {
    static const enum avs_status statuses[AVS_STORE_COUNT] = {
        [AVS_STORE_OK] = AVS_ERR_INTERNAL,
        [AVS_STORE_UNREADABLE] = AVS_ERR_CA_FILE_UNREADABLE,
        [AVS_STORE_INVALID] = AVS_ERR_CA_FILE_INVALID,
        [AVS_STORE_NOT_HASHED] = AVS_ERR_CA_PATH_NOT_HASHED,
    };
    facts->state = state;
    facts->os_errno = os_errno;
    AVS_TEXT_SET(facts->detail, detail);
    return avs_fail_errno(reterr, statuses[state], avs_store_cause(state), os_errno, "%s: %s", path,
                          detail);
}

/* Read a regular file whole; NULL with errno 0 when it is larger than the index takes on. */
static char *read_whole(const char *path, size_t *ret_length, bool *ret_is_memory) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status = {0};
    *ret_is_memory = false;
    if (descriptor < 0) {
        return NULL;
    }
    int os_errno = fstat(descriptor, &status) != 0 ? errno : 0;
    size_t size = status.st_size > 0 ? (size_t)status.st_size : 0;
    char *text = NULL;
    size_t length = 0;
    if (os_errno == 0 && size <= AVS_BUNDLE_BYTES_MAX) {
        text = malloc(size + 1);
        *ret_is_memory = !text;
        /* one byte more than it had: a file that grows meanwhile is read again by OpenSSL */
        for (ssize_t got = 1; text && got > 0 && length <= size; length += (size_t)got) {
            got = read(descriptor, text + length, size + 1 - length);
            if (got < 0) {
                os_errno = errno;
                free(text);
                text = NULL;
                break;
            }
        }
    }
    close(descriptor);
    if (length > size) {
        free(text);
        text = NULL;
    }
    *ret_length = length;
    errno = os_errno;
    return text;
}

/* What is ordinary is indexed and parsed when asked for; the rest is OpenSSL's to load or refuse.
 */
static enum avs_status add_indexed(struct avs_anchors *anchors, char *text, size_t length,
                                   bool *ret_is_unusual, struct avs_error *reterr) {
    struct avs_bundle *bundle = NULL;
    enum avs_bundle_result result = avs_bundle_from_text(text, length, &bundle);
    *ret_is_unusual = result == AVS_BUNDLE_UNUSUAL;
    if (result == AVS_BUNDLE_UNUSUAL) {
        return AVS_OK;
    }
    AVS_REQUIRE_MEMORY(result == AVS_BUNDLE_READ, reterr);
    anchors->facts.count = (int)avs_bundle_count(bundle);
    AVS_REQUIRE_MEMORY(avs_lookup_add_bundle(anchors->store, bundle), reterr);
    anchors->bundle = bundle;
    return AVS_OK;
}

/* OpenSSL refused the file: what is wrong with it, and where. */
static enum avs_status fail_invalid(struct avs_store_facts *facts, const char *path,
                                    struct avs_error *reterr) {
    struct avs_cafile file = {.flaw = ""};
    size_t length = 0;
    bool is_memory = false;
    AVS_AUTO(char) text = read_whole(path, &length, &is_memory);
    if (!text || !avs_cafile_read(text, length, NULL, NULL, &file) || file.is_taken) {
        AVS_TEXT_SET(file.flaw, "no certificate in PEM form, or a damaged block in it");
    }
    facts->line = (int)file.line;
    return fail_store(facts, AVS_STORE_INVALID, 0, path, file.flaw, reterr);
}

static enum avs_status load_whole(struct avs_anchors *anchors, const char *path,
                                  struct avs_error *reterr) {
    ERR_set_mark();
    X509_LOOKUP *lookup = X509_STORE_add_lookup(anchors->store, X509_LOOKUP_file());
    int count = lookup ? X509_load_cert_crl_file(lookup, path, X509_FILETYPE_PEM) : 0;
    ERR_pop_to_mark();
    if (count <= 0) {
        return fail_invalid(&anchors->facts, path, reterr);
    }
    anchors->facts.count = count;
    return AVS_OK;
}

static enum avs_status load_file(struct avs_anchors *anchors, const char *path,
                                 struct avs_error *reterr) {
    struct stat status;
    int os_errno = stat(path, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
    if (os_errno == 0 && S_ISREG(status.st_mode)) { /* a pipe is read once: by OpenSSL */
        size_t length = 0;
        bool is_memory = false;
        bool is_unusual = true;
        char *text = read_whole(path, &length, &is_memory);
        os_errno = text ? 0 : errno;
        AVS_REQUIRE_MEMORY(!is_memory, reterr);
        if (text) {
            AVS_TRY(add_indexed(anchors, text, length, &is_unusual, reterr));
        }
        if (!is_unusual) {
            return AVS_OK;
        }
    }
    if (os_errno != 0) {
        const char *detail = os_errno == EISDIR
                                 ? "it is a directory; a CA file is one PEM bundle, so "
                                   "name it as the CA path"
                                 : strerror(os_errno);
        return fail_store(&anchors->facts, AVS_STORE_UNREADABLE, os_errno, path, detail, reterr);
    }
    return load_whole(anchors, path, reterr);
}

static enum avs_status check_path(const char *path, bool has_file, struct avs_store_facts *facts,
                                  struct avs_error *reterr) {
    struct avs_capath found;
    avs_capath_look(path, &found);
    if (found.is_usable || (has_file && path[0])) {
        /* as libcurl has it: beside a CA file it matters only when a root is missing */
        avs_text_format(facts->detail, sizeof(facts->detail), "%s%.200s",
                        found.detail[0] ? "CA path: " : "", found.detail);
        facts->ca_path_useless = !found.is_usable && (found.files > 0 || found.os_errno == ENOTDIR);
        return AVS_OK;
    }
    return found.is_open ? fail_store(facts, AVS_STORE_NOT_HASHED, 0, path, found.detail, reterr)
                         : fail_store(facts, AVS_STORE_UNREADABLE, found.os_errno, path,
                                      found.detail, reterr);
}

/* OpenSSL's own defaults: what is missing is left out, as X509_STORE_set_default_paths does. */
static struct avs_anchors_options default_options(void) {
    struct avs_anchors_options options = {.source = "openssl"};
    const char *file = secure_getenv(X509_get_default_cert_file_env());
    const char *path = secure_getenv(X509_get_default_cert_dir_env());
    file = file ? file : X509_get_default_cert_file();
    path = path ? path : X509_get_default_cert_dir();
    options.ca_file = access(file, F_OK) == 0 ? file : NULL;
    options.ca_path = path;
    return options;
}

static enum avs_status fill(struct avs_anchors *anchors, const struct avs_anchors_options *options,
                            struct avs_error *reterr) {
    struct avs_store_facts *facts = &anchors->facts;
    anchors->store = X509_STORE_new();
    AVS_REQUIRE_MEMORY(anchors->store, reterr);
    if (options->ca_file) {
        AVS_TRY(load_file(anchors, options->ca_file, reterr));
    }
    if (options->ca_path) {
        AVS_TRY(check_path(options->ca_path, options->ca_file, facts, reterr));
        X509_LOOKUP *lookup = X509_STORE_add_lookup(anchors->store, X509_LOOKUP_hash_dir());
        if (!lookup || X509_LOOKUP_add_dir(lookup, options->ca_path, X509_FILETYPE_PEM) != 1) {
            return avs_fail_memory(reterr);
        }
    }
    return AVS_OK;
}

/* All zero when there is nothing there; a failure to look is left to the loading. */
static struct identity identify(const char *path) {
    struct identity identity;
    struct stat status;
    memset(&identity, 0, sizeof(identity)); /* padding too: identities are compared as bytes */
    if (stat(path, &status) == 0) {
        identity.device = status.st_dev;
        identity.inode = status.st_ino;
        identity.size = status.st_size;
        identity.modified = status.st_mtim;
        identity.changed = status.st_ctim;
    }
    return identity;
}

static void free_anchors(struct avs_anchors *anchors) {
    X509_STORE_free(anchors->store);
    free(anchors->places);
    free(anchors->key);
    free(anchors);
}

static bool identify_all(struct avs_anchors *anchors, const char *file, const char *path) {
    char folder[AVS_CAPATH_FOLDER_BYTES];
    size_t count = 1;
    for (const char *rest = path; avs_capath_next(&rest, folder);) {
        count++;
    }
    anchors->places = calloc(count, sizeof(*anchors->places));
    if (!anchors->places) {
        return false;
    }
    anchors->places[anchors->place_count++] = identify(file);
    for (const char *rest = path; avs_capath_next(&rest, folder);) {
        anchors->places[anchors->place_count++] = identify(folder);
    }
    return true;
}

static struct avs_anchors *anchors_new(const struct avs_anchors_options *options) {
    struct avs_anchors *anchors = calloc(1, sizeof(*anchors));
    const char *file = options->ca_file ? options->ca_file : "";
    const char *path = options->ca_path ? options->ca_path : "";
    size_t bytes = strlen(options->source) + strlen(file) + strlen(path) + 3;
    if (!anchors) {
        return NULL;
    }
    anchors->key = malloc(bytes);
    if (!anchors->key || !identify_all(anchors, file, path)) {
        free_anchors(anchors);
        return NULL;
    }
    avs_text_format(anchors->key, bytes, "%s\n%s\n%s", options->source, file, path);
    anchors->references = 1;
    AVS_TEXT_SET(anchors->facts.source, options->source);
    AVS_TEXT_SET(anchors->facts.ca_file, file);
    AVS_TEXT_SET(anchors->facts.ca_path, path);
    return anchors;
}

AVS_DEFINE_AUTO(anchors_draft, struct avs_anchors, free_anchors);

/* Every store that somebody holds. It lends no reference itself: the last holder frees. */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct avs_anchors *registry;

static struct avs_anchors *find_same(const struct avs_anchors *draft) {
    for (struct avs_anchors *it = registry; it; it = it->next) {
        if (strcmp(it->key, draft->key) == 0 && /* and so the same number of places */
            memcmp(it->places, draft->places, it->place_count * sizeof(*it->places)) == 0) {
            return it;
        }
    }
    return NULL;
}

/* The one that is registered already, or `draft` itself, now registered (and NULL where it was). */
static struct avs_anchors *share(struct avs_anchors **draft, bool must_exist) {
    pthread_mutex_lock(&registry_lock);
    struct avs_anchors *shared = find_same(*draft);
    if (shared) {
        shared->references++;
    } else if (!must_exist) {
        shared = AVS_STEAL(*draft);
        shared->next = registry;
        registry = shared;
    }
    pthread_mutex_unlock(&registry_lock);
    return shared;
}

enum avs_status avs_anchors_load(const struct avs_anchors_options *options,
                                 struct avs_store_facts *ret_facts,
                                 struct avs_anchors **ret_anchors, struct avs_error *reterr) {
    struct avs_anchors_options chosen =
        options->ca_file || options->ca_path ? *options : default_options();
    chosen.source = chosen.source ? chosen.source : "openssl";
    AVS_AUTO(anchors_draft) draft = anchors_new(&chosen);
    AVS_REQUIRE_MEMORY(draft, reterr);
    struct avs_anchors *shared = share(&draft, true);
    enum avs_status status = shared ? AVS_OK : fill(draft, &chosen, reterr);
    if (ret_facts) {
        avs_anchors_describe(shared ? shared : draft, ret_facts);
    }
    AVS_TRY(status);
    *ret_anchors = shared ? shared : share(&draft, false);
    return AVS_OK;
}

struct avs_anchors *avs_anchors_ref(struct avs_anchors *anchors) {
    pthread_mutex_lock(&registry_lock);
    anchors->references++;
    pthread_mutex_unlock(&registry_lock);
    return anchors;
}

void avs_anchors_unref(struct avs_anchors *anchors) {
    if (!anchors) {
        return;
    }
    pthread_mutex_lock(&registry_lock);
    bool is_last = --anchors->references == 0;
    if (is_last) {
        struct avs_anchors **link = &registry;
        while (*link != anchors) {
            link = &(*link)->next;
        }
        *link = anchors->next;
    }
    pthread_mutex_unlock(&registry_lock);
    if (is_last) {
        free_anchors(anchors);
    }
}

void avs_anchors_describe(const struct avs_anchors *anchors, struct avs_store_facts *ret_facts) {
    *ret_facts = anchors->facts;
}

static bool is_root_of(const X509 *certificate, const char *organization) {
    const X509_NAME *subject = X509_get_subject_name(certificate);
    char name[AVS_NAME_BYTES];
    avs_cert_organization(subject, name, sizeof(name));
    return organization[0] && strcmp(name, organization) == 0 &&
           X509_NAME_cmp(subject, X509_get_issuer_name(certificate)) == 0;
}

bool avs_anchors_has_root_of(const struct avs_anchors *anchors, const char *organization) {
    bool is_found = false;
    for (size_t i = 0; anchors->bundle && !is_found && i < avs_bundle_count(anchors->bundle); i++) {
        const X509 *certificate = avs_bundle_certificate(anchors->bundle, i);
        is_found = certificate && is_root_of(certificate, organization);
    }
    X509_STORE_lock(anchors->store);
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(anchors->store);
    for (int i = 0; !is_found && i < sk_X509_OBJECT_num(objects); i++) {
        const X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        is_found = certificate && is_root_of(certificate, organization);
    }
    X509_STORE_unlock(anchors->store);
    return is_found;
}

X509_STORE *avs_anchors_store(const struct avs_anchors *anchors) {
    return anchors->store;
}

struct avs_bundle *avs_anchors_bundle(const struct avs_anchors *anchors) {
    return anchors->bundle;
}
