/* SPDX-License-Identifier: Apache-2.0 */
/* Why a chain was refused. */
#include "trust/explain.h"

#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/names.h"
#include "base/text.h"
#include "trust/cert.h"
#include "trust/gate.h"
#include "trust/openssl_auto.h"
#include "trust/replay.h"

/* What the steps below share. */
struct explanation {
    const struct avs_explain_input *input;
    struct avs_tls_facts *facts;
    struct avs_trust_facts *trust;
    struct avs_replay by_store;    /* against the gate's store, times ignored */
    struct avs_replay by_ats;      /* against the ATS roots alone, times ignored */
    const struct avs_replay *best; /* the one whose path is worth looking at */
    X509_STORE *ats_store;
    const struct avs_ats_roots *embedded; /* Amazon's own, beside those of --ats-roots */
    bool closes_by_store;
};

static X509_STORE *make_ats_store(const struct avs_ats_roots *roots) {
    AVS_AUTO(X509_STORE) store = X509_STORE_new();
    for (size_t i = 0; store && i < avs_ats_roots_count(roots); i++) {
        X509 *root = avs_ats_roots_certificate(roots, i);
        if (!root || X509_STORE_add_cert(store, root) != 1) {
            return NULL;
        }
    }
    return AVS_STEAL(store);
}

/* Which root would have closed the chain. */
static void note_closing_root(struct explanation *it) {
    X509 *top = avs_replay_top(&it->by_ats);
    uint8_t digest[AVS_SHA256_BYTES];
    int at = avs_cert_spki_digest(top, digest)
                 ? avs_ats_roots_find_key(it->input->ats_roots, digest)
                 : -1;
    if (at < 0 || !avs_cert_digest(top, digest)) {
        return;
    }
    it->trust->refusal.closes_with_ats_roots = true;
    AVS_TEXT_SET(it->trust->refusal.closing_root,
                 avs_ats_roots_name(it->input->ats_roots, (size_t)at));
    avs_text_hex(it->trust->refusal.closing_sha256, sizeof(it->trust->refusal.closing_sha256),
                 digest, sizeof(digest));
}

/* A built-in Amazon key signs this chain, whatever --ats-roots says. */
static bool is_public_ats(const struct explanation *it) {
    AVS_AUTO(X509_STORE) store = make_ats_store(it->embedded);
    if (!store) {
        return false;
    }
    struct avs_replay replay = avs_replay_run(it->input, store, 0);
    bool is_closed = avs_replay_closes(&replay);
    avs_replay_done(&replay);
    return is_closed;
}

/* Where the missing issuer can be had; text only, nothing is fetched. */
static void note_issuer_url(struct explanation *it, X509 *certificate) {
    AUTHORITY_INFO_ACCESS *places = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(places); i++) {
        const ACCESS_DESCRIPTION *place = sk_ACCESS_DESCRIPTION_value(places, i);
        if (OBJ_obj2nid(place->method) == NID_ad_ca_issuers && place->location->type == GEN_URI) {
            const ASN1_IA5STRING *url = place->location->d.uniformResourceIdentifier;
            avs_cert_printable(it->trust->refusal.issuer_url, sizeof(it->trust->refusal.issuer_url),
                               url);
            break;
        }
    }
    AUTHORITY_INFO_ACCESS_free(places);
}

/* The organisation of one of the ATS roots: its issuing authorities carry it too. */
static bool is_organization_of_roots(const struct avs_ats_roots *roots, const char *organization) {
    for (size_t i = 0; organization[0] && i < avs_ats_roots_count(roots); i++) {
        char name[AVS_NAME_BYTES] = "";
        X509 *root = avs_ats_roots_certificate(roots, i);
        if (root) {
            avs_cert_organization(X509_get_subject_name(root), name, sizeof(name));
        }
        if (strcmp(name, organization) == 0) {
            return true;
        }
    }
    return false;
}

/* A root by its name, whosever key it is. */
static bool is_root_name(const struct explanation *it, const X509_NAME *name) {
    return avs_ats_roots_find_subject(it->input->ats_roots, name) >= 0 ||
           avs_ats_roots_find_subject(it->embedded, name) >= 0;
}

static bool is_root_key(const struct explanation *it, const X509 *certificate) {
    uint8_t key[AVS_SHA256_BYTES];
    return avs_cert_spki_digest(certificate, key) &&
           (avs_ats_roots_find_key(it->input->ats_roots, key) >= 0 ||
            avs_ats_roots_find_key(it->embedded, key) >= 0);
}

