/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants to know of GOAWAY, SDK 1.18 and later, in our own words. */
#ifndef AVS_TEST_SDK_OBSERVER_H
#define AVS_TEST_SDK_OBSERVER_H

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace http2 {

class HTTP2ConnectionObserverInterface {
  public:
    virtual ~HTTP2ConnectionObserverInterface() = default;
    virtual void onGoawayReceived() = 0;
};

} // namespace http2
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
