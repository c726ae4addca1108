/* SPDX-License-Identifier: Apache-2.0 */
/* The gate accepts what OpenSSL accepts under the stock policy and nothing else, and writes down
 * what it saw either way. Real handshakes, in memory. */
#include "trust/gate.h"

#include <time.h>

#include "support/pki.h"
#include "support/test.h"
#include "trust/validity.h"

struct connection {
    struct avs_tls_facts facts;
    bool is_established;
    long verify_result;
};

/* One handshake of a client whose store is `anchors` against a server that sends `sent`. */
static struct connection connect_to(STACK_OF(X509) * sent, STACK_OF(X509) * anchors,
                                    const struct avs_ats_roots *ats, const char *host,
                                    int64_t now) {
    struct connection made = {.is_established = false};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_anchors_options options = {.ca_file = pki_write("anchors.pem", anchors),
                                          .source = "option"};
    struct avs_anchors *store = NULL;
    assert_int_equal(avs_anchors_load(&options, &made.facts.trust.store, &store, &error), AVS_OK);
    struct avs_gate gate = {
        .anchors = store, .ats_roots = ats, .host = host, .now_unix = now, .facts = &made.facts};
    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    avs_gate_prepare(client_context);
    SSL_CTX *server_context = pki_server(sent, pki_key(0));
    SSL *client = SSL_new(client_context);
    SSL *server = SSL_new(server_context);
    assert_int_equal(avs_gate_attach(client, &gate, &error), AVS_OK);
    made.is_established = pki_handshake(client, server) == 1;
    made.verify_result = SSL_get_verify_result(client);
    if (made.is_established) { /* a resumed session is judged by the same rules */
        assert_true(avs_gate_recheck(client, &gate));
        gate.host = "other.example";
        assert_false(avs_gate_recheck(client, &gate));
        gate.host = host;
        assert_true(avs_gate_recheck(client, &gate));
    }
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    SSL_CTX_free(server_context);
    avs_anchors_unref(store);
    return made;
}

struct fixture {
    struct pki_ats *pki;
    struct avs_ats_roots *ats; /* the synthetic root 1, 2 and G2 */
};

static int set_up(void **state) {
    static struct fixture fixture;
    fixture.pki = pki_ats_new();
    STACK_OF(X509) *roots =
        pki_stack(fixture.pki->root1, fixture.pki->root2, fixture.pki->g2, NULL);
    assert_int_equal(avs_ats_roots_load(pki_write("roots.pem", roots), &fixture.ats, NULL), AVS_OK);
    pki_free(roots);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    pki_ats_free(fixture->pki);
    avs_ats_roots_free(fixture->ats);
    return 0;
}

/* The table "which store accepts which wire chain" of the facts, first column (libcurl's policy).
 */
