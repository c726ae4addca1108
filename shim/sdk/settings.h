/* SPDX-License-Identifier: Apache-2.0 */
/* What the transport takes from the SDK's own configuration, AlexaClientSDKConfig.json. */
#ifndef AVS_SDK_SETTINGS_H
#define AVS_SDK_SETTINGS_H

#include <string>

namespace avs {
namespace sdk {

/* Empty = not configured. */
struct Settings {
    std::string caFile;        /* libcurlUtils.CURLOPT_CAINFO */
    std::string caPath;        /* libcurlUtils.CURLOPT_CAPATH */
    std::string interfaceName; /* libcurlUtils.CURLOPT_INTERFACE */
    std::string proxy;         /* libcurlUtils.CURLOPT_PROXY */
    bool hasProxy;             /* an empty proxy means none, not the environment's, as in libcurl */
    std::string endpoint;      /* sampleApp.endpoint, else acl.endpoint: "https://host[:port]" */
    std::string endpointKey;   /* which of the two */
};

/* A proxy as it may be shown: without user name and password. */
std::string withoutCredentials(const std::string &proxy);

/* Read them now. What cannot be followed is logged: an endpoint that is none, and the wish to
 * switch verification off. Thread: as the SDK's ConfigurationNode. */
Settings readSettings();

} // namespace sdk
} // namespace avs

#endif
