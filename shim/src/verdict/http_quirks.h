/* SPDX-License-Identifier: Apache-2.0 */
/* What came back over HTTP, named: a row of the quirk table or none. Never touches TLS. */
#ifndef AVS_VERDICT_HTTP_QUIRKS_H
#define AVS_VERDICT_HTTP_QUIRKS_H

#include <avs/evidence.h>
#include <avs/verdict.h>

/** What an answer amounts to. */
struct avs_http_reading {
    const char *http_class;      /* "none", "ats_message", "response", "quirk" */
    char quirk[AVS_QUIRK_BYTES]; /* row of the quirk table, or "" */
    bool is_plain_pass;          /* not even an oddity: PASS rather than PASS_WITH_QUIRK */
};

/** Name the answer of an HTTP/1.x session. `h2_works`: the other session agreed on h2. Pure. */
struct avs_http_reading avs_http1_read(const struct avs_session_evidence *session, bool h2_works);

/** Name the answer of an HTTP/2 session that did agree on h2. Pure. */
struct avs_http_reading avs_h2_read(const struct avs_session_evidence *session);

/** Why an HTTP/2 session that was agreed on gave no status: the one judgement of a check and of the
 *  transport's requests. AVS_CAUSE_NONE when it did give one. Pure. */
enum avs_cause avs_h2_cause(const struct avs_http_facts *http);

/** Did the server ask for HTTP/1.1 instead (HTTP_1_1_REQUIRED, RFC 9113 section 7)? Pure. */
bool avs_h2_wants_http1(const struct avs_http_facts *http);

#endif
