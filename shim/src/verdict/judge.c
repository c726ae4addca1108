/* SPDX-License-Identifier: Apache-2.0 */
/* avs_judge: evidence to verdict. Pure. Decides from TLS state, ALPN and first bytes; an HTTP
 * oddity never overturns a verified TLS result, and a TLS failure never becomes an oddity. */
#include <avs/verdict.h>

#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "evidence/store.h"
#include "verdict/exit_code.h"
#include "verdict/http_quirks.h"
#include "verdict/trust_causes.h"

/* TLS alert numbers, RFC 8446 section 6 */
enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    ALERT_CERTIFICATE_REQUIRED = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
};

static void add_cause(struct avs_session_verdict *verdict, enum avs_cause cause) {
    for (size_t i = 0; i < verdict->cause_count; i++) {
        if (verdict->causes[i] == cause) {
            return;
        }
    }
    if (verdict->cause_count < AVS_SESSION_CAUSES_MAX) {
        verdict->causes[verdict->cause_count++] = cause;
    }
}

static void set(struct avs_session_verdict *verdict, enum avs_session_outcome outcome,
                enum avs_cause cause) {
    verdict->outcome = outcome;
    add_cause(verdict, cause);
}

/* Dials that did not connect: nothing is known about the endpoint. */
static const enum avs_cause dial_causes[AVS_DIAL_COUNT] = {
    [AVS_DIAL_NOT_TRIED] = AVS_CAUSE_INTERNAL,
    [AVS_DIAL_CONNECTED] = AVS_CAUSE_NONE,
    [AVS_DIAL_DNS_FAILED] = AVS_CAUSE_DNS_FAILED,
    [AVS_DIAL_REFUSED] = AVS_CAUSE_CONNECT_REFUSED,
    [AVS_DIAL_TIMEOUT] = AVS_CAUSE_CONNECT_TIMEOUT,
    [AVS_DIAL_UNREACHABLE] = AVS_CAUSE_NETWORK_UNREACHABLE,
    [AVS_DIAL_INTERFACE_MISSING] = AVS_CAUSE_INTERFACE_MISSING,
    [AVS_DIAL_PROXY_FAILED] = AVS_CAUSE_PROXY_FAILED,
    [AVS_DIAL_FAILED] = AVS_CAUSE_UNKNOWN_TRANSPORT,
    [AVS_DIAL_RESET] = AVS_CAUSE_TLS_ABORTED,
};

static enum avs_cause alert_cause(const struct avs_tls_facts *tls) {
    switch (tls->alert_received) {
    case ALERT_NO_APPLICATION_PROTOCOL:
        return AVS_CAUSE_ALPN_REJECTED;
    case ALERT_PROTOCOL_VERSION:
        return AVS_CAUSE_TLS_VERSION;
    case ALERT_CERTIFICATE_REQUIRED:
        return AVS_CAUSE_CLIENT_CERT_REQUIRED;
    case ALERT_INSUFFICIENT_SECURITY:
        return AVS_CAUSE_TLS_NO_CIPHER;
    case ALERT_HANDSHAKE_FAILURE:
        return tls->client_cert_requested ? AVS_CAUSE_CLIENT_CERT_REQUIRED
                                          : AVS_CAUSE_TLS_NO_CIPHER;
    default:
        return tls->client_cert_requested ? AVS_CAUSE_CLIENT_CERT_REQUIRED : AVS_CAUSE_TLS_FAILED;
    }
}

