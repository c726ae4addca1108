/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of one certificate: names, hashes, key, validity. Reads, judges nothing. */
#ifndef AVS_TRUST_CERT_H
#define AVS_TRUST_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include <avs/evidence.h>

#include "trust/roots.h"

/** Fill `ret_facts`; a field that cannot be computed stays empty. `roots` says which keys are ATS.
 */
void avs_cert_describe(X509 *certificate, const struct avs_ats_roots *roots,
                       struct avs_cert_facts *ret_facts);

/** RFC 2253 order, UTF-8 kept, cut to fit. */
void avs_cert_name(const X509_NAME *name, char *field, size_t capacity);
/** The CN, else the last OU, else the O: what people call a root. */
void avs_cert_short_name(const X509_NAME *name, char *field, size_t capacity);
/** The first O, "" if there is none. */
void avs_cert_organization(const X509_NAME *name, char *field, size_t capacity);

bool avs_cert_digest(const X509 *certificate, uint8_t *ret_sha256);
bool avs_cert_spki_digest(const X509 *certificate, uint8_t *ret_sha256);

/** Signed with its own key (the name is compared first, so this is cheap for most). */
bool avs_cert_is_self_signed(X509 *certificate);

/** Unix seconds; INT64_MIN when the field holds no time. */
int64_t avs_cert_time(const ASN1_TIME *time);

/** A host name or URL out of a certificate. Hostile input: what could forge a line or a further
 * name in a report becomes '?'. */
void avs_cert_printable(char *field, size_t capacity, const ASN1_STRING *text);

/** The subject's O or CN says Amazon, or it is one of the Starfield names of ATS. */
bool avs_cert_name_claims_amazon(const X509_NAME *name);

#endif
