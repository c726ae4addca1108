/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule has a sample line, and that line is read by that rule. Samples are written from the
 * SDK's statements and from libcurl's messages, in the order of the tables. */
#include "inspect/inspect.h"

#include "support/test.h"

#define LOGIN_ANSWERS(source)                                                                  \
    source ":receiveCodePairResponse:code=0",                                                  \
        source ":mapHTTPStatusToError:code=0,error=UNKNOWN_ERROR",                             \
        source ":receiveTokenResponse:code=200", source ":receiveTokenResponse:code=400",      \
        source ":receiveTokenResponse:code=401", source ":receiveCodePairResponse:code=503",   \
        source                                                                                 \
        ":errorInLwaResponseBody:error=authorization_pending,errorCode=AUTHORIZATION_PENDING", \
        source ":errorInLwaResponseBody:error=slow_down,errorCode=X",                          \
        source ":errorInLwaResponseBody:error=x,errorCode=AUTHORIZATION_PENDING",              \
        source ":errorInLwaResponseBody:error=invalid_client,errorCode=INVALID_CODE",          \
        source ":stop",                                                                        \
        source                                                                                 \
        ":parseLWAResponseFailed:reason=parseJsonFailed,position=0,error=The document is empty."

static const char *const line_samples[] = {
    "AlexaClientSdkInit:initialize:sdkversion=1.26.0",
    "AlexaClientSdkInit:initialize:curlVersion=7.88.1",
    "AlexaClientSdkInit:initializeFailed:reason=curlDoesNotSupportHTTP2",
    "AlexaClientSdkInit:initializeFailed:reason=ConfigurationNode\\:\\:initializeFailed",
    "AlexaClientSdkInit:uninitialize",
    "ConfigurationNode:initializeFailed:reason=parseFailure,offset=77,message=Missing a comma.",
    "ConfigurationNode:initializeFailed:reason=badStream",
    "HttpPost:doPostFailed:reason=curl_easy_performFailed,result=60,error=Error",
    "HttpPost:doPostSucceeded:code=200",
    "HttpPost:doPostSucceeded:code=400",
    "HttpPost:doPostSucceeded:code=403",
    "HttpPost:doPostSucceeded:code=500",
    "HttpPut:doPutFailed:reason=curlFailedWithCode\\: SSL connect error",
    "HttpPut:doPutSucceeded:code=204",
    "CapabilitiesDelegate:publishCapabilitiesFailed:responseCode=0,reason=httpRequestFailed",
    "CapabilitiesDelegate:publishCapabilitiesFailed:responseCode=204,reason=x",
    "CapabilitiesDelegate:publishCapabilitiesFailed:responseCode=400,reason=x",
    "CapabilitiesDelegate:publishCapabilitiesFailed:responseCode=503,reason=x",
    "AuthDelegate:handleLwaResponseFailed:reason=parseJsonFailed,position=0,error=The document is "
    "empty.",
    LOGIN_ANSWERS("AuthDelegate"),
    LOGIN_ANSWERS("CBLAuthDelegate"),
    "LWAAuthorizationAdapter:doGetFailed:reason=performFailed,result=SSL connect error",
    LOGIN_ANSWERS("LWAAuthorizationAdapter"),
    "LibcurlUtils:curl_easy_setoptFailed:option=CURLOPT_SSLVERSION,result=48,error=Error",
    "LibcurlUtils:verificationOfHostsAndPeersDisabled",
    "LibcurlHTTP2Connection:streamFinished:this=0x1,streamId=1,result=No error,CURLcode=0",
    "LibcurlHTTP2Connection:streamProgressTimedOut:this=0x1,streamId=1",
    "LibcurlHTTP2Connection:libcurl not built with HTTP/2 support!",
    "LibcurlHTTP2Connection:Unable to parse OpenSSL version!:version=GnuTLS/3.7.9",
    "LibcurlHTTP2Connection:OpenSSL minimum version requirement failed!:version=1.0.1,required=1.0."
    "2",
    "LibcurlHTTP2Connection:createAndSendRequest:this=0x1",
    "DownchannelHandler:onReceiveResponseCode:responseCode=200",
    "DownchannelHandler:onReceiveResponseCode:responseCode=403",
    "DownchannelHandler:onReceiveResponseCode:responseCode=503",
    "MessageRequestHandler:onReceiveResponseCode:responseCode=204",
    "MessageRequestHandler:onReceiveResponseCode:responseCode=400",
    "MessageRequestHandler:onReceiveResponseCode:responseCode=503",
    "PingHandler:onReceiveResponseCode:responseCode=204",
    "PingHandler:onReceiveResponseCode:responseCode=403",
    "PingHandler:onReceiveResponseCode:responseCode=503",
    "MessageInterpreter:receive:messageId=1",
    "HTTP2Transport:networkLoopRetryingToConnect:reason=establishConnectionFailed,retryCount=0",
    "HTTP2Transport:establishConnectionFailed:reason=negativeResponseCode,responseCode=-1",
    "HTTP2Transport:cleanupFinishedStream:streamId=0,result=204",
    "HTTP2Transport:cleanupFinishedStream:streamId=0,result=403",
    "HTTP2Transport:cleanupFinishedStream:streamId=0,result=503",
    "HTTP2Transport:pingFailed:responseCode=403",
    "HTTP2Transport:pingFailed:responseCode=0",
    "HTTP2Transport:streamProgressTimedOut:streamId=4",
    "HTTP2Transport:setStateLocked:currentState=CONNECTING,newState=WAITING_TO_RETRY_CONNECTING,"
    "changedReason=NONE",
    "HTTP2Transport:setStateLocked:newState=SERVER_SIDE_DISCONNECT,changedReason=SERVER_SIDE_"
    "DISCONNECT",
    "HTTP2Transport:setStateLocked:newState=DISCONNECTING,changedReason=PING_TIMEDOUT",
    "HTTP2Transport:setStateLocked:currentState=POST_CONNECTING,newState=CONNECTED,changedReason="
    "ACL_CLIENT_REQUEST",
    "HTTP2Transport:handleWaitingToRetryConnecting:connectRetryCount=0,timeout=360",
    "HTTP2Transport:handleConnectingWaitingToRetry:connectRetryCount=0,timeout=360",
    "HTTP2Transport:onPingTimeout:this=0x1",
    "HTTP2Transport:handleConnecting",
    "HTTP2Transport:onGoawayReceived:this=0x1",
    "HTTP2Transport:Unable to parse OpenSSL version!:version=mbedTLS/2.16.0",
    "HTTP2Transport:OpenSSL minimum version requirement failed!:version=1.0.1f,required=1.0.2",
    "HTTP2Transport:libcurl not built with HTTP/2 support!",
    "MessageRouter:connectionStatusChanged:reason=ACL_CLIENT_REQUEST,newStatus=CONNECTED",
    "MessageRouter:connectionStatusChanged:reason=SERVER_SIDE_DISCONNECT,newStatus=PENDING",
    "MessageRouter:connectionStatusChanged:reason=PING_TIMEDOUT,newStatus=PENDING",
    "MessageRouter:setConnectionStatusLocked:status=CONNECTED,reason=ACL_CLIENT_REQUEST",
    "MessageRouter:onServerSideDisconnect:m_isEnabled=true,transport=0x1",
    "MessageRouter:setAVSGateway:avsGateway=https\\://alexa.na.gateway.devices.a2z.com",
    "AVSGatewayManager:init:avsGateway=https\\://alexa.na.gateway.devices.a2z.com",
    "AVSGatewayManager:setGatewayURL:avsGatewayURL=https\\://alexa.na.gateway.devices.a2z.com",
    "AVSConnectionManager:setAVSGateway:avsGateway=https\\://alexa.na.gateway.devices.a2z.com",
    "InternetConnectionMonitor:updateConnectionStatus:connected=true",
    "InternetConnectionMonitor:updateConnectionStatus:connected=false",
    "InternetConnectionMonitor:testConnectionFailed:reason=badHTTPContentReceived",
    "LibCurlHttpContentFetcher:curlEasyPerformFailed:error=Couldn't resolve host name",
    "LibCurlHttpContentFetcher:getContent:responseCode=200",
    "LibCurlHttpContentFetcher:getContentFailed:reason=performFailed",
    "HttpResponseCodes:intToHTTPResponseCode:code=503:Unknown HTTP response code.",
    "DefaultClient:initializeFailed:reason=unableToCreateAlertStorage",
    "SampleApplication:Failed to initialize SampleApplication",
    "SampleApp:Failed to create x",
    "PreviewAlexaClient:Failed to create x",
    "HTTP2Stream:libcurl:streamId=2,text=* Trying 1.2.3.4...",
    "CurlEasyHandleWrapper:libcurl:id=AVSEvent-2,text=* Trying 1.2.3.4...",
    "SensoryKeywordDetector:initFailed:reason=loadingSensoryModelFailed,error=License expired",
    "Logger:debugLogLevelSpecifiedWhenDebugLogsCompiledOut",
    "AvsClient:connectFailed:cause=root_missing,origin=https\\://a.b",
    "AvsClient:connected:origin=https\\://a.b,address=1.2.3.4",
    "AvsShim:httpsFailed:host=a.b,cause=root_missing,code=60",
    "AvsCheck:tlsEstablished:protocol=h2,version=TLSv1.3",
    "AvsCheck:tlsFailed:protocol=h2,host=a.b,verify=certificate has expired,openssl=",
};

