/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence to script: each kind of fact has its part in what is played, and no evidence whatever
 * leads out of bounds or to certificates that cannot be made. */
#include "replay/script.h"

#include <avs/verdict.h>

#include "base/flow.h"
#include "base/text.h"
#include "standin/answer.h"
#include "standin/replay_pki.h"
#include "support/evidence_made.h"
#include "support/test.h"

#define NOW         INT64_C(1800000000)
#define DAY_S       86400
#define SHAKEN_RUNS 3000
#define MINTED_RUNS 150

static struct replay_script *read_script(const struct avs_evidence *evidence) {
    assert_null(replay_script_refuses(evidence));
    struct replay_script *script = replay_script_new(evidence, NOW, 100);
    assert_non_null(script);
    return script;
}

static struct avs_session_evidence *h2_of(struct avs_evidence *evidence) {
    return &evidence->session[AVS_PROTOCOL_H2];
}

static void a_dial_decides_what_listens(void **state) {
    (void)state;
    static const struct {
        enum avs_dial_outcome outcome;
        int curl_code, proxy_status;
        bool is_playable;
        enum replay_port port;
    } rows[] = {
        {AVS_DIAL_REFUSED, 7, 0, true, REPLAY_REFUSES},
        {AVS_DIAL_TIMEOUT, 28, 0, true, REPLAY_IGNORES},
        {AVS_DIAL_RESET, 7, 0, true, REPLAY_RESETS},
        {AVS_DIAL_PROXY_FAILED, 56, 407, true, REPLAY_PROXY},
        {AVS_DIAL_PROXY_FAILED, 97, 0, true, REPLAY_PROXY},
        {AVS_DIAL_PROXY_FAILED, 7, 0, true, REPLAY_REFUSES},
        {AVS_DIAL_PROXY_FAILED, 28, 0, true, REPLAY_MUTE},
        {AVS_DIAL_PROXY_FAILED, 5, 0, false, REPLAY_PROXY},
        {AVS_DIAL_DNS_FAILED, 6, 0, false, REPLAY_SERVES},
        {AVS_DIAL_UNREACHABLE, 7, 0, false, REPLAY_SERVES},
        {AVS_DIAL_INTERFACE_MISSING, 45, 0, false, REPLAY_SERVES},
        {AVS_DIAL_NOT_TRIED, 0, 0, false, REPLAY_SERVES},
        {AVS_DIAL_FAILED, 1, 0, false, REPLAY_SERVES},
        {AVS_DIAL_CONNECTED, 0, 0, false, REPLAY_SERVES}, /* and yet no handshake */
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        for (int k = 0; k < AVS_SESSION_COUNT; k++) {
            evidence->session[k].tls = (struct avs_tls_facts){.alert_received = -1};
            evidence->session[k].dial.outcome = rows[i].outcome;
            evidence->session[k].dial.curl_code = rows[i].curl_code;
            evidence->session[k].dial.proxy_status = rows[i].proxy_status;
        }
        struct replay_script *script = read_script(evidence);
        assert_int_equal(script->is_playable, rows[i].is_playable);
        assert_int_equal(script->why_not[0] != '\0', !rows[i].is_playable);
        if (rows[i].is_playable) {
            assert_int_equal(script->replay.port, rows[i].port);
            assert_int_equal(script->replay.proxy_status, rows[i].proxy_status);
        }
        replay_script_free(script);
        avs_evidence_free(evidence);
    }
}

