/* SPDX-License-Identifier: Apache-2.0 */
/* See channel.h. */
#include "channel.h"

#include <cstring>
#include <vector>

#include "log.h"

namespace avs {
namespace sdk {

static thread_local const Channel *insideOf = nullptr;

Channel::Inside::Inside(const Channel *channel) : m_outer(insideOf) {
    insideOf = channel;
}

Channel::Inside::~Inside() {
    insideOf = m_outer;
}

bool Channel::isInsideCallback() const {
    return insideOf == this;
}

Channel::Channel() : m_client(nullptr), m_isClosed(true) {
}

Channel::~Channel() {
    avs_client_free(m_client);
}

static void goawayCallback(void *user, const char *, uint32_t, uint32_t) {
    static_cast<Channel *>(user)->onGoaway();
}

static const char *orNull(const std::string &text) {
    return text.empty() ? nullptr : text.c_str();
}

enum avs_status Channel::open(const Settings &settings, struct avs_error &error) {
    struct avs_client_options options = avs_client_options();
    options.size = sizeof(options);
    options.ca_file = orNull(settings.caFile);
    options.ca_path = orNull(settings.caPath);
    options.store_source = options.ca_file || options.ca_path ? "config" : nullptr;
    options.proxy = settings.hasProxy ? settings.proxy.c_str() : nullptr;
    options.interface_name = orNull(settings.interfaceName);
    options.log = clientLog();
    options.user = this;
    options.on_goaway = goawayCallback;
    const enum avs_status status = avs_client_new(&options, &m_client, &error);
    m_isClosed = status != AVS_OK;
    return status;
}

enum avs_status Channel::submit(const struct avs_request &request, uint64_t &id,
                                struct avs_error &error) {
    std::lock_guard<std::mutex> lock(m_mutex);
    if (!m_client) {
        std::strcpy(error.message, "the connection was disconnected before");
        return AVS_ERR_SHUT_DOWN;
    }
    return avs_client_submit(m_client, &request, &id, &error);
}

bool Channel::cancel(uint64_t id) {
    std::lock_guard<std::mutex> lock(m_mutex);
    if (!m_client) {
        return false;
    }
    avs_client_cancel(m_client, id);
    return true;
}

struct avs_client *Channel::release() {
    std::lock_guard<std::mutex> lock(m_mutex);
    struct avs_client *client = m_client;
    m_client = nullptr;
    return client;
}

void Channel::noteClosed() {
    std::lock_guard<std::mutex> lock(m_mutex);
    m_isClosed = true;
    m_closed.notify_all();
}

void Channel::waitUntilClosed() {
    std::unique_lock<std::mutex> lock(m_mutex);
    while (!m_isClosed) {
        m_closed.wait(lock);
    }
}

#ifdef AVS_SDK_HAS_OBSERVERS
void Channel::addObserver(const std::shared_ptr<Observer> &observer) {
    std::lock_guard<std::mutex> lock(m_observersMutex);
    if (observer) {
        m_observers.insert(observer);
    }
}

void Channel::removeObserver(const std::shared_ptr<Observer> &observer) {
    std::lock_guard<std::mutex> lock(m_observersMutex);
    m_observers.erase(observer);
}

void Channel::onGoaway() {
    std::vector<std::shared_ptr<Observer>> observers;
    {
        std::lock_guard<std::mutex> lock(m_observersMutex);
        observers.assign(m_observers.begin(), m_observers.end());
    }
    Inside inside(this);
    for (const std::shared_ptr<Observer> &observer : observers) {
        observer->onGoawayReceived();
    }
}
#else
void Channel::onGoaway() {
}
#endif

} // namespace sdk
} // namespace avs
