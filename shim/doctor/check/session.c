/* SPDX-License-Identifier: Apache-2.0 */
/* One session of a check: dial, prove TLS, ask, note. */
#include "check/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "check/h2_session.h"
#include "check/handshake.h"
#include "h1/exchange.h"

#define SOURCE "AvsCheck"

#define ALPN_HTTP1 "http/1.1"

#define ALERT_NO_APPLICATION_PROTOCOL 120 /* RFC 7301 section 3.2 */

static const char *protocol_of(const struct avs_session_evidence *session) {
    return session->protocol == AVS_PROTOCOL_H2 ? "h2" : "http/1.1";
}

static double since_start_ms(const struct avs_check_plan *plan) {
    return (double)(avs_clock_monotonic_us() - plan->started_us) / 1000;
}

static void log_connection(const struct avs_check_plan *plan,
                           const struct avs_session_evidence *session) {
    const struct avs_tls_facts *tls = &session->tls;
    const struct avs_log *log = &plan->options->log;
    if (tls->outcome == AVS_HANDSHAKE_ESTABLISHED) {
        AVS_LOG_EVENT(log, AVS_LOG_INFO, SOURCE, "tlsEstablished",
                      {"protocol", protocol_of(session)}, {"version", tls->version},
                      {"cipher", tls->cipher}, {"alpn", tls->alpn},
                      {"anchor", tls->trust.gate.anchor_subject});
        return;
    }
    if (session->dial.outcome != AVS_DIAL_CONNECTED) {
        AVS_LOG_EVENT(log, AVS_LOG_ERROR, SOURCE, "connectFailed",
                      {"protocol", protocol_of(session)}, {"host", session->dial.host},
                      {"proxy", session->dial.proxy});
        return;
    }
    AVS_LOG_EVENT(log, AVS_LOG_ERROR, SOURCE, "tlsFailed", {"protocol", protocol_of(session)},
                  {"host", plan->endpoint.host}, {"verify", tls->trust.gate.verify_text},
                  {"openssl", tls->openssl_error});
}

/* ---------------------------------------------------------------- one connection */

/* What a session over one pump needs, in this thread. */
struct line {
    const struct avs_check_plan *plan;
    struct avs_loop *loop;
    struct avs_tls_context *context;
};

static void line_done(struct line *line) {
    avs_tls_context_unref(line->context);
    avs_loop_free(line->loop);
}

static enum avs_status line_init(struct line *line, const struct avs_check_plan *plan,
                                 struct avs_error *reterr) {
    const struct avs_tls_context_options options = {.anchors = plan->anchors,
                                                    .ats_roots = plan->ats_roots};
    *line = (struct line){.plan = plan};
    AVS_TRY(avs_loop_new(&line->loop, reterr));
    return avs_tls_context_new(&options, &line->context, reterr);
}

static struct avs_pump_options way_of(const struct line *line, struct avs_dial_facts *dial,
                                      struct avs_timing_facts *timing, struct avs_tls_facts *tls) {
    const struct avs_check_plan *plan = line->plan;
    int64_t left_ms = (plan->deadline_us - avs_clock_monotonic_us()) / 1000 + 1;
    return (struct avs_pump_options){
        .host = plan->endpoint.host,
        .port = plan->endpoint.port,
        .connect_to = &plan->connect_to,
        .proxy = plan->options->proxy,
        .interface_name = plan->options->interface_name,
        .dial_timeout_ms = left_ms > 0 ? (int)left_ms : 1,
        .context = line->context,
        .identity = plan->identity,
        .trial = plan->trial ? &plan->trial->tls : NULL,
        .segment_bytes = plan->segment_bytes,
        .started_us = plan->started_us,
        .dial = dial,
        .timing = timing,
        .tls = tls,
    };
}

/* A proxy that cannot be used, and a libcurl that refuses to dial, are in the facts. */
static enum avs_status past_dial(enum avs_status status) {
    return status == AVS_ERR_PROXY || status == AVS_ERR_CONNECT ? AVS_OK : status;
}

static enum avs_status shake_hands(const struct line *line, const struct avs_pump_options *way,
                                   struct avs_error *reterr) {
    return past_dial(avs_check_handshake(way, line->loop, line->plan->deadline_us, reterr));
}

