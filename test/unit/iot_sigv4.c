/* SPDX-License-Identifier: Apache-2.0 */
/* The signer against the published Signature Version 4 test suite (header signing, as the AWS SDKs'
 * common runtime has it): one row for each of its requests. Everything not in a row is as in the
 * suite: GET / to example.amazonaws.com, region us-east-1, service "service",
 * 2015-08-30T12:36:00Z, and the suite's example keys. */
#include "iot/sigv4.h"
#include "support/test.h"

#define NOW         1440938160
#define HEADERS_MAX 6

struct vector {
    const char *name, *method, *path, *query;
    struct avs_sigv4_header headers[HEADERS_MAX]; /* besides Host */
    const char *body, *token;
    bool keeps_path, omits_token;
    const char *signature;
};

static const struct vector vectors[] = {
    {.name = "get-header-key-duplicate",
     .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {.name = "get-header-value-multiline",
     .headers = {{"My-Header1", "value1\n  value2\n     value3"}},
     .signature = "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
    {.name = "get-header-value-order",
     .headers = {{"My-Header1", "value4"},
                 {"My-Header1", "value1"},
                 {"My-Header1", "value3"},
                 {"My-Header1", "value2"}},
     .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {.name = "get-header-value-trim",
     .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {.name = "get-relative-normalized",
     .path = "/example/..",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-relative-relative-normalized",
     .path = "/example1/example2/../..",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-relative-relative-unnormalized",
     .path = "/example1/example2/../..",
     .keeps_path = true,
     .signature = "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b"},
    {.name = "get-relative-unnormalized",
     .path = "/example/..",
     .keeps_path = true,
     .signature = "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282"},
    {.name = "get-slash-dot-slash-normalized",
     .path = "/./",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-slash-dot-slash-unnormalized",
     .path = "/./",
     .keeps_path = true,
     .signature = "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"},
    {.name = "get-slash-normalized",
     .path = "//",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-slash-pointless-dot-normalized",
     .path = "/./example",
     .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
    {.name = "get-slash-pointless-dot-unnormalized",
     .path = "/./example",
     .keeps_path = true,
     .signature = "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff"},
    {.name = "get-slash-unnormalized",
     .path = "//",
     .keeps_path = true,
     .signature = "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e"},
    {.name = "get-slashes-normalized",
     .path = "//example//",
     .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {.name = "get-slashes-unnormalized",
     .path = "//example//",
     .keeps_path = true,
     .signature = "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
    {.name = "get-space-normalized",
     .path = "/example space/",
     .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {.name = "get-space-unnormalized",
     .path = "/example space/",
     .keeps_path = true,
     .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {.name = "get-unreserved",
     .path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {.name = "get-utf8",
     .path = "/\341\210\264",
     .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {.name = "get-vanilla",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-vanilla-empty-query-key",
     .query = "Param1=value1",
     .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {.name = "get-vanilla-query",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-vanilla-query-order-encoded",
     .query = "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
     .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
    {.name = "get-vanilla-query-order-key-case",
     .query = "Param2=value2&Param1=value1",
     .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {.name = "get-vanilla-query-unreserved",
     .query = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~"
              "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {.name = "get-vanilla-utf8-query",
     .query = "\341\210\264=bar",
     .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {.name = "get-vanilla-with-session-token",
     .token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
     .signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
    {.name = "post-header-key-case",
     .method = "POST",
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "post-header-key-sort",
     .method = "POST",
     .headers = {{"My-Header1", "value1"}},
     .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {.name = "post-header-value-case",
     .method = "POST",
     .headers = {{"My-Header1", "VALUE1"}},
     .signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    {.name = "post-sts-header-after",
     .method = "POST",
     .token = "AQoDYXdzEPT//////////"
              "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfK"
              "D8YUuwthAx7mSEI/qkPpKPi/"
              "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q"
              "6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
              "scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
     .omits_token = true,
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "post-sts-header-before",
     .method = "POST",
     .token = "AQoDYXdzEPT//////////"
              "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfK"
              "D8YUuwthAx7mSEI/qkPpKPi/"
              "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q"
              "6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
              "scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
     .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
    {.name = "post-vanilla",
     .method = "POST",
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "post-vanilla-empty-query-value",
     .method = "POST",
     .query = "Param1=value1",
     .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {.name = "post-vanilla-query",
     .method = "POST",
     .query = "Param1=value1",
     .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {.name = "post-x-www-form-urlencoded",
     .method = "POST",
     .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                 {"Content-Length", "13"},
                 {"X-Amz-Content-Sha256",
                  "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
     .body = "Param1=value1",
     .signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
    {.name = "post-x-www-form-urlencoded-parameters",
     .method = "POST",
     .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                 {"Content-Length", "13"},
                 {"X-Amz-Content-Sha256",
                  "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
     .body = "Param1=value1",
     .signature = "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
};

static struct avs_aws_keys *suite_keys(const char *token) {
    struct avs_aws_keys *keys = avs_aws_keys_new();
    assert_non_null(keys);
    strcpy(keys->id, "AKIDEXAMPLE");
    strcpy(keys->secret, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    strcpy(keys->token, token ? token : "");
    return keys;
}

static enum avs_status sign(const struct vector *vector, struct avs_sigv4 *ret,
                            struct avs_error *error) {
    struct avs_sigv4_header headers[HEADERS_MAX + 1] = {{"Host", "example.amazonaws.com"}};
    size_t count = 1;
    for (size_t i = 0; i < HEADERS_MAX && vector->headers[i].name; i++) {
        headers[count++] = vector->headers[i];
    }
    const struct avs_sigv4_request request = {
        .method = vector->method ? vector->method : "GET",
        .path = vector->path ? vector->path : "/",
        .query = vector->query,
        .headers = headers,
        .header_count = count,
        .body = vector->body,
        .body_length = vector->body ? strlen(vector->body) : 0,
        .keeps_path = vector->keeps_path,
        .omits_token = vector->omits_token,
        .region = "us-east-1",
        .service = "service",
        .now_unix = NOW,
    };
    struct avs_aws_keys *keys = suite_keys(vector->token);
    enum avs_status status = avs_sigv4_sign(&request, keys, ret, error);
    avs_aws_keys_free(keys);
    return status;
}

static void the_published_vectors_sign_as_published(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(vectors); i++) {
        struct avs_sigv4 result = {.authorization = NULL};
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(sign(&vectors[i], &result, &error), AVS_OK);
        const char *signature = strstr(result.authorization, "Signature=");
        assert_non_null(signature);
        if (strcmp(signature + strlen("Signature="), vectors[i].signature) != 0) {
            fail_msg("%s: %s is not %s", vectors[i].name, signature, vectors[i].signature);
        }
        assert_string_equal(result.date, "20150830T123600Z");
        free(result.authorization);
    }
}

static void the_header_names_key_scope_and_headers(void **state) {
    (void)state;
    const struct vector vector = {.token = "T",
                                  .headers = {{"Zeta", "1"}, {"alpha", "2"}, {"ALPHA", "3"}}};
    struct avs_sigv4 result = {.authorization = NULL};
    assert_int_equal(sign(&vector, &result, NULL), AVS_OK);
    static const char expected[] =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=alpha;host;x-amz-date;x-amz-security-token;zeta, Signature=";
    assert_memory_equal(result.authorization, expected, sizeof(expected) - 1);
    assert_int_equal(strlen(result.authorization), sizeof(expected) - 1 + 64);
    free(result.authorization);
}

/* What says the same is signed the same: the other side sees what was meant, not how it was put. */
static void one_meaning_has_one_signature(void **state) {
    (void)state;
    static const struct vector same[] = {
        {.query = "endpointType=iot%3AData-ATS"},
        {.query = "endpointType=iot:Data-ATS"},
        {.query = "endpointType=iot%3aData-ATS"},
        {.query = "endpointType=%69ot%3AData%2dATS"},
    };
    char *first = NULL;
    for (size_t i = 0; i < AVS_COUNT(same); i++) {
        struct avs_sigv4 result = {.authorization = NULL};
        assert_int_equal(sign(&same[i], &result, NULL), AVS_OK);
        if (first) {
            assert_string_equal(result.authorization, first);
            free(result.authorization);
        } else {
            first = result.authorization;
        }
    }
    struct avs_sigv4 other = {.authorization = NULL};
    assert_int_equal(sign(&(struct vector){.query = "endpointType=iot%3AData"}, &other, NULL),
                     AVS_OK);
    assert_string_not_equal(other.authorization, first);
    free(other.authorization);
    free(first);
}

static void a_broken_escape_is_text(void **state) {
    (void)state;
    static const char *const queries[] = {"a=%", "a=%4", "a=%zz", "%", "=&=", "&&", "a==", "a=%4g"};
    for (size_t i = 0; i < AVS_COUNT(queries); i++) {
        struct avs_sigv4 result = {.authorization = NULL};
        assert_int_equal(sign(&(struct vector){.query = queries[i]}, &result, NULL), AVS_OK);
        free(result.authorization);
    }
}

static void what_is_too_much_is_refused(void **state) {
    (void)state;
    struct avs_sigv4 result = {.authorization = NULL};
    struct avs_error error = AVS_ERROR_INIT;
    char query[2 * (AVS_SIGV4_PAIRS_MAX + 1) + 1] = "";
    for (size_t i = 0; i <= AVS_SIGV4_PAIRS_MAX; i++) {
        strcat(query, "a&");
    }
    assert_int_equal(sign(&(struct vector){.query = query}, &result, &error), AVS_ERR_LIMIT);
    char *path = malloc(AVS_SIGV4_URL_BYTES + 2);
    memset(path, 'a', AVS_SIGV4_URL_BYTES + 1);
    path[0] = '/';
    path[AVS_SIGV4_URL_BYTES + 1] = '\0';
    assert_int_equal(sign(&(struct vector){.path = path}, &result, &error), AVS_ERR_LIMIT);
    free(path);
    assert_null(result.authorization);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 100) {
        struct avs_sigv4 result = {.authorization = NULL};
        const struct avs_sigv4_header host = {"Host", "h"};
        const struct avs_sigv4_request request = {.method = "GET",
                                                  .path = "/endpoint",
                                                  .query = "a=b&c=d",
                                                  .headers = &host,
                                                  .header_count = 1,
                                                  .region = "r",
                                                  .service = "s",
                                                  .now_unix = NOW};
        struct avs_aws_keys *keys = avs_aws_keys_new();
        enum avs_status status =
            keys ? avs_sigv4_sign(&request, keys, &result, NULL) : AVS_ERR_NO_MEMORY;
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        failures += status != AVS_OK;
        assert_int_equal(result.authorization != NULL, status == AVS_OK);
        free(result.authorization);
        avs_aws_keys_free(keys);
    }
    assert_true(failures >= 5);
}

static void key_ids_are_masked(void **state) {
    (void)state;
    char masked[AVS_AWS_MASKED_BYTES];
    avs_aws_key_mask("AKIAIOSFODNN7EXAMPLE", masked);
    assert_string_equal(masked, "****MPLE");
    avs_aws_key_mask("short", masked);
    assert_string_equal(masked, "****");
    avs_aws_key_mask("", masked);
    assert_string_equal(masked, "****");
}

static void a_key_is_printable_ascii_of_its_size(void **state) {
    (void)state;
    char field[8];
    assert_true(avs_aws_key_set(field, sizeof(field), "abcdefg", 7));
    assert_false(avs_aws_key_set(field, sizeof(field), "abcdefgh", 8));
    assert_false(avs_aws_key_set(field, sizeof(field), "", 0));
    assert_false(avs_aws_key_set(field, sizeof(field), "a b", 3));
    assert_false(avs_aws_key_set(field, sizeof(field), "a\r\n", 3));
    assert_false(avs_aws_key_set(field, sizeof(field), "\xC3\xA4", 2));
    assert_string_equal(field, "abcdefg");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_sign_as_published),
        cmocka_unit_test(the_header_names_key_scope_and_headers),
        cmocka_unit_test(one_meaning_has_one_signature),
        cmocka_unit_test(a_broken_escape_is_text),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(key_ids_are_masked),
        cmocka_unit_test(a_key_is_printable_ascii_of_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
