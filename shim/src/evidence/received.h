/* SPDX-License-Identifier: Apache-2.0 */
/* Noting an answer's bytes as they arrive, over either protocol. */
#ifndef AVS_EVIDENCE_RECEIVED_H
#define AVS_EVIDENCE_RECEIVED_H

#include <avs/evidence.h>

/** `length` decrypted bytes came, `elapsed_us` after the session began: keep the first of them. */
void avs_http_received(struct avs_http_facts *facts, struct avs_timing_facts *timing,
                       int64_t elapsed_us, const uint8_t *bytes, size_t length);

#endif
