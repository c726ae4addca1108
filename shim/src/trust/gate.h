/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: OpenSSL's own strict verdict decides whether a chain is accepted, and nothing else
 * does. On the way the facts are written down, whatever the verdict; after a refusal the explainer
 * runs over the captured chain. It can be wrong, but it cannot open the gate.
 *
 * Policy, that of the stock transport: partial chain (a certificate in the store is an anchor, also
 * when it is not self-signed), trusted first, OpenSSL's security level as configured. Stricter in
 * one thing: names by RFC 9525 (subjectAltName only, no partial wildcards). */
#ifndef AVS_TRUST_GATE_H
#define AVS_TRUST_GATE_H

#include <openssl/ssl.h>

#include <avs/evidence.h>
#include <avs/status.h>

#include "trust/anchors.h"
#include "trust/roots.h"

struct avs_gate {
    struct avs_anchors *anchors;
    const struct avs_ats_roots *ats_roots; /**< NULL = the embedded ones */
    const char *host;                      /**< DNS name or IP literal */
    int64_t now_unix;                      /**< 0 = the system clock */
    struct avs_tls_facts *facts;           /**< filled: chain, hostname_matched, trust */
};

/** Make `context` verify through gates: SSL_VERIFY_PEER and the callback. A connection made from it
 *  without avs_gate_attach refuses every chain. */
void avs_gate_prepare(SSL_CTX *context);

/** Put `gate` in front of this connection: store, time, host name. `gate` and what it points to are
 *  borrowed until the handshake ends (or the SSL is freed). Errors: ERR_USAGE (no host, store or
 *  facts), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_gate_attach(SSL *ssl, struct avs_gate *gate,
                                              struct avs_error *reterr);

/** A resumed session runs no verify callback: judge the certificates of its first handshake again,
 *  as of now and for this host, and fill the facts as the gate would. Returns whether the session
 *  may be used; if not, drop it and connect anew. */
bool avs_gate_recheck(SSL *ssl, struct avs_gate *gate);

/** The same judgement without a connection: `leaf` and what was sent with it (leaf first; may be
 *  NULL), against `auth_level`. A NULL gate->host leaves the name out. Returns whether it is
 *  accepted. */
bool avs_gate_judge_chain(struct avs_gate *gate, X509 *leaf, STACK_OF(X509) * sent, int auth_level);

/** True when the SAN of `leaf` covers `host` by the gate's rules. */
bool avs_gate_name_matches(X509 *leaf, const char *host);

#endif
