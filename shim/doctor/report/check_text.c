/* SPDX-License-Identifier: Apache-2.0 */
/* The human report: the answer in one line, then a line for each fact, and under a failure why and
 * what to do. */
#include <avs/report.h>

#include <string.h>

#include "base/text.h"
#include "out/text_out.h"
#include "report/advice.h"
#include "report/headline.h"
#include "report/ipv6.h"
#include "report/lookup.h"

struct report {
    const struct avs_evidence *evidence;
    const struct avs_verdict *verdict;
    struct avs_out out;
};

static void fact(struct report *report, enum avs_mark mark, const char *label) {
    avs_out_mark(&report->out, mark);
    avs_out_printf(&report->out, "%-10s ", label);
    avs_out_hang(&report->out);
}

/* The session that decides, and speaks for both where they agree. */
static const struct avs_session_evidence *decisive(const struct report *report) {
    return &report->evidence->session[report->verdict->decisive];
}

#define ANSWER_COLUMNS 100 /* the first line fits a terminal, whatever the names in it */
#define LEAST_COLUMNS                                                           \
    22 /* of it at the least for the endpoint's name; a fact is cut for no more \
        */

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The text, or its beginning where it is longer than that. */
static void add_cut(char *line, size_t capacity, const char *text, size_t columns) {
    bool is_cut = strlen(text) > columns;
    size_t length = strlen(line);
    avs_text_format(line + length, capacity - length, "%.*s%s",
                    (int)(is_cut ? columns - 3 : columns), text, is_cut ? "..." : "");
}

/* What is wrong on this machine is the same for every endpoint: where the line is short of room,
 * the endpoint is the first to go. */
static bool is_of_this_machine(enum avs_cause cause) {
    static const enum avs_cause causes[] = {
        AVS_CAUSE_INTERFACE_MISSING, AVS_CAUSE_PROXY_FAILED,       AVS_CAUSE_CA_FILE_UNREADABLE,
        AVS_CAUSE_CA_FILE_INVALID,   AVS_CAUSE_CA_PATH_NOT_HASHED,
    };
    for (size_t i = 0; i < AVS_COUNT(causes); i++) {
        if (causes[i] == cause) {
            return true;
        }
    }
    return false;
}

/* The fact has the room that it needs: the endpoint stands whole in the next line. */
static void put_failure(const struct report *report, const char *word, char *line,
                        size_t capacity) {
    const struct avs_verdict *verdict = report->verdict;
    const char *id = avs_cause_info(verdict->cause)->id;
    const char *endpoint = report->evidence->endpoint;
    char fact[AVS_HEADLINE_BYTES];
    avs_headline(verdict->cause, report->evidence, decisive(report), fact);
    size_t room = ANSWER_COLUMNS - strlen(word) - strlen("  : ()") - strlen(id);
    size_t scheme = strlen("https://");
    if (strlen(endpoint) + strlen(fact) > room && strncmp(endpoint, "https://", scheme) == 0) {
        endpoint += scheme;
    }
    size_t least = is_of_this_machine(verdict->cause) ? 0 : LEAST_COLUMNS;
    size_t columns = smaller(strlen(fact), room - smaller(strlen(endpoint), least));
    line[0] = '\0';
    if (least > 0 || strlen(endpoint) <= room - columns) {
        add_cut(line, capacity, endpoint, room - columns);
        add_cut(line, capacity, ": ", 2);
    }
    add_cut(line, capacity, fact, columns);
    avs_text_format(line + strlen(line), capacity - strlen(line), " (%s)", id);
    avs_text_make_utf8(line);
}

