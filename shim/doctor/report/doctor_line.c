/* SPDX-License-Identifier: Apache-2.0 */
/* A finding of the doctor in a line: whom it is about, and the fact that decides. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "board/rules.h"
#include "report/doctor.h"
#include "report/headline.h"

#define UTC_BYTES  40
#define DATE_CHARS 10 /* of "2026-11-21 19:03:32 UTC" */
#define SHORT      200

/* What a line is put together from. */
struct line {
    const struct avs_board *board;
    const struct avs_board_finding *finding;
    char *text; /* of AVS_DOCTOR_LINE_BYTES */
};

#define SAY(line, ...) avs_text_format((line)->text, AVS_DOCTOR_LINE_BYTES, __VA_ARGS__)

static void append(char *text, const char *more) {
    size_t length = strlen(text);
    avs_text_format(text + length, AVS_DOCTOR_LINE_BYTES - length, "%s", more);
}

/* ---- whom ---- */

static uint32_t asked_hosts(const struct avs_board *board) {
    uint32_t hosts = 0;
    for (size_t i = 0; i < board->host_length; i++) {
        hosts |= board->host[i].was_asked ? 1u << i : 0;
    }
    return hosts;
}

void avs_doctor_hosts(const struct avs_board *board, uint32_t hosts,
                      char ret_text[AVS_DOCTOR_LINE_BYTES]) {
    bool is_one = (hosts & (hosts - 1)) == 0;
    ret_text[0] = '\0';
    if (!is_one && hosts == asked_hosts(board)) {
        append(ret_text, "every host");
        return;
    }
    for (size_t i = 0; i < board->host_length; i++) {
        if (hosts >> i & 1u) {
            append(ret_text, ret_text[0] ? ", " : "");
            append(ret_text,
                   is_one ? board->host[i].host : avs_board_roles[board->host[i].role].words);
        }
    }
}

/* ---- this machine ---- */

static void say_network(struct line *line) {
    const struct avs_board_network *network = &line->board->network;
    const char *down = NULL, *unlinked = NULL;
    bool has_address = false;
    for (size_t i = 0; i < network->interface_length; i++) {
        const struct avs_board_interface *interface = &network->interface[i];
        has_address |= interface->is_up && (interface->ipv4[0] || interface->ipv6[0]);
        down = !interface->is_up && !down ? interface->name : down;
        unlinked =
            interface->is_up && !interface->is_running && !unlinked ? interface->name : unlinked;
    }
    if (network->interface_length == 0) {
        SAY(line, "this device has no network interface");
    } else if (has_address) {
        SAY(line, "this device has an address, and no default route");
    } else if (unlinked) {
        SAY(line, "no interface has an address: %s has no link", unlinked);
    } else if (down) {
        SAY(line, "no interface has an address: %s is down", down);
    } else {
        SAY(line, "no interface has an address");
    }
}

static void say_lost(struct line *line) {
    SAY(line, "large packets vanish on the way, and %d bytes get through", AVS_BOARD_SMALL_MTU);
}

static enum avs_dns_answer worst_of(const struct avs_board_server *server) {
    return server->reply_length > 0 ? server->reply[0].a : AVS_DNS_NOT_ASKED;
}

static const char *said(enum avs_dns_answer answer) {
    switch (answer) {
    case AVS_DNS_SILENT:
        return "does not answer";
    case AVS_DNS_UNREACHABLE:
        return "cannot be reached";
    case AVS_DNS_NXDOMAIN:
        return "says that there are no such names";
    case AVS_DNS_NO_ADDRESS:
        return "knows no address of any host";
    case AVS_DNS_SERVFAIL:
        return "fails (SERVFAIL)";
    case AVS_DNS_REFUSED:
        return "refuses to answer this device";
    case AVS_DNS_NOT_ASKED:
    case AVS_DNS_NO_SERVER:
    case AVS_DNS_ANSWERS:
    case AVS_DNS_COUNT:
        break;
    }
    return "was not asked";
}

static void say_resolver(struct line *line) {
    const struct avs_board_resolver *resolver = &line->board->resolver;
    if (resolver->server_length == 0) {
        SAY(line, resolver->os_errno ? "/etc/resolv.conf cannot be read: no resolver"
                                     : "no resolver in /etc/resolv.conf");
        return;
    }
    SAY(line, "resolver %s %s", resolver->server[0].address, said(worst_of(&resolver->server[0])));
    for (size_t i = 1; i < resolver->server_length; i++) {
        append(line->text, ", ");
        append(line->text, resolver->server[i].address);
        append(line->text, " ");
        append(line->text, said(worst_of(&resolver->server[i])));
    }
}

static void say_dead(struct line *line) {
    const struct avs_board_resolver *resolver = &line->board->resolver;
    const struct avs_board_server *server = &resolver->server[line->finding->index];
    SAY(line, "resolver %s %s", server->address, said(worst_of(server)));
    for (size_t i = 0; i < resolver->server_length; i++) {
        if (worst_of(&resolver->server[i]) == AVS_DNS_ANSWERS) {
            append(line->text, ", ");
            append(line->text, resolver->server[i].address);
            append(line->text, " does");
            return;
        }
    }
}

static void say_clock(struct line *line) {
    const struct avs_board_clock *clock = &line->board->clock;
    bool is_file = avs_board_is_newest_file_believed(clock);
    char now[UTC_BYTES], then[UTC_BYTES];
    avs_text_utc(now, sizeof(now), clock->now);
    if (line->finding->host != AVS_BOARD_NOTHING) {
        const struct avs_board_host *host = &line->board->host[line->finding->host];
        SAY(line, "the clock says %.19s, and %s %s", now, host->host,
            host->evidence->session[line->finding->index].http.http_date);
        return;
    }
    avs_text_utc(then, sizeof(then), avs_board_time_past(clock));
    SAY(line, "the clock says %.*s; %s%s is of %.*s", DATE_CHARS, now,
        is_file ? "" : "this software", is_file ? clock->newest_path : "", DATE_CHARS, then);
}

