/* SPDX-License-Identifier: Apache-2.0 */
/* The factory of connections, in our own words. */
#ifndef AVS_TEST_SDK_FACTORY_H
#define AVS_TEST_SDK_FACTORY_H

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionInterface.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace http2 {

class HTTP2ConnectionFactoryInterface {
  public:
    virtual ~HTTP2ConnectionFactoryInterface() = default;
    virtual std::shared_ptr<HTTP2ConnectionInterface> createHTTP2Connection() = 0;
};

} // namespace http2
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
