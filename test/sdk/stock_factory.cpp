/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's own transport: there, and refusing to work, so that a test can tell which one it got.
 */
#include <AVSCommon/Utils/LibcurlUtils/LibcurlHTTP2ConnectionFactory.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace libcurlUtils {

std::shared_ptr<http2::HTTP2ConnectionFactoryInterface> LibcurlHTTP2ConnectionFactory::
    createHTTP2ConnectionFactoryInterface(const Callback &callback) {
    return std::make_shared<LibcurlHTTP2ConnectionFactory>(callback);
}

LibcurlHTTP2ConnectionFactory::LibcurlHTTP2ConnectionFactory(const Callback &callback)
    : m_setCurlOptionsCallbackFactory(callback) {
}

std::shared_ptr<http2::HTTP2ConnectionInterface> LibcurlHTTP2ConnectionFactory::
    createHTTP2Connection() {
    return nullptr;
}

} // namespace libcurlUtils
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK
