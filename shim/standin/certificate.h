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

struct certificate_request {
    const struct name_part *name; /* NAME_PARTS_MAX of them */
    EVP_PKEY *key;
    X509 *issuer; /* NULL: self-signed */
    EVP_PKEY *issuer_key;
    enum certificate_kind kind;
    const char *host;          /* subjectAltName; NULL: none. Never a peer's text. */
    int from_days, until_days; /* from now */
    bool wants_sha1;
    bool has_unknown_critical_extension;
};

/* NULL when OpenSSL fails. */
X509 *certificate_new(const struct certificate_request *request);

#endif
