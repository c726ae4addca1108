/* SPDX-License-Identifier: Apache-2.0 */
/* The stock factory as SDK 1.10 to 1.20 have it, in our own words. */
#ifndef AVS_TEST_SDK_LIBCURL_FACTORY_H
#define AVS_TEST_SDK_LIBCURL_FACTORY_H

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionFactoryInterface.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace libcurlUtils {

class LibcurlHTTP2ConnectionFactory : public http2::HTTP2ConnectionFactoryInterface {
  public:
    std::shared_ptr<http2::HTTP2ConnectionInterface> createHTTP2Connection() override;
};

} // namespace libcurlUtils
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
