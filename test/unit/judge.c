/* SPDX-License-Identifier: Apache-2.0 */
/* avs_judge over evidence made by hand: every cause that a session can end with, the rules of the
 * engine, and what must hold for any evidence whatever. */
#include <avs/verdict.h>

#include "base/flow.h"
#include "base/text.h"
#include "support/evidence_made.h"
#include "support/test.h"

#define SHAKEN_RUNS 30000

static struct avs_verdict judge(const struct avs_evidence *evidence) {
    struct avs_verdict verdict;
    memset(&verdict, 0xa5, sizeof(verdict));
    avs_judge(evidence, &verdict);
    return verdict;
}

static void a_good_run_is_ready(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.readiness, AVS_READY);
    assert_int_equal(verdict.cause, AVS_CAUSE_NONE);
    assert_int_equal(verdict.exit_code, 0);
    assert_int_equal(verdict.session[AVS_PROTOCOL_H2].outcome, AVS_SESSION_PASS);
    assert_string_equal(verdict.session[AVS_PROTOCOL_H2].http_class, "ats_message");
    assert_string_equal(verdict.session[AVS_PROTOCOL_H2].quirk, "");
    assert_int_equal(verdict.session[AVS_PROTOCOL_HTTP1].outcome, AVS_SESSION_PASS);
    assert_string_equal(verdict.session[AVS_PROTOCOL_HTTP1].quirk, "unexpected_body");
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        assert_true(verdict.session[i].tls_proven);
        assert_int_equal(verdict.session[i].cause_count, 0);
    }
    avs_evidence_free(evidence);
}

static void a_dial_that_failed_says_nothing_about_the_endpoint(void **state) {
    (void)state;
    static const struct {
        enum avs_dial_outcome outcome;
        enum avs_cause cause;
    } rows[] = {
        {AVS_DIAL_NOT_TRIED, AVS_CAUSE_INTERNAL},
        {AVS_DIAL_CONNECTED, AVS_CAUSE_INTERNAL}, /* and yet no handshake: nobody tried */
        {AVS_DIAL_DNS_FAILED, AVS_CAUSE_DNS_FAILED},
        {AVS_DIAL_REFUSED, AVS_CAUSE_CONNECT_REFUSED},
        {AVS_DIAL_TIMEOUT, AVS_CAUSE_CONNECT_TIMEOUT},
        {AVS_DIAL_UNREACHABLE, AVS_CAUSE_NETWORK_UNREACHABLE},
        {AVS_DIAL_INTERFACE_MISSING, AVS_CAUSE_INTERFACE_MISSING},
        {AVS_DIAL_PROXY_FAILED, AVS_CAUSE_PROXY_FAILED},
        {AVS_DIAL_FAILED, AVS_CAUSE_UNKNOWN_TRANSPORT},
    };
    assert_int_equal(AVS_COUNT(rows), AVS_DIAL_COUNT - 1); /* all but RESET, see below */
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = avs_evidence_new();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            evidence->session[k].was_attempted = true;
            evidence->session[k].dial.outcome = rows[i].outcome;
        }
        struct avs_verdict verdict = judge(evidence);
        assert_int_equal(verdict.readiness, AVS_INCONCLUSIVE);
        assert_int_equal(verdict.exit_code, 3);
        assert_int_equal(verdict.cause, rows[i].cause);
        avs_evidence_free(evidence);
    }
}

/* Whether the reset comes just before or just after our first byte is chance: one verdict. */
static void a_reset_before_the_handshake_is_one_in_it(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    evidence->session[0].was_attempted = evidence->session[1].was_attempted = true;
    evidence->session[0].dial.outcome = AVS_DIAL_RESET;
    evidence->session[1].dial.outcome = AVS_DIAL_CONNECTED;
    evidence->session[1].tls.outcome = AVS_HANDSHAKE_RESET;
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        assert_int_equal(verdict.session[i].outcome, AVS_SESSION_FAIL);
        assert_int_equal(verdict.session[i].causes[0], AVS_CAUSE_TLS_ABORTED);
    }
    avs_evidence_free(evidence);
}

/* One way for a handshake to end badly, told to both sessions. */
struct refusal {
    const char *name;
    enum avs_handshake_outcome outcome;
    enum avs_readiness readiness;
    enum avs_cause cause;
    int alert_received, alert_sent;
    bool client_cert, wire_phrase;
    enum avs_store_state store;
    int verify_error;
    const char *openssl_error;
};

