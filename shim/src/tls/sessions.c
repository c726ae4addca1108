/* SPDX-License-Identifier: Apache-2.0 */
/* The process's resumable sessions: a small table behind a lock, the oldest gives way; and what a
 * connection does with them. */
#include "tls/sessions.h"

#include <pthread.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"

struct entry {
    SSL_SESSION *session; /* NULL = free */
    uint64_t put_number;
    char origin[AVS_TLS_SESSION_ORIGIN_BYTES];
    char store[AVS_TLS_SESSION_STORE_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Behind the lock. */
static struct entry entries[AVS_TLS_SESSIONS_MAX];
static uint64_t put_count;

static bool is_for(const struct entry *entry, const char *store, const char *origin) {
    return entry->session && strcmp(entry->origin, origin) == 0 && strcmp(entry->store, store) == 0;
}

/* The entry for it; else a free one; else the oldest. */
static struct entry *place_for(const char *store, const char *origin) {
    struct entry *place = &entries[0];
    for (size_t i = 0; i < AVS_COUNT(entries); i++) {
        if (is_for(&entries[i], store, origin)) {
            return &entries[i];
        }
        if (place->session && (!entries[i].session || entries[i].put_number < place->put_number)) {
            place = &entries[i];
        }
    }
    return place;
}

void avs_tls_sessions_put(const char *store, const char *origin, SSL_SESSION *session) {
    pthread_mutex_lock(&lock);
    struct entry *place = place_for(store, origin);
    SSL_SESSION *older = place->session;
    AVS_TEXT_SET(place->store, store);
    AVS_TEXT_SET(place->origin, origin);
    place->session = session;
    place->put_number = ++put_count;
    pthread_mutex_unlock(&lock);
    SSL_SESSION_free(older);
}

SSL_SESSION *avs_tls_sessions_take(const char *store, const char *origin) {
    SSL_SESSION *session = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < AVS_COUNT(entries) && !session; i++) {
        if (is_for(&entries[i], store, origin)) {
            session = AVS_STEAL(entries[i].session);
        }
    }
    pthread_mutex_unlock(&lock);
    return session;
}

void avs_tls_resumption_offer(const struct avs_tls_resumption *resumption, SSL *ssl) {
    SSL_SESSION *session = avs_tls_sessions_take(resumption->store, resumption->origin);
    if (session) {
        SSL_set_session(ssl, session);
        SSL_SESSION_free(session);
    }
}

/* A copy, for OpenSSL spoils its own when a connection is cut without TLS's goodbye: that is when
 * resuming pays. What must spoil it calls avs_tls_resumption_spoil. */
void avs_tls_resumption_keep(const struct avs_tls_resumption *resumption, SSL_SESSION *session) {
    SSL_SESSION *copy = resumption->origin[0] ? SSL_SESSION_dup(session) : NULL;
    if (copy) {
        avs_tls_sessions_put(resumption->store, resumption->origin, copy);
    }
}

/* In TLS 1.2 no new session is announced for it, and it serves more than once. */
void avs_tls_resumption_keep_resumed(const struct avs_tls_resumption *resumption, SSL *ssl) {
    if (SSL_session_reused(ssl) == 1 && SSL_version(ssl) == TLS1_2_VERSION) {
        avs_tls_resumption_keep(resumption, SSL_get_session(ssl));
    }
}

void avs_tls_resumption_spoil(const struct avs_tls_resumption *resumption) {
    if (resumption->origin[0]) {
        SSL_SESSION_free(avs_tls_sessions_take(resumption->store, resumption->origin));
    }
}
