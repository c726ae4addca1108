/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK's releases read, as found in their sources (ACL, AVSGatewayManager, LibcurlUtils,
 * SampleApp, CapabilitiesDelegate, LWA authorization; 1.0 to 1.22, 1.26, 3.0.0). */
#include "conf/sdk.h"

#include <stdio.h>
#include <string.h>

#define LEGACY_NA "https://avs-alexa-na.amazon.com"
#define NA        "https://alexa.na.gateway.devices.a2z.com"
#define R         AVS_SDK_RELEASE

const struct avs_endpoint_key_info avs_endpoint_keys[AVS_ENDPOINT_KEY_COUNT] = {
    [AVS_KEY_SAMPLE_APP] = {"sampleApp", "endpoint", "sampleApp.endpoint",
                            "SDK 1.17 and later never read it"},
    [AVS_KEY_ACL] = {"acl", "endpoint", "acl.endpoint",
                     "SDK 1.17 and later never read it, nor do 1.2 and 1.2.1"},
    [AVS_KEY_GATEWAY] = {"avsGatewayManager", "avsGateway", "avsGatewayManager.avsGateway",
                         "SDK 1.16 and earlier never read it"},
};

const struct avs_sdk_generation avs_sdk_generations[] = {
    {"1.0-1.1", R(1, 0, 0), R(1, 1, 999), false, {0}, 0, false, false, LEGACY_NA},
    {"1.2-1.2.1", R(1, 2, 0), R(1, 2, 999), true, {AVS_KEY_SAMPLE_APP}, 1, true, false, LEGACY_NA},
    {"1.3-1.9",
     R(1, 3, 0),
     R(1, 9, 999),
     true,
     {AVS_KEY_SAMPLE_APP, AVS_KEY_ACL},
     2,
     false,
     false,
     LEGACY_NA},
    {"1.10-1.12.1",
     R(1, 10, 0),
     R(1, 12, 999),
     true,
     {AVS_KEY_SAMPLE_APP, AVS_KEY_ACL},
     2,
     false,
     false,
     LEGACY_NA},
    {"1.13-1.16",
     R(1, 13, 0),
     R(1, 16, 999),
     true,
     {AVS_KEY_SAMPLE_APP, AVS_KEY_ACL},
     2,
     false,
     false,
     NA},
    {"1.17-3.0", R(1, 17, 0), AVS_SDK_LATEST, true, {AVS_KEY_GATEWAY}, 1, false, true, NA},
};
const size_t avs_sdk_generation_count = AVS_COUNT(avs_sdk_generations);

const struct avs_sdk_key avs_sdk_keys[] = {
    {"ca_file", "libcurlUtils", "CURLOPT_CAINFO", R(1, 16, 0), AVS_SDK_LATEST, "1.16 and later",
     NULL, "without it libcurl's built-in CA file counts"},
    {"ca_path", "libcurlUtils", "CURLOPT_CAPATH", 0, AVS_SDK_LATEST, "every release", NULL,
     "a directory with hash links, read beside the CA file"},
    {"proxy", "libcurlUtils", "CURLOPT_PROXY", R(1, 26, 0), AVS_SDK_LATEST,
     "1.26 and later (perhaps from 1.23)", NULL,
     "without it the environment's https_proxy or ALL_PROXY counts"},
    {"interface", "libcurlUtils", "CURLOPT_INTERFACE", R(1, 9, 0), AVS_SDK_LATEST, "1.9 and later",
     NULL, "the network interface to connect from"},
    {"login", "authDelegate", "lwaUrl", 0, R(1, 16, 999), "1.16 and earlier",
     "https://api.amazon.com/auth/o2/token", "must pass TLS too, before AVS is dialled"},
    {"login", "lwaAuthorization", "lwaUrl", R(1, 17, 0), AVS_SDK_LATEST, "1.26 and 3.0",
     "https://api.amazon.com/auth/O2/", "must pass TLS too, before AVS is dialled"},
    {"capabilities", "dcfDelegate", "endpoint", R(1, 7, 0), R(1, 7, 0), "1.7",
     "https://api.amazonalexa.com", "must pass TLS too"},
    {"capabilities", "capabilitiesDelegate", "endpoint", R(1, 7, 1), R(1, 16, 999), "1.7.1-1.16",
     "https://api.amazonalexa.com", "must pass TLS too"},
};
const size_t avs_sdk_key_count = AVS_COUNT(avs_sdk_keys);

/* There is no 2.x, and nothing between 1.26 and 3.0. */
static bool is_release(unsigned major, unsigned minor, unsigned patch) {
    return patch < 1000 && ((major == 1 && minor <= 26) || (major == 3 && minor == 0));
}

enum avs_status avs_sdk_parse(const char *text, unsigned *ret_release, struct avs_error *reterr) {
    unsigned part[3] = {0};
    size_t count = 0;
    const char *at = text;
    bool is_good = true;
    while (is_good && count < AVS_COUNT(part)) {
        size_t digits = strspn(at, "0123456789");
        is_good = digits > 0 && digits <= 3;
        for (size_t i = 0; is_good && i < digits; i++) {
            part[count] = part[count] * 10 + (unsigned)(at[i] - '0');
        }
        at += digits;
        count++;
        if (*at != '.') {
            break;
        }
        at++;
    }
    if (!is_good || *at != '\0' || count < 2 || !is_release(part[0], part[1], part[2])) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "'%.32s' is no release of the AVS Device SDK that is known here; write 1.0 "
                        "to 1.26, or 3.0.0",
                        text);
    }
    *ret_release = AVS_SDK_RELEASE(part[0], part[1], part[2]);
    return AVS_OK;
}

const struct avs_sdk_generation *avs_sdk_generation_of(unsigned release) {
    for (size_t i = 0; i < avs_sdk_generation_count; i++) {
        if (release >= avs_sdk_generations[i].first && release <= avs_sdk_generations[i].last) {
            return &avs_sdk_generations[i];
        }
    }
    return &avs_sdk_generations[avs_sdk_generation_count - 1];
}
