/* SPDX-License-Identifier: Apache-2.0 */
/* See TransportComponent.h. */
#include "TransportComponent.h"

#include <acsdkManufactory/ComponentAccumulator.h>

#include <avs/sdk_factory.hpp>

namespace avsShim {

TransportComponent getTransportComponent() {
    return alexaClientSDK::acsdkManufactory::ComponentAccumulator<>().addRetainedFactory(
        avs::sdk::createConnectionFactory);
}

} // namespace avsShim
