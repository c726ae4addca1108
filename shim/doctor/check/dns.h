/* SPDX-License-Identifier: Apache-2.0 */
/* Why a name did not resolve: libc says "not found" and "try again" for half a dozen faults, so the
 * name servers of /etc/resolv.conf are asked once more, each directly. */
#ifndef AVS_CHECK_DNS_H
#define AVS_CHECK_DNS_H

#include <avs/evidence.h>

#define AVS_DNS_PROBE_MS    900 /* a check may exceed its time-out by a second */
#define AVS_DNS_SERVERS_MAX 3   /* as many as libc uses */

/** Ask the servers that `resolv_conf` names for an IPv4 address of `host`, all at once; blocks for
 *  AVS_DNS_PROBE_MS at most. Thread: any. */
void avs_check_dns(const char *resolv_conf, const char *host, struct avs_dns_facts *facts);

#endif
