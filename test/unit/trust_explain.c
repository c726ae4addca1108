/* SPDX-License-Identifier: Apache-2.0 */
/* Each reason for a refusal is told from its neighbours; where several are true, all are noted. */
#include "trust/explain.h"

#include <time.h>

#include "base/names.h"
#include "support/pki.h"
#include "support/test.h"
#include "trust/cert.h"
#include "trust/gate.h"
#include "trust/replay.h"
#include "verdict/trust_causes.h"

#define AMAZON_HOST "avs-alexa-na.amazon.com"

static struct pki_ats *pki;
static struct avs_ats_roots *ats;
static int64_t now;

static int set_up(void **state) {
    (void)state;
    pki = pki_ats_new();
    now = (int64_t)time(NULL);
    STACK_OF(X509) *roots = pki_stack(pki->root1, pki->root2, pki->g2, NULL);
    assert_int_equal(avs_ats_roots_load(pki_write("roots.pem", roots), &ats, NULL), AVS_OK);
    pki_free(roots);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_ats_free(pki);
    avs_ats_roots_free(ats);
    return 0;
}

struct answer {
    bool is_accepted;
    struct avs_tls_facts facts;
    enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
    size_t count;
};

/* Frees `sent`; `anchor` is lent. */
static struct answer ask_at(STACK_OF(X509) * sent, X509 *anchor, const char *host, int64_t at,
                            int64_t build_time) {
    struct answer answer = {.is_accepted = false};
    STACK_OF(X509) *file = pki_stack(anchor, NULL);
    struct avs_anchors_options options = {.ca_file = pki_write("anchors.pem", file)};
    struct avs_anchors *anchors = NULL;
    assert_int_equal(avs_anchors_load(&options, NULL, &anchors, NULL), AVS_OK);
    struct avs_gate gate = {
        .anchors = anchors, .ats_roots = ats, .host = host, .now_unix = at, .facts = &answer.facts};
    answer.is_accepted = avs_gate_judge_chain(&gate, sk_X509_value(sent, 0), sent, 2);
    answer.count =
        avs_trust_causes(&answer.facts, at, build_time, host, answer.causes, AVS_TRUST_CAUSES_MAX);
    avs_anchors_unref(anchors);
    pki_free(file);
    pki_free(sent);
    return answer;
}

static struct answer ask(STACK_OF(X509) * sent, X509 *anchor, const char *host) {
    return ask_at(sent, anchor, host, now, now - PKI_DAY);
}

static void assert_only(const struct answer *answer, enum avs_cause cause) {
    assert_false(answer->is_accepted);
    assert_string_equal(avs_cause_info(answer->causes[0])->id, avs_cause_info(cause)->id);
    assert_int_equal(answer->count, 1);
}

/* A server certificate for `names` under `issuer`. */
static X509 *leaf_under(X509 *issuer, int issuer_key, const char *names) {
    return pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                        .key = pki_key(0),
                                        .issuer = issuer,
                                        .issuer_key = pki_key(issuer_key),
                                        .names = names,
                                        .usage = "serverAuth"});
}

static X509 *ca_under(const char *name, int key, X509 *issuer, int issuer_key) {
    return pki_issue(&(struct pki_cert){.name = name,
                                        .key = pki_key(key),
                                        .issuer = issuer,
                                        .issuer_key = issuer ? pki_key(issuer_key) : NULL,
                                        .is_ca = true});
}

/* A stack that owns its certificates; ends at NULL. */
#define OWNED(...) owned((X509 *[]){__VA_ARGS__, NULL})
static STACK_OF(X509) * owned(X509 **certificates) {
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (; *certificates; certificates++) {
        assert_true(sk_X509_push(stack, *certificates) > 0);
    }
    return stack;
}

