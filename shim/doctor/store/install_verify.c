/* SPDX-License-Identifier: Apache-2.0 */
/* Is a root in a store? First as the installer sees it (bytes), in the end as OpenSSL does. */
#include "store/install_verify.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "store/audit_scan.h"
#include "trust/cafile.h"

#define SAME_NAME_MAX 32 /* hash links of one name that are looked through */

struct search {
    uint8_t sha256[AVS_SCAN_HASH_BYTES];
    bool is_found;
};

static void on_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct search *search = user;
    if (memcmp(certificate->sha256, search->sha256, AVS_SCAN_HASH_BYTES) == 0) {
        search->is_found = true;
    }
}

/** 1 in the file, 0 not in it, -1 there is no such file. */
static int search_file(const struct avs_sysroot *root, const char *path, const char *sha256) {
    struct search search = {.is_found = false};
    struct avs_scan_file file;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(root, path, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL)) {
        return -1;
    }
    return avs_scan_hash_from_hex(sha256, search.sha256) &&
           avs_scan_bytes(data, length, on_certificate, &search, &file) && search.is_found;
}

static void on_taken(void *user, const uint8_t *der, size_t length) {
    struct avs_scan_cert certificate;
    if (avs_scan_der(der, length, &certificate)) {
        on_certificate(user, &certificate);
    }
}

/* In a bundle that OpenSSL refuses there is nothing, whatever its text holds. */
bool avs_install_is_in_bundle(const struct avs_sysroot *root, const char *bundle,
                              const struct avs_ats_root *wanted) {
    struct search search = {.is_found = false};
    struct avs_cafile file;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    return avs_scan_hash_from_hex(wanted->sha256, search.sha256) &&
           avs_sysroot_read(root, bundle, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL) &&
           avs_cafile_read(data, length, on_taken, &search, &file) && search.is_found;
}

enum avs_status avs_install_check_bundle(const struct avs_sysroot *root, const char *bundle,
                                         struct avs_error *reterr) {
    struct avs_cafile file;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(root, bundle, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL)) {
        return AVS_OK; /* there is none yet */
    }
    AVS_REQUIRE_MEMORY(avs_cafile_read(data, length, NULL, NULL, &file), reterr);
    if (file.is_taken || file.line == 0) { /* what holds no block yet can be added to */
        return AVS_OK;
    }
    return avs_fail(reterr, AVS_ERR_TRUST,
                    "%s is refused by OpenSSL, all of it: %s. Mend that line or put a whole bundle "
                    "there; adding to it would not help.",
                    bundle, file.flaw);
}

bool avs_install_is_in_folder(const struct avs_sysroot *root, const char *folder,
                              const struct avs_install_root *wanted, unsigned *ret_free) {
    for (unsigned number = 0; number < SAME_NAME_MAX; number++) {
        char name[AVS_SYSROOT_NAME_BYTES];
        char path[AVS_SYSROOT_PATH_BYTES];
        snprintf(name, sizeof(name), "%08x.%u", wanted->name_hash, number);
        if (!avs_sysroot_join(path, folder, name)) {
            break;
        }
        int found = search_file(root, path, wanted->root->sha256);
        if (found < 0) {
            *ret_free = number;
            return false;
        }
        if (found > 0) {
            return true;
        }
    }
    *ret_free = SAME_NAME_MAX;
    return false;
}

enum avs_status avs_install_look(const struct avs_trust_install *install,
                                 const struct avs_install_root *root, bool *ret_found,
                                 struct avs_error *reterr) {
    bool is_found = install->bundle_count + install->folder_count > 0;
    unsigned unused = 0;
    (void)reterr;
    for (size_t i = 0; is_found && i < install->bundle_count; i++) {
        is_found = avs_install_is_in_bundle(&install->root, install->bundle[i], root->root);
    }
    for (size_t i = 0; is_found && i < install->folder_count; i++) {
        is_found = avs_install_is_in_folder(&install->root, install->folder[i], root, &unused);
    }
    *ret_found = is_found;
    return AVS_OK;
}

struct first {
    struct avs_scan_cert certificate;
    X509_NAME *subject;
    size_t count;
};

static void on_first(void *user, const struct avs_scan_cert *certificate) {
    struct first *first = user;
    if (first->count++ == 0) {
        const uint8_t *at = certificate->subject.bytes;
        first->certificate = *certificate;
        first->subject = d2i_X509_NAME(NULL, &at, (long)certificate->subject.length);
    }
}