/* A public authority never lets a root sign a server's certificate, so a leaf that came alone
 * misses an intermediate; a private or intercepting one often does, so there the root is missing,
 * unless a root of the same organisation is in the store. What a public leaf has and a private one
 * seldom: a place to fetch the issuer, or logged timestamps (SCT). */
static bool leaf_lacks_intermediate(const struct explanation *it, X509 *leaf,
                                    const char *organization) {
    if (is_root_name(it, X509_get_issuer_name(leaf))) {
        return false;
    }
    return avs_names_is_public_authority(organization) ||
           is_organization_of_roots(it->input->ats_roots, organization) ||
           X509_get_ext_by_NID(leaf, NID_info_access, -1) >= 0 ||
           X509_get_ext_by_NID(leaf, NID_ct_precert_scts, -1) >= 0 ||
           (sk_X509_num(it->by_store.named) <= 0 &&
            avs_anchors_has_root_of(it->input->anchors, organization));
}

/* The one of `candidates` whose name and key signed `certificate`. */
static X509 *signer_among(const STACK_OF(X509) * candidates, X509 *certificate) {
    for (int i = 0; i < sk_X509_num(candidates); i++) {
        X509 *candidate = sk_X509_value(candidates, i);
        EVP_PKEY *key = X509_get0_pubkey(candidate);
        if (X509_cmp(candidate, certificate) != 0 && key &&
            X509_NAME_cmp(X509_get_subject_name(candidate), X509_get_issuer_name(certificate)) ==
                0 &&
            X509_verify(certificate, key) == 1) {
            return candidate;
        }
    }
    return NULL;
}

static bool may_sign(X509 *certificate) {
    return X509_check_ca(certificate) > 0 &&
           (X509_get_key_usage(certificate) & X509v3_KU_KEY_CERT_SIGN) != 0;
}

