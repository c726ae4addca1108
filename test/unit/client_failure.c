/* SPDX-License-Identifier: Apache-2.0 */
/* What a failure's line in the log says: the fact that decided it, and its remedy apart. */
#include "support/test.h"

#include "base/text.h"
#include "client/failure.h"

#define NOW    INT64_C(1795651200) /* 2026-11-26 00:00:00 UTC */
#define DAY    INT64_C(86400)
#define ORIGIN "https://a.example:443"

static struct avs_session_evidence *evidence_of(struct avs_session_evidence *evidence) {
    *evidence = (struct avs_session_evidence){.was_attempted = true};
    evidence->tls.alert_received = evidence->tls.alert_sent = -1;
    AVS_TEXT_SET(evidence->dial.host, "a.example");
    evidence->dial.port = 443;
    AVS_TEXT_SET(evidence->dial.address, "192.0.2.1");
    return evidence;
}

static void dial_fails(struct avs_session_evidence *evidence) {
    evidence->dial.os_errno = 111;
}

static void by_interface(struct avs_session_evidence *evidence) {
    evidence->dial.address[0] = '\0';
    AVS_TEXT_SET(evidence->dial.interface_name, "nosuch0");
}

static void proxy_says(struct avs_session_evidence *evidence, int status, int curl_code) {
    AVS_TEXT_SET(evidence->dial.proxy, "http://p.example:3128");
    AVS_TEXT_SET(evidence->dial.address, "192.0.2.9");
    evidence->dial.proxy_status = status;
    evidence->dial.curl_code = curl_code;
}

static void proxy_407(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 407, 56);
}
static void proxy_403(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 403, 56);
}
static void proxy_502(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 502, 56);
}
static void proxy_unknown(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 0, 5);
}
static void proxy_silent(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 0, 28);
}
static void proxy_refuses(struct avs_session_evidence *evidence) {
    proxy_says(evidence, 0, 7);
    evidence->dial.os_errno = 111;
}

static void chain(struct avs_session_evidence *evidence) {
    struct avs_tls_facts *tls = &evidence->tls;
    AVS_TEXT_SET(tls->chain[0].subject, "CN=a.example");
    AVS_TEXT_SET(tls->chain[0].names, "b.example, *.c.example");
    AVS_TEXT_SET(tls->chain[1].issuer, "CN=Far Root");
    tls->chain_length = 2;
    AVS_TEXT_SET(tls->trust.store.ca_file, "/etc/ssl/cert.pem");
    AVS_TEXT_SET(tls->trust.store.source, "config");
}

static void known_root(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.trust.refusal.closing_root, "Amazon Root CA 1");
    AVS_TEXT_SET(evidence->tls.trust.store.ca_path, "/etc/ssl/certs");
}

static void namesake(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.trust.refusal.missing_issuer, "CN=Mine");
    evidence->tls.trust.refusal.issuer_known_by_name = true;
}

static void no_names(struct avs_session_evidence *evidence) {
    chain(evidence);
    evidence->tls.chain[0].names[0] = '\0';
}

static void many_names(struct avs_session_evidence *evidence) {
    chain(evidence);
    memset(evidence->tls.chain[0].names, 'x', sizeof(evidence->tls.chain[0].names) - 1);
}

static void dated(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.trust.refusal.problem_subject, "CN=Old CA");
    evidence->tls.trust.refusal.problem_not_after = NOW - 3 * DAY;
    evidence->tls.trust.refusal.problem_not_before = NOW + DAY;
}

static void other_time(struct avs_session_evidence *evidence) {
    chain(evidence);
    evidence->tls.trust.refusal.valid_at_other_time = true;
    evidence->tls.trust.refusal.good_from = NOW + DAY;
    evidence->tls.trust.refusal.good_until = NOW + 2 * DAY;
}

static void alert(struct avs_session_evidence *evidence) {
    evidence->tls.alert_received = 40;
}

static void http11(struct avs_session_evidence *evidence) {
    AVS_TEXT_SET(evidence->tls.version, "TLSv1.3");
    AVS_TEXT_SET(evidence->tls.alpn_offered, "h2");
    AVS_TEXT_SET(evidence->tls.alpn, "http/1.1");
}

