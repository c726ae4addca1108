/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a finding of the doctor: a host's are those of a check, a note's its own report's,
 * the rest is the catalogue's with the facts that were seen. And all of them as rows. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "board/rules.h"
#include "report/advice.h"
#include "report/doctor.h"

#define UTC_BYTES   40
#define FACTS_BYTES 2048

/* ---- facts of this machine ---- */

static void add_line(struct avs_buffer *out, const char *label, const char *text) {
    if (text[0]) {
        avs_buffer_printf(out, "%s%s: %s", out->length > 0 ? "\n" : "", label, text);
    }
}

static void add_time(struct avs_buffer *out, const char *label, int64_t time) {
    char text[UTC_BYTES];
    avs_text_utc(text, sizeof(text), time);
    add_line(out, label, time > 0 ? text : "");
}

static void add_clock(struct avs_buffer *out, const struct avs_board *board) {
    static const char *const sync[] = {
        [AVS_BOARD_SYNC_UNKNOWN] = "",
        [AVS_BOARD_SYNC_SYNCHRONISED] = "the kernel says that its clock is kept",
        [AVS_BOARD_SYNC_UNSYNCHRONISED] = "the kernel says that nothing keeps its clock",
    };
    const struct avs_board_clock *clock = &board->clock;
    add_time(out, "this device's clock", clock->now);
    add_time(out, "this software was built", clock->build_time);
    if (clock->newest_file > 0) {
        add_time(out, clock->newest_path, clock->newest_file);
    }
    add_line(out, "synchronised", sync[clock->sync]);
}

static void add_network(struct avs_buffer *out, const struct avs_board *board) {
    const struct avs_board_network *network = &board->network;
    for (size_t i = 0; i < network->interface_length; i++) {
        const struct avs_board_interface *interface = &network->interface[i];
        char text[200];
        avs_text_format(text, sizeof(text), "%s%s%s%s%s", interface->is_up ? "up" : "down",
                        interface->is_running ? "" : ", no link",
                        interface->ipv4[0] || interface->ipv6[0] ? ", " : ", no address",
                        interface->ipv4[0] ? interface->ipv4 : interface->ipv6,
                        interface->ipv4[0] && interface->ipv6[0] ? " and IPv6" : "");
        size_t used = strlen(text);
        if (interface->mtu > 0) {
            avs_text_format(text + used, sizeof(text) - used, ", MTU %d", interface->mtu);
        }
        add_line(out, interface->name, text);
    }
    add_line(out, "default route", network->ipv4_default[0] ? network->ipv4_default : "none");
    add_line(out, "default route of IPv6",
             network->ipv6_default[0] ? network->ipv6_default : "none");
}

static const char *const answer_words[AVS_DNS_COUNT] = {
    [AVS_DNS_NOT_ASKED] = "not asked",   [AVS_DNS_NO_SERVER] = "no server",
    [AVS_DNS_SILENT] = "no answer",      [AVS_DNS_UNREACHABLE] = "cannot be reached",
    [AVS_DNS_NXDOMAIN] = "no such name", [AVS_DNS_NO_ADDRESS] = "no address",
    [AVS_DNS_SERVFAIL] = "SERVFAIL",     [AVS_DNS_REFUSED] = "refused",
    [AVS_DNS_ANSWERS] = "answers"};

/* And it is no address. */
static bool says_one_thing(const struct avs_board_server *server) {
    for (size_t i = 0; i < server->reply_length; i++) {
        if (server->reply[i].a != server->reply[0].a || server->reply[i].addresses[0]) {
            return false;
        }
    }
    return server->reply_length > 1;
}

static void add_resolver(struct avs_buffer *out, const struct avs_board *board) {
    const struct avs_board_resolver *resolver = &board->resolver;
    for (size_t i = 0; i < resolver->server_length; i++) {
        const struct avs_board_server *server = &resolver->server[i];
        if (says_one_thing(server)) {
            char text[80];
            avs_text_format(text, sizeof(text), "%s, for each of %zu names",
                            answer_words[server->reply[0].a], server->reply_length);
            add_line(out, server->address, text);
            continue;
        }
        for (size_t j = 0; j < server->reply_length && j < board->host_length; j++) {
            const struct avs_board_reply *reply = &server->reply[j];
            char text[sizeof(reply->addresses) + AVS_NAME_BYTES + 40];
            avs_text_format(text, sizeof(text), "%s: %s%s%s", board->host[j].host,
                            answer_words[reply->a], reply->addresses[0] ? " " : "",
                            reply->addresses);
            add_line(out, server->address, text);
        }
    }
}

