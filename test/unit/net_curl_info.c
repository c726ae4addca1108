/* SPDX-License-Identifier: Apache-2.0 */
/* The loaded libcurl, as it describes itself, against what the headers and the loader say. */
#include "support/test.h"

#include <unistd.h>

#include <curl/curl.h>

#include "net/curl_info.h"

static void the_loaded_library_is_described(void **state) {
    (void)state;
    struct avs_net_curl_info info;
    avs_net_curl_info(&info);
    const curl_version_info_data *data = curl_version_info(CURLVERSION_NOW);
    assert_string_equal(info.version, data->version);
    assert_int_equal(info.version_number, data->version_num);
    assert_string_equal(info.ssl_backend, data->ssl_version);
    assert_true(info.is_openssl_backend); /* the build asks for libcurl4-openssl-dev */
    assert_true(info.has_http2);
    assert_true(info.has_verbose_strings);
    assert_true(info.knows_ca_defaults);
    const char *file = "", *path = "";
    avs_net_curl_ca_defaults(&file, &path);
    assert_ptr_equal(file, info.ca_file);
    assert_ptr_equal(path, info.ca_path);
    assert_true(info.ca_file || info.ca_path);
}

static void a_store_is_completed_as_libcurl_would(void **state) {
    (void)state;
    const char *default_file, *default_path;
    avs_net_curl_ca_defaults(&default_file, &default_path);
    const struct {
        const char *source, *file, *path, *want_source, *want_file, *want_path;
    } rows[] = {
        {NULL, NULL, NULL, "libcurl", default_file, default_path},
        {"config", NULL, NULL, "libcurl", default_file, default_path},
        {"config", "/f", NULL, "config", "/f", default_path},
        {"config", NULL, "/p", "config", default_file, "/p"},
        {"config", "/f", "/p", "config", "/f", "/p"},
        {"option", "/f", NULL, "option", "/f", NULL},
        {NULL, NULL, "/p", NULL, NULL, "/p"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *file = rows[i].file;
        const char *path = rows[i].path;
        const char *source = avs_net_curl_complete_store(rows[i].source, &file, &path);
        assert_string_equal(source ? source : "", rows[i].want_source ? rows[i].want_source : "");
        assert_string_equal(file ? file : "", rows[i].want_file ? rows[i].want_file : "");
        assert_string_equal(path ? path : "", rows[i].want_path ? rows[i].want_path : "");
    }
}

static void its_file_is_named(void **state) {
    (void)state;
    const char *path = avs_net_curl_library_path();
    assert_non_null(path);
    assert_non_null(strstr(path, "libcurl"));
    assert_int_equal(access(path, R_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loaded_library_is_described),
        cmocka_unit_test(a_store_is_completed_as_libcurl_would),
        cmocka_unit_test(its_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
