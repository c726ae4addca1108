/* SPDX-License-Identifier: Apache-2.0 */
/* One handshake with less of what OpenSSL would offer: a version, a family of certificates, groups.
 * Never with less verification: the gate is put in front afterwards. */
#ifndef AVS_CHECK_TRIAL_H
#define AVS_CHECK_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#include "tls/engine.h"

enum avs_trial_version { AVS_TRIAL_ANY_VERSION, AVS_TRIAL_TLS12, AVS_TRIAL_TLS13 };

/* Which certificates the server may present. TLS 1.2 names the family in its cipher suites, TLS 1.3
 * in the signature algorithms. */
enum avs_trial_family { AVS_TRIAL_ANY_FAMILY, AVS_TRIAL_RSA, AVS_TRIAL_ECDSA };

#define AVS_TRIAL_CHAIN_BYTES 32768 /* of the certificates that a server sent; more is not kept */

/* The server's Certificate message as it came: kept also when the chain is refused. */
struct avs_trial_chain {
    size_t length;
    uint8_t list[AVS_TRIAL_CHAIN_BYTES]; /* certificates in DER, each after its length in 3 bytes */
};

struct avs_trial {
    struct avs_tls_trial tls; /* for the pump and for the links */
    enum avs_trial_version version;
    enum avs_trial_family family;  /* with any version: TLS 1.2 */
    struct avs_trial_chain *chain; /* where to keep what was sent; NULL = nowhere */
};

/** Set tls; the other members are the caller's. Borrowed while the connection lives. */
void avs_trial_init(struct avs_trial *trial);

/** The body of a Certificate message, as a peer wrote it: keep its certificates as far as they are
 *  whole and there is room. */
void avs_trial_keep(struct avs_trial_chain *chain, bool is_tls13, const uint8_t *bytes,
                    size_t length);

#endif
