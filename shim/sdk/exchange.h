/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way: the SDK's source and sink behind the client's callbacks. */
#ifndef AVS_SDK_EXCHANGE_H
#define AVS_SDK_EXCHANGE_H

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2RequestConfig.h>
#include <AVSCommon/Utils/HTTP2/HTTP2RequestInterface.h>

#include "channel.h"

namespace avs {
namespace sdk {

/* Send `config`'s request to `url`. nullptr with `error` when it is refused; no callback then. */
std::shared_ptr<alexaClientSDK::avsCommon::utils::http2::HTTP2RequestInterface> sendRequest(
    const std::shared_ptr<Channel> &channel,
    const alexaClientSDK::avsCommon::utils::http2::HTTP2RequestConfig &config,
    const std::string &url, struct avs_error &error);

} // namespace sdk
} // namespace avs

#endif
