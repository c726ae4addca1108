/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and meanings: LibcurlUtils.cpp, CurlEasyHandleWrapper.cpp, HTTP2TransportFactory.cpp and
 * SampleApplication.cpp of SDK 1.10 to 1.26. */
#include "settings.h"

#include <AVSCommon/Utils/Configuration/ConfigurationNode.h>

#include <avs/endpoint.h>

#include "log.h"

namespace avs {
namespace sdk {

using alexaClientSDK::avsCommon::utils::configuration::ConfigurationNode;

static void readEndpoint(Settings &settings) {
    static const std::string sections[] = {"sampleApp", "acl"};
    for (const std::string &section : sections) {
        std::string text;
        ConfigurationNode::getRoot()[section].getString("endpoint", &text);
        if (text.empty()) {
            continue; /* the SDK ignores an empty one too */
        }
        const std::string key = section + ".endpoint";
        struct avs_endpoint endpoint = avs_endpoint();
        endpoint.size = sizeof(endpoint);
        struct avs_error error = avs_error();
        error.size = sizeof(error);
        if (avs_endpoint_check(text.data(), text.size(), &endpoint, &error) == AVS_OK) {
            settings.endpoint = endpoint.url;
            settings.endpointKey = key;
        } else {
            log(Level::WARN, LogEntry(LOG_SOURCE, "endpointOverrideIgnored")
                                 .d("key", key)
                                 .d("reason", error.message));
        }
        return;
    }
}

std::string withoutCredentials(const std::string &proxy) {
    const std::size_t scheme = proxy.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t at = proxy.rfind('@');
    return at == std::string::npos || at < start ? proxy
                                                 : proxy.substr(0, start) + proxy.substr(at + 1);
}

Settings readSettings() {
    Settings settings = Settings();
    ConfigurationNode curl = ConfigurationNode::getRoot()[std::string("libcurlUtils")];
    curl.getString("CURLOPT_CAINFO", &settings.caFile);
    curl.getString("CURLOPT_CAPATH", &settings.caPath);
    curl.getString("CURLOPT_INTERFACE", &settings.interfaceName);
    settings.hasProxy = curl.getString("CURLOPT_PROXY", &settings.proxy);
    bool verifies = true;
    if (curl.getBool("verifyHostsAndPeers", &verifies, true) && !verifies) {
        log(Level::WARN, LogEntry(LOG_SOURCE, "verifyHostsAndPeersIgnored")
                             .d("reason", "certificates are always verified; name the right CA "
                                          "file in libcurlUtils.CURLOPT_CAINFO instead"));
    }
    readEndpoint(settings);
    return settings;
}

} // namespace sdk
} // namespace avs
