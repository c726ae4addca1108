/* SPDX-License-Identifier: Apache-2.0 */
/* A warning: the connection stands, and finding the address took so long that a user notices. */
#ifndef AVS_REPORT_LOOKUP_H
#define AVS_REPORT_LOOKUP_H

#include <stdbool.h>

#include <avs/evidence.h>

#define AVS_LOOKUP_ID    "lookup_slow"
#define AVS_LOOKUP_BYTES 200

/** Say how long the lookup took. False, and nothing said, where it was fast or nothing is
 * connected. */
bool avs_lookup_was_slow(const struct avs_session_evidence *session,
                         char ret_text[AVS_LOOKUP_BYTES]);

#endif
