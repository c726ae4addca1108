/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made while the test runs: no key and no expiry date is checked in. Helpers abort the
 * test when they fail. */
#ifndef AVS_TEST_PKI_H
#define AVS_TEST_PKI_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#define PKI_DAY  ((int64_t)86400)
#define PKI_YEAR (365 * PKI_DAY)

/** Keys made once per process and lent: index 0 to 15, P-256. */
EVP_PKEY *pki_key(int index);
/** Caller frees. */
EVP_PKEY *pki_rsa_key(int bits);

/** What to issue. Zero is the default of each field. */
struct pki_cert {
    const char *name; /**< "CN=Amazon Root CA 1/O=Amazon/C=US" */
    EVP_PKEY *key;
    X509 *issuer; /**< NULL: self-signed */
    EVP_PKEY *issuer_key;
    bool is_ca;
    const char *names;     /**< "DNS:a.example,IP:192.0.2.1" */
    const char *usage;     /**< extendedKeyUsage, e.g. "serverAuth" */
    const char *aia;       /**< "caIssuers;URI:http://..." */
    int64_t not_before;    /**< 0: yesterday */
    int64_t not_after;     /**< 0: in a year */
    const EVP_MD *digest;  /**< NULL: SHA-256 */
    bool has_no_key_ids;   /**< leave SKI and AKI out */
    const char *extension; /**< one more: "name=value" */
};

/** Caller frees. */
X509 *pki_issue(const struct pki_cert *cert);

/** The first certificate of a PEM text. Caller frees. */
X509 *pki_from_pem(const char *pem);

/** A stack of lent certificates, references taken; ends at NULL. Caller frees with pki_free. */
STACK_OF(X509) * pki_stack(X509 *first, ...);
void pki_free(STACK_OF(X509) * certificates);

/** Write certificates as PEM; returns the path, a file in a folder of this process that is removed
 *  at exit. `name` without slash. */
const char *pki_write(const char *name, const STACK_OF(X509) * certificates);
/** Write any bytes likewise. */
const char *pki_write_bytes(const char *name, const void *bytes, size_t length);
/** The folder itself. */
const char *pki_folder(void);

/** A public key infrastructure of the shape of Amazon's (facts of amazontrust.com): two roots, the
 *  older one cross-signing the newer, an issuing CA, a server. Names are Amazon's, keys are not. */
struct pki_ats {
    X509 *root1;    /**< "Amazon Root CA 1", key 1 */
    X509 *root2;    /**< "Amazon Root CA 2", key 2: the wrong family */
    X509 *g2;       /**< "Starfield Services Root Certificate Authority - G2", key 3 */
    X509 *class2;   /**< "Starfield Class 2 Certification Authority", key 4 */
    X509 *root1_g2; /**< root 1 cross-signed by G2 */
    X509 *g2_class2;
    X509 *issuing; /**< "Amazon RSA 2048 M01", key 5 */
    X509 *leaf;    /**< DNS:avs.example, key 0 */
};
struct pki_ats *pki_ats_new(void);
void pki_ats_free(struct pki_ats *pki);
/** What a server sends: shape 1 leaf + issuing, 2 + root1_g2, 3 + g2_class2. Free with pki_free. */
STACK_OF(X509) * pki_ats_chain(const struct pki_ats *pki, int shape);

/** A TLS server context that sends `chain` (leaf first) with the leaf's key. Caller frees. */
SSL_CTX *pki_server(const STACK_OF(X509) * chain, EVP_PKEY *key);
/** Run both ends in memory until the client is done or failed; returns its SSL_connect result. */
int pki_handshake(SSL *client, SSL *server);

#endif
