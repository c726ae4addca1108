/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one store: what its two kinds, file and hashed folder, share. */
#ifndef AVS_TRUST_AUDIT_STORE_H
#define AVS_TRUST_AUDIT_STORE_H

#include "store/audit.h"

/** Hashes of all certificates met, to count each once. */
struct avs_audit_seen {
    uint8_t (*hash)[AVS_SCAN_HASH_BYTES];
    size_t count, capacity;
    bool is_out_of_memory;
};

struct avs_audit_reading {
    struct avs_trust_audit *audit;
    struct avs_audit_store *store;
    const char *path;   /* the file being read */
    bool is_found;      /* a verifier finds this file's certificates (a bundle, a hash link) */
    bool is_old_hashed; /* it has a link by the hash of OpenSSL before 1.0 */
    struct avs_audit_seen seen;
};

void avs_audit_remember(struct avs_audit_seen *seen, const uint8_t hash[AVS_SCAN_HASH_BYTES]);
/** Sort, and count the different ones. */
size_t avs_audit_count_different(struct avs_audit_seen *seen);
/** If it is a watched CA: its state, and its place among the store's nodes. */
void avs_audit_note_certificate(struct avs_audit_reading *reading,
                                const struct avs_scan_cert *certificate);
/** The store cannot be opened: note it, where somebody wanted it. */
void avs_audit_store_failed(struct avs_trust_audit *audit, struct avs_audit_store *store,
                            int error);

/** A hashed folder. False: out of memory. */
bool avs_audit_read_hashed(struct avs_audit_reading *reading);

#endif
