/* SPDX-License-Identifier: Apache-2.0 */
/* The gate. */
#include "trust/gate.h"

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/text.h"
#include "trust/cert.h"
#include "trust/explain.h"
#include "trust/openssl_auto.h"
#include "trust/validity.h"

#define NAME_FLAGS (X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

/* An SSL finds its gate through ex_data; the index is made once for the process. */
static int ex_data_index = -1;

static void make_index(void) {
    ex_data_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static int gate_index(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_index);
    return ex_data_index;
}

/* "host." is "host": the final dot is DNS notation and no part of a certificate's name. */
static void plain_host(const char *host, char *field, size_t capacity) {
    size_t length = strlen(host);
    avs_text_copy_bytes(field, capacity, host,
                        length > 1 && host[length - 1] == '.' ? length - 1 : length);
}

bool avs_gate_name_matches(X509 *leaf, const char *host) {
    char name[AVS_NAME_BYTES];
    plain_host(host, name, sizeof(name));
    ERR_set_mark();
    int result = avs_text_is_ip_literal(name) ? X509_check_ip_asc(leaf, name, NAME_FLAGS)
                                              : X509_check_host(leaf, name, 0, NAME_FLAGS, NULL);
    ERR_pop_to_mark();
    return result == 1;
}

static void note_chain(const struct avs_gate *gate, X509 *leaf, STACK_OF(X509) * sent) {
    struct avs_tls_facts *facts = gate->facts;
    facts->chain_length = 0;
    for (int i = 0; i < sk_X509_num(sent) && facts->chain_length < AVS_CHAIN_MAX; i++) {
        avs_cert_describe(sk_X509_value(sent, i), gate->ats_roots,
                          &facts->chain[facts->chain_length++]);
    }
    facts->hostname_matched = leaf && gate->host && avs_gate_name_matches(leaf, gate->host);
}

/* The verified path, leaf first: where it ends, and whether an Amazon key is in it. */
static void note_path(const struct avs_gate *gate, STACK_OF(X509) * path) {
    struct avs_trust_facts *trust = &gate->facts->trust;
    int length = sk_X509_num(path);
    for (int i = 0; i < length; i++) {
        uint8_t key[AVS_SHA256_BYTES];
        int ats = avs_cert_spki_digest(sk_X509_value(path, i), key)
                      ? avs_ats_roots_find_key(gate->ats_roots, key)
                      : -1;
        if (ats >= 0) { /* the one nearest to the anchor stays */
            trust->gate.is_ats = true;
            AVS_TEXT_SET(trust->gate.ats_root, avs_ats_roots_name(gate->ats_roots, (size_t)ats));
        }
    }
    if (length > 0) {
        X509 *anchor = sk_X509_value(path, length - 1);
        struct avs_cert_facts about;
        avs_cert_describe(anchor, gate->ats_roots, &about);
        AVS_TEXT_SET(trust->gate.anchor_subject, about.subject);
        AVS_TEXT_SET(trust->gate.anchor_sha256, about.sha256);
        AVS_TEXT_SET(trust->gate.anchor_spki_sha256, about.spki_sha256);
        trust->gate.is_anchor_cross_signed = !about.is_self_signed;
    }
}

static int64_t judged_at(const struct avs_gate *gate) {
    return gate->now_unix ? gate->now_unix : avs_clock_wall_ms() / 1000;
}

/* OpenSSL's verdict; where it was told to leave the dates out, they are looked at here. */
static int verify(X509_STORE_CTX *verification, const struct avs_gate *gate) {
    int result = X509_verify_cert(verification);
    if (result == 1 && avs_validity_is_unchecked(X509_STORE_CTX_get0_param(verification))) {
        int depth = 0;
        int error =
            avs_validity_check(X509_STORE_CTX_get0_chain(verification), judged_at(gate), &depth);
        if (error != X509_V_OK) {
            X509_STORE_CTX_set_error(verification, error);
            X509_STORE_CTX_set_error_depth(verification, depth);
            result = 0;
        }
    }
    return result;
}

