/* SPDX-License-Identifier: Apache-2.0 */
/* A CA file as OpenSSL takes it, and so libcurl: whole, or not at all. One damaged block, and none
 * of the certificates in the file is trusted (libcurl's error 77). Whether a file is taken is asked
 * of OpenSSL itself; where it is not, the place and the damage are named here. */
#ifndef AVS_TRUST_CAFILE_H
#define AVS_TRUST_CAFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/evidence.h>

struct avs_cafile {
    bool is_taken; /**< by X509_load_cert_crl_file: something is in it and nothing is damaged */
    size_t certificates;       /**< that are trusted then; 0 when it is not taken */
    size_t line;               /**< not taken: where the damage is; 0 = there is no block at all */
    char flaw[AVS_NAME_BYTES]; /**< not taken: why, in words, with the line */
};

/** Gets the DER of each certificate, in order; valid until it returns. */
typedef void (*avs_cafile_fn)(void *user, const uint8_t *der, size_t length);

/** Read a CA file's bytes. `on_certificate` (may be NULL) is called only for a file that is taken.
 *  False: out of memory. */
bool avs_cafile_read(const char *text, size_t length, avs_cafile_fn on_certificate, void *user,
                     struct avs_cafile *ret_file);

#endif