/* We ended the handshake: OpenSSL's reason is all there is. */
static enum avs_cause local_cause(const struct avs_tls_facts *tls) {
    static const struct {
        const char *reason;
        enum avs_cause cause;
    } rows[] = {
        {"unsupported protocol", AVS_CAUSE_TLS_VERSION},
        {"wrong ssl version", AVS_CAUSE_TLS_VERSION},
        {"wrong version number", AVS_CAUSE_TLS_VERSION},
        {"no ciphers available", AVS_CAUSE_TLS_NO_CIPHER},
        {"wrong cipher returned", AVS_CAUSE_TLS_NO_CIPHER},
        {"unknown cipher returned", AVS_CAUSE_TLS_NO_CIPHER},
        {"wrong curve", AVS_CAUSE_TLS_NO_CIPHER},
        {"dh key too small", AVS_CAUSE_TLS_NO_CIPHER},
        {"ee key too small", AVS_CAUSE_WEAK_SIGNATURE},
        {"wrong signature type", AVS_CAUSE_WEAK_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strstr(tls->openssl_error, rows[i].reason)) {
            return rows[i].cause;
        }
    }
    return tls->alert_sent == ALERT_PROTOCOL_VERSION ? AVS_CAUSE_TLS_VERSION : AVS_CAUSE_TLS_FAILED;
}

/* ATS where ATS is asked for; adds the cause and returns false otherwise. */
static bool is_ats_or_excused(const struct avs_evidence *evidence, const struct avs_tls_facts *tls,
                              struct avs_session_verdict *verdict) {
    if (tls->trust.gate.is_ats || !evidence->require_ats) {
        return true;
    }
    set(verdict, AVS_SESSION_FAIL, avs_not_ats_cause(tls, evidence->host));
    return false;
}

static bool refuses_alpn(const struct avs_tls_facts *tls) {
    return tls->outcome == AVS_HANDSHAKE_ALERT &&
           tls->alert_received == ALERT_NO_APPLICATION_PROTOCOL;
}

static void judge_refused_chain(const struct avs_evidence *evidence,
                                const struct avs_tls_facts *tls,
                                struct avs_session_verdict *verdict) {
    verdict->cause_count =
        avs_trust_causes(tls, evidence->wall_clock, evidence->build_time, evidence->host,
                         verdict->causes, AVS_SESSION_CAUSES_MAX);
    verdict->outcome = AVS_SESSION_FAIL;
    if (verdict->cause_count == 0) {
        add_cause(verdict, AVS_CAUSE_CERT_INVALID);
    }
}

/* The server refused the names that we offered. Over HTTP/2 that is the same as choosing another:
 * there is no HTTP/2. Over HTTP/1.1 a verified handshake without names turns it into an oddity. */
static void judge_alpn_rejection(const struct avs_evidence *evidence,
                                 const struct avs_tls_facts *tls, enum avs_protocol protocol,
                                 struct avs_session_verdict *verdict) {
    if (protocol == AVS_PROTOCOL_H2) {
        set(verdict, AVS_SESSION_FAIL, AVS_CAUSE_HTTP2_MISSING);
        return;
    }
    if (tls->trust.gate.verify_error > 0) { /* the handshake without names: its chain is the news */
        judge_refused_chain(evidence, tls, verdict);
        return;
    }
    if (!tls->alpn_retry_secure || !tls->hostname_matched || tls->trust.gate.verify_error != 0) {
        set(verdict, AVS_SESSION_FAIL, AVS_CAUSE_ALPN_REJECTED);
        return;
    }
    if (is_ats_or_excused(evidence, tls, verdict)) {
        bool refuses_h2 = refuses_alpn(&evidence->session[AVS_PROTOCOL_H2].tls);
        verdict->outcome = AVS_SESSION_PASS_WITH_QUIRK;
        verdict->tls_proven = true;
        verdict->http_class = "quirk";
        AVS_TEXT_SET(verdict->quirk, refuses_h2 ? "alpn_neither" : "alpn_h2_only");
    }
}

