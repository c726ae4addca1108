/* SPDX-License-Identifier: Apache-2.0 */
/* The CAs that the audit looks for: the ATS roots, and those that are mistaken for them. */
#ifndef AVS_STORE_AUDIT_WATCH_H
#define AVS_STORE_AUDIT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/audit_scan.h"
#include "trust/roots.h"

#define AVS_AUDIT_EXTRA_COUNT 5
#define AVS_AUDIT_WATCH_COUNT (AVS_ATS_ROOT_COUNT + AVS_AUDIT_EXTRA_COUNT)

enum avs_audit_role {
    AVS_AUDIT_REQUIRED,
    AVS_AUDIT_INFORMATION, /* Starfield Class 2 */
    AVS_AUDIT_LOOK_ALIKE,  /* never counts */
    AVS_AUDIT_LEGACY,      /* VeriSign G5 */
    AVS_AUDIT_COMPANION,   /* other hosts that a device needs, the login for one */
};

struct avs_audit_watch {
    const char *name;
    const char *sha256; /* of the self-signed certificate, upper-case hex */
    enum avs_audit_role role;
    const char *note; /* one line, "" for the required ones */
    uint8_t spki_sha256[AVS_SCAN_HASH_BYTES];
    uint8_t certificate_sha256[AVS_SCAN_HASH_BYTES];
    uint8_t *subject; /* DER, only for the ATS roots: finds the same name over another key */
    size_t subject_length;
};

struct avs_audit_watches {
    struct avs_audit_watch row[AVS_AUDIT_WATCH_COUNT]; /* the ATS roots first, in their order */
};

/** Build the table from the embedded roots and the extra rows. False: out of memory. */
bool avs_audit_watches_init(struct avs_audit_watches *watches);
void avs_audit_watches_done(struct avs_audit_watches *watches);
/** Index of the CA with this key, -1 = not watched. */
int avs_audit_watch_by_key(const struct avs_audit_watches *watches,
                           const uint8_t spki_sha256[AVS_SCAN_HASH_BYTES]);
/** Index of the ATS root with this subject, -1 = none. */
int avs_audit_watch_by_subject(const struct avs_audit_watches *watches,
                               struct avs_scan_slice subject);
const char *avs_audit_role_id(enum avs_audit_role role);

#endif