static bool is_malformed(X509 *certificate) {
    return (X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0;
}

/* The path ends although the issuer is at hand and did sign: true when that is the reason. A loop
 * of authorities that sign each other is none: there a root is missing as anywhere. */
static bool note_refused_issuer(struct explanation *it, X509 *top) {
    X509 *stored = signer_among(it->by_store.named, top);
    X509 *sent = signer_among(it->input->sent, top);
    X509 *signer = stored ? stored : sent;
    if (!signer) {
        return false;
    }
    if (!may_sign(signer)) {
        it->trust->refusal.wrong_purpose = true;
    } else {
        it->trust->refusal.issuer_unfit = stored || is_malformed(top) || is_malformed(signer);
    }
    return it->trust->refusal.wrong_purpose || it->trust->refusal.issuer_unfit;
}

/* The issuer that was looked for may lie in the CA path under the name that OpenSSL before 1.0 gave
 * it, as in Android's folder. */
static void look_for_old_name(struct explanation *it, const X509_NAME *issuer) {
    struct avs_store_facts *store = &it->trust->store;
    X509_NAME *name = (X509_NAME *)(uintptr_t)issuer; /* OpenSSL 1.1.1 knows no const here */
    char path[AVS_NAME_BYTES + 16];
    unsigned long old_hash = X509_NAME_hash_old(name);
    avs_text_format(path, sizeof(path), "%s/%08lx.0", store->ca_path, old_hash);
    if (!store->ca_path[0] || access(path, F_OK) != 0) {
        return;
    }
    store->ca_path_useless = it->trust->refusal.issuer_under_old_hash = true;
    avs_text_format(store->detail, sizeof(store->detail),
                    "the CA path has the issuer under its old hash name, %08lx.0; OpenSSL since "
                    "1.0 looks for %08lx.0",
                    old_hash, (unsigned long)X509_NAME_hash(name));
}

/* No set of anchors closes the chain: where does it break off? */
static void note_open_end(struct explanation *it) {
    struct avs_refusal_facts *refusal = &it->trust->refusal;
    X509 *top = avs_replay_top(&it->by_store);
    if (!top || !avs_replay_is_open(&it->by_store)) {
        return;
    }
    bool is_leaf = sk_X509_num(it->by_store.path) == 1;
    const X509_NAME *issuer = X509_get_issuer_name(top);
    char organization[AVS_NAME_BYTES];
    avs_cert_name(issuer, refusal->missing_issuer, sizeof(refusal->missing_issuer));
    avs_cert_organization(issuer, organization, sizeof(organization));
    refusal->issuer_known_by_name =
        sk_X509_num(it->by_store.named) > 0 && !signer_among(it->by_store.named, top);
    look_for_old_name(it, issuer);
    if (refusal->closes_with_ats_roots) {
        return;
    }
    if (avs_cert_is_self_signed(top)) {
        refusal->self_signed_leaf = is_leaf;
        refusal->untrusted_self_signed_in_chain = !is_leaf;
        return;
    }
    if (note_refused_issuer(it, top)) {
        return;
    }
    note_issuer_url(it, top);
    refusal->intermediate_missing = is_leaf && leaf_lacks_intermediate(it, top, organization);
}

/* A chain sent in the wrong order begins with somebody else's certificate: which one is for this
 * host? */
static void note_leaf_elsewhere(struct explanation *it) {
    for (int i = 1; i < sk_X509_num(it->input->sent); i++) {
        X509 *candidate = sk_X509_value(it->input->sent, i);
        if (X509_check_ca(candidate) == 0 && avs_gate_name_matches(candidate, it->input->host)) {
            /* the rest is about a certificate that is not the server's */
            it->trust->refusal =
                (struct avs_refusal_facts){.hostname_mismatch = true, .leaf_number = i + 1};
            return;
        }
    }
}

/* Somebody calls himself an Amazon authority: a name of a root over another key, a certificate
 * whose issuer is such a root by name but not by signature, or an Amazon authority that a stranger
 * has signed. */
static bool has_forged_amazon_name(const struct explanation *it) {
    static const int bad_signature[] = {X509_V_ERR_CERT_SIGNATURE_FAILURE, 0};
    const STACK_OF(X509) *path = it->by_store.path;
    int broken = avs_replay_find(&it->by_store, bad_signature);
    for (int i = 0; i < sk_X509_num(path); i++) {
        X509 *certificate = sk_X509_value(path, i);
        const X509_NAME *subject = X509_get_subject_name(certificate);
        const X509_NAME *issuer = X509_get_issuer_name(certificate);
        bool has_root_key = is_root_key(it, certificate);
        if (is_root_name(it, subject) && !has_root_key) {
            return true;
        }
        bool is_unsigned =
            i + 1 == sk_X509_num(path) || (broken >= 0 && it->by_store.error[broken].depth == i);
        if (is_unsigned && !has_root_key && is_root_name(it, issuer)) {
            return true;
        }
        if (i > 0 && !has_root_key && avs_cert_name_claims_amazon(subject) &&
            !avs_cert_name_claims_amazon(issuer)) {
            return true;
        }
    }
    return false;
}

static bool has_interceptor_name(const struct explanation *it) {
    for (int i = 0; i < sk_X509_num(it->by_store.path); i++) {
        char name[AVS_NAME_BYTES];
        avs_cert_name(X509_get_issuer_name(sk_X509_value(it->by_store.path, i)), name,
                      sizeof(name));
        if (avs_names_is_interceptor(name)) {
            return true;
        }
    }
    return false;
}

/* TLS is intercepted: an Amazon name over a foreign key, an Amazon host under an authority that
 * nobody knows, or the name of a product that re-signs TLS. */
static void note_interception(struct explanation *it) {
    struct avs_trust_facts *trust = it->trust;
    X509 *top = avs_replay_top(&it->by_store);
    if (!top || trust->refusal.closes_with_ats_roots || trust->refusal.path_is_public_ats) {
        return;
    }
    const X509_NAME *issuer = X509_get_issuer_name(top);
    char organization[AVS_NAME_BYTES];
    avs_cert_organization(issuer, organization, sizeof(organization));
    bool is_stranger_for_amazon =
        avs_names_is_amazon_host(it->input->host) && avs_replay_is_open(&it->by_store) &&
        !trust->refusal.self_signed_leaf && !trust->refusal.intermediate_missing &&
        !avs_names_is_public_authority(organization);
    bool is_product = !it->closes_by_store && has_interceptor_name(it);
    if (is_stranger_for_amazon || is_product ||
        (!it->closes_by_store && has_forged_amazon_name(it))) {
        trust->refusal.is_intercepted = true;
        avs_cert_name(issuer, trust->refusal.intercepted_by, sizeof(trust->refusal.intercepted_by));
    }
}

static void note_problem(struct explanation *it, X509 *certificate) {
    struct avs_trust_facts *trust = it->trust;
    if (certificate && !trust->refusal.problem_subject[0]) {
        avs_cert_name(X509_get_subject_name(certificate), trust->refusal.problem_subject,
                      sizeof(trust->refusal.problem_subject));
        trust->refusal.problem_not_before = avs_cert_time(X509_get0_notBefore(certificate));
        trust->refusal.problem_not_after = avs_cert_time(X509_get0_notAfter(certificate));
    }
}

/* Which certificates of the path are outside their validity, and whether there is a time at which
 * the whole path is good. */
static void note_times(struct explanation *it) {
    struct avs_trust_facts *trust = it->trust;
    int64_t from = INT64_MIN;
    int64_t until = INT64_MAX;
    int outside = 0;
    int length = sk_X509_num(it->best->path);
    for (int i = 0; i < length; i++) {
        X509 *certificate = sk_X509_value(it->best->path, i);
        int64_t not_before = avs_cert_time(X509_get0_notBefore(certificate));
        int64_t not_after = avs_cert_time(X509_get0_notAfter(certificate));
        bool is_early = it->input->now_unix < not_before;
        bool is_late = it->input->now_unix >= not_after; /* as OpenSSL has it */
        from = not_before > from ? not_before : from;
        until = not_after < until ? not_after : until;
        trust->refusal.is_not_yet_valid |= is_early;
        trust->refusal.is_expired |= is_late;
        if (is_early || is_late) {
            outside++;
            trust->refusal.ca_outside_validity |= i > 0;
            note_problem(it, certificate);
        }
    }
    trust->refusal.all_outside_validity = outside > 0 && outside == length;
    if (outside == 0 || from > until || from == INT64_MIN) {
        return;
    }
    X509_STORE *store = it->closes_by_store ? it->input->store : it->ats_store;
    struct avs_replay then = avs_replay_run(it->input, store, from + (until - from) / 2);
    if (avs_replay_closes(&then) && then.error_count == 0) {
        trust->refusal.valid_at_other_time = true;
        trust->refusal.good_from = from;
        trust->refusal.good_until = until;
    }
    avs_replay_done(&then);
}

/* Strength and purpose, whatever the anchor. */
static void note_quality(struct explanation *it) {
    static const int weak[] = {X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL,
                               X509_V_ERR_CA_MD_TOO_WEAK, 0};
    static const int purpose[] = {X509_V_ERR_INVALID_PURPOSE,      X509_V_ERR_INVALID_CA,
                                  X509_V_ERR_INVALID_NON_CA,       X509_V_ERR_PATH_LENGTH_EXCEEDED,
                                  X509_V_ERR_KEYUSAGE_NO_CERTSIGN, X509_V_ERR_CERT_UNTRUSTED,
                                  X509_V_ERR_CERT_REJECTED,        0};
    int at = avs_replay_find(it->best, weak);
    if (at >= 0) {
        it->trust->refusal.weak_signature = true;
        note_problem(it, it->best->error[at].certificate);
    }
    at = avs_replay_find(it->best, purpose);
    if (at >= 0) {
        it->trust->refusal.wrong_purpose = true;
        note_problem(it, it->best->error[at].certificate);
    }
}

void avs_explain_chain(const struct avs_explain_input *input, struct avs_tls_facts *facts) {
    AVS_AUTO(X509_STORE) ats_store = make_ats_store(input->ats_roots);
    struct explanation it = {
        .input = input, .facts = facts, .trust = &facts->trust, .ats_store = ats_store};
    it.embedded = avs_ats_roots_embedded();
    if (!input->leaf || !ats_store || !it.embedded) {
        return;
    }
    it.by_store = avs_replay_run(input, input->store, 0);
    it.by_ats = avs_replay_run(input, ats_store, 0);
    it.closes_by_store = avs_replay_closes(&it.by_store);
    bool closes_by_ats = avs_replay_closes(&it.by_ats);
    it.best = !it.closes_by_store && closes_by_ats ? &it.by_ats : &it.by_store;
    facts->trust.refusal.path_is_public_ats = is_public_ats(&it);
    if (!it.closes_by_store && it.by_store.is_done) {
        if (closes_by_ats) {
            note_closing_root(&it);
        }
        note_open_end(&it);
        note_interception(&it);
    }
    if (it.by_store.is_done) {
        note_times(&it);
        note_quality(&it);
    }
    facts->trust.refusal.hostname_mismatch = input->host && !facts->hostname_matched;
    if (facts->trust.refusal.hostname_mismatch) {
        note_leaf_elsewhere(&it);
    }
    avs_replay_done(&it.by_store);
    avs_replay_done(&it.by_ats);
}