static void the_missing_root_is_named_with_its_hash(void **state) {
    (void)state;
    struct avs_cert_facts root1;
    avs_cert_describe(pki->root1, ats, &root1);
    for (int shape = 1; shape <= 3; shape++) {
        struct answer answer = ask(pki_ats_chain(pki, shape), pki->root2, "avs.example");
        assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
        assert_true(answer.facts.trust.refusal.closes_with_ats_roots);
        assert_string_equal(answer.facts.trust.refusal.closing_root, "Amazon Root CA 1");
        assert_string_equal(answer.facts.trust.refusal.closing_sha256, root1.sha256);
        assert_false(answer.facts.trust.refusal.path_is_public_ats); /* a test bed's keys */
    }
    struct answer answer = ask(pki_ats_chain(pki, 3), pki->root2, "avs.example");
    assert_string_equal(answer.facts.trust.refusal.missing_issuer,
                        "OU=Starfield Class 2 Certification Authority,"
                        "O=Starfield Technologies\\, Inc.,C=US");
}

static void a_leaf_alone_misses_its_intermediate_not_the_root(void **state) {
    (void)state;
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                              .key = pki_key(0),
                                              .issuer = pki->issuing,
                                              .issuer_key = pki_key(5),
                                              .names = "DNS:avs.example",
                                              .aia = "caIssuers;URI:http://crt.example/m01.cer"});
    struct answer answer = ask(OWNED(leaf), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERMEDIATE_MISSING);
    assert_string_equal(answer.facts.trust.refusal.missing_issuer,
                        "CN=Amazon RSA 2048 M01,O=Amazon,C=US");
    assert_string_equal(answer.facts.trust.refusal.issuer_url, "http://crt.example/m01.cer");
    assert_false(answer.facts.trust.refusal.issuer_known_by_name);
    /* also for Amazon's own host: nobody forged anything */
    leaf = leaf_under(pki->issuing, 5, "DNS:" AMAZON_HOST);
    answer = ask(OWNED(leaf), pki->root1, AMAZON_HOST);
    assert_only(&answer, AVS_CAUSE_INTERMEDIATE_MISSING);
}

static void the_wrong_intermediate_is_a_missing_one(void **state) {
    (void)state;
    X509 *other = ca_under("C=US/O=Amazon/CN=Amazon RSA 2048 M02", 6, pki->root1, 1);
    X509 *leaf = leaf_under(pki->issuing, 5, "DNS:avs.example");
    struct answer answer = ask(OWNED(leaf, other), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERMEDIATE_MISSING);
}

