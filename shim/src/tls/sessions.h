/* SPDX-License-Identifier: Apache-2.0 */
/* Resumable sessions, in memory, for the whole process: a device's SDK makes a new connection
 * object for every reconnect, and that is when resuming pays. Shared between threads.
 *
 * Sharing is safe because a resumed session is judged again (avs_gate_recheck): with the trust
 * store, the host and the time of the connection that resumes it. The store is part of the key all
 * the same, so that no connection is offered a session that its own store would then refuse. */
#ifndef AVS_TLS_SESSIONS_H
#define AVS_TLS_SESSIONS_H

#include <openssl/ssl.h>

#include <avs/evidence.h>

#define AVS_TLS_SESSIONS_MAX         16
#define AVS_TLS_SESSION_ORIGIN_BYTES 320
#define AVS_TLS_SESSION_STORE_BYTES  (2 * AVS_NAME_BYTES + 8)

/** Keep `session` (reference taken over), in place of an older one for the same store and origin.
 *  Thread: any. */
void avs_tls_sessions_put(const char *store, const char *origin, SSL_SESSION *session);

/** Take a session out, NULL if there is none. Caller owns the reference: tickets are for one use
 *  (RFC 8446 appendix C.4); a fresh one comes with each connection. Thread: any. */
SSL_SESSION *avs_tls_sessions_take(const char *store, const char *origin);

/** One connection's part in it. */
struct avs_tls_resumption {
    const char *store;                         /* tag of its trust store, borrowed */
    char origin[AVS_TLS_SESSION_ORIGIN_BYTES]; /* empty = it resumes nothing and keeps nothing */
};

/** Before the handshake: offer the server the session that is kept, if there is one. */
void avs_tls_resumption_offer(const struct avs_tls_resumption *resumption, SSL *ssl);

/** Keep a copy of `session`, of a connection that is proven. */
void avs_tls_resumption_keep(const struct avs_tls_resumption *resumption, SSL_SESSION *session);

/** The handshake is done and proven: keep what it resumed, where that serves again. */
void avs_tls_resumption_keep_resumed(const struct avs_tls_resumption *resumption, SSL *ssl);

/** The connection died of an alert: its session must not be resumed (RFC 5246 section 7.2.2). */
void avs_tls_resumption_spoil(const struct avs_tls_resumption *resumption);

#endif
