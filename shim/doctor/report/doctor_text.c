/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's page: the answer, what to do first, each sight and each host in a line, the other
 * findings, and what only follows from them. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "board/rules.h"
#include "out/text_out.h"
#include "report/doctor.h"

#define ANSWER_COLUMNS 100
#define UTC_BYTES      40
#define LABEL_BYTES    16

AVS_DEFINE_AUTO(findings, struct avs_findings, avs_findings_free);

struct page {
    const struct avs_doctor *doctor;
    const struct avs_board *board;
    const struct avs_findings *findings; /* in the order of the conclusion */
    struct avs_out out;
};

static const struct avs_board_finding *finding_at(const struct page *page, size_t index) {
    return &page->doctor->conclusion.finding[index];
}

static bool is_fault(const struct avs_board_finding *finding) {
    return finding->because == AVS_BOARD_NOTHING;
}

/* ---- the answer ---- */

/* "api.amazon.com: the fact (cause)", cut in the fact where it is too long for `columns`. */
static void put_finding(const struct page *page, size_t index, size_t columns, char *line,
                        size_t capacity) {
    const struct avs_finding *words = &page->findings->finding[index];
    size_t used = strlen(words->host) + strlen(words->id) + strlen(":  ()");
    size_t room = columns > used + 20 ? columns - used : 20;
    size_t length = strlen(words->headline);
    bool is_cut = length > room;
    avs_text_format(line, capacity, "%s%s%.*s%s (%s)", words->host, words->host[0] ? ": " : "",
                    (int)(is_cut ? room - 3 : length), words->headline, is_cut ? "..." : "",
                    words->id);
    avs_text_make_utf8(line);
}

static void put_ready(const struct page *page, char *line, size_t capacity) {
    const char *before = "";
    avs_text_copy(line, capacity, "every host works: ");
    for (size_t i = 0; i < page->board->host_length; i++) {
        const struct avs_board_host *host = &page->board->host[i];
        if (host->was_asked && avs_board_roles[host->role].is_needed) {
            size_t length = strlen(line);
            avs_text_format(line + length, capacity - length, "%s%s", before,
                            avs_board_roles[host->role].words);
            before = ", ";
        }
    }
}

static void add_answer(struct page *page) {
    static const char *const words[] = {[AVS_READY] = "Ready:",
                                        [AVS_NOT_READY] = "Not ready:",
                                        [AVS_INCONCLUSIVE] = "Cannot tell:"};
    const struct avs_board_conclusion *conclusion = &page->doctor->conclusion;
    bool has_fault = avs_doctor_first(page->doctor) != NULL;
    bool is_ready = conclusion->readiness == AVS_READY;
    const char *word = is_ready && has_fault ? "Ready, but:" : words[conclusion->readiness];
    char line[2 * AVS_DOCTOR_LINE_BYTES];
    avs_out_tone(&page->out, AVS_TONE_BOLD, "%s", word);
    if (has_fault) {
        put_finding(page, 0, ANSWER_COLUMNS - strlen(word) - 1, line, sizeof(line));
    } else if (is_ready) {
        put_ready(page, line, sizeof(line));
    } else if (page->board->sysroot[0]) {
        avs_text_format(line, sizeof(line),
                        "nothing is wrong in this image; its hosts were not "
                        "asked");
    } else {
        avs_text_format(line, sizeof(line), "%s; nothing wrong so far",
                        page->board->was_stopped ? "stopped before the end"
                                                 : "not every host was asked");
    }
    avs_out_printf(&page->out, " %s\n", line);
}

/* ---- findings ---- */

static void add_words(struct page *page, const struct avs_finding *words) {
    avs_out_lines(&page->out, "     facts   ", words->facts);
    avs_out_lines(&page->out, "     do      ", words->remedy);
    if (words->command[0]) {
        avs_out_printf(&page->out, "     next    ");
        avs_out_command(&page->out, words->command);
        avs_out_printf(&page->out, "\n");
    }
}

static enum avs_mark mark_of(const struct avs_board_finding *finding) {
    return finding->severity == AVS_SEVERITY_ERROR ? AVS_MARK_FAIL : AVS_MARK_NOTE;
}