/* Verify, note, explain; the return value comes from verify() alone. */
static int judge(X509_STORE_CTX *verification, const struct avs_gate *gate, int auth_level) {
    struct avs_tls_facts *facts = gate->facts;
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(verification);
    facts->trust.gate = (struct avs_gate_facts){.verify_error = -1};
    facts->trust.refusal = (struct avs_refusal_facts){.is_expired = false};
    int result = verify(verification, gate);
    int error = X509_STORE_CTX_get_error(verification);
    if (result != 1 && error == X509_V_OK) { /* refused, and it did not say why */
        error = X509_V_ERR_UNSPECIFIED;
        X509_STORE_CTX_set_error(verification, error);
    }
    const int is_accepted = result == 1 && error == X509_V_OK;

    struct avs_trust_facts *trust = &facts->trust;
    note_chain(gate, X509_STORE_CTX_get0_cert(verification), sent);
    trust->gate.verify_error = error;
    trust->gate.verify_depth = X509_STORE_CTX_get_error_depth(verification);
    AVS_TEXT_SET(trust->gate.verify_text, X509_verify_cert_error_string(error));
    avs_text_format(trust->gate.policy, sizeof(trust->gate.policy),
                    "partial-chain, trusted-first, security level %d, names by RFC 9525",
                    auth_level);
    if (is_accepted) {
        note_path(gate, X509_STORE_CTX_get0_chain(verification));
    } else {
        const struct avs_explain_input input = {
            .leaf = X509_STORE_CTX_get0_cert(verification),
            .sent = sent,
            .anchors = gate->anchors,
            .store = avs_anchors_store(gate->anchors),
            .ats_roots = gate->ats_roots,
            .host = gate->host,
            .now_unix = judged_at(gate),
            .auth_level = auth_level,
        };
        ERR_set_mark();
        avs_explain_chain(&input, facts);
        ERR_pop_to_mark();
    }
    return is_accepted;
}

static int verify_through_gate(X509_STORE_CTX *verification, void *unused) {
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct avs_gate *gate = ssl ? SSL_get_ex_data(ssl, gate_index()) : NULL;
    if (!gate) {
        X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    return judge(verification, gate, SSL_get_security_level(ssl));
}

void avs_gate_prepare(SSL_CTX *context) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_through_gate, NULL);
}

/* Policy, time and name of one verification. */
static bool set_parameters(X509_VERIFY_PARAM *parameters, const struct avs_gate *gate) {
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_hostflags(parameters, NAME_FLAGS);
    avs_validity_set_time(parameters, gate->now_unix);
    if (!gate->host) {
        return true;
    }
    char name[AVS_NAME_BYTES];
    plain_host(gate->host, name, sizeof(name));
    return avs_text_is_ip_literal(name) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
                                        : X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1;
}

/* OpenSSL reads a host that begins with a dot as "any name below": never let one through. */
static enum avs_status check_gate(struct avs_gate *gate, struct avs_error *reterr) {
    const char *host = gate->host;
    if (!gate->anchors || !gate->facts ||
        (host && (!host[0] || host[0] == '.' || strlen(host) >= AVS_NAME_BYTES))) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "trust gate: needs anchors, facts and a host name of 1 to %d bytes",
                        AVS_NAME_BYTES - 1);
    }
    if (!gate->ats_roots) {
        gate->ats_roots = avs_ats_roots_embedded();
        AVS_REQUIRE_MEMORY(gate->ats_roots, reterr);
    }
    avs_anchors_describe(gate->anchors, &gate->facts->trust.store);
    gate->facts->trust.gate.verify_error = -1;
    return AVS_OK;
}

enum avs_status avs_gate_attach(SSL *ssl, struct avs_gate *gate, struct avs_error *reterr) {
    AVS_TRY(check_gate(gate, reterr));
    if (!gate->host) {
        return avs_fail(reterr, AVS_ERR_USAGE, "trust gate: a connection needs a host name");
    }
    if (!set_parameters(SSL_get0_param(ssl), gate) ||
        SSL_set1_verify_cert_store(ssl, avs_anchors_store(gate->anchors)) != 1 ||
        SSL_set_ex_data(ssl, gate_index(), gate) != 1) {
        return avs_fail_memory(reterr);
    }
    return AVS_OK;
}

bool avs_gate_judge_chain(struct avs_gate *gate, X509 *leaf, STACK_OF(X509) * sent,
                          int auth_level) {
    AVS_AUTO(X509_STORE_CTX) verification = X509_STORE_CTX_new();
    if (check_gate(gate, NULL) != AVS_OK || !leaf || !verification) {
        return false;
    }
    X509_STORE *store = avs_anchors_store(gate->anchors);
    if (X509_STORE_CTX_init(verification, store, leaf, sent) != 1 ||
        X509_STORE_CTX_set_default(verification, "ssl_server") != 1 ||
        !set_parameters(X509_STORE_CTX_get0_param(verification), gate)) {
        return false;
    }
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(verification), auth_level);
    ERR_set_mark();
    bool is_accepted = judge(verification, gate, auth_level) == 1;
    ERR_pop_to_mark();
    return is_accepted;
}

bool avs_gate_recheck(SSL *ssl, struct avs_gate *gate) {
    AVS_AUTO(X509) leaf = SSL_get_peer_certificate(ssl);
    return gate->host && avs_gate_judge_chain(gate, leaf, SSL_get_peer_cert_chain(ssl),
                                              SSL_get_security_level(ssl));
}
