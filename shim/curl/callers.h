/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls a function that stands in front of another, and which one he would have got without it:
 * a process may hold two libcurls and two OpenSSLs. Everything is found by the caller's own
 * dependencies, and stays loaded. Thread: any. */
#ifndef AVS_CURL_CALLERS_H
#define AVS_CURL_CALLERS_H

#include <stdbool.h>

/** The functions that stand behind ours, and what is asked of the same library. */
#define AVS_CURL_REAL_MAP(XX)         \
    XX(curl_easy_perform)             \
    XX(curl_easy_setopt)              \
    XX(curl_easy_getinfo)             \
    XX(curl_easy_strerror)            \
    XX(curl_multi_info_read)          \
    XX(SSL_CTX_load_verify_file)      \
    XX(SSL_CTX_load_verify_locations) \
    XX(SSL_CTX_set_verify)            \
    XX(SSL_connect)                   \
    XX(X509_STORE_load_file)          \
    XX(X509_STORE_load_locations)

enum avs_curl_real {
#define XX(name) AVS_REAL_##name,
    AVS_CURL_REAL_MAP(XX)
#undef XX
        AVS_REAL_COUNT
};

struct avs_caller {
    struct avs_caller *next;
    const void *base; /* where the caller's file is loaded */
    bool is_libcurl;  /* and its OpenSSL is the one that this library works with */
    void *real[AVS_REAL_COUNT];
};

/** The caller whose code holds `address`. NULL: out of memory. */
const struct avs_caller *avs_caller_at(const void *address);

#define AVS_CALLER() avs_caller_at(__builtin_return_address(0))

/** The function behind ours, as a pointer of its own type; NULL when the process has none. */
#define AVS_REAL(caller, name) \
    ((__typeof__(&name))((caller) ? (caller)->real[AVS_REAL_##name] : (void *)0))

#endif
