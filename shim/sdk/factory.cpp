/* SPDX-License-Identifier: Apache-2.0 */
/* The factory for applications that choose the transport themselves. */
#include "include/avs/sdk_factory.hpp"

#include "connection.h"

namespace avs {
namespace sdk {

class ConnectionFactory : public http2::HTTP2ConnectionFactoryInterface {
  public:
    std::shared_ptr<http2::HTTP2ConnectionInterface> createHTTP2Connection() override {
        return Connection::create();
    }
};

std::shared_ptr<http2::HTTP2ConnectionFactoryInterface> createConnectionFactory() {
    return std::make_shared<ConnectionFactory>();
}

} // namespace sdk
} // namespace avs
