/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the chains that AWS sends would verify with a store, and by whose rules. */
#ifndef AVS_STORE_AUDIT_SHAPES_H
#define AVS_STORE_AUDIT_SHAPES_H

#include <stdbool.h>
#include <stddef.h>

#define AVS_AUDIT_NODES_MAX 64

/** A watched certificate of a store. */
struct avs_audit_node {
    int subject, issuer; /* index into the watches, issuer -1 = some other CA */
    bool is_self_issued;
};

struct avs_audit_nodes {
    struct avs_audit_node node[AVS_AUDIT_NODES_MAX];
    size_t count;
};

enum avs_audit_policy {                     /* see audit_shapes.c */
                        AVS_POLICY_LIBCURL, /* OpenSSL, trusted first, partial chain */
                        AVS_POLICY_OPENSSL, /* OpenSSL's default: the anchor must be self-signed */
                        AVS_POLICY_STRICT, /* GnuTLS-like: the path as it was sent, no alternates */
                        AVS_POLICY_COUNT
};
const char *avs_audit_policy_id(enum avs_audit_policy policy);

#define AVS_SHAPE_CHAIN_MAX 2 /* cross-signed certificates behind the issuing CA */
struct avs_audit_shape {
    const char *id;
    const char *text;                                /* what the server sends */
    const char *family;                              /* "RSA", "ECDSA" */
    int issuer;                                      /* watch that signed the issuing CA */
    struct avs_audit_node sent[AVS_SHAPE_CHAIN_MAX]; /* cross-signed certificates, in order */
    size_t sent_count;
    bool is_current; /* AWS sends it today */
};
extern const struct avs_audit_shape avs_audit_shape_table[];
extern const size_t avs_audit_shape_count;
#define AVS_AUDIT_SHAPES_MAX 20

/** Would a chain of this shape verify with these certificates as the store? */
bool avs_audit_shape_verifies(const struct avs_audit_nodes *store,
                              const struct avs_audit_shape *shape, enum avs_audit_policy policy);

#endif