/* Returns true when TLS stands and HTTP may be looked at. */
static bool judge_handshake(const struct avs_evidence *evidence, const struct avs_tls_facts *tls,
                            enum avs_protocol protocol, struct avs_session_verdict *verdict) {
    switch (tls->outcome) {
    case AVS_HANDSHAKE_NOT_TRIED:
        set(verdict, AVS_SESSION_INCONCLUSIVE, AVS_CAUSE_INTERNAL);
        return false;
    case AVS_HANDSHAKE_STORE_FAILED:
        set(verdict, AVS_SESSION_FAIL,
            tls->trust.store.state == AVS_STORE_OK ? AVS_CAUSE_INTERNAL
                                                   : avs_store_cause(tls->trust.store.state));
        return false;
    case AVS_HANDSHAKE_VERIFY_FAILED:
        judge_refused_chain(evidence, tls, verdict);
        return false;
    case AVS_HANDSHAKE_ALERT:
        if (refuses_alpn(tls)) {
            judge_alpn_rejection(evidence, tls, protocol, verdict);
        } else {
            set(verdict, AVS_SESSION_FAIL, alert_cause(tls));
        }
        return false;
    case AVS_HANDSHAKE_CLOSED:
    case AVS_HANDSHAKE_RESET:
        set(verdict, AVS_SESSION_FAIL, AVS_CAUSE_TLS_ABORTED);
        return false;
    case AVS_HANDSHAKE_TIMEOUT:
        set(verdict, AVS_SESSION_INCONCLUSIVE, AVS_CAUSE_TLS_TIMEOUT);
        return false;
    case AVS_HANDSHAKE_NOT_TLS:
        set(verdict, AVS_SESSION_FAIL, AVS_CAUSE_PLAINTEXT_PEER);
        if (tls->wire_phrase) {
            add_cause(verdict, AVS_CAUSE_SPOOFED_PHRASE);
        }
        return false;
    case AVS_HANDSHAKE_FAILED:
        set(verdict, AVS_SESSION_FAIL, local_cause(tls));
        return false;
    case AVS_HANDSHAKE_ESTABLISHED:
    case AVS_HANDSHAKE_COUNT:
        break;
    }
    if (!tls->is_verified || !tls->hostname_matched || tls->trust.gate.verify_error != 0) {
        set(verdict, AVS_SESSION_FAIL,
            AVS_CAUSE_CERT_INVALID); /* a ticket that contradicts itself */
        return false;
    }
    if (!is_ats_or_excused(evidence, tls, verdict)) {
        return false;
    }
    verdict->tls_proven = true;
    return true;
}

static void judge_http(const struct avs_evidence *evidence, enum avs_protocol protocol,
                       struct avs_session_verdict *verdict) {
    const struct avs_session_evidence *session = &evidence->session[protocol];
    const struct avs_tls_facts *tls = &session->tls;
    const struct avs_tls_facts *h2 = &evidence->session[AVS_PROTOCOL_H2].tls;
    bool h2_works = h2->is_verified && strcmp(h2->alpn, "h2") == 0;
    bool is_h2 = protocol == AVS_PROTOCOL_H2;
    /* a server may say something (its SETTINGS) before it finds that the certificate is missing */
    bool says_why = tls->alert_received == ALERT_CERTIFICATE_REQUIRED && !session->http.is_complete;
    if (session->http.close == AVS_CLOSE_ALERT && tls->client_cert_requested &&
        (says_why || session->http.first_length == 0)) {
        set(verdict, AVS_SESSION_FAIL, alert_cause(tls));
        return;
    }
    if (is_h2 && strcmp(tls->alpn, "h2") != 0) {
        set(verdict, AVS_SESSION_FAIL, AVS_CAUSE_HTTP2_MISSING);
        AVS_TEXT_SET(verdict->quirk, "no_h2");
        return;
    }
    struct avs_http_reading reading =
        is_h2 ? avs_h2_read(session) : avs_http1_read(session, h2_works);
    verdict->outcome = reading.is_plain_pass ? AVS_SESSION_PASS : AVS_SESSION_PASS_WITH_QUIRK;
    verdict->http_class = reading.http_class;
    AVS_TEXT_SET(verdict->quirk, reading.quirk);
    /* The guide excuses what a server does over HTTP/1.x. AVS runs on HTTP/2: there an answer is
     * needed, whatever its status. */
    enum avs_cause cause = is_h2 ? avs_h2_cause(&session->http) : AVS_CAUSE_NONE;
    if (cause != AVS_CAUSE_NONE) {
        set(verdict, AVS_SESSION_FAIL, cause);
    }
}

