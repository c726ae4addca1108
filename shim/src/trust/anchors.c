/* A loaded trust store. */
#include "trust/anchors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/text.h"
#include "trust/openssl_auto.h"

struct avs_anchors {
    atomic_uint references;
    X509_STORE *store;
    struct avs_trust_facts facts; /* store_* only */
};

static enum avs_status fail_store(struct avs_trust_facts *facts, enum avs_store_state state,
                                  int os_errno, const char *path, const char *detail,
                                  struct avs_error *reterr) {
    static const struct {
        enum avs_status status;
        enum avs_cause cause;
    } rows[AVS_STORE_COUNT] = {
        [AVS_STORE_OK] = {AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL},
        [AVS_STORE_UNREADABLE] = {AVS_ERR_CA_FILE_UNREADABLE, AVS_CAUSE_CA_FILE_UNREADABLE},
        [AVS_STORE_INVALID] = {AVS_ERR_CA_FILE_INVALID, AVS_CAUSE_CA_FILE_INVALID},
        [AVS_STORE_NOT_HASHED] = {AVS_ERR_CA_PATH_NOT_HASHED, AVS_CAUSE_CA_PATH_NOT_HASHED},
    };
    facts->store_state = state;
    facts->store_errno = os_errno;
    AVS_TEXT_SET(facts->store_detail, detail);
    return avs_fail_errno(reterr, rows[state].status, rows[state].cause, os_errno, "%s: %s", path,
                          detail);
}

/* The first bytes tell what somebody saved in place of a PEM bundle. */
static const char *guess_content(const char *path) {
    unsigned char head[64] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor >= 0 ? read(descriptor, head, sizeof(head)) : -1;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (length == 0) {
        return "the file is empty";
    }
    if (length > 2 && head[0] == 0x30 && head[1] >= 0x81 && head[1] <= 0x83) {
        return "the file is DER; a PEM bundle is needed (openssl x509 -inform DER -in FILE)";
    }
    if (length > 0 && (avs_text_contains_nocase(head, (size_t)length, "<html") ||
                       avs_text_contains_nocase(head, (size_t)length, "<!doctype"))) {
        return "the file is an HTML page; a download failed and its error page was saved";
    }
    return "no certificate in PEM form, or a damaged block in it";
}

static enum avs_status load_file(X509_STORE *store, const char *path, struct avs_trust_facts *facts,
                                 struct avs_error *reterr) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status = {0};
    int os_errno = descriptor < 0 || fstat(descriptor, &status) != 0 ? errno : 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (os_errno == 0 && S_ISDIR(status.st_mode)) {
        os_errno = EISDIR;
    }
    if (os_errno != 0) {
        return fail_store(facts, AVS_STORE_UNREADABLE, os_errno, path, strerror(os_errno), reterr);
    }
    ERR_set_mark();
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    int count = lookup ? X509_load_cert_crl_file(lookup, path, X509_FILETYPE_PEM) : 0;
    ERR_pop_to_mark();
    if (count <= 0) {
        return fail_store(facts, AVS_STORE_INVALID, 0, path, guess_content(path), reterr);
    }
    facts->store_count = count;
    return AVS_OK;
}

/* OpenSSL finds a certificate as HASH.NUMBER and by no other name. */
static bool is_hash_link(const char *name) {
    return strspn(name, "0123456789abcdef") >= 8 && name[8] == '.' && name[9] >= '0' &&
           name[9] <= '9';
}

static enum avs_status check_path(const char *path, bool has_file, struct avs_trust_facts *facts,
                                  struct avs_error *reterr) {
    DIR *directory = opendir(path);
    if (!directory) {
        int os_errno = errno;
        if (has_file) { /* as libcurl has it: a missing directory only matters when it is alone */
            avs_text_format(facts->store_detail, sizeof(facts->store_detail), "CA path: %s",
                            strerror(os_errno));
            return AVS_OK;
        }
        return fail_store(facts, AVS_STORE_UNREADABLE, os_errno, path, strerror(os_errno), reterr);
    }
    size_t hashed = 0;
    size_t others = 0;
    for (struct dirent *entry; hashed == 0 && (entry = readdir(directory));) {
        hashed += is_hash_link(entry->d_name);
        others += entry->d_name[0] != '.';
    }
    closedir(directory);
    if (hashed > 0) {
        return AVS_OK;
    }
    char detail[AVS_NAME_BYTES];
    avs_text_format(detail, sizeof(detail),
                    "the CA directory holds %zu files and no hash link, so nothing in it is found; "
                    "run openssl rehash on it, or name one file as CA file",
                    others);
    if (has_file) {
        AVS_TEXT_SET(facts->store_detail, detail);
        return AVS_OK;
    }
    return fail_store(facts, AVS_STORE_NOT_HASHED, 0, path, detail, reterr);
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
    struct avs_trust_facts *facts = &anchors->facts;
    AVS_TEXT_SET(facts->store_source, options->source ? options->source : "openssl");
    AVS_TEXT_SET(facts->ca_file, options->ca_file);
    AVS_TEXT_SET(facts->ca_path, options->ca_path);
    if (options->ca_file) {
        AVS_TRY(load_file(anchors->store, options->ca_file, facts, reterr));
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

enum avs_status avs_anchors_load(const struct avs_anchors_options *options,
                                 struct avs_trust_facts *ret_facts,
                                 struct avs_anchors **ret_anchors, struct avs_error *reterr) {
    struct avs_anchors_options defaults = default_options();
    if (!options->ca_file && !options->ca_path) {
        options = &defaults;
    }
    AVS_AUTO(avs_anchors) anchors = calloc(1, sizeof(*anchors));
    AVS_REQUIRE_MEMORY(anchors, reterr);
    atomic_init(&anchors->references, 1);
    anchors->store = X509_STORE_new();
    AVS_REQUIRE_MEMORY(anchors->store, reterr);
    enum avs_status status = fill(anchors, options, reterr);
    if (ret_facts) {
        avs_anchors_describe(anchors, ret_facts);
    }
    AVS_TRY(status);
    *ret_anchors = AVS_STEAL(anchors);
    return AVS_OK;
}

struct avs_anchors *avs_anchors_ref(struct avs_anchors *anchors) {
    atomic_fetch_add(&anchors->references, 1);
    return anchors;
}

void avs_anchors_unref(struct avs_anchors *anchors) {
    if (anchors && atomic_fetch_sub(&anchors->references, 1) == 1) {
        X509_STORE_free(anchors->store);
        free(anchors);
    }
}

void avs_anchors_describe(const struct avs_anchors *anchors, struct avs_trust_facts *ret_facts) {
    const struct avs_trust_facts *known = &anchors->facts;
    ret_facts->store_state = known->store_state;
    ret_facts->store_errno = known->store_errno;
    ret_facts->store_count = known->store_count;
    AVS_TEXT_SET(ret_facts->store_source, known->store_source);
    AVS_TEXT_SET(ret_facts->store_detail, known->store_detail);
    AVS_TEXT_SET(ret_facts->ca_file, known->ca_file);
    AVS_TEXT_SET(ret_facts->ca_path, known->ca_path);
}

X509_STORE *avs_anchors_store(const struct avs_anchors *anchors) {
    return anchors->store;
}
