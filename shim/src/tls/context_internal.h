/* What engine.c may see of a context. */
#ifndef AVS_TLS_CONTEXT_INTERNAL_H
#define AVS_TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>

#include "tls/context.h"

#define AVS_TLS_ORIGINS_MAX      16 /* origins with a resumable session */
#define AVS_TLS_ORIGIN_KEY_BYTES 320

struct avs_tls_cached_session {
    char origin[AVS_TLS_ORIGIN_KEY_BYTES];
    SSL_SESSION *session;
};

struct avs_tls_context {
    SSL_CTX *ssl_context;
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots;
    bool caches_sessions;
    struct avs_tls_cached_session cache[AVS_TLS_ORIGINS_MAX];
    size_t next_victim;
};

/** Keep `session` (reference taken over) for `origin`, in place of an older one. */
void avs_tls_cache_put(struct avs_tls_context *context, const char *origin, SSL_SESSION *session);

/** Take a session for `origin` out of the cache, NULL if there is none. Caller owns the reference:
 *  tickets are for one use (RFC 8446 appendix C.4); a fresh one comes with each connection. */
SSL_SESSION *avs_tls_cache_take(struct avs_tls_context *context, const char *origin);

/** Set by the engine: called by OpenSSL for every new session. */
int avs_tls_on_new_session(SSL *ssl, SSL_SESSION *session);
/** Set by the engine: alerts and progress of a handshake. */
void avs_tls_on_info(const SSL *ssl, int where, int value);
/** Set by the engine: the server asked for a client certificate; we have none. */
int avs_tls_on_client_cert(SSL *ssl, X509 **ret_certificate, EVP_PKEY **ret_key);

#endif
