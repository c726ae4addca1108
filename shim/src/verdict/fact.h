/* SPDX-License-Identifier: Apache-2.0 */
/* The fact that decided a failure, in one sentence: which root is missing in which store, which
 * names the certificate has, since when it has lapsed, what the proxy said. Words only: the cause
 * was found by avs_judge. */
#ifndef AVS_VERDICT_FACT_H
#define AVS_VERDICT_FACT_H

#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>

#define AVS_FACT_BYTES 400

/* Without an end stop; cut at AVS_FACT_BYTES. `host` is the one that was asked for, `wall_clock`
 * this device's time in Unix seconds. */
void avs_fact_describe(enum avs_cause cause, const struct avs_session_evidence *evidence,
                       const char *host, int64_t wall_clock, char ret_text[AVS_FACT_BYTES]);

#endif
