/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: plain facts of one run, in the order they were met. No judgement here: avs_judge() does
 * that, and a field ticket is an evidence file that replays to the same verdict.
 * Nothing secret is stored: no header values, no bodies, no proxy passwords. */
#ifndef AVS_EVIDENCE_H
#define AVS_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/export.h>
#include <avs/status.h>

AVS_BEGIN_DECLS

#define AVS_GIVEN_CONFIGS_MAX 16 /**< configuration files of a run, AVS_CONFIG_FILES_MAX */
#define AVS_EVIDENCE_SCHEMA   "avs-shim.evidence/1"

enum avs_protocol { AVS_PROTOCOL_H2, AVS_PROTOCOL_HTTP1 };
/** Certificate families of `check --families`: a server may hold one chain for each. */
enum avs_family { AVS_FAMILY_RSA, AVS_FAMILY_ECDSA };

struct avs_evidence; /* opaque; of one run, made by avs_check_run or avs_evidence_from_json */
struct avs_session_evidence; /* opaque; of one connection, lent by a client's callbacks */

/** The endpoint of the run, "https://host[:port]"; lent. Thread: any. Never NULL. */
AVS_API const char *avs_evidence_endpoint(const struct avs_evidence *evidence);
/** True when the run made a session over `protocol`. Thread: any. */
AVS_API bool avs_evidence_was_attempted(const struct avs_evidence *evidence,
                                        enum avs_protocol protocol);

/** Numeric address of the peer, behind a proxy the proxy's; "" if none was reached; lent.
 *  Thread: any. Never NULL. */
AVS_API const char *avs_session_address(const struct avs_session_evidence *session);
/** "TLSv1.3", "" before the server spoke TLS; lent. Thread: any. Never NULL. */
AVS_API const char *avs_session_tls_version(const struct avs_session_evidence *session);
/** True when a TLS session was resumed. Thread: any. */
AVS_API bool avs_session_was_resumed(const struct avs_session_evidence *session);

/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_evidence_free(struct avs_evidence *evidence);

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "evidence/facts.h"
#endif

AVS_END_DECLS

#endif