#define ALERT(number) \
    .outcome = AVS_HANDSHAKE_ALERT, .readiness = AVS_NOT_READY, .alert_received = (number)
#define WE_FAILED(text) \
    .outcome = AVS_HANDSHAKE_FAILED, .readiness = AVS_NOT_READY, .openssl_error = (text)
#define STORE(state) \
    .outcome = AVS_HANDSHAKE_STORE_FAILED, .readiness = AVS_NOT_READY, .store = (state)

static const struct refusal refusals[] = {
    {"protocol version", ALERT(70), .cause = AVS_CAUSE_TLS_VERSION},
    {"insufficient security", ALERT(71), .cause = AVS_CAUSE_TLS_NO_CIPHER},
    {"handshake failure", ALERT(40), .cause = AVS_CAUSE_TLS_NO_CIPHER},
    {"handshake failure after a certificate request", ALERT(40), .client_cert = true,
     .cause = AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {"certificate required", ALERT(116), .client_cert = true,
     .cause = AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {"bad certificate after a certificate request", ALERT(42), .client_cert = true,
     .cause = AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {"internal error", ALERT(80), .cause = AVS_CAUSE_TLS_FAILED},
    {"unrecognized name", ALERT(112), .cause = AVS_CAUSE_TLS_FAILED},
    {"closed", .outcome = AVS_HANDSHAKE_CLOSED, .readiness = AVS_NOT_READY,
     .cause = AVS_CAUSE_TLS_ABORTED},
    {"reset", .outcome = AVS_HANDSHAKE_RESET, .readiness = AVS_NOT_READY,
     .cause = AVS_CAUSE_TLS_ABORTED},
    {"silence", .outcome = AVS_HANDSHAKE_TIMEOUT, .readiness = AVS_INCONCLUSIVE,
     .cause = AVS_CAUSE_TLS_TIMEOUT},
    {"plain text", .outcome = AVS_HANDSHAKE_NOT_TLS, .readiness = AVS_NOT_READY,
     .cause = AVS_CAUSE_PLAINTEXT_PEER},
    {"the phrase in plain text", .outcome = AVS_HANDSHAKE_NOT_TLS, .wire_phrase = true,
     .readiness = AVS_NOT_READY, .cause = AVS_CAUSE_PLAINTEXT_PEER},
    {"old server", WE_FAILED("unsupported protocol"), .cause = AVS_CAUSE_TLS_VERSION},
    {"wrong version", WE_FAILED("wrong ssl version"), .cause = AVS_CAUSE_TLS_VERSION},
    {"our alert 70", WE_FAILED("x"), .alert_sent = 70, .cause = AVS_CAUSE_TLS_VERSION},
    {"no cipher", WE_FAILED("no ciphers available"), .cause = AVS_CAUSE_TLS_NO_CIPHER},
    {"wrong cipher", WE_FAILED("wrong cipher returned"), .cause = AVS_CAUSE_TLS_NO_CIPHER},
    {"small DH", WE_FAILED("dh key too small"), .cause = AVS_CAUSE_TLS_NO_CIPHER},
    {"small key", WE_FAILED("ee key too small"), .cause = AVS_CAUSE_WEAK_SIGNATURE},
    {"another reason", WE_FAILED("bad extension"), .cause = AVS_CAUSE_TLS_FAILED},
    {"no reason", WE_FAILED(""), .cause = AVS_CAUSE_TLS_FAILED},
    {"no CA file", STORE(AVS_STORE_UNREADABLE), .cause = AVS_CAUSE_CA_FILE_UNREADABLE},
    {"empty CA file", STORE(AVS_STORE_INVALID), .cause = AVS_CAUSE_CA_FILE_INVALID},
    {"no hash links", STORE(AVS_STORE_NOT_HASHED), .cause = AVS_CAUSE_CA_PATH_NOT_HASHED},
    {"a store that failed for nothing", STORE(AVS_STORE_OK), .cause = AVS_CAUSE_INTERNAL},
    {"a refusal without facts", .outcome = AVS_HANDSHAKE_VERIFY_FAILED, .readiness = AVS_NOT_READY,
     .verify_error = 1, .cause = AVS_CAUSE_CERT_INVALID},
    {"expired", .outcome = AVS_HANDSHAKE_VERIFY_FAILED, .readiness = AVS_NOT_READY,
     .verify_error = 10, .cause = AVS_CAUSE_CERT_EXPIRED},
    {"unknown issuer", .outcome = AVS_HANDSHAKE_VERIFY_FAILED, .readiness = AVS_NOT_READY,
     .verify_error = 20, .cause = AVS_CAUSE_ROOT_MISSING},
    {"other name", .outcome = AVS_HANDSHAKE_VERIFY_FAILED, .readiness = AVS_NOT_READY,
     .verify_error = 62, .cause = AVS_CAUSE_HOSTNAME_MISMATCH},
    {"refused, and yet no error", .outcome = AVS_HANDSHAKE_VERIFY_FAILED,
     .readiness = AVS_NOT_READY, .verify_error = 0, .cause = AVS_CAUSE_CERT_INVALID},
};

static const struct refusal closed = {.outcome = AVS_HANDSHAKE_CLOSED};
static const struct refusal no_protocol = {ALERT(120)};

static void refuse(struct avs_tls_facts *tls, const struct refusal *row) {
    tls->outcome = row->outcome;
    tls->is_verified = tls->hostname_matched = false;
    tls->alert_received = row->alert_received ? row->alert_received : -1;
    tls->alert_sent = row->alert_sent ? row->alert_sent : -1;
    tls->client_cert_requested = row->client_cert;
    tls->wire_phrase = row->wire_phrase;
    tls->trust.store.state = row->store;
    tls->trust.gate.verify_error = row->verify_error;
    AVS_TEXT_SET(tls->openssl_error, row->openssl_error);
}

/* Some servers open HTTP/2 before they find that the certificate is missing (TLS 1.3). */
static void a_missing_client_certificate_is_no_oddity(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_H2];
    session->tls.client_cert_requested = true;
    session->tls.alert_received = 116;
    session->http = (struct avs_http_facts){.close = AVS_CLOSE_ALERT,
                                            .request_sent = true,
                                            .settings_received = true,
                                            .first_length = 9,
                                            .bytes_received = 9};
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    assert_int_equal(verdict.cause, AVS_CAUSE_CLIENT_CERT_REQUIRED);
    assert_int_equal(verdict.readiness, AVS_NOT_READY);
    avs_evidence_free(evidence);
}

/* The HTTP facts stay those of a perfect answer: they must not count. */
static void a_tls_failure_never_becomes_an_oddity(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct avs_evidence *evidence = evidence_ready();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            refuse(&evidence->session[k].tls, row);
        }
        struct avs_verdict verdict = judge(evidence);
        if (verdict.readiness != row->readiness || verdict.cause != row->cause) {
            fail_msg("%s: %s, %s", row->name, avs_readiness_id(verdict.readiness),
                     avs_cause_info(verdict.cause)->id);
        }
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            assert_false(verdict.session[k].tls_proven);
            assert_string_equal(verdict.session[k].quirk, "");
            assert_string_equal(verdict.session[k].http_class, "none");
            assert_int_equal(verdict.session[k].causes[0], row->cause);
        }
        avs_evidence_free(evidence);
    }
}