static void add_first(struct page *page) {
    if (avs_doctor_first(page->doctor)) {
        avs_out_lines(&page->out, "     means   ", page->findings->finding[0].meaning);
        add_words(page, &page->findings->finding[0]);
        avs_out_printf(&page->out, "\n");
    }
}

static void add_others(struct page *page) {
    bool has_heading = false;
    bool was_first_told = avs_doctor_first(page->doctor) != NULL;
    char line[2 * AVS_DOCTOR_LINE_BYTES];
    for (size_t i = was_first_told ? 1 : 0; i < page->findings->finding_count; i++) {
        if (!is_fault(finding_at(page, i))) {
            continue;
        }
        if (!has_heading) {
            avs_out_printf(&page->out, "\nAlso\n");
            has_heading = true;
        }
        put_finding(page, i, AVS_DOCTOR_LINE_BYTES, line, sizeof(line));
        avs_out_mark(&page->out, mark_of(finding_at(page, i)));
        avs_out_hang(&page->out);
        avs_out_printf(&page->out, "%s\n", line);
        if (finding_at(page, i)->severity == AVS_SEVERITY_INFO) {
            avs_out_lines(&page->out, "     do      ", page->findings->finding[i].remedy);
        } else {
            add_words(page, &page->findings->finding[i]);
        }
    }
}

/* Consequences have no remedy of their own. */
static void add_consequences(struct page *page) {
    bool has_heading = false;
    char line[2 * AVS_DOCTOR_LINE_BYTES];
    for (size_t i = 0; i < page->findings->finding_count; i++) {
        if (is_fault(finding_at(page, i))) {
            continue;
        }
        if (!has_heading) {
            avs_out_printf(&page->out, "\nConsequences, not faults of their own\n");
            has_heading = true;
        }
        put_finding(page, i, AVS_DOCTOR_LINE_BYTES, line, sizeof(line));
        avs_out_printf(&page->out, "     ");
        avs_out_hang(&page->out);
        const struct avs_board_finding *why = finding_at(page, finding_at(page, i)->because);
        avs_out_printf(&page->out, "%s, because of %s (%s)\n", line,
                       avs_board_part_words[why->part], avs_cause_info(why->cause)->id);
    }
}

/* ---- sights ---- */

/* How a part stands, by its findings. */
static enum avs_mark part_mark(const struct page *page, enum avs_board_part part) {
    enum avs_mark mark = AVS_MARK_OK;
    for (size_t i = page->findings->finding_count; i-- > 0;) { /* the first counts most */
        const struct avs_board_finding *finding = finding_at(page, i);
        if (finding->part == part) {
            mark = !is_fault(finding) ? AVS_MARK_UNKNOWN : mark_of(finding);
        }
    }
    return mark;
}

static void sight(struct page *page, enum avs_mark mark, const char *label) {
    avs_out_mark(&page->out, mark);
    avs_out_printf(&page->out, "%-10s ", label);
    avs_out_hang(&page->out);
}

/* It explains what is not there. */
static void add_stop(struct page *page) {
    if (page->board->was_stopped) {
        sight(page, AVS_MARK_NOTE, "Stopped");
        avs_out_printf(&page->out,
                       "by an interrupt after %.1f s: what had not answered by then is "
                       "not known\n",
                       page->board->took_ms / 1000.0);
    }
}

static void add_clock(struct page *page) {
    static const char *const sync[] = {
        [AVS_BOARD_SYNC_UNKNOWN] = "",
        [AVS_BOARD_SYNC_SYNCHRONISED] = ", kept by a time service",
        [AVS_BOARD_SYNC_UNSYNCHRONISED] = ", nothing keeps it",
    };
    char now[UTC_BYTES];
    if (page->board->clock.now == 0) {
        return;
    }
    avs_text_utc(now, sizeof(now), page->board->clock.now);
    sight(page, part_mark(page, AVS_BOARD_PART_CLOCK), "Clock");
    avs_out_printf(&page->out, "%s%s\n", now, sync[page->board->clock.sync]);
}

