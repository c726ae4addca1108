/* SPDX-License-Identifier: Apache-2.0 */
/* Where libcurl and OpenSSL of a staged file system look for CAs. Nothing of it may be executed, so
 * the paths compiled into the libraries are read from their bytes: architecture does not matter. */
#include "store/audit_libs.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define LIBRARY_LIMIT (32u << 20)
#define STRING_MAX    256

/** Debian and the like have a folder for each architecture below the first ones. */
static const char *const library_folders[] = {
    "/usr/lib", "/lib",          "/usr/lib64",  "/lib64",        "/usr/local/lib",
    "/opt/lib", "/system/lib64", "/system/lib", "/vendor/lib64", "/vendor/lib",
};

/** The versioned name is what a program loads; a bare one is Android's, or a link for compilers. */
static const char *const curl_names[] = {"libcurl.so.", "libcurl.so", "libcurl-"};

static bool has_prefix(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *text, size_t length, const char *suffix) {
    size_t wanted = strlen(suffix);
    return length >= wanted && memcmp(text + length - wanted, suffix, wanted) == 0;
}

/** Called for each library; true = that is enough. */
typedef bool (*on_library_fn)(void *user, const struct avs_sysroot *root, const char *path);

static bool each_in_folder(const struct avs_sysroot *root, const char *folder, const char *prefix,
                           on_library_fn on_library, void *user) {
    struct avs_sysroot_names names = {0};
    bool is_enough = false;
    if (!avs_sysroot_list(root, folder, &names)) {
        return false;
    }
    for (size_t i = 0; i < names.count && !is_enough; i++) {
        char path[AVS_SYSROOT_PATH_BYTES];
        is_enough = has_prefix(names.names[i], prefix) && strstr(names.names[i], ".so") &&
                    avs_sysroot_join(path, folder, names.names[i]) &&
                    avs_sysroot_is_file(root, path) && on_library(user, root, path);
    }
    avs_sysroot_names_done(&names);
    return is_enough;
}

static void each_library(const struct avs_sysroot *root, const char *prefix,
                         on_library_fn on_library, void *user) {
    bool is_enough = false;
    for (size_t i = 0; i < AVS_COUNT(library_folders) && !is_enough; i++) {
        struct avs_sysroot_names names = {0};
        is_enough = each_in_folder(root, library_folders[i], prefix, on_library, user);
        if (!is_enough && avs_sysroot_list(root, library_folders[i], &names)) {
            for (size_t j = 0; j < names.count && !is_enough; j++) {
                char folder[AVS_SYSROOT_PATH_BYTES];
                is_enough = strstr(names.names[j], "-linux-") &&
                            avs_sysroot_join(folder, library_folders[i], names.names[j]) &&
                            each_in_folder(root, folder, prefix, on_library, user);
            }
            avs_sysroot_names_done(&names);
        }
    }
}

/** Calls `on_string` for each NUL-terminated printable string that begins with `first`. */
static void each_string(const char *data, size_t length, const char *first,
                        void (*on_string)(void *user, const char *text, size_t length),
                        void *user) {
    const char *at = data, *end = data + length;
    while ((at = memmem(at, (size_t)(end - at), first, strlen(first)))) {
        const char *stop = at;
        while (stop < end && *stop >= 0x20 && *stop < 0x7f && stop - at < STRING_MAX) {
            stop++;
        }
        if (stop < end && *stop == '\0') {
            on_string(user, at, (size_t)(stop - at));
        }
        at += strlen(first);
    }
}

static void on_curl_path(void *user, const char *text, size_t length) {
    struct avs_audit_curl *curl = user;
    /* a whole string: "/etc/..." in the middle of another text has no NUL before it */
    if (text[-1] != '\0') {
        return;
    }
    bool is_file = has_suffix(text, length, ".crt") || has_suffix(text, length, ".pem");
    bool is_folder = has_suffix(text, length, "/certs") || has_suffix(text, length, "/certs/") ||
                     has_suffix(text, length, "/cacerts");
    if (is_file && !curl->ca_file[0]) {
        avs_text_copy_bytes(curl->ca_file, sizeof(curl->ca_file), text, length);
    } else if (is_folder && !curl->ca_path[0]) {
        avs_text_copy_bytes(curl->ca_path, sizeof(curl->ca_path), text, length);
    }
}