static void shapes_and_stores_are_accepted_as_libcurl_accepts_them(void **state) {
    struct fixture *fixture = *state;
    struct pki_ats *pki = fixture->pki;
    const struct {
        X509 *anchor;
        bool accepted[3];
        const char *ats_root;
        bool cross_signed;
    } rows[] = {
        {pki->root1, {true, true, true}, "Amazon Root CA 1", false},
        {pki->g2, {false, true, true}, "Starfield Services Root Certificate Authority - G2", false},
        {pki->class2,
         {false, false, true},
         "Starfield Services Root Certificate Authority - G2",
         false},
        {pki->root1_g2, {true, true, true}, "Amazon Root CA 1", true},
        {pki->root2, {false, false, false}, "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        STACK_OF(X509) *anchors = pki_stack(rows[i].anchor, NULL);
        for (int shape = 1; shape <= 3; shape++) {
            STACK_OF(X509) *sent = pki_ats_chain(pki, shape);
            struct connection made = connect_to(sent, anchors, fixture->ats, "avs.example", 0);
            bool is_accepted = rows[i].accepted[shape - 1];
            assert_int_equal(made.is_established, is_accepted);
            assert_int_equal(made.facts.trust.gate.verify_error == 0, is_accepted);
            assert_int_equal(made.verify_result == X509_V_OK, is_accepted);
            assert_int_equal(made.facts.chain_length, shape + 1);
            assert_string_equal(made.facts.chain[0].subject, "CN=avs.example");
            assert_string_equal(made.facts.chain[1].subject,
                                "CN=Amazon RSA 2048 M01,O=Amazon,C=US");
            assert_true(made.facts.hostname_matched);
            assert_int_equal(made.facts.trust.gate.is_ats, is_accepted);
            assert_string_equal(made.facts.trust.gate.ats_root,
                                is_accepted ? rows[i].ats_root : "");
            assert_int_equal(made.facts.trust.gate.is_anchor_cross_signed,
                             is_accepted && rows[i].cross_signed);
            assert_int_equal(made.facts.trust.refusal.closes_with_ats_roots, !is_accepted);
            pki_free(sent);
        }
        pki_free(anchors);
    }
}

static void the_name_check_follows_rfc_9525(void **state) {
    struct fixture *fixture = *state;
    struct pki_ats *pki = fixture->pki;
    static const struct {
        const char *subject, *names, *host;
        bool accepted;
    } rows[] = {
        {"CN=x", "DNS:avs.example", "avs.example", true},
        {"CN=x", "DNS:avs.example", "AVS.Example", true},
        {"CN=x", "DNS:avs.example", "avs.example.", true},
        {"CN=x", "DNS:*.example.org", "a.example.org", true},
        {"CN=x", "DNS:*.example.org", "a.b.example.org", false},
        {"CN=x", "DNS:*.example.org", "example.org", false},
        {"CN=x", "DNS:a*.example.org", "ab.example.org", false},
        {"CN=avs.example", NULL, "avs.example", false}, /* CN alone is no name any more */
        {"CN=avs.example", "DNS:other.example", "avs.example", false},
        {"CN=x", "IP:192.0.2.1", "192.0.2.1", true},
        {"CN=x", "IP:192.0.2.1", "192.0.2.2", false},
        {"CN=x", "DNS:192.0.2.1", "192.0.2.1", false},
        {"CN=x", "IP:2001:db8::1", "2001:db8::1", true},
        {"CN=192.0.2.1", NULL, "192.0.2.1", false},
    };
    STACK_OF(X509) *anchors = pki_stack(pki->root1, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        X509 *leaf = pki_issue(&(struct pki_cert){.name = rows[i].subject,
                                                  .key = pki_key(0),
                                                  .issuer = pki->issuing,
                                                  .issuer_key = pki_key(5),
                                                  .names = rows[i].names,
                                                  .usage = "serverAuth"});
        STACK_OF(X509) *sent = pki_stack(leaf, pki->issuing, NULL);
        struct connection made = connect_to(sent, anchors, fixture->ats, rows[i].host, 0);
        assert_int_equal(made.is_established, rows[i].accepted);
        assert_int_equal(made.facts.hostname_matched, rows[i].accepted);
        assert_int_equal(made.facts.trust.refusal.hostname_mismatch, !rows[i].accepted);
        assert_int_equal(made.facts.trust.gate.verify_error == 0, rows[i].accepted);
        pki_free(sent);
        X509_free(leaf);
    }
    pki_free(anchors);
}

static void the_name_is_known_also_when_the_chain_fails_first(void **state) {
    struct fixture *fixture = *state;
    STACK_OF(X509) *anchors = pki_stack(fixture->pki->root2, NULL);
    STACK_OF(X509) *sent = pki_ats_chain(fixture->pki, 2);
    struct connection made = connect_to(sent, anchors, fixture->ats, "wrong.example", 0);
    assert_false(made.is_established);
    assert_int_equal(made.facts.trust.gate.verify_error,
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_false(made.facts.hostname_matched);
    assert_true(made.facts.trust.refusal.hostname_mismatch);
    made = connect_to(sent, anchors, fixture->ats, "avs.example", 0);
    assert_true(made.facts.hostname_matched);
    assert_false(made.facts.trust.refusal.hostname_mismatch);
    pki_free(sent);
    pki_free(anchors);
}

static void time_is_the_one_that_the_gate_was_given(void **state) {
    struct fixture *fixture = *state;
    STACK_OF(X509) *anchors = pki_stack(fixture->pki->root1, NULL);
    STACK_OF(X509) *sent = pki_ats_chain(fixture->pki, 2);
    int64_t now = (int64_t)time(NULL);
    static const struct {
        int64_t offset;
        int error;
    } rows[] = {{0, X509_V_OK},
                {-5 * PKI_YEAR, X509_V_ERR_CERT_NOT_YET_VALID},
                {5 * PKI_YEAR, X509_V_ERR_CERT_HAS_EXPIRED}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct connection made =
            connect_to(sent, anchors, fixture->ats, "avs.example", now + rows[i].offset);
        assert_int_equal(made.facts.trust.gate.verify_error, rows[i].error);
        assert_int_equal(made.is_established, rows[i].error == X509_V_OK);
        assert_int_equal(made.facts.trust.refusal.valid_at_other_time, rows[i].error != X509_V_OK);
    }
    pki_free(sent);
    pki_free(anchors);
}

#define Y2030 1893456000
#define Y2045 2366841600
#define Y2060 2840140800

/* A root and a leaf for 2030 to 2060, judged at times that a time_t of 32 bits cannot hold. */
static void dates_after_2038_are_judged_as_any_other(void **state) {
    struct fixture *fixture = *state;
    X509 *root = pki_issue(&(struct pki_cert){.name = "CN=Late Root",
                                              .key = pki_key(6),
                                              .is_ca = true,
                                              .not_before = Y2030,
                                              .not_after = Y2060});
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=late.example",
                                              .key = pki_key(0),
                                              .issuer = root,
                                              .issuer_key = pki_key(6),
                                              .names = "DNS:late.example",
                                              .not_before = Y2045,
                                              .not_after = Y2045 + PKI_YEAR});
    STACK_OF(X509) *anchors = pki_stack(root, NULL);
    STACK_OF(X509) *sent = pki_stack(leaf, NULL);
    static const struct {
        int64_t now;
        int error, depth;
    } rows[] = {
        {Y2045 - 1, X509_V_ERR_CERT_NOT_YET_VALID, 0},
        {Y2045, X509_V_OK, 0},
        {Y2045 + PKI_DAY, X509_V_OK, 0},
        {Y2045 + PKI_YEAR - 1, X509_V_OK, 0},
        {Y2045 + PKI_YEAR, X509_V_ERR_CERT_HAS_EXPIRED, 0},
        {Y2060 + PKI_DAY, X509_V_ERR_CERT_HAS_EXPIRED, 1},
        {Y2030 - 1, X509_V_ERR_CERT_NOT_YET_VALID, 1},
        {Y2045 + PKI_DAY + ((int64_t)1 << 32), X509_V_ERR_CERT_HAS_EXPIRED, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct connection made =
            connect_to(sent, anchors, fixture->ats, "late.example", rows[i].now);
        assert_int_equal(made.facts.trust.gate.verify_error, rows[i].error);
        assert_int_equal(made.is_established, rows[i].error == X509_V_OK);
        if (rows[i].error != X509_V_OK) {
            assert_int_equal(made.facts.trust.gate.verify_depth, rows[i].depth);
            assert_true(made.facts.trust.refusal.valid_at_other_time);
            assert_int_equal(made.facts.trust.refusal.good_from, Y2045);
            assert_int_equal(made.facts.trust.refusal.good_until, Y2045 + PKI_YEAR);
        }
    }
    pki_free(sent);
    pki_free(anchors);
    X509_free(leaf);
    X509_free(root);
}

/* The check that takes OpenSSL's place says what OpenSSL says, to the second. */
static void dates_that_openssl_leaves_out_are_looked_at_all_the_same(void **state) {
    struct fixture *fixture = *state;
    static const int64_t offsets[] = {-1, 0, 1, PKI_DAY - 1, PKI_DAY, PKI_DAY + 1};
    int64_t from = 1700000000;
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=avs.example",
                                              .key = pki_key(0),
                                              .issuer = fixture->pki->issuing,
                                              .issuer_key = pki_key(5),
                                              .names = "DNS:avs.example",
                                              .not_before = from,
                                              .not_after = from + PKI_DAY});
    STACK_OF(X509) *sent = pki_stack(leaf, fixture->pki->issuing, NULL);
    STACK_OF(X509) *anchors = pki_stack(fixture->pki->root1, NULL);
    struct avs_anchors_options options = {.ca_file = pki_write("anchors.pem", anchors)};
    struct avs_anchors *store = NULL;
    assert_int_equal(avs_anchors_load(&options, NULL, &store, NULL), AVS_OK);
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct avs_tls_facts by_openssl = {0}, by_gate = {0};
        struct avs_gate gate = {.anchors = store,
                                .host = "avs.example",
                                .now_unix = from + offsets[i],
                                .facts = &by_openssl};
        bool is_accepted = avs_gate_judge_chain(&gate, leaf, sent, 1);
        assert_int_equal(is_accepted, offsets[i] >= 0 && offsets[i] < PKI_DAY);
        int depth = 0;
        STACK_OF(X509) *path = pki_stack(leaf, fixture->pki->issuing, fixture->pki->root1, NULL);
        assert_int_equal(avs_validity_check(path, gate.now_unix, &depth),
                         by_openssl.trust.gate.verify_error);
        pki_free(path);
        /* the system clock, years after that leaf, and OpenSSL told not to look */
        X509_STORE_set_flags(avs_anchors_store(store), X509_V_FLAG_NO_CHECK_TIME);
        gate.now_unix = 0;
        gate.facts = &by_gate;
        assert_false(avs_gate_judge_chain(&gate, leaf, sent, 1));
        assert_int_equal(by_gate.trust.gate.verify_error, X509_V_ERR_CERT_HAS_EXPIRED);
        assert_true(by_gate.trust.refusal.is_expired);
    }
    int depth = 0;
    assert_int_equal(avs_validity_check(NULL, from, &depth), X509_V_ERR_UNSPECIFIED);
    avs_anchors_unref(store);
    pki_free(anchors);
    pki_free(sent);
    X509_free(leaf);
}