enum avs_status avs_install_check_root(struct avs_install_root *root, struct avs_error *reterr) {
    struct first first = {.count = 0};
    struct avs_scan_file file;
    uint8_t wanted[AVS_SCAN_HASH_BYTES];
    const char *pem = root->root->pem;
    if (!avs_scan_bytes(pem, strlen(pem), on_first, &first, &file)) {
        return avs_fail_memory(reterr);
    }
    bool is_good = first.count == 1 && first.subject &&
                   avs_scan_hash_from_hex(root->root->sha256, wanted) &&
                   memcmp(wanted, first.certificate.sha256, sizeof(wanted)) == 0;
    if (is_good) {
        root->name_hash = (uint32_t)X509_NAME_hash(first.subject);
    }
    X509_NAME_free(first.subject);
    if (!is_good) {
        return avs_fail(reterr, AVS_ERR_TRUST,
                        "the certificate of %s does not have the fingerprint %s", root->root->name,
                        root->root->sha256);
    }
    return AVS_OK;
}

/* ---- OpenSSL's verdict ---- */

AVS_DEFINE_AUTO(install_store, X509_STORE, X509_STORE_free);
AVS_DEFINE_AUTO(install_context, X509_STORE_CTX, X509_STORE_CTX_free);
AVS_DEFINE_AUTO(install_x509, X509, X509_free);
AVS_DEFINE_AUTO(install_bio, BIO, BIO_free_all);

static void free_infos(STACK_OF(X509_INFO) * infos) {
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
}
AVS_DEFINE_AUTO(install_infos, STACK_OF(X509_INFO), free_infos);

static enum avs_status load_bundle(const struct avs_trust_install *install, const char *path,
                                   X509_STORE *store, struct avs_error *reterr) {
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(&install->root, path, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL)) {
        return avs_fail(reterr, AVS_ERR_TRUST, "%s cannot be read back", path);
    }
    AVS_AUTO(install_bio) bio = BIO_new_mem_buf(data, (int)length);
    AVS_REQUIRE_MEMORY(bio, reterr);
    AVS_AUTO(install_infos) infos = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
    for (int i = 0; infos && i < sk_X509_INFO_num(infos); i++) {
        const X509_INFO *info = sk_X509_INFO_value(infos, i);
        if (info->x509 && X509_STORE_add_cert(store, info->x509) != 1) {
            ERR_clear_error(); /* a duplicate on older OpenSSL */
        }
    }
    ERR_clear_error();
    return AVS_OK;
}

static enum avs_status verify_root(const char *bundle, X509_STORE *store,
                                   const struct avs_ats_root *root, struct avs_error *reterr) {
    AVS_AUTO(install_bio) bio = BIO_new_mem_buf(root->pem, -1);
    AVS_REQUIRE_MEMORY(bio, reterr);
    AVS_AUTO(install_x509) certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    AVS_AUTO(install_context) context = X509_STORE_CTX_new();
    if (!certificate || !context || X509_STORE_CTX_init(context, store, certificate, NULL) != 1) {
        return avs_fail_memory(reterr);
    }
    /* Is it found as an anchor, as libcurl looks: a cross-signed copy before it does no harm. A
     * clock that is not set yet is another matter. */
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context) != 1) {
        return avs_fail(reterr, AVS_ERR_TRUST, "OpenSSL does not find %s in %s: %s", root->name,
                        bundle, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    return AVS_OK;
}

enum avs_status avs_install_verify(const struct avs_trust_install *install,
                                   struct avs_error *reterr) {
    for (size_t i = 0; i < install->bundle_count; i++) { /* why nothing is found in it */
        AVS_TRY(avs_install_check_bundle(&install->root, install->bundle[i], reterr));
    }
    for (size_t i = 0; i < install->root_count; i++) {
        bool is_found = false;
        AVS_TRY(avs_install_look(install, &install->roots[i], &is_found, reterr));
        if (!is_found) {
            return avs_fail(reterr, AVS_ERR_TRUST, "%s is not in the store afterwards",
                            install->roots[i].root->name);
        }
    }
    for (size_t i = 0; i < install->bundle_count; i++) {
        AVS_AUTO(install_store) store = X509_STORE_new();
        AVS_REQUIRE_MEMORY(store, reterr);
        AVS_TRY(load_bundle(install, install->bundle[i], store, reterr));
        for (size_t j = 0; j < install->root_count; j++) {
            AVS_TRY(verify_root(install->bundle[i], store, install->roots[j].root, reterr));
        }
    }
    return AVS_OK;
}
