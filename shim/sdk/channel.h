/* SPDX-License-Identifier: Apache-2.0 */
/* One avs_client, shared by the connection and its requests: any of them may be the last to go.
 * The lock guards the pointer and whether it is gone; no callback runs under it. */
#ifndef AVS_SDK_CHANNEL_H
#define AVS_SDK_CHANNEL_H

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include <avs/client.h>

#include "sdk.h"
#include "settings.h"

#ifdef AVS_SDK_HAS_OBSERVERS
#include <AVSCommon/Utils/HTTP2/HTTP2ConnectionObserverInterface.h>
#endif

namespace avs {
namespace sdk {

class Channel {
  public:
    Channel();
    ~Channel();

    enum avs_status open(const Settings &settings, struct avs_error &error);
    enum avs_status submit(const struct avs_request &request, uint64_t &id,
                           struct avs_error &error);
    /* False once disconnected. */
    bool cancel(uint64_t id);

    /* The client, for the caller alone to free; nullptr from then on. */
    struct avs_client *release();

    /* Whoever has released the client says when it is gone; others wait for that. Not inside a
     * callback. */
    void noteClosed();
    void waitUntilClosed();

#ifdef AVS_SDK_HAS_OBSERVERS
    typedef alexaClientSDK::avsCommon::utils::http2::HTTP2ConnectionObserverInterface Observer;
    void addObserver(const std::shared_ptr<Observer> &observer);
    void removeObserver(const std::shared_ptr<Observer> &observer);
#endif

    /* Thread: the client's. */
    void onGoaway();

    /* Whether this thread is inside one of this channel's callbacks. */
    bool isInsideCallback() const;

    /* Marks a callback for as long as it lives. */
    class Inside {
      public:
        explicit Inside(const Channel *channel);
        ~Inside();

      private:
        const Channel *m_outer;
    };

  private:
    Channel(const Channel &);
    Channel &operator=(const Channel &);

    std::mutex m_mutex;
    struct avs_client *m_client;
    std::condition_variable m_closed;
    bool m_isClosed;
#ifdef AVS_SDK_HAS_OBSERVERS
    std::mutex m_observersMutex;
    std::set<std::shared_ptr<Observer>> m_observers;
#endif
};

} // namespace sdk
} // namespace avs

#endif
