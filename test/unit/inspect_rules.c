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
    "PingHandler:onReceiveResponseCode:responseCode=204",
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
    "LibCurlHttpContentFetcher:getContentFailed:reason=performFailed",
    "HttpResponseCodes:intToHTTPResponseCode:code=503:Unknown HTTP response code.",
    "SampleApplication:Failed to initialize SampleApplication",
    "SampleApp:Failed to create x",
    "PreviewAlexaClient:Failed to create x",
    "HTTP2Stream:libcurl:streamId=2,text=* Trying 1.2.3.4...",
    "CurlEasyHandleWrapper:libcurl:id=AVSEvent-2,text=* Trying 1.2.3.4...",
    "SensoryKeywordDetector:initFailed:reason=loadingSensoryModelFailed,error=License expired",
    "Logger:debugLogLevelSpecifiedWhenDebugLogsCompiledOut",
    "AvsClient:connectFailed:cause=root_missing,origin=https\\://a.b",
    "AvsClient:connected:origin=https\\://a.b,address=1.2.3.4",
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

/* A line of libcurl or openssl for each wording of the table of texts, in its order. */
static const char *const text_samples[] = {
    "SSL certificate verify result: unable to get local issuer certificate (20), continuing "
    "anyway.",
    "SSL Trust: peer verification disabled",
    "  server certificate verification SKIPPED",
    "skipping SSL peer certificate verification",
    "TLS cert problem: certificate signature failure",
    "SSL certificate verify result: certificate signature failure",
    "SSL certificate OpenSSL verify result: certificate signature failure (7)",
    "SSL certificate problem: unable to get local issuer certificate",
    "SSL certificate problem: unable to get issuer certificate",
    "SSL certificate problem: self-signed certificate in certificate chain",
    "SSL certificate problem: self signed certificate",
    "SSL certificate problem: self-signed certificate",
    "SSL certificate problem: unable to verify the first certificate",
    "SSL certificate problem: unable to verify leaf signature",
    "SSL certificate problem: certificate has expired",
    "SSL certificate problem: certificate is not yet valid",
    "SSL certificate problem: EE certificate key too weak",
    "SSL certificate problem: CA md too weak",
    "SSL certificate problem: unsuitable certificate purpose",
    "SSL certificate problem: invalid CA certificate",
    "SSL certificate problem: invalid non-CA certificate",
    "SSL certificate problem: path length constraint exceeded",
    "SSL certificate problem: hostname mismatch",
    "SSL certificate problem: IP address mismatch",
    "SSL certificate problem: certificate revoked",
    "SSL certificate problem: certificate signature failure",
    "SSL: no alternative certificate subject name matches target host name 'a.b'",
    "SSL: certificate subject name 'x.y' does not match target host name 'a.b'",
    " subjectAltName does not match a.b",
    " subject alt name(s) or common name do not match \"a.b\"",
    "SSL certificate verification failed: The name in the certificate does not match the expected. "
    "(CAfile: x CRLfile: none)",
    "Cert verify failed: BADCERT_CN_MISMATCH",
    "mbedTLS: The certificate Common Name (CN) does not match with the expected CN",
    "schannel: SNI or certificate check failed: SEC_E_WRONG_PRINCIPAL (0x80090322)",
    "schannel: server certificate name verification failed",
    "schannel: CertGetNameString() failed to match connection hostname (a.b) against server "
    "certificate names",
    "SSL_connect failed with error -322: peer subject name mismatch",
    "wolfSSL: peer subject name mismatch",
    "rustls_connection_process_new_packets: invalid peer certificate: NotValidForName",
    "NSS error -12276 (SSL_ERROR_BAD_CERT_DOMAIN)",
    "SSL: X.509 verification: expected server name was not found in the chain",
    "SSL: unable to obtain common name from peer certificate",
    "server certificate expiration date has passed.",
    " SSL certificate expiration date FAILED",
    "SSL certificate verification failed: The certificate chain uses expired certificate. (CAfile: "
    "x CRLfile: none)",
    "Cert verify failed: BADCERT_EXPIRED",
    "mbedTLS: The certificate validity has expired",
    "SSL_connect failed with error -151: ASN date error, current date after",
    "wolfSSL: ASN date error, current date after",
    "server verification failed: certificate has expired.",
    "schannel: next InitializeSecurityContext failed: SEC_E_CERT_EXPIRED (0x80090328) - The "
    "received certificate has expired.",
    "schannel: CERT_E_EXPIRED (0x800B0101)",
    "NSS error -8181 (SEC_ERROR_EXPIRED_CERTIFICATE)",
    "invalid peer certificate: Expired",
    "server certificate not activated yet.",
    " SSL certificate activation date FAILED",
    "SSL certificate verification failed: The certificate chain uses not yet valid certificate. "
    "(CAfile: x)",
    "Cert verify failed: BADCERT_FUTURE",
    "mbedTLS: The certificate validity starts in the future",
    "SSL_connect failed with error -150: ASN date error, current date before",
    "wolfSSL: ASN date error, current date before",
    "server verification failed: certificate not valid yet.",
    "invalid peer certificate: NotValidYet",
    "schannel: this certificate or one of the certificates in the certificate chain is not time "
    "valid",
    "SSL: X.509 verification: certificate is expired or not yet valid",
    "SSL certificate verification failed: The certificate is NOT trusted. The certificate issuer "
    "is unknown.",
    "Cert verify failed: BADCERT_NOT_TRUSTED",
    "mbedTLS: The certificate is not correctly signed by the trusted CA",
    " CA signer not available for verification",
    "SSL_connect failed with error -188: ASN no signer error to confirm failure",
    "wolfSSL: ASN no signer error to confirm failure",
    "schannel: next InitializeSecurityContext failed: SEC_E_UNTRUSTED_ROOT (0x80090325) - The "
    "certificate chain was issued by an authority that is not trusted.",
    "schannel: CERT_E_UNTRUSTEDROOT (0x800B0109)",
    "schannel: the certificate or certificate chain is based on an untrusted root",
    "rustls: invalid peer certificate: UnknownIssuer",
    "NSS error -8179 (SEC_ERROR_UNKNOWN_ISSUER)",
    "Peer's Certificate issuer is not recognized.",
    "SSL: X.509 verification: chain could not be linked to a trust anchor",
    "SSL_connect failed with error -275: ASN self-signed certificate error",
    "schannel: the certificate chain is incomplete",
    "SSL certificate verification failed: The certificate chain uses insecure algorithm.",
    "mbedTLS: The certificate is signed with an unacceptable hash.",
    "error:0A00018E:SSL routines::ca md too weak",
    "error:0A00018F:SSL routines::ee key too small",
    "error:0A00018D:SSL routines::ca key too small",
    "SSL certificate verification failed: The certificate issuer is not a CA.",
    "mbedTLS: Usage does not match the keyUsage extension",
    "SSL certificate verification failed: The certificate chain is revoked.",
    "Cert verify failed: BADCERT_REVOKED",
    "schannel: CRYPT_E_REVOKED (0x80092010)",
    "schannel: trust for this certificate or one of the certificates in the certificate chain has "
    "been revoked",
    "Server certificate was revoked: unspecified",
    "No OCSP response received",
    "Invalid OCSP response",
    "OCSP response has expired",
    "schannel: next InitializeSecurityContext failed: CRYPT_E_NO_REVOCATION_CHECK (0x80092012)",
    "schannel: CRYPT_E_REVOCATION_OFFLINE (0x80092013)",
    "error loading CRL file: /x",
    "SSL: public key does not match pinned public key",
    "server certificate verification failed. CAfile: /x CRLfile: none",
    "SSL certificate verification failed",
    "server cert verify failed: -1",
    "gnutls_handshake() failed: Error in the certificate verification.",
    "ssl_handshake returned - mbedTLS: (-0x2700) X509 - Certificate verification failed, e.g. CRL, "
    "CA or signature check failed",
    "mbedTLS: X509 - Certificate verification failed",
    "peer certificate could not be verified",
    "mbedTLS: certificate verification error 0x00000008",
    "SSL_connect failed with error -155: ASN sig error, confirm failure",
    "SSL_connect failed with error -329: verify problem on certificate",
    "schannel: SEC_E_CERT_UNKNOWN (0x80090327)",
    "error:0A000086:SSL routines::certificate verify failed",
    "error setting certificate verify locations:  CAfile: /x CApath: none",
    "error setting certificate file: /x",
    "error setting certificate path: /x",
    "error adding trust anchors from file: /x",
    "error reading ca cert file /x (Error while reading file.)",
    "schannel: failed to open CA file '/x'",
    "error importing CA certificate blob",
    "schannel: CA file '/x' is not correctly formatted",
    "ssl_handshake returned - mbedTLS: (-0x7680) SSL - No CA Chain is set, but required to operate",
    "error:1409442E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version",
    "error:1407742E:SSL routines:SSL23_GET_SERVER_HELLO:reason(1070)",
    "error:1409443E:SSL routines:ssl3_read_bytes:tlsv1 alert inappropriate fallback",
    "gnutls_handshake() failed: Error in protocol version",
    "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure",
    "error:14094410:SSL routines:ssl3_read_bytes:reason(1040)",
    "gnutls_handshake() failed: Handshake failed",
    "GnuTLS, handshake failed: Handshake failed",
    "error:1409442F:SSL routines:ssl3_read_bytes:tlsv1 alert insufficient security",
    "error:0A00042F:SSL routines::reason(1071)",
    "error:0A000460:SSL routines::tlsv1 alert no application protocol",
    "error:14094460:SSL routines:ssl3_read_bytes:reason(1120)",
    "gnutls_handshake() failed: No supported application protocol could be negotiated",
    "ALPN, failure getting protocol, error -405",
    "error:0A00045C:SSL routines::tlsv13 alert certificate required",
    "error:1409445C:SSL routines:ssl3_read_bytes:reason(1116)",
    "gnutls_handshake() failed: Certificate is required",
    "error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate",
    "error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca",
    "error:14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown",
    "error:14094415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired",
    "error:14094419:SSL routines:ssl3_read_bytes:tlsv1 alert access denied",
    "could not load PEM client certificate from /x, OpenSSL error error:02001002",
    "error:14094458:SSL routines:ssl3_read_bytes:tlsv1 unrecognized name",
    "error:0A000458:SSL routines::reason(1112)",
    "gnutls_handshake() failed: The server name sent was not recognized",
    "error:0A000438:SSL routines::tlsv1 alert internal error",
    "error:0A000438:SSL routines::reason(1080)",
    "error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
    "error:140770FC:SSL routines:SSL23_GET_SERVER_HELLO:unknown protocol",
    "error:1407609C:SSL routines:SSL23_GET_CLIENT_HELLO:http request",
    "error:0A0000C6:SSL routines::packet length too long",
    "gnutls_handshake() failed: An unexpected TLS packet was received.",
    "ssl_handshake returned - mbedTLS: (-0x7200) SSL - An invalid SSL record was received",
    "mbedTLS: SSL - An invalid SSL record was received",
    "SSL_connect failed with error -326: record layer version error",
    "schannel: next InitializeSecurityContext failed: SEC_E_INVALID_TOKEN (0x80090308)",
    "NSS error -12263 (SSL_ERROR_RX_RECORD_TOO_LONG)",
    "rustls: received corrupt message of type InvalidContentType",
    "gnutls_handshake() failed: A packet with illegal or unsupported version was received.",
    "error:0A000102:SSL routines::unsupported protocol",
    "error:0A00018C:SSL routines::version too low",
    "error:1408410B:SSL routines:SSL3_GET_KEY_EXCHANGE:wrong ssl version",
    "ssl_handshake returned - mbedTLS: (-0x6E80) SSL - Handshake protocol not within min/max "
    "boundaries",
    "mbedTLS: SSL - Handshake protocol not within min/max boundaries",
    "NSS error -12190 (SSL_ERROR_UNSUPPORTED_VERSION)",
    "schannel: SEC_E_UNSUPPORTED_FUNCTION (0x80090302)",
    "error:0A0000BF:SSL routines::no protocols available",
    "Unrecognized parameter passed via CURLOPT_SSLVERSION",
    "SSL versions not supported",
    "error:0A0000C1:SSL routines::no shared cipher",
    "error:0A000065:SSL routines::no suitable key share",
    "error:0A000076:SSL routines::no suitable signature algorithm",
    "error:0A00017A:SSL routines::wrong curve",
    "error:0A000172:SSL routines::wrong signature type",
    "gnutls_handshake() failed: No supported cipher suites have been found.",
    "SSL_connect failed with error -501: can't match cipher suite",
    "ssl_handshake returned - mbedTLS: (-0x7380) SSL - The server has no ciphersuites in common "
    "with the client",
    "ssl_handshake returned: (-0x6E00) SSL - The handshake negotiation failed",
    "schannel: SEC_E_ALGORITHM_MISMATCH (0x80090331)",
    "NSS error -12286 (SSL_ERROR_NO_CYPHER_OVERLAP)",
    "error:0A0000B5:SSL routines::no ciphers available",
    "error:1410D0B9:SSL routines:SSL_CTX_set_cipher_list:no cipher match",
    "failed setting cipher list: X",
    "failed setting TLS 1.3 cipher suite: X",
    "mbedTLS: no supported cipher in list",
    "error:141A318A:SSL routines:tls_process_ske_dhe:dh key too small",
    "error:0A000152:SSL routines::unsafe legacy renegotiation disabled",
    "error:0A000119:SSL routines::decryption failed or bad record mac",
    "SSL: couldn't create a context: error:00000000",
    "Insufficient randomness",
    "SSL connection timeout",
    "OpenSSL SSL_connect: Connection timed out in connection to a.b:443",
    "ssl_handshake returned - mbedTLS: (-0x6800) SSL - The operation timed out",
    "OpenSSL SSL_read: Connection reset by peer, errno 104",
    "OpenSSL SSL_write: Broken pipe, errno 32",
    "SSL_write() returned SYSCALL, errno = 32",
    "GnuTLS recv error (-110): The TLS connection was non-properly terminated.",
    "Connection died, tried 5 times before giving up",
    "transfer closed with 12 bytes remaining to read",
    "HTTP/2 stream 1 was not closed cleanly before end of the underlying stream",
    "write:errno=104",
    "error:0A000126:SSL routines::unexpected eof while reading",
    "OpenSSL SSL_connect: Connection reset by peer in connection to a.b:443",
    "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to a.b:443",
    "OpenSSL SSL_connect: SSL_ERROR_ZERO_RETURN in connection to a.b:443",
    "Recv failure: Connection reset by peer",
    "Send failure: Connection reset by peer",
    "Send failure: Broken pipe",
    "TLS connect error: Connection closed abruptly",
    "gnutls_handshake() failed: The TLS connection was non-properly terminated.",
    "ssl_handshake returned - mbedTLS: (-0x7280) SSL - The connection indicated an EOF",
    "ssl_handshake returned - mbedTLS: (-0x0050) NET - Connection was reset by peer",
    "mbedTLS: SSL - The connection indicated an EOF",
    "mbedTLS: NET - Connection was reset by peer",
    "SSL_connect failed with error -308: error state on socket",
    "SSL_connect failed with error -397: Peer closed underlying transport Error",
    "schannel: server closed abruptly (missing close_notify)",
    "Unknown SSL protocol error in connection to a.b:443",
    "error:140790E5:SSL routines:ssl23_write:ssl handshake failure",
    "gnutls_handshake() failed: Error in the pull function.",
    "gnutls_handshake() failed: Error in the push function.",
    "ssl_handshake returned - mbedTLS: (-0x7880) SSL - The peer notified us that the connection is "
    "going to be closed",
    "schannel: failed to receive handshake, SSL/TLS connection failed",
    "rustls: peer closed TCP connection without first closing TLS connection",
    "Recv failure: Software caused connection abort",
    "Send failure: Software caused connection abort",
    "Empty reply from server",
    "no peer certificate available",
    "gnutls_handshake() failed: Internal error",
    "GnuTLS, handshake failed: Internal error",
    "ssl_handshake returned - mbedTLS: (-0x7780) SSL - A fatal alert message was received from our "
    "peer",
    "SSL_connect failed with error -313: received alert fatal error",
    "schannel: next InitializeSecurityContext failed: SEC_E_ILLEGAL_MESSAGE (0x80090326)",
    "TLS connect error: error:0A000000:lib(20)::reason(0)",
    "OpenSSL SSL_connect: Success in connection to a.b:443",
    "ALPN, offering h2",
    "ALPN: offers h2,http/1.1",
    "ALPN, offering http/1.1",
    "ALPN: offers http/1.1",
    "ALPN, server accepted to use http/1.1",
    "ALPN: server accepted http/1.1",
    "ALPN, server did not agree to a protocol",
    "ALPN: server did not agree on a protocol. Uses default.",
    "HTTP/2 stream 1 was not closed cleanly: REFUSED_STREAM (err 7)",
    "HTTP/2 stream 1 reset by server (error 0x7 REFUSED_STREAM)",
    "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
    "HTTP/2 stream 1 reset by server (error 0x2 INTERNAL_ERROR)",
    "HTTP/2 stream 1 was closed cleanly, but before getting all response header fields, treated as "
    "error",
    "nghttp2 shuts down connection with error 1: PROTOCOL_ERROR",
    "http2 error: Remote peer returned unexpected data while we expected SETTINGS frame. Perhaps, "
    "peer does not support HTTP/2 properly.",
    "Received HTTP/0.9 when not allowed",
    "Unsupported HTTP version in response",
    "nghttp2 recv error -902: The user callback function failed",
    "[HTTP2] [1] received invalid frame: FRAME[DATA], error -505: Protocol error",
    "Protocol \"https\" not supported or disabled in libcurl",
    "Protocol \"https\" disabled",
    "Protocol https not supported or disabled in libcurl",
    "URL rejected: Bad hostname",
    "<url> malformed",
    "URL using bad/illegal format or missing URL",
    "Illegal characters found in URL",
    "Port number out of range",
    "Could not resolve proxy: p.q",
    "Couldn't resolve proxy 'p.q'",
    "Could not resolve host: a.b",
    "Couldn't resolve host 'a.b'",
    "Could not resolve: a.b (Domain name not found)",
    "Failed to resolve host 'a.b' with timeout after 5000 ms",
    "Resolving timed out after 5001 milliseconds",
    "getaddrinfo: Name or service not known",
    "Temporary failure in name resolution",
    "getaddrinfo() thread failed to start",
    "getaddrinfo(3) failed for a.b:443",
    "NET - Failed to get an IP address for the given hostname",
    "error:2008F002:BIO routines:BIO_lookup_ex:system lib:../crypto/bio/b_addr.c:726:",
    "Received HTTP code 407 from proxy after CONNECT",
    "CONNECT tunnel failed, response 403",
    "Proxy CONNECT aborted",
    "CONNECT response too large",
    "Failed sending CONNECT to proxy",
    "proxy closed connection",
    "connection to proxy closed",
    "Can't complete SOCKS5 connection to 1.2.3.4:443. (1)",
    "Failed to send SOCKS4 connect request.",
    "Failed to receive SOCKS5 connect request ack.",
    "Unable to receive initial SOCKS5 response.",
    "SOCKS5 initial reply is incomplete.",
    "Failed to send SOCKS request: X",
    "Failed to receive SOCKS response: X",
    "User was rejected by the SOCKS5 server (5 1).",
    "No authentication method was acceptable.",
    "Unsupported proxy scheme for 'x'",
    "proxy handshake error",
    "Couldn't bind to interface 'wlan0'",
    "Could not bind to interface 'wlan0' with errno 19: No such device",
    "bind failed with errno 99: Cannot assign requested address",
    "Failed to connect to a.b port 443: Connection refused",
    "Failed to connect to a.b port 443: Network is unreachable",
    "Failed to connect to a.b port 443: No route to host",
    "Failed to connect to a.b port 443: Host is unreachable",
    "Failed to connect to a.b port 443: Network is down",
    "Failed to connect to a.b port 443: Operation not permitted",
    "Failed to connect to a.b port 443: Permission denied",
    "Failed to connect to a.b port 443: Cannot assign requested address",
    "Failed to connect to a.b port 443: Connection timed out",
    "Failed to connect to a.b port 443: Timeout was reached",
    "Immediate connect fail for 1.2.3.4: Connection refused",
    "Immediate connect fail for 1.2.3.4: Network is unreachable",
    "Immediate connect fail for 1.2.3.4: No route to host",
    "Failed to connect to a.b port 443 after 5 ms: Couldn't connect to server",
    "connect to 1.2.3.4 port 443 failed: Connection refused",
    "connect to 1.2.3.4 port 443 failed: Network is unreachable",
    "connect to 1.2.3.4 port 443 failed: No route to host",
    "connect to 1.2.3.4 port 443 failed: Host is unreachable",
    "connect to 1.2.3.4 port 443 failed: Network is down",
    "connect to 1.2.3.4 port 443 failed: Operation not permitted",
    "connect to 1.2.3.4 port 443 failed: Permission denied",
    "connect to 1.2.3.4 port 443 failed: Cannot assign requested address",
    "connect to 1.2.3.4 port 443 failed: Connection timed out",
    "connect to 1.2.3.4 port 443 failed: Timeout was reached",
    "error:8000006F:system library:BIO_connect:Connection refused",
    "error:0200206F:system library:connect:Connection refused",
    "connect:errno=111",
    "error:8000006E:system library:BIO_connect:Connection timed out",
    "connect:errno=110",
    "error:80000065:system library:BIO_connect:Network is unreachable",
    "error:80000071:system library:BIO_connect:No route to host",
    "connect:errno=101",
    "connect:errno=113",
    "Connection timed out after 60001 milliseconds",
    "Connection timeout after 5000 ms",
    "Connection time-out",
    "connect timeout",
    "Operation timed out after 60001 milliseconds with 0 bytes received",
    "Operation too slow. Less than 1 bytes/sec transferred the last 30 seconds",
    "SSL certificate verify ok.",
    "  SSL certificate verified via OpenSSL.",
    "\\t server certificate verification OK",
    "Connection state changed (HTTP/2 confirmed)",
};

