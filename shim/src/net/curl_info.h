/* SPDX-License-Identifier: Apache-2.0 */
/* What the libcurl that this process loaded says about itself. The curl command may load another
 * one, and only the loaded one decides which CA files the SDK's transport opens. */
#ifndef AVS_NET_CURL_INFO_H
#define AVS_NET_CURL_INFO_H

#include <stdbool.h>

/** All strings are static or libcurl's own: valid while the library is loaded. */
struct avs_net_curl_info {
    const char *version;     /* "7.88.1" */
    unsigned version_number; /* 0x075801 */
    const char *ssl_backend; /* "OpenSSL/3.0.22", "" without TLS */
    bool is_openssl_backend; /* OpenSSL or a relative: the only backends whose hashed CA path works
                              */
    const char *ca_file;     /* compiled-in CURLOPT_CAINFO, NULL = none or not told (before 7.70) */
    const char *ca_path;     /* compiled-in CURLOPT_CAPATH, NULL as above */
    bool knows_ca_defaults;  /* this libcurl can tell its CA defaults */
    bool has_http2;
    bool has_ipv6;
    bool has_https_proxy;
    bool has_verbose_strings; /* false: curl_easy_strerror() is "Error" for everything */
};

/** Ask the loaded libcurl. Thread: any. Never fails, allocates nothing. */
void avs_net_curl_info(struct avs_net_curl_info *ret_info);

/** The compiled-in CA file and path alone; both NULL when there are none or it does not tell. */
void avs_net_curl_ca_defaults(const char **ret_ca_file, const char **ret_ca_path);

/** Complete what a caller named to what libcurl would open. Nothing named: both defaults. Named by
 *  "config", that is through CURLOPT_CAINFO and CURLOPT_CAPATH: the one that was not set keeps its
 *  default (setting one of them never switches the other off). Named otherwise: left alone.
 *  Returns the source to report. */
const char *avs_net_curl_complete_store(const char *source, const char **ca_file,
                                        const char **ca_path);

/** Path of the loaded libcurl, by dladdr(); NULL when it cannot be told (a static link). Lent. */
const char *avs_net_curl_library_path(void);

#endif
