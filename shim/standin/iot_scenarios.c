/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what the stand-in plays where it is shaped like AWS IoT Core, by server name. */
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "iot.h"

#define REGION "iot.us-east-1.amazonaws.com"

/* Names. An account's prefix has letters and digits only. */
#define ROW(id, name_kind, text, ...) .shown = {id, __VA_ARGS__, name_kind, text}
#define DATA(id, prefix, text)        ROW(id, "data", text, prefix "-ats." REGION), .kind = IOT_DATA
#define CREDENTIALS(id, prefix, text) \
    ROW(id, "credentials", text, prefix ".credentials." REGION), .kind = IOT_CREDENTIALS
#define API(id, text) ROW("api-" id, "API", text, id ".api.localhost"), .kind = IOT_API

/* Chains: an RSA leaf under root 1 and an ECDSA one under root 3, as the client's signature
 * algorithms have it; or the RSA one alone. */
#define RSA_1        CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY
#define ECDSA_3      CA_ISSUING_ECDSA, KEY_ECDSA, CHAIN_TODAY
#define FLAWED(flaw) .tls.leaf = {RSA_1, flaw}, .ecdsa = {ECDSA_3, flaw}, .has_ecdsa = true
#define ATS          FLAWED(FLAW_NONE)
#define VERISIGN     .tls.leaf = {CA_ISSUING_VERISIGN, KEY_RSA, CHAIN_SHORT, FLAW_NONE}

/* MQTT. Codes: MQTT 5 section 3.2.2.2 and 3.14.2.1; of 3.1.1 as AWS IoT Core has them. */
#define CONNACK(id, prefix, five, three, text)                                       \
    {                                                                                \
        DATA("connack-" id, prefix, text), ATS, .mqtt = { MQTT_REFUSE, five, three } \
    }
#define GONE(id, prefix, five, text)                                                    \
    {                                                                                   \
        DATA("disconnect-" id, prefix, text), ATS, .mqtt = { MQTT_DISCONNECT, five, 0 } \
    }
#define BEHAVES(id, prefix, what, text)                     \
    {                                                       \
        DATA(id, prefix, text), ATS, .mqtt = { what, 0, 0 } \
    }

/* HTTP. */
#define MESSAGE(words) \
    "{\"message\":\"" words "\",\"traceId\":\"2d1c7a34-5e0b-4f1e-9a55-000000000001\"}"
#define STATUS(number, type, text_of_body) \
    .reply = {.status = number, .error_type = type, .body = text_of_body}
#define ENDLESS "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"endpointAddress\":\""
#define PUBLISH(id, prefix, number, type, words, text) \
    { DATA("publish-" id, prefix, text), ATS, STATUS(number, type, MESSAGE(words)) }
#define DENIES(id, number, type, words, text) \
    { API(id, text), ATS, STATUS(number, type, "{\"message\":\"" words "\"}") }

