/* One session of a check: dial, prove TLS, ask, note. */
#include "check/session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "check/h2_exchange.h"
#include "h1/exchange.h"
#include "net/dial.h"
#include "tls/socket.h"

#define SOURCE "AvsCheck"

/* The SDK's stock transport offers both; a server's choice is the finding. */
#define ALPN_H2    "h2,http/1.1"
#define ALPN_HTTP1 "http/1.1"

struct run {
    const struct avs_check_plan *plan;
    struct avs_session_evidence *session;
    struct avs_loop *loop;
    struct avs_tls_context *context;
    int fd;
    bool is_dialled;
};

static const struct avs_log *log_of(const struct run *run) {
    return &run->plan->options->log;
}

static const char *protocol_of(const struct run *run) {
    return run->session->protocol == AVS_PROTOCOL_H2 ? "h2" : "http/1.1";
}

static double since_start_ms(const struct run *run) {
    return (double)(avs_clock_monotonic_us() - run->plan->started_us) / 1000;
}

static int left_ms(const struct run *run) {
    int64_t left_us = run->plan->deadline_us - avs_clock_monotonic_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

static void on_dialled(void *user, int fd) {
    struct run *run = user;
    run->fd = fd;
    run->is_dialled = true;
}

static enum avs_status dial(struct run *run, struct avs_dial_facts *facts,
                            struct avs_timing_facts *timing, struct avs_error *reterr) {
    const struct avs_check_plan *plan = run->plan;
    const struct avs_check_options *options = plan->options;
    const struct avs_dial_options dial_options = {
        .host = plan->endpoint.host,
        .port = plan->endpoint.port,
        .connect_host = plan->connect_to.host[0] ? plan->connect_to.host : NULL,
        .connect_port = plan->connect_to.port,
        .proxy = options->proxy,
        .interface_name = options->interface_name,
        .timeout_ms = left_ms(run) > 0 ? left_ms(run) : 1,
        .facts = facts,
        .timing = timing,
    };
    struct avs_dial *started = NULL;
    run->is_dialled = false;
    run->fd = -1;
    AVS_LOG_EVENT(log_of(run), AVS_LOG_DEBUG5, SOURCE, "dial", {"protocol", protocol_of(run)},
                  {"host", plan->endpoint.host},
                  {"connectTo", plan->connect_to.host[0] ? plan->connect_to.host : "-"});
    AVS_TRY(avs_dial_start(run->loop, &dial_options, on_dialled, run, &started, reterr));
    while (!run->is_dialled && left_ms(run) > 0) {
        avs_loop_wait(run->loop, NULL, 0, left_ms(run));
    }
    if (!run->is_dialled) {
        avs_dial_cancel(started);
        facts->outcome = AVS_DIAL_TIMEOUT;
    }
    return AVS_OK;
}

/* Handshake until it stands, fails or the time is up. */
static void handshake(struct run *run, struct avs_tls *tls) {
    for (;;) {
        avs_tls_socket_flush(tls, run->fd);
        avs_tls_socket_fill(tls, run->fd);
        avs_tls_socket_flush(tls, run->fd); /* our last flight, or the alert that says why not */
        if (avs_tls_state(tls) != AVS_TLS_HANDSHAKING) {
            return;
        }
        if (left_ms(run) == 0) {
            avs_tls_note_timeout(tls);
            return;
        }
        const uint8_t *pending;
        struct avs_loop_fd fd = {
            .fd = run->fd, .wants_read = true, .wants_write = avs_tls_output(tls, &pending) > 0};
        avs_loop_wait(run->loop, &fd, 1, left_ms(run));
    }
}

static void log_handshake(const struct run *run, const struct avs_tls_facts *tls) {
    if (tls->outcome == AVS_HANDSHAKE_ESTABLISHED) {
        AVS_LOG_EVENT(log_of(run), AVS_LOG_INFO, SOURCE, "tlsEstablished",
                      {"protocol", protocol_of(run)}, {"version", tls->version},
                      {"cipher", tls->cipher}, {"alpn", tls->alpn},
                      {"anchor", tls->trust.anchor_subject});
        return;
    }
    AVS_LOG_EVENT(log_of(run), AVS_LOG_ERROR, SOURCE, "tlsFailed", {"protocol", protocol_of(run)},
                  {"host", run->plan->endpoint.host}, {"verify", tls->trust.verify_text},
                  {"openssl", tls->openssl_error});
}

static enum avs_status exchange(struct run *run, struct avs_tls *tls, struct avs_error *reterr) {
    const struct avs_check_plan *plan = run->plan;
    struct avs_session_evidence *session = run->session;
    if (session->protocol == AVS_PROTOCOL_HTTP1) {
        const struct avs_h1_options options = {.tls = tls,
                                               .fd = run->fd,
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
    const struct avs_h2_exchange_options options = {.tls = tls,
                                                    .fd = run->fd,
                                                    .host = plan->endpoint.host,
                                                    .port = plan->endpoint.port,
                                                    .started_us = plan->started_us,
                                                    .deadline_us = plan->deadline_us,
                                                    .loop = run->loop,
                                                    .facts = &session->http,
                                                    .timing = &session->timing};
    return avs_h2_exchange(&options, reterr);
}

static enum avs_status new_tls(struct run *run, const char *alpn, struct avs_tls_facts *facts,
                               struct avs_tls **ret_tls, struct avs_error *reterr) {
    const struct avs_tls_options options = {
        .host = run->plan->endpoint.host, .alpn = alpn, .facts = facts};
    return avs_tls_new(run->context, &options, ret_tls, reterr);
}

AVS_DEFINE_AUTO(tls, struct avs_tls, avs_tls_free);
AVS_DEFINE_AUTO(tls_context, struct avs_tls_context, avs_tls_context_free);
AVS_DEFINE_AUTO(loop, struct avs_loop, avs_loop_free);

/* The server refused "http/1.1": does it take a client that names nothing? Its certificate, which
 * the first handshake never showed, is noted with the session. */
static enum avs_status retry_without_alpn(struct run *run, struct avs_error *reterr) {
    struct avs_tls_facts *facts = &run->session->tls;
    struct avs_dial_facts dial_facts = {.outcome = AVS_DIAL_NOT_TRIED};
    close(run->fd);
    AVS_TRY(dial(run, &dial_facts, NULL, reterr));
    if (run->fd < 0) {
        return AVS_OK;
    }
    struct avs_tls_facts *retry = calloc(1, sizeof(*retry));
    AVS_REQUIRE_MEMORY(retry, reterr);
    AVS_AUTO(tls) tls = NULL;
    enum avs_status status = new_tls(run, NULL, retry, &tls, reterr);
    if (status == AVS_OK) {
        handshake(run, tls);
        facts->alpn_retry_secure = retry->verified;
        facts->hostname_matched = retry->hostname_matched;
        AVS_TEXT_SET(facts->version, retry->version);
        AVS_TEXT_SET(facts->cipher, retry->cipher);
        facts->chain_length = retry->chain_length;
        memcpy(facts->chain, retry->chain, sizeof(facts->chain));
        facts->trust = retry->trust;
        avs_tls_close(tls);
        avs_tls_socket_flush(tls, run->fd);
    }
    free(retry);
    return status;
}

static enum avs_status run_connected(struct run *run, struct avs_error *reterr) {
    struct avs_session_evidence *session = run->session;
    bool is_h2 = session->protocol == AVS_PROTOCOL_H2;
    AVS_AUTO(tls) tls = NULL;
    AVS_TRY(new_tls(run, is_h2 ? ALPN_H2 : ALPN_HTTP1, &session->tls, &tls, reterr));
    handshake(run, tls);
    log_handshake(run, &session->tls);
    if (session->tls.outcome != AVS_HANDSHAKE_ESTABLISHED) {
        bool is_alpn = session->tls.alert_received == 120; /* no_application_protocol, RFC 7301 */
        return is_alpn && !is_h2 ? retry_without_alpn(run, reterr) : AVS_OK;
    }
    session->timing.tls_ms = since_start_ms(run);
    AVS_TRY(exchange(run, tls, reterr));
    avs_tls_close(tls);
    avs_tls_socket_flush(tls, run->fd);
    return AVS_OK;
}

enum avs_status avs_check_session(const struct avs_check_plan *plan,
                                  struct avs_session_evidence *session, struct avs_error *reterr) {
    AVS_AUTO(loop) loop = NULL;
    AVS_AUTO(tls_context) context = NULL;
    const struct avs_tls_context_options options = {.anchors = plan->anchors,
                                                    .ats_roots = plan->ats_roots};
    session->attempted = true;
    AVS_TRY(avs_loop_new(&loop, reterr));
    AVS_TRY(avs_tls_context_new(&options, &context, reterr));
    struct run run = {.plan = plan, .session = session, .loop = loop, .context = context, .fd = -1};
    enum avs_status status = dial(&run, &session->dial, &session->timing, reterr);
    if (status == AVS_ERR_PROXY) {
        status = AVS_OK; /* noted in the facts */
    } else if (status == AVS_OK && run.fd >= 0) {
        status = run_connected(&run, reterr);
    } else if (status == AVS_OK) {
        AVS_LOG_EVENT(&plan->options->log, AVS_LOG_ERROR, SOURCE, "connectFailed",
                      {"protocol", protocol_of(&run)}, {"host", session->dial.host},
                      {"proxy", session->dial.proxy});
    }
    if (run.fd >= 0) {
        close(run.fd);
    }
    session->timing.total_ms = since_start_ms(&run);
    AVS_LOG_EVENT(&plan->options->log, AVS_LOG_DEBUG5, SOURCE, "sessionEnded",
                  {"protocol", protocol_of(&run)});
    return status;
}