static void a_handshake_is_played_as_it_ended(void **state) {
    (void)state;
    static const struct {
        enum avs_handshake_outcome outcome;
        const char *version;
        int alert;
        bool wants_client_cert;
        enum hello_act hello;
        enum alpn_act alpn;
    } rows[] = {
        {AVS_HANDSHAKE_ALERT, "", 70, false, HELLO_ALERT, ALPN_ANY},
        {AVS_HANDSHAKE_ALERT, "", 120, false, HELLO_GO_ON, ALPN_H1_STRICT},
        {AVS_HANDSHAKE_ALERT, "TLSv1.2", 40, true, HELLO_GO_ON, ALPN_ANY},
        {AVS_HANDSHAKE_CLOSED, "", -1, false, HELLO_CLOSE, ALPN_ANY},
        {AVS_HANDSHAKE_CLOSED, "TLSv1.3", -1, false, HELLO_CUT, ALPN_ANY},
        {AVS_HANDSHAKE_RESET, "", -1, false, HELLO_RESET, ALPN_ANY},
        {AVS_HANDSHAKE_TIMEOUT, "", -1, false, HELLO_SILENT, ALPN_ANY},
        {AVS_HANDSHAKE_FAILED, "", -1, false, HELLO_ALERT, ALPN_ANY},
        {AVS_HANDSHAKE_ESTABLISHED, "TLSv1.3", -1, false, HELLO_GO_ON, ALPN_ANY},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        struct avs_tls_facts *tls = &h2_of(evidence)->tls;
        tls->outcome = rows[i].outcome;
        AVS_TEXT_SET(tls->version, rows[i].version);
        tls->alert_received = rows[i].alert;
        tls->client_cert_requested = rows[i].wants_client_cert;
        struct replay_script *script = read_script(evidence);
        const struct scenario *scenario = &script->replay.sessions[0].scenario;
        assert_int_equal(scenario->hello, rows[i].hello);
        assert_int_equal(scenario->alpn, rows[i].alpn);
        assert_int_equal(scenario->wants_client_cert, rows[i].wants_client_cert);
        if (rows[i].hello == HELLO_ALERT && rows[i].alert >= 0) {
            assert_int_equal(scenario->alert, rows[i].alert);
        }
        replay_script_free(script);
        avs_evidence_free(evidence);
    }
}

static void an_http2_session_is_played_as_it_ended(void **state) {
    (void)state;
    static const struct {
        struct avs_http_facts http;
        enum odd_act act;
        unsigned code;
    } rows[] = {
        {{.close = AVS_CLOSE_OPEN, .has_timed_out = true}, ODD_SILENT, 1},
        {{.bytes_received = 40, .settings_received = true}, ODD_SILENT, 0},
        {{.rst_received = true, .rst_code = 7, .bytes_received = 9}, ODD_RST, 7},
        {{.goaway_received = true, .goaway_code = 13, .bytes_received = 9}, ODD_GOAWAY, 13},
        {{.protocol_error = true, .bytes_received = 9}, ODD_BAD_FRAME, 0},
        {{.is_flood = true, .protocol_error = true, .bytes_received = 9}, ODD_FLOOD, 0},
        {{.close = AVS_CLOSE_RESET}, ODD_BYTES, 1},
        {{.close = AVS_CLOSE_EOF, .bytes_received = 40}, ODD_BYTES, 0},
        {{.first = "HTTP", .first_length = 4, .bytes_received = 4}, ODD_BYTES, 1},
        {{.status = 403, .is_complete = true, .bytes_received = 80}, ODD_PLAYED, 0},
        {{.status = 200, .is_complete = true, .bytes_received = 1 << 20}, ODD_ENDLESS, 0},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        h2_of(evidence)->http = rows[i].http;
        struct replay_script *script = read_script(evidence);
        const struct odd_reply *reply = &script->replay.sessions[0].scenario.h2;
        assert_int_equal(reply->act, rows[i].act);
        assert_int_equal(reply->code, rows[i].code);
        if (reply->act == ODD_PLAYED) {
            assert_int_equal(reply->played->status, 403);
        }
        replay_script_free(script);
        avs_evidence_free(evidence);
    }
}

static void a_long_answer_is_put_together_again(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_http_facts *http = &evidence->session[AVS_PROTOCOL_HTTP1].http;
    static const char first[] =
        "HTTP/1.1 403 Forbidden\r\nServer: x\r\nContent-Length: 9\r\nX-Cut: ab";
    *http = (struct avs_http_facts){.first_length = AVS_FIRST_BYTES,
                                    .bytes_received = 300,
                                    .status = 403,
                                    .head_complete = true,
                                    .is_complete = true,
                                    .ats_message = true,
                                    .redirect_host = "b.test",
                                    .http_date = "Tue, 01 Dec 2020 00:00:00 GMT"};
    memcpy(http->first, first, AVS_FIRST_BYTES);
    evidence->wall_clock = 1606780800 - 3600; /* an hour before that Date */
    struct replay_script *script = read_script(evidence);
    const struct odd_reply *reply = &script->replay.sessions[1].scenario.http1;
    assert_int_equal(reply->act, ODD_BYTES);
    char *text = strndup(reply->bytes, reply->length);
    static const char head[] = "HTTP/1.1 403 Forbidden\r\nServer: x\r\n"
                               "Date: Fri, 15 Jan 2027 09:00:00 GMT\r\n"
                               "Location: https://b.test/\r\nContent-Length: 236\r\n\r\n";
    assert_memory_equal(text, head, sizeof(head) - 1);
    assert_int_equal(reply->length - (sizeof(head) - 1), 236);
    assert_string_equal(text + reply->length - strlen(AVS_ATS_PHRASE), AVS_ATS_PHRASE);
    free(text);
    replay_script_free(script);
    avs_evidence_free(evidence);
}

