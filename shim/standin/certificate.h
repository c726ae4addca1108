/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate, put together from a request. */
#ifndef AVS_STANDIN_CERTIFICATE_H
#define AVS_STANDIN_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#define NAME_PARTS_MAX 5

struct name_part {
    const char *field; /* "CN"; NULL ends the name */
    const char *value;
};

enum certificate_kind { CERTIFICATE_AUTHORITY, CERTIFICATE_SERVER, CERTIFICATE_CLIENT };

/* What is wrong with it, beyond names, times and keys. */
enum certificate_flaw {
    CERTIFICATE_SOUND,
    CERTIFICATE_UNKNOWN_EXTENSION, /* critical, and nobody knows it */
    CERTIFICATE_FOREIGN_KEY_ID,    /* its authorityKeyIdentifier is not its issuer's */
    CERTIFICATE_FOR_CLIENTS,       /* extendedKeyUsage clientAuth, an authority's too */
    CERTIFICATE_NO_PATH,           /* pathlen:0 */
    CERTIFICATE_BROKEN_SIGNATURE,  /* a bit of it is another */
};

struct certificate_request {
    const struct name_part *name; /* NAME_PARTS_MAX of them; NULL: `subject` */
    const X509_NAME *subject;
    EVP_PKEY *key;
    X509 *issuer; /* NULL: self-signed */
    EVP_PKEY *issuer_key;
    enum certificate_kind kind;
    const char *host;          /* subjectAltName; NULL: none. Never a peer's text. */
    const char *names;         /* the same of many, commas between; anybody's text; NULL: none */
    const char *issuer_url;    /* authorityInfoAccess; NULL: none */
    int from_days, until_days; /* from now */
    long from_seconds, until_seconds; /* and so many more */
    const EVP_MD *digest;             /* NULL: what fits the issuer's key */
    enum certificate_flaw flaw;
};

/* NULL when OpenSSL fails. */
X509 *certificate_new(const struct certificate_request *request);

#endif
