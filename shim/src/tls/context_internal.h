/* SPDX-License-Identifier: Apache-2.0 */
/* What engine.c may see of a context. */
#ifndef AVS_TLS_CONTEXT_INTERNAL_H
#define AVS_TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>

#include "tls/context.h"
#include "tls/sessions.h"

struct avs_tls_context {
    size_t owners;
    SSL_CTX *ssl_context;
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots;
    bool caches_sessions;
    char store_tag[AVS_TLS_SESSION_STORE_BYTES]; /* which trust store its sessions go with */
};

/** Set by the engine: called by OpenSSL for every new session. */
int avs_tls_on_new_session(SSL *ssl, SSL_SESSION *session);
/** Set by the engine: alerts and progress of a handshake. */
void avs_tls_on_info(const SSL *ssl, int where, int value);
/** Set by the engine: the server asked for a client certificate. */
int avs_tls_on_client_cert(SSL *ssl, X509 **ret_certificate, EVP_PKEY **ret_key);

#endif