static void bad_store(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.trust.store.detail, "No such file or directory");
}

static void intercepted(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.trust.refusal.intercepted_by, "CN=Corp Proxy");
}

static void steers_the_terminal(struct avs_session_evidence *evidence) {
    chain(evidence);
    AVS_TEXT_SET(evidence->tls.chain[0].names, "\x1b[31mred\nE AvsClient:faked");
}

static const struct {
    enum avs_cause cause;
    void (*arrange)(struct avs_session_evidence *evidence);
    const char *fact;
} cases[] = {
    {AVS_CAUSE_DNS_FAILED, dial_fails, "the host name a.example does not resolve"},
    {AVS_CAUSE_CONNECT_REFUSED, dial_fails,
     "a.example:443 at 192.0.2.1 refused the TCP connection (Connection refused)"},
    {AVS_CAUSE_INTERFACE_MISSING, by_interface,
     "the interface nosuch0 (CURLOPT_INTERFACE) does not exist here or has no address"},
    {AVS_CAUSE_PROXY_FAILED, proxy_407,
     "the proxy http://p.example:3128 answered 407 to CONNECT a.example:443: it wants other "
     "credentials"},
    {AVS_CAUSE_PROXY_FAILED, proxy_403,
     "the proxy http://p.example:3128 answered 403 to CONNECT a.example:443: it does not allow "
     "that target"},
    {AVS_CAUSE_PROXY_FAILED, proxy_502,
     "the proxy http://p.example:3128 answered 502 to CONNECT a.example:443: it cannot reach that "
     "target"},
    {AVS_CAUSE_PROXY_FAILED, proxy_unknown,
     "the proxy's name in http://p.example:3128 does not resolve"},
    {AVS_CAUSE_PROXY_FAILED, proxy_silent,
     "the proxy http://p.example:3128 did not answer CONNECT a.example:443 in time"},
    {AVS_CAUSE_PROXY_FAILED, proxy_refuses,
     "the proxy http://p.example:3128 cannot be reached (Connection refused)"},
    {AVS_CAUSE_TLS_NO_CIPHER, alert,
     "The server and this device have no cipher suite or group in common: a.example:443 at "
     "192.0.2.1 (it sent alert 40)"},
    {AVS_CAUSE_HTTP2_MISSING, http11,
     "TLS stands (TLSv1.3), but of the offered \"h2\" the server chose \"http/1.1\""},
    {AVS_CAUSE_ROOT_MISSING, known_root,
     "the chain ends in the root \"Amazon Root CA 1\", which is not in the CA file "
     "/etc/ssl/cert.pem and the CA folder /etc/ssl/certs (from: config)"},
    {AVS_CAUSE_ROOT_MISSING, chain,
     "the chain ends in the root \"CN=Far Root\", which is not in the CA file /etc/ssl/cert.pem "
     "(from: config)"},
    {AVS_CAUSE_ROOT_MISSING, namesake,
     "the chain ends in the root \"CN=Mine\", which is not in the CA file /etc/ssl/cert.pem (from: "
     "config); one of that name is, with another key"},
    {AVS_CAUSE_INTERCEPTED, intercepted, "\"CN=Corp Proxy\" vouches for a.example, not Amazon"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, chain,
     "asked for a.example; the certificate is for b.example, *.c.example"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, no_names,
     "asked for a.example; the certificate \"CN=a.example\" has no subjectAltName"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, steers_the_terminal,
     "asked for a.example; the certificate is for ?[31mred?E AvsClient:faked"},
    {AVS_CAUSE_CERT_EXPIRED, dated,
     "\"CN=Old CA\" expired on 2026-11-23 00:00:00 UTC, 3 days before this device's time, "
     "2026-11-26 00:00:00 UTC"},
    {AVS_CAUSE_CERT_NOT_YET_VALID, dated,
     "\"CN=Old CA\" is valid from 2026-11-27 00:00:00 UTC, 1 day after this device's time, "
     "2026-11-26 00:00:00 UTC"},
    {AVS_CAUSE_CLOCK_WRONG, other_time,
     "this device's time is 2026-11-26 00:00:00 UTC; the certificates are good from 2026-11-27 "
     "00:00:00 UTC to 2026-11-28 00:00:00 UTC"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, bad_store,
     "the CA file /etc/ssl/cert.pem (from: config): No such file or directory"},
    /* no row of its own: the catalogue's words */
    {AVS_CAUSE_CANCELLED, chain, "The request was cancelled by its owner"},
};

