/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of ports, ALPN and ways to prove who one is, as the developer guide of AWS IoT Core
 * has it ("Device communication protocols"). */
#include <string.h>

#include "iot.h"

#define ACCOUNT     IOT_DATA | IOT_LEGACY
#define CERTIFICATE "client certificate"
#define SIGNATURE   "SigV4 signature"
#define CUSTOM      "custom authorizer"
#define MATRIX(...) .shown = {__VA_ARGS__}
#define AT_8883     .port = AVS_STANDIN_IOT_8883
#define AT_443      .port = AVS_STANDIN_IOT_443
#define AT_8443     .port = AVS_STANDIN_IOT_8443

static const struct iot_rule rules[] = {
    {MATRIX("8883", "", "MQTT", CERTIFICATE, "data, legacy data"), AT_8883, ACCOUNT,
     .ignores_alpn = true, .speech = IOT_MQTT, .wants_certificate = true},
    {MATRIX("443", "x-amzn-mqtt-ca", "MQTT", CERTIFICATE, "data, legacy data"), AT_443, ACCOUNT,
     .speech = IOT_MQTT, .wants_certificate = true},
    {MATRIX("443", "mqtt", "MQTT", CUSTOM, "data, legacy data"), AT_443, ACCOUNT,
     .speech = IOT_MQTT},
    {MATRIX("443", "x-amzn-http-ca", "HTTPS publish", CERTIFICATE, "data, legacy data"), AT_443,
     ACCOUNT, .speech = IOT_HTTP, .wants_certificate = true},
    {MATRIX("443", "", "HTTPS", SIGNATURE, "data, legacy data, jobs, API"), AT_443,
     ACCOUNT | IOT_JOBS | IOT_API, .speech = IOT_HTTP},
    {MATRIX("443", "", "HTTPS", CERTIFICATE, "credentials"), AT_443, IOT_CREDENTIALS,
     .speech = IOT_HTTP, .wants_certificate = true},
    {MATRIX("8443", "", "HTTPS publish", CERTIFICATE, "data, legacy data, jobs"), AT_8443,
     ACCOUNT | IOT_JOBS, .speech = IOT_HTTP, .wants_certificate = true},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

const struct avs_standin_iot_rule *avs_standin_iot_rule(size_t index) {
    return index < RULE_COUNT ? &rules[index].shown : NULL;
}

/* The extension (RFC 7301): length of the list, then each name behind its length. */
static bool has_protocol(const unsigned char *offer, size_t length, const char *protocol) {
    size_t wanted = strlen(protocol);
    for (size_t at = 2; at < length && at + 1 + offer[at] <= length; at += 1u + offer[at]) {
        if (offer[at] == wanted && memcmp(offer + at + 1, protocol, wanted) == 0) {
            return true;
        }
    }
    return false;
}

enum iot_offer iot_rule_find(enum avs_standin_iot_port port, enum iot_kind kind,
                             const unsigned char *offer, size_t length,
                             const struct iot_rule **ret_rule, const char **ret_alpn) {
    static const char http1[] = "http/1.1"; /* what an HTTPS client offers says nothing to IoT */
    enum iot_offer result = IOT_NO_SUCH_PORT;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct iot_rule *rule = &rules[i];
        const char *wanted = rule->shown.alpn;
        if (rule->port != port || !(rule->kinds & (unsigned)kind)) {
            continue;
        }
        result = IOT_NO_SUCH_PROTOCOL;
        bool is_named = wanted[0] && has_protocol(offer, length, wanted);
        bool is_http1 = !wanted[0] && has_protocol(offer, length, http1);
        if (is_named || (!wanted[0] && (length == 0 || rule->ignores_alpn || is_http1))) {
            *ret_rule = rule;
            *ret_alpn = is_named ? wanted : is_http1 && !rule->ignores_alpn ? http1 : NULL;
            return IOT_TAKEN;
        }
    }
    return result;
}
