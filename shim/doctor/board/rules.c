/* SPDX-License-Identifier: Apache-2.0 */
/* See rules.h. */
#include "board/rules.h"

#include <string.h>

#include "base/flow.h"
#include "board/hosts.h"
#include "h1/date.h"

#define DAY_S      (24 * 60 * 60)
#define SKEW_MAX_S 300 /* more, and signed requests are refused */
#define NO_HOSTS   0u

/* How each host did, asked for once. */
struct view {
    const struct avs_board *board;
    struct avs_board_conclusion *to;
    struct avs_board_result result[AVS_BOARD_HOSTS_MAX];
    bool is_one_reached; /* some host was connected to */
    bool is_one_proven;  /* some host's chain was verified: the clock is good enough for that */
    bool are_all_good;   /* of those that the device needs */
    size_t refused_host; /* the way to it is refused; NOTHING = to none */
    struct avs_board_finding nowhere; /* behind the ceiling: written to, never read */
};

bool avs_board_is_of_host(const struct avs_board_finding *finding, size_t host) {
    return (finding->hosts >> host & 1u) != 0;
}

static struct avs_board_finding *find(struct view *view, enum avs_board_part part,
                                      enum avs_cause cause, size_t index) {
    struct avs_board_conclusion *to = view->to;
    if (to->finding_count == AVS_BOARD_FINDINGS_MAX) {
        return &view->nowhere;
    }
    struct avs_board_finding *finding = &to->finding[to->finding_count++];
    *finding = (struct avs_board_finding){.part = part,
                                          .cause = cause,
                                          .severity = avs_cause_info(cause)->severity,
                                          .index = index,
                                          .host = AVS_BOARD_NOTHING,
                                          .hosts = NO_HOSTS,
                                          .because = AVS_BOARD_NOTHING};
    return finding;
}

static struct avs_board_finding *known(struct view *view, enum avs_board_part part,
                                       enum avs_cause cause) {
    for (size_t i = 0; i < view->to->finding_count; i++) {
        if (view->to->finding[i].part == part && view->to->finding[i].cause == cause) {
            return &view->to->finding[i];
        }
    }
    return NULL;
}

/* A host with the same cause as another is one finding with it. */
static struct avs_board_finding *find_of_host(struct view *view, enum avs_cause cause, size_t host,
                                              size_t index) {
    struct avs_board_finding *finding = known(view, AVS_BOARD_PART_HOST, cause);
    if (!finding) {
        finding = find(view, AVS_BOARD_PART_HOST, cause, index);
        finding->host = host;
    }
    finding->hosts |= 1u << host;
    return finding;
}

/* The first host that failed so; NOTHING = none. */
static size_t host_with(const struct view *view, enum avs_cause cause) {
    for (size_t i = 0; i < view->board->host_length; i++) {
        if (view->board->host[i].was_asked && view->result[i].cause == cause) {
            return i;
        }
    }
    return AVS_BOARD_NOTHING;
}

/* The gateway where it did: it is what people ask about. */
static size_t gateway_with(const struct view *view, enum avs_cause cause) {
    for (size_t i = 0; i < view->board->host_length; i++) {
        if (view->board->host[i].role == AVS_BOARD_ROLE_GATEWAY && view->result[i].cause == cause) {
            return i;
        }
    }
    return host_with(view, cause);
}

static bool has_cause(const struct view *view, enum avs_cause cause) {
    return host_with(view, cause) != AVS_BOARD_NOTHING;
}

/* A route leads there, and the answer came from elsewhere. */
static bool is_refused(const struct avs_board *board, const struct avs_board_address *address) {
    bool is_ipv6 = strchr(address->address, ':') != NULL;
    return address->was_asked && address->cause == AVS_CAUSE_NETWORK_UNREACHABLE &&
           (is_ipv6 ? board->network.ipv6_default[0] : board->network.ipv4_default[0]);
}

