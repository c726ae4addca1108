/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a replay: names, times, keys and what is missing as they were met, signed by
 * keys of this run. */
#include "replay_pki.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "name.h"

enum { DAY_SECONDS = 86400 };

/* The nearest kind: what is weak stays weak, what is strong strong. */
static enum key_kind kind_of(const char *text) {
    static const struct {
        const char *curve;
        enum key_kind kind;
    } curves[] = {{"EC P-384", KIND_P384}, {"EC P-521", KIND_P521}};
    if (strncmp(text, "RSA ", 4) == 0) {
        long bits = strtol(text + 4, NULL, 10);
        return bits < 2048   ? KIND_RSA_1024
               : bits < 3072 ? KIND_RSA_2048
               : bits < 4096 ? KIND_RSA_3072
                             : KIND_RSA_4096;
    }
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(text, curves[i].curve) == 0) {
            return curves[i].kind;
        }
    }
    return KIND_P256;
}

/* Of a signature's name; NULL: what fits the key. */
static const EVP_MD *digest_of(const char *signature) {
    int digest = NID_undef;
    int nid = OBJ_ln2nid(signature);
    if (nid == NID_undef || OBJ_find_sigid_algs(nid, &digest, NULL) != 1 || digest == NID_undef) {
        return NULL;
    }
    return EVP_get_digestbynid(digest);
}

/* A certificate for nothing but its name and key: what the real one takes from its issuer. */
static X509 *shell_of(X509_NAME *name, EVP_PKEY *key) {
    X509 *shell = X509_new();
    X509V3_CTX context;
    X509_EXTENSION *extension = NULL;
    bool is_good =
        shell && X509_set_subject_name(shell, name) == 1 && X509_set_pubkey(shell, key) == 1;
    if (is_good) {
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, shell, shell, NULL, NULL, 0);
        extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, "hash");
        is_good = extension && X509_add_ext(shell, extension, -1) == 1;
    }
    X509_EXTENSION_free(extension);
    if (!is_good) {
        X509_free(shell);
        return NULL;
    }
    return shell;
}

static X509 *mint(struct replay_pki *pki, const struct replay_certificate *row) {
    EVP_PKEY *signer = row->signer == REPLAY_STRANGER ? pki->stranger : pki->keys[row->signer];
    bool is_self_signed = row->signer == row->key && strcmp(row->subject, row->issuer) == 0;
    bool is_foreign = row->flaw == CERTIFICATE_FOREIGN_KEY_ID;
    X509_NAME *subject = name_from_text(row->subject);
    X509_NAME *issuer_name = name_from_text(row->issuer);
    X509 *issuer = issuer_name && !is_self_signed
                       ? shell_of(issuer_name, is_foreign ? pki->stranger : signer)
                       : NULL;
    const struct certificate_request request = {
        .subject = subject,
        .key = pki->keys[row->key],
        .issuer = issuer,
        .issuer_key = signer,
        .kind = row->is_authority ? CERTIFICATE_AUTHORITY : CERTIFICATE_SERVER,
        .names = row->names[0] ? row->names : NULL,
        .issuer_url = row->issuer_url[0] ? row->issuer_url : NULL,
        .from_days = (int)(row->from_s / DAY_SECONDS),
        .from_seconds = (long)(row->from_s % DAY_SECONDS),
        .until_days = (int)(row->until_s / DAY_SECONDS),
        .until_seconds = (long)(row->until_s % DAY_SECONDS),
        .digest = digest_of(row->signature),
        .flaw = row->flaw,
    };
    X509 *certificate = subject && (issuer || is_self_signed) ? certificate_new(&request) : NULL;
    X509_NAME_free(subject);
    X509_NAME_free(issuer_name);
    X509_free(issuer);
    return certificate;
}

static void fill_identity(struct replay_pki *pki, const struct avs_replay *replay, int index) {
    const struct replay_session *session = &replay->sessions[index];
    struct identity *identity = &pki->identities[index];
    for (int i = 0; i < session->chain_length; i++) {
        X509 *certificate = pki->certificates[session->chain[i]];
        X509_up_ref(certificate);
        identity->chain[identity->length++] = certificate;
    }
    if (session->chain_length > 0) {
        identity->key = pki->keys[replay->certificates[session->chain[0]].key];
    }
}

bool replay_pki_init(struct replay_pki *pki, const struct avs_replay *replay) {
    struct key_job jobs[REPLAY_KEYS_MAX + 1] = {{KIND_P256, &pki->stranger}};
    size_t count = 1;
    for (int i = 0; i < replay->key_count; i++) {
        if (replay->keys[i][0]) {
            jobs[count++] = (struct key_job){kind_of(replay->keys[i]), &pki->keys[i]};
        }
    }
    if (!keys_generate(jobs, count)) {
        return false;
    }
    for (int i = 0; i < replay->certificate_count; i++) {
        pki->certificates[i] = mint(pki, &replay->certificates[i]);
        if (!pki->certificates[i]) {
            return false;
        }
    }
    for (int i = 0; i < REPLAY_SESSIONS; i++) {
        fill_identity(pki, replay, i);
    }
    return true;
}

void replay_pki_done(struct replay_pki *pki) {
    for (int i = 0; i < REPLAY_SESSIONS; i++) {
        identity_done(&pki->identities[i]);
    }
    for (int i = 0; i < REPLAY_CERTIFICATES_MAX; i++) {
        X509_free(pki->certificates[i]);
    }
    for (int i = 0; i < REPLAY_KEYS_MAX; i++) {
        EVP_PKEY_free(pki->keys[i]);
    }
    EVP_PKEY_free(pki->stranger);
    memset(pki, 0, sizeof(*pki));
}

bool replay_files_write(struct files *files, const struct replay_pki *pki,
                        const struct avs_replay *replay, const char *directory, char *error,
                        size_t error_bytes) {
    X509 *trusted[REPLAY_CERTIFICATES_MAX], *ats[REPLAY_CERTIFICATES_MAX];
    struct files_set set = {
        .trusted = trusted,
        .ats = ats,
        .has_unhashed =
            replay->store == REPLAY_STORE_UNHASHED || replay->store == REPLAY_STORE_BESIDE,
        .has_damaged = replay->store == REPLAY_STORE_DAMAGED,
    };
    for (int i = 0; i < replay->certificate_count; i++) {
        if (replay->certificates[i].is_trusted) {
            trusted[set.trusted_count++] = pki->certificates[i];
        }
        if (replay->certificates[i].is_ats) {
            ats[set.ats_count++] = pki->certificates[i];
        }
    }
    return files_write_set(files, &set, directory, error, error_bytes);
}
