/* SPDX-License-Identifier: Apache-2.0 */
/* A PEM bundle read as bytes: which certificates are in it, by subject, without parsing one. Only
 * bundles of the ordinary form are taken on; OpenSSL itself loads the others, so that what is
 * accepted never differs from X509_STORE_load_file. The file is read, not mapped: a bundle that
 * somebody truncates in place must not kill the process (SIGBUS). */
#ifndef AVS_TRUST_BUNDLE_H
#define AVS_TRUST_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#define AVS_BUNDLE_BYTES_MAX (64U * 1024 * 1024) /* larger files are OpenSSL's business */

struct avs_bundle;

enum avs_bundle_result {
    AVS_BUNDLE_READ,
    AVS_BUNDLE_UNUSUAL, /* let OpenSSL load it, or refuse it */
    AVS_BUNDLE_NO_MEMORY,
};

/** Take over `text` (malloc'ed, `length` bytes; freed or kept in any case) and index it. */
enum avs_bundle_result avs_bundle_from_text(char *text, size_t length,
                                            struct avs_bundle **ret_bundle);
/** One more holder; returns `bundle`. Thread: any. */
struct avs_bundle *avs_bundle_ref(struct avs_bundle *bundle);
/** One holder less; the last one frees it. */
void avs_bundle_free(struct avs_bundle *bundle);

size_t avs_bundle_count(const struct avs_bundle *bundle);

/** Lent: the DER of one certificate. */
const uint8_t *avs_bundle_der(const struct avs_bundle *bundle, size_t index, size_t *ret_length);
/** Lent: the certificate, parsed now if it was not before. NULL: out of memory. Thread: any. */
X509 *avs_bundle_certificate(struct avs_bundle *bundle, size_t index);

/** Parse every certificate whose subject may be `name` and hand it to `visit` in file order; it is
 *  lent, the bundle keeps it. Ends early when `visit` returns false. False when memory ran out or
 *  visit said so. Thread: any. */
bool avs_bundle_find(struct avs_bundle *bundle, const X509_NAME *name,
                     bool (*visit)(void *user, X509 *certificate), void *user);

#endif
