/* SPDX-License-Identifier: Apache-2.0 */
/* See sent_chain.h. */
#include "check/sent_chain.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "check/chain.h"
#include "trust/cert.h"
#include "trust/gate.h"
#include "trust/openssl_auto.h"

/* As many as can be read: a damaged one ends the list, as it ends a handshake. */
static STACK_OF(X509) * parse(const struct avs_sent_chain *chain) {
    STACK_OF(X509) *stack = sk_X509_new_null();
    const uint8_t *at = chain->list, *end = chain->list + chain->length;
    ERR_set_mark();
    while (stack && end - at > 3) {
        size_t length = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
        const unsigned char *der = at + 3;
        if (length > (size_t)(end - der)) {
            break;
        }
        X509 *certificate = d2i_X509(NULL, &der, (long)length);
        if (!certificate || sk_X509_push(stack, certificate) <= 0) {
            X509_free(certificate);
            break;
        }
        at += 3 + length;
    }
    ERR_pop_to_mark();
    return stack;
}

bool avs_sent_chain_leaf(const struct avs_sent_chain *chain, struct avs_cert_facts *ret_leaf) {
    AVS_AUTO(x509_stack) stack = parse(chain);
    if (!stack || sk_X509_num(stack) == 0) {
        return false;
    }
    avs_cert_describe(sk_X509_value(stack, 0), chain->ats_roots, ret_leaf);
    return true;
}

bool avs_sent_chain_judge(const struct avs_sent_chain *chain, struct avs_anchors *anchors,
                          struct avs_tls_facts *ret_facts) {
    AVS_AUTO(x509_stack) stack = parse(chain);
    struct avs_gate gate = {
        .anchors = anchors, .ats_roots = chain->ats_roots, .host = chain->host, .facts = ret_facts};
    *ret_facts = (struct avs_tls_facts){.alert_received = -1, .alert_sent = -1};
    return stack && sk_X509_num(stack) > 0 &&
           avs_gate_judge_chain(&gate, sk_X509_value(stack, 0), stack, avs_chain_security_level());
}

/* The gate's policy over another set of anchors: this is for words, no connection hangs on it. */
bool avs_sent_chain_closes_with_ats(const struct avs_sent_chain *chain, bool *ret_closes) {
    AVS_AUTO(x509_stack) stack = parse(chain);
    AVS_AUTO(X509_STORE) store = X509_STORE_new();
    AVS_AUTO(X509_STORE_CTX) verification = X509_STORE_CTX_new();
    if (!stack || sk_X509_num(stack) == 0 || !store || !verification) {
        return false;
    }
    X509 *leaf = sk_X509_value(stack, 0);
    for (size_t i = 0; i < avs_ats_roots_count(chain->ats_roots); i++) {
        X509 *root = avs_ats_roots_certificate(chain->ats_roots, i);
        if (!root || X509_STORE_add_cert(store, root) != 1) {
            return false;
        }
    }
    if (X509_STORE_CTX_init(verification, store, leaf, stack) != 1 ||
        X509_STORE_CTX_set_default(verification, "ssl_server") != 1) {
        return false;
    }
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(verification);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_auth_level(parameters, avs_chain_security_level());
    ERR_set_mark();
    *ret_closes = X509_verify_cert(verification) == 1 && avs_gate_name_matches(leaf, chain->host);
    ERR_pop_to_mark();
    return X509_STORE_CTX_get_error(verification) != X509_V_ERR_OUT_OF_MEM;
}
