/* SPDX-License-Identifier: Apache-2.0 */
/* The mark of SDK 1.22 and later; nobody calls it here. */
#ifndef AVS_TEST_SDK_CURL_CALLBACK_H
#define AVS_TEST_SDK_CURL_CALLBACK_H

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace libcurlUtils {

class LibcurlSetCurlOptionsCallbackFactoryInterface {
  public:
    virtual ~LibcurlSetCurlOptionsCallbackFactoryInterface() = default;
};

} // namespace libcurlUtils
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