static void add_answer(struct report *report) {
    const struct avs_evidence *evidence = report->evidence;
    const struct avs_verdict *verdict = report->verdict;
    static const char *const words[] = {[AVS_READY] = "Ready:",
                                        [AVS_NOT_READY] = "Not ready:",
                                        [AVS_INCONCLUSIVE] = "Cannot tell:"};
    const char *word = words[verdict->readiness];
    avs_out_tone(&report->out, AVS_TONE_BOLD, "%s", word);
    if (verdict->readiness == AVS_READY) {
        const struct avs_trust_facts *trust = &decisive(report)->tls.trust;
        avs_out_printf(&report->out, " %s works: TLS is verified up to %s.\n", evidence->endpoint,
                       trust->gate.is_ats ? trust->gate.ats_root : "a trusted root (--any-root)");
    } else if (verdict->cause == AVS_CAUSE_NONE) {
        avs_out_printf(&report->out, " %s: HTTP/2 was not asked, TLS is proven\n",
                       evidence->endpoint);
    } else {
        char line[ANSWER_COLUMNS * 2];
        put_failure(report, word, line, sizeof(line));
        avs_out_printf(&report->out, " %s\n", line);
    }
}

static void add_endpoint(struct report *report) {
    const char *source = report->evidence->endpoint_source;
    fact(report, AVS_MARK_OK, "Endpoint");
    avs_out_printf(&report->out, "%s%s%s%s\n", report->evidence->endpoint,
                   source[0] ? " (from: " : "", source, source[0] ? ")" : "");
}

static void add_store(struct report *report) {
    const struct avs_session_evidence *session = decisive(report);
    const struct avs_trust_facts *trust = &session->tls.trust;
    bool has_path = trust->store.ca_path[0] != '\0';
    fact(report, trust->store.state == AVS_STORE_OK ? AVS_MARK_OK : AVS_MARK_FAIL, "Roots");
    avs_out_printf(&report->out, "%s%s%s (from: %s)", trust->store.ca_file,
                   trust->store.ca_file[0] && has_path ? " and " : "", trust->store.ca_path,
                   trust->store.source);
    if (trust->store.count > 0) {
        avs_out_printf(&report->out, ", %d certificate%s", trust->store.count,
                       trust->store.count == 1 ? "" : "s");
    }
    avs_out_printf(&report->out, "\n");
}

static void add_connection(struct report *report) {
    const struct avs_session_evidence *session = decisive(report);
    const struct avs_dial_facts *dial = &session->dial;
    if (dial->outcome == AVS_DIAL_NOT_TRIED) {
        return;
    }
    fact(report, dial->outcome == AVS_DIAL_CONNECTED ? AVS_MARK_OK : AVS_MARK_UNKNOWN,
         "Connection");
    if (dial->outcome == AVS_DIAL_CONNECTED) {
        avs_out_printf(&report->out, "%s port %u", dial->address, dial->port);
    } else {
        bool has_address = dial->address[0] && strcmp(dial->address, dial->host) != 0;
        avs_out_printf(&report->out, "%s%s%s port %u: not connected", dial->host,
                       has_address ? " at " : "", has_address ? dial->address : "", dial->port);
    }
    if (dial->proxy[0]) {
        avs_out_printf(&report->out, " through the proxy %s", dial->proxy);
    }
    if (session->timing.connect_ms >= 0) {
        avs_out_printf(&report->out, ", %.1f ms", session->timing.connect_ms);
    }
    avs_out_printf(&report->out, "\n");
    char ipv6[AVS_IPV6_BYTES], lookup[AVS_LOOKUP_BYTES];
    if (avs_lookup_was_slow(session, lookup)) {
        fact(report, AVS_MARK_NOTE, "DNS");
        avs_out_printf(&report->out, "%s\n", lookup);
    }
    if (avs_ipv6_in_vain(session, ipv6)) {
        fact(report, AVS_MARK_NOTE, "IPv6");
        avs_out_printf(&report->out, "%s\n", ipv6);
    }
}

static void add_words(struct report *report, const struct avs_advice *advice) {
    avs_out_lines(&report->out, "     facts   ", advice->facts.data);
    avs_out_lines(&report->out, "     do      ", advice->remedy);
    if (advice->command.length > 0) {
        avs_out_printf(&report->out, "     next    ");
        avs_out_command(&report->out, advice->command.data);
        avs_out_printf(&report->out, "\n");
    }
}

