/* SPDX-License-Identifier: Apache-2.0 */
/* Words for verdicts: every cause has them, nothing in the evidence can break out of them, and the
 * machine's form has the keys that were promised. */
#include <avs/report.h>

#include <json-c/json.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/advice.h"
#include "support/evidence_made.h"
#include "support/test.h"

#define SHAKEN_RUNS 1500

static char *text_of(const struct avs_evidence *evidence, bool has_colour) {
    struct avs_style style = {.has_colour = has_colour};
    struct avs_verdict verdict;
    char *text = NULL;
    avs_judge(evidence, &verdict);
    assert_int_equal(avs_report_to_text(evidence, &verdict, &style, &text, NULL), AVS_OK);
    assert_non_null(text);
    return text;
}

static char *json_of(const struct avs_evidence *evidence) {
    struct avs_verdict verdict;
    char *json = NULL;
    avs_judge(evidence, &verdict);
    assert_int_equal(avs_report_to_json(evidence, &verdict, &json, NULL), AVS_OK);
    return json;
}

static void has(const char *text, const char *part) {
    if (!strstr(text, part)) {
        fail_msg("no '%s' in:\n%s", part, text);
    }
}

static void the_answer_comes_first_in_one_line(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    char *text = text_of(evidence, false);
    assert_int_equal(strncmp(text, "Ready: https://avs.example ", 27), 0);
    has(text, "Amazon Root CA 1");
    has(text, AVS_ATS_PHRASE);
    assert_null(strstr(text, "  do "));
    free(text);
    avs_evidence_free(evidence);
}

/* Each cause, put into a verdict by hand, in both reports. */
static void every_cause_has_its_words(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    for (int i = 1; i < AVS_CAUSE_COUNT; i++) {
        const struct avs_cause_info *info = avs_cause_info((enum avs_cause)i);
        struct avs_verdict verdict = {
            .readiness = AVS_NOT_READY, .cause = info->cause, .exit_code = 1};
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            verdict.session[k] = (struct avs_session_verdict){.outcome = AVS_SESSION_FAIL,
                                                              .causes = {info->cause},
                                                              .cause_count = 1,
                                                              .http_class = "none"};
        }
        struct avs_advice advice;
        assert_int_equal(
            avs_advice_init(&advice, info->cause, evidence, &evidence->session[0], NULL), AVS_OK);
        assert_null(strchr(advice.command.data, '{')); /* every name is filled in */
        char *text = NULL;
        char *json = NULL;
        assert_int_equal(avs_report_to_text(evidence, &verdict, NULL, &text, NULL), AVS_OK);
        assert_int_equal(avs_report_to_json(evidence, &verdict, &json, NULL), AVS_OK);
        has(text, info->id);
        has(text, info->meaning);
        has(text, advice.remedy);
        has(text, advice.command.data);
        struct json_object *root = json_tokener_parse(json);
        assert_non_null(root);
        has(json, info->id);
        json_object_put(root);
        free(text);
        free(json);
        avs_advice_done(&advice);
    }
    avs_evidence_free(evidence);
}

/* What a shell makes of a pasted command is what was meant. */
static void names_in_commands_survive_a_shell(void **state) {
    (void)state;
    static const char *const names[] = {"plain.pem",   "two words.pem", "O'Brien's.pem",
                                        "$(reboot)",   "`reboot`;|&",   "\"quoted\"",
                                        "back\\slash", "*?[a]",         "~",
                                        "!!",          "#comment",      ""};
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[0];
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        AVS_TEXT_SET(session->tls.trust.store.ca_file, names[i]);
        struct avs_advice advice;
        assert_int_equal(
            avs_advice_init(&advice, AVS_CAUSE_CA_FILE_UNREADABLE, evidence, session, NULL),
            AVS_OK); /* ls -l {ca_file} */
        char script[4096];
        snprintf(script, sizeof(script),
                 "cd /var/empty 2>/dev/null || cd /; "
                 "ls() { shift; printf %%s \"$1\"; }; %s",
                 advice.command.data);
        char quoted[AVS_NAME_BYTES * 4];
        FILE *shell = NULL;
        setenv("AVS_TEST_SCRIPT", script, 1);
        shell = popen("sh -c \"$AVS_TEST_SCRIPT\"", "r");
        assert_non_null(shell);
        size_t length = fread(quoted, 1, sizeof(quoted) - 1, shell);
        quoted[length] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(quoted, names[i]);
        avs_advice_done(&advice);
    }
    avs_evidence_free(evidence);
}

/* A ticket's longest endpoint, all quotes, does not fit: then there is no command at all, never
 * half a one. */
static void a_command_that_does_not_fit_is_left_out(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    memset(evidence->endpoint, '\'', sizeof(evidence->endpoint) - 1);
    struct avs_advice advice;
    assert_int_equal(
        avs_advice_init(&advice, AVS_CAUSE_NOT_ATS, evidence, &evidence->session[0], NULL), AVS_OK);
    assert_string_equal(advice.command.data, "");
    avs_advice_done(&advice);
    avs_evidence_free(evidence);
}