static void on_curl_version(void *user, const char *text, size_t length) {
    struct avs_audit_curl *curl = user;
    size_t name = strlen("libcurl/");
    if (length > name && text[name] >= '0' && text[name] <= '9' && !curl->version[0]) {
        size_t digits = strspn(text + name, "0123456789.");
        avs_text_copy_bytes(curl->version, sizeof(curl->version), text + name, digits);
    }
}

/* Older ones copy "libcurl/7.74.0" by instructions (Debian 11): there the number that
 * curl_version_info gives is the only whole string. */
static void on_curl_number(void *user, const char *text, size_t length) {
    struct avs_audit_curl *curl = user;
    if (text[-1] == '\0' && strspn(text, "0123456789.") == length && strchr(text + 2, '.') &&
        !curl->version[0]) {
        avs_text_copy_bytes(curl->version, sizeof(curl->version), text, length);
    }
}

static void on_openssl_folder(void *user, const char *text, size_t length) {
    struct avs_audit_libraries *libraries = user;
    size_t head = strlen("OPENSSLDIR: \"");
    if (length > head + 1 && text[length - 1] == '"' && !libraries->openssl_folder[0]) {
        avs_text_copy_bytes(libraries->openssl_folder, sizeof(libraries->openssl_folder),
                            text + head, length - head - 1);
    }
}

static bool holds(const char *data, size_t length, const char *text) {
    return memmem(data, length, text, strlen(text)) != NULL;
}

/** By the names of the libraries that it needs; linked statically, by what it says of itself. */
static void read_backend(struct avs_audit_curl *curl, const char *data, size_t length) {
    static const struct {
        const char *mark, *name;
        bool reads_whole_folder;
    } rows[] = {
        {"libssl.so", "OpenSSL", false},    {"libgnutls.so", "GnuTLS", true},
        {"libmbedtls.so", "mbedTLS", true}, {"libwolfssl.so", "wolfSSL", true},
        {"libssl3.so", "NSS", true},        {"BoringSSL", "BoringSSL", false},
        {"OPENSSLDIR: ", "OpenSSL", false}, {"mbedTLS/", "mbedTLS", true},
        {"wolfSSL/", "wolfSSL", true},      {"GnuTLS/", "GnuTLS", true},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (holds(data, length, rows[i].mark)) {
            curl->backend = rows[i].name;
            curl->reads_whole_folder = rows[i].reads_whole_folder;
            return;
        }
    }
}

static bool on_curl(void *user, const struct avs_sysroot *root, const char *path) {
    struct avs_audit_libraries *libraries = user;
    struct avs_audit_curl curl = {.backend = ""};
    struct stat entry;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(root, path, LIBRARY_LIMIT, &data, &length, &entry)) {
        return false;
    }
    for (size_t i = 0; i < libraries->curl_count; i++) {
        if (libraries->curl[i].inode == entry.st_ino && libraries->curl[i].device == entry.st_dev) {
            return false;
        }
    }
    AVS_TEXT_SET(curl.path, path);
    curl.device = entry.st_dev;
    curl.inode = entry.st_ino;
    if (length > 1) { /* text[-1] is read */
        each_string(data + 1, length - 1, "/", on_curl_path, &curl);
        each_string(data + 1, length - 1, "libcurl/", on_curl_version, &curl);
        each_string(data + 1, length - 1, "7.", on_curl_number, &curl);
        read_backend(&curl, data, length);
        curl.has_http2 = holds(data, length, "nghttp2");
    }
    libraries->curl[libraries->curl_count++] = curl;
    return libraries->curl_count == AVS_AUDIT_CURLS_MAX;
}

static bool on_crypto(void *user, const struct avs_sysroot *root, const char *path) {
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(root, path, LIBRARY_LIMIT, &data, &length, NULL)) {
        return false;
    }
    each_string(data, length, "OPENSSLDIR: \"", on_openssl_folder, user);
    return true;
}

void avs_audit_read_libraries(const struct avs_sysroot *root, struct avs_audit_libraries *ret) {
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < AVS_COUNT(curl_names) && ret->curl_count < AVS_AUDIT_CURLS_MAX; i++) {
        each_library(root, curl_names[i], on_curl, ret);
    }
    each_library(root, "libcrypto.so.", on_crypto, ret);
}
