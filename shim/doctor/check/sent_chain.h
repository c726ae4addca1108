/* SPDX-License-Identifier: Apache-2.0 */
/* A chain as a server sent it, kept as bytes (struct avs_trial_chain) and judged without a
 * connection. No OpenSSL type leaves here. */
#ifndef AVS_CHECK_SENT_CHAIN_H
#define AVS_CHECK_SENT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/facts.h"
#include "trust/anchors.h"
#include "trust/roots.h"

/** What to judge; all borrowed. `list` leaf first, each certificate after its length in 3 bytes. */
struct avs_sent_chain {
    const uint8_t *list;
    size_t length;
    const char *host;
    const struct avs_ats_roots *ats_roots;
};

/** Describe its first certificate; false: it cannot be read. */
bool avs_sent_chain_leaf(const struct avs_sent_chain *chain, struct avs_cert_facts *ret_leaf);
/** By the gate, against `anchors`, now. Fills chain, hostname_matched and trust of `ret_facts`.
 *  Returns whether a connection would be accepted. */
bool avs_sent_chain_judge(const struct avs_sent_chain *chain, struct avs_anchors *anchors,
                          struct avs_tls_facts *ret_facts);
/** Would it be accepted where the ATS roots are all that is trusted? False: it cannot be told. */
bool avs_sent_chain_closes_with_ats(const struct avs_sent_chain *chain, bool *ret_closes);

#endif
