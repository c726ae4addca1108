/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's hook for stores that find certificates by subject when asked. Contract: what is found
 * must be added to the store, and one reference too many must be given back (X509_LOOKUP_meth_new,
 * section NOTES). */
#include "trust/lookup.h"

#include <pthread.h>

#include <openssl/err.h>

struct found {
    X509_STORE *store;
    const X509_NAME *name;
    X509 *first; /* lent by the bundle */
};

/* Equal hashes may be unequal names: those are no answer. All of one subject are added at once, as
 * OpenSSL goes on to choose among them. */
static bool add_to_store(void *user, X509 *certificate) {
    struct found *found = user;
    if (X509_NAME_cmp(X509_get_subject_name(certificate), found->name) != 0) {
        return true;
    }
    if (X509_STORE_add_cert(found->store, certificate) != 1) {
        return false;
    }
    if (!found->first) {
        found->first = certificate;
    }
    return true;
}

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#define NAME X509_NAME
#else
#define NAME const X509_NAME
#endif

static int by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, NAME *name, X509_OBJECT *object) {
    if (type != X509_LU_X509) {
        return 0; /* a bundle with revocation lists is not ordinary, so there are none */
    }
    struct found found = {.store = X509_LOOKUP_get_store(lookup), .name = name};
    bool is_done = avs_bundle_find(X509_LOOKUP_get_method_data(lookup), name, add_to_store, &found);
    if (!is_done || !found.first || X509_OBJECT_set1_X509(object, found.first) != 1) {
        return 0;
    }
    X509_free(found.first); /* the reference too many; the bundle and the store hold theirs */
    return 1;
}

static void free_bundle(X509_LOOKUP *lookup) {
    avs_bundle_free(X509_LOOKUP_get_method_data(lookup));
}

static X509_LOOKUP_METHOD *method;

static void make_method(void) {
    method = X509_LOOKUP_meth_new("PEM bundle, parsed when asked for");
    if (method && (X509_LOOKUP_meth_set_get_by_subject(method, by_subject) != 1 ||
                   X509_LOOKUP_meth_set_free(method, free_bundle) != 1)) {
        X509_LOOKUP_meth_free(method);
        method = NULL;
    }
}

bool avs_lookup_add_bundle(X509_STORE *store, struct avs_bundle *bundle) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    X509_LOOKUP *lookup = method ? X509_STORE_add_lookup(store, method) : NULL;
    if (!lookup || X509_LOOKUP_set_method_data(lookup, bundle) != 1) {
        avs_bundle_free(bundle);
        return false;
    }
    return true;
}
