/* SPDX-License-Identifier: Apache-2.0 */
/* "The SDK's gateway" is the first origin that this process asks for under an override. A server
 * that later sends the device elsewhere (System.SetEndpoint, Alexa.ApiGateway.SetGateway) is
 * followed: mapping that origin back as well would have the two send the device to and fro. */
#include "gateway.h"

#include <avs/endpoint.h>

#include "log.h"

namespace avs {
namespace sdk {

/* One for the process: each of the SDK's transports makes its own connection. */
static std::mutex firstMutex;
static std::string firstOrigin; /* the SDK's gateway */
static std::string firstTarget; /* the override it was met under */

static bool isGateway(const std::string &origin, const std::string &target) {
    std::lock_guard<std::mutex> lock(firstMutex);
    if (firstTarget != target) {
        firstTarget = target;
        firstOrigin = origin;
    }
    return firstOrigin == origin;
}

/* Where the path begins, or the query. */
static std::size_t originLength(const std::string &url) {
    const std::size_t scheme = url.find("://");
    const std::size_t end =
        scheme == std::string::npos ? scheme : url.find_first_of("/?#", scheme + 3);
    return end == std::string::npos ? url.size() : end;
}

/* One spelling for each origin, to compare by: "host:port" in lower case. */
static std::string canonical(const std::string &origin) {
    struct avs_endpoint endpoint = avs_endpoint();
    endpoint.size = sizeof(endpoint);
    struct avs_error error = avs_error();
    error.size = sizeof(error);
    if (avs_endpoint_check(origin.data(), origin.size(), &endpoint, &error) != AVS_OK) {
        return origin; /* the client will refuse it and say why */
    }
    std::string text = endpoint.host;
    for (char &c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text + ":" + std::to_string(endpoint.port);
}

Gateway::Gateway(const Settings &settings)
    : m_endpoint(settings.endpoint), m_key(settings.endpointKey), m_isReported(false) {
}

std::string Gateway::redirect(const std::string &url) {
    if (m_endpoint.empty()) {
        return url;
    }
    const std::size_t length = originLength(url);
    const std::string origin = url.substr(0, length);
    const std::string target = canonical(m_endpoint);
    const std::string asked = canonical(origin);
    if (!isGateway(asked, target) || asked == target) {
        return url;
    }
    bool isFirst = false;
    {
        std::lock_guard<std::mutex> lock(m_mutex);
        isFirst = !m_isReported;
        m_isReported = true;
    }
    if (isFirst) {
        log(Level::WARN, LogEntry(LOG_SOURCE, "endpointOverridden")
                             .d("gateway", origin)
                             .d("endpoint", m_endpoint)
                             .d("key", m_key));
    }
    return m_endpoint + url.substr(length);
}

} // namespace sdk
} // namespace avs