static void each_failure_names_the_fact_that_decided_it(void **state) {
    (void)state;
    static struct avs_session_evidence evidence;
    char text[AVS_FACT_BYTES];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cases[i].arrange(evidence_of(&evidence));
        avs_fact_describe(cases[i].cause, &evidence, "a.example", NOW, text);
        assert_string_equal(text, cases[i].fact);
    }
    many_names(evidence_of(&evidence));
    avs_fact_describe(AVS_CAUSE_HOSTNAME_MISMATCH, &evidence, "a.example", NOW, text);
    assert_non_null(strstr(text, "xxx..."));
    assert_true(strlen(text) < 250);
    avs_fact_describe(AVS_CAUSE_ROOT_MISSING, NULL, "a.example", NOW, text);
    assert_non_null(strstr(text, "not in the trust store"));
}

/* Every cause, and evidence in which nothing is known: words, never an empty reason. */
static void no_cause_is_without_words(void **state) {
    (void)state;
    static struct avs_session_evidence evidence;
    char text[AVS_FACT_BYTES];
    for (int cause = 1; cause < AVS_CAUSE_COUNT; cause++) {
        evidence = (struct avs_session_evidence){0};
        avs_fact_describe((enum avs_cause)cause, &evidence, "a.example", NOW, text);
        assert_true(strlen(text) > 10);
        assert_true(text[strlen(text) - 1] != '.');
    }
}

/* ---------------------------------------------------------------- the line */

static char last_line[AVS_LOG_LINE_BYTES];

static void keep(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    snprintf(last_line, sizeof(last_line), "%s", line);
}

static void line_has_reason_and_remedy_each_under_its_key(void **state) {
    (void)state;
    static struct avs_session_evidence evidence;
    static struct avs_core core = {.options.log = {.write = keep, .level = AVS_LOG_DEBUG9}};
    struct avs_failure_box box;
    proxy_407(evidence_of(&evidence));
    avs_failure_set(&box, AVS_CAUSE_PROXY_FAILED, ORIGIN, &evidence, NULL);
    avs_failure_log(&core, "connectFailed", NULL, &box);
    const char *const parts[] = {" E AvsClient:connectFailed:cause=proxy_failed,",
                                 ",origin=https\\://a.example\\:443,proxyAddress=192.0.2.9,reason=",
                                 "answered 407 to CONNECT a.example\\:443",
                                 ",remedy=Check the proxy"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_non_null(strstr(last_line, parts[i]));
    }
    assert_null(strstr(last_line, "request="));
    assert_null(strstr(strstr(last_line, "reason="), "https\\://a.example"));
    /* the error, for callers of the library, has it all in one paragraph */
    assert_int_equal(strncmp(box.error.message, ORIGIN ": the proxy http://p.example:3128 answered",
                             strlen(ORIGIN) + 40),
                     0);
    assert_non_null(strstr(box.error.message, "credentials. Check the proxy"));

    avs_failure_set(&box, AVS_CAUSE_CONNECTION_LOST, ORIGIN, &evidence, "it %s", "broke");
    struct avs_exchange exchange = {.id = 12, .label = ""};
    avs_failure_log(&core, "requestFailed", &exchange, &box);
    assert_non_null(strstr(last_line, ",request=12,reason=it broke,remedy=Reconnect"));
    exchange.label = "AVSEvent-3";
    avs_failure_set(&box, AVS_CAUSE_CONNECTION_LOST, ORIGIN, &evidence, "it %s", "broke again");
    avs_failure_log(&core, "requestFailed", &exchange, &box);
    assert_non_null(strstr(last_line, ",request=AVSEvent-3,reason=it broke again,remedy="));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_names_the_fact_that_decided_it),
        cmocka_unit_test(no_cause_is_without_words),
        cmocka_unit_test(line_has_reason_and_remedy_each_under_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