static void a_private_root_is_missing_whether_sent_or_not(void **state) {
    (void)state;
    X509 *root = ca_under("O=Bench/CN=Bench Root", 7, NULL, 0);
    X509_up_ref(root);
    struct answer answer =
        ask(OWNED(leaf_under(root, 7, "DNS:avs.example"), root), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_true(answer.facts.trust.refusal.untrusted_self_signed_in_chain);
    assert_false(answer.facts.trust.refusal.closes_with_ats_roots);
    assert_string_equal(answer.facts.trust.refusal.missing_issuer, "CN=Bench Root,O=Bench");
    answer = ask(OWNED(leaf_under(root, 7, "DNS:avs.example")), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_string_equal(answer.facts.trust.refusal.missing_issuer, "CN=Bench Root,O=Bench");
    X509_free(root);
}

static void a_store_with_the_name_but_another_key_says_so(void **state) {
    (void)state;
    X509 *old = ca_under("O=Bench/CN=Bench Root", 8, NULL, 0);
    X509 *root = ca_under("O=Bench/CN=Bench Root", 7, NULL, 0);
    struct answer answer = ask(OWNED(leaf_under(root, 7, "DNS:avs.example")), old, "avs.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_true(answer.facts.trust.refusal.issuer_known_by_name);
    X509_free(old);
    X509_free(root);
}

static void a_self_signed_server_is_told_from_a_missing_root(void **state) {
    (void)state;
    X509 *leaf = pki_issue(&(struct pki_cert){
        .name = "CN=avs.example", .key = pki_key(0), .names = "DNS:avs.example"});
    struct answer answer = ask(OWNED(leaf), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_SELF_SIGNED);
}

static void a_stranger_who_vouches_for_amazon_intercepts(void **state) {
    (void)state;
    X509 *corporate = ca_under("O=Example Corp/CN=Example Corp CA", 7, NULL, 0);
    X509 *leaf = leaf_under(corporate, 7, "DNS:" AMAZON_HOST);
    struct answer answer = ask(OWNED(leaf), pki->root1, AMAZON_HOST);
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    assert_string_equal(answer.facts.trust.refusal.intercepted_by,
                        "CN=Example Corp CA,O=Example Corp");
    X509_up_ref(corporate);
    answer = ask(OWNED(leaf_under(corporate, 7, "DNS:" AMAZON_HOST), corporate), pki->root1,
                 AMAZON_HOST);
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    /* the same authority in front of another host is just a root that we do not have */
    answer = ask(OWNED(leaf_under(corporate, 7, "DNS:avs.example")), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    X509_free(corporate);
}

static void an_inspection_product_is_known_by_name_for_any_host(void **state) {
    (void)state;
    X509 *box = ca_under("O=Fortinet/CN=FG100E Untrusted CA", 7, NULL, 0);
    struct answer answer =
        ask(OWNED(leaf_under(box, 7, "DNS:avs.example")), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    X509_free(box);
}

static void a_public_authority_that_the_store_lacks_is_no_interception(void **state) {
    (void)state;
    X509 *root = ca_under("C=US/O=DigiCert Inc/CN=DigiCert Global Root G2", 7, NULL, 0);
    X509 *issuing = ca_under("C=US/O=DigiCert Inc/CN=DigiCert TLS CA", 8, root, 7);
    struct answer answer =
        ask(OWNED(leaf_under(issuing, 8, "DNS:" AMAZON_HOST), issuing), pki->root1, AMAZON_HOST);
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_string_equal(answer.facts.trust.refusal.missing_issuer,
                        "CN=DigiCert Global Root G2,O=DigiCert Inc,C=US");
    X509_free(root);
}

static void a_root_name_over_a_foreign_key_intercepts(void **state) {
    (void)state;
    X509 *fake = ca_under("C=US/O=Amazon/CN=Amazon Root CA 1", 9, NULL, 0);
    X509_up_ref(fake);
    struct answer answer =
        ask(OWNED(leaf_under(fake, 9, "DNS:avs.example"), fake), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    /* the same, the fake root not sent: an issuer by name, not by key */
    answer = ask(OWNED(leaf_under(fake, 9, "DNS:avs.example")), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    X509_free(fake);
}

static void a_forged_issuing_authority_without_key_ids_intercepts(void **state) {
    (void)state;
    /* the name of the real root, no authority key id: OpenSSL finds the root and then sees that the
     * signature is not its */
    X509 *fake_root = pki_issue(&(struct pki_cert){.name = "C=US/O=Amazon/CN=Amazon Root CA 1",
                                                   .key = pki_key(9),
                                                   .is_ca = true,
                                                   .has_no_key_ids = true});
    X509 *fake = pki_issue(&(struct pki_cert){.name = "C=US/O=Amazon/CN=Amazon RSA 2048 M01",
                                              .key = pki_key(10),
                                              .issuer = fake_root,
                                              .issuer_key = pki_key(9),
                                              .is_ca = true,
                                              .has_no_key_ids = true});
    struct answer answer =
        ask(OWNED(leaf_under(fake, 10, "DNS:avs.example"), fake), pki->root1, "avs.example");
    assert_int_equal(answer.facts.trust.gate.verify_error, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    X509_free(fake_root);
}

static void an_amazon_authority_signed_by_a_stranger_intercepts(void **state) {
    (void)state;
    X509 *corporate = ca_under("O=Example Corp/CN=Example Corp CA", 7, NULL, 0);
    X509 *fake = ca_under("C=US/O=Amazon/CN=Amazon RSA 2048 M01", 8, corporate, 7);
    struct answer answer =
        ask(OWNED(leaf_under(fake, 8, "DNS:avs.example"), fake), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_INTERCEPTED);
    assert_string_equal(answer.facts.trust.refusal.intercepted_by,
                        "CN=Example Corp CA,O=Example Corp");
    X509_free(corporate);
}

static void a_broken_signature_below_a_root_is_just_invalid(void **state) {
    (void)state;
    X509 *twin = pki_issue(&(struct pki_cert){.name = "C=US/O=Amazon/CN=Amazon RSA 2048 M01",
                                              .key = pki_key(9),
                                              .is_ca = true,
                                              .has_no_key_ids = true});
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                              .key = pki_key(0),
                                              .issuer = twin,
                                              .issuer_key = pki_key(9),
                                              .names = "DNS:avs.example",
                                              .has_no_key_ids = true});
    X509_up_ref(pki->issuing);
    struct answer answer = ask(OWNED(leaf, pki->issuing), pki->root1, "avs.example");
    assert_int_equal(answer.facts.trust.gate.verify_error, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    assert_only(&answer, AVS_CAUSE_CERT_INVALID);
    X509_free(twin);
}

static void the_names_on_offer_are_in_the_facts(void **state) {
    (void)state;
    struct answer answer = ask(pki_ats_chain(pki, 2), pki->root1, "other.example");
    assert_only(&answer, AVS_CAUSE_HOSTNAME_MISMATCH);
    assert_string_equal(answer.facts.chain[0].names, "avs.example,*.avs.example");
}

static void weak_and_misused_certificates_are_named(void **state) {
    (void)state;
    X509 *weak = pki_issue(&(struct pki_cert){.name = "CN=weak",
                                              .key = pki_key(0),
                                              .issuer = pki->issuing,
                                              .issuer_key = pki_key(5),
                                              .names = "DNS:avs.example",
                                              .digest = EVP_sha1()});
    X509_up_ref(pki->issuing);
    struct answer answer = ask(OWNED(weak, pki->issuing), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_WEAK_SIGNATURE);
    assert_string_equal(answer.facts.trust.refusal.problem_subject, "CN=weak");
    X509 *client = pki_issue(&(struct pki_cert){.name = "CN=client",
                                                .key = pki_key(0),
                                                .issuer = pki->issuing,
                                                .issuer_key = pki_key(5),
                                                .names = "DNS:avs.example",
                                                .usage = "clientAuth"});
    X509_up_ref(pki->issuing);
    answer = ask(OWNED(client, pki->issuing), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_WRONG_PURPOSE);
    assert_string_equal(answer.facts.trust.refusal.problem_subject, "CN=client");
    /* signed by a server certificate, which is no authority */
    X509 *mid = pki_issue(&(struct pki_cert){.name = "CN=mid",
                                             .key = pki_key(8),
                                             .issuer = pki->issuing,
                                             .issuer_key = pki_key(5),
                                             .names = "DNS:mid.example",
                                             .usage = "serverAuth"});
    X509_up_ref(pki->issuing);
    answer = ask(OWNED(leaf_under(mid, 8, "DNS:avs.example"), mid, pki->issuing), pki->root1,
                 "avs.example");
    assert_false(answer.is_accepted);
    assert_int_equal(answer.causes[0], AVS_CAUSE_WRONG_PURPOSE);
}

static void everything_that_is_true_is_noted(void **state) {
    (void)state;
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=all",
                                              .key = pki_key(0),
                                              .issuer = pki->issuing,
                                              .issuer_key = pki_key(5),
                                              .names = "DNS:other.example",
                                              .usage = "clientAuth",
                                              .digest = EVP_sha1(),
                                              .not_before = now - 2 * PKI_YEAR,
                                              .not_after = now - PKI_DAY});
    X509_up_ref(pki->issuing);
    struct answer answer = ask(OWNED(leaf, pki->issuing), pki->root2, "avs.example");
    static const enum avs_cause wanted[] = {AVS_CAUSE_ROOT_MISSING, AVS_CAUSE_HOSTNAME_MISMATCH,
                                            AVS_CAUSE_CERT_EXPIRED, AVS_CAUSE_WRONG_PURPOSE,
                                            AVS_CAUSE_WEAK_SIGNATURE};
    assert_int_equal(answer.count, 5);
    assert_memory_equal(answer.causes, wanted, sizeof(wanted));
}

/* "Another key" is said only of another key; an issuer that did sign and is refused is no missing
 * root. */
static void an_issuer_of_that_name_is_told_by_its_key(void **state) {
    (void)state;
    X509 *root = ca_under("CN=Test Bed Root", 8, NULL, 0);
    X509 *twin = ca_under("CN=Test Bed Root", 9, NULL, 0);
    struct answer answer = ask(OWNED(leaf_under(root, 8, "DNS:a.example")), twin, "a.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_true(answer.facts.trust.refusal.issuer_known_by_name);
    assert_false(answer.facts.trust.refusal.issuer_unfit);
    X509 *malformed = pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                                   .key = pki_key(0),
                                                   .issuer = root,
                                                   .issuer_key = pki_key(8),
                                                   .names = "DNS:a.example",
                                                   .extension = "basicConstraints=DER:05"});
    answer = ask(OWNED(malformed), root, "a.example");
    assert_only(&answer, AVS_CAUSE_CERT_INVALID);
    assert_false(answer.facts.trust.refusal.issuer_known_by_name);
    assert_true(answer.facts.trust.refusal.issuer_unfit);
    X509_free(root);
    X509_free(twin);
}

static void authorities_that_sign_each_other_lack_a_root_and_no_purpose(void **state) {
    (void)state;
    X509 *seed = ca_under("CN=Loop B", 9, NULL, 0);
    X509 *a = ca_under("CN=Loop A", 8, seed, 9);
    X509 *b = ca_under("CN=Loop B", 9, a, 8);
    struct answer answer =
        ask(OWNED(leaf_under(a, 8, "DNS:a.example"), a, b), pki->root2, "a.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    assert_false(answer.facts.trust.refusal.wrong_purpose);
    X509 *no_authority = pki_issue(
        &(struct pki_cert){.name = "CN=Not A CA", .key = pki_key(8), .names = "DNS:b.example"});
    answer = ask(OWNED(leaf_under(no_authority, 8, "DNS:a.example"), no_authority), pki->root2,
                 "a.example");
    assert_true(answer.facts.trust.refusal.wrong_purpose);
    X509_free(seed);
}

static void a_chain_in_the_wrong_order_names_the_servers_certificate(void **state) {
    (void)state;
    STACK_OF(X509) *right = pki_ats_chain(pki, 2);
    STACK_OF(X509) *reversed = sk_X509_new_null();
    while (sk_X509_num(right) > 0) {
        assert_true(sk_X509_push(reversed, sk_X509_pop(right)) > 0);
    }
    pki_free(right);
    struct answer answer = ask(reversed, pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_HOSTNAME_MISMATCH);
    assert_int_equal(answer.facts.trust.refusal.leaf_number, 3);
    answer = ask(pki_ats_chain(pki, 2), pki->root1, "other.example");
    assert_only(&answer, AVS_CAUSE_HOSTNAME_MISMATCH);
    assert_int_equal(answer.facts.trust.refusal.leaf_number, 0);
}

/* The store holds the private root: giving it again would not help. */
static void a_leaf_alone_under_a_root_of_the_store_misses_the_intermediate(void **state) {
    (void)state;
    X509 *root = ca_under("CN=Root/O=Test Bed", 8, NULL, 0);
    X509 *stranger = ca_under("CN=Root/O=Somebody Else", 9, NULL, 0);
    X509 *issuing = ca_under("CN=Issuing/O=Test Bed", 10, root, 8);
    struct answer answer = ask(OWNED(leaf_under(issuing, 10, "DNS:a.example")), root, "a.example");
    assert_only(&answer, AVS_CAUSE_INTERMEDIATE_MISSING);
    answer = ask(OWNED(leaf_under(issuing, 10, "DNS:a.example")), stranger, "a.example");
    assert_only(&answer, AVS_CAUSE_ROOT_MISSING);
    X509 *logged = pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                                .key = pki_key(0),
                                                .issuer = issuing,
                                                .issuer_key = pki_key(10),
                                                .names = "DNS:a.example",
                                                .extension = "ct_precert_scts=DER:04020000"});
    answer = ask(OWNED(logged), stranger, "a.example"); /* as public authorities do */
    assert_only(&answer, AVS_CAUSE_INTERMEDIATE_MISSING);
    X509_free(root);
    X509_free(stranger);
    X509_free(issuing);
}

/* OpenSSL gives up at a hundred authorities; who vouches for it is looked at all the same. */
static void a_chain_too_long_closes_nothing(void **state) {
    (void)state;
    X509 *root = ca_under("CN=Zscaler Root CA", 8, NULL, 0);
    STACK_OF(X509) *upwards = sk_X509_new_null();
    X509 *issuer = root;
    for (int i = 0; i < 104; i++) {
        char name[32];
        snprintf(name, sizeof(name), "CN=Zscaler Root CA %d", i);
        issuer = ca_under(name, 8, issuer, 8);
        assert_true(sk_X509_push(upwards, issuer) > 0);
    }
    STACK_OF(X509) *sent = OWNED(leaf_under(issuer, 8, "DNS:a.example"));
    while (sk_X509_num(upwards) > 0) {
        assert_true(sk_X509_push(sent, sk_X509_pop(upwards)) > 0);
    }
    pki_free(upwards);
    struct answer answer = ask(sent, pki->root2, "a.example");
    assert_false(answer.is_accepted);
    assert_int_equal(answer.facts.trust.gate.verify_error, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    assert_true(answer.facts.trust.refusal.is_intercepted);
    X509_free(root);
}

/* Each alone is enough: OpenSSL 1.1.1 says no more than "too long", 3.0 names the open end too. */
static void each_error_that_ends_a_path_keeps_it_from_closing(void **state) {
    (void)state;
    static const struct {
        int code;
        bool closes;
    } rows[] = {
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, false},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, false},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, false},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, false},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, false},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, false},
        {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, false},
        {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, false},
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, false},
        {X509_V_ERR_CERT_HAS_EXPIRED, true},
        {X509_V_ERR_INVALID_PURPOSE, true},
        {X509_V_ERR_EE_KEY_TOO_SMALL, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_replay replay = {.error_count = 2, .is_done = true};
        replay.error[0].code = X509_V_ERR_CERT_NOT_YET_VALID;
        replay.error[1].code = rows[i].code;
        assert_int_equal(avs_replay_closes(&replay), rows[i].closes);
        replay.is_done = false; /* memory ran out: nothing is known */
        assert_false(avs_replay_closes(&replay));
    }
}