/* ---- certificates ---- */

static void add_cert(struct avs_tls_facts *tls, const char *subject, const char *issuer) {
    struct avs_cert_facts *cert = &tls->chain[tls->chain_length++];
    *cert = (struct avs_cert_facts){.not_before = NOW - 300 * DAY_S, .not_after = NOW + DAY_S};
    AVS_TEXT_SET(cert->subject, subject);
    AVS_TEXT_SET(cert->issuer, issuer);
    AVS_TEXT_SET(cert->sha256, subject);
    AVS_TEXT_SET(cert->spki_sha256, subject);
    AVS_TEXT_SET(cert->key, "EC P-256");
    AVS_TEXT_SET(cert->signature, "ecdsa-with-SHA256");
    cert->is_ca = tls->chain_length > 1;
    cert->is_self_issued = cert->is_self_signed = strcmp(subject, issuer) == 0;
}

/* A chain of two, refused for want of its root. */
static struct avs_evidence *evidence_refused(void) {
    struct avs_evidence *evidence = evidence_ready();
    evidence->wall_clock = NOW - 1000 * DAY_S;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_tls_facts *tls = &evidence->session[i].tls;
        tls->chain_length = 0;
        add_cert(tls, "CN=leaf", "CN=issuing");
        add_cert(tls, "CN=issuing", "CN=root");
        tls->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
        tls->is_verified = false;
        tls->trust.gate = (struct avs_gate_facts){.verify_error = 20, .verify_depth = 1};
        AVS_TEXT_SET(tls->trust.refusal.missing_issuer, "CN=root");
    }
    return evidence;
}

static const struct replay_certificate *find(const struct replay_script *script,
                                             const char *subject) {
    for (int i = 0; i < script->replay.certificate_count; i++) {
        if (strcmp(script->replay.certificates[i].subject, subject) == 0) {
            return &script->replay.certificates[i];
        }
    }
    return NULL;
}

static void a_chain_keeps_its_shape_and_a_missing_root_is_missing(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_refused();
    struct replay_script *script = read_script(evidence);
    const struct replay_certificate *leaf = find(script, "CN=leaf");
    const struct replay_certificate *issuing = find(script, "CN=issuing");
    const struct replay_certificate *root = find(script, "CN=root");
    for (int i = 0; i < REPLAY_SESSIONS; i++) { /* both met the same certificates */
        const struct replay_session *session = &script->replay.sessions[i];
        assert_int_equal(session->chain_length, 2);
        assert_ptr_equal(&script->replay.certificates[session->chain[0]], leaf);
        assert_ptr_equal(&script->replay.certificates[session->chain[1]], issuing);
    }
    assert_int_equal(leaf->signer, issuing->key);
    assert_int_equal(issuing->signer, root->key);
    assert_int_equal(root->signer, root->key);
    assert_true(root->key == leaf->key || root->key == issuing->key); /* which nobody sees */
    assert_false(leaf->is_authority);
    assert_true(issuing->is_authority && root->is_authority);
    assert_int_equal(leaf->from_s, 700 * DAY_S); /* as it stood to that clock */
    assert_int_equal(leaf->until_s, 1001 * DAY_S);
    assert_false(root->is_trusted || root->is_ats || issuing->is_trusted);
    assert_true(find(script, "CN=Stand-in Unrelated Root,O=Stand-in Unrelated")->is_trusted);
    replay_script_free(script);
    avs_evidence_free(evidence);
}

static void what_the_client_knew_is_in_the_store(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_refused();
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_tls_facts *tls = &evidence->session[i].tls;
        tls->trust.refusal = (struct avs_refusal_facts){.is_expired = true};
        tls->trust.gate.verify_error = 10;
    }
    struct replay_script *script = read_script(evidence);
    assert_true(find(script, "CN=root")->is_trusted);
    assert_false(find(script, "CN=root")->is_ats);
    replay_script_free(script);
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_refusal_facts *refusal = &evidence->session[i].tls.trust.refusal;
        *refusal = (struct avs_refusal_facts){.closes_with_ats_roots = true};
        evidence->session[i].tls.trust.gate.verify_error = 20;
    }
    script = read_script(evidence);
    assert_false(find(script, "CN=root")->is_trusted);
    assert_true(find(script, "CN=root")->is_ats);
    replay_script_free(script);
    avs_evidence_free(evidence);
}

