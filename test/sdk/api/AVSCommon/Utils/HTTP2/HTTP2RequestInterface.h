/* SPDX-License-Identifier: Apache-2.0 */
/* A request under way, in our own words. */
#ifndef AVS_TEST_SDK_REQUEST_INTERFACE_H
#define AVS_TEST_SDK_REQUEST_INTERFACE_H

#include <string>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace http2 {

class HTTP2RequestInterface {
  public:
    virtual ~HTTP2RequestInterface() = default;
    virtual bool cancel() = 0;
    virtual std::string getId() const = 0;
};

} // namespace http2
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