static void the_clock_is_told_from_the_certificate(void **state) {
    (void)state;
    static const struct {
        int64_t years; /* the device's clock, from now; the build was yesterday */
        enum avs_cause cause;
    } rows[] = {
        {-50, AVS_CAUSE_CLOCK_WRONG}, {-12, AVS_CAUSE_CLOCK_WRONG}, {-5, AVS_CAUSE_CLOCK_WRONG},
        {3, AVS_CAUSE_CERT_EXPIRED},  {16, AVS_CAUSE_CLOCK_WRONG},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer answer = ask_at(pki_ats_chain(pki, 2), pki->root1, "avs.example",
                                      now + rows[i].years * PKI_YEAR, now - PKI_DAY);
        assert_only(&answer, rows[i].cause);
        const struct avs_trust_facts *trust = &answer.facts.trust;
        assert_true(trust->refusal.valid_at_other_time);
        assert_true(trust->refusal.good_from < now && now < trust->refusal.good_until);
        assert_string_not_equal(trust->refusal.problem_subject, "");
    }
}

static void a_chain_that_was_never_good_as_a_whole_is_not_the_clocks_fault(void **state) {
    (void)state;
    /* the issuing authority lapsed before the leaf began */
    X509 *issuing = pki_issue(&(struct pki_cert){.name = "C=US/O=Amazon/CN=Amazon RSA 2048 M09",
                                                 .key = pki_key(8),
                                                 .issuer = pki->root1,
                                                 .issuer_key = pki_key(1),
                                                 .is_ca = true,
                                                 .not_before = now - 3 * PKI_YEAR,
                                                 .not_after = now - PKI_YEAR});
    struct answer answer =
        ask(OWNED(leaf_under(issuing, 8, "DNS:avs.example"), issuing), pki->root1, "avs.example");
    assert_only(&answer, AVS_CAUSE_CERT_EXPIRED);
    assert_false(answer.facts.trust.refusal.valid_at_other_time);
    assert_string_equal(answer.facts.trust.refusal.problem_subject,
                        "CN=Amazon RSA 2048 M09,O=Amazon,C=US");
}

