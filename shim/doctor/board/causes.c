/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the catalogue that only a look at the whole board finds. They join the line's as the
 * library is loaded. */
#include "board/causes.h"
#include "base/causes.h"
#include "base/flow.h"

#define XX AVS_CAUSE_ID
AVS_CAUSE_BOARD_MAP(XX)
#undef XX

enum { FIRST = AVS_CAUSE_RESOLVER_DEAD };
#define ROW(name, ...) [AVS_CAUSE_##name - FIRST] = AVS_CAUSE_ROW(name, __VA_ARGS__)

const struct avs_cause_info avs_board_causes[] = {
    ROW(RESOLVER_DEAD, DNS, WARNING,
        "One of this device's resolvers does not answer, and lookups wait for it.",
        "Take it out of /etc/resolv.conf, or out of what writes that file (DHCP, systemd-resolved, "
        "connman); libc waits 5 s for it each time it comes first.",
        NULL),
    ROW(NAME_PINNED, DNS, WARNING, "/etc/hosts fixes the address of a host that AVS moves about.",
        "Remove the line; AWS changes addresses without notice.", "grep -n {host} /etc/hosts"),
    ROW(NAME_RETIRED, DNS, INFO,
        "The name of the ATS test endpoint is gone: no resolver knows it any more.",
        "Nothing to do: Amazon's current guide tests with the regional gateways, and so does this "
        "report.",
        NULL),
    ROW(ADDRESS_BAD, TCP, ERROR,
        "Some addresses of a name fail where others work, so connections fail now and then.",
        "Find out what stands behind that address: a stale DNS record, a firewall rule, one bad "
        "node of several.",
        NULL),
    ROW(IPV6_BROKEN, TCP, WARNING,
        "IPv6 leads nowhere from this device, and IPv4 works: each connection may wait for it.",
        "Mend the IPv6 route, or switch IPv6 off on this network until it works.", NULL),
    ROW(CAPTIVE_PORTAL, TLS, ERROR,
        "One and the same stranger answers in place of every host: a captive portal, or a resolver "
        "that sends all names to one address.",
        "Sign in there with a browser on this network, or have this device exempted.", NULL),
    ROW(TIME_NOT_SYNCHRONISED, CONFIG, INFO,
        "Nothing keeps this device's clock right: the kernel has no time source.",
        "Start a time service (chrony, ntpd, systemd-timesyncd): a clock that drifts looks like a "
        "certificate failure.",
        NULL),
    ROW(DISK_FULL, CONFIG, ERROR, "There is no room where the SDK writes its databases.",
        "Free space there: without it the SDK keeps neither its login nor its settings.", NULL),
    ROW(DISK_READ_ONLY, CONFIG, ERROR,
        "The file system where the SDK writes its databases is read-only.",
        "Mount it for writing, or name another folder in the configuration; a file system that "
        "turned read-only by itself has errors (dmesg).",
        NULL),
    ROW(DISK_NOT_WRITABLE, CONFIG, ERROR,
        "The folder where the SDK writes its databases is missing, or not this user's to write.",
        "Create the folder, or give it to the user that the SDK runs as.", NULL),
    ROW(PROBE_UNFINISHED, TCP, WARNING, "The time was over before this host could be asked.",
        "Ask it alone.", NULL),
    ROW(WAY_REFUSED, TCP, ERROR,
        "A router or a firewall on the way refuses the packets, and says so; this device's own "
        "route is fine.",
        "Allow outgoing TCP to that port there; where the last hop does not answer, it is down.",
        NULL),
    ROW(LARGE_PACKETS_LOST, TCP, ERROR,
        "Large packets vanish on the way: in small TCP segments the same handshake works.",
        "Lower the MTU of the interface, or have the router tell what it drops (ICMP \"too big\") "
        "or "
        "clamp the MSS: PPPoE, VPNs and mobile networks carry less than 1500 bytes.",
        NULL),
};
_Static_assert(AVS_COUNT(avs_board_causes) == AVS_CAUSE_COUNT - FIRST,
               "a row for each cause of AVS_CAUSE_BOARD_MAP");

__attribute__((constructor)) static void join(void) {
    avs_causes_join(avs_board_causes, AVS_COUNT(avs_board_causes));
}
