/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the SDK's components. Source: the SDK's ACL, AVSCommon and Authorization sources, 1.0 to
 * 3.0; event names as they stand there. Rows of one source stay together; the first that fits wins,
 * so the narrow ones stand first. */
#include "inspect/rules.h"

#define ALL \
    { 0, 0 }
#define SINCE(release) \
    { release, 0 }
#define UNTIL(release) \
    { 0, release }

/* the shapes that most rows have */
#define FAILURE(source, event, key, value, releases, scope, cause, certainty, says) \
    {                                                                               \
        source, event, key, value, releases, AVS_ROLE_FAILURE, AVS_SCOPE_##scope,   \
            AVS_CAUSE_##cause, AVS_##certainty, NULL, NULL, says                    \
    }
#define RETRY(source, event, key, value, releases, says)                        \
    {                                                                           \
        source, event, key, value, releases, AVS_ROLE_RETRY, AVS_SCOPE_GATEWAY, \
            AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL, NULL, says         \
    }
#define CURL(source, event, key, value, scope, code_key, text_key, says)                  \
    {                                                                                     \
        source, event, key, value, ALL, AVS_ROLE_CURL, AVS_SCOPE_##scope, AVS_CAUSE_NONE, \
            AVS_CERTAIN, code_key, text_key, says                                         \
    }
#define OTHER(role, source, event, key, value, releases, scope, says)                            \
    {                                                                                            \
        source, event, key, value, releases, AVS_ROLE_##role, AVS_SCOPE_##scope, AVS_CAUSE_NONE, \
            AVS_CERTAIN, NULL, NULL, says                                                        \
    }

static const char login_curl[] = "libcurl's own result of a call to Login with Amazon.";
static const char capabilities_answered[] = "The capabilities service answered.";
static const char empty_answer[] =
    "Parsing an answer that never came: an echo of the failed request just before it.";
static const char code_zero[] = "Code 0 is no HTTP status: the request before it failed.";
static const char login_refused[] =
    "An HTTP status came back from Login with Amazon, so TLS works; the login itself was refused.";
static const char login_trouble[] =
    "Login with Amazon answered with a server error (5xx), so TLS works; the trouble is there.";
static const char gateway_trouble[] =
    "AVS answered with a server error (5xx), so TLS works; the trouble is there.";
static const char login_polled[] =
    "HTTP 400 from Login with Amazon: TLS works. While the device waits for the user to enter the "
    "code this is normal; otherwise the login was refused.";
static const char gateway_refused[] =
    "An HTTP status came back from AVS, so TLS works; the session itself was refused.";
static const char retrying[] =
    "A connection attempt failed; this line is the same for DNS, TCP, TLS and HTTP failures.";
static const char http_not_curl[] =
    "This result is an HTTP status, not a CURLcode: TLS worked and HTTP was spoken.";
static const char openssl_unparsed[] =
    "libcurl uses another TLS library than OpenSSL; the SDK's version check cannot read its name. "
    "Harmless.";

/* The same three rows for each component that reports Login with Amazon's answers. */
#define LOGIN_ANSWERS(source)                                                                      \
    OTHER(ECHO, source, "receive*", "code", "0", ALL, LOGIN, code_zero),                           \
        OTHER(ECHO, source, "mapHTTPStatusToError", "code", "0", ALL, LOGIN, code_zero),           \
        OTHER(PROOF, source, "receive*", "code", "2xx", ALL, LOGIN,                                \
              "Login with Amazon answered."),                                                      \
        FAILURE(source, "receiveTokenResponse", "code", "400", ALL, LOGIN, AUTH_NOT_TLS, POSSIBLE, \
                login_polled),                                                                     \
        FAILURE(source, "receive*", "code", "4xx", ALL, LOGIN, AUTH_NOT_TLS, CERTAIN,              \
                login_refused),                                                                    \
        FAILURE(source, "receive*", "code", "5xx", ALL, LOGIN, AUTH_NOT_TLS, CERTAIN,              \
                login_trouble),                                                                    \
        OTHER(PENDING, source, "errorInLwaResponseBody", "error", "authorization_pending", ALL,    \
              LOGIN, NULL),                                                                        \
        OTHER(PENDING, source, "errorInLwaResponseBody", "error", "slow_down", ALL, LOGIN, NULL),  \
        OTHER(PENDING, source, "errorInLwaResponseBody", "errorCode", "AUTHORIZATION_PENDING",     \
              ALL, LOGIN, NULL),                                                                   \
        FAILURE(source, "errorInLwaResponseBody", NULL, NULL, ALL, LOGIN, AUTH_NOT_TLS, LIKELY,    \
                login_refused),                                                                    \
        OTHER(STOP, source, "stop", NULL, NULL, ALL, LOGIN, NULL),                                 \
        OTHER(ECHO, source, "parseLWAResponseFailed", "reason", "parseJsonFailed", ALL, LOGIN,     \
              empty_answer)

