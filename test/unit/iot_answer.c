/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS answers, to a host or a cause. test/e2e/test_iot_endpoint.py holds codes and messages
 * against the AWS library's reading of the same bytes. */
#include "h1/date.h"
#include "iot/answer.h"
#include "support/test.h"

#define NOW 1795287812 /* 2026-11-21 19:03:32 UTC */

static struct avs_iot_answer read_reply(int status, const char *error_type, const char *date,
                                        const char *body) {
    const struct avs_iot_reply reply = {.status = status,
                                        .error_type = error_type,
                                        .date = date,
                                        .location = "",
                                        .body = body,
                                        .length = strlen(body),
                                        .is_complete = true,
                                        .now_unix = NOW};
    struct avs_iot_answer answer;
    assert_int_equal(avs_iot_answer_read(&reply, &answer, NULL), AVS_OK);
    return answer;
}

static void hosts_are_hosts(void **state) {
    (void)state;
    static const struct {
        const char *body;
        bool is_host;
    } rows[] = {
        {"{\"endpointAddress\":\"a1-ats.iot.us-east-1.amazonaws.com\"}", true},
        {" {\"x\":[1],\"endpointAddress\" : \"a.b\" }\n", true},
        {"{\"endpointAddress\":\"a\\u002eb\"}", true},
        {"{\"endpointAddress\":\"ab\"}", false},
        {"{\"endpointAddress\":\"\"}", false},
        {"{\"endpointAddress\":\"a..b\"}", false},
        {"{\"endpointAddress\":\".a.b\"}", false},
        {"{\"endpointAddress\":\"a.b.\"}", false},
        {"{\"endpointAddress\":\"-a.b\"}", false},
        {"{\"endpointAddress\":\"a-.b\"}", false},
        {"{\"endpointAddress\":\"a.b:443\"}", false},
        {"{\"endpointAddress\":\"a.b/\"}", false},
        {"{\"endpointAddress\":\"a.b\\u0000\"}", false},
        {"{\"endpointAddress\":\"a_b.c\"}", false},
        {"{\"endpointAddress\":null}", false},
        {"{\"endpointAddress\":{}}", false},
        {"{\"EndpointAddress\":\"a.b\"}", false},
        {"{\"endpointAddress\":\"a.b\"", false},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_iot_answer answer = read_reply(200, "", "", rows[i].body);
        if ((answer.host[0] != '\0') != rows[i].is_host) {
            fail_msg("%s: '%s'", rows[i].body, answer.host);
        }
        assert_int_equal(answer.cause, rows[i].is_host ? AVS_CAUSE_NONE : AVS_CAUSE_AWS_ANSWER_BAD);
    }
    char label[128] = "{\"endpointAddress\":\"a.";
    memset(label + strlen(label), 'x', 64);
    strcat(label, "\"}");
    assert_int_equal(read_reply(200, "", "", label).cause, AVS_CAUSE_AWS_ANSWER_BAD);
}

