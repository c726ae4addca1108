/* SPDX-License-Identifier: Apache-2.0 */
/* The decisive fact of a failure in a few words, for the first line of a report: "expired 3 days
 * ago (2026-11-23)". fact.h has the whole sentence. */
#ifndef AVS_VERDICT_HEADLINE_H
#define AVS_VERDICT_HEADLINE_H

#include <avs/evidence.h>
#include <avs/verdict.h>

#define AVS_HEADLINE_BYTES 320

/** No end stop; the words that matter come first, so that it may be cut anywhere. Pure. */
void avs_headline(enum avs_cause cause, const struct avs_evidence *evidence,
                  const struct avs_session_evidence *session, char ret_text[AVS_HEADLINE_BYTES]);

/** The name led to 0.0.0.0 or ::, what a filter (Pi-hole, parental control) says in place of an
 *  address. */
bool avs_is_name_filtered(const struct avs_dial_facts *dial);

/** It was no server that refused the TLS versions: this device's openssl.cnf left none to offer. */
bool avs_is_version_ours(const struct avs_tls_facts *tls);

#endif