const char *avs_board_refused_address(const struct avs_board *board, size_t index) {
    const struct avs_board_host *host = &board->host[index];
    const char *refused = NULL;
    for (int p = 0; host->evidence && p < AVS_SESSION_COUNT; p++) {
        const struct avs_dial_facts *dial = &host->evidence->session[p].dial;
        if (dial->outcome == AVS_DIAL_UNREACHABLE && dial->has_route && dial->address[0]) {
            refused = dial->address;
        }
    }
    for (size_t i = 0; !refused && i < host->address_length; i++) {
        if (is_refused(board, &host->address[i])) {
            refused = host->address[i].address;
        }
    }
    return refused;
}

/* A router tells of a few of many packets only (RFC 1812 section 4.3.2.8): what it told one host
 * counts for those that heard nothing. */
static size_t refused_host(const struct view *view) {
    for (size_t i = 0; i < view->board->host_length; i++) {
        if (view->result[i].cause != AVS_CAUSE_NONE && avs_board_refused_address(view->board, i)) {
            return i;
        }
    }
    return AVS_BOARD_NOTHING;
}

static void look(struct view *view) {
    const struct avs_board *board = view->board;
    view->are_all_good = true;
    for (size_t i = 0; i < board->host_length; i++) {
        const struct avs_evidence *evidence = board->host[i].evidence;
        avs_board_judge_host(&board->host[i], &view->result[i]);
        if (board->host[i].was_asked && avs_board_roles[board->host[i].role].is_needed) {
            view->are_all_good &= view->result[i].cause == AVS_CAUSE_NONE;
        }
        for (int p = 0; evidence && p < AVS_SESSION_COUNT; p++) {
            view->is_one_reached |= evidence->session[p].dial.outcome == AVS_DIAL_CONNECTED;
            view->is_one_proven |= evidence->session[p].tls.is_verified;
        }
    }
    view->refused_host = refused_host(view);
}

/* ---- what lint, audit and inspect say ---- */

/* A store that lacks a root is no fault of today where every host works with it. */
static void find_notes(struct view *view) {
    const struct avs_board *board = view->board;
    for (size_t i = 0; i < board->note_length; i++) {
        const struct avs_board_note *note = &board->note[i];
        bool is_noted = note->part == AVS_BOARD_PART_CONFIG || note->part == AVS_BOARD_PART_STORE ||
                        note->part == AVS_BOARD_PART_LOG;
        if (!is_noted || note->cause == AVS_CAUSE_NONE) {
            continue; /* of a ticket that somebody wrote */
        }
        struct avs_board_finding *finding = find(view, note->part, note->cause, i);
        finding->severity = (enum avs_severity)note->severity;
        bool is_proven = view->are_all_good && view->is_one_proven;
        bool is_refuted = is_proven && finding->severity == AVS_SEVERITY_ERROR &&
                          (note->part == AVS_BOARD_PART_STORE || note->part == AVS_BOARD_PART_LOG);
        if (is_refuted) {
            finding->severity = AVS_SEVERITY_WARNING;
        }
    }
}

/* ---- this machine ---- */

static void find_places(struct view *view) {
    static const enum avs_cause causes[] = {
        [AVS_BOARD_PLACE_OK] = AVS_CAUSE_NONE,
        [AVS_BOARD_PLACE_FULL] = AVS_CAUSE_DISK_FULL,
        [AVS_BOARD_PLACE_READ_ONLY] = AVS_CAUSE_DISK_READ_ONLY,
        [AVS_BOARD_PLACE_MISSING] = AVS_CAUSE_DISK_NOT_WRITABLE,
        [AVS_BOARD_PLACE_DENIED] = AVS_CAUSE_DISK_NOT_WRITABLE,
    };
    for (size_t i = 0; i < view->board->place_length; i++) {
        enum avs_cause cause = causes[view->board->place[i].state];
        if (cause != AVS_CAUSE_NONE) {
            find(view, AVS_BOARD_PART_DISK, cause, i);
        }
    }
}

