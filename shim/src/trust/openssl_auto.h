/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred cleanup for the OpenSSL objects that trust/ handles. */
#ifndef AVS_TRUST_OPENSSL_AUTO_H
#define AVS_TRUST_OPENSSL_AUTO_H

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/flow.h"

static inline void avs_x509_stack_free(STACK_OF(X509) * certificates) {
    sk_X509_pop_free(certificates, X509_free);
}

AVS_DEFINE_AUTO(BIO, BIO, BIO_free_all);
AVS_DEFINE_AUTO(X509, X509, X509_free);
AVS_DEFINE_AUTO(X509_STORE, X509_STORE, X509_STORE_free);
AVS_DEFINE_AUTO(X509_STORE_CTX, X509_STORE_CTX, X509_STORE_CTX_free);
AVS_DEFINE_AUTO(x509_stack, STACK_OF(X509), avs_x509_stack_free);
AVS_DEFINE_AUTO(general_names, GENERAL_NAMES, GENERAL_NAMES_free);

#endif