static void the_phrase_without_verified_tls_is_named(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_tls_facts *tls = &evidence->session[AVS_PROTOCOL_H2].tls;
    tls->outcome = AVS_HANDSHAKE_NOT_TLS;
    tls->is_verified = false;
    tls->wire_phrase = true;
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.session[0].cause_count, 2);
    assert_int_equal(verdict.session[0].causes[1], AVS_CAUSE_SPOOFED_PHRASE);
    avs_evidence_free(evidence);
}

/* A ticket may say "established" and deny it in another field: then it is not proven. */
static void a_ticket_that_contradicts_itself_never_passes(void **state) {
    (void)state;
    for (unsigned flaws = 1; flaws < 8; flaws++) {
        struct avs_evidence *evidence = evidence_ready();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            struct avs_tls_facts *tls = &evidence->session[k].tls;
            tls->is_verified = !(flaws & 1);
            tls->hostname_matched = !(flaws & 2);
            tls->trust.gate.verify_error = flaws & 4 ? 20 : 0;
        }
        struct avs_verdict verdict = judge(evidence);
        assert_int_equal(verdict.exit_code, 1);
        assert_false(verdict.session[0].tls_proven);
        assert_false(verdict.session[1].tls_proven);
        avs_evidence_free(evidence);
    }
}