/* Dial and handshake; a session is what its place says, not what a ticket's "protocol" claims.
 * Returns true when TLS stands and HTTP may be looked at. */
static bool judge_connection(const struct avs_evidence *evidence,
                             const struct avs_session_evidence *session, enum avs_protocol protocol,
                             struct avs_session_verdict *verdict) {
    verdict->http_class = "none";
    if (!session->was_attempted) {
        verdict->outcome = AVS_SESSION_NOT_RUN;
        return false;
    }
    if (session->tls.outcome == AVS_HANDSHAKE_NOT_TRIED &&
        session->dial.outcome != AVS_DIAL_CONNECTED) {
        /* a reset that came before our first byte is the one that comes after it, only faster */
        bool is_reset = session->dial.outcome == AVS_DIAL_RESET;
        set(verdict, is_reset ? AVS_SESSION_FAIL : AVS_SESSION_INCONCLUSIVE,
            dial_causes[session->dial.outcome]);
        return false;
    }
    return judge_handshake(evidence, &session->tls, protocol, verdict);
}

static void judge_session(const struct avs_evidence *evidence, enum avs_protocol protocol,
                          struct avs_session_verdict *verdict) {
    if (judge_connection(evidence, &evidence->session[protocol], protocol, verdict)) {
        judge_http(evidence, protocol, verdict);
    }
}

/* A server that has no certificate of a family refuses the handshake, and one that speaks nothing
 * older than TLS 1.3 cannot be asked this way: neither says anything bad. */
static void judge_family(const struct avs_evidence *evidence, enum avs_family family,
                         struct avs_session_verdict *verdict) {
    if (judge_connection(evidence, &evidence->family[family], AVS_PROTOCOL_H2, verdict)) {
        verdict->outcome = AVS_SESSION_PASS;
    } else if (verdict->cause_count > 0 && (verdict->causes[0] == AVS_CAUSE_TLS_NO_CIPHER ||
                                            verdict->causes[0] == AVS_CAUSE_TLS_VERSION)) {
        verdict->outcome = AVS_SESSION_INCONCLUSIVE;
    }
}

void avs_judge(const struct avs_evidence *evidence, struct avs_verdict *ret_verdict) {
    struct avs_verdict verdict = {.readiness = AVS_INCONCLUSIVE};
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        judge_session(evidence, (enum avs_protocol)i, &verdict.session[i]);
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        judge_family(evidence, (enum avs_family)i, &verdict.family[i]);
    }
    verdict.tls_proven = verdict.session[AVS_PROTOCOL_H2].tls_proven ||
                         verdict.session[AVS_PROTOCOL_HTTP1].tls_proven;
    avs_verdict_conclude(evidence, &verdict);
    *ret_verdict = verdict;
}

const char *avs_readiness_id(enum avs_readiness readiness) {
    static const char *const ids[] = {
        [AVS_READY] = "ready", [AVS_NOT_READY] = "not_ready", [AVS_INCONCLUSIVE] = "inconclusive"};
    return (size_t)readiness < AVS_COUNT(ids) ? ids[readiness] : "inconclusive";
}

const char *avs_session_outcome_id(enum avs_session_outcome outcome) {
    static const char *const ids[] = {[AVS_SESSION_NOT_RUN] = "not_run",
                                      [AVS_SESSION_PASS] = "pass",
                                      [AVS_SESSION_PASS_WITH_QUIRK] = "pass_with_quirk",
                                      [AVS_SESSION_FAIL] = "fail",
                                      [AVS_SESSION_INCONCLUSIVE] = "inconclusive"};
    return (size_t)outcome < AVS_COUNT(ids) ? ids[outcome] : "not_run";
}

const char *avs_family_id(enum avs_family family) {
    return family == AVS_FAMILY_RSA ? "rsa" : "ecdsa";
}

const char *avs_protocol_id(enum avs_protocol protocol) {
    return protocol == AVS_PROTOCOL_H2 ? "h2" : "http/1.1";
}
