/* One session of a check: dial, prove TLS, ask, note. */
#include "check/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "check/h2_exchange.h"
#include "check/link.h"
#include "h1/exchange.h"

#define SOURCE "AvsCheck"

/* The SDK's stock transport offers both; a server's choice is the finding. */
#define ALPN_H2    "h2,http/1.1"
#define ALPN_HTTP1 "http/1.1"

#define ALERT_NO_APPLICATION_PROTOCOL 120 /* RFC 7301 section 3.2 */

static const char *protocol_of(const struct avs_session_evidence *session) {
    return session->protocol == AVS_PROTOCOL_H2 ? "h2" : "http/1.1";
}

static double since_start_ms(const struct avs_check_plan *plan) {
    return (double)(avs_clock_monotonic_us() - plan->started_us) / 1000;
}

static void log_handshake(const struct avs_check_plan *plan,
                          const struct avs_session_evidence *session) {
    const struct avs_tls_facts *tls = &session->tls;
    const struct avs_log *log = &plan->options->log;
    if (tls->outcome == AVS_HANDSHAKE_ESTABLISHED) {
        AVS_LOG_EVENT(log, AVS_LOG_INFO, SOURCE, "tlsEstablished",
                      {"protocol", protocol_of(session)}, {"version", tls->version},
                      {"cipher", tls->cipher}, {"alpn", tls->alpn},
                      {"anchor", tls->trust.anchor_subject});
        return;
    }
    AVS_LOG_EVENT(log, AVS_LOG_ERROR, SOURCE, "tlsFailed", {"protocol", protocol_of(session)},
                  {"host", plan->endpoint.host}, {"verify", tls->trust.verify_text},
                  {"openssl", tls->openssl_error});
}

static enum avs_status exchange(struct avs_check_link *link, struct avs_session_evidence *session,
                                struct avs_error *reterr) {
    const struct avs_check_plan *plan = link->plan;
    if (session->protocol == AVS_PROTOCOL_HTTP1) {
        const struct avs_h1_options options = {.tls = link->tls,
                                               .fd = link->fd,
                                               .host = plan->endpoint.host,
                                               .port = plan->endpoint.port,
                                               .started_us = plan->started_us,
                                               .deadline_us = plan->deadline_us,
                                               .facts = &session->http,
                                               .timing = &session->timing};
        return avs_h1_exchange(&options, reterr);
    }
    if (strcmp(session->tls.alpn, "h2") != 0) {
        return AVS_OK; /* RFC 9113 section 3.2: without ALPN's consent there is no HTTP/2 */
    }
    const struct avs_h2_exchange_options options = {.tls = link->tls,
                                                    .fd = link->fd,
                                                    .host = plan->endpoint.host,
                                                    .port = plan->endpoint.port,
                                                    .started_us = plan->started_us,
                                                    .deadline_us = plan->deadline_us,
                                                    .loop = link->loop,
                                                    .facts = &session->http,
                                                    .timing = &session->timing};
    return avs_h2_exchange(&options, reterr);
}

/* The server refused "http/1.1": does it take a client that names nothing? Its certificate, which
 * the first handshake never showed, is noted with the session. */
static enum avs_status retry_without_alpn(struct avs_check_link *link,
                                          struct avs_session_evidence *session,
                                          struct avs_error *reterr) {
    struct avs_tls_facts *facts = &session->tls;
    struct avs_dial_facts dial = {.outcome = AVS_DIAL_NOT_TRIED};
    AVS_TRY(avs_check_link_dial(link, &dial, NULL, reterr));
    if (link->fd < 0) {
        return AVS_OK;
    }
    struct avs_tls_facts *retry = calloc(1, sizeof(*retry));
    AVS_REQUIRE_MEMORY(retry, reterr);
    enum avs_status status =
        avs_check_link_handshake(link, NULL, AVS_TLS_ANY_FAMILY, retry, reterr);
    if (status == AVS_OK) {
        facts->alpn_retry_secure = retry->verified;
        facts->hostname_matched = retry->hostname_matched;
        AVS_TEXT_SET(facts->version, retry->version);
        AVS_TEXT_SET(facts->cipher, retry->cipher);
        facts->chain_length = retry->chain_length;
        memcpy(facts->chain, retry->chain, sizeof(facts->chain));
        facts->trust = retry->trust;
        avs_check_link_close(link);
        avs_tls_free(link->tls); /* it writes to `retry` */
        link->tls = NULL;
    }
    free(retry);
    return status;
}