static void every_line_rule_reads_its_sample(void **state) {
    (void)state;
    assert_int_equal(sizeof(line_samples) / sizeof(line_samples[0]), avs_line_rule_count);
    struct avs_triggers triggers;
    avs_triggers_init(&triggers);
    for (size_t i = 0; i < avs_line_rule_count; i++) {
        char line[512];
        snprintf(line, sizeof(line), "2026-11-20 10:00:00.000 [  5] 5 %s", line_samples[i]);
        struct avs_record record;
        assert_true(avs_record_parse_line(line, strlen(line), &record));
        size_t colon = (size_t)(strchr(line + 32, ':') - line);
        bool is_whole = false;
        int name = avs_triggers_name(&triggers, line, colon, &is_whole);
        assert_true(name >= 0 && is_whole);
        const struct avs_line_rule *rule = avs_line_rule_find(
            &record, triggers.names[name].first_rule, triggers.names[name].rule_count, 0);
        if (rule != &avs_line_rules[i]) {
            fail_msg("sample %zu, '%s', is read by rule %td", i, line_samples[i],
                     rule ? rule - avs_line_rules : -1);
        }
    }
}

static void count_hint(void *user, const char *line, size_t length, bool is_hinted) {
    (void)line;
    (void)length;
    *(bool *)user = is_hinted;
}