static void add_network(struct page *page) {
    const struct avs_board_network *network = &page->board->network;
    bool has_one = false;
    if (page->board->sysroot[0]) {
        return;
    }
    sight(page, part_mark(page, AVS_BOARD_PART_NETWORK), "Network");
    for (size_t i = 0; i < network->interface_length; i++) {
        const struct avs_board_interface *interface = &network->interface[i];
        if (interface->is_up && (interface->ipv4[0] || interface->ipv6[0])) {
            avs_out_printf(&page->out, "%s%s %s%s%s", has_one ? ", " : "", interface->name,
                           interface->ipv4, interface->ipv4[0] && interface->ipv6[0] ? " " : "",
                           interface->ipv6);
            has_one = true;
        }
    }
    avs_out_printf(&page->out, "%s; default route %s%s%s\n", has_one ? "" : "no address",
                   network->ipv4_default[0] ? network->ipv4_default : "none",
                   network->ipv6_default[0] ? ", IPv6 " : ", no IPv6 route", network->ipv6_default);
}

static void add_resolver(struct page *page) {
    const struct avs_board_resolver *resolver = &page->board->resolver;
    if (page->board->sysroot[0]) {
        return;
    }
    sight(page, part_mark(page, AVS_BOARD_PART_RESOLVER), "Resolvers");
    for (size_t i = 0; i < resolver->server_length; i++) {
        const struct avs_board_server *server = &resolver->server[i];
        size_t known = 0;
        for (size_t j = 0; j < server->reply_length; j++) {
            known +=
                server->reply[j].a == AVS_DNS_ANSWERS || server->reply[j].aaaa == AVS_DNS_ANSWERS;
        }
        avs_out_printf(&page->out, "%s%s knows %zu of %zu names", i > 0 ? ", " : "",
                       server->address, known, server->reply_length);
    }
    avs_out_printf(&page->out, "%s\n", resolver->server_length > 0 ? "" : "none named");
}

static void add_proxy(struct page *page) {
    const struct avs_board *board = page->board;
    const struct avs_board_proxy *used = NULL;
    for (size_t i = 0; i < board->proxy_length && !used; i++) {
        used = board->proxy[i].is_in_force ? &board->proxy[i] : NULL;
    }
    if (board->sysroot[0]) {
        return;
    }
    sight(page, part_mark(page, AVS_BOARD_PART_PROXY), "Proxy");
    avs_out_printf(&page->out, "%s%s%s%s\n", used ? used->value : "none", used ? " (from: " : "",
                   used ? used->source : "", used ? ")" : "");
}

static void add_libraries(struct page *page) {
    const struct avs_board_libraries *libraries = &page->board->libraries;
    enum avs_mark mark = part_mark(page, AVS_BOARD_PART_LIBRARIES);
    if (libraries->curl_version[0]) {
        sight(page, mark, "libcurl");
        avs_out_printf(&page->out, "%s, %s, %s HTTP/2%s%s\n", libraries->curl_version,
                       libraries->curl_backend, libraries->has_http2 ? "with" : "without",
                       libraries->curl_path[0] ? ", from " : "", libraries->curl_path);
    }
    for (size_t i = 0; i < libraries->curl_length; i++) {
        const struct avs_board_curl *curl = &libraries->curl[i];
        bool is_only = libraries->curl_length == 1 && libraries->curl_version[0];
        if (is_only) {
            continue;
        }
        sight(page, curl->has_http2 ? AVS_MARK_OK : AVS_MARK_NOTE, i == 0 ? "Copies" : "");
        avs_out_printf(&page->out, "%s: %s, %s, %s HTTP/2\n", curl->path,
                       curl->version[0] ? curl->version : "version not told",
                       curl->backend[0] ? curl->backend : "TLS not told",
                       curl->has_http2 ? "with" : "without");
    }
}

