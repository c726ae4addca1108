/* SPDX-License-Identifier: Apache-2.0 */
/* A warning: the connection stands, and IPv6 had no part in it although it was tried. */
#ifndef AVS_REPORT_IPV6_H
#define AVS_REPORT_IPV6_H

#include <stdbool.h>

#include <avs/evidence.h>

#define AVS_IPV6_ID    "ipv6_unanswered"
#define AVS_IPV6_BYTES 400

/** Say what became of the IPv6 addresses of a session that is connected over IPv4. False, and
 *  nothing said, where none was tried. */
bool avs_ipv6_in_vain(const struct avs_session_evidence *session, char ret_text[AVS_IPV6_BYTES]);

#endif