static void every_sample_is_noticed_by_the_fast_part(void **state) {
    (void)state;
    struct avs_triggers triggers;
    avs_triggers_init(&triggers);
    static const char *const heads[] = {"2026-11-20 10:00:00.000 [  5] 5 ", "", "[    1] W ",
                                        "I avs_device_sdk:  "};
    for (size_t i = 0; i < avs_line_rule_count; i++) {
        for (size_t j = 0; j < sizeof(heads) / sizeof(heads[0]); j++) {
            char line[512];
            bool is_hinted = false;
            int length = snprintf(line, sizeof(line), "%s%s\n", heads[j], line_samples[i]);
            if (j != 2 && strncmp(line_samples[i], "Logger", 6) == 0) {
                continue; /* too short a name to be known without its level, always W */
            }
            avs_scan_lines(&triggers, line, (size_t)length, count_hint, &is_hinted);
            if (!is_hinted) {
                fail_msg("not noticed: %s", line);
            }
        }
    }
}

static void releases_keep_rules_to_their_generation(void **state) {
    (void)state;
    static const char line[] = "2026-11-20 10:00:00.000 [  5] 0 "
                               "HTTP2Transport:cleanupFinishedStream:streamId=0,result=403";
    struct avs_record record;
    assert_true(avs_record_parse_line(line, strlen(line), &record));
    for (size_t i = 0; i < avs_line_rule_count; i++) {
        if (strcmp(avs_line_rules[i].source, "HTTP2Transport") == 0) {
            assert_non_null(avs_line_rule_find(&record, i, avs_line_rule_count - i, 109));
            const struct avs_line_rule *later =
                avs_line_rule_find(&record, i, avs_line_rule_count - i, 126);
            assert_true(!later || strcmp(later->source, "HTTP2Transport") != 0);
            break;
        }
    }
}

static struct avs_inspect *inspect_text(const char *text) {
    const struct avs_inspect_options options = {.size = sizeof(options), .now = 1795219200};
    struct avs_inspect *inspect = NULL;
    assert_int_equal(avs_inspect_new(&options, &inspect, NULL), AVS_OK);
    avs_inspect_push(inspect, text, strlen(text));
    avs_inspect_flush(inspect);
    return inspect;
}

