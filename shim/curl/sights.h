/* SPDX-License-Identifier: Apache-2.0 */
/* What the last handshakes of this thread looked like from inside OpenSSL, since libcurl's code
 * says only that one failed. Nothing here decides: it looks on. Bounded: a few handshakes for each
 * thread, freed with it. */
#ifndef AVS_CURL_SIGHTS_H
#define AVS_CURL_SIGHTS_H

#include <openssl/ssl.h>

#include "evidence/facts.h"

/** For SSL_CTX_set_verify, where there would be no callback: returns `is_fine` as it is. */
int avs_sights_on_verify(int is_fine, X509_STORE_CTX *verification);

/** SSL_connect of libcurl returned `result`. */
void avs_sights_on_connect(SSL *ssl, int result);

/** Lent: the facts of this thread's last handshake with `host`, newest first; NULL = none. Of one
 *  that stood, the leaf alone is known, and the name check is left to the caller. */
const struct avs_tls_facts *avs_sights_find(const char *host);

/** Forget them: they were told. */
void avs_sights_forget(const char *host);

#endif