static void a_connection_without_a_gate_is_refused(void **state) {
    struct fixture *fixture = *state;
    STACK_OF(X509) *sent = pki_ats_chain(fixture->pki, 2);
    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    avs_gate_prepare(client_context);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_context), fixture->pki->root1);
    SSL_CTX *server_context = pki_server(sent, pki_key(0));
    SSL *client = SSL_new(client_context);
    SSL *server = SSL_new(server_context);
    assert_int_not_equal(pki_handshake(client, server), 1);
    assert_int_equal(SSL_get_verify_result(client), X509_V_ERR_APPLICATION_VERIFICATION);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    SSL_CTX_free(server_context);
    pki_free(sent);
}

static void a_gate_that_could_match_any_name_is_a_usage_error(void **state) {
    struct fixture *fixture = *state;
    STACK_OF(X509) *anchors = pki_stack(fixture->pki->root1, NULL);
    struct avs_anchors_options options = {.ca_file = pki_write("anchors.pem", anchors)};
    struct avs_anchors *store = NULL;
    assert_int_equal(avs_anchors_load(&options, NULL, &store, NULL), AVS_OK);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *client = SSL_new(context);
    static const char *const hosts[] = {NULL, "", ".example"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct avs_tls_facts facts = {.outcome = AVS_HANDSHAKE_NOT_TRIED};
        struct avs_gate gate = {.anchors = store, .host = hosts[i], .facts = &facts};
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_gate_attach(client, &gate, &error), AVS_ERR_USAGE);
    }
    SSL_free(client);
    SSL_CTX_free(context);
    avs_anchors_unref(store);
    pki_free(anchors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_and_stores_are_accepted_as_libcurl_accepts_them),
        cmocka_unit_test(the_name_check_follows_rfc_9525),
        cmocka_unit_test(the_name_is_known_also_when_the_chain_fails_first),
        cmocka_unit_test(time_is_the_one_that_the_gate_was_given),
        cmocka_unit_test(dates_after_2038_are_judged_as_any_other),
        cmocka_unit_test(dates_that_openssl_leaves_out_are_looked_at_all_the_same),
        cmocka_unit_test(a_connection_without_a_gate_is_refused),
        cmocka_unit_test(a_gate_that_could_match_any_name_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
