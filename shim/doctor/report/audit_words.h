/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the text and the JSON of an audit share, and the commands that both suggest. */
#ifndef AVS_REPORT_AUDIT_WORDS_H
#define AVS_REPORT_AUDIT_WORDS_H

#include "base/buffer.h"
#include "store/audit.h"

/** "present only as a cross-signed copy", ... Never NULL. */
const char *avs_audit_state_text(enum avs_audit_state state);

/** The command for a finding, on this machine or the image; nothing is added where there is none.
 */
void avs_audit_add_command(const struct avs_trust_audit *audit,
                           const struct avs_audit_finding *finding, struct avs_buffer *out);

/** A store with every required root that only the curl command reads, when the SDK's has not all of
 *  them: why "curl works but the SDK fails". NULL = not so. */
const struct avs_audit_store *avs_audit_better_for_curl(const struct avs_trust_audit *audit);

/** Required roots that a store has. */
size_t avs_audit_count_required(const struct avs_trust_audit *audit,
                                const struct avs_audit_store *store);

/** What to do first, in words; "" where the next command does it. */
void avs_audit_add_advice(const struct avs_trust_audit *audit, struct avs_buffer *out);

/** The command that helps most now: one that works as it is, and never changes this machine when
 *  the question was about an image. */
void avs_audit_add_next(const struct avs_trust_audit *audit, struct avs_buffer *out);

#endif