static enum avs_status run_connected(struct avs_check_link *link,
                                     struct avs_session_evidence *session,
                                     struct avs_error *reterr) {
    bool is_h2 = session->protocol == AVS_PROTOCOL_H2;
    AVS_TRY(avs_check_link_handshake(link, is_h2 ? ALPN_H2 : ALPN_HTTP1, AVS_TLS_ANY_FAMILY,
                                     &session->tls, reterr));
    log_handshake(link->plan, session);
    if (session->tls.outcome != AVS_HANDSHAKE_ESTABLISHED) {
        bool is_alpn = session->tls.alert_received == ALERT_NO_APPLICATION_PROTOCOL;
        return is_alpn && !is_h2 ? retry_without_alpn(link, session, reterr) : AVS_OK;
    }
    session->timing.tls_ms = since_start_ms(link->plan);
    AVS_TRY(exchange(link, session, reterr));
    avs_check_link_close(link);
    return AVS_OK;
}

static enum avs_status run(struct avs_check_link *link, struct avs_session_evidence *session,
                           struct avs_error *reterr) {
    const struct avs_log *log = &link->plan->options->log;
    AVS_LOG_EVENT(
        log, AVS_LOG_DEBUG5, SOURCE, "dial", {"protocol", protocol_of(session)},
        {"host", link->plan->endpoint.host},
        {"connectTo", link->plan->connect_to.host[0] ? link->plan->connect_to.host : "-"});
    AVS_TRY(avs_check_link_dial(link, &session->dial, &session->timing, reterr));
    if (link->fd >= 0) {
        return run_connected(link, session, reterr);
    }
    AVS_LOG_EVENT(log, AVS_LOG_ERROR, SOURCE, "connectFailed", {"protocol", protocol_of(session)},
                  {"host", session->dial.host}, {"proxy", session->dial.proxy});
    return AVS_OK;
}

enum avs_status avs_check_session(const struct avs_check_plan *plan,
                                  struct avs_session_evidence *session, struct avs_error *reterr) {
    struct avs_check_link link;
    session->attempted = true;
    enum avs_status status = avs_check_link_init(&link, plan, reterr);
    if (status == AVS_OK) {
        status = run(&link, session, reterr);
    }
    avs_check_link_done(&link);
    session->timing.total_ms = since_start_ms(plan);
    AVS_LOG_EVENT(&plan->options->log, AVS_LOG_DEBUG5, SOURCE, "sessionEnded",
                  {"protocol", protocol_of(session)});
    return status;
}

enum avs_status avs_check_family(const struct avs_check_plan *plan, enum avs_family family,
                                 struct avs_session_evidence *session, struct avs_error *reterr) {
    struct avs_check_link link;
    session->attempted = true;
    enum avs_status status = avs_check_link_init(&link, plan, reterr);
    if (status == AVS_OK) {
        status = avs_check_link_dial(&link, &session->dial, &session->timing, reterr);
    }
    if (status == AVS_OK && link.fd >= 0) {
        status = avs_check_link_handshake(&link, ALPN_H2,
                                          family == AVS_FAMILY_RSA ? AVS_TLS_RSA : AVS_TLS_ECDSA,
                                          &session->tls, reterr);
        if (status == AVS_OK) {
            avs_check_link_close(&link);
        }
    }
    avs_check_link_done(&link);
    session->timing.total_ms = since_start_ms(plan);
    return status;
}
