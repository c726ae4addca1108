/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's HTTP2ConnectionInterface over one avs_client. */
#ifndef AVS_SDK_CONNECTION_H
#define AVS_SDK_CONNECTION_H

#include <memory>

#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionInterface.h>

#include "gateway.h"
#include "sdk.h"

namespace avs {
namespace sdk {

namespace http2 = alexaClientSDK::avsCommon::utils::http2;

class Channel;

class Connection : public http2::HTTP2ConnectionInterface {
  public:
    /* Start a client with the SDK's configuration as it is now. nullptr, with an ERROR line, when
     * that fails. Dials nothing yet. */
    static std::shared_ptr<Connection> create();
    ~Connection() override;

    /* nullptr, and no callback, when the request is refused: bad URL, disconnected, out of memory.
     * Otherwise its sink gets exactly one onResponseFinished. Thread: any, callbacks too. */
    std::shared_ptr<http2::HTTP2RequestInterface> createAndSendRequest(
        const http2::HTTP2RequestConfig &config) override;

    /* Every request is finished (CANCELLED) and the thread is gone when this returns. From inside
     * a callback it cannot wait: the rest then happens soon after. Thread: any. */
    void disconnect() override;

#ifdef AVS_SDK_HAS_OBSERVERS
    void addObserver(std::shared_ptr<http2::HTTP2ConnectionObserverInterface> observer) override;
    void removeObserver(std::shared_ptr<http2::HTTP2ConnectionObserverInterface> observer) override;
#endif

  private:
    explicit Connection(const Settings &settings);

    Gateway m_gateway;
    std::shared_ptr<Channel> m_channel;
};

} // namespace sdk
} // namespace avs

#endif
