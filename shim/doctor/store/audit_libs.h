/* SPDX-License-Identifier: Apache-2.0 */
/* The libcurls of a sysroot, and where they look for CAs. */
#ifndef AVS_STORE_AUDIT_LIBS_H
#define AVS_STORE_AUDIT_LIBS_H

#include <sys/stat.h>

#include "store/audit_findings.h"
#include "store/sysroot.h"

#define AVS_AUDIT_CURLS_MAX 6

/** One libcurl, as its bytes tell. Empty strings when not found. */
struct avs_audit_curl {
    char path[AVS_AUDIT_PATH_BYTES];
    char ca_file[AVS_AUDIT_PATH_BYTES], ca_path[AVS_AUDIT_PATH_BYTES];
    char version[64];
    const char *backend;     /* "OpenSSL", "GnuTLS", ...; "" = not told */
    bool reads_whole_folder; /* linked with another TLS library than OpenSSL */
    bool has_http2;
    dev_t device;
    ino_t inode;
};

/** The libcurls of a sysroot, the one that the SDK is most likely to load first, and where its
 *  OpenSSL looks. */
struct avs_audit_libraries {
    struct avs_audit_curl curl[AVS_AUDIT_CURLS_MAX];
    size_t curl_count;
    char openssl_folder[AVS_AUDIT_PATH_BYTES];
};
void avs_audit_read_libraries(const struct avs_sysroot *root, struct avs_audit_libraries *ret);

#endif
