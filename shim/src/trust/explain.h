/* SPDX-License-Identifier: Apache-2.0 */
/* Why a chain was refused. Runs after the gate has refused; replays the captured chain against
 * other sets of anchors and with the times ignored, and notes what differs. Every finding that is
 * true is noted; which one to fix first is verdict/'s business. */
#ifndef AVS_TRUST_EXPLAIN_H
#define AVS_TRUST_EXPLAIN_H

#include <openssl/x509.h>

#include <avs/evidence.h>

#include "trust/anchors.h"
#include "trust/roots.h"

struct avs_explain_input {
    X509 *leaf;
    STACK_OF(X509) * sent;             /**< as sent, leaf first; may be NULL */
    const struct avs_anchors *anchors; /**< what the gate verified against */
    X509_STORE *store;                 /**< theirs */
    const struct avs_ats_roots *ats_roots;
    const char *host; /**< NULL = no name was asked for */
    int64_t now_unix;
    int auth_level; /**< OpenSSL security level of the gate */
};

/** Fill the explanation fields of facts->trust. `facts` holds what the gate noted (chain,
 *  hostname_matched, verify_*). Out of memory leaves fields empty: an explanation may be poorer,
 *  never wrong for it. */
void avs_explain_chain(const struct avs_explain_input *input, struct avs_tls_facts *facts);

#endif