const struct avs_line_rule avs_line_rules[] = {
    /* starting up */
    OTHER(SDK, "AlexaClientSdkInit", "initialize", "sdkversion", NULL, ALL, SETUP, NULL),
    OTHER(LIBCURL, "AlexaClientSdkInit", "initialize", "curlVersion", NULL, ALL, SETUP, NULL),
    FAILURE("AlexaClientSdkInit", "initializeFailed", "reason", "curlDoesNotSupportHTTP2", ALL,
            SETUP, HTTP2_UNSUPPORTED_BY_LIBCURL, CERTAIN,
            "The SDK asked the libcurl that it loaded, and refused to start."),
    OTHER(ECHO, "AlexaClientSdkInit", "initializeFailed", "reason",
          "ConfigurationNode::initializeFailed", ALL, SETUP,
          "The SDK gives up because of the configuration error just before."),
    OTHER(STOP, "AlexaClientSdkInit", "uninitialize", NULL, NULL, ALL, SETUP, NULL),
    FAILURE("ConfigurationNode", "initializeFailed", "reason", "parseFailure", ALL, SETUP,
            CONFIG_MALFORMED, CERTAIN,
            "The SDK's JSON parser stopped at the offset that this line names."),
    FAILURE("ConfigurationNode", "initializeFailed", "reason", "badStream", ALL, SETUP,
            CONFIG_UNREADABLE, LIKELY, "The SDK could not read the configuration stream."),

    /* Login with Amazon, and other calls with libcurl's easy interface */
    CURL("HttpPost", "doPostFailed", "reason", "curl_easy_performFailed", LOGIN, "result", "error",
         login_curl),
    OTHER(PROOF, "HttpPost", "doPostSucceeded", "code", "2xx", ALL, LOGIN,
          "Login with Amazon answered."),
    FAILURE("HttpPost", "doPostSucceeded", "code", "400", ALL, LOGIN, AUTH_NOT_TLS, POSSIBLE,
            login_polled),
    FAILURE("HttpPost", "doPostSucceeded", "code", "4xx", ALL, LOGIN, AUTH_NOT_TLS, CERTAIN,
            login_refused),
    FAILURE("HttpPost", "doPostSucceeded", "code", "5xx", ALL, LOGIN, AUTH_NOT_TLS, CERTAIN,
            login_trouble),
    CURL("HttpPut", "doPutFailed", "reason", "curlFailedWithCode*", CAPABILITIES, NULL, "reason",
         "libcurl's own text for a failed publication of capabilities; the number is not logged."),
    OTHER(PROOF, "HttpPut", "doPutSucceeded", "code", "2xx", ALL, CAPABILITIES,
          capabilities_answered),
    OTHER(ECHO, "CapabilitiesDelegate", "publishCapabilitiesFailed", "responseCode", "0", ALL,
          CAPABILITIES, code_zero),
    OTHER(PROOF, "CapabilitiesDelegate", "publishCapabilitiesFailed", "responseCode", "2xx", ALL,
          CAPABILITIES, capabilities_answered),
    FAILURE("CapabilitiesDelegate", "publishCapabilitiesFailed", "responseCode", "4xx", ALL,
            CAPABILITIES, AUTH_NOT_TLS, CERTAIN,
            "The capabilities service answered with an HTTP status, so TLS works; it refused what "
            "the device published."),
    FAILURE("CapabilitiesDelegate", "publishCapabilitiesFailed", "responseCode", "5xx", ALL,
            CAPABILITIES, AUTH_NOT_TLS, CERTAIN,
            "The capabilities service answered with a server error (5xx), so TLS works; the "
            "trouble is there."),
    OTHER(ECHO, "AuthDelegate", "handleLwaResponseFailed", "reason", "parseJsonFailed", UNTIL(106),
          LOGIN, empty_answer),
    LOGIN_ANSWERS("AuthDelegate"),
    LOGIN_ANSWERS("CBLAuthDelegate"),
    CURL("LWAAuthorizationAdapter", NULL, "reason", "performFailed", LOGIN, NULL, "result",
         login_curl),
    LOGIN_ANSWERS("LWAAuthorizationAdapter"),

    /* libcurl's set-up */
    CURL("LibcurlUtils", "curl_easy_setoptFailed", NULL, NULL, SETUP, "result", "error",
         "libcurl refused an option that the SDK sets."),
    OTHER(NOTE, "LibcurlUtils", "verificationOfHostsAndPeersDisabled", NULL, NULL, ALL, SETUP,
          "This build of the SDK does not verify certificates: nothing in this log proves trust, "
          "and the device must not ship like this."),

    /* the AVS session, SDK 1.10 and later */
    CURL("LibcurlHTTP2Connection", "streamFinished", NULL, NULL, GATEWAY, "CURLcode", "result",
         "libcurl's own result of a stream to AVS."),
    FAILURE("LibcurlHTTP2Connection", "streamProgressTimedOut", NULL, NULL, ALL, GATEWAY,
            RESPONSE_TIMEOUT, LIKELY, "A stream made no progress in time."),
    FAILURE("LibcurlHTTP2Connection", "libcurl not built with HTTP/2 support!", NULL, NULL, ALL,
            SETUP, HTTP2_UNSUPPORTED_BY_LIBCURL, CERTAIN,
            "The SDK asked the libcurl that it loaded."),
    OTHER(NOTE, "LibcurlHTTP2Connection", "Unable to parse OpenSSL version!", NULL, NULL, ALL,
          SETUP, openssl_unparsed),
    OTHER(NOTE, "LibcurlHTTP2Connection", "OpenSSL minimum version requirement failed!", NULL, NULL,
          ALL, SETUP,
          "The SDK warns that libcurl's OpenSSL is older than 1.0.2; it goes on all the same."),
    OTHER(ATTEMPT, "LibcurlHTTP2Connection", "createAndSendRequest", NULL, NULL, ALL, GATEWAY,
          NULL),
    OTHER(PROOF, "DownchannelHandler", "onReceiveResponseCode", "responseCode", "2xx", ALL, GATEWAY,
          "AVS answered over HTTP, so TLS works."),
    FAILURE("DownchannelHandler", "onReceiveResponseCode", "responseCode", "4xx", ALL, GATEWAY,
            AUTH_NOT_TLS, CERTAIN, gateway_refused),
    FAILURE("DownchannelHandler", "onReceiveResponseCode", "responseCode", "5xx", ALL, GATEWAY,
            AUTH_NOT_TLS, CERTAIN, gateway_trouble),
    OTHER(PROOF, "MessageRequestHandler", "onReceiveResponseCode", "responseCode", "2xx", ALL,
          GATEWAY, "AVS answered an event, so TLS works."),
    OTHER(PROOF, "MessageRequestHandler", "onReceiveResponseCode", "responseCode", "4xx", ALL,
          GATEWAY, "AVS refused an event, over HTTP: TLS works."),
    OTHER(STATUS, "MessageRequestHandler", "onReceiveResponseCode", "responseCode", "5xx", ALL,
          GATEWAY, "AVS answered an event with a server error (5xx): TLS works."),
    OTHER(PROOF, "PingHandler", "onReceiveResponseCode", "responseCode", "2xx", ALL, GATEWAY,
          "AVS answered a ping, so TLS works."),
    OTHER(STATUS, "PingHandler", "onReceiveResponseCode", "responseCode", "4xx", ALL, GATEWAY,
          "AVS answered a ping with an HTTP error: TLS works."),
    OTHER(STATUS, "PingHandler", "onReceiveResponseCode", "responseCode", "5xx", ALL, GATEWAY,
          "AVS answered a ping with an HTTP error: TLS works."),
    OTHER(PROOF, "MessageInterpreter", "receive", NULL, NULL, ALL, GATEWAY,
          "A directive came from AVS, so TLS works."),

    /* the AVS session, SDK 1.0 to 1.9: the CURLcode is never logged */
    RETRY("HTTP2Transport", "networkLoopRetryingToConnect", NULL, NULL, UNTIL(109), retrying),
    RETRY("HTTP2Transport", "establishConnectionFailed", NULL, NULL, UNTIL(109), retrying),
    OTHER(PROOF, "HTTP2Transport", "cleanupFinishedStream", "result", "2xx", UNTIL(109), GATEWAY,
          http_not_curl),
    FAILURE("HTTP2Transport", "cleanupFinishedStream", "result", "4xx", UNTIL(109), GATEWAY,
            AUTH_NOT_TLS, CERTAIN, http_not_curl),
    FAILURE("HTTP2Transport", "cleanupFinishedStream", "result", "5xx", UNTIL(109), GATEWAY,
            AUTH_NOT_TLS, CERTAIN, http_not_curl),
    FAILURE("HTTP2Transport", "pingFailed", "responseCode", "4xx", UNTIL(109), GATEWAY,
            AUTH_NOT_TLS, CERTAIN, gateway_trouble),
    FAILURE("HTTP2Transport", "pingFailed", NULL, NULL, UNTIL(109), GATEWAY, PEER_UNRESPONSIVE,
            LIKELY, "A ping to AVS got no answer on an open connection."),
    FAILURE("HTTP2Transport", "streamProgressTimedOut", NULL, NULL, UNTIL(109), GATEWAY,
            RESPONSE_TIMEOUT, LIKELY, "A stream made no progress in time."),

    /* and in the releases after that */
    RETRY("HTTP2Transport", "setStateLocked", "newState", "WAITING_TO_RETRY_CONNECTING", SINCE(110),
          retrying),
    OTHER(DROPPED, "HTTP2Transport", "setStateLocked", "changedReason", "SERVER_SIDE_DISCONNECT",
          ALL, GATEWAY, NULL),
    FAILURE("HTTP2Transport", "setStateLocked", "changedReason", "PING_TIMEDOUT", ALL, GATEWAY,
            PEER_UNRESPONSIVE, CERTAIN, "AVS did not answer a ping on an open connection."),
    OTHER(CONNECTED, "HTTP2Transport", "setStateLocked", "newState", "CONNECTED", SINCE(110),
          GATEWAY, "The AVS session stands, so TLS works."),
    RETRY("HTTP2Transport", "handleWaitingToRetryConnecting", NULL, NULL, SINCE(110), retrying),
    RETRY("HTTP2Transport", "handleConnectingWaitingToRetry", NULL, NULL, SINCE(110), retrying),
    FAILURE("HTTP2Transport", "onPingTimeout", NULL, NULL, SINCE(110), GATEWAY, PEER_UNRESPONSIVE,
            CERTAIN, "AVS did not answer a ping on an open connection."),
    OTHER(ATTEMPT, "HTTP2Transport", "handleConnecting", NULL, NULL, SINCE(110), GATEWAY, NULL),
    OTHER(NOTE, "HTTP2Transport", "onGoawayReceived", NULL, NULL, ALL, GATEWAY,
          "The server announced the end of a connection (GOAWAY): normal, the SDK reconnects."),
    OTHER(NOTE, "HTTP2Transport", "Unable to parse OpenSSL version!", NULL, NULL, ALL, SETUP,
          openssl_unparsed),
    OTHER(NOTE, "HTTP2Transport", "OpenSSL minimum version requirement failed!", NULL, NULL, ALL,
          SETUP,
          "The SDK warns that libcurl's OpenSSL is older than 1.0.2; it goes on all the same."),
    FAILURE("HTTP2Transport", "libcurl not built with HTTP/2 support!", NULL, NULL, ALL, SETUP,
            HTTP2_UNSUPPORTED_BY_LIBCURL, CERTAIN, "The SDK asked the libcurl that it loaded."),

    /* connected and dropped */
    OTHER(CONNECTED, "MessageRouter", "connectionStatusChanged", "newStatus", "CONNECTED", ALL,
          GATEWAY, "The AVS session stands, so TLS works."),
    OTHER(DROPPED, "MessageRouter", "connectionStatusChanged", "reason", "SERVER_SIDE_DISCONNECT",
          ALL, GATEWAY,
          "The server ended the session. About once an hour that is normal, and no TLS problem."),
    FAILURE("MessageRouter", "connectionStatusChanged", "reason", "PING_TIMEDOUT", ALL, GATEWAY,
            PEER_UNRESPONSIVE, CERTAIN, "AVS did not answer a ping on an open connection."),
    OTHER(CONNECTED, "MessageRouter", "setConnectionStatusLocked", "status", "CONNECTED", ALL,
          GATEWAY, "The AVS session stands, so TLS works."),
    OTHER(DROPPED, "MessageRouter", "onServerSideDisconnect", NULL, NULL, ALL, GATEWAY,
          "The server ended the session. About once an hour that is normal, and no TLS problem."),
    OTHER(GATEWAY, "MessageRouter", "setAVSGateway", "avsGateway", NULL, ALL, GATEWAY, NULL),
    OTHER(GATEWAY, "AVSGatewayManager", NULL, "avsGateway", NULL, ALL, GATEWAY, NULL),
    OTHER(GATEWAY, "AVSGatewayManager", NULL, "avsGatewayURL", NULL, ALL, GATEWAY, NULL),
    OTHER(GATEWAY, "AVSConnectionManager", "setAVSGateway", "avsGateway", NULL, ALL, GATEWAY, NULL),

    /* other probes and downloads */
    OTHER(
        PLAIN, "InternetConnectionMonitor", "updateConnectionStatus", "connected", "true", ALL,
        CONTENT,
        "Plain HTTP reaches the internet: names, routes and the proxy work. It says nothing about "
        "TLS."),
    OTHER(NOTE, "InternetConnectionMonitor", "updateConnectionStatus", "connected", "false", ALL,
          CONTENT, "The SDK's plain-HTTP probe of the internet failed: no connection at all then."),
    OTHER(ECHO, "InternetConnectionMonitor", "testConnectionFailed", NULL, NULL, ALL, CONTENT,
          "The SDK's own probe of the internet: it follows from the failed download before it."),
    CURL("LibCurlHttpContentFetcher", "curlEasyPerformFailed", NULL, NULL, CONTENT, NULL, "error",
         "libcurl's own text for a failed download."),
    OTHER(PLAIN, "LibCurlHttpContentFetcher", "getContent", "responseCode", "2xx", ALL, CONTENT,
          "A download went well: names, routes and the proxy work."),
    FAILURE("LibCurlHttpContentFetcher", "getContentFailed", "reason", "performFailed", ALL,
            CONTENT, UNKNOWN_TRANSPORT, POSSIBLE,
            "A download failed; this line does not carry libcurl's reason."),
    OTHER(STATUS, "HttpResponseCodes", "intToHTTPResponseCode", "code", NULL, ALL, GATEWAY,
          "A server answered with an HTTP status that the SDK has no name for: TLS works."),

    /* the application ends by itself */
    OTHER(STOP, "DefaultClient", "initializeFailed", NULL, NULL, ALL, SETUP, NULL),
    OTHER(STOP, "SampleApplication", "Failed to *", NULL, NULL, ALL, SETUP, NULL),
    OTHER(STOP, "SampleApp", "Failed to *", NULL, NULL, ALL, SETUP, NULL),
    OTHER(STOP, "PreviewAlexaClient", "Failed to *", NULL, NULL, ALL, SETUP, NULL),

    /* libcurl's verbose output inside records */
    OTHER(LIBCURL_TEXT, "HTTP2Stream", "libcurl", "text", NULL, ALL, GATEWAY, NULL),
    OTHER(LIBCURL_TEXT, "CurlEasyHandleWrapper", "libcurl", "text", NULL, ALL, GATEWAY, NULL),

    /* traps */
    OTHER(NOTE, "SensoryKeywordDetector", NULL, NULL, "~licen", ALL, CONTENT,
          "The wake-word engine's licence is no certificate: it has nothing to do with TLS."),
    OTHER(NOTE, "Logger", "debugLogLevelSpecifiedWhenDebugLogsCompiledOut", NULL, NULL, ALL, SETUP,
          "DEBUG levels were asked for, but this is a RELEASE build: such lines do not exist in "
          "it."),

    /* this library's own lines carry the cause's id */
    OTHER(OWN, "AvsClient", NULL, "cause", NULL, ALL, GATEWAY, NULL),
    OTHER(PROOF, "AvsClient", "connected", NULL, NULL, ALL, GATEWAY,
          "This library's transport stands connected."),
    OTHER(OWN, "AvsShim", "httpsFailed", "cause", NULL, ALL, ANY, NULL),
    OTHER(PROOF, "AvsCheck", "tlsEstablished", NULL, NULL, ALL, GATEWAY,
          "This library's check verified the server."),
    OTHER(OWN_TLS, "AvsCheck", "tlsFailed", NULL, NULL, ALL, GATEWAY, NULL),
};
const size_t avs_line_rule_count = sizeof(avs_line_rules) / sizeof(avs_line_rules[0]);
