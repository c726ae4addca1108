/* SPDX-License-Identifier: Apache-2.0 */
/* For an application that builds its own component list or its own HTTP2TransportFactory: hand this
 * factory to the SDK in place of LibcurlHTTP2ConnectionFactory. Needs the SDK's headers. */
#ifndef AVS_SDK_FACTORY_HPP
#define AVS_SDK_FACTORY_HPP

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionFactoryInterface.h>

namespace avs {
namespace sdk {

/** A factory whose connections are avs-shim's. Thread: any. Its createHTTP2Connection returns
 *  nullptr, with an ERROR line in the SDK's log, when no client can be made. */
std::shared_ptr<alexaClientSDK::avsCommon::utils::http2::HTTP2ConnectionFactoryInterface>
createConnectionFactory();

} // namespace sdk
} // namespace avs

#endif