static enum avs_status add_advice(struct report *report, const struct avs_session_evidence *session,
                                  const struct avs_session_verdict *verdict,
                                  struct avs_error *reterr) {
    for (size_t i = 0; i < verdict->cause_count; i++) {
        struct avs_advice advice;
        enum avs_status status =
            avs_advice_init(&advice, verdict->causes[i], report->evidence, session, reterr);
        if (status == AVS_OK) {
            if (i > 0) { /* one failure, one finding: what comes with it in a line */
                char echo[AVS_HEADLINE_BYTES];
                avs_headline(advice.cause, report->evidence, session, echo);
                avs_out_printf(&report->out, "     and     %s (%s)\n", echo,
                               avs_cause_info(advice.cause)->id);
                avs_out_lines(&report->out, "     do      ", advice.remedy);
            } else {
                add_words(report, &advice);
            }
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    return AVS_OK;
}

static bool same_causes(const struct avs_session_verdict *a, const struct avs_session_verdict *b) {
    return a->cause_count == b->cause_count &&
           memcmp(a->causes, b->causes, a->cause_count * sizeof(a->causes[0])) == 0;
}

static void add_tls(struct report *report, const struct avs_session_evidence *session) {
    const struct avs_tls_facts *tls = &session->tls;
    avs_out_printf(&report->out, "%s %s", tls->version, tls->cipher);
}

/* A warning: it works here, and strict verifiers refuse it. */
static enum avs_status add_cross_signed(struct report *report,
                                        const struct avs_session_evidence *session,
                                        struct avs_error *reterr) {
    struct avs_advice advice;
    enum avs_status status =
        avs_advice_init(&advice, AVS_CAUSE_CROSS_SIGNED_ANCHOR, report->evidence, session, reterr);
    if (status == AVS_OK) {
        fact(report, AVS_MARK_NOTE, "Root");
        avs_out_printf(&report->out, "%s: %s\n", avs_cause_info(advice.cause)->id, advice.meaning);
        add_words(report, &advice);
    }
    avs_advice_done(&advice);
    return status;
}

static void add_http(struct report *report, const struct avs_session_evidence *session,
                     const struct avs_session_verdict *verdict) {
    add_tls(report, session);
    if (strcmp(verdict->http_class, "ats_message") == 0) {
        avs_out_printf(&report->out, ", \"" AVS_ATS_PHRASE "\"\n");
        return;
    }
    if (session->http.status > 0) {
        avs_out_printf(&report->out, ", HTTP status %d", session->http.status);
    }
    avs_out_printf(&report->out, "\n             %s: %s.", verdict->quirk,
                   avs_quirk_meaning(verdict->quirk));
    if (session->http.redirect_host[0]) {
        avs_out_printf(&report->out, " (to %s)", session->http.redirect_host);
    }
    if (session->tls.client_cert_requested) {
        avs_out_printf(&report->out, " It had asked for a client certificate, and this device "
                                     "presents none.");
    }
    avs_out_printf(&report->out, session != &report->evidence->session[AVS_PROTOCOL_H2]
                                     ? "\n             The guide calls that expected: the "
                                       "secure connection is what counts.\n"
                                     : "\n");
}

static enum avs_status add_session(struct report *report, enum avs_protocol protocol,
                                   struct avs_error *reterr) {
    const struct avs_session_evidence *session = &report->evidence->session[protocol];
    const struct avs_session_verdict *verdict = &report->verdict->session[protocol];
    const char *label = protocol == AVS_PROTOCOL_H2 ? "HTTP/2" : "HTTP/1.1";
    switch (verdict->outcome) {
    case AVS_SESSION_NOT_RUN:
        return AVS_OK;
    case AVS_SESSION_PASS:
    case AVS_SESSION_PASS_WITH_QUIRK:
        fact(report, verdict->quirk[0] ? AVS_MARK_NOTE : AVS_MARK_OK, label);
        add_http(report, session, verdict);
        return AVS_OK;
    case AVS_SESSION_FAIL:
    case AVS_SESSION_INCONCLUSIVE:
        break;
    }
    fact(report, verdict->outcome == AVS_SESSION_FAIL ? AVS_MARK_FAIL : AVS_MARK_UNKNOWN, label);
    const struct avs_session_verdict *h2 = &report->verdict->session[AVS_PROTOCOL_H2];
    if (protocol == AVS_PROTOCOL_HTTP1 && h2->cause_count > 0 && same_causes(h2, verdict)) {
        avs_out_printf(&report->out, "%s, as over HTTP/2\n",
                       avs_cause_info(verdict->causes[0])->id);
        return AVS_OK;
    }
    avs_out_printf(&report->out, "%s: %s\n", avs_cause_info(verdict->causes[0])->id,
                   avs_cause_info(verdict->causes[0])->meaning);
    return add_advice(report, session, verdict, reterr);
}

static enum avs_status add_family(struct report *report, enum avs_family family,
                                  struct avs_error *reterr) {
    const struct avs_session_evidence *session = &report->evidence->family[family];
    const struct avs_session_verdict *verdict = &report->verdict->family[family];
    const char *label = family == AVS_FAMILY_RSA ? "RSA" : "ECDSA";
    const struct avs_trust_facts *trust = &session->tls.trust;
    if (verdict->outcome == AVS_SESSION_NOT_RUN) {
        return AVS_OK;
    }
    if (verdict->outcome == AVS_SESSION_PASS) {
        fact(report, AVS_MARK_OK, label);
        avs_out_printf(&report->out, "the chain of this family ends in %s\n",
                       trust->gate.is_ats ? trust->gate.ats_root : trust->gate.anchor_subject);
        return AVS_OK;
    }
    enum avs_cause cause = verdict->cause_count > 0 ? verdict->causes[0] : AVS_CAUSE_INTERNAL;
    if (cause == AVS_CAUSE_TLS_NO_CIPHER) {
        fact(report, AVS_MARK_NOTE, label);
        avs_out_printf(&report->out, "the server has no certificate of this family\n");
        return AVS_OK;
    }
    if (cause == AVS_CAUSE_TLS_VERSION) {
        fact(report, AVS_MARK_NOTE, label);
        avs_out_printf(&report->out, "not known: this is asked over TLS 1.2, which %s\n",
                       avs_is_version_ours(&session->tls)
                           ? "this device's openssl.cnf does not allow (MinProtocol)"
                           : "the server does not speak");
        return AVS_OK;
    }
    fact(report, verdict->outcome == AVS_SESSION_FAIL ? AVS_MARK_FAIL : AVS_MARK_UNKNOWN, label);
    avs_out_printf(&report->out, "%s (%s)\n", avs_cause_info(cause)->meaning,
                   avs_cause_info(cause)->id);
    return add_advice(report, session, verdict, reterr);
}

enum avs_status avs_report_to_text(const struct avs_evidence *evidence,
                                   const struct avs_verdict *verdict, const struct avs_style *style,
                                   char **ret_text, struct avs_error *reterr) {
    struct report report = {
        .evidence = evidence,
        .verdict = verdict,
        .out = avs_out_init(AVS_OUT_REPORT_BYTES, style),
    };
    add_answer(&report);
    add_endpoint(&report);
    add_store(&report);
    add_connection(&report);
    enum avs_status status = AVS_OK;
    if (verdict->session[verdict->decisive].tls_proven &&
        decisive(&report)->tls.trust.gate.is_anchor_cross_signed) {
        status = add_cross_signed(&report, decisive(&report), reterr);
    }
    for (int i = 0; i < AVS_SESSION_COUNT && status == AVS_OK; i++) {
        status = add_session(&report, (enum avs_protocol)i, reterr);
    }
    for (int i = 0; i < AVS_FAMILY_COUNT && status == AVS_OK; i++) {
        status = add_family(&report, (enum avs_family)i, reterr);
    }
    if (avs_out_is_long(&report.out, 0)) {
        add_answer(&report);
    }
    if (status == AVS_OK) {
        status = avs_out_take(&report.out, ret_text, reterr);
    }
    avs_out_done(&report.out);
    return status;
}