static void amazons_own_chain_is_known_by_the_built_in_keys(void **state) {
    (void)state;
    /* a built-in root as the chain, in front of a store that lacks it and custom ATS roots */
    X509 *real = pki_from_pem(avs_ats_root_table[0].pem);
    struct answer answer = ask(OWNED(real), pki->root2, NULL);
    assert_false(answer.is_accepted);
    assert_true(answer.facts.trust.refusal.path_is_public_ats);
    assert_false(answer.facts.trust.refusal.is_intercepted);
}

static void nothing_is_explained_of_an_accepted_chain(void **state) {
    (void)state;
    struct answer answer = ask(pki_ats_chain(pki, 2), pki->root1, "avs.example");
    assert_true(answer.is_accepted);
    assert_int_equal(answer.count, 0);
    struct avs_trust_facts *trust = &answer.facts.trust;
    assert_string_equal(trust->refusal.missing_issuer, "");
    assert_string_equal(trust->refusal.problem_subject, "");
    assert_false(trust->refusal.closes_with_ats_roots || trust->refusal.is_intercepted ||
                 trust->refusal.is_expired);
}

static void amazon_hosts_are_matched_on_whole_labels(void **state) {
    (void)state;
    static const struct {
        const char *host;
        bool is_amazon;
    } rows[] = {
        {"avs-ats-cert-test.amazon.com", true},
        {"AMAZON.COM", true},
        {"amazon.com.", true},
        {"notamazon.com", false},
        {"amazon.com.evil.example", false},
        {"x.iot.us-east-1.amazonaws.com", true},
        {"x.is_ats.iot.cn-north-1.amazonaws.com.cn", true},
        {"alexa.na.gateway.devices.a2z.com", true},
        {"", false},
        {"com", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(avs_names_is_amazon_host(rows[i].host), rows[i].is_amazon);
    }
    assert_false(avs_names_is_amazon_host(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_missing_root_is_named_with_its_hash),
        cmocka_unit_test(a_leaf_alone_misses_its_intermediate_not_the_root),
        cmocka_unit_test(the_wrong_intermediate_is_a_missing_one),
        cmocka_unit_test(a_private_root_is_missing_whether_sent_or_not),
        cmocka_unit_test(a_store_with_the_name_but_another_key_says_so),
        cmocka_unit_test(a_self_signed_server_is_told_from_a_missing_root),
        cmocka_unit_test(a_stranger_who_vouches_for_amazon_intercepts),
        cmocka_unit_test(an_inspection_product_is_known_by_name_for_any_host),
        cmocka_unit_test(a_public_authority_that_the_store_lacks_is_no_interception),
        cmocka_unit_test(a_root_name_over_a_foreign_key_intercepts),
        cmocka_unit_test(a_forged_issuing_authority_without_key_ids_intercepts),
        cmocka_unit_test(an_amazon_authority_signed_by_a_stranger_intercepts),
        cmocka_unit_test(a_broken_signature_below_a_root_is_just_invalid),
        cmocka_unit_test(the_names_on_offer_are_in_the_facts),
        cmocka_unit_test(weak_and_misused_certificates_are_named),
        cmocka_unit_test(everything_that_is_true_is_noted),
        cmocka_unit_test(an_issuer_of_that_name_is_told_by_its_key),
        cmocka_unit_test(authorities_that_sign_each_other_lack_a_root_and_no_purpose),
        cmocka_unit_test(a_chain_in_the_wrong_order_names_the_servers_certificate),
        cmocka_unit_test(a_leaf_alone_under_a_root_of_the_store_misses_the_intermediate),
        cmocka_unit_test(a_chain_too_long_closes_nothing),
        cmocka_unit_test(each_error_that_ends_a_path_keeps_it_from_closing),
        cmocka_unit_test(the_clock_is_told_from_the_certificate),
        cmocka_unit_test(a_chain_that_was_never_good_as_a_whole_is_not_the_clocks_fault),
        cmocka_unit_test(amazons_own_chain_is_known_by_the_built_in_keys),
        cmocka_unit_test(nothing_is_explained_of_an_accepted_chain),
        cmocka_unit_test(amazon_hosts_are_matched_on_whole_labels),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
