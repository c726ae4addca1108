/* TLS policy. Owns no connection. */
#include "tls/context.h"

#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "tls/context_internal.h"
#include "trust/gate.h"

static enum avs_status set_policy(struct avs_tls_context *context, struct avs_error *reterr) {
    SSL_CTX *ssl_context = context->ssl_context;
    if (SSL_CTX_set_min_proto_version(ssl_context, TLS1_2_VERSION) != 1) {
        return avs_fail(reterr, AVS_ERR_INTERNAL, "OpenSSL does not support TLS 1.2");
    }
    /* The stand-alone diagnosis of truncation is ours: an end without close_notify must be seen. */
    SSL_CTX_clear_options(ssl_context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_options(ssl_context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ssl_context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ssl_context, 1);
    SSL_CTX_set_info_callback(ssl_context, avs_tls_on_info);
    SSL_CTX_set_client_cert_cb(ssl_context, avs_tls_on_client_cert);
    if (context->caches_sessions) {
        SSL_CTX_set_session_cache_mode(ssl_context,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ssl_context, avs_tls_on_new_session);
    } else {
        SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
    }
    avs_gate_prepare(ssl_context);
    return AVS_OK;
}

enum avs_status avs_tls_context_new(const struct avs_tls_context_options *options,
                                    struct avs_tls_context **ret_context,
                                    struct avs_error *reterr) {
    struct avs_tls_context *context = calloc(1, sizeof(*context));
    AVS_REQUIRE_MEMORY(context, reterr);
    context->ssl_context = SSL_CTX_new(TLS_client_method());
    if (!context->ssl_context) {
        free(context);
        return avs_fail_memory(reterr);
    }
    context->anchors = avs_anchors_ref(options->anchors);
    context->ats_roots = options->ats_roots;
    context->caches_sessions = options->caches_sessions;
    struct avs_trust_facts store;
    memset(&store, 0, sizeof(store));
    avs_anchors_describe(context->anchors, &store);
    avs_text_format(context->store_tag, sizeof(context->store_tag), "%s\n%s", store.ca_file,
                    store.ca_path);
    enum avs_status status = set_policy(context, reterr);
    if (status != AVS_OK) {
        avs_tls_context_free(context);
        return status;
    }
    *ret_context = context;
    return AVS_OK;
}

void avs_tls_context_free(struct avs_tls_context *context) {
    if (!context) {
        return;
    }
    SSL_CTX_free(context->ssl_context);
    avs_anchors_unref(context->anchors);
    free(context);
}

void avs_tls_context_forget_sessions(struct avs_tls_context *context) {
    avs_tls_sessions_forget(context->store_tag);
}
