/* SPDX-License-Identifier: Apache-2.0 */
/* The command under a finding of the doctor's own: it mends the fault, or is the right next look,
 * with tools that this machine has. A row is a cause, the first whose tool is there. */
#include <string.h>

#include "base/text.h"
#include "board/rules.h"
#include "check/machine.h"
#include "report/doctor.h"

#define UTC_BYTES  40
#define TIME_CHARS 19

struct view {
    const struct avs_board *board;
    const struct avs_board_finding *finding;
};

static const struct avs_board_place *place_of(const struct view *view) {
    return &view->board->place[view->finding->index];
}

static bool is_missing(const struct view *view) {
    return place_of(view)->state == AVS_BOARD_PLACE_MISSING;
}

static bool is_on_root(const struct view *view) {
    return strcmp(place_of(view)->mount, "/") == 0;
}

/* Of the default route: "10.0.0.1 dev eth0". */
static const char *device_of(const struct avs_board *board) {
    const char *route =
        board->network.ipv4_default[0] ? board->network.ipv4_default : board->network.ipv6_default;
    const char *device = strstr(route, "dev ");
    return device ? device + strlen("dev ") : "";
}

static bool has_device(const struct view *view) {
    return device_of(view->board)[0] != '\0';
}

static bool has_server(const struct view *view) {
    return view->finding->index != AVS_BOARD_NOTHING;
}

static const struct {
    enum avs_board_part part;
    enum avs_cause cause;
    bool (*applies)(const struct view *view); /* NULL: always */
    enum avs_tool tool;
    const char *command;
} rows[] = {
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_NETWORK_UNREACHABLE, NULL, AVS_TOOL_IP,
     "ip address; ip route"},
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_NETWORK_UNREACHABLE, NULL, AVS_TOOL_NONE,
     "cat /proc/net/dev /proc/net/route"},
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_LARGE_PACKETS_LOST, has_device, AVS_TOOL_IP,
     "{sudo}ip link set dev {device} mtu {mtu}"},
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_LARGE_PACKETS_LOST, NULL, AVS_TOOL_NONE,
     "grep . /sys/class/net/*/mtu"},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED, has_server, AVS_TOOL_NSLOOKUP,
     "nslookup {host} {server}"},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED, has_server, AVS_TOOL_IP,
     "ip route get {server}; cat /etc/resolv.conf"},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED, NULL, AVS_TOOL_NONE, "cat /etc/resolv.conf"},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_RESOLVER_DEAD, NULL, AVS_TOOL_NONE,
     "grep -n nameserver /etc/resolv.conf"},
    {AVS_BOARD_PART_CLOCK, AVS_CAUSE_CLOCK_WRONG, NULL, AVS_TOOL_TIMEDATECTL,
     "date -u; {sudo}timedatectl set-ntp true"},
    {AVS_BOARD_PART_CLOCK, AVS_CAUSE_CLOCK_WRONG, NULL, AVS_TOOL_NONE, "{sudo}date -u -s {time}"},
    {AVS_BOARD_PART_CLOCK, AVS_CAUSE_TIME_NOT_SYNCHRONISED, NULL, AVS_TOOL_TIMEDATECTL,
     "{sudo}timedatectl set-ntp true"},
    {AVS_BOARD_PART_DISK, AVS_CAUSE_DISK_FULL, is_on_root, AVS_TOOL_NONE,
     "df -k {folder}; {sudo}du -xak / | sort -n | tail -n 8"},
    /* an overlay's files are of other devices than its folders: -x would leave them out */
    {AVS_BOARD_PART_DISK, AVS_CAUSE_DISK_FULL, NULL, AVS_TOOL_NONE,
     "df -k {folder}; {sudo}du -ak {mount} | sort -n | tail -n 8"},
    {AVS_BOARD_PART_DISK, AVS_CAUSE_DISK_READ_ONLY, NULL, AVS_TOOL_NONE,
     "{sudo}mount -o remount,rw {mount}"},
    {AVS_BOARD_PART_DISK, AVS_CAUSE_DISK_NOT_WRITABLE, is_missing, AVS_TOOL_NONE,
     "{sudo}mkdir -p {folder}"},
    {AVS_BOARD_PART_DISK, AVS_CAUSE_DISK_NOT_WRITABLE, NULL, AVS_TOOL_NONE, "ls -ld {folder}; id"},
    {AVS_BOARD_PART_LIBRARIES, AVS_CAUSE_HTTP2_UNSUPPORTED_BY_LIBCURL, NULL, AVS_TOOL_NONE,
     "avs-shim trust audit"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_ADDRESS_BAD, NULL, AVS_TOOL_NONE, "{check_address}"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_IPV6_BROKEN, NULL, AVS_TOOL_IP, "ip -6 route get {address}"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_IPV6_BROKEN, NULL, AVS_TOOL_NONE, "cat /proc/net/ipv6_route"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_WAY_REFUSED, NULL, AVS_TOOL_IP,
     "ip route get {refused}; ip neigh"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_WAY_REFUSED, NULL, AVS_TOOL_NONE, "cat /proc/net/arp"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_NAME_PINNED, NULL, AVS_TOOL_NONE, "grep -n {host} /etc/hosts"},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED, NULL, AVS_TOOL_NONE, "{check_host}"},
};