static void a_verified_chain_that_is_not_ats_fails_unless_any_root_will_do(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    for (int k = 0; k < AVS_SESSION_COUNT; k++) {
        evidence->session[k].tls.trust.gate.is_ats = false;
    }
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_NOT_ATS);
    evidence->require_ats = false;
    verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 0);
    assert_int_equal(verdict.session[0].outcome, AVS_SESSION_PASS);
    avs_evidence_free(evidence);
}

/* The interceptor's root may well lie in the device's store. Waving it through with --any-root is
 * the last thing to advise. */
static void a_trusted_stranger_for_an_amazon_host_intercepts(void **state) {
    (void)state;
    static const struct {
        const char *host, *anchor;
        enum avs_cause cause;
    } rows[] = {
        {"alexa.na.gateway.devices.a2z.com", "CN=Corp CA,O=Contoso,C=US", AVS_CAUSE_INTERCEPTED},
        {"alexa.na.gateway.devices.a2z.com", "O=Contoso", AVS_CAUSE_INTERCEPTED},
        {"avs-alexa-na.amazon.com", "CN=no organization", AVS_CAUSE_INTERCEPTED},
        {"api.amazon.com", "CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US",
         AVS_CAUSE_NOT_ATS},
        {"api.amazon.com", "O=DigiCert Inc,C=US", AVS_CAUSE_NOT_ATS},
        {"bed.example", "CN=Corp CA,O=Contoso", AVS_CAUSE_NOT_ATS},
        {"notamazon.com", "CN=Corp CA,O=Contoso", AVS_CAUSE_NOT_ATS},
        {"api.amazon.com", "", AVS_CAUSE_NOT_ATS}, /* an old ticket does not say */
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        AVS_TEXT_SET(evidence->host, rows[i].host);
        struct avs_trust_facts *trust = &evidence->session[AVS_PROTOCOL_H2].tls.trust;
        trust->gate.is_ats = false;
        AVS_TEXT_SET(trust->gate.anchor_subject, rows[i].anchor);
        struct avs_verdict verdict = judge(evidence);
        if (verdict.readiness != AVS_NOT_READY || verdict.cause != rows[i].cause) {
            fail_msg("%s, %s: %s", rows[i].host, rows[i].anchor, avs_cause_info(verdict.cause)->id);
        }
        avs_evidence_free(evidence);
    }
}

/* What a family can be refused with, and what it says: nothing, where it cannot be asked. */
static void a_family_that_cannot_be_asked_is_no_failure(void **state) {
    (void)state;
    static const struct {
        int alert;
        enum avs_session_outcome outcome;
        enum avs_cause cause;
    } rows[] = {
        {0, AVS_SESSION_PASS, AVS_CAUSE_NONE},
        {40, AVS_SESSION_INCONCLUSIVE, AVS_CAUSE_TLS_NO_CIPHER},
        {70, AVS_SESSION_INCONCLUSIVE, AVS_CAUSE_TLS_VERSION},
        {80, AVS_SESSION_FAIL, AVS_CAUSE_TLS_FAILED},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        for (int family = 0; family < AVS_FAMILY_COUNT; family++) {
            struct avs_evidence *evidence = evidence_ready();
            struct avs_session_evidence *session = &evidence->family[family];
            *session = evidence->session[AVS_PROTOCOL_H2];
            if (rows[i].alert) {
                session->tls.outcome = AVS_HANDSHAKE_ALERT;
                session->tls.alert_received = rows[i].alert;
            }
            struct avs_verdict verdict = judge(evidence);
            const struct avs_session_verdict *got = &verdict.family[family];
            assert_int_equal(got->outcome, rows[i].outcome);
            assert_int_equal(got->cause_count > 0 ? got->causes[0] : AVS_CAUSE_NONE, rows[i].cause);
            assert_int_equal(verdict.exit_code, 0); /* families inform */
            avs_evidence_free(evidence);
        }
    }
}

