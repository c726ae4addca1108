/* SPDX-License-Identifier: Apache-2.0 */
/* One audit, from the question to the picture. */
#ifndef AVS_STORE_AUDIT_RUN_H
#define AVS_STORE_AUDIT_RUN_H

#include "store/audit.h"

/** What the caller knows about this machine and the audit cannot ask (layers). Strings borrowed. */
struct avs_audit_machine {
    const char *curl_version, *curl_backend, *curl_library; /* NULL where unknown */
    const char *curl_ca_file, *curl_ca_path;
    bool knows_ca_defaults;
    bool reads_whole_folder; /* a TLS backend that needs no hash links: GnuTLS, mbedTLS, wolfSSL */
    bool has_http2;
    const char *env_curl_ca_bundle, *env_ssl_cert_file, *env_ssl_cert_dir;
};

struct avs_audit_request {
    const char *sysroot; /* NULL = this machine */
    const char *ca_file, *ca_path;
    const char *config_file;
    const char *config_ca_file, *config_ca_path; /* what the configuration says */
    bool is_verbose;                             /* the text lists everything */
    int64_t now_unix;
    const struct avs_audit_machine *machine; /* ignored with a sysroot */
};

AVS_NODISCARD enum avs_status avs_audit_run(const struct avs_audit_request *request,
                                            struct avs_trust_audit **ret_audit,
                                            struct avs_error *reterr);

#endif
