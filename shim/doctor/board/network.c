/* SPDX-License-Identifier: Apache-2.0 */
/* See network.h. From /proc, /sys and getifaddrs: a minimal image has no `ip`. */
#include "board/network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/flow.h"
#include "base/text.h"
#include "board/text_file.h"

#define WORD_BYTES  64
#define PATH_BYTES  96
#define ROUTE_IS_UP 1u
#define ROUTE_WORDS 8 /* Iface Destination Gateway Flags RefCnt Use Metric Mask */
#define ROUTE6_WORDS \
    10 /* dest, prefix, source, prefix, next hop, metric, ref, use, flags, device */
#define ZEROS32 "00000000000000000000000000000000"

/* ---- routes ---- */

static size_t read_words(struct avs_board_line line, char (*words)[WORD_BYTES], size_t most) {
    size_t count = 0;
    while (count < most && avs_board_next_word(&line, words[count], WORD_BYTES)) {
        count++;
    }
    return count;
}

static void put_route(char *route, const char *gateway, const char *device) {
    avs_text_format(route, AVS_BOARD_ADDRESS_BYTES, "%s%sdev %.20s", gateway, gateway[0] ? " " : "",
                    device);
    avs_text_make_printable(route);
}

void avs_board_read_route(const char *text, size_t length,
                          char ret_route[AVS_BOARD_ADDRESS_BYTES]) {
    struct avs_board_line line;
    char words[ROUTE_WORDS][WORD_BYTES];
    ret_route[0] = '\0';
    for (size_t at = 0; !ret_route[0] && avs_board_next_line(text, length, &at, &line);) {
        if (read_words(line, words, ROUTE_WORDS) < ROUTE_WORDS ||
            strcmp(words[1], "00000000") != 0 || strcmp(words[7], "00000000") != 0 ||
            !(strtoul(words[3], NULL, 16) & ROUTE_IS_UP)) {
            continue;
        }
        char gateway[INET_ADDRSTRLEN] = "";
        struct in_addr address = {.s_addr = (in_addr_t)strtoul(words[2], NULL, 16)};
        if (address.s_addr != 0) { /* as the kernel has it in memory, so as it is on the wire */
            inet_ntop(AF_INET, &address, gateway, sizeof(gateway));
        }
        put_route(ret_route, gateway, words[0]);
    }
}

static void put_next_hop(const char *hex, char gateway[INET6_ADDRSTRLEN]) {
    struct in6_addr address = {0};
    for (size_t i = 0; i < sizeof(address.s6_addr); i++) {
        unsigned byte = 0;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            return;
        }
        address.s6_addr[i] = (uint8_t)byte;
    }
    inet_ntop(AF_INET6, &address, gateway, INET6_ADDRSTRLEN);
}

void avs_board_read_route6(const char *text, size_t length,
                           char ret_route[AVS_BOARD_ADDRESS_BYTES]) {
    struct avs_board_line line;
    char words[ROUTE6_WORDS][WORD_BYTES];
    ret_route[0] = '\0';
    for (size_t at = 0; !ret_route[0] && avs_board_next_line(text, length, &at, &line);) {
        if (read_words(line, words, ROUTE6_WORDS) < ROUTE6_WORDS ||
            strcmp(words[0], ZEROS32) != 0 || strcmp(words[1], "00") != 0 ||
            strcmp(words[9], "lo") == 0 /* the kernel's own "unreachable" */ ||
            !(strtoul(words[8], NULL, 16) & ROUTE_IS_UP)) {
            continue;
        }
        char gateway[INET6_ADDRSTRLEN] = "";
        if (strcmp(words[4], ZEROS32) != 0 && strlen(words[4]) == strlen(ZEROS32)) {
            put_next_hop(words[4], gateway);
        }
        put_route(ret_route, gateway, words[9]);
    }
}

static void look_at_route(const char *path, char route[AVS_BOARD_ADDRESS_BYTES],
                          void (*read)(const char *, size_t, char *)) {
    size_t length = 0;
    int os_errno = 0;
    AVS_AUTO(char) text = avs_board_file(path, &length, &os_errno);
    if (text) {
        read(text, length, route);
    }
}

/* ---- interfaces ---- */

static struct avs_board_interface *interface_of(struct avs_board_network *network,
                                                const struct ifaddrs *entry) {
    for (size_t i = 0; i < network->interface_length; i++) {
        if (strcmp(network->interface[i].name, entry->ifa_name) == 0) {
            return &network->interface[i];
        }
    }
    if (network->interface_length == AVS_BOARD_INTERFACES_MAX) {
        return NULL;
    }
    struct avs_board_interface *interface = &network->interface[network->interface_length++];
    AVS_TEXT_SET(interface->name, entry->ifa_name);
    avs_text_make_printable(interface->name);
    interface->is_up = (entry->ifa_flags & IFF_UP) != 0;
    interface->is_running = (entry->ifa_flags & IFF_RUNNING) != 0;
    return interface;
}

static void note_address(struct avs_board_interface *interface, const struct sockaddr *address) {
    const struct sockaddr_in6 *address6 = (const struct sockaddr_in6 *)(const void *)address;
    bool is_ipv4 = address->sa_family == AF_INET;
    if (!is_ipv4 &&
        (address->sa_family != AF_INET6 || IN6_IS_ADDR_LINKLOCAL(&address6->sin6_addr))) {
        return;
    }
    char *field = is_ipv4 ? interface->ipv4 : interface->ipv6;
    socklen_t length = is_ipv4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (!field[0] && getnameinfo(address, length, field, AVS_BOARD_ADDRESS_BYTES, NULL, 0,
                                 NI_NUMERICHOST) != 0) {
        field[0] = '\0';
    }
}

static int mtu_of(const char *name) {
    char path[PATH_BYTES];
    size_t length = 0;
    int os_errno = 0;
    avs_text_format(path, sizeof(path), "/sys/class/net/%s/mtu", name);
    AVS_AUTO(char) text = strchr(name, '/') ? NULL : avs_board_file(path, &length, &os_errno);
    int mtu = 0;
    for (size_t i = 0; text && i < length && text[i] >= '0' && text[i] <= '9' && i < 7; i++) {
        mtu = mtu * 10 + (text[i] - '0');
    }
    return mtu;
}

void avs_board_look_at_network(struct avs_board_network *ret) {
    struct ifaddrs *entries = NULL;
    if (getifaddrs(&entries) == 0) {
        for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next) {
            struct avs_board_interface *interface =
                entry->ifa_flags & IFF_LOOPBACK ? NULL : interface_of(ret, entry);
            if (interface && entry->ifa_addr) {
                note_address(interface, entry->ifa_addr);
            }
        }
        freeifaddrs(entries);
    }
    for (size_t i = 0; i < ret->interface_length; i++) {
        ret->interface[i].mtu = mtu_of(ret->interface[i].name);
    }
    look_at_route("/proc/net/route", ret->ipv4_default, avs_board_read_route);
    look_at_route("/proc/net/ipv6_route", ret->ipv6_default, avs_board_read_route6);
}