static void add_place(struct avs_buffer *out, const struct avs_board *board, size_t index) {
    const struct avs_board_place *place = &board->place[index];
    char text[64];
    add_line(out, "named by", place->key);
    add_line(out, "file system", place->mount);
    avs_text_format(text, sizeof(text), "%llu KiB", (unsigned long long)place->free_kib);
    add_line(out, "free", text);
}

static void add_addresses(struct avs_buffer *out, const struct avs_board *board, size_t index) {
    const struct avs_board_host *host = &board->host[index];
    for (size_t i = 0; i < host->address_length; i++) {
        const struct avs_board_address *address = &host->address[i];
        add_line(out, address->address,
                 !address->was_asked                ? "not asked in time"
                 : address->cause == AVS_CAUSE_NONE ? "works"
                                                    : address->fact);
    }
}

/* The hosts that are refused, and those that only heard nothing. */
static void add_refusals(struct avs_buffer *out, const struct avs_board *board, uint32_t hosts) {
    for (size_t i = 0; i < board->host_length; i++) {
        const char *refused = avs_board_refused_address(board, i);
        if (hosts >> i & 1u) {
            add_line(out, board->host[i].host, refused ? refused : "no answer");
        }
    }
}

static void add_pin(struct avs_buffer *out, const struct avs_board *board, size_t index) {
    add_line(out, "/etc/hosts", board->host[index].pinned);
    for (size_t i = 0; i < board->resolver.server_length; i++) {
        const struct avs_board_server *server = &board->resolver.server[i];
        if (index < server->reply_length) {
            add_line(out, server->address, server->reply[index].addresses);
        }
    }
}

static void add_facts(struct avs_buffer *out, const struct avs_board *board,
                      const struct avs_board_finding *finding) {
    switch (finding->part) {
    case AVS_BOARD_PART_CLOCK:
        add_clock(out, board);
        return;
    case AVS_BOARD_PART_NETWORK:
        add_network(out, board);
        return;
    case AVS_BOARD_PART_RESOLVER:
        add_resolver(out, board);
        return;
    case AVS_BOARD_PART_DISK:
        add_place(out, board, finding->index);
        return;
    case AVS_BOARD_PART_LIBRARIES:
        add_line(out, "loaded from", board->libraries.curl_path);
        return;
    case AVS_BOARD_PART_HOST:
        if (finding->cause == AVS_CAUSE_NAME_PINNED) {
            add_pin(out, board, finding->host);
        } else if (finding->cause == AVS_CAUSE_WAY_REFUSED) {
            add_refusals(out, board, finding->hosts);
        } else {
            add_addresses(out, board, finding->host);
        }
        return;
    case AVS_BOARD_PART_CONFIG:
    case AVS_BOARD_PART_PROXY:
    case AVS_BOARD_PART_STORE:
    case AVS_BOARD_PART_LOG:
    case AVS_BOARD_PART_COUNT:
        return;
    }
}

/* ---- words ---- */

static bool is_note(const struct avs_board_finding *finding) {
    return finding->part == AVS_BOARD_PART_CONFIG || finding->part == AVS_BOARD_PART_STORE ||
           finding->part == AVS_BOARD_PART_LOG;
}

static void take_note(const struct avs_board_note *note, struct avs_findings *findings,
                      struct avs_finding *words) {
    words->remedy = avs_findings_keep(findings, note->remedy);
    words->facts = avs_findings_keep(findings, note->facts);
    words->command = avs_findings_keep(findings, note->command);
}

