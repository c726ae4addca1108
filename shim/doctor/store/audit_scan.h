/* SPDX-License-Identifier: Apache-2.0 */
/* Reading CA files for the audit: which certificates are in there, and what is wrong with the file.
 * Certificates are read as bytes (a few DER lengths and two hashes each), so that a machine's whole
 * store is looked at in a few milliseconds; nothing here decides whether a chain is trusted. */
#ifndef AVS_TRUST_AUDIT_SCAN_H
#define AVS_TRUST_AUDIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AVS_SCAN_HASH_BYTES       32
#define AVS_SCAN_CERTIFICATES_MAX 20000
#define AVS_SCAN_DER_LIMIT        (64u << 10) /* no certificate is larger */

/** Bytes inside a certificate, borrowed. */
struct avs_scan_slice {
    const uint8_t *bytes;
    size_t length;
};

struct avs_scan_cert {
    struct avs_scan_slice der, subject, issuer, spki; /* whole TLVs */
    int64_t not_before, not_after;                    /* Unix seconds */
    bool is_self_issued;
    uint8_t sha256[AVS_SCAN_HASH_BYTES];
    uint8_t spki_sha256[AVS_SCAN_HASH_BYTES];
};

/** What a file is, seen from outside the certificates. */
struct avs_scan_file {
    size_t certificates;
    size_t broken;  /* blocks whose base64 or DER does not decode, or without an END line */
    size_t trusted; /* BEGIN TRUSTED CERTIFICATE blocks, which only OpenSSL reads */
    bool is_empty;
    bool is_der;  /* one bare DER certificate */
    bool is_html; /* a web page: the download failed */
    bool has_bom; /* hides the first certificate from older readers */
    bool has_crlf;
    bool has_other_text; /* not empty, and no certificate found */
    bool is_cut;         /* more than AVS_SCAN_CERTIFICATES_MAX */
};

/** Gets each certificate; its slices are valid until it returns. */
typedef void (*avs_scan_fn)(void *user, const struct avs_scan_cert *certificate);

/** Read one certificate; false when the bytes are none. The hashes are filled too. */
bool avs_scan_der(const uint8_t *der, size_t length, struct avs_scan_cert *ret_certificate);

/** Read all certificates of a file's bytes, in order. False only when memory runs out. */
bool avs_scan_bytes(const char *data, size_t length, avs_scan_fn on_certificate, void *user,
                    struct avs_scan_file *ret_file);

bool avs_scan_same(struct avs_scan_slice left, struct avs_scan_slice right);

/** Parse 64 hex digits; false for anything else. */
bool avs_scan_hash_from_hex(const char *hex, uint8_t ret_hash[AVS_SCAN_HASH_BYTES]);

#endif