static void say_unkept(struct line *line) {
    SAY(line, "nothing keeps the clock right");
}

static void say_place(struct line *line) {
    static const char *const words[] = {
        [AVS_BOARD_PLACE_OK] = "is fine",
        [AVS_BOARD_PLACE_FULL] = "is full",
        [AVS_BOARD_PLACE_READ_ONLY] = "is read-only",
        [AVS_BOARD_PLACE_MISSING] = "does not exist",
        [AVS_BOARD_PLACE_DENIED] = "is not this user's to write",
    };
    const struct avs_board_place *place = &line->board->place[line->finding->index];
    SAY(line, "%.*s %s", SHORT, place->folder, words[place->state]);
}

static void say_library(struct line *line) {
    const struct avs_board_libraries *libraries = &line->board->libraries;
    SAY(line, "libcurl %s was built without HTTP/2", libraries->curl_version);
}

/* ---- hosts ---- */

static const struct avs_board_address *address_of(const struct line *line) {
    return &line->board->host[line->finding->host].address[line->finding->index];
}

static void say_address(struct line *line) {
    const struct avs_board_host *host = &line->board->host[line->finding->host];
    const struct avs_board_address *address = address_of(line);
    size_t asked = 0;
    for (size_t i = 0; i < host->address_length; i++) {
        asked += host->address[i].was_asked;
    }
    SAY(line, "%s, one of %zu addresses: %s (%s)", address->address, asked, address->fact,
        avs_cause_info(address->cause)->id);
}

static void say_ipv6(struct line *line) {
    SAY(line, "IPv6 %s leads nowhere, IPv4 works", address_of(line)->address);
}

static void say_refused(struct line *line) {
    SAY(line, "the way to %s is refused, by a router or its last hop",
        avs_board_refused_address(line->board, line->finding->host));
}

static void say_portal(struct line *line) {
    const struct avs_board_host *host = &line->board->host[line->finding->host];
    struct avs_board_result result;
    avs_board_judge_host(host, &result);
    const struct avs_session_evidence *session = &host->evidence->session[result.session];
    if (session->tls.wire_location[0]) {
        SAY(line, "answered by a stranger, who redirects to %.*s", SHORT,
            session->tls.wire_location);
    } else if (session->tls.chain_length > 0) {
        SAY(line, "answered by a stranger, with a certificate for %.*s", SHORT,
            session->tls.chain[0].names[0] ? session->tls.chain[0].names
                                           : session->tls.chain[0].subject);
    } else {
        SAY(line, "answered by a stranger, in plain text");
    }
}

static void say_pinned(struct line *line) {
    const struct avs_board_host *host = &line->board->host[line->finding->host];
    SAY(line, "/etc/hosts fixes it to %s", host->pinned);
}

static void say_retired(struct line *line) {
    SAY(line, "this name is gone; the regional gateways were asked instead");
}

static void say_unfinished(struct line *line) {
    SAY(line, "not asked to the end in time");
}

static void say_host(struct line *line) {
    const struct avs_board_host *host = &line->board->host[line->finding->host];
    struct avs_board_result result;
    avs_board_judge_host(host, &result);
    avs_headline(line->finding->cause, host->evidence, &host->evidence->session[result.session],
                 line->text);
}

/* The first row that fits; a host's own cause has no row. */
static const struct {
    enum avs_board_part part;
    enum avs_cause cause; /* NONE: every cause of the part */
    void (*say)(struct line *line);
} rows[] = {
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_LARGE_PACKETS_LOST, say_lost},
    {AVS_BOARD_PART_NETWORK, AVS_CAUSE_NONE, say_network},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_RESOLVER_DEAD, say_dead},
    {AVS_BOARD_PART_RESOLVER, AVS_CAUSE_NONE, say_resolver},
    {AVS_BOARD_PART_CLOCK, AVS_CAUSE_TIME_NOT_SYNCHRONISED, say_unkept},
    {AVS_BOARD_PART_CLOCK, AVS_CAUSE_NONE, say_clock},
    {AVS_BOARD_PART_DISK, AVS_CAUSE_NONE, say_place},
    {AVS_BOARD_PART_LIBRARIES, AVS_CAUSE_NONE, say_library},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_ADDRESS_BAD, say_address},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_IPV6_BROKEN, say_ipv6},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_WAY_REFUSED, say_refused},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_CAPTIVE_PORTAL, say_portal},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_NAME_PINNED, say_pinned},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_NAME_RETIRED, say_retired},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED, say_unfinished},
    {AVS_BOARD_PART_HOST, AVS_CAUSE_NONE, say_host},
};

void avs_doctor_line(const struct avs_doctor *doctor, const struct avs_board_finding *finding,
                     char ret_text[AVS_DOCTOR_LINE_BYTES]) {
    const struct avs_board *board = doctor->board;
    struct line line = {board, finding, ret_text};
    ret_text[0] = '\0';
    bool is_note = finding->part == AVS_BOARD_PART_CONFIG ||
                   finding->part == AVS_BOARD_PART_STORE || finding->part == AVS_BOARD_PART_LOG;
    if (is_note) {
        SAY(&line, "%s", board->note[finding->index].headline);
        return;
    }
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].part == finding->part &&
            (rows[i].cause == AVS_CAUSE_NONE || rows[i].cause == finding->cause)) {
            rows[i].say(&line);
            return;
        }
    }
}
