/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates: those that were sent, who signed whom, and the authorities above them that the
 * client knew, lacked or would have needed. The keys were other people's: new ones take their
 * places, one for one. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S  INT64_C(86400)
#define YEAR_S (365 * DAY_S)
#define PAST_S (-100 * YEAR_S) /* from now: OpenSSL knows no time before 1900 */
#define SPAN_S (900 * YEAR_S)  /* and a certificate's year has four digits */

/* X509_V_ERR_*, part of OpenSSL's ABI. */
enum {
    VERIFY_NO_ISSUER = 2,
    VERIFY_BAD_SIGNATURE = 7,
    VERIFY_NOT_YET_VALID = 9,
    VERIFY_EXPIRED = 10,
    VERIFY_SELF_SIGNED_LEAF = 18,
    VERIFY_SELF_SIGNED_IN_CHAIN = 19,
    VERIFY_NO_ISSUER_LOCALLY = 20,
    VERIFY_NO_LEAF_SIGNATURE = 21,
    VERIFY_INVALID_CA = 24,
    VERIFY_PATH_LENGTH = 25,
    VERIFY_INVALID_PURPOSE = 26,
    VERIFY_HOST_MISMATCH = 62,
    VERIFY_IP_MISMATCH = 64,
    VERIFY_LEAF_KEY_SMALL = 66,
    VERIFY_CA_KEY_SMALL = 67,
    VERIFY_DIGEST_WEAK = 68,
};

struct builder {
    struct replay_script *script;
    struct avs_replay *replay;
    const struct avs_evidence *evidence;
    const struct avs_cert_facts *facts[REPLAY_CERTIFICATES_MAX]; /* NULL: never sent */
    char spki[REPLAY_KEYS_MAX][AVS_HASH_HEX_BYTES];
};

#define AUTHORITY_KEY_RSA "RSA 2048"
#define AUTHORITY_KEY_EC  "EC P-256"

static int64_t clamp(int64_t span_s) {
    return span_s < PAST_S ? PAST_S : span_s > SPAN_S ? SPAN_S : span_s;
}

static int64_t from_now(int64_t time_s, int64_t now_s) {
    int64_t span_s = 0;
    if (__builtin_sub_overflow(time_s, now_s, &span_s)) {
        span_s = time_s < now_s ? PAST_S : SPAN_S;
    }
    return clamp(span_s);
}

/* ---- adding; -1 where there is no room, which all callers pass on ---- */

static int add_key(struct builder *builder, const char *kind, const char *spki) {
    struct avs_replay *replay = builder->replay;
    for (int i = 0; spki[0] && i < replay->key_count; i++) {
        if (strcmp(builder->spki[i], spki) == 0) {
            return i;
        }
    }
    if (replay->key_count == REPLAY_KEYS_MAX) {
        return -1;
    }
    snprintf(builder->spki[replay->key_count], sizeof(builder->spki[0]), "%s", spki);
    snprintf(replay->keys[replay->key_count], sizeof(replay->keys[0]), "%s",
             kind[0] ? kind : AUTHORITY_KEY_EC);
    return replay->key_count++;
}

static struct replay_certificate *add_row(struct builder *builder, int *ret_index) {
    struct avs_replay *replay = builder->replay;
    if (replay->certificate_count == REPLAY_CERTIFICATES_MAX) {
        return NULL;
    }
    *ret_index = replay->certificate_count++;
    return &replay->certificates[*ret_index];
}

/* A self-signed authority; `key` -1: with a key of its own. */
static int add_authority(struct builder *builder, const char *subject, const char *kind, int key) {
    int index = -1;
    key = key >= 0 ? key : add_key(builder, kind, "");
    struct replay_certificate *row = key >= 0 ? add_row(builder, &index) : NULL;
    if (!row) {
        return -1;
    }
    snprintf(row->subject, sizeof(row->subject), "%s", subject);
    snprintf(row->issuer, sizeof(row->issuer), "%s", subject);
    row->from_s = -10 * YEAR_S;
    row->until_s = 10 * YEAR_S;
    row->key = row->signer = key;
    row->is_authority = true;
    return index;
}