static void http2_decides_and_http1_only_where_it_ran_alone(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    refuse(&evidence->session[AVS_PROTOCOL_HTTP1].tls, &closed);
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 0);
    assert_int_equal(verdict.session[AVS_PROTOCOL_HTTP1].outcome, AVS_SESSION_FAIL);

    evidence->session[AVS_PROTOCOL_H2].was_attempted = false;
    verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_TLS_ABORTED);
    assert_int_equal(verdict.session[AVS_PROTOCOL_H2].outcome, AVS_SESSION_NOT_RUN);
    avs_evidence_free(evidence);

    evidence = evidence_ready();
    evidence->session[AVS_PROTOCOL_H2].was_attempted =
        false; /* proven, and yet nobody asked for h2 */
    verdict = judge(evidence);
    assert_int_equal(verdict.readiness, AVS_INCONCLUSIVE);
    assert_int_equal(verdict.exit_code, 3);
    assert_int_equal(verdict.cause, AVS_CAUSE_NONE);
    assert_true(verdict.tls_proven);
    evidence->session[AVS_PROTOCOL_H2].was_attempted = true;
    AVS_TEXT_SET(evidence->session[AVS_PROTOCOL_H2].tls.alpn, "http/1.1");
    verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_HTTP2_MISSING);
    assert_true(verdict.session[AVS_PROTOCOL_H2].tls_proven); /* a TLS pass all the same */
    assert_string_equal(verdict.session[AVS_PROTOCOL_H2].quirk, "no_h2");
    avs_evidence_free(evidence);

    evidence = avs_evidence_new(); /* nothing ran */
    verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 3);
    assert_int_equal(verdict.cause, AVS_CAUSE_INTERNAL);
    avs_evidence_free(evidence);
}

/* A server that refuses the names must not be told to offer them. */
static void refused_alpn_over_http2_is_no_http2(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    refuse(&evidence->session[AVS_PROTOCOL_H2].tls, &no_protocol);
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_HTTP2_MISSING);
    assert_true(verdict.tls_proven); /* over HTTP/1.1 */
    /* it refuses "http/1.1" as well: then it does not "speak HTTP/2 only" */
    struct avs_tls_facts *http1 = &evidence->session[AVS_PROTOCOL_HTTP1].tls;
    refuse(http1, &no_protocol);
    http1->alpn_retry_secure = http1->hostname_matched = true;
    verdict = judge(evidence);
    assert_string_equal(verdict.session[AVS_PROTOCOL_HTTP1].quirk, "alpn_neither");
    avs_evidence_free(evidence);
}

/* A ticket in which HTTP/2 never got to the certificate and HTTP/1.1 did. */
static void the_session_that_saw_a_certificate_speaks(void **state) {
    (void)state;
    static const struct {
        enum avs_handshake_outcome h2;
        int verify_error;
        size_t chain_length;
        enum avs_readiness readiness;
        enum avs_cause cause;
        enum avs_protocol decisive;
    } rows[] = {
        {AVS_HANDSHAKE_TIMEOUT, 20, 2, AVS_NOT_READY, AVS_CAUSE_ROOT_MISSING, AVS_PROTOCOL_HTTP1},
        {AVS_HANDSHAKE_RESET, 62, 1, AVS_NOT_READY, AVS_CAUSE_HOSTNAME_MISMATCH,
         AVS_PROTOCOL_HTTP1},
        {AVS_HANDSHAKE_TIMEOUT, 20, 0, AVS_INCONCLUSIVE, AVS_CAUSE_TLS_TIMEOUT, AVS_PROTOCOL_H2},
        {AVS_HANDSHAKE_TIMEOUT, 0, 2, AVS_INCONCLUSIVE, AVS_CAUSE_TLS_TIMEOUT, AVS_PROTOCOL_H2},
        {AVS_HANDSHAKE_ESTABLISHED, 20, 2, AVS_READY, AVS_CAUSE_NONE, AVS_PROTOCOL_H2},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        struct avs_tls_facts *h2 = &evidence->session[AVS_PROTOCOL_H2].tls;
        struct avs_tls_facts *http1 = &evidence->session[AVS_PROTOCOL_HTTP1].tls;
        h2->outcome = rows[i].h2;
        if (rows[i].verify_error) {
            http1->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
            http1->trust.gate.verify_error = rows[i].verify_error;
        }
        http1->chain_length = rows[i].chain_length;
        struct avs_verdict verdict = judge(evidence);
        if (verdict.readiness != rows[i].readiness || verdict.cause != rows[i].cause ||
            verdict.decisive != rows[i].decisive) {
            fail_msg("row %zu: %s", i, avs_cause_info(verdict.cause)->id);
        }
        avs_evidence_free(evidence);
    }
}

/* The place in the list says which session it is; a ticket cannot pass an HTTP/1.1 answer off as
 * the HTTP/2 session. */
static void a_session_is_judged_by_its_place(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    evidence->session[AVS_PROTOCOL_H2] = evidence->session[AVS_PROTOCOL_HTTP1];
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_HTTP2_MISSING);
    avs_evidence_free(evidence);
}

