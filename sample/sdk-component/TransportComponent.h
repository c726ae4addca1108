/* SPDX-License-Identifier: Apache-2.0 */
/* A component of the AVS Device SDK, 1.21 and later, that provides the HTTP/2 transport: for an
 * application that lists its components itself. In its own version of the SDK's
 * acsdkAlexaCommunications component, .addComponent(avsShim::getTransportComponent()) takes the
 * place of .addRetainedFactory(createHTTP2ConnectionFactory). An unmodified SampleApp needs none of
 * this: see shim/sdk/libcurl_factory.cpp for the ways that need no code. */
#ifndef AVS_SHIM_TRANSPORT_COMPONENT_H
#define AVS_SHIM_TRANSPORT_COMPONENT_H

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionFactoryInterface.h>
#include <acsdkManufactory/Component.h>

namespace avsShim {

typedef alexaClientSDK::acsdkManufactory::Component<
    std::shared_ptr<alexaClientSDK::avsCommon::utils::http2::HTTP2ConnectionFactoryInterface>>
    TransportComponent;

TransportComponent getTransportComponent();

} // namespace avsShim

#endif