static int add_sent(struct builder *builder, const struct avs_cert_facts *facts) {
    struct avs_replay *replay = builder->replay;
    for (int i = 0; i < replay->certificate_count; i++) {
        if (facts->sha256[0] && strcmp(builder->facts[i]->sha256, facts->sha256) == 0) {
            return i;
        }
    }
    int index = -1;
    int key = add_key(builder, facts->key, facts->spki_sha256);
    struct replay_certificate *row = key >= 0 ? add_row(builder, &index) : NULL;
    if (!row) {
        return -1;
    }
    snprintf(row->subject, sizeof(row->subject), "%s", facts->subject);
    snprintf(row->issuer, sizeof(row->issuer), "%s", facts->issuer);
    snprintf(row->names, sizeof(row->names), "%s", facts->names);
    snprintf(row->signature, sizeof(row->signature), "%s", facts->signature);
    row->from_s = from_now(facts->not_before, builder->evidence->wall_clock);
    row->until_s = from_now(facts->not_after, builder->evidence->wall_clock);
    row->key = key;
    row->signer = REPLAY_STRANGER;
    row->is_authority = facts->is_ca;
    builder->facts[index] = facts;
    return index;
}

/* ---- who signed whom ---- */

static int find_subject(const struct builder *builder, const char *subject, int but) {
    const struct avs_replay *replay = builder->replay;
    for (int i = 0; i < replay->certificate_count; i++) {
        if (i != but && strcmp(replay->certificates[i].subject, subject) == 0) {
            return i;
        }
    }
    return -1;
}

/* The key of an authority that never showed itself, as far as what it signed tells. */
static const char *key_behind(const char *signature) {
    return strncmp(signature, "ecdsa", 5) == 0 ? AUTHORITY_KEY_EC : AUTHORITY_KEY_RSA;
}

static void sign(struct builder *builder, int index) {
    struct replay_certificate *row = &builder->replay->certificates[index];
    if (builder->facts[index]->is_self_signed) {
        row->signer = row->key;
        return;
    }
    int signer = find_subject(builder, row->issuer, index);
    if (signer < 0) {
        signer = add_authority(builder, row->issuer, key_behind(row->signature), -1);
    }
    if (signer >= 0) {
        row->signer = builder->replay->certificates[signer].key;
    }
}

/* ---- one session ---- */

/* The end of the path that begins with the leaf. */
static int top_of(const struct builder *builder, const struct replay_session *session) {
    const struct avs_replay *replay = builder->replay;
    int top = session->chain[0];
    for (int steps = 0; steps < session->chain_length; steps++) {
        int next = -1;
        for (int i = 0; i < session->chain_length && next < 0; i++) {
            int at = session->chain[i];
            if (at != top &&
                strcmp(replay->certificates[at].subject, replay->certificates[top].issuer) == 0) {
                next = at;
            }
        }
        if (next < 0 || builder->facts[top]->is_self_signed) {
            break;
        }
        top = next;
    }
    return top;
}

/* What would close the path: the authority above its end, or its end. */
static int root_above(struct builder *builder, int top) {
    const struct replay_certificate *row = &builder->replay->certificates[top];
    if (row->signer == row->key) {
        return top;
    }
    int above = find_subject(builder, row->issuer, top);
    return above >= 0 ? above : add_authority(builder, row->issuer, key_behind(row->signature), -1);
}

/* The root whose key a certificate has: itself, or, where it is a copy that another root signed,
 * the one that signs itself. */
static int twin_of(struct builder *builder, int index) {
    struct replay_certificate copy = builder->replay->certificates[index];
    if (copy.signer == copy.key) {
        return index;
    }
    int known = find_subject(builder, copy.subject, index);
    if (known >= 0 && builder->replay->certificates[known].key == copy.key &&
        builder->replay->certificates[known].signer == copy.key) {
        return known;
    }
    int twin = add_authority(builder, copy.subject, "", copy.key);
    if (twin >= 0) {
        builder->replay->certificates[twin].from_s = copy.from_s;
        builder->replay->certificates[twin].until_s = copy.until_s;
    }
    return twin;
}

/* The certificate of the chain with the key of an ATS root, -1: none. */
static int ats_of(const struct builder *builder, const struct replay_session *session) {
    for (int i = 0; i < session->chain_length; i++) {
        if (builder->facts[session->chain[i]]->ats_root[0]) {
            return session->chain[i];
        }
    }
    return -1;
}

static void trust(struct builder *builder, int index) {
    if (index >= 0) {
        builder->replay->certificates[index].is_trusted = true;
    }
}

static void make_ats(struct builder *builder, int index) {
    if (index >= 0) {
        builder->replay->certificates[index].is_ats = true;
    }
}

static bool is_open(const struct avs_trust_facts *facts) {
    const struct avs_refusal_facts *refusal = &facts->refusal;
    int error = facts->gate.verify_error;
    return refusal->missing_issuer[0] || refusal->closes_with_ats_roots ||
           refusal->self_signed_leaf || refusal->untrusted_self_signed_in_chain ||
           refusal->intermediate_missing || error == VERIFY_NO_ISSUER ||
           error == VERIFY_SELF_SIGNED_LEAF || error == VERIFY_SELF_SIGNED_IN_CHAIN ||
           error == VERIFY_NO_ISSUER_LOCALLY || error == VERIFY_NO_LEAF_SIGNATURE;
}

