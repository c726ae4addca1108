/* SPDX-License-Identifier: Apache-2.0 */
/* What the loaded libcurl says about itself: version, features, TLS backend, compiled-in CA
 * locations and where it was loaded from. Opens no connection and no file. */
#include "net/curl_info.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include <curl/curl.h>

#define FIRST_WITH_CA_DEFAULTS 0x074600 /* 7.70.0: curl_version_info_data.cainfo and .capath */

static const char *const openssl_family[] = {"OpenSSL", "LibreSSL", "BoringSSL", "AWS-LC",
                                             "quictls"};

static bool is_openssl_family(const char *backend) {
    for (size_t i = 0; i < sizeof(openssl_family) / sizeof(openssl_family[0]); i++) {
        if (strstr(backend, openssl_family[i])) {
            return true;
        }
    }
    return false;
}

static bool is_verbose(void) {
    const char *text = curl_easy_strerror(CURLE_COULDNT_CONNECT);
    return text && strcmp(text, "Error") != 0;
}

void avs_net_curl_info(struct avs_net_curl_info *ret_info) {
    const curl_version_info_data *data = curl_version_info(CURLVERSION_NOW);
    *ret_info = (struct avs_net_curl_info){.version = "", .ssl_backend = ""};
    if (!data) {
        return;
    }
    ret_info->version = data->version ? data->version : "";
    ret_info->version_number = data->version_num;
    ret_info->ssl_backend = data->ssl_version ? data->ssl_version : "";
    ret_info->is_openssl_backend = is_openssl_family(ret_info->ssl_backend);
    ret_info->has_http2 = (data->features & CURL_VERSION_HTTP2) != 0;
    ret_info->has_ipv6 = (data->features & CURL_VERSION_IPV6) != 0;
    ret_info->has_https_proxy = (data->features & CURL_VERSION_HTTPS_PROXY) != 0;
    ret_info->has_verbose_strings = is_verbose();
#if LIBCURL_VERSION_NUM >= FIRST_WITH_CA_DEFAULTS
    /* the library answers for its own age, which may be less than that of our headers */
    if (data->age >= CURLVERSION_SEVENTH) {
        ret_info->ca_file = data->cainfo;
        ret_info->ca_path = data->capath;
        ret_info->knows_ca_defaults = true;
    }
#endif
}

void avs_net_curl_ca_defaults(const char **ret_ca_file, const char **ret_ca_path) {
    struct avs_net_curl_info info;
    avs_net_curl_info(&info);
    *ret_ca_file = info.ca_file;
    *ret_ca_path = info.ca_path;
}

const char *avs_net_curl_complete_store(const char *source, const char **ca_file,
                                        const char **ca_path) {
    bool is_named = *ca_file || *ca_path;
    if (is_named && (!source || strcmp(source, "config") != 0)) {
        return source;
    }
    const char *default_file = NULL;
    const char *default_path = NULL;
    avs_net_curl_ca_defaults(&default_file, &default_path);
    *ca_file = *ca_file ? *ca_file : default_file;
    *ca_path = *ca_path ? *ca_path : default_path;
    return is_named ? source : *ca_file || *ca_path ? "libcurl" : "openssl";
}

const char *avs_net_curl_library_path(void) {
    Dl_info where;
    union { /* a function pointer is no void pointer in ISO C */
        char *(*function)(void);
        const void *address;
    } symbol = {.function = curl_version};
    if (dladdr(symbol.address, &where) == 0 || !where.dli_fname || where.dli_fname[0] != '/') {
        return NULL;
    }
    return where.dli_fname;
}
