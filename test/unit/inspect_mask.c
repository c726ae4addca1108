/* Nothing secret leaves: tokens, serial numbers, passwords and addresses are masked, and what a
 * reader needs stays. */
#include <avs/inspect.h>

#include "support/test.h"

static void secrets_are_masked(void **state) {
    (void)state;
    static const struct {
        const char *text, *secret;
    } cases[] = {
        {"token=Atza|IwEBIK-abc_def123", "IwEB"},
        {"x Atzr|IwEBIK-abc_def123 y", "IwEB"},
        {"body=refresh_token\\=Atzr%7CIwEBIKabc&x=y", "IwEB"},
        {"Authorization: Bearer abc.def-123", "abc.def"},
        {"authorization\\: Bearer abc", "abc"},
        {"> authorization: Basic dXNlcjpwYXNz", "dXNl"},
        {"access_token=\"deadbeef\"", "deadbeef"},
        {"{\"refresh_token\":\"deadbeef\",\"x\":1}", "deadbeef"},
        {"{\\\"access_token\\\"\\:\\\"deadbeef\\\"}", "deadbeef"},
        {"client_secret%3Ddeadbeef&x=1", "deadbeef"},
        {"clientSecret=deadbeef", "deadbeef"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIi"},
        {"deviceSerialNumber=G090LF11", "G090"},
        {"dsn=G090LF11,x=1", "G090"},
        {"\"deviceSerialNumber\" : \"123456\"", "123456"},
        {"productId=MyGreatSpeaker", "MyGreat"},
        {"clientId=amzn1.application-oa2-client.0123", "0123"},
        {"mail to jane.doe+x@example.co.uk now", "jane"},
        {"user=jane%40example.com", "jane"},
        {"http://user:pass@proxy.local:3128/", "pass"},
        {"ssid=HomeNet", "HomeNet"},
        {"opaque 0123456789abcdef0123456789abcdef01 end", "cdef0123"},
        {"user_code=A1B2C3", "A1B2C3"},
        {"serial:12345678", "12345678"},
        {"password = hunter2", "hunter2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char masked[512];
        avs_inspect_mask(masked, sizeof(masked), cases[i].text);
        if (strstr(masked, cases[i].secret) || !strstr(masked, "***")) {
            fail_msg("'%s' became '%s'", cases[i].text, masked);
        }
    }
}

static void what_a_reader_needs_stays(void **state) {
    (void)state;
    static const char failure[] =
        "2026-11-20 10:00:01.000 [  5] E HttpPost:doPostFailed:reason=curl_easy_performFailed,"
        "result=60,error=SSL peer certificate or SSH remote key was not OK";
    static const char *const texts[] = {
        failure,
        "CBLAuthDelegate:receiveTokenResponse:code=0",
        "getAuthToken:reason=nullptr",
        "this=0x7f1000aa5500,streamId=12",
        "CAfile: /usr/local/share/ca-certificates/amazon-root-ca-1.pem",
        "host=alexa.na.gateway.devices.a2z.com",
        "2 @ 3, a@b",
        "https://alexa.na.gateway.devices.a2z.com/v20160207/events",
        "error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char masked[512];
        avs_inspect_mask(masked, sizeof(masked), texts[i]);
        assert_string_equal(masked, texts[i]);
    }
}

static void masked_text_is_cut_and_terminated(void **state) {
    (void)state;
    char masked[8];
    avs_inspect_mask(masked, sizeof(masked), "0123456789");
    assert_string_equal(masked, "0123456");
    avs_inspect_mask(masked, 1, "x");
    assert_string_equal(masked, "");
    masked[0] = 'k';
    avs_inspect_mask(masked, 0, "x");
    assert_int_equal(masked[0], 'k');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(what_a_reader_needs_stays),
        cmocka_unit_test(masked_text_is_cut_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
