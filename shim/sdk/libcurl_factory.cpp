/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's own LibcurlHTTP2ConnectionFactory, every member of it, making our connections: that is
 * what puts the transport under an unmodified SDK. Three ways in, each of which makes this
 * definition win over the one in libAVSCommon:
 *
 *   LD_PRELOAD=libavs-shim-sdk.so SampleApp ...              no rebuild
 *   linking libavs-shim-sdk.so before libAVSCommon           by CMAKE_EXE_LINKER_FLAGS
 *   cmake -DEXTENSION_PATHS=.../shim/sdk/extension           SDK 1.18 and later
 *
 * When it is active the log says "I AvsShim:active:version=...". */
#include <AVSCommon/Utils/LibcurlUtils/LibcurlHTTP2ConnectionFactory.h>

#include "connection.h"
#include "log.h"

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace libcurlUtils {

#if defined(AVS_SDK_HAS_CURL_CALLBACK)
std::shared_ptr<http2::HTTP2ConnectionFactoryInterface> LibcurlHTTP2ConnectionFactory::
    createHTTP2ConnectionFactoryInterface(
        const std::shared_ptr<LibcurlSetCurlOptionsCallbackFactoryInterface> &callbackFactory) {
    return std::make_shared<LibcurlHTTP2ConnectionFactory>(callbackFactory);
}

LibcurlHTTP2ConnectionFactory::LibcurlHTTP2ConnectionFactory(
    const std::shared_ptr<LibcurlSetCurlOptionsCallbackFactoryInterface> &callbackFactory)
    : m_setCurlOptionsCallbackFactory(callbackFactory) {
}
#elif defined(AVS_SDK_HAS_STATIC_FACTORY)
std::shared_ptr<http2::HTTP2ConnectionFactoryInterface> LibcurlHTTP2ConnectionFactory::
    createHTTP2ConnectionFactoryInterface() {
    return std::make_shared<LibcurlHTTP2ConnectionFactory>();
}
#endif

std::shared_ptr<http2::HTTP2ConnectionInterface> LibcurlHTTP2ConnectionFactory::
    createHTTP2Connection() {
#if defined(AVS_SDK_HAS_CURL_CALLBACK)
    if (m_setCurlOptionsCallbackFactory) {
        avs::sdk::log(avs::sdk::Level::WARN,
                      avs::sdk::LogEntry(avs::sdk::LOG_SOURCE, "curlOptionsCallbackIgnored")
                          .d("reason", "this connection is not libcurl's"));
    }
#endif
    return avs::sdk::Connection::create();
}

} // namespace libcurlUtils
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK
