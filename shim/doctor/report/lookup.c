/* SPDX-License-Identifier: Apache-2.0 */
/* See lookup.h. */
#include "report/lookup.h"

#include "base/text.h"

#define SLOW_MS 1000
#define LIBC_WAITS_MS                                                          \
    4900 /* for a name server before libc asks the next; 5 s in resolv.conf(5) \
          */

bool avs_lookup_was_slow(const struct avs_session_evidence *session,
                         char ret_text[AVS_LOOKUP_BYTES]) {
    double took_ms = session->timing.dns_ms;
    if (session->dial.outcome != AVS_DIAL_CONNECTED || took_ms < SLOW_MS) {
        return false;
    }
    avs_text_format(ret_text, AVS_LOOKUP_BYTES, "looking the name up took %.1f s%s", took_ms / 1000,
                    took_ms >= LIBC_WAITS_MS
                        ? ": the first name server in /etc/resolv.conf does not answer, and each "
                          "lookup waits for it"
                        : "");
    return true;
}
