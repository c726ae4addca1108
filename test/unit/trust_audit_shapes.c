/* SPDX-License-Identifier: Apache-2.0 */
/* The table of chains that verify, held against verdicts that are not ours: OpenSSL's for every
 * combination of roots, GnuTLS's (its own command) for every combination. */
#include "store/audit.h"

#include <sys/wait.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "support/pki.h"
#include "support/test.h"

enum { A1, A2, A3, A4, G2, C2 };
enum { ITEM_A1, ITEM_G2, ITEM_C2, ITEM_A1_BY_G2, ITEM_G2_BY_C2, ITEM_A2, ITEM_COUNT };
#define SUBSETS (1u << ITEM_COUNT)

static struct pki_ats *pki;
static X509 *server_ca_0a, *leaf_0a; /* issued by G2 itself, as Amazon's older "Server CA 0A" */

static const struct avs_audit_node nodes[ITEM_COUNT] = {
    [ITEM_A1] = {A1, A1, true},        [ITEM_G2] = {G2, G2, true},
    [ITEM_C2] = {C2, C2, true},        [ITEM_A1_BY_G2] = {A1, G2, false},
    [ITEM_G2_BY_C2] = {G2, C2, false}, [ITEM_A2] = {A2, A2, true},
};

static X509 *item(unsigned index) {
    X509 *const items[ITEM_COUNT] = {
        [ITEM_A1] = pki->root1,           [ITEM_G2] = pki->g2,
        [ITEM_C2] = pki->class2,          [ITEM_A1_BY_G2] = pki->root1_g2,
        [ITEM_G2_BY_C2] = pki->g2_class2, [ITEM_A2] = pki->root2,
    };
    return items[index];
}

static STACK_OF(X509) * chain_of(const char *id) {
    if (strcmp(id, "g2_bare") == 0) {
        return pki_stack(leaf_0a, server_ca_0a, NULL);
    }
    return pki_ats_chain(pki, strcmp(id, "root1_bare") == 0    ? 1
                              : strcmp(id, "root1_by_g2") == 0 ? 2
                                                               : 3);
}

static const struct avs_audit_shape *shape_of(const char *id) {
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        if (strcmp(avs_audit_shape_table[i].id, id) == 0) {
            return &avs_audit_shape_table[i];
        }
    }
    fail_msg("no shape %s", id);
    return NULL;
}

static const char *const shapes[] = {"root1_bare", "root1_by_g2", "root1_by_g2_by_c2", "g2_bare"};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static X509_STORE *store_of(unsigned subset) {
    X509_STORE *store = X509_STORE_new();
    for (unsigned at = 0; at < ITEM_COUNT; at++) {
        if (subset >> at & 1u) {
            assert_int_equal(X509_STORE_add_cert(store, item(at)), 1);
        }
    }
    return store;
}

static void fill(unsigned subset, struct avs_audit_nodes *graph) {
    graph->count = 0;
    for (unsigned at = 0; at < ITEM_COUNT; at++) {
        if (subset >> at & 1u) {
            graph->node[graph->count++] = nodes[at];
        }
    }
}

static bool openssl_says(X509_STORE *store, STACK_OF(X509) * chain, bool is_partial) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain), 1);
    unsigned long flags = X509_V_FLAG_TRUSTED_FIRST;
    X509_STORE_CTX_set_flags(context, is_partial ? flags | X509_V_FLAG_PARTIAL_CHAIN : flags);
    bool is_verified = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    return is_verified;
}

static bool openssl_says_of(unsigned subset, STACK_OF(X509) * chain, bool is_partial) {
    X509_STORE *store = store_of(subset);
    bool is_verified = openssl_says(store, chain, is_partial);
    X509_STORE_free(store);
    return is_verified;
}

/** Of two certificates of one name OpenSSL takes the one that its sort has put first, which the C
 *  library decides: so each of them alone. */
static bool openssl_says_whichever_is_first(unsigned subset, STACK_OF(X509) * chain,
                                            bool is_partial) {
    static const unsigned pairs[] = {1u << ITEM_A1 | 1u << ITEM_A1_BY_G2,
                                     1u << ITEM_G2 | 1u << ITEM_G2_BY_C2};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if ((subset & pairs[i]) == pairs[i]) {
            unsigned low = pairs[i] & (0u - pairs[i]);
            return openssl_says_whichever_is_first(subset & ~low, chain, is_partial) &&
                   openssl_says_whichever_is_first(subset & ~(pairs[i] ^ low), chain, is_partial);
        }
    }
    return openssl_says_of(subset, chain, is_partial);
}

static void openssl_agrees_for_every_combination_of_roots(void **state) {
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        STACK_OF(X509) *chain = chain_of(shapes[s]);
        const struct avs_audit_shape *shape = shape_of(shapes[s]);
        for (unsigned subset = 0; subset < SUBSETS; subset++) {
            struct avs_audit_nodes graph;
            fill(subset, &graph);
            for (unsigned policy = AVS_POLICY_LIBCURL; policy <= AVS_POLICY_OPENSSL; policy++) {
                bool is_partial = policy == AVS_POLICY_LIBCURL;
                bool ours = avs_audit_shape_verifies(&graph, shape, (enum avs_audit_policy)policy);
                bool theirs = openssl_says_whichever_is_first(subset, chain, is_partial);
                if (ours != theirs || (ours && !openssl_says_of(subset, chain, is_partial))) {
                    fail_msg("%s, store %#x, policy %u: ours %d, OpenSSL %d", shapes[s], subset,
                             policy, ours, theirs);
                }
            }
        }
        pki_free(chain);
    }
}