/* The gate took it: where the path ended, and whether that was an ATS root. */
static void read_accepted(struct builder *builder, const struct replay_session *session, int top,
                          const struct avs_gate_facts *gate) {
    int ats = ats_of(builder, session);
    int anchor = -1;
    for (int i = 0; i < session->chain_length && anchor < 0; i++) {
        int at = session->chain[i];
        if (strcmp(builder->replay->certificates[at].subject, gate->anchor_subject) == 0) {
            anchor = gate->is_anchor_cross_signed ? at : twin_of(builder, at);
        }
    }
    anchor = anchor >= 0 ? anchor : root_above(builder, top);
    trust(builder, anchor);
    if (gate->is_ats) {
        make_ats(builder, ats >= 0 ? twin_of(builder, ats) : anchor);
    }
}

/* No set of anchors that the client had closes the path. */
static void read_open(struct builder *builder, const struct replay_session *session, int top,
                      const struct avs_trust_facts *facts) {
    const struct avs_refusal_facts *refusal = &facts->refusal;
    struct avs_replay *replay = builder->replay;
    int ats = ats_of(builder, session);
    if (refusal->closes_with_ats_roots) {
        make_ats(builder, ats >= 0 ? twin_of(builder, ats) : root_above(builder, top));
        return;
    }
    if (refusal->issuer_unfit || refusal->wrong_purpose) { /* it was at hand, and would not do */
        int above = root_above(builder, top);
        if (refusal->issuer_unfit) {
            replay->certificates[top].flaw = CERTIFICATE_FOREIGN_KEY_ID;
            trust(builder, above);
        } else if (above >= 0 && !builder->facts[above]) {
            replay->certificates[above].is_authority = false;
            trust(builder, above);
        }
    }
    if (refusal->issuer_known_by_name) {
        trust(builder, add_authority(builder, refusal->missing_issuer, AUTHORITY_KEY_EC, -1));
    }
    if (refusal->intermediate_missing) { /* a root of that organisation is there */
        const char *organisation = strstr(refusal->missing_issuer, "O=");
        char subject[REPLAY_NAME_BYTES];
        size_t length = 0;
        while (organisation && organisation[length] &&
               (organisation[length] != ',' || organisation[length - 1] == '\\')) {
            length++;
        }
        snprintf(subject, sizeof(subject), "CN=Stand-in Root Of The Organisation%s%.*s",
                 length ? "," : "", (int)length, organisation ? organisation : "");
        trust(builder, add_authority(builder, subject, AUTHORITY_KEY_EC, -1));
        snprintf(replay->certificates[top].issuer_url, REPLAY_NAME_BYTES, "%s",
                 refusal->issuer_url[0] ? refusal->issuer_url : "http://issuer.invalid/ca.der");
    }
}

/* What the gate found at a certificate of the path that its names, times and keys do not show. */
static void read_flaw(struct builder *builder, const struct replay_session *session,
                      const struct avs_gate_facts *gate, int root) {
    static const struct {
        int error;
        enum certificate_flaw flaw;
    } flaws[] = {
        {VERIFY_INVALID_PURPOSE, CERTIFICATE_FOR_CLIENTS},
        {VERIFY_PATH_LENGTH, CERTIFICATE_NO_PATH},
        {VERIFY_BAD_SIGNATURE, CERTIFICATE_BROKEN_SIGNATURE},
        {VERIFY_NOT_YET_VALID, CERTIFICATE_SOUND},
        {VERIFY_EXPIRED, CERTIFICATE_SOUND},
        {VERIFY_INVALID_CA, CERTIFICATE_SOUND},
        {VERIFY_HOST_MISMATCH, CERTIFICATE_SOUND},
        {VERIFY_IP_MISMATCH, CERTIFICATE_SOUND},
        {VERIFY_LEAF_KEY_SMALL, CERTIFICATE_SOUND},
        {VERIFY_CA_KEY_SMALL, CERTIFICATE_SOUND},
        {VERIFY_DIGEST_WEAK, CERTIFICATE_SOUND},
    };
    int depth = gate->verify_depth;
    bool is_sent = depth >= 0 && depth < session->chain_length;
    int at = is_sent ? session->chain[depth] : root;
    if (at < 0) {
        return;
    }
    struct replay_certificate *row = &builder->replay->certificates[at];
    if (gate->verify_error == VERIFY_CA_KEY_SMALL && !is_sent) {
        snprintf(builder->replay->keys[row->key], sizeof(builder->replay->keys[0]), "RSA 1024");
    }
    enum certificate_flaw flaw = CERTIFICATE_UNKNOWN_EXTENSION; /* refused, for whatever reason */
    for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
        flaw = flaws[i].error == gate->verify_error ? flaws[i].flaw : flaw;
    }
    row->flaw = flaw;
}

