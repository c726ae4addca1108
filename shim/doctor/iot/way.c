/* SPDX-License-Identifier: Apache-2.0 */
/* Ports, ALPN and authentication of each kind of host. Source: AWS IoT Core developer guide,
 * "Device communication protocols", its table and footnotes. */
#include <avs/iot.h>

#include "base/flow.h"

#define KIND(name) (1u << AVS_IOT_##name)
#define DATA_HOSTS \
    (KIND(DATA) | KIND(LEGACY_DATA) | KIND(GENERIC_DATA) | KIND(BETA) | KIND(CUSTOM_DOMAIN))

static const struct {
    unsigned kinds;
    struct avs_iot_way way;
} ways[] = {
    {DATA_HOSTS | KIND(DEVICE_ADVISOR), {"MQTT", "X.509", 8883, NULL}},
    {DATA_HOSTS, {"MQTT", "X.509", 443, "x-amzn-mqtt-ca"}},
    {DATA_HOSTS, {"MQTT", "custom authorizer", 443, "mqtt"}},
    {DATA_HOSTS, {"MQTT over WebSocket", "SigV4 or custom authorizer", 443, NULL}},
    {DATA_HOSTS, {"HTTPS publish", "X.509", 8443, NULL}},
    {DATA_HOSTS, {"HTTPS publish", "X.509", 443, "x-amzn-http-ca"}},
    {DATA_HOSTS, {"HTTPS publish", "SigV4 or custom authorizer", 443, NULL}},
    {KIND(CREDENTIALS), {"HTTPS credentials", "X.509", 443, NULL}},
    {KIND(JOBS), {"HTTPS jobs", "X.509", 8443, NULL}}, /* not 443 with x-amzn-http-ca */
    {KIND(JOBS) | KIND(GENERIC_JOBS), {"HTTPS jobs", "SigV4", 443, NULL}},
    {KIND(GREENGRASS), {"HTTPS Greengrass", "X.509", 8443, NULL}},
    {KIND(GREENGRASS), {"HTTPS Greengrass", "X.509", 443, "x-amzn-http-ca"}},
    {KIND(CONTROL) | KIND(ADVISOR_CONTROL) | KIND(TUNNELING), {"HTTPS API", "SigV4", 443, NULL}},
};

const struct avs_iot_way *avs_iot_way(enum avs_iot_kind kind, size_t index) {
    for (size_t i = 0; i < AVS_COUNT(ways); i++) {
        if ((unsigned)kind < AVS_IOT_KIND_COUNT && (ways[i].kinds & (1u << kind)) && index-- == 0) {
            return &ways[i].way;
        }
    }
    return NULL;
}
