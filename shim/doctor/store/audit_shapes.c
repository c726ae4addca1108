/* SPDX-License-Identifier: Apache-2.0 */
/* Which chains would verify with a store: the shapes that AWS sends, or has sent, against three
 * ways to build a path. Only names and self-signatures decide here (a graph of at most a few
 * certificates), so the table costs nothing; a unit test mints chains of each shape and holds this
 * against OpenSSL's and GnuTLS's own verdict for every combination of roots. */
#include "store/audit_shapes.h"

#include <string.h>

#include "base/flow.h"
#include "store/audit_watch.h"

enum { A1, A2, A3, A4, G2, C2 }; /* rows of avs_ats_root_table */

#define BY_G2(root) \
    { (root), G2, false }
#define G2_BY_C2 \
    { G2, C2, false }

/* One family: its root, its number in ids, and its three shapes. */
#define FAMILY(number, root, name)                                                                 \
    {"root" number "_bare", "leaf, issuing CA", name, root, {{0, 0, false}}, 0, false},            \
        {"root" number "_by_g2",                                                                   \
         "leaf, issuing CA, root signed by Starfield G2",                                          \
         name,                                                                                     \
         root,                                                                                     \
         {BY_G2(root)},                                                                            \
         1,                                                                                        \
         true},                                                                                    \
    {                                                                                              \
        "root" number "_by_g2_by_c2", "leaf, issuing CA, root signed by G2, G2 signed by Class 2", \
            name, root, {BY_G2(root), G2_BY_C2}, 2, false                                          \
    }

const struct avs_audit_shape avs_audit_shape_table[] = {
    FAMILY("1", A1, "RSA 2048"),
    FAMILY("2", A2, "RSA 4096"),
    FAMILY("3", A3, "ECDSA P-256"),
    FAMILY("4", A4, "ECDSA P-384"),
    {"g2_bare",
     "leaf, issuing CA of Starfield G2 (Server CA 0A, older)",
     "RSA 2048",
     G2,
     {{0, 0, false}},
     0,
     false},
};
const size_t avs_audit_shape_count = AVS_COUNT(avs_audit_shape_table);
_Static_assert(AVS_COUNT(avs_audit_shape_table) <= AVS_AUDIT_SHAPES_MAX, "raise the ceiling");

const char *avs_audit_policy_id(enum avs_audit_policy policy) {
    static const char *const ids[AVS_POLICY_COUNT] = {"libcurl", "openssl_default", "strict_path"};
    return (unsigned)policy < AVS_POLICY_COUNT ? ids[policy] : "";
}

static bool has_subject(const struct avs_audit_nodes *store, int subject) {
    for (size_t i = 0; i < store->count; i++) {
        if (store->node[i].subject == subject) {
            return true;
        }
    }
    return false;
}

/** From the certificates of that name upwards: do they end in self-signed ones? Of several of one
 *  name OpenSSL takes the first that its sorted store has. That is the first of the file where
 *  qsort is stable (glibc) and any with musl's, so all of them must do. */
static bool ends_in_root(const struct avs_audit_nodes *store, int subject) {
    bool is_rooted[AVS_AUDIT_WATCH_COUNT] = {false};
    for (size_t steps = 0; steps < AVS_COUNT(is_rooted); steps++) {
        bool is_next[AVS_AUDIT_WATCH_COUNT];
        for (int i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
            is_next[i] = has_subject(store, i);
        }
        for (size_t i = 0; i < store->count; i++) {
            const struct avs_audit_node *at = &store->node[i];
            is_next[at->subject] &=
                at->is_self_issued || (at->issuer >= 0 && is_rooted[at->issuer]);
        }
        memcpy(is_rooted, is_next, sizeof(is_rooted));
    }
    return is_rooted[subject];
}

/** OpenSSL since 1.1.0: at each step the store first (trusted_first), then what was sent; once it
 *  has met a trusted certificate it goes on with trusted ones only. */
static bool openssl_verifies(const struct avs_audit_nodes *store,
                             const struct avs_audit_shape *shape, bool is_partial) {
    int wanted = shape->issuer;
    for (size_t next = 0; next <= shape->sent_count; next++) {
        if (has_subject(store, wanted)) {
            return is_partial || ends_in_root(store, wanted);
        }
        if (next == shape->sent_count || shape->sent[next].subject != wanted) {
            return false;
        }
        wanted = shape->sent[next].issuer;
    }
    return false;
}

/** GnuTLS 3.7: the path is what was sent; its last certificate must have been issued by an anchor,
 *  or be one (same name and key). No other path is looked for. */
static bool strict_verifies(const struct avs_audit_nodes *store,
                            const struct avs_audit_shape *shape) {
    if (shape->sent_count == 0) {
        return has_subject(store, shape->issuer);
    }
    const struct avs_audit_node *last = &shape->sent[shape->sent_count - 1];
    return has_subject(store, last->issuer) || has_subject(store, last->subject);
}

bool avs_audit_shape_verifies(const struct avs_audit_nodes *store,
                              const struct avs_audit_shape *shape, enum avs_audit_policy policy) {
    switch (policy) {
    case AVS_POLICY_LIBCURL:
        return openssl_verifies(store, shape, true);
    case AVS_POLICY_OPENSSL:
        return openssl_verifies(store, shape, false);
    case AVS_POLICY_STRICT:
        return strict_verifies(store, shape);
    case AVS_POLICY_COUNT:
        break;
    }
    return false;
}
