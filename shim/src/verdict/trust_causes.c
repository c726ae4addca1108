/* SPDX-License-Identifier: Apache-2.0 */
/* From the facts of a refused chain to causes. Each row of the table is one question to the facts;
 * the order of the rows is the order in which to fix things. */
#include "verdict/trust_causes.h"

#include <stdbool.h>
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "evidence/store.h"

/* X509_V_ERR_* numbers that speak for themselves when the explainer could add nothing. They are
 * part of OpenSSL's ABI; this module does not include its headers. */
enum {
    VERIFY_NOT_YET_VALID = 9,
    VERIFY_HAS_EXPIRED = 10,
    VERIFY_SELF_SIGNED_LEAF = 18,
    VERIFY_SELF_SIGNED_IN_CHAIN = 19,
    VERIFY_NO_ISSUER_LOCALLY = 20,
    VERIFY_NO_ISSUER = 2,
    VERIFY_HOST_MISMATCH = 62,
    VERIFY_IP_MISMATCH = 64,
};

struct question {
    const struct avs_tls_facts *tls;
    const struct avs_trust_facts *trust;
    int64_t wall_clock;
    int64_t build_time;
    bool has_host;
};

static bool has_time_problem(const struct question *q) {
    return q->trust->refusal.is_expired || q->trust->refusal.is_not_yet_valid ||
           q->trust->gate.verify_error == VERIFY_NOT_YET_VALID ||
           q->trust->gate.verify_error == VERIFY_HAS_EXPIRED;
}

/* A clock before the day this library was built is wrong, whatever the certificates say. */
static bool clock_is_before_build(const struct question *q) {
    return q->wall_clock < q->build_time;
}

/* Is it the clock, or did somebody let a certificate lapse? The clock, when the chain is good at
 * another time and
 *  - the clock is earlier than this library, or
 *  - every certificate, the root in our own store included, is outside its validity: no operator
 *    lets all of them lapse, but a clock in 1970 or 2042 does just that, or
 *  - Amazon's own keys signed the chain, and a CA above the leaf is outside its validity or the
 *    leaf is not valid yet: Amazon's CAs are years from either end and its leaves are valid on
 *    the day of issue. */
static bool is_clock_wrong(const struct question *q) {
    const struct avs_trust_facts *trust = q->trust;
    if (!has_time_problem(q)) {
        return false;
    }
    if (clock_is_before_build(q)) {
        return true;
    }
    return trust->refusal.valid_at_other_time &&
           (trust->refusal.all_outside_validity ||
            (trust->refusal.path_is_public_ats &&
             (trust->refusal.ca_outside_validity || trust->refusal.is_not_yet_valid)));
}

/* With a wrong clock, what it makes of the certificates says nothing, unless they had lapsed before
 * this library was built. */
static bool is_expired(const struct question *q) {
    const struct avs_trust_facts *trust = q->trust;
    bool is_late = trust->refusal.is_expired || trust->gate.verify_error == VERIFY_HAS_EXPIRED;
    if (!is_clock_wrong(q)) {
        return is_late;
    }
    return trust->refusal.valid_at_other_time && trust->refusal.good_until < q->build_time;
}

static bool is_not_yet_valid(const struct question *q) {
    return !is_clock_wrong(q) && (q->trust->refusal.is_not_yet_valid ||
                                  q->trust->gate.verify_error == VERIFY_NOT_YET_VALID);
}

static bool is_host_wrong(const struct question *q) {
    return q->has_host && (q->trust->refusal.hostname_mismatch ||
                           q->trust->gate.verify_error == VERIFY_HOST_MISMATCH ||
                           q->trust->gate.verify_error == VERIFY_IP_MISMATCH);
}

/* Who re-signs TLS shows the name that was asked for. A certificate for other names, none of them
 * Amazon's, is another server's: a captive portal, a wrong DNS answer. */
static bool is_intercepted(const struct question *q) {
    bool has_amazon_name = false;
    for (size_t i = 0; i < q->tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        has_amazon_name |= q->tls->chain[i].has_amazon_name;
    }
    bool is_other_server = is_host_wrong(q) && !has_amazon_name && q->tls->chain_length > 0 &&
                           !avs_names_is_interceptor(q->trust->refusal.intercepted_by);
    return q->trust->refusal.is_intercepted && !is_other_server;
}

static bool is_self_signed(const struct question *q) {
    return !is_intercepted(q) && !q->trust->refusal.closes_with_ats_roots &&
           (q->trust->refusal.self_signed_leaf ||
            q->trust->gate.verify_error == VERIFY_SELF_SIGNED_LEAF);
}

static bool is_intermediate_missing(const struct question *q) {
    return !is_intercepted(q) && q->trust->refusal.intermediate_missing;
}

