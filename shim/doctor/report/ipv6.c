/* SPDX-License-Identifier: Apache-2.0 */
/* See ipv6.h. */
#include "report/ipv6.h"

#include <string.h>

#include "base/text.h"

#define HEAD_START_MS 180 /* libcurl gives IPv6 200 ms before it tries IPv4 beside it */

bool avs_ipv6_in_vain(const struct avs_session_evidence *session, char ret_text[AVS_IPV6_BYTES]) {
    const struct avs_dial_facts *dial = &session->dial;
    const struct avs_timing_facts *timing = &session->timing;
    char dead[sizeof(dial->tried)] = "";
    size_t length = 0;
    for (const char *at = dial->tried; *at;) {
        size_t word = strcspn(at, " ");
        if (memchr(at, ':', word)) {
            avs_text_format(dead + length, sizeof(dead) - length, "%s%.*s", length ? " " : "",
                            (int)word, at);
            length = strlen(dead);
        }
        at += word + strspn(at + word, " ");
    }
    if (dial->outcome != AVS_DIAL_CONNECTED || length == 0 || strchr(dial->address, ':')) {
        return false;
    }
    bool has_waited =
        timing->connect_ms < 0 || timing->connect_ms - timing->dns_ms >= HEAD_START_MS;
    avs_text_format(ret_text, AVS_IPV6_BYTES, "%s %s: IPv4 is used%s", dead,
                    has_waited ? "did not answer" : "cannot be reached from here",
                    has_waited ? ". Each new connection waits for IPv6 first: mend its route, or "
                                 "take the address away from this machine"
                               : "");
    return true;
}
