/* SPDX-License-Identifier: Apache-2.0 */
/* A connection as SDK 1.10 to 1.17 have it, in our own words. */
#ifndef AVS_TEST_SDK_CONNECTION_H
#define AVS_TEST_SDK_CONNECTION_H

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2RequestConfig.h>
#include <AVSCommon/Utils/HTTP2/HTTP2RequestInterface.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace http2 {

class HTTP2ConnectionInterface {
  public:
    virtual ~HTTP2ConnectionInterface() = default;
    virtual std::shared_ptr<HTTP2RequestInterface> createAndSendRequest(
        const HTTP2RequestConfig &config) = 0;
    virtual void disconnect() = 0;
};

} // namespace http2
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