static void the_system_store_is_not_advised_against_a_given_file(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[0];
    session->tls.trust.refusal.closes_with_ats_roots = true;
    AVS_TEXT_SET(session->tls.trust.store.source, "option");
    AVS_TEXT_SET(session->tls.trust.store.ca_file, "/a b/ca.pem");
    struct avs_advice advice;
    assert_int_equal(avs_advice_init(&advice, AVS_CAUSE_ROOT_MISSING, evidence, session, NULL),
                     AVS_OK);
    assert_string_equal(advice.command.data,
                        "avs-shim trust install --ca-file '/a b/ca.pem' --apply");
    avs_advice_done(&advice);
    avs_evidence_free(evidence);
}

static void the_retired_test_endpoint_points_to_the_gateways(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    AVS_TEXT_SET(evidence->endpoint, "https://avs-ats-cert-test.amazon.com");
    evidence->session[0].was_attempted = true;
    evidence->session[0].dial.outcome = AVS_DIAL_DNS_FAILED;
    char *text = text_of(evidence, false);
    assert_int_equal(strncmp(text, "Cannot tell:", 12), 0);
    has(text, "dns_failed");
    has(text, "regional gateways");
    has(text, "avs-shim check --endpoint na");
    free(text);
    avs_evidence_free(evidence);
}

static void put_escape(char *field, size_t size) {
    avs_text_copy(field, size,
                  "a\033[31m\nReady: b\r\x9b\xc2\x9b"
                  "1m\x07");
}

/* A server's or a ticket's words neither colour the terminal nor start a line. */
static void no_word_of_a_peer_steers_the_terminal(void **state) {
    (void)state;
    for (int outcome = 0; outcome < AVS_HANDSHAKE_COUNT; outcome++) {
        struct avs_evidence *evidence = evidence_ready();
        evidence_each_text(evidence, put_escape);
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            struct avs_session_evidence *session = &evidence->session[k];
            session->tls.outcome = (enum avs_handshake_outcome)outcome;
            session->tls.trust.gate.verify_error = 20;
            session->tls.trust.refusal.is_expired = session->tls.trust.refusal.hostname_mismatch =
                true;
            session->tls.chain_length = 2;
            memcpy(session->tls.wire_first, "\033[31m", 5);
            session->tls.wire_first_length = 5;
        }
        for (int has_colour = 0; has_colour < 2; has_colour++) {
            char *text = text_of(evidence, has_colour);
            assert_null(strstr(text, "a\033"));
            assert_null(strstr(text, "\nReady: b"));
            assert_null(strpbrk(text, "\r\x07\x9b"));
            if (!has_colour) {
                assert_null(strchr(text, '\033'));
            }
            free(text);
        }
        char *json = json_of(evidence);
        assert_null(strpbrk(json, "\033\r\x07"));
        free(json);
        avs_evidence_free(evidence);
    }
}

static void colour_is_only_for_terminals(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    char *plain = text_of(evidence, false);
    char *coloured = text_of(evidence, true);
    assert_null(strchr(plain, '\033'));
    assert_non_null(strchr(coloured, '\033'));
    free(plain);
    free(coloured);
    avs_evidence_free(evidence);
}

static struct json_object *member(struct json_object *object, const char *key,
                                  enum json_type type) {
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value)) {
        fail_msg("no key '%s'", key);
    }
    if (json_object_get_type(value) != type) {
        fail_msg("'%s' is %s", key, json_type_to_name(json_object_get_type(value)));
    }
    return value;
}