static void refused_alpn_is_an_oddity_only_with_a_verified_retry(void **state) {
    (void)state;
    static const struct {
        bool retry, name, ats, any_root;
        int verify_error;
        enum avs_session_outcome outcome;
        enum avs_cause cause;
    } rows[] = {
        {true, true, true, false, 0, AVS_SESSION_PASS_WITH_QUIRK, AVS_CAUSE_NONE},
        {true, true, false, true, 0, AVS_SESSION_PASS_WITH_QUIRK, AVS_CAUSE_NONE},
        {true, true, false, false, 0, AVS_SESSION_FAIL, AVS_CAUSE_NOT_ATS},
        {false, true, true, false, 0, AVS_SESSION_FAIL, AVS_CAUSE_ALPN_REJECTED},
        {true, false, true, false, 0, AVS_SESSION_FAIL, AVS_CAUSE_ALPN_REJECTED},
        {true, true, true, false, 20, AVS_SESSION_FAIL, AVS_CAUSE_ROOT_MISSING},
        {true, true, true, false, -1, AVS_SESSION_FAIL, AVS_CAUSE_ALPN_REJECTED},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        evidence->require_ats = !rows[i].any_root;
        struct avs_tls_facts *tls = &evidence->session[AVS_PROTOCOL_HTTP1].tls;
        refuse(tls, &no_protocol);
        tls->alpn_retry_secure = rows[i].retry;
        tls->hostname_matched = rows[i].name;
        tls->trust.gate.is_ats = rows[i].ats;
        tls->trust.gate.verify_error = rows[i].verify_error;
        struct avs_verdict verdict = judge(evidence);
        const struct avs_session_verdict *session = &verdict.session[AVS_PROTOCOL_HTTP1];
        if (session->outcome != rows[i].outcome || session->causes[0] != rows[i].cause) {
            fail_msg("row %zu: %s %s", i, avs_session_outcome_id(session->outcome),
                     avs_cause_info(session->causes[0])->id);
        }
        assert_string_equal(session->quirk,
                            rows[i].outcome == AVS_SESSION_FAIL ? "" : "alpn_h2_only");
        avs_evidence_free(evidence);
    }
}

/* TLS 1.3 servers say so only after the handshake; the server itself is trusted then. */
static void a_client_certificate_asked_for_after_the_handshake_is_named(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_H2];
    session->tls.client_cert_requested = true;
    session->tls.alert_received = 116;
    session->http = (struct avs_http_facts){.request_sent = true, .close = AVS_CLOSE_ALERT};
    struct avs_verdict verdict = judge(evidence);
    assert_int_equal(verdict.exit_code, 1);
    assert_int_equal(verdict.cause, AVS_CAUSE_CLIENT_CERT_REQUIRED);
    assert_true(verdict.session[AVS_PROTOCOL_H2].tls_proven);
    /* optional: it was asked for, did not get one, and answered */
    avs_evidence_free(evidence);
    evidence = evidence_ready();
    evidence->session[AVS_PROTOCOL_H2].tls.client_cert_requested = true;
    assert_int_equal(judge(evidence).exit_code, 0);
    avs_evidence_free(evidence);
}

static bool is_proven(const struct avs_tls_facts *tls, enum avs_protocol protocol) {
    bool is_established = tls->outcome == AVS_HANDSHAKE_ESTABLISHED && tls->is_verified;
    bool is_retried = protocol == AVS_PROTOCOL_HTTP1 && tls->outcome == AVS_HANDSHAKE_ALERT &&
                      tls->alert_received == 120 && tls->alpn_retry_secure;
    return (is_established || is_retried) && tls->hostname_matched &&
           tls->trust.gate.verify_error == 0;
}