/* An authority that never showed itself is outside its time where all the others are. */
static void read_root_times(struct builder *builder, int top, int root,
                            const struct avs_refusal_facts *refusal) {
    if (root >= 0 && !builder->facts[root] &&
        (refusal->all_outside_validity || builder->script->cause == AVS_CAUSE_CLOCK_WRONG)) {
        builder->replay->certificates[root].from_s = builder->replay->certificates[top].from_s;
        builder->replay->certificates[root].until_s = builder->replay->certificates[top].until_s;
    }
}

/* A name of a root over another key: the root itself, which the client knew. */
static void read_forged(struct builder *builder, const struct replay_session *session) {
    for (int i = 0; i < session->chain_length; i++) {
        const struct avs_cert_facts *facts = builder->facts[session->chain[i]];
        if (facts->is_amazon_name_over_foreign_key) {
            make_ats(builder, add_authority(builder, facts->subject, AUTHORITY_KEY_EC, -1));
        }
    }
}

/* A long list of names may have been cut, and the one that fitted with it. */
static void read_names(struct builder *builder, const struct replay_session *session,
                       const struct avs_tls_facts *tls) {
    struct replay_certificate *leaf = &builder->replay->certificates[session->chain[0]];
    size_t length = strlen(leaf->names);
    if (tls->hostname_matched && length + AVS_NAME_BYTES > sizeof(tls->chain[0].names)) {
        snprintf(leaf->names + length, sizeof(leaf->names) - length, ",%s",
                 builder->evidence->host);
    }
}

static void read_session(struct builder *builder, int index) {
    const struct avs_tls_facts *tls = &builder->evidence->session[index].tls;
    struct replay_session *session = &builder->replay->sessions[index];
    if (session->chain_length == 0) {
        return;
    }
    int top = top_of(builder, session);
    int root = root_above(builder, top);
    read_names(builder, session, tls);
    read_forged(builder, session);
    if (tls->trust.gate.verify_error <= 0) {
        read_accepted(builder, session, top, &tls->trust.gate);
        return;
    }
    read_root_times(builder, top, root, &tls->trust.refusal);
    if (is_open(&tls->trust)) {
        read_open(builder, session, top, &tls->trust);
        return;
    }
    int ats = ats_of(builder, session);
    read_flaw(builder, session, &tls->trust.gate, root);
    trust(builder, ats >= 0 ? twin_of(builder, ats) : root);
    make_ats(builder, ats >= 0 ? twin_of(builder, ats) : -1);
}

/* ---- the whole ---- */

static void read_sent(struct builder *builder, int index) {
    const struct avs_tls_facts *tls = &builder->evidence->session[index].tls;
    struct replay_session *session = &builder->replay->sessions[index];
    for (size_t i = 0; i < tls->chain_length && i < CHAIN_LIMIT; i++) {
        int at = add_sent(builder, &tls->chain[i]);
        if (at >= 0) {
            session->chain[session->chain_length++] = at;
        }
    }
}

/* A server of which no certificate is known still needs one: that of its other session, or one
 * that nothing is wrong with. */
static void read_unseen(struct builder *builder) {
    struct avs_replay *replay = builder->replay;
    int count[REPLAY_SESSIONS] = {replay->sessions[0].chain_length,
                                  replay->sessions[1].chain_length};
    if (count[0] == 0 && count[1] == 0) {
        static const char root_name[] = "CN=Stand-in Root Nobody Saw,O=Stand-in";
        int root = add_authority(builder, root_name, AUTHORITY_KEY_EC, -1);
        int leaf = add_authority(builder, "CN=Stand-in Server Nobody Saw", AUTHORITY_KEY_EC, -1);
        if (root < 0 || leaf < 0) {
            return;
        }
        struct replay_certificate *row = &replay->certificates[leaf];
        snprintf(row->issuer, sizeof(row->issuer), "%s", root_name);
        snprintf(row->names, sizeof(row->names), "%s", builder->evidence->host);
        row->signer = replay->certificates[root].key;
        row->is_authority = false;
        row->from_s = -30 * DAY_S;
        row->until_s = YEAR_S;
        trust(builder, root);
        make_ats(builder, root);
        replay->sessions[0].chain[0] = leaf;
        replay->sessions[0].chain_length = 1;
    }
    for (int i = 0; i < REPLAY_SESSIONS; i++) {
        struct replay_session *session = &replay->sessions[i];
        const struct replay_session *other = &replay->sessions[1 - i];
        if (session->chain_length == 0) {
            memcpy(session->chain, other->chain, sizeof(session->chain));
            session->chain_length = other->chain_length;
        }
    }
}