static void find_clock(struct view *view) {
    const struct avs_board_clock *clock = &view->board->clock;
    bool is_early = clock->now < avs_board_time_past(clock) - DAY_S;
    if (clock->now > 0 && is_early && !view->is_one_proven) {
        find(view, AVS_BOARD_PART_CLOCK, AVS_CAUSE_CLOCK_WRONG, AVS_BOARD_NOTHING);
        return;
    }
    for (size_t i = 0; i < view->board->host_length; i++) {
        const struct avs_evidence *evidence = view->board->host[i].evidence;
        for (int p = 0; evidence && p < AVS_SESSION_COUNT; p++) {
            const struct avs_session_evidence *session = &evidence->session[p];
            int64_t date = 0;
            if (session->tls.is_verified && avs_http_date(session->http.http_date, &date) &&
                (evidence->wall_clock - date > SKEW_MAX_S ||
                 date - evidence->wall_clock > SKEW_MAX_S)) {
                struct avs_board_finding *finding =
                    find(view, AVS_BOARD_PART_CLOCK, AVS_CAUSE_CLOCK_WRONG, (size_t)p);
                finding->host = i;
                finding->severity = AVS_SEVERITY_WARNING; /* TLS stands */
                return;
            }
        }
    }
    if (clock->sync == AVS_BOARD_SYNC_UNSYNCHRONISED) {
        find(view, AVS_BOARD_PART_CLOCK, AVS_CAUSE_TIME_NOT_SYNCHRONISED, AVS_BOARD_NOTHING);
    }
}

/* Without a default route there may still be a way to a host; where one was reached, there is. */
static void find_network(struct view *view) {
    const struct avs_board_network *network = &view->board->network;
    bool has_default = network->ipv4_default[0] || network->ipv6_default[0];
    bool is_cut_off =
        has_cause(view, AVS_CAUSE_NETWORK_UNREACHABLE) || has_cause(view, AVS_CAUSE_DNS_FAILED);
    if (!has_default && is_cut_off && !view->is_one_reached) {
        find(view, AVS_BOARD_PART_NETWORK, AVS_CAUSE_NETWORK_UNREACHABLE, AVS_BOARD_NOTHING);
    }
}

static void find_libraries(struct view *view) {
    const struct avs_board_libraries *libraries = &view->board->libraries;
    bool is_known =
        known(view, AVS_BOARD_PART_STORE, AVS_CAUSE_HTTP2_UNSUPPORTED_BY_LIBCURL) != NULL;
    if (libraries->curl_version[0] && !libraries->has_http2 && !is_known) {
        find(view, AVS_BOARD_PART_LIBRARIES, AVS_CAUSE_HTTP2_UNSUPPORTED_BY_LIBCURL,
             AVS_BOARD_NOTHING);
    }
}

/* ---- names ---- */

static bool is_silence(enum avs_dns_answer answer) {
    return answer == AVS_DNS_SILENT || answer == AVS_DNS_UNREACHABLE;
}

/* It said nothing to anything. */
static bool is_dead(const struct avs_board_server *server) {
    for (size_t i = 0; i < server->reply_length; i++) {
        if (!is_silence(server->reply[i].a) || !is_silence(server->reply[i].aaaa)) {
            return false;
        }
    }
    return server->reply_length > 0;
}

static bool knows_any(const struct avs_board_server *server) {
    for (size_t i = 0; i < server->reply_length; i++) {
        if (server->reply[i].a == AVS_DNS_ANSWERS || server->reply[i].aaaa == AVS_DNS_ANSWERS) {
            return true;
        }
    }
    return false;
}

static void find_resolver(struct view *view) {
    const struct avs_board_resolver *resolver = &view->board->resolver;
    size_t dead = 0, useful = 0;
    for (size_t i = 0; i < resolver->server_length; i++) {
        dead += is_dead(&resolver->server[i]);
        useful += knows_any(&resolver->server[i]);
    }
    if (useful == 0 && has_cause(view, AVS_CAUSE_DNS_FAILED)) {
        /* none is named, none answers, or none knows any host: one fault, whatever each says */
        find(view, AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED,
             resolver->server_length > 0 ? 0 : AVS_BOARD_NOTHING)
            ->host = gateway_with(view, AVS_CAUSE_DNS_FAILED);
    } else if (dead < resolver->server_length) {
        for (size_t i = 0; i < resolver->server_length; i++) {
            if (is_dead(&resolver->server[i])) {
                find(view, AVS_BOARD_PART_RESOLVER, AVS_CAUSE_RESOLVER_DEAD, i);
            }
        }
    }
}

