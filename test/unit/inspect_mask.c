/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing secret leaves: tokens, serial numbers, passwords and addresses are masked, and what a
 * reader needs stays. */
#include <avs/inspect.h>

#include "support/test.h"

static const struct {
    const char *text, *secret;
} secrets[] = {
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
    /* quoted values with blanks, and quotes in them */
    {"{\"passphrase\":\"correct horse battery staple\"}", "staple"},
    {"client_secret = 'foo bar'", "bar"},
    {"{\"password\":\"one\\\"two three\",\"x\":1}", "two"},
    {"{\\\"password\\\":\\\"one \\\\\\\"two\\\"}", "two"},
    {"password: correct horse battery staple", "staple"},
    {"password=ab\\,cdef,result=60", "cdef"},
    {"client_secret=\"never closed quote", "quote"},
    /* proxies */
    {"proxy=user:s3cret@proxy:3128", "s3cret"},
    {"http://user:p/ss@proxy:3128", "p/ss"},
    {"http://user:pass@proxy:3128/", "pass"},
    {"http://user.name:123/ss@proxy.local:3128", "123/ss"},
    {"http://user:p@ss@proxy.local", "p@ss"},
    {"http\\://user\\:p@ss@proxy\\:3128", "p@ss"},
    {"Trying user:s3cret@proxy:3128...", "s3cret"},
    {"CURLOPT_PROXY=user:a b@proxy", "user"},
    {"\"CURLOPT_PROXY\" : \"user:a b@proxy\"", "a b"},
    {"https_proxy=http://onlyuser@proxy.local:3128", "onlyuser"},
    {"curl -u jane:hunter2 https://a.b/", "hunter2"},
    {"curl --proxy-user 'jane:hun ter2' https://a.b/", "ter2"},
    {"curl -ujane:hunter2 https://a.b/", "hunter2"},
    {"curl --user=jane:hunter2 https://a.b/", "hunter2"},
    {"curl --proxy-user=jane:hunter2 https://a.b/", "hunter2"},
    {"curl -E device.pem:hunter2 https://a.b/", "hunter2"},
    {"curl --cert 'device.pem:hun ter2' https://a.b/", "ter2"},
    {"mosquitto_pub -u jane --pw hunter2", "hunter2"},
    {"KEY_PASS=hunter2", "hunter2"},
    {"pkcs11:token=dev;object=key?pin-value=hunter2", "hunter2"},
    {"proxy http://user%3Aname:secretword%40@p:1", "secretword"},
    /* Wi-Fi */
    {"wpa_psk=secretpsk", "secretpsk"},
    {"psk: secretpsk", "secretpsk"},
    {"psk:secretpsk", "secretpsk"},
    {"psk=\"my home is my castle\"", "castle"},
    /* AWS */
    {"?X-Amz-Signature=deadbeef&x=1", "deadbeef"},
    {"Credential=AKIAIOSFODNN7EXAMPLE/2013, SignedHeaders=host", "AKIA"},
    {"key AKIAIOSFODNN7EXAMPLE is used", "IOSFODNN7"},
    {"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG"},
    {"x wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY y", "K7MDENG"},
    {"X-Amz-Security-Token: IQoJb3JpZ2", "IQoJ"},
    /* headers */
    {"Cookie: session-id=123-456; ubid=abc-def", "abc-def"},
    {"< set-cookie: at-main=Atza%7Cgone; x=tail", "tail"},
    {"cookie=at-main\\=gone; x\\=tail,result=60", "tail"},
    {"Proxy-Authorization: Basic dXNlcjpwYXNz", "dXNl"},
    {"authorization: AWS4-HMAC-SHA256 Credential=A/b, Signature=deadbeef", "deadbeef"},
    {"sent Basic dXNlcjpwYXNz= in vain", "dXNl"},
    /* other dresses */
    {"%22refresh_token%22%3A%22deadbeef%22%2C", "deadbeef"},
    {"<password>hunter2</password>", "hunter2"},
    {"'token' => 'deadbeef'", "deadbeef"},
    {"--password hunter2", "hunter2"},
    {"token\t=\tdeadbeef", "deadbeef"},
    {"\"tokens\":[\"dead\",\"beef\"]", "beef"},
    /* a value with blanks in it, without quotes */
    {"token=abc def", "def"},
    {"token: abc def ghi", "ghi"},
    {"access_token = abc def,result=60", "def"},
    {"token=abc def result=60", "def"},
    {"?access_token=abc def&next=1", "def"},
    {"X-Api-Key: abc def", "def"},
    {"x-amz-access-token: abc def", "def"},
    {"-H \"x-amz-access-token: abc def\" https://a.b/", "def"},
    {"{\"k\":\"token=abc def\",\"v\":1}", "def"},
    {"(token=abc def) tail", "def"},
    {"deviceSerialNumber = G090 LF11", "LF11"},
    {"refreshToken -> abc def", "def"},
    {"serial number: G090 LF11", "LF11"},
    {"client secret: abc def", "def"},
    {"dsn=G09\\ 0LF11", "0LF11"},
    {"https://user:two words@proxy:3128/", "words"},
    /* nested */
    {"{\"token\":{\"a\":{\"b\":\"x\"},\"value\":\"deadbeef\"},\"y\":2}", "deadbeef"},
    {"{\"tokens\":[\"a]b\",\"deadbeef\"]}", "deadbeef"},
    {"the_name_of_this_key_is_longer_than_what_is_kept_of_it_token=deadbeef", "deadbeef"},
    /* prose */
    {"the password is hunter2", "hunter2"},
    {"the token was deadbeef, the server said", "deadbeef"},
    {"Password is: 'hun ter2'", "ter2"},
    {"passphrase was set to correct horse", "horse"},
    {"serial number is G090LF11", "G090"},
    {"api key = deadbeef", "deadbeef"},
    {"password is correct horse battery staple", "staple"},
    {"the password is fine wine", "wine"},
    {"mqtt password hunter2", "hunter2"},
    {"with password Tr0ub4dor&3.", "Tr0"},
    {"mosquitto_pub -u dev -P hunter -t x", "hunter"},
    {"mosquitto_sub -P 'hun ter' -t x", "hun ter"},
    {"its \"secret\" is \"deadbeef\"", "deadbeef"},
    /* markup */
    {"<input name=\"password\" value=\"hunter2\">", "hunter2"},
    {"<input value='hunter2' type='text' name='password'/>", "hunter2"},
    {"<input type=password value=hunter2>", "hunter2"},
    {"<password type=\"plain\">hunter2</password>", "hunter2"},
    {"<wsse:Password>hunter2</wsse:Password>", "hunter2"},
    {"<password><![CDATA[hun<ter2]]></password>", "ter2"},
    {"<string name=\"refresh_token\">deadbeef</string>", "deadbeef"},
    {"<entry key=\"db.password\">hunter2</entry>", "hunter2"},
    {"<key>password</key> <string>hunter2</string>", "hunter2"},
    {"{\"name\":\"password\",\"value\":\"hunter2\"}", "hunter2"},
    {"{\"value\": \"hunter2\", \"key\": \"password\"}", "hunter2"},
    {"{\\\"name\\\":\\\"token\\\",\\\"value\\\":\\\"deadbeef\\\"}", "deadbeef"},
    /* subscripts */
    {"token[0]=deadbeef", "deadbeef"},
    {"token[] = deadbeef", "deadbeef"},
    {"user[password]=hunter2", "hunter2"},
    {"user[\"password\"] = \"hunter2\"", "hunter2"},
    {"token%5B0%5D=deadbeef", "deadbeef"},
    {"password[a][1]: hunter2", "hunter2"},
    /* as a shell joins them */
    {"TOKEN=\"dead\"beef", "beef"},
    {"TOKEN='dead'\"bee f\"x y", "bee f"},
    {"TOKEN=\"dead\"$X\"beef\"", "beef"},
    /* the code of an OAuth callback */
    {"GET /cb?code=ANdeadbeef&scope=x", "beef"},
    {"https://a.example/cb?state=1&code=ANdeadbeef", "beef"},
    {"https\\://a.example/cb?state\\=1&code\\=ANdeadbeef", "beef"},
    {"<a href=\"/cb?state=1&amp;code=ANdeadbeef\">", "beef"},
    {"https%3A%2F%2Fa.example%2Fcb%3Fcode%3DANdeadbeef", "beef"},
    {"code=ANdeadbeef&grant_type=authorization_code", "beef"},
    {"authorization_code=ANdeadbeef", "beef"},
};