static void check_session(const struct avs_evidence *evidence, const struct avs_verdict *verdict,
                          enum avs_protocol protocol) {
    const struct avs_session_evidence *facts = &evidence->session[protocol];
    const struct avs_session_verdict *session = &verdict->session[protocol];
    bool has_passed =
        session->outcome == AVS_SESSION_PASS || session->outcome == AVS_SESSION_PASS_WITH_QUIRK;
    bool is_bad =
        session->outcome == AVS_SESSION_FAIL || session->outcome == AVS_SESSION_INCONCLUSIVE;
    assert_int_equal(session->outcome == AVS_SESSION_NOT_RUN, !facts->was_attempted);
    assert_int_equal(session->cause_count > 0, is_bad);
    assert_true(!has_passed || protocol != AVS_PROTOCOL_H2 || facts->http.status > 0);
    assert_in_range(session->cause_count, 0, AVS_SESSION_CAUSES_MAX);
    for (size_t i = 0; i < session->cause_count; i++) {
        assert_in_range(session->causes[i], 1, AVS_CAUSE_COUNT - 1);
    }
    if (session->tls_proven || has_passed) {
        assert_true(session->tls_proven);
        assert_true(is_proven(&facts->tls, protocol));
        assert_true(facts->tls.trust.gate.is_ats || !evidence->require_ats);
    }
    if (has_passed && protocol == AVS_PROTOCOL_H2) {
        assert_string_equal(facts->tls.alpn, "h2");
    }
    assert_true(session->quirk[0] == '\0' || avs_quirk_meaning(session->quirk)[0] != '\0');
}

static void whatever_the_evidence_only_proof_passes(void **state) {
    (void)state;
    struct chance chance = chance_from_seed(20261121);
    unsigned counts[3] = {0};
    for (unsigned i = 0; i < SHAKEN_RUNS; i++) {
        struct avs_evidence *evidence = i % 3 ? evidence_ready() : avs_evidence_new();
        static const unsigned rates[] = {1, 4, 40, 400};
        evidence_shake(evidence, &chance, rates[i % AVS_COUNT(rates)]);
        struct avs_verdict verdict = judge(evidence);
        struct avs_verdict again = judge(evidence);
        assert_int_equal(verdict.readiness, again.readiness);
        assert_int_equal(verdict.cause, again.cause);
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            check_session(evidence, &verdict, (enum avs_protocol)k);
            assert_string_equal(verdict.session[k].quirk, again.session[k].quirk);
            assert_string_equal(verdict.session[k].http_class, again.session[k].http_class);
            assert_int_equal(verdict.session[k].outcome, again.session[k].outcome);
        }
        static const int exit_codes[] = {0, 1, 3};
        assert_int_equal(verdict.exit_code, exit_codes[verdict.readiness]);
        bool is_ready = verdict.readiness == AVS_READY;
        assert_true(!is_ready || verdict.cause == AVS_CAUSE_NONE);
        assert_true(is_ready || verdict.cause != AVS_CAUSE_NONE ||
                    (verdict.readiness == AVS_INCONCLUSIVE && verdict.tls_proven &&
                     !evidence->session[AVS_PROTOCOL_H2].was_attempted));
        if (is_ready) { /* the most expensive word */
            assert_true(verdict.session[AVS_PROTOCOL_H2].tls_proven);
            assert_true(evidence->session[AVS_PROTOCOL_H2].http.status > 0);
        }
        counts[verdict.readiness]++;
        avs_evidence_free(evidence);
    }
    for (size_t i = 0; i < AVS_COUNT(counts); i++) {
        assert_in_range(counts[i], SHAKEN_RUNS / 100, SHAKEN_RUNS); /* chance reaches them all */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_run_is_ready),
        cmocka_unit_test(a_dial_that_failed_says_nothing_about_the_endpoint),
        cmocka_unit_test(a_reset_before_the_handshake_is_one_in_it),
        cmocka_unit_test(a_missing_client_certificate_is_no_oddity),
        cmocka_unit_test(a_tls_failure_never_becomes_an_oddity),
        cmocka_unit_test(the_phrase_without_verified_tls_is_named),
        cmocka_unit_test(a_ticket_that_contradicts_itself_never_passes),
        cmocka_unit_test(a_verified_chain_that_is_not_ats_fails_unless_any_root_will_do),
        cmocka_unit_test(a_trusted_stranger_for_an_amazon_host_intercepts),
        cmocka_unit_test(a_family_that_cannot_be_asked_is_no_failure),
        cmocka_unit_test(http2_decides_and_http1_only_where_it_ran_alone),
        cmocka_unit_test(a_session_is_judged_by_its_place),
        cmocka_unit_test(refused_alpn_over_http2_is_no_http2),
        cmocka_unit_test(the_session_that_saw_a_certificate_speaks),
        cmocka_unit_test(refused_alpn_is_an_oddity_only_with_a_verified_retry),
        cmocka_unit_test(a_client_certificate_asked_for_after_the_handshake_is_named),
        cmocka_unit_test(whatever_the_evidence_only_proof_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