/* A word of a list of words. */
static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at++) {
        bool starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* /etc/hosts sends a host that fails elsewhere than every name server does. */
static bool is_pinned_wrongly(const struct view *view, size_t host) {
    const struct avs_board_resolver *resolver = &view->board->resolver;
    const char *pinned = view->board->host[host].pinned;
    bool is_contradicted = false;
    for (size_t i = 0; pinned[0] && i < resolver->server_length; i++) {
        const struct avs_board_server *server = &resolver->server[i];
        const char *addresses = host < server->reply_length ? server->reply[host].addresses : "";
        if (has_word(addresses, pinned)) {
            return false;
        }
        is_contradicted |= addresses[0] != '\0';
    }
    return is_contradicted;
}

/* ---- hosts ---- */

static bool is_name_retired(const struct view *view, size_t host) {
    const struct avs_evidence *evidence = view->board->host[host].evidence;
    return view->board->host[host].role == AVS_BOARD_ROLE_ATS_TEST && evidence &&
           view->result[host].cause == AVS_CAUSE_DNS_FAILED &&
           (evidence->dns.answer == AVS_DNS_NXDOMAIN ||
            evidence->dns.answer == AVS_DNS_NO_ADDRESS) &&
           !known((struct view *)view, AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED);
}

static void find_host(struct view *view, size_t host) {
    enum avs_cause cause = view->result[host].cause;
    if (cause == AVS_CAUSE_NONE) {
        return;
    }
    if (is_name_retired(view, host)) {
        find_of_host(view, AVS_CAUSE_NAME_RETIRED, host, AVS_BOARD_NOTHING);
        return;
    }
    if (is_pinned_wrongly(view, host)) {
        find_of_host(view, AVS_CAUSE_NAME_PINNED, host, AVS_BOARD_NOTHING);
    }
    bool is_unreached =
        cause == AVS_CAUSE_NETWORK_UNREACHABLE || cause == AVS_CAUSE_CONNECT_TIMEOUT;
    if (is_unreached && view->refused_host != AVS_BOARD_NOTHING) {
        find_of_host(view, AVS_CAUSE_WAY_REFUSED, host, AVS_BOARD_NOTHING)->host =
            view->refused_host;
        return;
    }
    bool is_first = known(view, AVS_BOARD_PART_HOST, cause) == NULL;
    struct avs_board_finding *finding = find_of_host(view, cause, host, AVS_BOARD_NOTHING);
    bool is_needed = avs_board_roles[view->board->host[host].role].is_needed;
    if (cause == AVS_CAUSE_PROBE_UNFINISHED && view->board->was_stopped) {
        finding->severity = AVS_SEVERITY_INFO; /* no wonder */
    } else if (is_needed && view->result[host].readiness != AVS_READY) {
        finding->severity = AVS_SEVERITY_ERROR; /* whatever the cause: the device needs it */
    } else if (is_first && view->are_all_good) {
        finding->severity = AVS_SEVERITY_WARNING; /* every host that counts works */
    }
}

/* The one who answers for two hosts is neither of them. */
static bool is_strangers(const struct view *view, size_t host, const char **ret_leaf) {
    const struct avs_evidence *evidence = view->board->host[host].evidence;
    if (!evidence) {
        return false;
    }
    const struct avs_session_evidence *session = &evidence->session[view->result[host].session];
    bool is_plain = view->result[host].cause == AVS_CAUSE_PLAINTEXT_PEER;
    *ret_leaf = is_plain ? "" : session->tls.chain[0].sha256;
    return is_plain ||
           (session->tls.chain_length > 0 && session->tls.trust.refusal.hostname_mismatch);
}

static void find_portal(struct view *view) {
    const struct avs_board *board = view->board;
    for (size_t i = 0; i < board->host_length; i++) {
        const char *leaf = NULL, *other = NULL;
        uint32_t hosts = is_strangers(view, i, &leaf) ? 1u << i : NO_HOSTS;
        for (size_t j = i + 1; hosts && j < board->host_length; j++) {
            bool is_same = is_strangers(view, j, &other) && strcmp(leaf, other) == 0;
            hosts |= is_same ? 1u << j : NO_HOSTS;
        }
        if (hosts & (hosts - 1)) {
            struct avs_board_finding *finding =
                find(view, AVS_BOARD_PART_HOST, AVS_CAUSE_CAPTIVE_PORTAL, AVS_BOARD_NOTHING);
            finding->host = i;
            finding->hosts = hosts;
            return;
        }
    }
}

/* A host that was never answered works with less in a packet: so would the others. */
static void find_lost_packets(struct view *view) {
    const struct avs_board *board = view->board;
    for (size_t i = 0; i < board->host_length; i++) {
        if (!board->host[i].works_in_small_segments) {
            continue;
        }
        struct avs_board_finding *finding =
            find(view, AVS_BOARD_PART_NETWORK, AVS_CAUSE_LARGE_PACKETS_LOST, AVS_BOARD_NOTHING);
        finding->host = i;
        return;
    }
}

/* ---- addresses ---- */

static bool is_ipv6(const struct avs_board_address *address) {
    return strchr(address->address, ':') != NULL;
}

static bool is_bad(const struct avs_board_address *address) {
    return address->was_asked && address->cause != AVS_CAUSE_NONE;
}

static bool is_unreached(const struct avs_board_address *address) {
    enum avs_phase phase = avs_cause_info(address->cause)->phase;
    return is_bad(address) && phase == AVS_PHASE_TCP;
}

/* IPv6 addresses on a board without IPv6 fail at once and cost nothing. */
static bool has_no_route(const struct avs_board_address *address) {
    return address->cause == AVS_CAUSE_NETWORK_UNREACHABLE;
}

struct tally {
    size_t good4, bad4, good6, unreached6;
};

static void find_addresses(struct view *view, size_t index) {
    const struct avs_board_host *host = &view->board->host[index];
    struct tally tally = {0};
    for (size_t i = 0; i < host->address_length; i++) {
        const struct avs_board_address *address = &host->address[i];
        bool is_good = address->was_asked && !is_bad(address);
        tally.good4 += is_good && !is_ipv6(address);
        tally.good6 += is_good && is_ipv6(address);
        tally.unreached6 += is_ipv6(address) && is_unreached(address) && !has_no_route(address);
    }
    if (tally.good4 + tally.good6 == 0) {
        return; /* the host's own finding says it */
    }
    bool is_ipv6_dead = tally.unreached6 > 0 && tally.good6 == 0;
    for (size_t i = 0; i < host->address_length; i++) {
        const struct avs_board_address *address = &host->address[i];
        if (!is_bad(address) || (is_ipv6(address) && has_no_route(address))) {
            continue;
        }
        if (is_ipv6(address) && is_ipv6_dead && is_unreached(address)) {
            find_of_host(view, AVS_CAUSE_IPV6_BROKEN, index, i);
            continue;
        }
        struct avs_board_finding *finding =
            find(view, AVS_BOARD_PART_HOST, AVS_CAUSE_ADDRESS_BAD, i);
        finding->host = index;
        finding->hosts = 1u << index;
        if (is_unreached(address) || !avs_board_roles[host->role].is_needed) {
            finding->severity = AVS_SEVERITY_WARNING; /* libcurl goes on to the next one */
        }
    }
}

void avs_board_find(const struct avs_board *board, struct avs_board_conclusion *ret) {
    struct view view = {.board = board, .to = ret};
    ret->finding_count = 0;
    look(&view);
    find_notes(&view);
    find_places(&view);
    find_network(&view);
    find_resolver(&view);
    find_clock(&view);
    find_libraries(&view);
    find_portal(&view);
    find_lost_packets(&view);
    for (size_t i = 0; i < board->host_length; i++) {
        if (board->host[i].was_asked) {
            find_host(&view, i);
            find_addresses(&view, i);
        }
    }
}
