/* SPDX-License-Identifier: Apache-2.0 */
/* See audit_watch.h. Hashes of the extra CAs were computed from the certificates in Debian's
 * ca-certificates and, for VeriSign G5, from the copies that testssl and cfssl publish. */
#include "store/audit_watch.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *sha256, *spki_sha256;
    enum avs_audit_role role;
    const char *note;
} extra[AVS_AUDIT_EXTRA_COUNT] = {
    {"Starfield Root Certificate Authority - G2",
     "2CE1CB0BF9D2F9E102993FBE215152C3B2DD0CABDE1C68E5319B839154DBB7F5",
     "808D68B3FAB4884A5F971ACE7D10550D7A95A163774F3EC36AFFFB213FBE4C74", AVS_AUDIT_LOOK_ALIKE,
     "GoDaddy's look-alike of the Starfield Services root; never counts"},
    {"VeriSign Class 3 Public Primary Certification Authority - G5",
     "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF",
     "25B41B506E4930952823A6EB9F1D31DEF645EA38A5C6C6A96D71957E384DF058", AVS_AUDIT_LEGACY,
     "legacy AWS IoT endpoints (no -ats); distrusted since 2018, no longer supported by AWS IoT"},
    {"DigiCert Global Root G2", "CB3CCBB76031E5E0138F8DD39A23F9DE47FFC35E43C1144CEA27D46A5AB1CB5F",
     "8BB593A93BE1D0E8A822BB887C547890C3E706AAD2DAB76254F97FB36B82FC26", AVS_AUDIT_COMPANION,
     "amazon.com hosts were seen on it; the login comes before AVS"},
    {"DigiCert Global Root CA", "4348A0E9444C78CB265E058D5E8944B4D84F9662BD26DB257F8934A443C70161",
     "AFF988906DDE12955D9BEBBF928FDCC31CCE328D5B9384F21C8941CA26E20391", AVS_AUDIT_COMPANION,
     "the older DigiCert root of the same hosts"},
    {"DigiCert Global Root G3", "31AD6648F8104138C738F39EA4320133393E3A18CC02296EF97C2AC9EF6731D0",
     "B94C198300CEC5C057AD0727B70BBE91816992256439A7B32F4598119DDA9C97", AVS_AUDIT_COMPANION,
     "DigiCert's root for ECDSA certificates"},
};

static void keep_subject(void *user, const struct avs_scan_cert *certificate) {
    struct avs_audit_watch *watch = user;
    watch->subject = malloc(certificate->subject.length);
    if (watch->subject) {
        memcpy(watch->subject, certificate->subject.bytes, certificate->subject.length);
        watch->subject_length = certificate->subject.length;
    }
}

bool avs_audit_watches_init(struct avs_audit_watches *watches) {
    memset(watches, 0, sizeof(*watches));
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        const struct avs_ats_root *root = &avs_ats_root_table[i];
        struct avs_audit_watch *watch = &watches->row[i];
        struct avs_scan_file file;
        watch->name = root->name;
        watch->sha256 = root->sha256;
        watch->role = root->required ? AVS_AUDIT_REQUIRED : AVS_AUDIT_INFORMATION;
        watch->note = root->required ? "" : "GoDaddy's; for chains that AWS sent until 2024";
        if (!avs_scan_hash_from_hex(root->spki_sha256, watch->spki_sha256) ||
            !avs_scan_hash_from_hex(root->sha256, watch->certificate_sha256) ||
            !avs_scan_bytes(root->pem, strlen(root->pem), keep_subject, watch, &file) ||
            !watch->subject) {
            return false;
        }
    }
    for (size_t i = 0; i < AVS_AUDIT_EXTRA_COUNT; i++) {
        struct avs_audit_watch *watch = &watches->row[AVS_ATS_ROOT_COUNT + i];
        watch->name = extra[i].name;
        watch->sha256 = extra[i].sha256;
        watch->role = extra[i].role;
        watch->note = extra[i].note;
        if (!avs_scan_hash_from_hex(extra[i].spki_sha256, watch->spki_sha256) ||
            !avs_scan_hash_from_hex(extra[i].sha256, watch->certificate_sha256)) {
            return false;
        }
    }
    return true;
}

void avs_audit_watches_done(struct avs_audit_watches *watches) {
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        free(watches->row[i].subject);
        watches->row[i].subject = NULL;
    }
}

int avs_audit_watch_by_key(const struct avs_audit_watches *watches,
                           const uint8_t spki_sha256[AVS_SCAN_HASH_BYTES]) {
    for (int i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        if (memcmp(watches->row[i].spki_sha256, spki_sha256, AVS_SCAN_HASH_BYTES) == 0) {
            return i;
        }
    }
    return -1;
}

int avs_audit_watch_by_subject(const struct avs_audit_watches *watches,
                               struct avs_scan_slice subject) {
    for (int i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        const struct avs_audit_watch *watch = &watches->row[i];
        struct avs_scan_slice own = {watch->subject, watch->subject_length};
        if (avs_scan_same(own, subject)) {
            return i;
        }
    }
    return -1;
}

const char *avs_audit_role_id(enum avs_audit_role role) {
    switch (role) {
    case AVS_AUDIT_REQUIRED:
        return "required";
    case AVS_AUDIT_INFORMATION:
        return "information";
    case AVS_AUDIT_LOOK_ALIKE:
        return "look_alike";
    case AVS_AUDIT_LEGACY:
        return "legacy";
    case AVS_AUDIT_COMPANION:
        return "companion";
    }
    return "";
}