static void add_files(struct page *page) {
    const struct avs_board *board = page->board;
    sight(page, part_mark(page, AVS_BOARD_PART_CONFIG), "Config");
    avs_out_printf(&page->out, "%s%s%s\n", board->config[0] ? board->config : "none given",
                   board->sdk[0] ? ", for SDK " : "", board->sdk);
    sight(page, part_mark(page, AVS_BOARD_PART_STORE), "Roots");
    const struct avs_evidence *evidence = NULL;
    for (size_t i = 0; i < board->host_length && !evidence; i++) {
        evidence = board->host[i].evidence;
    }
    const struct avs_store_facts *store =
        evidence ? &evidence->session[AVS_PROTOCOL_H2].tls.trust.store : NULL;
    avs_out_printf(&page->out, "%s%s%s\n", store ? store->ca_file : "audited",
                   store && store->ca_file[0] && store->ca_path[0] ? " and " : "",
                   store ? store->ca_path : "");
    for (size_t i = 0; i < board->place_length; i++) {
        const struct avs_board_place *place = &board->place[i];
        sight(page, place->state == AVS_BOARD_PLACE_OK ? AVS_MARK_OK : AVS_MARK_FAIL,
              i == 0 ? "Disk" : "");
        avs_out_printf(&page->out, "%s: %llu MiB free\n", place->folder,
                       (unsigned long long)place->free_kib / 1024);
    }
    if (board->log[0]) {
        sight(page, part_mark(page, AVS_BOARD_PART_LOG), "Log");
        avs_out_printf(&page->out, "%s\n", board->log);
    }
}

/* ---- hosts ---- */

static enum avs_mark host_mark(const struct page *page, size_t host) {
    enum avs_mark mark = AVS_MARK_OK;
    for (size_t i = page->findings->finding_count; i-- > 0;) {
        const struct avs_board_finding *finding = finding_at(page, i);
        if (avs_board_is_of_host(finding, host)) {
            mark = !is_fault(finding) ? AVS_MARK_UNKNOWN : mark_of(finding);
        }
    }
    return mark;
}

static void add_host(struct page *page, size_t index) {
    static const char *const labels[] = {[AVS_BOARD_ROLE_LOGIN] = "Login",
                                         [AVS_BOARD_ROLE_GATEWAY] = "Gateway",
                                         [AVS_BOARD_ROLE_CAPABILITIES] = "Capability",
                                         [AVS_BOARD_ROLE_ATS_TEST] = "ATS test",
                                         [AVS_BOARD_ROLE_REGIONAL] = "Region"};
    const struct avs_board_host *host = &page->board->host[index];
    struct avs_board_result result;
    avs_board_judge_host(host, &result);
    sight(page, host->was_asked ? host_mark(page, index) : AVS_MARK_UNKNOWN, labels[host->role]);
    avs_out_printf(&page->out, "%s", host->host);
    if (!host->was_asked) {
        avs_out_printf(&page->out, ": not asked\n");
        return;
    }
    if (result.cause != AVS_CAUSE_NONE) {
        avs_out_printf(&page->out, ": %s", avs_cause_info(result.cause)->id);
    } else {
        const struct avs_session_evidence *session = &host->evidence->session[result.session];
        avs_out_printf(&page->out, " at %s: %s", session->dial.address, session->tls.version);
        if (session->http.status > 0) {
            avs_out_printf(&page->out, ", HTTP status %d", session->http.status);
        }
    }
    size_t asked = 0, good = 0;
    for (size_t i = 0; i < host->address_length; i++) {
        asked += host->address[i].was_asked;
        good += host->address[i].was_asked && host->address[i].cause == AVS_CAUSE_NONE;
    }
    if (asked > 0) {
        avs_out_printf(&page->out, "; %zu of %zu addresses work", good, asked);
    }
    avs_out_printf(&page->out, "\n");
}

enum avs_status avs_doctor_to_text(const struct avs_doctor *doctor, const struct avs_style *style,
                                   char **ret_text, struct avs_error *reterr) {
    AVS_AUTO(findings) findings = NULL;
    AVS_TRY(avs_findings_of_doctor(doctor, &findings, reterr));
    struct page page = {doctor, doctor->board, findings, avs_out_init(AVS_OUT_REPORT_BYTES, style)};
    add_answer(&page);
    add_first(&page);
    add_stop(&page);
    add_clock(&page);
    add_network(&page);
    add_resolver(&page);
    add_proxy(&page);
    add_libraries(&page);
    add_files(&page);
    for (size_t i = 0; i < doctor->board->host_length; i++) {
        add_host(&page, i);
    }
    add_others(&page);
    add_consequences(&page);
    avs_out_printf(&page.out, "\n");
    add_answer(&page);
    enum avs_status status = avs_out_take(&page.out, ret_text, reterr);
    avs_out_done(&page.out);
    return status;
}