/* What a check of the host would say. */
static enum avs_status take_advice(const struct avs_board_host *host, enum avs_cause cause,
                                   struct avs_findings *findings, struct avs_finding *words,
                                   struct avs_error *reterr) {
    struct avs_board_result result;
    struct avs_advice advice;
    avs_board_judge_host(host, &result);
    bool is_own = cause == result.cause;
    enum avs_status status = avs_advice_init(&advice, result.cause, host->evidence,
                                             &host->evidence->session[result.session], reterr);
    if (status == AVS_OK) {
        words->facts = avs_findings_keep(findings, advice.facts.data);
        words->command = avs_findings_keep(findings, advice.command.data);
        words->remedy = is_own ? avs_findings_keep(findings, advice.remedy) : words->remedy;
    }
    avs_advice_done(&advice);
    return status;
}

static enum avs_status take_own(const struct avs_doctor *doctor,
                                const struct avs_board_finding *finding,
                                struct avs_findings *findings, struct avs_finding *words,
                                struct avs_error *reterr) {
    struct avs_buffer facts = avs_buffer_init(FACTS_BYTES);
    struct avs_buffer command = avs_buffer_init(AVS_ADVICE_BYTES);
    add_facts(&facts, doctor->board, finding);
    avs_doctor_command(doctor, finding, &command);
    bool has_memory = !(facts.is_failed && !facts.is_over_limit) &&
                      !(command.is_failed && !command.is_over_limit);
    words->facts = avs_findings_keep(findings, facts.data);
    words->command = command.is_failed ? "" : avs_findings_keep(findings, command.data);
    avs_buffer_done(&facts);
    avs_buffer_done(&command);
    return has_memory ? AVS_OK : avs_fail_memory(reterr);
}

/* What to do about names is what a check of one of them says; the facts are of all. */
static enum avs_status take_resolver(const struct avs_doctor *doctor,
                                     const struct avs_board_finding *finding,
                                     struct avs_findings *findings, struct avs_finding *words,
                                     struct avs_error *reterr) {
    const struct avs_board_host *host = &doctor->board->host[finding->host];
    struct avs_buffer facts = avs_buffer_init(FACTS_BYTES);
    enum avs_status status = take_advice(host, AVS_CAUSE_DNS_FAILED, findings, words, reterr);
    add_resolver(&facts, doctor->board);
    words->facts = avs_findings_keep(findings, facts.data);
    avs_buffer_done(&facts);
    return status;
}

static bool is_checks(const struct avs_doctor *doctor, const struct avs_board_finding *finding) {
    struct avs_board_result result;
    if (finding->part != AVS_BOARD_PART_HOST || !doctor->board->host[finding->host].evidence) {
        return false;
    }
    avs_board_judge_host(&doctor->board->host[finding->host], &result);
    return finding->cause == result.cause || finding->cause == AVS_CAUSE_CAPTIVE_PORTAL;
}

enum avs_status avs_doctor_words(const struct avs_doctor *doctor,
                                 const struct avs_board_finding *finding,
                                 struct avs_findings *findings, struct avs_finding *ret_words,
                                 struct avs_error *reterr) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    char line[AVS_DOCTOR_LINE_BYTES], hosts[AVS_DOCTOR_LINE_BYTES];
    avs_doctor_line(doctor, finding, line);
    avs_doctor_hosts(doctor->board, finding->hosts, hosts);
    *ret_words = (struct avs_finding){.id = info->id,
                                      .cause = finding->cause,
                                      .severity = finding->severity,
                                      .headline = avs_findings_keep(findings, line),
                                      .meaning = info->meaning,
                                      .remedy = info->remedy,
                                      .command = "",
                                      .facts = "",
                                      .file = "",
                                      .host = avs_findings_keep(findings, hosts),
                                      .excerpt = ""};
    if (is_note(finding)) {
        take_note(&doctor->board->note[finding->index], findings, ret_words);
        return AVS_OK;
    }
    if (finding->part == AVS_BOARD_PART_RESOLVER && finding->host != AVS_BOARD_NOTHING) {
        return take_resolver(doctor, finding, findings, ret_words, reterr);
    }
    if (is_checks(doctor, finding)) {
        return take_advice(&doctor->board->host[finding->host], finding->cause, findings, ret_words,
                           reterr);
    }
    return take_own(doctor, finding, findings, ret_words, reterr);
}
