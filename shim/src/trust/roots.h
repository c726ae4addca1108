/* SPDX-License-Identifier: Apache-2.0 */
/* The roots that count as Amazon Trust Services. A root is known by its key (SHA-256 of the
 * SubjectPublicKeyInfo), never by a name: names are copied freely, and cross-signed copies of a
 * root carry the same key in another certificate. */
#ifndef AVS_TRUST_ROOTS_H
#define AVS_TRUST_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include <avs/evidence.h>
#include <avs/status.h>

/** One of the six CAs of the guide, built in. All strings are static. */
struct avs_ats_root {
    const char *name;        /**< "Amazon Root CA 1"; the certificate's CN (or OU) */
    const char *file;        /**< "amazon-root-ca-1.pem", as in config/roots */
    const char *sha256;      /**< of the certificate, upper-case hex */
    const char *spki_sha256; /**< of its key, upper-case hex */
    bool required;           /**< counts as ATS; Starfield Class 2 is information only */
    const char *pem;
};

#define AVS_ATS_ROOT_COUNT 6
extern const struct avs_ats_root avs_ats_root_table[AVS_ATS_ROOT_COUNT];

#define AVS_ATS_ROOTS_MAX        32            /**< roots in a file given by --ats-roots */
#define AVS_ATS_ROOTS_FILE_BYTES (1024 * 1024) /**< size of that file */
#define AVS_SHA256_BYTES         32

/** A set of roots that count as ATS: the built-in five, or those of a file. Immutable once made, so
 *  any thread may use it. */
struct avs_ats_roots;

/** The built-in five. Made on first use, never freed. NULL: out of memory. */
const struct avs_ats_roots *avs_ats_roots_embedded(void);

/** Every CERTIFICATE block of a PEM file. Caller frees with avs_ats_roots_free.
 *  Errors: CA_FILE_UNREADABLE, CA_FILE_INVALID (which block), LIMIT, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_ats_roots_load(const char *file, struct avs_ats_roots **ret_roots,
                                                 struct avs_error *reterr);
void avs_ats_roots_free(struct avs_ats_roots *roots);

size_t avs_ats_roots_count(const struct avs_ats_roots *roots);
/** Lent, parsed when first asked for; NULL: out of memory. */
X509 *avs_ats_roots_certificate(const struct avs_ats_roots *roots, size_t index);
const char *avs_ats_roots_name(const struct avs_ats_roots *roots, size_t index);

/** Index of the root that has this key, -1 if none. */
int avs_ats_roots_find_key(const struct avs_ats_roots *roots, const uint8_t *spki_sha256);
/** Index of the root that has this subject, -1 if none. */
int avs_ats_roots_find_subject(const struct avs_ats_roots *roots, const X509_NAME *name);

#endif
