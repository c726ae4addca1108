/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint may look like: each refusal names its own problem. */
#include "support/test.h"

#include <avs/config.h>

static char longest[AVS_ENDPOINT_URL_MAX + 64];

static enum avs_status check(const char *text, struct avs_endpoint *ret, struct avs_error *error) {
    return avs_endpoint_check(text, strlen(text), ret, error);
}

static void a_good_endpoint_is_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *text, *host, *url;
        unsigned port;
        bool is_ipv6;
    } rows[] = {
        {"https://avs-ats-cert-test.amazon.com", "avs-ats-cert-test.amazon.com",
         "https://avs-ats-cert-test.amazon.com", 443, false},
        {"https://localhost:8443", "localhost", "https://localhost:8443", 8443, false},
        {"https://a.example/", "a.example", "https://a.example", 443, false},
        {"HTTPS://A.example:1", "A.example", "https://A.example:1", 1, false},
        {"https://a.example:65535/", "a.example", "https://a.example:65535", 65535, false},
        {"https://192.0.2.7:44", "192.0.2.7", "https://192.0.2.7:44", 44, false},
        {"https://[2001:db8::1]", "2001:db8::1", "https://[2001:db8::1]", 443, true},
        {"https://[::1]:8443/", "::1", "https://[::1]:8443", 8443, true},
        {"https://xn--bcher-kva.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example",
         443, false},
        {"https://under_score.example", "under_score.example", "https://under_score.example", 443,
         false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
        struct avs_error error = AVS_ERROR_INIT;
        if (check(rows[i].text, &endpoint, &error) != AVS_OK) {
            fail_msg("%s: %s", rows[i].text, error.message);
        }
        assert_string_equal(endpoint.host, rows[i].host);
        assert_string_equal(endpoint.url, rows[i].url);
        assert_int_equal(endpoint.port, rows[i].port);
        assert_int_equal(endpoint.is_ipv6, rows[i].is_ipv6);
        assert_int_equal(check(rows[i].text, NULL, NULL), AVS_OK);
    }
}

/* The text is `length` bytes and nothing more: a sanitizer sees a step too far, and what happens to
 * stand behind is no part of it. */
static void what_stands_behind_the_text_is_not_read(void **state) {
    (void)state;
    const char *text = "https://a.1x";
    char *exact = malloc(11);
    memcpy(exact, text, 11);
    assert_int_equal(avs_endpoint_check(exact, 11, NULL, NULL), AVS_ERR_ENDPOINT_INVALID);
    free(exact);
    assert_int_equal(avs_endpoint_check(text, 11, NULL, NULL), AVS_ERR_ENDPOINT_INVALID);
    assert_int_equal(avs_endpoint_check(text, 12, NULL, NULL), AVS_OK);
    assert_int_equal(avs_endpoint_check("https://1.2.3.45", 15, NULL, NULL), AVS_OK);
}

static void a_bad_endpoint_is_refused_with_its_own_reason(void **state) {
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "empty"},
        {"avs-ats-cert-test.amazon.com", "no scheme"},
        {"nowhere", "no scheme"},
        {"http://a.example", "not encrypted"},
        {"ftp://a.example", "not https"},
        {"https:a.example", "two slashes"},
        {"https:/a.example", "two slashes"},
        {"https://", "no host"},
        {"https:///x", "no host"},
        {"https://:443", "no host"},
        {"https://user:secret@a.example", "user name"},
        {"https://user:p@secret@a.example", "user name"},
        {"https://a.example:0", "1 to 65535"},
        {"https://a.example:65536", "1 to 65535"},
        {"https://a.example:99999999999999999999", "1 to 65535"},
        {"https://a.example:", "must follow the colon"},
        {"https://a.example:4x", "not a number"},
        {"https://a.example:-1", "not a number"},
        {"https://::1", "brackets"},
        {"https://[::1", "not closed"},
        {"https://[::1]x", "bracket"},
        {"https://[zz]", "no IPv6"},
        {"https://[fe80::1%25eth0]", "no IPv6"},
        {"https://a.example/v20160207", "path"},
        {"https://a.example//", "path"},
        {"https://a.example?x", "query"},
        {"https://a.example#x", "fragment"},
        {"https://a b.example", "space"},
        {" https://a.example", "space"},
        {"https://a.example\n", "control"},
        {"https://b\xc3\xbc"
         "cher.example",
         "ASCII"},
        {"https://a..example", "empty part"},
        {"https://a.example.", "empty part"},
        {"https://-a.example", "hyphen"},
        {"https://a*.example", "character other"},
        {"https://300.1.1.1", "IPv4"},
        {"https://1.2.3", "IPv4"},
        {"https://${SDK_ENDPOINT}", "character other"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_endpoint endpoint = {.size = sizeof(endpoint), .port = 7};
        assert_int_equal(check(rows[i].text, &endpoint, &error), AVS_ERR_ENDPOINT_INVALID);
        assert_int_equal(error.cause, AVS_CAUSE_ENDPOINT_INVALID);
        if (!strstr(error.message, rows[i].problem)) {
            fail_msg("%s: '%s' does not say '%s'", rows[i].text, error.message, rows[i].problem);
        }
        assert_null(strstr(error.message, "secret"));
        assert_int_equal(endpoint.port, 7);
    }
}

static void lengths_have_exact_limits(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "https://", 8);
    assert_int_equal(avs_endpoint_check(longest, AVS_ENDPOINT_URL_MAX + 1, NULL, &error),
                     AVS_ERR_ENDPOINT_INVALID);
    assert_non_null(strstr(error.message, "2048"));
    for (size_t i = 8 + 50; i < 8 + 253; i += 51) {
        longest[i] = '.';
    }
    assert_int_equal(avs_endpoint_check(longest, 8 + 253, NULL, NULL), AVS_OK);
    assert_int_equal(avs_endpoint_check(longest, 8 + 254, NULL, &error), AVS_ERR_ENDPOINT_INVALID);
    assert_non_null(strstr(error.message, "253"));
    assert_int_equal(avs_endpoint_check("https://a.b\0c", 13, NULL, &error),
                     AVS_ERR_ENDPOINT_INVALID);
    assert_non_null(strstr(error.message, "NUL"));
    assert_int_equal(avs_endpoint_check(NULL, 0, NULL, NULL), AVS_ERR_ENDPOINT_INVALID);
}

static void named_endpoints_are_good_endpoints(void **state) {
    (void)state;
    static const char *const names[] = {"ats-test",  "na",        "eu",       "fe",
                                        "legacy-na", "legacy-eu", "legacy-fe"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *url = avs_endpoint_from_name(names[i]);
        assert_non_null(url);
        assert_int_equal(check(url, NULL, NULL), AVS_OK);
    }
    assert_string_equal(avs_endpoint_from_name("eu"), "https://alexa.eu.gateway.devices.a2z.com");
    assert_null(avs_endpoint_from_name("us"));
    assert_null(avs_endpoint_from_name(""));
    assert_null(avs_endpoint_from_name(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_endpoint_is_taken_apart),
        cmocka_unit_test(what_stands_behind_the_text_is_not_read),
        cmocka_unit_test(a_bad_endpoint_is_refused_with_its_own_reason),
        cmocka_unit_test(lengths_have_exact_limits),
        cmocka_unit_test(named_endpoints_are_good_endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
