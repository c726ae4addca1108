/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of libcurl and OpenSSL that stand in front of the real ones under LD_PRELOAD. Each
 * calls the real one with what it was given and returns what that returned; on the way libcurl's
 * handshakes are looked at, and a CA file may come from the shared index. No verdict passes through
 * here: OpenSSL's goes to libcurl, and libcurl's to the application. */
#define CURL_DISABLE_TYPECHECK
#include <errno.h>
#include <stdarg.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "callers.h"
#include "failed.h"
#include "sights.h"
#include "store.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

/* ---- libcurl ---- */

/* libcurl's own calls of itself are not the application's. */
static _Thread_local unsigned depth;

CURLcode curl_easy_perform(CURL *easy) {
    const struct avs_caller *caller = AVS_CALLER();
    __typeof__(&curl_easy_perform) real = AVS_REAL(caller, curl_easy_perform);
    if (!real) {
        return CURLE_FAILED_INIT;
    }
    depth++;
    CURLcode code = real(easy);
    depth--;
    if (code != CURLE_OK && depth == 0) {
        avs_curl_failed(caller, easy, code);
    }
    return code;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left) {
    const struct avs_caller *caller = AVS_CALLER();
    __typeof__(&curl_multi_info_read) real = AVS_REAL(caller, curl_multi_info_read);
    CURLMsg *message = real ? real(multi, left) : NULL;
    if (message && message->msg == CURLMSG_DONE && message->data.result != CURLE_OK && depth == 0) {
        avs_curl_failed(caller, message->easy_handle, message->data.result);
    }
    return message;
}

/* The kind of the value is in the option's number. */
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
    __typeof__(&curl_easy_setopt) real = AVS_REAL(AVS_CALLER(), curl_easy_setopt);
    va_list arguments;
    CURLcode code = CURLE_FAILED_INIT;
    if (!real) {
        return code;
    }
    va_start(arguments, option);
    if (option < CURLOPTTYPE_OBJECTPOINT) {
        long value = va_arg(arguments, long);
        if (option == CURLOPT_SSL_VERIFYPEER && value == 0) {
            avs_curl_unverified();
        }
        code = real(easy, option, value);
    } else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_OFF_T + 10000) {
        code = real(easy, option, va_arg(arguments, curl_off_t));
    } else {
        void *value = va_arg(arguments, void *);
        if (option == CURLOPT_SSL_CTX_FUNCTION && value) {
            avs_curl_store_stop();
        }
        code = real(easy, option, value);
    }
    va_end(arguments);
    return code;
}

/* ---- OpenSSL ---- */

void SSL_CTX_set_verify(SSL_CTX *context, int mode, SSL_verify_cb callback) {
    const struct avs_caller *caller = AVS_CALLER();
    __typeof__(&SSL_CTX_set_verify) real = AVS_REAL(caller, SSL_CTX_set_verify);
    bool is_watched = caller && caller->is_libcurl && !callback && (mode & SSL_VERIFY_PEER);
    if (real) {
        real(context, mode, is_watched ? avs_sights_on_verify : callback);
    }
}

int SSL_connect(SSL *ssl) {
    const struct avs_caller *caller = AVS_CALLER();
    __typeof__(&SSL_connect) real = AVS_REAL(caller, SSL_connect);
    int result = real ? real(ssl) : -1;
    if (real && caller->is_libcurl) {
        int before = errno;
        avs_sights_on_connect(ssl, result);
        errno = before;
    }
    return result;
}

static int load_locations(const struct avs_caller *caller, X509_STORE *store, const char *file,
                          const char *path, int (*load)(void *user, const char *, const char *),
                          void *user) {
    if (!caller || !caller->is_libcurl || !store || (!file && !path)) {
        return load(user, file, path); /* of nothing, OpenSSL makes an error */
    }
    const char *left = file && avs_curl_store_share(store, file) ? NULL : file;
    int result = left || path ? load(user, left, path) : 1;
    if (result == 1) {
        avs_curl_store_note(store, file, path);
    } else {
        avs_curl_store_refuse(file, path);
    }
    return result;
}

struct loading {
    const struct avs_caller *caller;
    SSL_CTX *context;
    X509_STORE *store;
};

static int real_context_locations(void *user, const char *file, const char *path) {
    const struct loading *loading = user;
    __typeof__(&SSL_CTX_load_verify_locations) real =
        AVS_REAL(loading->caller, SSL_CTX_load_verify_locations);
    return real ? real(loading->context, file, path) : 0;
}

int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *path) {
    struct loading loading = {.caller = AVS_CALLER(), .context = context};
    return load_locations(loading.caller, SSL_CTX_get_cert_store(context), file, path,
                          real_context_locations, &loading);
}

static int real_store_locations(void *user, const char *file, const char *path) {
    const struct loading *loading = user;
    __typeof__(&X509_STORE_load_locations) real =
        AVS_REAL(loading->caller, X509_STORE_load_locations);
    return real ? real(loading->store, file, path) : 0;
}

int X509_STORE_load_locations(X509_STORE *store, const char *file, const char *path) {
    struct loading loading = {.caller = AVS_CALLER(), .store = store};
    return load_locations(loading.caller, store, file, path, real_store_locations, &loading);
}

/* What OpenSSL 3 has beside them; under 1.1.1 nobody can call it. */
int SSL_CTX_load_verify_file(SSL_CTX *context, const char *file);
int X509_STORE_load_file(X509_STORE *store, const char *file);

static int real_context_file(void *user, const char *file, const char *path) {
    const struct loading *loading = user;
    __typeof__(&SSL_CTX_load_verify_file) real =
        AVS_REAL(loading->caller, SSL_CTX_load_verify_file);
    (void)path;
    return real ? real(loading->context, file) : 0;
}

int SSL_CTX_load_verify_file(SSL_CTX *context, const char *file) {
    struct loading loading = {.caller = AVS_CALLER(), .context = context};
    return load_locations(loading.caller, SSL_CTX_get_cert_store(context), file, NULL,
                          real_context_file, &loading);
}

static int real_store_file(void *user, const char *file, const char *path) {
    const struct loading *loading = user;
    __typeof__(&X509_STORE_load_file) real = AVS_REAL(loading->caller, X509_STORE_load_file);
    (void)path;
    return real ? real(loading->store, file) : 0;
}

int X509_STORE_load_file(X509_STORE *store, const char *file) {
    struct loading loading = {.caller = AVS_CALLER(), .store = store};
    return load_locations(loading.caller, store, file, NULL, real_store_file, &loading);
}