static void codes_have_causes(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *error_type, *body;
        enum avs_cause cause;
        bool is_transient;
    } rows[] = {
        {400, "InvalidRequestException", "{}", AVS_CAUSE_AWS_REQUEST_REFUSED, false},
        {400, "ThrottlingException", "{}", AVS_CAUSE_AWS_THROTTLED, true},
        {400, "", "{\"__type\":\"Throttling\"}", AVS_CAUSE_AWS_THROTTLED, true},
        {429, "TooManyRequestsException", "{}", AVS_CAUSE_AWS_THROTTLED, true},
        {429, "", "", AVS_CAUSE_AWS_THROTTLED, true},
        {500, "InternalFailureException", "{}", AVS_CAUSE_AWS_SERVICE_FAILED, true},
        {500, "", "{}", AVS_CAUSE_AWS_SERVICE_FAILED, true},
        {502, "", "<html>", AVS_CAUSE_AWS_SERVICE_FAILED, true},
        {503, "ServiceUnavailableException", "", AVS_CAUSE_AWS_SERVICE_FAILED, true},
        {401, "UnauthorizedException", "{}", AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {403, "AccessDeniedException", "{}", AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {403, "AccessDenied", "<Error/>", AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {403, "ForbiddenException", "{}", AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {403, "UnrecognizedClientException", "{}", AVS_CAUSE_AWS_KEY_UNKNOWN, false},
        {403, "InvalidClientTokenId", "{}", AVS_CAUSE_AWS_KEY_UNKNOWN, false},
        {403, "ExpiredTokenException", "{}", AVS_CAUSE_AWS_KEYS_EXPIRED, false},
        {403, "RequestExpired", "{}", AVS_CAUSE_CLOCK_WRONG, false},
        {403, "InvalidSignatureException", "{}", AVS_CAUSE_AWS_SIGNATURE_REFUSED, false},
        {403, "InvalidSignatureExceptional", "{}", AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {404, "", "{}", AVS_CAUSE_AWS_WRONG_HOST, false},
        {404, "", "{\"message\":\"Not Found\",\"traceId\":\"1\"}", AVS_CAUSE_AWS_WRONG_HOST, false},
        {403, "ForbiddenException", "{\"message\":\"x\",\"traceId\":\"1\"}",
         AVS_CAUSE_AWS_NOT_ALLOWED, false},
        {301, "", "", AVS_CAUSE_AWS_WRONG_HOST, false},
        {403, "", "<html>blocked</html>", AVS_CAUSE_AWS_ANSWER_BAD, false},
        {200, "", "<html>", AVS_CAUSE_AWS_ANSWER_BAD, false},
        {204, "", "", AVS_CAUSE_AWS_ANSWER_BAD, false},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_iot_answer answer =
            read_reply(rows[i].status, rows[i].error_type, "", rows[i].body);
        if (answer.cause != rows[i].cause || answer.is_transient != rows[i].is_transient) {
            fail_msg("%d %s %s: %s", rows[i].status, rows[i].error_type, rows[i].body,
                     avs_cause_info(answer.cause)->id);
        }
        assert_string_equal(answer.host, "");
    }
}

static void the_offset_is_from_the_message_or_from_date(void **state) {
    (void)state;
    static const struct {
        const char *message, *date;
        bool is_clock, has_offset;
        int64_t offset_s;
    } rows[] = {
        {"Signature expired: 20261121T184832Z is now earlier than 20261121T185832Z "
         "(20261121T190332Z - 5 min.)",
         "", true, true, -900},
        {"Signature not yet current: 20261121T220332Z is still later than 20261121T190832Z "
         "(20261121T190332Z + 5 min.)",
         "Sat, 21 Nov 2026 00:00:00 GMT", true, true, 3 * 3600},
        {"Signature expired: at some time", "Sat, 21 Nov 2026 18:03:32 GMT", true, true, 3600},
        {"Signature expired: 20261121", "", true, false, 0},
        {"does not match", "Sat, 21 Nov 2026 18:03:32 GMT", true, true, 3600},
        {"does not match", "Sat, 21 Nov 2026 19:03:00 GMT", false, true, 32},
        {"does not match", "Sat, 21 Nov 2026 19:08:32 GMT", false, true, -300},
        {"does not match", "yesterday", false, false, 0},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"message\":\"%s\"}", rows[i].message);
        struct avs_iot_answer answer =
            read_reply(403, "InvalidSignatureException", rows[i].date, body);
        assert_int_equal(answer.cause, rows[i].is_clock ? AVS_CAUSE_CLOCK_WRONG
                                                        : AVS_CAUSE_AWS_SIGNATURE_REFUSED);
        assert_int_equal(answer.has_offset, rows[i].has_offset);
        assert_int_equal(answer.offset_s, rows[i].offset_s);
    }
}

static void dates_of_http(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "Sat, 21 Nov 2026",
                                      "Sat, 21 nov 2026 19:03:32 GMT",
                                      "Sat, 21 ovD 2026 19:03:32 GMT",
                                      "Sat, 31 Feb 2026 19:03:32 GMT",
                                      "Sat, 21 Nov 2026 25:03:32 GMT",
                                      "Saturday, 21-Nov-26 19:03:32 GMT",
                                      "21 Nov 2026 19:03:32 GMT",
                                      "Sat, 1 Nov 2026 19:03:32 GMT"};
    int64_t time = 0;
    assert_true(avs_http_date("Sat, 21 Nov 2026 19:03:32 GMT", &time));
    assert_int_equal(time, NOW);
    for (size_t i = 0; i < AVS_COUNT(bad); i++) {
        assert_false(avs_http_date(bad[i], &time));
    }
}

static void what_is_cut_or_broke_off_is_no_answer(void **state) {
    (void)state;
    static const char body[] = "{\"endpointAddress\":\"a.b\"}";
    for (int i = 0; i < 2; i++) {
        const struct avs_iot_reply reply = {.status = 200,
                                            .error_type = "",
                                            .date = "",
                                            .location = "",
                                            .body = body,
                                            .length = strlen(body),
                                            .is_cut = i == 0,
                                            .is_complete = i == 0};
        struct avs_iot_answer answer;
        assert_int_equal(avs_iot_answer_read(&reply, &answer, NULL), AVS_OK);
        assert_int_equal(answer.cause, AVS_CAUSE_AWS_ANSWER_BAD);
        assert_string_equal(answer.host, "");
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 50) {
        const char *body = "{\"message\":\"m\",\"code\":\"c\"}";
        const struct avs_iot_reply reply = {.status = 400,
                                            .error_type = "",
                                            .date = "",
                                            .location = "",
                                            .body = body,
                                            .length = strlen(body),
                                            .is_complete = true};
        struct avs_iot_answer answer;
        enum avs_status status = avs_iot_answer_read(&reply, &answer, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        failures += status != AVS_OK;
    }
    assert_true(failures >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_hosts),
        cmocka_unit_test(codes_have_causes),
        cmocka_unit_test(the_offset_is_from_the_message_or_from_date),
        cmocka_unit_test(dates_of_http),
        cmocka_unit_test(what_is_cut_or_broke_off_is_no_answer),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
