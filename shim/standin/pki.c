/* SPDX-License-Identifier: Apache-2.0 */
/* The PKI: which authorities exist and who signs whom. How a certificate is put together is in
 * certificate.c; nothing is written to disk here. */
#include "pki.h"

#include <string.h>

#include "certificate.h"
#include "keys.h"

enum { YEAR_DAYS = 365 };
#define NO_AUTHORITY CA_COUNT

/* One row is one authority: its parent (itself: self-signed), who else signs a copy, its key. */
static const struct authority_row {
    enum authority parent;
    enum authority cross_parent;
    enum key_kind key;
    bool is_end_entity;
    int from_days, until_days;
    struct name_part name[NAME_PARTS_MAX];
} authorities[CA_COUNT] = {
    [CA_CLASS_2] = {CA_CLASS_2,
                    NO_AUTHORITY,
                    KIND_RSA_2048,
                    false,
                    -20 * YEAR_DAYS,
                    10 * YEAR_DAYS,
                    {{"C", "US"},
                     {"O", "Stand-in Technologies, Inc."},
                     {"OU", "Stand-in Class 2 Certification Authority"}}},
    [CA_G2] = {CA_G2,
               CA_CLASS_2,
               KIND_RSA_2048,
               false,
               -15 * YEAR_DAYS,
               12 * YEAR_DAYS,
               {{"C", "US"},
                {"ST", "Arizona"},
                {"L", "Scottsdale"},
                {"O", "Stand-in Technologies, Inc."},
                {"CN", "Stand-in Services Root Certificate Authority - G2"}}},
    [CA_ROOT_1] = {CA_ROOT_1,
                   CA_G2,
                   KIND_RSA_2048,
                   false,
                   -10 * YEAR_DAYS,
                   12 * YEAR_DAYS,
                   {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Amazon Root CA 1"}}},
    [CA_ROOT_2] = {CA_ROOT_2,
                   CA_G2,
                   KIND_RSA_2048,
                   false,
                   -10 * YEAR_DAYS,
                   14 * YEAR_DAYS,
                   {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Amazon Root CA 2"}}},
    [CA_ROOT_3] = {CA_ROOT_3,
                   CA_G2,
                   KIND_P256,
                   false,
                   -10 * YEAR_DAYS,
                   14 * YEAR_DAYS,
                   {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Amazon Root CA 3"}}},
    [CA_ROOT_4] = {CA_ROOT_4,
                   CA_G2,
                   KIND_P384,
                   false,
                   -10 * YEAR_DAYS,
                   14 * YEAR_DAYS,
                   {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Amazon Root CA 4"}}},
    [CA_OTHER_ROOT] = {CA_OTHER_ROOT,
                       NO_AUTHORITY,
                       KIND_P256,
                       false,
                       -9 * YEAR_DAYS,
                       9 * YEAR_DAYS,
                       {{"C", "US"},
                        {"O", "Stand-in Other Trust"},
                        {"CN", "Stand-in Other Global Root"}}},
    [CA_LAPSED_ROOT] = {CA_LAPSED_ROOT,
                        NO_AUTHORITY,
                        KIND_P256,
                        false,
                        -9 * YEAR_DAYS,
                        -370,
                        {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Lapsed Root"}}},
    [CA_COMING_ROOT] = {CA_COMING_ROOT,
                        NO_AUTHORITY,
                        KIND_P256,
                        false,
                        370,
                        9 * YEAR_DAYS,
                        {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Coming Root"}}},
    [CA_PRIVATE_ROOT] = {CA_PRIVATE_ROOT,
                         NO_AUTHORITY,
                         KIND_P256,
                         false,
                         -2 * YEAR_DAYS,
                         8 * YEAR_DAYS,
                         {{"O", "Stand-in Private"}, {"CN", "Stand-in Private Root"}}},
    [CA_CORPORATE] = {CA_CORPORATE,
                      NO_AUTHORITY,
                      KIND_P256,
                      false,
                      -2 * YEAR_DAYS,
                      8 * YEAR_DAYS,
                      {{"O", "Example Corp"}, {"CN", "Example Corp TLS Inspection CA"}}},
    [CA_FAKE_AMAZON_1] = {CA_FAKE_AMAZON_1,
                          NO_AUTHORITY,
                          KIND_P256,
                          false,
                          -2 * YEAR_DAYS,
                          8 * YEAR_DAYS,
                          {{"C", "US"}, {"O", "Amazon"}, {"CN", "Amazon Root CA 1"}}},
    [CA_FAKE_STANDIN_1] = {CA_FAKE_STANDIN_1,
                           NO_AUTHORITY,
                           KIND_P256,
                           false,
                           -2 * YEAR_DAYS,
                           8 * YEAR_DAYS,
                           {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Amazon Root CA 1"}}},
    [CA_ISSUING_RSA] = {CA_ROOT_1,
                        NO_AUTHORITY,
                        KIND_RSA_2048,
                        false,
                        -3 * YEAR_DAYS,
                        5 * YEAR_DAYS,
                        {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in RSA 2048 M01"}}},
    [CA_ISSUING_ECDSA] = {CA_ROOT_3,
                          NO_AUTHORITY,
                          KIND_P256,
                          false,
                          -3 * YEAR_DAYS,
                          5 * YEAR_DAYS,
                          {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in ECDSA 256 M01"}}},
    [CA_ISSUING_G2] =
        {CA_G2,
         NO_AUTHORITY,
         KIND_P256,
         false,
         -8 * YEAR_DAYS,
         5 * YEAR_DAYS,
         {{"C", "US"}, {"O", "Stand-in"}, {"OU", "Server CA 0A"}, {"CN", "Stand-in Server CA 0A"}}},
    [CA_ISSUING_OTHER] = {CA_OTHER_ROOT,
                          NO_AUTHORITY,
                          KIND_P256,
                          false,
                          -3 * YEAR_DAYS,
                          5 * YEAR_DAYS,
                          {{"C", "US"},
                           {"O", "Stand-in Other Trust"},
                           {"CN", "Stand-in Other Issuing 1"}}},
    [CA_ISSUING_HIDDEN] = {CA_PRIVATE_ROOT,
                           NO_AUTHORITY,
                           KIND_P256,
                           false,
                           -YEAR_DAYS,
                           5 * YEAR_DAYS,
                           {{"O", "Stand-in Private"}, {"CN", "Stand-in Private Issuing 1"}}},
    [CA_ISSUING_OLD] = {CA_ROOT_1,
                        NO_AUTHORITY,
                        KIND_P256,
                        false,
                        -9 * YEAR_DAYS,
                        -YEAR_DAYS,
                        {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Retired 2015"}}},
    [CA_ISSUING_LAPSED] = {CA_LAPSED_ROOT,
                           NO_AUTHORITY,
                           KIND_P256,
                           false,
                           -5 * YEAR_DAYS,
                           -380,
                           {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Lapsed Issuing"}}},
    [CA_ISSUING_COMING] = {CA_COMING_ROOT,
                           NO_AUTHORITY,
                           KIND_P256,
                           false,
                           380,
                           5 * YEAR_DAYS,
                           {{"C", "US"}, {"O", "Stand-in"}, {"CN", "Stand-in Coming Issuing"}}},
    [CA_NO_CA] = {CA_ROOT_1,
                  NO_AUTHORITY,
                  KIND_P256,
                  true,
                  -YEAR_DAYS,
                  YEAR_DAYS,
                  {{"C", "US"}, {"O", "Stand-in"}, {"CN", "not-an-authority.localhost"}}},
    [CA_VERISIGN_G5] = {CA_VERISIGN_G5,
                        NO_AUTHORITY,
                        KIND_RSA_2048,
                        false,
                        -19 * YEAR_DAYS,
                        10 * YEAR_DAYS,
                        {{"C", "US"},
                         {"O", "Stand-in VeriSign, Inc."},
                         {"OU", "Stand-in VeriSign Trust Network"},
                         {"CN", "Stand-in VeriSign Class 3 Public Primary CA - G5"}}},
    [CA_ISSUING_VERISIGN] = {CA_VERISIGN_G5,
                             NO_AUTHORITY,
                             KIND_RSA_2048,
                             false,
                             -9 * YEAR_DAYS,
                             4 * YEAR_DAYS,
                             {{"C", "US"},
                              {"O", "Stand-in Symantec Corporation"},
                              {"CN", "Stand-in Symantec Class 3 Secure Server CA - G4"}}},
    [CA_DEVICE] = {CA_DEVICE,
                   NO_AUTHORITY,
                   KIND_P256,
                   false,
                   -3 * YEAR_DAYS,
                   23 * YEAR_DAYS,
                   {{"O", "Stand-in"}, {"CN", "Stand-in IoT Device CA"}}},
    [CA_STRANGER] = {CA_STRANGER,
                     NO_AUTHORITY,
                     KIND_P256,
                     false,
                     -3 * YEAR_DAYS,
                     23 * YEAR_DAYS,
                     {{"O", "Somebody Else"}, {"CN", "Somebody Else's Device CA"}}},
};

static X509 *sign_authority(struct pki *pki, enum authority index, enum authority signer) {
    const struct authority_row *row = &authorities[index];
    struct certificate_request request = {
        .name = row->name,
        .key = pki->key[index],
        .issuer = signer == index ? NULL : pki->certificate[signer],
        .issuer_key = pki->key[signer],
        .kind = row->is_end_entity ? CERTIFICATE_SERVER : CERTIFICATE_AUTHORITY,
        .from_days = row->from_days,
        .until_days = row->until_days,
        /* as the real one: a root's own signature proves nothing */
        .digest = index == CA_CLASS_2 ? EVP_sha1() : NULL,
    };
    return certificate_new(&request);
}

bool pki_init(struct pki *pki, bool wants_iot) {
    memset(pki, 0, sizeof(*pki));
    int count = wants_iot ? CA_COUNT : CA_AVS_COUNT;
    struct key_job jobs[CA_COUNT + 2];
    for (int i = 0; i < count; i++) {
        jobs[i] = (struct key_job){authorities[i].key, &pki->key[i]};
    }
    jobs[count] = (struct key_job){KIND_RSA_2048, &pki->leaf_key[KEY_RSA]};
    jobs[count + 1] = (struct key_job){KIND_P256, &pki->leaf_key[KEY_ECDSA]};
    if (!keys_generate(jobs, (size_t)count + 2)) {
        return false;
    }
    for (int i = 0; i < count; i++) { /* parents stand before their children */
        enum authority self = (enum authority)i;
        pki->certificate[i] = sign_authority(pki, self, authorities[i].parent);
        if (!pki->certificate[i]) {
            return false;
        }
    }
    for (int i = 0; i < count; i++) {
        enum authority signer = authorities[i].cross_parent;
        if (signer == NO_AUTHORITY) {
            continue;
        }
        pki->cross_signed[i] = sign_authority(pki, (enum authority)i, signer);
        if (!pki->cross_signed[i]) {
            return false;
        }
    }
    return true;
}

void pki_done(struct pki *pki) {
    for (int i = 0; i < CA_COUNT; i++) {
        EVP_PKEY_free(pki->key[i]);
        X509_free(pki->certificate[i]);
        X509_free(pki->cross_signed[i]);
    }
    for (size_t i = 0; i < sizeof(pki->leaf_key) / sizeof(pki->leaf_key[0]); i++) {
        EVP_PKEY_free(pki->leaf_key[i]);
    }
    memset(pki, 0, sizeof(*pki));
}

static EVP_PKEY *leaf_key(struct pki *pki, enum leaf_key kind) {
    if (!pki->leaf_key[kind]) {
        pki->leaf_key[kind] = key_new(kind == KEY_RSA_1024 ? KIND_RSA_1024 : KIND_P256);
    }
    return pki->leaf_key[kind];
}

static X509 *mint_leaf(struct pki *pki, const struct leaf_recipe *recipe, const char *host) {
    struct name_part name[NAME_PARTS_MAX] = {{"CN", host}};
    bool is_self_signed = recipe->flaw == FLAW_SELF_SIGNED;
    struct certificate_request request = {
        .name = name,
        .key = leaf_key(pki, recipe->key),
        .issuer = is_self_signed ? NULL : pki->certificate[recipe->issuer],
        .issuer_key = is_self_signed ? leaf_key(pki, recipe->key) : pki->key[recipe->issuer],
        .kind = CERTIFICATE_SERVER,
        .host = host,
        .from_days = -30,
        .until_days = 300,
    };
    switch (recipe->flaw) {
    case FLAW_NONE:
    case FLAW_SELF_SIGNED:
        break;
    case FLAW_EXPIRED:
        request.from_days = -400;
        request.until_days = -3;
        break;
    case FLAW_NOT_YET_VALID:
        request.from_days = 30;
        request.until_days = 400;
        break;
    case FLAW_LAPSED:
        request.from_days = -500;
        request.until_days = -400;
        break;
    case FLAW_COMING:
        request.from_days = 400;
        request.until_days = 700;
        break;
    case FLAW_OTHER_NAME:
        request.host = "someone-else.example";
        break;
    case FLAW_COMMON_NAME_ONLY:
        request.host = NULL;
        break;
    case FLAW_PARTIAL_WILDCARD:
        request.host = "part*.wild.localhost";
        break;
    case FLAW_SHA1:
        request.digest = EVP_sha1();
        break;
    case FLAW_CLIENT_AUTH_ONLY:
        request.kind = CERTIFICATE_CLIENT;
        break;
    case FLAW_BROKEN_SIGNATURE: /* signed, but by a key that is not the issuer's */
        request.issuer_key = pki->key[CA_ROOT_2];
        break;
    case FLAW_CRITICAL_EXTENSION:
        request.flaw = CERTIFICATE_UNKNOWN_EXTENSION;
        break;
    }
    return request.key ? certificate_new(&request) : NULL;
}

static bool add(struct identity *identity, X509 *certificate) {
    if (!certificate || identity->length == CHAIN_LIMIT) {
        return false;
    }
    X509_up_ref(certificate);
    identity->chain[identity->length++] = certificate;
    return true;
}

/* What follows the leaf on the wire. */
static bool add_chain(const struct pki *pki, const struct leaf_recipe *recipe,
                      struct identity *identity) {
    enum authority issuer = recipe->issuer;
    enum authority root = authorities[issuer].parent;
    bool has_cross_signed = pki->cross_signed[root] != NULL;
    switch (recipe->shape) {
    case CHAIN_LEAF:
        return true;
    case CHAIN_SHORT:
        return add(identity, pki->certificate[issuer]);
    case CHAIN_TO_ROOT:
        return add(identity, pki->certificate[issuer]) &&
               (root == issuer || add(identity, pki->certificate[root]));
    case CHAIN_TODAY:
    case CHAIN_LONG:
        return add(identity, pki->certificate[issuer]) &&
               (!has_cross_signed || add(identity, pki->cross_signed[root])) &&
               (recipe->shape == CHAIN_TODAY || root == CA_G2 ||
                add(identity, pki->cross_signed[CA_G2]));
    }
    return false;
}

bool pki_mint(struct pki *pki, const struct leaf_recipe *recipe, const char *host,
              struct identity *ret_identity) {
    struct identity identity = {0};
    X509 *leaf = mint_leaf(pki, recipe, host);
    bool is_good = leaf && add(&identity, leaf) && add_chain(pki, recipe, &identity);
    X509_free(leaf);
    if (!is_good) {
        identity_done(&identity);
        return false;
    }
    identity.key = leaf_key(pki, recipe->key);
    *ret_identity = identity;
    return true;
}

void identity_done(struct identity *identity) {
    for (int i = 0; i < identity->length; i++) {
        X509_free(identity->chain[i]);
    }
    *identity = (struct identity){0};
}
