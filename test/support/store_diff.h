/* SPDX-License-Identifier: Apache-2.0 */
/* Does our index of a bundle hold exactly what X509_STORE_load_file makes of it? Header only: the
 * unit test and the fuzzer share it. */
#ifndef AVS_TEST_STORE_DIFF_H
#define AVS_TEST_STORE_DIFF_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "trust/bundle.h"

struct store_diff_list {
    X509 *certificate[4096];
    int count;
};

static inline bool store_diff_collect(void *user, X509 *certificate) {
    struct store_diff_list *list = user;
    if (list->count < 4096) {
        list->certificate[list->count++] = certificate;
    }
    return true;
}

/* Those of `all` that are named `name`, in order, each only once (a store drops duplicates). */
static inline void store_diff_named(const struct store_diff_list *all, const X509_NAME *name,
                                    struct store_diff_list *ret_list) {
    ret_list->count = 0;
    for (int i = 0; i < all->count; i++) {
        bool is_known = X509_NAME_cmp(X509_get_subject_name(all->certificate[i]), name) != 0;
        for (int j = 0; !is_known && j < ret_list->count; j++) {
            is_known = X509_cmp(ret_list->certificate[j], all->certificate[i]) == 0;
        }
        if (!is_known) {
            ret_list->certificate[ret_list->count++] = all->certificate[i];
        }
    }
}

/* OpenSSL's loader over the same bytes, as a file; 0 when it refuses. */
static inline int store_diff_load(X509_STORE *store, const void *bytes, size_t length) {
    char path[64];
    int descriptor = memfd_create("bundle", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, bytes, length) != (ssize_t)length) {
        abort();
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    int count = X509_load_cert_crl_file(lookup, path, X509_FILETYPE_PEM);
    ERR_clear_error();
    close(descriptor);
    return count;
}

/* What OpenSSL's loader finds in these bytes, in their order: the order of a store is its sort's,
 * and among equal names the C library's. Free the result. */
static inline STACK_OF(X509_INFO) *
    store_diff_read(const void *bytes, size_t length, struct store_diff_list *ret_list) {
    BIO *bio = BIO_new_mem_buf(bytes, (int)length);
    STACK_OF(X509_INFO) *infos = PEM_X509_INFO_read_bio(bio, NULL, NULL, "");
    BIO_free(bio);
    ERR_clear_error();
    ret_list->count = 0;
    for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
        X509 *certificate = sk_X509_INFO_value(infos, i)->x509;
        if (certificate) {
            store_diff_collect(ret_list, certificate);
        }
    }
    return infos;
}

/* Is all that the store holds among these certificates? */
static inline bool store_diff_holds(X509_STORE *store, const struct store_diff_list *all) {
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        bool is_known = false;
        for (int j = 0; certificate && !is_known && j < all->count; j++) {
            is_known = X509_cmp(certificate, all->certificate[j]) == 0;
        }
        if (!is_known) {
            return false;
        }
    }
    return true;
}

/* NULL when both agree, or when the bundle is left to OpenSSL; else what differs. `ret_is_ours`
 * tells whether our index took the bundle on. */
static inline const char *store_diff(const void *bytes, size_t length, bool *ret_is_ours) {
    char *text = malloc(length + 1);
    struct avs_bundle *bundle = NULL;
    if (!text) {
        abort();
    }
    memcpy(text, bytes, length);
    *ret_is_ours = avs_bundle_from_text(text, length, &bundle) == AVS_BUNDLE_READ;
    if (!*ret_is_ours) {
        return NULL;
    }
    const char *difference = NULL;
    X509_STORE *store = X509_STORE_new();
    static struct store_diff_list theirs, found, ours, wanted;
    if (store_diff_load(store, bytes, length) != (int)avs_bundle_count(bundle)) {
        difference = "OpenSSL counts another number of certificates, or refuses";
    }
    STACK_OF(X509_INFO) *infos = store_diff_read(bytes, length, &theirs);
    if (!difference && !store_diff_holds(store, &theirs)) {
        difference = "OpenSSL's store holds something that is no certificate of the file";
    }
    for (int i = 0; !difference && i < theirs.count; i++) {
        const X509_NAME *name = X509_get_subject_name(theirs.certificate[i]);
        found.count = 0;
        if (!avs_bundle_find(bundle, name, store_diff_collect, &found)) {
            difference = "our index cannot parse a certificate that it took on";
            break;
        }
        store_diff_named(&found, name, &ours);
        store_diff_named(&theirs, name, &wanted);
        if (ours.count != wanted.count) {
            difference = "another number of certificates of one subject";
        }
        for (int j = 0; !difference && j < ours.count; j++) {
            if (X509_cmp(ours.certificate[j], wanted.certificate[j]) != 0) {
                difference = "another certificate, or another order, under one subject";
            }
        }
    }
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    X509_STORE_free(store);
    avs_bundle_free(bundle);
    return difference;
}

#endif