static void json_has_the_promised_keys(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    for (int k = 0; k < AVS_SESSION_COUNT; k++) {
        evidence->session[k].timing = (struct avs_timing_facts){1, 2, 3, 4, 5};
        evidence->session[k].tls.chain_length = 2;
        AVS_TEXT_SET(evidence->session[k].http.version, "HTTP/x");
        AVS_TEXT_SET(evidence->session[k].tls.trust.gate.anchor_subject, "CN=a");
    }
    char *json = json_of(evidence);
    assert_int_equal(json[strlen(json) - 1], '\n');
    struct json_object *root = json_tokener_parse(json);
    assert_string_equal(json_object_get_string(member(root, "schema", json_type_string)),
                        "avs-shim.check/1");
    assert_string_equal(json_object_get_string(member(root, "verdict", json_type_string)), "ready");
    member(root, "cause", json_type_null);
    assert_int_equal(json_object_get_int(member(root, "exit_code", json_type_int)), 0);
    member(root, "endpoint", json_type_string);
    struct json_object *sessions = member(root, "sessions", json_type_array);
    assert_int_equal(json_object_array_length(sessions), 2);
    static const char *const protocols[] = {"h2", "http/1.1"};
    for (size_t i = 0; i < 2; i++) {
        struct json_object *session = json_object_array_get_idx(sessions, i);
        assert_string_equal(json_object_get_string(member(session, "protocol", json_type_string)),
                            protocols[i]);
        assert_string_equal(json_object_get_string(member(session, "verdict", json_type_string)),
                            "pass");
        member(session, "cause", json_type_null);
        struct json_object *tls = member(session, "tls", json_type_object);
        static const char *const truths[] = {"established", "verified", "hostname_matched", "ats"};
        for (size_t t = 0; t < AVS_COUNT(truths); t++) {
            assert_true(json_object_get_boolean(member(tls, truths[t], json_type_boolean)));
        }
        member(tls, "version", json_type_string);
        member(tls, "cipher", json_type_string);
        member(tls, "alpn", json_type_string);
        struct json_object *anchor = NULL;
        assert_true(json_object_object_get_ex(tls, "anchor", &anchor));
        assert_non_null(anchor);
        assert_int_equal(json_object_array_length(member(tls, "chain", json_type_array)), 2);
        struct json_object *http = member(session, "http", json_type_object);
        member(http, "class", json_type_string);
        member(http, "quirk", i == 0 ? json_type_null : json_type_string);
        assert_int_equal(json_object_get_int(member(http, "status", json_type_int)), 200);
        member(http, "version", json_type_string);
        member(http, "ats_message", json_type_boolean);
        struct json_object *timing = member(session, "timing_ms", json_type_object);
        static const char *const steps[] = {"dns", "connect", "tls", "first_byte", "total"};
        for (size_t t = 0; t < AVS_COUNT(steps); t++) {
            assert_int_equal(json_object_get_int(member(timing, steps[t], json_type_double)),
                             t + 1);
        }
    }
    json_object_put(root);
    free(json);

    evidence->session[0].was_attempted = false; /* what did not run is not listed */
    json = json_of(evidence);
    root = json_tokener_parse(json);
    assert_int_equal(json_object_array_length(member(root, "sessions", json_type_array)), 1);
    json_object_put(root);
    free(json);
    avs_evidence_free(evidence);
}

/* The server refused "http/1.1" and took the client that named nothing: that handshake counts. */
static void a_verified_retry_without_alpn_is_shown_as_verified(void **state) {
    (void)state;
    for (int has_retry = 0; has_retry < 2; has_retry++) {
        struct avs_evidence *evidence = evidence_ready();
        struct avs_tls_facts *tls = &evidence->session[AVS_PROTOCOL_HTTP1].tls;
        tls->outcome = AVS_HANDSHAKE_ALERT;
        tls->alert_received = 120;
        tls->is_verified = false;
        tls->alpn_retry_secure = has_retry;
        char *json = json_of(evidence);
        struct json_object *root = json_tokener_parse(json);
        struct json_object *session =
            json_object_array_get_idx(member(root, "sessions", json_type_array), 1);
        struct json_object *shown = member(session, "tls", json_type_object);
        static const char *const truths[] = {"established", "verified"};
        for (size_t i = 0; i < AVS_COUNT(truths); i++) {
            struct json_object *truth = member(shown, truths[i], json_type_boolean);
            assert_int_equal(json_object_get_boolean(truth), has_retry);
        }
        json_object_put(root);
        free(json);
        avs_evidence_free(evidence);
    }
}

/* The text says "and ..." of what comes with a failure; a program is told so too. */
static void an_echo_is_no_finding_of_its_own(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    const struct avs_verdict verdict = {
        .readiness = AVS_NOT_READY,
        .cause = AVS_CAUSE_ROOT_MISSING,
        .session[0] = {.outcome = AVS_SESSION_FAIL,
                       .causes = {AVS_CAUSE_ROOT_MISSING, AVS_CAUSE_CERT_EXPIRED},
                       .cause_count = 2}};
    char *json = NULL;
    assert_int_equal(avs_report_to_json(evidence, &verdict, &json, NULL), AVS_OK);
    struct json_object *root = json_tokener_parse(json);
    struct json_object *session =
        json_object_array_get_idx(member(root, "sessions", json_type_array), 0);
    struct json_object *findings = member(session, "findings", json_type_array);
    member(json_object_array_get_idx(findings, 0), "consequence_of", json_type_null);
    assert_string_equal(json_object_get_string(member(json_object_array_get_idx(findings, 1),
                                                      "consequence_of", json_type_string)),
                        "root_missing");
    json_object_put(root);
    free(json);
    avs_evidence_free(evidence);
}

static void a_session_without_any_fact_is_null_not_zero(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    evidence->session[0].was_attempted = true;
    evidence->session[0].dial.outcome = AVS_DIAL_REFUSED;
    char *json = json_of(evidence);
    struct json_object *root = json_tokener_parse(json);
    assert_string_equal(json_object_get_string(member(root, "cause", json_type_string)),
                        "connect_refused");
    struct json_object *session =
        json_object_array_get_idx(member(root, "sessions", json_type_array), 0);
    struct json_object *timing = member(session, "timing_ms", json_type_object);
    member(timing, "first_byte", json_type_null);
    struct json_object *tls = member(session, "tls", json_type_object);
    assert_false(json_object_get_boolean(member(tls, "established", json_type_boolean)));
    json_object_put(root);
    free(json);
    avs_evidence_free(evidence);
}