static const struct iot_scenario scenarios[] = {
    /* Names and chains. */
    {DATA("ok", "ok", "all is well: ATS chains, RSA and ECDSA; MQTT, publish"), ATS},
    {ROW("ok-ats-only-region", "data",
         "all is well: without -ats in a region that never had VeriSign",
         "ok.iot.ap-south-1.amazonaws.com"),
     .kind = IOT_DATA, ATS},
    {ROW("ok-cn-north-1", "data", "all is well: in cn-north-1 the dot before ats is right",
         "ok.ats.iot.cn-north-1.amazonaws.com.cn"),
     .kind = IOT_DATA, ATS},
    {ROW("ok-jobs", "jobs", "all is well: no x-amzn-http-ca on 443, 8443 takes certificates",
         "ok.jobs." REGION),
     .kind = IOT_JOBS, ATS},
    {ROW("legacy", "legacy data", "a legacy name with a VeriSign-shaped chain", "legacy." REGION),
     .kind = IOT_LEGACY, VERISIGN},
    {ROW("legacy-ats", "legacy data", "a legacy name that serves an ATS chain by now",
         "legacyats." REGION),
     .kind = IOT_LEGACY, ATS},
    {DATA("ats-verisign", "atsverisign", "an -ats name with a VeriSign-shaped chain"), VERISIGN},
    {DATA("rsa-only", "rsaonly", "the RSA chain alone"), .tls.leaf = {RSA_1, FLAW_NONE}},
    {DATA("ecdsa-only", "ecdsaonly", "the ECDSA chain alone"), ATS, .has_no_rsa = true},
    {DATA("expired", "expired", "both leaves expired three days ago"), FLAWED(FLAW_EXPIRED)},
    {DATA("not-yet-valid", "notyetvalid", "both leaves are valid from next month on"),
     FLAWED(FLAW_NOT_YET_VALID)},
    {DATA("wrong-host", "wronghost", "both leaves are for someone-else.example"),
     FLAWED(FLAW_OTHER_NAME)},
    {DATA("untrusted-root", "untrustedroot", "a private root that is in no file"),
     .tls.leaf = {CA_ISSUING_HIDDEN, KEY_RSA, CHAIN_SHORT, FLAW_NONE}},
    {DATA("tls12-only", "tls12only", "TLS 1.2 and nothing newer"), ATS,
     .tls.versions = VERSIONS_12_ONLY},

    /* What becomes of the device's certificate. Which alert AWS sends is not known. */
    {DATA("client-unknown", "clientunknown", "alert certificate_unknown (46) to every device"), ATS,
     .client_error = X509_V_ERR_EXCLUDED_VIOLATION},
    {DATA("client-revoked", "clientrevoked", "alert certificate_revoked (44) to every device"), ATS,
     .client_error = X509_V_ERR_CERT_REVOKED},
    {DATA("client-expired", "clientexpired", "alert certificate_expired (45) to every device"), ATS,
     .client_error = X509_V_ERR_CERT_HAS_EXPIRED},
    {DATA("client-unknown-ca", "clientunknownca", "alert unknown_ca (48) to every device"), ATS,
     .client_error = X509_V_ERR_INVALID_CA},
    {DATA("reset-in-handshake", "resetinhandshake", "TCP reset on the ClientHello"), ATS,
     .tls.hello = HELLO_RESET},
    {DATA("silent-in-handshake", "silentinhandshake", "the ClientHello is never answered"), ATS,
     .tls.hello = HELLO_SILENT},

    /* CONNECT. */
    CONNACK("unspecified", "connackunspecified", 0x80, 3, "CONNACK unspecified error (0x80; 3)"),
    CONNACK("client-id", "connackclientid", 0x85, 2,
            "CONNACK client identifier not valid (0x85; 2)"),
    CONNACK("password", "connackpassword", 0x86, 4, "CONNACK bad user name or password (0x86; 4)"),
    CONNACK("not-authorized", "connacknotauthorized", 0x87, 7,
            "CONNACK not authorized (0x87; 7, which is AWS's own number)"),
    CONNACK("unavailable", "connackunavailable", 0x88, 3, "CONNACK server unavailable (0x88; 3)"),
    CONNACK("busy", "connackbusy", 0x89, 3, "CONNACK server busy (0x89; 3)"),
    CONNACK("topic", "connacktopic", 0x90, 3, "CONNACK topic name invalid, of a will (0x90; 3)"),
    CONNACK("throttled", "connackthrottled", 0x97, 3, "CONNACK quota exceeded (0x97; 3)"),
    CONNACK("version", "connackversion", 0x84, 1, "CONNACK unsupported protocol version (0x84; 1)"),
    {DATA("mqtt3-only", "mqtt3only", "MQTT 3.1.1 alone: 5 gets unsupported version (0x84)"), ATS,
     .mqtt = {MQTT_REFUSE, 0x84, 0}},
    BEHAVES("close-at-connect", "closeatconnect", MQTT_CLOSE,
            "close_notify instead of a CONNACK, as a policy that forbids iot:Connect ends in"),
    BEHAVES("ragged-at-connect", "raggedatconnect", MQTT_RAGGED,
            "the end of TCP instead of a CONNACK"),
    BEHAVES("silent-at-connect", "silentatconnect", MQTT_SILENT,
            "no CONNACK, the connection stays"),
    BEHAVES("no-mqtt", "nomqtt", MQTT_NO_MQTT, "bytes that are no MQTT instead of a CONNACK"),

    /* Behind the CONNACK. */
    GONE("malformed", "disconnectmalformed", 0x81, "DISCONNECT malformed packet (0x81)"),
    GONE("protocol", "disconnectprotocol", 0x82, "DISCONNECT protocol error (0x82)"),
    GONE("not-authorized", "disconnectnotauthorized", 0x87, "DISCONNECT not authorized (0x87)"),
    GONE("shutting-down", "disconnectshuttingdown", 0x8b, "DISCONNECT server shutting down (0x8b)"),
    GONE("keep-alive", "disconnectkeepalive", 0x8d, "DISCONNECT keep alive timeout (0x8d)"),
    GONE("taken-over", "disconnecttakenover", 0x8e,
         "DISCONNECT session taken over (0x8e): another client came with the same id"),
    GONE("topic-filter", "disconnecttopicfilter", 0x8f, "DISCONNECT topic filter invalid (0x8f)"),
    GONE("topic-name", "disconnecttopicname", 0x90, "DISCONNECT topic name invalid (0x90)"),
    GONE("receive-maximum", "disconnectreceivemaximum", 0x93,
         "DISCONNECT receive maximum exceeded (0x93)"),
    GONE("throttled", "disconnectthrottled", 0x97, "DISCONNECT quota exceeded (0x97)"),
    {DATA("topics-denied", "topicsdenied",
          "CONNACK, then PUBACK not authorized (0x87), SUBACK 0x80"),
     ATS, .mqtt = {MQTT_DENY_TOPICS, 0x87, 0}},
    BEHAVES("silent-after-connack", "silentafterconnack", MQTT_FORGET,
            "CONNACK, and no answer to anything after it"),

    /* HTTPS publish. */
    PUBLISH("unauthorized", "publishunauthorized", 401, "UnauthorizedException", "Unauthorized",
            "publish gets 401"),
    PUBLISH("forbidden", "publishforbidden", 403, "ForbiddenException", "Forbidden",
            "publish gets 403: the policy does not allow iot:Publish there"),
    PUBLISH("not-found", "publishnotfound", 404, "ResourceNotFoundException", "Not Found",
            "publish gets 404"),
    PUBLISH("too-large", "publishtoolarge", 413, "RequestEntityTooLargeException",
            "Payload exceeds the limit", "publish gets 413"),
    PUBLISH("throttled", "publishthrottled", 429, "ThrottlingException", "Too Many Requests",
            "publish gets 429"),
    PUBLISH("internal", "publishinternal", 500, "InternalFailureException", "Internal Failure",
            "publish gets 500"),
    {DATA("publish-silent", "publishsilent", "publish is never answered"), ATS,
     .tls.http1 = {.act = ODD_SILENT}},

    /* Credentials by a device's certificate. */
    {CREDENTIALS("credentials-ok", "ok", "credentials for a role alias and thing standin-device"),
     ATS},
    {CREDENTIALS("credentials-denied", "denied",
                 "403: the certificate may not assume the role alias"),
     ATS, STATUS(403, "AccessDeniedException", "{\"message\":\"Access Denied\"}")},
    {CREDENTIALS("credentials-no-role", "norole", "404: there is no such role alias"), ATS,
     STATUS(404, "ResourceNotFoundException", "{\"message\":\"Role alias does not exist\"}")},
    {CREDENTIALS("credentials-throttled", "throttled", "429"), ATS,
     STATUS(429, "ThrottlingException", "{\"message\":\"Rate exceeded\"}")},
    {CREDENTIALS("credentials-broken", "broken", "200 with half of an answer"), ATS,
     STATUS(200, NULL, "{\"credentials\":{\"accessKeyId\":\"ASIASTANDIN")},

    /* DescribeEndpoint. */
    {ROW("api-ok", "API", "the addresses of each type, for a signed request", REGION),
     .kind = IOT_API, ATS},
    DENIES("invalid-request", 400, "InvalidRequestException", "Invalid endpoint type",
           "400 InvalidRequestException"),
    DENIES("throttled", 400, "ThrottlingException", "Rate exceeded", "400 ThrottlingException"),
    {API("throttled-once", "400 ThrottlingException for the first request of each two"), ATS,
     .reply = {.status = 400,
               .error_type = "ThrottlingException",
               .body = "{\"message\":\"Rate exceeded\"}",
               .times = 1}},
    DENIES("throttled-429", 429, "TooManyRequestsException", "Too Many Requests",
           "429 TooManyRequestsException"),
    DENIES("unauthorized", 401, "UnauthorizedException", "Unauthorized",
           "401 UnauthorizedException"),
    DENIES("internal-failure", 500, "InternalFailureException", "Internal failure",
           "500 InternalFailureException"),
    DENIES("unavailable", 503, "ServiceUnavailableException", "Service Unavailable",
           "503 ServiceUnavailableException"),
    DENIES("unknown-key", 403, "UnrecognizedClientException",
           "The security token included in the request is invalid.",
           "403 UnrecognizedClientException: the key id is not known"),
    DENIES("wrong-secret", 403, "InvalidSignatureException",
           "The request signature we calculated does not match the signature you provided. Check "
           "your AWS Secret Access Key and signing method.",
           "403 InvalidSignatureException: the secret is another one"),
    DENIES("expired-token", 403, "ExpiredTokenException",
           "The security token included in the request is expired", "403 ExpiredTokenException"),
    DENIES("access-denied", 403, "AccessDeniedException",
           "User: arn:aws:iam::123456789012:user/standin is not authorized to perform: "
           "iot:DescribeEndpoint on resource: *",
           "403 AccessDeniedException"),
    DENIES("missing-token", 403, "MissingAuthenticationTokenException",
           "Missing Authentication Token", "403 MissingAuthenticationTokenException"),
    {API("clock-behind", "403 Signature expired: the server is an hour ahead of this machine"), ATS,
     .reply.clock_s = 3600},
    {API("clock-ahead", "403 Signature not yet current: the server is an hour behind"), ATS,
     .reply.clock_s = -3600},
    {API("type-with-url", "403, the code behind a '#' and before a ':' in the header"), ATS,
     STATUS(403, "com.amazonaws.iot#AccessDeniedException:http://internal.amazon.com/coral/",
            "{\"message\":\"denied\"}")},
    {API("code-in-body", "403, the code in the body's __type alone, Message with a capital"), ATS,
     STATUS(403, NULL,
            "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\","
            "\"Message\":\"The security token included in the request is expired\"}")},
    {API("null-message", "403, the code in the body, message null"), ATS,
     STATUS(403, NULL, "{\"code\":\"AccessDeniedException\",\"message\":null}")},
    {API("html-error", "503 with a page of HTML"), ATS,
     .reply = {.status = 503,
               .content_type = "text/html",
               .body = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>\n"}},
    {API("html", "200 with a page of HTML, as a captive portal has it"), ATS,
     .reply = {.status = 200,
               .content_type = "text/html",
               .body = "<html><body>Please log in.</body></html>\n"}},
    {API("no-address", "200 without an endpointAddress"), ATS, STATUS(200, NULL, "{}")},
    {API("empty", "200 with nothing in it"), ATS, STATUS(200, NULL, "")},
    {API("half-json", "200 with half of an answer"), ATS,
     STATUS(200, NULL, "{\"endpointAddress\":\"ok-ats.iot.us-ea")},
    {API("odd-address", "200 with an address that is no host name"), ATS,
     STATUS(200, NULL, "{\"endpointAddress\":\"https://evil.example/?x=\"}")},
    {API("redirect", "302 to another host"), ATS,
     .reply = {.status = 302, .body = "", .location = "https://elsewhere.example/endpoint"}},
    {API("endless", "200 with a body without end"), ATS,
     .tls.http1 = {.act = ODD_ENDLESS,
                   .bytes = ENDLESS,
                   .length = sizeof(ENDLESS) - 1,
                   .filler = "so it goes on and on, "}},
    {API("silent", "the request is never answered"), ATS, .tls.http1 = {.act = ODD_SILENT}},
    {API("close", "the connection ends without an answer"), ATS,
     .tls.http1 = {.act = ODD_BYTES, .ending = END_CLOSE_NOTIFY, .bytes = ""}},
};

size_t iot_count(void) {
    return sizeof(scenarios) / sizeof(scenarios[0]);
}

const struct iot_scenario *iot_at(size_t index) {
    return &scenarios[index < iot_count() ? index : 0];
}

bool iot_find(const unsigned char *sni, size_t length, size_t *ret_index) {
    for (size_t i = 0; i < iot_count(); i++) {
        const char *host = scenarios[i].shown.host;
        if (strlen(host) == length && strncasecmp(host, (const char *)sni, length) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

void iot_certificate_host(const struct iot_scenario *scenario, const char *host,
                          char ret_name[IOT_HOST_BYTES]) {
    const char *dot = strchr(host, '.');
    bool is_account = scenario->kind != IOT_API && dot != NULL;
    snprintf(ret_name, IOT_HOST_BYTES, "%s%s", is_account ? "*" : "", is_account ? dot : host);
}

const struct avs_standin_iot_scenario *avs_standin_iot_scenario(size_t index) {
    return index < iot_count() ? &scenarios[index].shown : NULL;
}
