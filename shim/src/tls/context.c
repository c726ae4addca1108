/* SPDX-License-Identifier: Apache-2.0 */
/* TLS policy. Owns no connection. */
#include "tls/context.h"

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "tls/context_internal.h"
#include "trust/gate.h"

static enum avs_status set_policy(SSL_CTX *ssl_context, bool caches_sessions,
                                  struct avs_error *reterr) {
    /* A stricter openssl.cnf (MinProtocol) stays in force; 0 = it asks for nothing. */
    if (SSL_CTX_get_min_proto_version(ssl_context) < TLS1_2_VERSION &&
        SSL_CTX_set_min_proto_version(ssl_context, TLS1_2_VERSION) != 1) {
        return avs_fail(reterr, AVS_ERR_INTERNAL, "OpenSSL does not support TLS 1.2");
    }
    /* The stand-alone diagnosis of truncation is ours: an end without close_notify must be seen. */
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF /* OpenSSL 1.1.1 cannot overlook it */
    SSL_CTX_clear_options(ssl_context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    SSL_CTX_set_options(ssl_context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ssl_context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ssl_context, 1);
    SSL_CTX_set_info_callback(ssl_context, avs_tls_on_info);
    SSL_CTX_set_client_cert_cb(ssl_context, avs_tls_on_client_cert);
    if (caches_sessions) {
        SSL_CTX_set_session_cache_mode(ssl_context,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ssl_context, avs_tls_on_new_session);
    } else {
        SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
    }
    avs_gate_prepare(ssl_context);
    return AVS_OK;
}

static enum avs_status make_ssl_context(bool caches_sessions, SSL_CTX **ret_ssl_context,
                                        struct avs_error *reterr) {
    SSL_CTX *ssl_context = SSL_CTX_new(TLS_client_method());
    AVS_REQUIRE_MEMORY(ssl_context, reterr);
    enum avs_status status = set_policy(ssl_context, caches_sessions, reterr);
    if (status != AVS_OK) {
        SSL_CTX_free(ssl_context);
        return status;
    }
    *ret_ssl_context = ssl_context;
    return AVS_OK;
}

/* All contexts that resume sessions share one SSL_CTX of 20 kB: the policy is the same for all,
 * trust store, host and time are each connection's own (avs_gate_attach), and so is the cache's
 * key. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static SSL_CTX *shared; /* behind the lock, as long as it has users */
static size_t shared_users;

static enum avs_status share_ssl_context(SSL_CTX **ret_ssl_context, struct avs_error *reterr) {
    pthread_mutex_lock(&shared_lock);
    enum avs_status status = shared ? AVS_OK : make_ssl_context(true, &shared, reterr);
    if (status == AVS_OK) {
        shared_users++;
        *ret_ssl_context = shared;
    }
    pthread_mutex_unlock(&shared_lock);
    return status;
}

static void unshare_ssl_context(void) {
    pthread_mutex_lock(&shared_lock);
    if (--shared_users == 0) {
        SSL_CTX_free(AVS_STEAL(shared));
    }
    pthread_mutex_unlock(&shared_lock);
}

enum avs_status avs_tls_context_new(const struct avs_tls_context_options *options,
                                    struct avs_tls_context **ret_context,
                                    struct avs_error *reterr) {
    struct avs_tls_context *context = calloc(1, sizeof(*context));
    AVS_REQUIRE_MEMORY(context, reterr);
    enum avs_status status = options->caches_sessions
                                 ? share_ssl_context(&context->ssl_context, reterr)
                                 : make_ssl_context(false, &context->ssl_context, reterr);
    if (status != AVS_OK) {
        free(context);
        return status;
    }
    context->owners = 1;
    context->anchors = avs_anchors_ref(options->anchors);
    context->ats_roots = options->ats_roots;
    context->caches_sessions = options->caches_sessions;
    struct avs_store_facts store;
    avs_anchors_describe(context->anchors, &store);
    avs_text_format(context->store_tag, sizeof(context->store_tag), "%s\n%s", store.ca_file,
                    store.ca_path);
    *ret_context = context;
    return AVS_OK;
}

struct avs_tls_context *avs_tls_context_ref(struct avs_tls_context *context) {
    context->owners++;
    return context;
}

void avs_tls_context_unref(struct avs_tls_context *context) {
    if (!context || --context->owners > 0) {
        return;
    }
    if (context->caches_sessions) {
        unshare_ssl_context();
    } else {
        SSL_CTX_free(context->ssl_context);
    }
    avs_anchors_unref(context->anchors);
    free(context);
}