static void whatever_the_evidence_both_reports_are_made(void **state) {
    (void)state;
    struct chance chance = chance_from_seed(4711);
    for (unsigned i = 0; i < SHAKEN_RUNS; i++) {
        struct avs_evidence *evidence = i % 2 ? evidence_ready() : avs_evidence_new();
        evidence_shake(evidence, &chance, i % 3 ? 3 : 1);
        char *text = text_of(evidence, false);
        assert_null(strchr(text, '\033'));
        assert_int_equal(text[strlen(text) - 1], '\n');
        char *json = json_of(evidence);
        struct json_object *root = json_tokener_parse(json);
        assert_non_null(root);
        json_object_put(root);
        free(text);
        free(json);
        avs_evidence_free(evidence);
    }
}

static void memory_that_runs_out_is_reported(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    for (int k = 0; k < AVS_SESSION_COUNT; k++) {
        evidence->session[k].tls.outcome = AVS_HANDSHAKE_VERIFY_FAILED;
        evidence->session[k].tls.trust.gate.verify_error = 20;
        evidence->session[k].tls.chain_length = 3;
    }
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 200) {
        char *text = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_report_to_text(
            evidence, &verdict, &(struct avs_style){.has_colour = true}, &text, &error);
        assert_int_equal(status == AVS_OK, text != NULL);
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            assert_int_equal(error.cause, AVS_CAUSE_OUT_OF_MEMORY);
            failures++;
        }
        free(text);
    }
    assert_true(failures > 3);
    failures = 0;
    TEST_EACH_ALLOCATION(n, 200) {
        char *json = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_report_to_json(evidence, &verdict, &json, &error);
        assert_int_equal(status == AVS_OK, json != NULL);
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            failures++;
        }
        free(json);
    }
    assert_true(failures > 3);
    avs_evidence_free(evidence);
}