static void with_a_wrong_clock_every_time_is_moved_as_one(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_refused();
    evidence->build_time = NOW;
    evidence->wall_clock = 5; /* 1970 */
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_tls_facts *tls = &evidence->session[i].tls;
        tls->trust.refusal = (struct avs_refusal_facts){.is_not_yet_valid = true};
        tls->trust.gate.verify_error = 9;
        tls->chain[1].not_before = 0; /* the issuing authority was valid even then */
    }
    struct replay_script *script = read_script(evidence);
    assert_int_equal(script->cause, AVS_CAUSE_CLOCK_WRONG);
    const struct replay_certificate *leaf = find(script, "CN=leaf");
    const struct replay_certificate *issuing = find(script, "CN=issuing");
    assert_true(issuing->from_s > 0 && find(script, "CN=root")->from_s > 0);
    assert_int_equal(leaf->from_s - issuing->from_s, NOW - 300 * DAY_S);
    assert_int_equal(script->moved_s, DAY_S + 5);
    replay_script_free(script);
    avs_evidence_free(evidence);
}

/* ---- anything ---- */

static void is_in_bounds(const struct avs_replay *replay) {
    assert_in_range(replay->key_count, 0, REPLAY_KEYS_MAX);
    assert_in_range(replay->certificate_count, 0, REPLAY_CERTIFICATES_MAX);
    for (int i = 0; i < replay->certificate_count; i++) {
        assert_in_range(replay->certificates[i].key, 0, replay->key_count - 1);
        assert_in_range(replay->certificates[i].signer + 1, 0, replay->key_count);
    }
    for (int i = 0; i < REPLAY_SESSIONS; i++) {
        const struct replay_session *session = &replay->sessions[i];
        assert_in_range(session->chain_length, 1, CHAIN_LIMIT);
        assert_true(session->hello_delay_ms <= REPLAY_DELAY_MS_MAX &&
                    session->answer_delay_ms <= REPLAY_DELAY_MS_MAX);
        for (int k = 0; k < session->chain_length; k++) {
            assert_in_range(session->chain[k], 0, replay->certificate_count - 1);
        }
    }
}

/* A key is no part of the question, and RSA takes long. */
static bool can_be_minted(struct avs_replay *replay) {
    struct replay_pki *pki = calloc(1, sizeof(*pki));
    assert_non_null(pki);
    for (int i = 0; i < replay->key_count; i++) {
        memcpy(replay->keys[i], replay->keys[i][0] ? "EC P-256" : "", replay->keys[i][0] ? 9 : 1);
    }
    bool is_good = replay_pki_init(pki, replay);
    replay_pki_done(pki);
    free(pki);
    return is_good;
}

static void any_evidence_has_a_script(void **state) {
    (void)state;
    struct chance chance = chance_from_seed(20261126);
    for (int i = 0; i < SHAKEN_RUNS; i++) {
        struct avs_evidence *evidence = i % 2 ? evidence_ready() : evidence_refused();
        evidence_shake(evidence, &chance, 1 + (unsigned)i % 40);
        if (!replay_script_refuses(evidence)) {
            struct replay_script *script = replay_script_new(evidence, NOW, 1000);
            assert_non_null(script);
            is_in_bounds(&script->replay);
            assert_int_equal(script->is_playable, script->why_not[0] == '\0');
            assert_true(i >= MINTED_RUNS || can_be_minted(&script->replay));
            replay_script_free(script);
        }
        avs_evidence_free(evidence);
    }
}

static void a_host_is_a_host(void **state) {
    (void)state;
    static const struct {
        const char *host;
        bool is_good;
    } rows[] = {{"a.test", true}, {"192.0.2.1", true}, {"::1", true},     {"", false},
                {"-o", false},    {"a b", false},      {"$(id)", false},  {"a\n", false},
                {"a'b", false},   {"a.test;", false},  {"x_y.test", true}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        AVS_TEXT_SET(evidence->host, rows[i].host);
        assert_int_equal(replay_script_refuses(evidence) == NULL, rows[i].is_good);
        avs_evidence_free(evidence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dial_decides_what_listens),
        cmocka_unit_test(a_handshake_is_played_as_it_ended),
        cmocka_unit_test(an_http2_session_is_played_as_it_ended),
        cmocka_unit_test(a_long_answer_is_put_together_again),
        cmocka_unit_test(a_chain_keeps_its_shape_and_a_missing_root_is_missing),
        cmocka_unit_test(what_the_client_knew_is_in_the_store),
        cmocka_unit_test(with_a_wrong_clock_every_time_is_moved_as_one),
        cmocka_unit_test(any_evidence_has_a_script),
        cmocka_unit_test(a_host_is_a_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