static void the_order_of_the_store_is_no_matter(void **state) {
    (void)state;
    for (size_t s = 0; s < avs_audit_shape_count; s++) {
        for (unsigned subset = 0; subset < SUBSETS; subset++) {
            struct avs_audit_nodes graph, reverse;
            fill(subset, &graph);
            reverse.count = graph.count;
            for (size_t i = 0; i < graph.count; i++) {
                reverse.node[i] = graph.node[graph.count - 1 - i];
            }
            for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
                const struct avs_audit_shape *shape = &avs_audit_shape_table[s];
                assert_int_equal(
                    avs_audit_shape_verifies(&graph, shape, (enum avs_audit_policy)policy),
                    avs_audit_shape_verifies(&reverse, shape, (enum avs_audit_policy)policy));
            }
        }
    }
}

static bool gnutls_says(const char *store, const char *chain) {
    char command[1024];
    snprintf(command, sizeof(command),
             "certtool --verify --load-ca-certificate '%s' --infile '%s' >/dev/null 2>&1", store,
             chain);
    int status = system(command);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 126);
    return WEXITSTATUS(status) == 0;
}

static void gnutls_agrees_for_every_combination_of_roots(void **state) {
    (void)state;
    if (system("certtool --version >/dev/null 2>&1") != 0) {
        print_message("certtool (gnutls-bin) is not installed\n");
        skip();
    }
    for (size_t s = 0; s < SHAPES; s++) {
        STACK_OF(X509) *chain = chain_of(shapes[s]);
        char chain_file[512]; /* the next pki_write reuses its buffer */
        snprintf(chain_file, sizeof(chain_file), "%s", pki_write("chain.pem", chain));
        for (unsigned subset = 1; subset < 1u << ITEM_A2; subset++) {
            struct avs_audit_nodes graph;
            STACK_OF(X509) *roots = sk_X509_new_null();
            for (unsigned at = 0; at < ITEM_COUNT; at++) {
                if (subset >> at & 1u) {
                    X509_up_ref(item(at));
                    sk_X509_push(roots, item(at));
                }
            }
            const char *store_file = pki_write("store.pem", roots);
            fill(subset, &graph);
            bool ours = avs_audit_shape_verifies(&graph, shape_of(shapes[s]), AVS_POLICY_STRICT);
            bool theirs = gnutls_says(store_file, chain_file);
            if (ours != theirs) {
                fail_msg("%s, store %#x: ours %d, GnuTLS %d", shapes[s], subset, ours, theirs);
            }
            pki_free(roots);
        }
        pki_free(chain);
    }
}

/* The table that was measured with the real certificates: libcurl, OpenSSL default, GnuTLS for the
 * shapes leaf+issuing, +root by G2, +G2 by Class 2. */
static void the_measured_table_comes_out(void **state) {
    (void)state;
    static const struct {
        const char *store;
        unsigned items;
        bool ok[3][AVS_POLICY_COUNT];
    } table[] = {
        {"Amazon Root CA 1", 1u << ITEM_A1, {{1, 1, 1}, {1, 1, 1}, {1, 1, 0}}},
        {"Starfield Services G2", 1u << ITEM_G2, {{0, 0, 0}, {1, 1, 1}, {1, 1, 1}}},
        {"Starfield Class 2", 1u << ITEM_C2, {{0, 0, 0}, {0, 0, 0}, {1, 1, 1}}},
        {"cross-signed copy", 1u << ITEM_A1_BY_G2, {{1, 0, 1}, {1, 0, 1}, {1, 0, 0}}},
        {"wrong family", 1u << ITEM_A2, {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct avs_audit_nodes graph;
        fill(table[i].items, &graph);
        for (unsigned shape = 0; shape < 3; shape++) {
            for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
                bool is_ok = avs_audit_shape_verifies(&graph, shape_of(shapes[shape]),
                                                      (enum avs_audit_policy)policy);
                if (is_ok != table[i].ok[shape][policy]) {
                    fail_msg("%s, %s, policy %u: %d", table[i].store, shapes[shape], policy, is_ok);
                }
            }
        }
    }
}

static void each_family_needs_its_own_root(void **state) {
    (void)state;
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        const struct avs_audit_shape *shape = &avs_audit_shape_table[i];
        for (int root = A1; root <= A4; root++) {
            struct avs_audit_nodes graph = {.node = {{root, root, true}}, .count = 1};
            assert_int_equal(avs_audit_shape_verifies(&graph, shape, AVS_POLICY_LIBCURL),
                             shape->issuer == root);
        }
    }
}

static int set_up(void **state) {
    (void)state;
    pki = pki_ats_new();
    server_ca_0a = pki_issue(&(struct pki_cert){.name = "C=US/O=Amazon/CN=Server CA 0A",
                                                .key = pki_key(6),
                                                .issuer = pki->g2,
                                                .issuer_key = pki_key(3),
                                                .is_ca = true});
    leaf_0a = pki_issue(&(struct pki_cert){.name = "CN=old.example",
                                           .key = pki_key(0),
                                           .issuer = server_ca_0a,
                                           .issuer_key = pki_key(6),
                                           .names = "DNS:old.example"});
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    X509_free(server_ca_0a);
    X509_free(leaf_0a);
    pki_ats_free(pki);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_agrees_for_every_combination_of_roots),
        cmocka_unit_test(the_order_of_the_store_is_no_matter),
        cmocka_unit_test(gnutls_agrees_for_every_combination_of_roots),
        cmocka_unit_test(the_measured_table_comes_out),
        cmocka_unit_test(each_family_needs_its_own_root),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