/* What a line of libcurl was read as: its wording, or none. */
static size_t wording_read(const struct avs_inspect *inspect) {
    const struct avs_tally *hint = &inspect->attempts[0].best;
    if (inspect->book.tally_count == 1) {
        return inspect->book.tallies[0].wording;
    }
    return inspect->book.tally_count == 0 && hint->count > 0 ? hint->wording : AVS_WORDINGS_MAX;
}

static void every_wording_is_read_by_its_own_row(void **state) {
    (void)state;
    struct avs_phrases *phrases = calloc(1, sizeof(*phrases));
    avs_phrases_init(phrases);
    assert_int_equal(sizeof(text_samples) / sizeof(text_samples[0]), phrases->wording_count);
    assert_true(phrases->wording_count < AVS_WORDINGS_MAX);
    for (size_t i = 0; i < phrases->wording_count; i++) {
        char text[512];
        snprintf(text, sizeof(text), "* Connected to avs-alexa-na.amazon.com (1.2.3.4)\n* %s\n",
                 text_samples[i]);
        struct avs_inspect *inspect = inspect_text(text);
        const struct avs_text_rule *rule = phrases->wordings[i].rule;
        bool is_fine =
            rule->role == AVS_TEXT_PROOF        ? inspect->book.proof_any.line > 0
            : rule->role == AVS_TEXT_UNVERIFIED ? inspect->context.is_unverified
            : rule->role == AVS_TEXT_OFFER_H2   ? inspect->context.offers_h2
            : rule->role == AVS_TEXT_REFUSED
                ? avs_inspect_report(inspect)->findings[0].cause == AVS_CAUSE_CERT_INVALID
                : wording_read(inspect) == i;
        if (!is_fine) {
            fail_msg("'%s' is not read as '%s' but as '%s'", text_samples[i],
                     phrases->wordings[i].needle, phrases->wordings[wording_read(inspect)].needle);
        }
        assert_true(strlen(phrases->wordings[i].needle) >= 8); /* the index takes eight bytes */
        avs_inspect_free(inspect);
    }
    free(phrases);
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
        cmocka_unit_test(every_wording_is_read_by_its_own_row),
        cmocka_unit_test(texts_give_codes_in_every_wording),
        cmocka_unit_test(release_dates_bound_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