/* The command under a failure goes where the session went, and fits what was found. */
static void commands_fit_what_was_found(void **state) {
    (void)state;
    static const struct {
        enum avs_cause cause;
        const char *dial_host, *ca_file, *ca_path, *store_detail, *alpn_offered;
        const char *command, *remedy;
    } rows[] = {
        {AVS_CAUSE_TLS_ABORTED, "10.0.0.7", "", "", "", "",
         "openssl s_client -connect 10.0.0.7:8443 ", "Something on the path"},
        {AVS_CAUSE_TLS_ABORTED, "::1", "", "", "", "", "-connect '[::1]:8443' ",
         "Something on the path"},
        {AVS_CAUSE_CA_FILE_UNREADABLE, "", "", "/no/where", "", "", "ls -ld /no/where", "path"},
        {AVS_CAUSE_CA_FILE_INVALID, "", "a.pem", "", "the file is DER; ...", "",
         "openssl x509 -inform DER -in a.pem", "PEM"},
        {AVS_CAUSE_CA_FILE_INVALID, "", "a.pem", "", "the file is an HTML page", "",
         "head -c 300 a.pem", "PEM"},
        {AVS_CAUSE_HTTP2_MISSING, "", "", "", "", "h2,http/1.1", "-alpn h2", "AVS gateway"},
        {AVS_CAUSE_ALPN_REJECTED, "", "", "", "", "http/1.1", "--http2-only", "Offer h2"},
        /* what stands in the failed run is no next step: a literal needs no name server, and the
         * gateway that does not resolve is not asked for again */
        {AVS_CAUSE_CONNECT_REFUSED, "10.0.0.7", "", "", "", "", "avs-shim check ", "port"},
        {AVS_CAUSE_HOSTNAME_MISMATCH, "::1", "", "", "", "", "avs-shim check ", "spelling"},
        {AVS_CAUSE_DNS_FAILED, "avs.example", "", "", "", "", "check --endpoint na", "resolv.conf"},
        {AVS_CAUSE_DNS_FAILED, "alexa.na.gateway.devices.a2z.com", "", "", "", "",
         "cat /etc/resolv.conf", "resolv.conf"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        struct avs_session_evidence *session = &evidence->session[0];
        AVS_TEXT_SET(session->dial.host, rows[i].dial_host);
        session->dial.port = 8443;
        AVS_TEXT_SET(session->tls.trust.store.ca_file, rows[i].ca_file);
        AVS_TEXT_SET(session->tls.trust.store.ca_path, rows[i].ca_path);
        AVS_TEXT_SET(session->tls.trust.store.detail, rows[i].store_detail);
        AVS_TEXT_SET(session->tls.alpn_offered, rows[i].alpn_offered);
        struct avs_advice advice;
        assert_int_equal(avs_advice_init(&advice, rows[i].cause, evidence, session, NULL), AVS_OK);
        has(advice.command.data, rows[i].command);
        has(advice.remedy, rows[i].remedy);
        avs_advice_done(&advice);
        avs_evidence_free(evidence);
    }
}

static void a_name_mismatch_without_names_says_so(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[0];
    session->tls.chain_length = 1;
    session->tls.chain[0].names[0] = '\0';
    struct avs_advice advice;
    assert_int_equal(avs_advice_init(&advice, AVS_CAUSE_HOSTNAME_MISMATCH, evidence, session, NULL),
                     AVS_OK);
    has(advice.facts.data, "no subjectAltName");
    avs_advice_done(&advice);
    avs_evidence_free(evidence);
}

/* What is proven over one protocol is said, whatever became of the other. */
static void what_is_proven_is_said(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    evidence->session[AVS_PROTOCOL_H2].http =
        (struct avs_http_facts){.has_timed_out = true, .bytes_received = 9};
    char *text = text_of(evidence, false);
    has(text, "HTTP/2 did not answer, TLS is proven (response_timeout)\n");
    free(text);
    evidence->session[AVS_PROTOCOL_H2].was_attempted = false;
    text = text_of(evidence, false);
    has(text, "Cannot tell: https://avs.example: HTTP/2 was not asked, TLS is proven\n");
    free(text);
    avs_evidence_free(evidence);
}

/* The first line: at most 100 columns, the fact in it, the cause at its end. */
static void first_lines_have_the_fact_and_fit(void **state) {
    (void)state;
    static const struct {
        enum avs_cause cause;
        const char *words;
    } rows[] = {
        {AVS_CAUSE_CERT_EXPIRED, "expired 3 days ago (2026-09-18)"},
        {AVS_CAUSE_CERT_NOT_YET_VALID, "not valid for another 1 day (2026-09-22)"},
        {AVS_CAUSE_HOSTNAME_MISMATCH, "the certificate is for ok.localhost"},
        {AVS_CAUSE_CLOCK_WRONG, "this device's clock says 2026-09-21"},
        {AVS_CAUSE_ROOT_MISSING, "root missing: Far Root"},
        {AVS_CAUSE_INTERCEPTED, "intercepted by Corp Proxy"},
        {AVS_CAUSE_DNS_FAILED, "resolver 10.0.0.1 did not answer"},
        {AVS_CAUSE_CONNECT_REFUSED, "192.0.2.1:443 refused the connection"},
        {AVS_CAUSE_CONNECT_TIMEOUT, "192.0.2.1:443 never answered"},
        {AVS_CAUSE_TLS_TIMEOUT, "TLS handshake never answered"},
        {AVS_CAUSE_TLS_ABORTED, "cut during the TLS handshake"},
        {AVS_CAUSE_NETWORK_UNREACHABLE, "no route to 192.0.2.1:443"},
        {AVS_CAUSE_PROXY_FAILED, "the proxy wants a login (407)"},
        {AVS_CAUSE_PLAINTEXT_PEER, "no TLS, a redirect to http://portal.example"},
        {AVS_CAUSE_TLS_NO_CIPHER, "the server's Diffie-Hellman parameters are too small"},
    };
    static const char *const endpoints[] = {"https://a.example", NULL};
    for (size_t i = 0; i < AVS_COUNT(rows) * AVS_COUNT(endpoints); i++) {
        struct avs_evidence *evidence = evidence_ready();
        struct avs_session_evidence *session = &evidence->session[0];
        struct avs_trust_facts *trust = &session->tls.trust;
        const char *endpoint = endpoints[i % AVS_COUNT(endpoints)];
        memset(evidence->endpoint, 'x', sizeof(evidence->endpoint) - 1);
        if (endpoint) {
            AVS_TEXT_SET(evidence->endpoint, endpoint);
        }
        trust->refusal.problem_not_after = evidence->wall_clock - 3 * 86400;
        trust->refusal.problem_not_before = evidence->wall_clock + 86400;
        AVS_TEXT_SET(trust->refusal.problem_subject, "CN=leaf");
        AVS_TEXT_SET(trust->refusal.missing_issuer, "CN=Far Root,O=Far");
        AVS_TEXT_SET(trust->refusal.intercepted_by, "O=Contoso,CN=Corp Proxy");
        session->tls.chain_length = 1;
        AVS_TEXT_SET(session->tls.chain[0].subject, "CN=leaf");
        AVS_TEXT_SET(session->tls.chain[0].names, "ok.localhost, localhost");
        AVS_TEXT_SET(session->tls.wire_location, "http://portal.example");
        AVS_TEXT_SET(session->tls.openssl_error, "dh key too small");
        evidence->dns.answer = AVS_DNS_SILENT;
        AVS_TEXT_SET(evidence->dns.server, "10.0.0.1");
        session->dial.proxy_status = 407;
        struct avs_verdict verdict = {.readiness = AVS_NOT_READY,
                                      .cause = rows[i / AVS_COUNT(endpoints)].cause};
        char *text = NULL;
        assert_int_equal(avs_report_to_text(evidence, &verdict, NULL, &text, NULL), AVS_OK);
        text[strcspn(text, "\n")] = '\0';
        assert_in_range(strlen(text), 40, 100);
        if (endpoint) {
            has(text, rows[i / AVS_COUNT(endpoints)].words);
        } else { /* of an endless name the beginning, and then the fact's */
            char start[24];
            snprintf(start, sizeof(start), "%.23s", rows[i / AVS_COUNT(endpoints)].words);
            has(text, start);
        }
        assert_int_equal(text[strlen(text) - 1], ')');
        free(text);
        avs_evidence_free(evidence);
    }
}

/* With the longest gateway's name in the line there is room for the fact still, to its end. */
static void the_fact_is_whole_beside_a_gateway(void **state) {
    (void)state;
    static const struct {
        enum avs_cause cause;
        enum avs_dns_answer answer;
        const char *proxy, *words;
    } rows[] = {
        {AVS_CAUSE_DNS_FAILED, AVS_DNS_NXDOMAIN, "", "no such name, by 192.168.100.253"},
        {AVS_CAUSE_DNS_FAILED, AVS_DNS_NO_ADDRESS, "", "no address, by 192.168.100.253"},
        {AVS_CAUSE_DNS_FAILED, AVS_DNS_NO_SERVER, "", "no resolver in /etc/resolv.conf"},
        {AVS_CAUSE_TLS_TIMEOUT, AVS_DNS_NOT_ASKED, "", "TLS handshake never answered"},
        {AVS_CAUSE_TLS_ABORTED, AVS_DNS_NOT_ASKED, "", "cut during the TLS handshake"},
        {AVS_CAUSE_PROXY_FAILED, AVS_DNS_NOT_ASKED, "http://p", "the proxy wants a login (407)"},
        {AVS_CAUSE_PROXY_FAILED, AVS_DNS_NOT_ASKED, "https://p", "https:// proxy: not supported"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        const struct avs_verdict verdict = {.readiness = AVS_INCONCLUSIVE, .cause = rows[i].cause};
        char *text = NULL, end[80];
        AVS_TEXT_SET(evidence->endpoint, "https://alexa.na.gateway.devices.a2z.com");
        AVS_TEXT_SET(evidence->dns.server, "192.168.100.253");
        AVS_TEXT_SET(evidence->session[0].dial.proxy, rows[i].proxy);
        evidence->session[0].dial.proxy_status = 407;
        evidence->dns.answer = rows[i].answer;
        assert_int_equal(avs_report_to_text(evidence, &verdict, NULL, &text, NULL), AVS_OK);
        avs_text_format(end, sizeof(end), ": %s (", rows[i].words);
        text[strcspn(text, "\n")] = '\0';
        has(text, end);
        free(text);
        avs_evidence_free(evidence);
    }
}

/* Each cause of a session that proved TLS, over HTTP/2 that then failed, beside a gateway's name:
 * no word of the fact is missing. */
static void no_fact_is_cut_beside_a_gateway(void **state) {
    (void)state;
    static const struct {
        enum avs_cause cause;
        struct avs_http_facts http;
        const char *alpn, *words;
    } rows[] = {
        {AVS_CAUSE_RESPONSE_TIMEOUT, {0}, "h2", "HTTP/2 did not answer, TLS is proven"},
        {AVS_CAUSE_CONNECTION_LOST, {0}, "h2", "cut before an answer, TLS is proven"},
        {AVS_CAUSE_HTTP2_ERROR,
         {.rst_received = true, .rst_code = 4294967295},
         "h2",
         "RST_STREAM 4294967295 ended it, TLS is proven"},
        {AVS_CAUSE_STREAM_REFUSED,
         {.rst_received = true, .rst_code = 7},
         "h2",
         "RST_STREAM 7 ended it, TLS is proven"},
        {AVS_CAUSE_HTTP2_ERROR,
         {.goaway_received = true, .goaway_code = 11},
         "h2",
         "GOAWAY 11 ended HTTP/2, TLS is proven"},
        {AVS_CAUSE_HTTP2_ERROR, {0}, "h2", "HTTP/2 broke its rules, TLS is proven"},
        {AVS_CAUSE_HTTP2_MISSING, {0}, "h2", "no HTTP/2 is spoken, TLS is proven"},
        {AVS_CAUSE_HTTP2_MISSING, {0}, "http/1.1", "no HTTP/2: the server chose http/1.1"},
        {AVS_CAUSE_CLIENT_CERT_REQUIRED, {0}, "", "a client certificate is wanted"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        const struct avs_verdict verdict = {.readiness = AVS_NOT_READY, .cause = rows[i].cause};
        char *text = NULL, end[120];
        AVS_TEXT_SET(evidence->endpoint, "https://alexa.na.gateway.devices.a2z.com");
        AVS_TEXT_SET(evidence->session[0].tls.alpn, rows[i].alpn);
        evidence->session[0].http = rows[i].http;
        assert_int_equal(avs_report_to_text(evidence, &verdict, NULL, &text, NULL), AVS_OK);
        avs_text_format(end, sizeof(end), ": %s (%s)", rows[i].words,
                        avs_cause_info(rows[i].cause)->id);
        text[strcspn(text, "\n")] = '\0';
        assert_in_range(strlen(text), 40, 100);
        has(text, "alexa.na.");
        has(text, end);
        free(text);
        avs_evidence_free(evidence);
    }
}

static void a_lookup_that_took_seconds_is_a_warning(void **state) {
    (void)state;
    static const struct {
        double dns_ms;
        const char *words; /* NULL: nothing is to be said */
    } rows[] = {
        {5005, "looking the name up took 5.0 s: the first name server"},
        {1200, "looking the name up took 1.2 s"},
        {900, NULL},
        {-1, NULL},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            evidence->session[k].timing.dns_ms = rows[i].dns_ms;
        }
        char *text = text_of(evidence, false), *json = json_of(evidence);
        assert_int_equal(strncmp(text, "Ready: ", 7), 0);
        if (rows[i].words) {
            has(text, rows[i].words);
            has(json, rows[i].words);
            has(json, "\"lookup_slow\"");
        } else {
            assert_null(strstr(text, "looking the name up"));
            assert_null(strstr(json, "lookup_slow"));
        }
        free(text);
        free(json);
        avs_evidence_free(evidence);
    }
}

/* It costs nobody the verdict, and it is said. */
static void ipv6_that_was_tried_in_vain_is_a_warning(void **state) {
    (void)state;
    static const struct {
        const char *tried, *address;
        double connect_ms;
        const char *words; /* NULL: nothing is to be said */
    } rows[] = {
        {"2001:db8::1 192.0.2.1", "192.0.2.1", 210, "2001:db8::1 did not answer: IPv4 is used"},
        {"2001:db8::1 2001:db8::2 192.0.2.1", "192.0.2.1", 420,
         "2001:db8::1 2001:db8::2 did not answer: IPv4 is used"},
        {"2001:db8::1 192.0.2.1", "192.0.2.1", 11,
         "2001:db8::1 cannot be reached from here: IPv4 is used"},
        {"192.0.2.9 192.0.2.1", "192.0.2.1", 210, NULL},
        {"2001:db8::2 2001:db8::1", "2001:db8::1", 210, NULL},
        {"", "192.0.2.1", 1, NULL},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            AVS_TEXT_SET(evidence->session[k].dial.tried, rows[i].tried);
            AVS_TEXT_SET(evidence->session[k].dial.address, rows[i].address);
            evidence->session[k].timing.dns_ms = 1;
            evidence->session[k].timing.connect_ms = rows[i].connect_ms;
        }
        char *text = text_of(evidence, false), *json = json_of(evidence);
        assert_int_equal(strncmp(text, "Ready: ", 7), 0);
        if (rows[i].words) {
            has(text, rows[i].words);
            has(json, rows[i].words);
            has(json, "\"ipv6_unanswered\"");
        } else {
            assert_null(strstr(text, "IPv6"));
            assert_null(strstr(json, "ipv6_unanswered"));
        }
        free(text);
        free(json);
        avs_evidence_free(evidence);
    }
}

static void a_long_report_ends_with_its_answer(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    for (unsigned rows = 0; rows < 40; rows++) {
        const struct avs_style style = {.rows = rows};
        char *text = NULL;
        assert_int_equal(avs_report_to_text(evidence, &verdict, &style, &text, NULL), AVS_OK);
        size_t lines = 0;
        for (const char *at = text; *at; at++) {
            lines += *at == '\n';
        }
        bool is_twice = strstr(text + 1, "Ready: ") != NULL;
        assert_int_equal(is_twice, rows > 0 && rows <= lines - is_twice);
        free(text);
    }
    avs_evidence_free(evidence);
}

/* What a run was given is given again; what its machine lacks is not suggested. */
static void commands_are_given_what_the_run_was(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[0];
    struct avs_given_facts *given = &evidence->given;
    AVS_TEXT_SET(given->config[0].path, "a.json");
    AVS_TEXT_SET(given->config[1].path, "b c.json");
    given->config_length = 2;
    AVS_TEXT_SET(given->connect_to, "10.0.0.7:8443");
    AVS_TEXT_SET(evidence->ats_roots_file, "ats.pem");
    AVS_TEXT_SET(session->tls.trust.store.source, "option");
    AVS_TEXT_SET(session->tls.trust.store.ca_file, "ca.pem");
    AVS_TEXT_SET(session->tls.trust.store.ca_path, "/libcurl's/own");
    given->ca_file = true;
    evidence->require_ats = false;
    static const struct {
        enum avs_cause cause;
        const char *tools;
        bool is_root;
        const char *command;
    } rows[] = {
        {AVS_CAUSE_TLS_FAILED, "", false,
         "avs-shim check --endpoint https://avs.example --config a.json --config 'b c.json' "
         "--connect-to 10.0.0.7:8443 --ca-file ca.pem --ats-roots ats.pem --any-root --evidence "
         "evidence.json"},
        {AVS_CAUSE_CONNECT_TIMEOUT, "ip curl", false, "ip route get 192.0.2.1"},
        {AVS_CAUSE_CONNECT_TIMEOUT, "ipcalc", false, "cat /proc/net/route"},
        {AVS_CAUSE_CLOCK_WRONG, "sudo", false, "sudo date -u -s '2023-11-14 22:13:20'"},
        {AVS_CAUSE_CLOCK_WRONG, "sudo", true, "date -u -s '2023-11-14 22:13:20'"},
        {AVS_CAUSE_CLOCK_WRONG, "date", false, "date -u -s '2023-11-14 22:13:20'"},
        {AVS_CAUSE_CLOCK_WRONG, "timedatectl", true, "date -u; timedatectl set-ntp true"},
        {AVS_CAUSE_CERT_EXPIRED, "timedatectl sudo", false, "date -u"},
        {AVS_CAUSE_TLS_ABORTED, "busybox", false, "evidence.json"},
        {AVS_CAUSE_TLS_ABORTED, "openssl", false,
         "timeout 10 openssl s_client -connect avs.example:443 -servername avs.example </dev/null"},
        {AVS_CAUSE_CROSS_SIGNED_ANCHOR, "", false,
         "avs-shim trust install --ca-file ca.pem --apply"},
        {AVS_CAUSE_INTERCEPTED, "openssl", false,
         "timeout 10 openssl s_client -connect avs.example:443 -servername avs.example "
         "-showcerts </dev/null"},
        {AVS_CAUSE_INTERCEPTED, "busybox", false, "--evidence evidence.json"},
        {AVS_CAUSE_CLIENT_CERT_REQUIRED, "", false, ""},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        AVS_TEXT_SET(evidence->machine.tools, rows[i].tools);
        evidence->machine.is_root = rows[i].is_root;
        struct avs_advice advice;
        assert_int_equal(avs_advice_init(&advice, rows[i].cause, evidence, session, NULL), AVS_OK);
        has(advice.command.data, rows[i].command);
        assert_true(rows[i].command[0] || !advice.command.data[0]);
        avs_advice_done(&advice);
    }
    AVS_TEXT_SET(session->tls.trust.store.source, "config");
    session->tls.trust.refusal.closes_with_ats_roots = true;
    struct avs_advice advice;
    assert_int_equal(avs_advice_init(&advice, AVS_CAUSE_ROOT_MISSING, evidence, session, NULL),
                     AVS_OK);
    has(advice.command.data, "avs-shim trust install --config 'b c.json' --apply");
    avs_advice_done(&advice);
    given->demo = true; /* it has ended with the run: what it listened on and its files are gone */
    assert_int_equal(avs_advice_init(&advice, AVS_CAUSE_TLS_ABORTED, evidence, session, NULL),
                     AVS_OK);
    assert_string_equal(
        advice.command.data,
        "avs-shim check --endpoint https://avs.example --demo --any-root --evidence "
        "evidence.json");
    avs_advice_done(&advice);
    avs_evidence_free(evidence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_first_in_one_line),
        cmocka_unit_test(every_cause_has_its_words),
        cmocka_unit_test(names_in_commands_survive_a_shell),
        cmocka_unit_test(a_command_that_does_not_fit_is_left_out),
        cmocka_unit_test(the_system_store_is_not_advised_against_a_given_file),
        cmocka_unit_test(commands_fit_what_was_found),
        cmocka_unit_test(a_name_mismatch_without_names_says_so),
        cmocka_unit_test(what_is_proven_is_said),
        cmocka_unit_test(first_lines_have_the_fact_and_fit),
        cmocka_unit_test(the_fact_is_whole_beside_a_gateway),
        cmocka_unit_test(no_fact_is_cut_beside_a_gateway),
        cmocka_unit_test(a_lookup_that_took_seconds_is_a_warning),
        cmocka_unit_test(ipv6_that_was_tried_in_vain_is_a_warning),
        cmocka_unit_test(a_long_report_ends_with_its_answer),
        cmocka_unit_test(commands_are_given_what_the_run_was),
        cmocka_unit_test(the_retired_test_endpoint_points_to_the_gateways),
        cmocka_unit_test(no_word_of_a_peer_steers_the_terminal),
        cmocka_unit_test(colour_is_only_for_terminals),
        cmocka_unit_test(json_has_the_promised_keys),
        cmocka_unit_test(a_verified_retry_without_alpn_is_shown_as_verified),
        cmocka_unit_test(an_echo_is_no_finding_of_its_own),
        cmocka_unit_test(a_session_without_any_fact_is_null_not_zero),
        cmocka_unit_test(whatever_the_evidence_both_reports_are_made),
        cmocka_unit_test(memory_that_runs_out_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