static void every_code_has_its_cause_in_its_scope(void **state) {
    (void)state;
    for (size_t i = 0; i < avs_code_rule_count; i++) {
        const struct avs_code_rule *rule = &avs_code_rules[i];
        char line[512];
        const char *shape =
            rule->scopes & AVS_SCOPE_LOGIN
                ? "2026-11-20 10:00:00.000 [  5] E HttpPost:doPostFailed:reason="
                  "curl_easy_performFailed,result=%d,error=Error\n"
            : rule->scopes & AVS_SCOPE_GATEWAY
                ? "2026-11-20 10:00:00.000 [  5] 7 LibcurlHTTP2Connection:streamFinished:streamId="
                  "2,result=Error,CURLcode=%d\n"
                : "2026-11-20 10:00:00.000 [  5] E LibcurlUtils:curl_easy_setoptFailed:option="
                  "CURLOPT_SSLVERSION,result=%d,error=Error\n";
        snprintf(line, sizeof(line), shape, rule->code);
        struct avs_inspect *inspect = inspect_text(line);
        assert_int_equal(inspect->book.tally_count, 1);
        assert_int_equal(inspect->book.tallies[0].kind, AVS_TALLY_CODE);
        assert_int_equal(inspect->book.tallies[0].row, i);
        assert_int_equal(avs_inspect_report(inspect)->findings[0].cause, rule->cause);
        avs_inspect_free(inspect);
    }
}

static void texts_give_codes_in_every_wording(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum avs_curl_era era;
        int code;
        bool is_ambiguous;
    } cases[] = {
        {"Couldn't connect to server", AVS_CURL_UNKNOWN, 7, false},
        {"Could not connect to server", AVS_CURL_NEW, 7, false},
        {"Couldn't resolve host name", AVS_CURL_UNKNOWN, 6, false},
        {"Could not resolve hostname", AVS_CURL_UNKNOWN, 6, false},
        {"SSL peer certificate or SSH remote key was not OK", AVS_CURL_OLD, 51, false},
        {"SSL peer certificate or SSH remote key was not OK", AVS_CURL_NEW, 60, false},
        {"SSL peer certificate or SSH remote key was not OK", AVS_CURL_UNKNOWN, 60, true},
        {"SSL peer certif", AVS_CURL_NEW, 60, false}, /* cut */
        {"SSL peercertificate or SSH\nremote key was not OK", AVS_CURL_NEW, 60, false},
        {"No error", AVS_CURL_UNKNOWN, 0, false},
        {"Error", AVS_CURL_UNKNOWN, -1, false},
        {"SSL", AVS_CURL_UNKNOWN, -1, false}, /* cut too short */
        {"Peer certificate cannot be authenticated with given CA certificates", AVS_CURL_OLD, 60,
         false},
        {"", AVS_CURL_UNKNOWN, -1, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_ambiguous = false;
        assert_int_equal(avs_code_from_text(cases[i].text, cases[i].era, &is_ambiguous),
                         cases[i].code);
        assert_int_equal(is_ambiguous, cases[i].is_ambiguous);
    }
    assert_int_equal(avs_era_from_pair(60, "SSL peer certificate or SSH remote key was not OK"),
                     AVS_CURL_NEW);
    assert_int_equal(avs_era_from_pair(51, "SSL peer certificate or SSH remote key was not OK"),
                     AVS_CURL_OLD);
    assert_int_equal(avs_era_from_pair(60, "Error"), AVS_CURL_UNKNOWN);
    assert_true(avs_code_text_is_mute("Error"));
    assert_false(avs_code_text_is_mute("Error in the HTTP2 framing layer"));
}

static void release_dates_bound_the_clock(void **state) {
    (void)state;
    unsigned release = 0;
    assert_true(avs_release_floor("1.26.0", &release) > avs_release_floor("1.20", &release));
    assert_int_equal(release, 120);
    assert_int_equal(avs_release_floor("0.1", &release), avs_release_floor_any());
    assert_true(avs_release_floor("v1.6.0", &release) > 1514764800); /* 2018 */
    assert_int_equal(release, 106);
    assert_int_equal(avs_release_floor("latest", &release), -1);
    assert_int_equal(avs_release_floor("", &release), -1);
    assert_int_equal(avs_release_floor("1.999", &release), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_rule_reads_its_sample),
        cmocka_unit_test(every_sample_is_noticed_by_the_fast_part),
        cmocka_unit_test(releases_keep_rules_to_their_generation),
        cmocka_unit_test(every_code_has_its_cause_in_its_scope),
        cmocka_unit_test(texts_give_codes_in_every_wording),
        cmocka_unit_test(release_dates_bound_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
