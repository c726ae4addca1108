/* SPDX-License-Identifier: Apache-2.0 */
/* The stock factory as SDK 1.22 to 1.26 have it, in our own words. */
#ifndef AVS_TEST_SDK_LIBCURL_FACTORY_H
#define AVS_TEST_SDK_LIBCURL_FACTORY_H

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionFactoryInterface.h>
#include <AVSCommon/Utils/LibcurlUtils/LibcurlSetCurlOptionsCallbackFactoryInterface.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace libcurlUtils {

class LibcurlHTTP2ConnectionFactory : public http2::HTTP2ConnectionFactoryInterface {
  public:
    typedef std::shared_ptr<LibcurlSetCurlOptionsCallbackFactoryInterface> Callback;

    static std::shared_ptr<http2::HTTP2ConnectionFactoryInterface>
    createHTTP2ConnectionFactoryInterface(const Callback &callback = nullptr);
    std::shared_ptr<http2::HTTP2ConnectionInterface> createHTTP2Connection() override;
    LibcurlHTTP2ConnectionFactory(const Callback &callback = nullptr);

  private:
    Callback m_setCurlOptionsCallbackFactory;
};

} // namespace libcurlUtils
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