/* Installing an interceptor's root is never advised, so interception hides the missing root. */
static bool is_root_missing(const struct question *q) {
    const struct avs_trust_facts *trust = q->trust;
    if (is_intercepted(q) || trust->refusal.intermediate_missing || is_self_signed(q)) {
        return false;
    }
    return trust->refusal.closes_with_ats_roots || trust->refusal.untrusted_self_signed_in_chain ||
           trust->gate.verify_error == VERIFY_SELF_SIGNED_IN_CHAIN ||
           (!trust->refusal.wrong_purpose && !trust->refusal.issuer_unfit &&
            (trust->gate.verify_error == VERIFY_NO_ISSUER_LOCALLY ||
             trust->gate.verify_error == VERIFY_NO_ISSUER || trust->refusal.missing_issuer[0]));
}

/* A known root is worth installing whatever the name; an unknown one is not, when the server is
 * another than the one that was asked for. */
static bool is_known_root_missing(const struct question *q) {
    return is_root_missing(q) && !q->trust->refusal.issuer_under_old_hash &&
           q->trust->refusal.closes_with_ats_roots;
}

/* The root may well lie in that directory, where nobody finds it; by an old hash name it does. */
static bool is_path_not_hashed(const struct question *q) {
    return is_root_missing(q) && q->trust->store.ca_path_useless;
}

static bool is_unknown_root_missing(const struct question *q) {
    return is_root_missing(q) && !q->trust->refusal.issuer_under_old_hash &&
           !q->trust->refusal.closes_with_ats_roots;
}

static bool is_wrong_purpose(const struct question *q) {
    return q->trust->refusal.wrong_purpose;
}

static bool is_weak(const struct question *q) {
    return q->trust->refusal.weak_signature;
}

static const struct {
    enum avs_cause cause;
    bool (*is_true)(const struct question *q);
} rows[] = {
    {AVS_CAUSE_CLOCK_WRONG, is_clock_wrong},
    {AVS_CAUSE_INTERCEPTED, is_intercepted},
    {AVS_CAUSE_SELF_SIGNED, is_self_signed},
    {AVS_CAUSE_INTERMEDIATE_MISSING, is_intermediate_missing},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, is_path_not_hashed},
    {AVS_CAUSE_ROOT_MISSING, is_known_root_missing},
    {AVS_CAUSE_HOSTNAME_MISMATCH, is_host_wrong},
    {AVS_CAUSE_ROOT_MISSING, is_unknown_root_missing},
    {AVS_CAUSE_CERT_EXPIRED, is_expired},
    {AVS_CAUSE_CERT_NOT_YET_VALID, is_not_yet_valid},
    {AVS_CAUSE_WRONG_PURPOSE, is_wrong_purpose},
    {AVS_CAUSE_WEAK_SIGNATURE, is_weak},
};

/* The value of the first "O=" of a distinguished name in RFC 2253 order; escapes are left alone. */
static void organization_of(const char *name, char *organization, size_t capacity) {
    const char *at = strncmp(name, "O=", 2) == 0 ? name : strstr(name, ",O=");
    at = at ? strchr(at, '=') + 1 : "";
    avs_text_copy_bytes(organization, capacity, at, strcspn(at, ","));
}

enum avs_cause avs_not_ats_cause(const struct avs_tls_facts *tls, const char *host) {
    char organization[AVS_NAME_BYTES];
    organization_of(tls->trust.gate.anchor_subject, organization, sizeof(organization));
    bool is_somebody = tls->trust.gate.anchor_subject[0] != '\0';
    return is_somebody && avs_names_is_amazon_host(host) &&
                   !avs_names_is_public_authority(organization)
               ? AVS_CAUSE_INTERCEPTED
               : AVS_CAUSE_NOT_ATS;
}

size_t avs_trust_causes(const struct avs_tls_facts *tls, int64_t wall_clock, int64_t build_time,
                        const char *host, enum avs_cause *ret_causes, size_t capacity) {
    const struct avs_trust_facts *trust = &tls->trust;
    enum avs_cause single = avs_store_cause(trust->store.state);
    if (single == AVS_CAUSE_NONE && trust->gate.verify_error == 0 &&
        trust->gate.is_anchor_cross_signed) {
        single = AVS_CAUSE_CROSS_SIGNED_ANCHOR;
    }
    if (trust->refusal.leaf_number > 0) { /* all else is about somebody else's certificate */
        single = AVS_CAUSE_HOSTNAME_MISMATCH;
    }
    if (single != AVS_CAUSE_NONE && capacity > 0) {
        ret_causes[0] = single;
        return 1;
    }
    if (trust->gate.verify_error <= 0) { /* accepted, or the gate never ran */
        return 0;
    }
    const struct question question = {.tls = tls,
                                      .trust = trust,
                                      .wall_clock = wall_clock,
                                      .build_time = build_time,
                                      .has_host = host && host[0]};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && count < capacity; i++) {
        if (rows[i].is_true(&question)) {
            ret_causes[count++] = rows[i].cause;
        }
    }
    if (count == 0 && capacity > 0) {
        ret_causes[count++] = AVS_CAUSE_CERT_INVALID;
    }
    if (count < capacity && clock_is_before_build(&question) && !is_clock_wrong(&question)) {
        ret_causes[count++] = AVS_CAUSE_CLOCK_WRONG; /* true, but not what broke this chain */
    }
    return count;
}
