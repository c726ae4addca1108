/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in's PKI, in memory: same shape as Amazon Trust Services, clearly not the same names.
 */
#ifndef AVS_STANDIN_PKI_H
#define AVS_STANDIN_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

/* Every certificate authority that exists. */
enum authority {
    CA_CLASS_2,        /* RSA, like Starfield Class 2: no CN */
    CA_G2,             /* RSA, like Starfield Services G2; cross-signed by CLASS_2 */
    CA_ROOT_1,         /* RSA; 1 to 4 are cross-signed by G2 */
    CA_ROOT_2,         /* RSA */
    CA_ROOT_3,         /* P-256 */
    CA_ROOT_4,         /* P-384 */
    CA_OTHER_ROOT,     /* trusted, not ATS */
    CA_LAPSED_ROOT,    /* trusted, but its time is over, and so is everything below it */
    CA_COMING_ROOT,    /* trusted, but its time has not come yet */
    CA_PRIVATE_ROOT,   /* in no file */
    CA_CORPORATE,      /* "Example Corp TLS Inspection CA", self-signed */
    CA_FAKE_AMAZON_1,  /* claims to be CN=Amazon Root CA 1 */
    CA_FAKE_STANDIN_1, /* claims to be the stand-in's own root 1 */
    CA_ISSUING_RSA,    /* under ROOT_1, like Amazon RSA 2048 M01 */
    CA_ISSUING_ECDSA,  /* under ROOT_3 */
    CA_ISSUING_G2,     /* under G2 directly, like the old Server CA 0A */
    CA_ISSUING_OTHER,  /* under OTHER_ROOT */
    CA_ISSUING_HIDDEN, /* under PRIVATE_ROOT */
    CA_ISSUING_OLD,    /* under ROOT_1, expired */
    CA_ISSUING_LAPSED, /* under LAPSED_ROOT */
    CA_ISSUING_COMING, /* under COMING_ROOT */
    CA_NO_CA,          /* under ROOT_1, but an end-entity certificate */

    /* only where the stand-in is IoT-shaped */
    CA_VERISIGN_G5,      /* RSA, like VeriSign's G5; not ATS */
    CA_ISSUING_VERISIGN, /* under VERISIGN_G5 */
    CA_DEVICE,           /* signs device certificates; no ATS root, as AWS IoT's own is none */
    CA_STRANGER,         /* signs device certificates that are not registered */
    CA_COUNT,
    CA_AVS_COUNT = CA_VERISIGN_G5
};

#define CHAIN_LIMIT 10

/* What a scenario presents, leaf first. */
struct identity {
    EVP_PKEY *key; /* borrowed from the PKI */
    X509 *chain[CHAIN_LIMIT];
    int length;
};

/* How to make one; a row of the scenario table holds it. */
enum leaf_key { KEY_RSA, KEY_ECDSA, KEY_RSA_1024, KEY_DEVICE, KEY_COUNT };
enum chain_shape {
    CHAIN_TODAY,   /* issuing authority and the root cross-signed by G2 */
    CHAIN_SHORT,   /* issuing authority only */
    CHAIN_LONG,    /* today's, and G2 cross-signed by Class 2 */
    CHAIN_LEAF,    /* nothing but the leaf */
    CHAIN_TO_ROOT, /* issuing authority and its self-signed root */
};
enum leaf_flaw {
    FLAW_NONE,
    FLAW_EXPIRED,
    FLAW_NOT_YET_VALID,
    FLAW_LAPSED, /* long ago */
    FLAW_COMING, /* far ahead */
    FLAW_OTHER_NAME,
    FLAW_COMMON_NAME_ONLY,
    FLAW_PARTIAL_WILDCARD,
    FLAW_SELF_SIGNED,
    FLAW_SHA1,
    FLAW_CLIENT_AUTH_ONLY,
    FLAW_BROKEN_SIGNATURE,
    FLAW_CRITICAL_EXTENSION,
};
struct leaf_recipe {
    enum authority issuer;
    enum leaf_key key;
    enum chain_shape shape;
    enum leaf_flaw flaw;
};

struct pki {
    EVP_PKEY *key[CA_COUNT];
    X509 *certificate[CA_COUNT];  /* self-signed, or signed by its parent */
    X509 *cross_signed[CA_COUNT]; /* the roots' copies: G2 by CLASS_2, 1 to 4 by G2; else NULL */
    EVP_PKEY *leaf_key[KEY_COUNT];
};

/* Generate every key and authority, those of AWS IoT's shape only where they are wanted. The weak
 * leaf key and a device's are made when they are first asked for. */
bool pki_init(struct pki *pki, bool wants_iot);
void pki_done(struct pki *pki);

/* Mint a leaf for `host` by `recipe` with the chain that is to be sent. Caller frees the content.
 */
bool pki_mint(struct pki *pki, const struct leaf_recipe *recipe, const char *host,
              struct identity *ret_identity);
void identity_done(struct identity *identity);

#endif