/* ---------------------------------------------------------------- HTTP/1.1 */

/* The server refused "http/1.1": does it take a client that names nothing? Its certificate, which
 * the first handshake never showed, is noted with the session. */
static enum avs_status retry_without_alpn(const struct line *line,
                                          struct avs_session_evidence *session,
                                          struct avs_error *reterr) {
    struct avs_tls_facts *facts = &session->tls;
    struct avs_dial_facts dial = {.outcome = AVS_DIAL_NOT_TRIED};
    struct avs_tls_facts *retry = calloc(1, sizeof(*retry));
    AVS_REQUIRE_MEMORY(retry, reterr);
    const struct avs_pump_options way = way_of(line, &dial, NULL, retry);
    enum avs_status status = shake_hands(line, &way, reterr);
    if (status == AVS_OK && dial.outcome == AVS_DIAL_CONNECTED) {
        facts->alpn_retry_secure = retry->is_verified;
        facts->hostname_matched = retry->hostname_matched;
        AVS_TEXT_SET(facts->version, retry->version);
        AVS_TEXT_SET(facts->cipher, retry->cipher);
        facts->chain_length = retry->chain_length;
        memcpy(facts->chain, retry->chain, sizeof(facts->chain));
        facts->trust = retry->trust;
    }
    free(retry);
    return status;
}

static enum avs_status run_http1(struct line *line, struct avs_session_evidence *session,
                                 struct avs_error *reterr) {
    const struct avs_check_plan *plan = line->plan;
    AVS_TRY(line_init(line, plan, reterr));
    struct avs_pump_options way = way_of(line, &session->dial, &session->timing, &session->tls);
    way.alpn = plan->alpn ? plan->alpn : ALPN_HTTP1;
    const struct avs_h1_options options = {.pump = &way,
                                           .loop = line->loop,
                                           .deadline_us = plan->deadline_us,
                                           .facts = &session->http,
                                           .request = plan->request,
                                           .answer = plan->answer};
    AVS_TRY(past_dial(avs_h1_exchange(&options, reterr)));
    if (!plan->is_one_connection && session->tls.outcome != AVS_HANDSHAKE_ESTABLISHED &&
        session->tls.alert_received == ALERT_NO_APPLICATION_PROTOCOL) {
        return retry_without_alpn(line, session, reterr);
    }
    return AVS_OK;
}

/* ---------------------------------------------------------------- sessions */

enum avs_status avs_check_session(const struct avs_check_plan *plan,
                                  struct avs_session_evidence *session, struct avs_error *reterr) {
    const struct avs_log *log = &plan->options->log;
    enum avs_status status;
    session->was_attempted = true;
    AVS_LOG_EVENT(log, AVS_LOG_DEBUG5, SOURCE, "dial", {"protocol", protocol_of(session)},
                  {"host", plan->endpoint.host},
                  {"connectTo", plan->connect_to.host[0] ? plan->connect_to.host : "-"});
    if (session->protocol == AVS_PROTOCOL_H2) {
        status = avs_check_h2_session(plan, session, reterr);
    } else {
        struct line line = {.plan = plan};
        status = run_http1(&line, session, reterr);
        line_done(&line);
    }
    session->timing.total_ms = since_start_ms(plan);
    log_connection(plan, session);
    AVS_LOG_EVENT(log, AVS_LOG_DEBUG5, SOURCE, "sessionEnded", {"protocol", protocol_of(session)});
    return status;
}

enum avs_status avs_check_family(const struct avs_check_plan *plan, enum avs_family family,
                                 struct avs_session_evidence *session, struct avs_error *reterr) {
    struct line line;
    struct avs_trial trial = {.family = family == AVS_FAMILY_RSA ? AVS_TRIAL_RSA : AVS_TRIAL_ECDSA};
    avs_trial_init(&trial);
    session->was_attempted = true;
    enum avs_status status = line_init(&line, plan, reterr);
    if (status == AVS_OK) {
        struct avs_pump_options way =
            way_of(&line, &session->dial, &session->timing, &session->tls);
        way.alpn = AVS_CHECK_ALPN_H2;
        way.trial = &trial.tls;
        status = shake_hands(&line, &way, reterr);
    }
    line_done(&line);
    session->timing.total_ms = since_start_ms(plan);
    return status;
}