/* A file of roots is never empty. */
static void fill_stores(struct builder *builder) {
    struct avs_replay *replay = builder->replay;
    bool has_trusted = false;
    bool has_ats = false;
    for (int i = 0; i < replay->certificate_count; i++) {
        has_trusted |= replay->certificates[i].is_trusted;
        has_ats |= replay->certificates[i].is_ats;
    }
    if (has_trusted && has_ats) {
        return;
    }
    int other = add_authority(builder, "CN=Stand-in Unrelated Root,O=Stand-in Unrelated",
                              AUTHORITY_KEY_EC, -1);
    if (!has_trusted) {
        trust(builder, other);
    }
    if (!has_ats) {
        make_ats(builder, other);
    }
}

static int count_of_key(const struct avs_replay *replay, int key) {
    int count = 0;
    for (int i = 0; i < replay->certificate_count; i++) {
        count += replay->certificates[i].key == key;
    }
    return count;
}

/* An authority that is neither sent nor in a file signs, and nobody sees its key: another one of
 * the kind will do, and an RSA key takes long to make. */
static void share_keys(struct builder *builder) {
    struct avs_replay *replay = builder->replay;
    for (int i = 0; i < replay->certificate_count; i++) {
        const struct replay_certificate *row = &replay->certificates[i];
        int key = row->key;
        int other = 0;
        while (other < replay->key_count &&
               (other == key || strcmp(replay->keys[other], replay->keys[key]) != 0)) {
            other++;
        }
        if (builder->facts[i] || !row->is_authority || row->is_trusted || row->is_ats ||
            other == replay->key_count || count_of_key(replay, key) > 1) {
            continue;
        }
        for (int k = 0; k < replay->certificate_count; k++) {
            struct replay_certificate *signed_by = &replay->certificates[k];
            signed_by->signer = signed_by->signer == key ? other : signed_by->signer;
        }
        replay->certificates[i].key = other;
        replay->keys[key][0] = '\0';
    }
}

/* The client's clock was wrong, and this machine's is right: every time is moved as one until this
 * clock stands to them all as that one stood to some. */
static void move_times(struct builder *builder, const struct avs_refusal_facts *refusal) {
    struct avs_replay *replay = builder->replay;
    int64_t first = SPAN_S;
    int64_t last = PAST_S;
    for (int i = 0; i < replay->certificate_count; i++) {
        const struct replay_certificate *row = &replay->certificates[i];
        first = builder->facts[i] && row->from_s < first ? row->from_s : first;
        last = builder->facts[i] && row->until_s > last ? row->until_s : last;
    }
    if (refusal->is_not_yet_valid) {
        builder->script->moved_s = first > 0 ? 0 : DAY_S - first;
    } else if (refusal->is_expired) {
        builder->script->moved_s = last < 0 ? 0 : -DAY_S - last;
    }
    for (int i = 0; i < replay->certificate_count; i++) {
        struct replay_certificate *row = &replay->certificates[i];
        row->from_s = clamp(row->from_s + builder->script->moved_s);
        row->until_s = clamp(row->until_s + builder->script->moved_s);
    }
}

bool script_read_chains(struct replay_script *script, const struct avs_evidence *evidence) {
    struct builder *builder = calloc(1, sizeof(*builder));
    if (!builder) {
        return false;
    }
    *builder = (struct builder){.script = script, .replay = &script->replay, .evidence = evidence};
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        read_sent(builder, i);
    }
    int sent = script->replay.certificate_count;
    for (int i = 0; i < sent; i++) {
        sign(builder, i);
    }
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        read_session(builder, i);
    }
    read_unseen(builder);
    fill_stores(builder);
    share_keys(builder);
    if (script->cause == AVS_CAUSE_CLOCK_WRONG) {
        const struct avs_tls_facts *tls = &evidence->session[AVS_PROTOCOL_H2].tls;
        move_times(builder, tls->trust.refusal.is_expired || tls->trust.refusal.is_not_yet_valid
                                ? &tls->trust.refusal
                                : &evidence->session[AVS_PROTOCOL_HTTP1].tls.trust.refusal);
    }
    free(builder);
    return true;
}
