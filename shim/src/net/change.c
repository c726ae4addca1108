/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of the network, by rtnetlink(7). */
#include "net/change.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#define MESSAGE_BYTES 8192

int avs_net_change_open(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) {
        return -1;
    }
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                     RTMGRP_IPV6_ROUTE,
    };
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A link matters when it stops running; traffic counters and scans of a Wi-Fi link do not. */
static bool is_link_down(const struct nlmsghdr *message) {
    struct ifinfomsg link;
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(link))) {
        return false;
    }
    memcpy(&link, NLMSG_DATA(message), sizeof(link));
    return (link.ifi_flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING);
}

static bool matters(const struct nlmsghdr *message) {
    switch (message->nlmsg_type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
    case RTM_DELLINK:
        return true;
    case RTM_NEWLINK:
        return is_link_down(message);
    default:
        return false;
    }
}

bool avs_net_change_take(int fd) {
    alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_BYTES];
    bool has_changed = false;
    for (;;) {
        ssize_t length = recv(fd, bytes, sizeof(bytes), 0);
        if (length < 0 && errno == ENOBUFS) {
            has_changed = true; /* more happened than the kernel could keep for us */
            continue;
        }
        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length <= 0) {
            return has_changed;
        }
        size_t left = (size_t)length;
        size_t offset = 0;
        while (left >= sizeof(struct nlmsghdr)) {
            const struct nlmsghdr *message = (const struct nlmsghdr *)(bytes + offset);
            if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > left) {
                break;
            }
            has_changed |= matters(message);
            size_t step = NLMSG_ALIGN(message->nlmsg_len);
            if (step >= left) {
                break;
            }
            offset += step;
            left -= step;
        }
    }
}
#else
int avs_net_change_open(void) {
    return -1;
}

bool avs_net_change_take(int fd) {
    (void)fd;
    return false;
}
#endif
