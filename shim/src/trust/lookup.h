/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's hook for stores that find certificates by subject when asked: a bundle behind it. */
#ifndef AVS_TRUST_LOOKUP_H
#define AVS_TRUST_LOOKUP_H

#include <stdbool.h>

#include <openssl/x509_vfy.h>

#include "trust/bundle.h"

/** Let `store` find what is in `bundle`. Takes the bundle over, also on failure: the store frees it
 *  with itself. One bundle for each store. False: out of memory. */
bool avs_lookup_add_bundle(X509_STORE *store, struct avs_bundle *bundle);

#endif