static void secrets_are_masked(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        char masked[512];
        avs_inspect_mask(masked, sizeof(masked), secrets[i].text);
        if (strstr(masked, secrets[i].secret) || !strstr(masked, "***")) {
            fail_msg("'%s' became '%s'", secrets[i].text, masked);
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
        "https://alexa.na.gateway.devices.a2z.com:443/path/a@b",
        "CURLOPT_PROXY=http://proxy.local:3128",
        "no_proxy=localhost,127.0.0.1",
        "Could not resolve proxy: proxy.local",
        "basic authentication was refused",
        "CBLAuthDelegate:requestToken:reason=x,result=60",
        "* Connected to alexa.na.gateway.devices.a2z.com (52.1.2.3) port 443 (#0)",
        "serial console at 115200",
        "number 5 device id",
        "https://alexa.na.gateway.devices.a2z.com:443 and a@b",
        "error setting certificate file: /etc/ssl/certs/ca-certificates.crt",
        "code=60",
        "result=60,code=7",
        "receiveTokenResponse:code=400",
        "GET /status?code=60",
        "x?a=1&code=503",
        "why? code=SUCCESS",
        "curlcode=SUCCESS",
        "code=SUCCESS,result=60",
        "the token is invalid",
        "the password was refused by the proxy",
        "token is not valid",
        "password is empty",
        "<status name=\"gateway\" value=\"up\"/>",
        "value=12,name=gateway",
        "<b>gateway</b><i>up</i>",
        "states[2]=CONNECTED",
        "a > b and c < d",
        "curl --cert device.pem --key device.key https://a.example/",
        "grep -E x: y",
        "{\"name\":\"gateway\",\"value\":\"up\"}",
        "<token/>",
        "this->state=1",
        "the password is wrong for this account",
        "token is expired since noon",
        "token is too old",
        "password expired yesterday",
        "password file /etc/mosquitto/passwd",
        "password authentication failed",
        "scp -P 2222 a b",
        "password is set",
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

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A secret, and where the key stands and how the value is dressed: "K" is the key, "S" the secret.
 * `avoids`: what a secret in that dress cannot hold, since it would end there. */
static const struct {
    const char *shape, *avoids;
} shapes[] = {
    {"{\"K\":\"S\"}", "\"\\"},
    {"{ \"K\" : \"S\", \"x\": 1 }", "\"\\"},
    {"{\\\"K\\\":\\\"S\\\"}", "\"\\"},
    {"K = 'S'", "'\\"},
    {"K='S' next", "'\\"},
    {"{'K': 'S'}", "'\\"},
    {"x=1,K=S,result=60", ",;&\"'\\)}]>[{<=:"},
    {"?x=1&K=S&y=2", ",;&\"'\\)}]>[{<=:"},
    {"K: S", ",;&\"'\\)}]>[{<=:"},
    {"K:\tS\n", ",;&\"'\\)}]>[{<=:"},
    {"<K>S</K>", "<"},
    {"%22K%22%3A%22S%22", "%\\\""},
    {"'K' => \"S\"", "\"\\"},
    {"<input name=\"K\" value=\"S\">", "\"\\"},
    {"<input value='S' name='K'>", "'\\"},
    {"<entry key=\"K\">S</entry>", "<"},
    {"<K type=\"x\">S</K>", "<"},
    {"K[0]=S", ",;&\"'\\)}]>[{<=:"},
    {"export K=\"S\"", "\"\\"},
    {"the K was \"S\"", "\"\\"},
};

static const char *const property_keys[] = {
    "password", "refresh_token", "accessToken", "client-secret",  "wpa_psk",         "passphrase",
    "dsn",      "X-Amz-Token",   "signature",   "Authorization",  "aws_access_key",  "cookie",
    "api_key",  "SSID",          "user_code",   "deviceSerialNo", "secretAccessKey", "email",
};

static void make_secret(char *secret, const char *avoids, uint32_t *state) {
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@:/.,;=&%!?*#()[]{}<>|~^$+-_ '\"\\";
    size_t length = 6 + next_random(state) % 24;
    for (size_t i = 0; i < length;) {
        char byte = bytes[next_random(state) % (sizeof(bytes) - 1)];
        bool is_edge = (i == 0 || i + 1 == length) && byte == ' ';
        if (!strchr(avoids, byte) && !is_edge) {
            secret[i++] = byte;
        }
    }
    secret[length] = '\0';
}

static void no_part_of_a_secret_gets_through_in_any_dress(void **state) {
    (void)state;
    uint32_t random = 20261126;
    for (int i = 0; i < 40000; i++) {
        size_t at = (size_t)i % (sizeof(shapes) / sizeof(shapes[0]));
        const char *key =
            property_keys[next_random(&random) % (sizeof(property_keys) / sizeof(char *))];
        char secret[64], text[256], masked[256];
        make_secret(secret, shapes[at].avoids, &random);
        size_t length = 0;
        for (const char *from = shapes[at].shape; *from; from++) {
            const char *what = *from == 'K' ? key : *from == 'S' ? secret : NULL;
            length += what ? (size_t)snprintf(text + length, sizeof(text) - length, "%s", what)
                           : (size_t)snprintf(text + length, sizeof(text) - length, "%c", *from);
        }
        avs_inspect_mask(masked, sizeof(masked), text);
        for (size_t from = 0; from + 4 <= strlen(secret); from++) {
            char part[5];
            memcpy(part, secret + from, 4);
            part[4] = '\0';
            bool is_in_dress = strstr(key, part) || strstr(shapes[at].shape, part);
            if (!is_in_dress && strstr(masked, part)) {
                fail_msg("'%s' became '%s'", text, masked);
            }
        }
    }
}

static void no_password_of_a_proxy_gets_through(void **state) {
    (void)state;
    static const char *const dresses[] = {
        "proxy=%s@proxy:3128",
        "http://%s@proxy.local:3128/",
        "\"CURLOPT_PROXY\": \"%s@p\"",
        "https_proxy=http://%s@p.q:1",
        "using socks5h://%s@localhost:1",
        "* Trying %s@10.0.0.1:3128...",
    };
    uint32_t random = 7;
    for (int i = 0; i < 20000; i++) {
        char secret[64], login[96], text[256], masked[256];
        make_secret(secret, " \"'<>\\,=()", &random);
        snprintf(login, sizeof(login), "jane:%s", secret);
        snprintf(text, sizeof(text), dresses[(size_t)i % (sizeof(dresses) / sizeof(char *))],
                 login);
        avs_inspect_mask(masked, sizeof(masked), text);
        for (size_t from = 0; from + 4 <= strlen(secret); from++) {
            char part[5];
            memcpy(part, secret + from, 4);
            part[4] = '\0';
            if (!strstr("http proxy.local socks5h Trying", part) && strstr(masked, part)) {
                fail_msg("'%s' became '%s'", text, masked);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(no_part_of_a_secret_gets_through_in_any_dress),
        cmocka_unit_test(no_password_of_a_proxy_gets_through),
        cmocka_unit_test(what_a_reader_needs_stays),
        cmocka_unit_test(masked_text_is_cut_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