static bool has_tool(const struct avs_board *board, enum avs_tool tool) {
    const char *tools = board->machine.tools;
    size_t length = strlen(avs_tools[tool]);
    for (const char *at = tools; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, avs_tools[tool], length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

static void add_option(struct avs_buffer *out, const char *option, const char *value) {
    if (value[0]) {
        avs_buffer_printf(out, " %s ", option);
        avs_buffer_add_word(out, value);
    }
}

/* What the run was given is in the evidence of every host that answered. */
static const struct avs_evidence *given_to(const struct avs_board *board, size_t host) {
    const struct avs_evidence *evidence = board->host[host].evidence;
    for (size_t i = 0; !evidence && i < board->host_length; i++) {
        evidence = board->host[i].evidence;
    }
    return evidence;
}

/* `avs-shim check` of the finding's host, given what this run was given. */
static void add_check(const struct view *view, bool is_one_address, struct avs_buffer *out) {
    const struct avs_board_host *host = &view->board->host[view->finding->host];
    const struct avs_evidence *evidence = given_to(view->board, view->finding->host);
    char authority[AVS_NAME_BYTES + 8], url[AVS_NAME_BYTES + 16], peer[AVS_NAME_BYTES + 16];
    avs_text_authority(authority, sizeof(authority), host->host, host->port);
    avs_text_format(url, sizeof(url), "https://%s", authority);
    avs_buffer_add_text(out, "avs-shim check");
    add_option(out, "--endpoint", url);
    if (is_one_address) {
        const char *address = host->address[view->finding->index].address;
        bool is_ipv6 = strchr(address, ':') != NULL;
        avs_text_format(peer, sizeof(peer), "%s%s%s:%u", is_ipv6 ? "[" : "", address,
                        is_ipv6 ? "]" : "", host->port);
        add_option(out, "--connect-to", peer);
    }
    for (size_t i = 0; evidence && i < evidence->given.config_length; i++) {
        add_option(out, "--config", evidence->given.config[i].path);
    }
    if (evidence && evidence->given.ca_file) {
        add_option(out, "--ca-file", evidence->session[0].tls.trust.store.ca_file);
    }
    if (evidence && evidence->given.ca_path) {
        add_option(out, "--ca-path", evidence->session[0].tls.trust.store.ca_path);
    }
    add_option(out, "--ats-roots", evidence ? evidence->ats_roots_file : "");
    if (evidence && !evidence->require_ats) {
        avs_buffer_add_text(out, " --any-root");
    }
}

static void put_time(const struct view *view, char text[UTC_BYTES]) {
    avs_text_utc(text, UTC_BYTES, avs_board_time_past(&view->board->clock));
    text[TIME_CHARS] = '\0';
}

static void add_word(const struct view *view, const char *name, size_t length,
                     struct avs_buffer *out) {
    const struct avs_board *board = view->board;
    const struct avs_board_finding *finding = view->finding;
    bool is_place = finding->part == AVS_BOARD_PART_DISK;
    bool is_host = finding->part == AVS_BOARD_PART_HOST;
    bool has_index = finding->index != AVS_BOARD_NOTHING;
    char time[UTC_BYTES], mtu[8];
    put_time(view, time);
    avs_text_format(mtu, sizeof(mtu), "%d", AVS_BOARD_SMALL_MTU);
    const struct {
        const char *name, *value;
    } values[] = {
        {"time", time},
        {"mtu", mtu},
        {"device", device_of(board)},
        {"folder", is_place ? place_of(view)->folder : ""},
        {"mount", is_place ? place_of(view)->mount : ""},
        {"host", is_host                  ? board->host[finding->host].host
                 : board->host_length > 0 ? board->host[0].host
                                          : ""},
        {"address",
         is_host && has_index ? board->host[finding->host].address[finding->index].address : ""},
        {"refused", is_host ? avs_board_refused_address(board, finding->host) : ""},
        {"server", finding->part == AVS_BOARD_PART_RESOLVER && has_index
                       ? board->resolver.server[finding->index].address
                       : ""},
    };
    if (strncmp(name, "sudo", length) == 0) {
        avs_buffer_add_text(out, !board->machine.is_root && has_tool(board, AVS_TOOL_SUDO) ? "sudo "
                                                                                           : "");
    } else if (strncmp(name, "check_address", length) == 0) {
        add_check(view, true, out);
    } else if (strncmp(name, "check_host", length) == 0) {
        add_check(view, false, out);
    }
    for (size_t i = 0; i < AVS_COUNT(values); i++) {
        if (strlen(values[i].name) == length && strncmp(values[i].name, name, length) == 0) {
            avs_buffer_add_word(out, values[i].value);
        }
    }
}

static void fill(const struct view *view, const char *command, struct avs_buffer *out) {
    while (*command) {
        size_t plain = strcspn(command, "{");
        avs_buffer_add(out, command, plain);
        command += plain;
        if (*command) {
            size_t length = strcspn(++command, "}");
            add_word(view, command, length, out);
            command += length + 1;
        }
    }
}

void avs_doctor_command(const struct avs_doctor *doctor, const struct avs_board_finding *finding,
                        struct avs_buffer *out) {
    const struct view view = {doctor->board, finding};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].part == finding->part && rows[i].cause == finding->cause &&
            (!rows[i].applies || rows[i].applies(&view)) &&
            (rows[i].tool == AVS_TOOL_NONE || has_tool(doctor->board, rows[i].tool))) {
            fill(&view, rows[i].command, out);
            return;
        }
    }
}
