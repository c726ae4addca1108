/* Where libcurl and OpenSSL of a staged file system look for CAs. Nothing of it may be executed, so
 * the paths compiled into the libraries are read from their bytes: architecture does not matter. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/audit.h"

#define LIBRARY_LIMIT (32u << 20)
#define STRING_MAX    256

static const char *const library_folders[] = {
    "/usr/lib", "/lib", "/usr/lib64", "/lib64", "/usr/local/lib", "/opt/lib",
};

static bool has_prefix(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *text, size_t length, const char *suffix) {
    size_t wanted = strlen(suffix);
    return length >= wanted && memcmp(text + length - wanted, suffix, wanted) == 0;
}

/** Find `prefix`* among the names of a folder; the first one wins. */
static bool find_library(const struct avs_sysroot *root, const char *folder, const char *prefix,
                         char ret_path[AVS_SYSROOT_PATH_BYTES]) {
    struct avs_sysroot_names names = {0};
    bool is_found = false;
    if (!avs_sysroot_list(root, folder, &names)) {
        return false;
    }
    for (size_t i = 0; i < names.count && !is_found; i++) {
        is_found = has_prefix(names.names[i], prefix) &&
                   avs_sysroot_join(ret_path, folder, names.names[i]) &&
                   avs_sysroot_is_file(root, ret_path);
    }
    avs_sysroot_names_done(&names);
    return is_found;
}

/** Look in the library folders and, as Debian has them, in one folder below for an architecture. */
static bool search_library(const struct avs_sysroot *root, const char *prefix,
                           char ret_path[AVS_SYSROOT_PATH_BYTES]) {
    for (size_t i = 0; i < AVS_COUNT(library_folders); i++) {
        struct avs_sysroot_names names = {0};
        bool is_found = find_library(root, library_folders[i], prefix, ret_path);
        if (!is_found && avs_sysroot_list(root, library_folders[i], &names)) {
            for (size_t j = 0; j < names.count && !is_found; j++) {
                char folder[AVS_SYSROOT_PATH_BYTES];
                is_found = strstr(names.names[j], "-linux-") &&
                           avs_sysroot_join(folder, library_folders[i], names.names[j]) &&
                           find_library(root, folder, prefix, ret_path);
            }
            avs_sysroot_names_done(&names);
        }
        if (is_found) {
            return true;
        }
    }
    return false;
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
    struct avs_audit_libraries *libraries = user;
    /* a whole string: "/etc/..." in the middle of another text has no NUL before it */
    if (text[-1] != '\0') {
        return;
    }
    bool is_file = has_suffix(text, length, ".crt") || has_suffix(text, length, ".pem");
    bool is_folder = has_suffix(text, length, "/certs") || has_suffix(text, length, "/certs/");
    if (is_file && !libraries->curl_ca_file[0]) {
        avs_text_copy_bytes(libraries->curl_ca_file, sizeof(libraries->curl_ca_file), text, length);
    } else if (is_folder && !libraries->curl_ca_path[0]) {
        avs_text_copy_bytes(libraries->curl_ca_path, sizeof(libraries->curl_ca_path), text, length);
    }
}

static void on_curl_version(void *user, const char *text, size_t length) {
    struct avs_audit_libraries *libraries = user;
    size_t name = strlen("libcurl/");
    if (length > name && text[name] >= '0' && text[name] <= '9' && !libraries->curl_version[0]) {
        size_t digits = strspn(text + name, "0123456789.");
        avs_text_copy_bytes(libraries->curl_version, sizeof(libraries->curl_version), text + name,
                            digits);
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

/** By the names of the libraries that it needs. */
static bool is_linked_with_another(const char *data, size_t length) {
    static const char *const others[] = {"libgnutls.so", "libmbedtls.so", "libwolfssl.so"};
    if (memmem(data, length, "libssl.so", strlen("libssl.so"))) {
        return false;
    }
    for (size_t i = 0; i < AVS_COUNT(others); i++) {
        if (memmem(data, length, others[i], strlen(others[i]))) {
            return true;
        }
    }
    return false;
}

void avs_audit_read_libraries(const struct avs_sysroot *root, struct avs_audit_libraries *ret) {
    char path[AVS_SYSROOT_PATH_BYTES];
    char *data = NULL;
    size_t length = 0;
    memset(ret, 0, sizeof(*ret));
    if ((search_library(root, "libcurl.so.", path) ||
         search_library(root, "libcurl-gnutls.so.", path)) &&
        avs_sysroot_read(root, path, LIBRARY_LIMIT, &data, &length, NULL)) {
        AVS_TEXT_SET(ret->curl_library, path);
        if (length > 1) { /* text[-1] is read */
            each_string(data + 1, length - 1, "/", on_curl_path, ret);
            each_string(data + 1, length - 1, "libcurl/", on_curl_version, ret);
            ret->reads_whole_folder = is_linked_with_another(data, length);
        }
        free(data);
    }
    if (search_library(root, "libcrypto.so.", path) &&
        avs_sysroot_read(root, path, LIBRARY_LIMIT, &data, &length, NULL)) {
        each_string(data, length, "OPENSSLDIR: \"", on_openssl_folder, ret);
        free(data);
    }
}
