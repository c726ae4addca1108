/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded trust store: what a verified chain may end in. Reference counted; any thread may verify
 * with it at the same time. It accepts exactly what libcurl's OpenSSL backend accepts
 * (X509_STORE_load_file and X509_STORE_load_path): a device that connects today still does. */
#ifndef AVS_TRUST_ANCHORS_H
#define AVS_TRUST_ANCHORS_H

#include <openssl/x509.h>

#include <avs/evidence.h>
#include <avs/status.h>

#include "base/flow.h"
#include "trust/bundle.h"

/** Both NULL = OpenSSL's defaults (SSL_CERT_FILE and SSL_CERT_DIR honoured); pass libcurl's
 *  compiled-in file and path to get the stock transport's. Borrowed until the call returns. */
struct avs_anchors_options {
    const char *ca_file; /**< Optional: PEM bundle */
    const char *ca_path; /**< Optional: directory of hash links */
    const char *source;  /**< Optional: "option", "config", "libcurl"; default "openssl" */
};

struct avs_anchors;

/** Load, or share what this process has loaded already and is unchanged on disk. `ret_facts`
 *  (may be NULL) is filled on failure too. A bad CA file is an error even beside a
 *  good CA path, as in libcurl (error 77). Caller gives back with avs_anchors_unref.
 *  Errors: CA_FILE_UNREADABLE, CA_FILE_INVALID, CA_PATH_NOT_HASHED, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_anchors_load(const struct avs_anchors_options *options,
                                               struct avs_store_facts *ret_facts,
                                               struct avs_anchors **ret_anchors,
                                               struct avs_error *reterr);
struct avs_anchors *avs_anchors_ref(struct avs_anchors *anchors);
void avs_anchors_unref(struct avs_anchors *anchors);

/** What is known of the store. */
void avs_anchors_describe(const struct avs_anchors *anchors, struct avs_store_facts *ret_facts);

/** Is a self-issued certificate of that organisation (O=, not empty) in the CA file? Parses it
 * whole: for a refusal only. What a CA path holds is not looked through. */
bool avs_anchors_has_root_of(const struct avs_anchors *anchors, const char *organization);

/** Lent: the store to verify against. */
X509_STORE *avs_anchors_store(const struct avs_anchors *anchors);

/** Lent: the index of the CA file; NULL where there is none (OpenSSL loaded the file itself). */
struct avs_bundle *avs_anchors_bundle(const struct avs_anchors *anchors);

AVS_DEFINE_AUTO(avs_anchors, struct avs_anchors, avs_anchors_unref);

#endif
