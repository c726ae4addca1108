/* SPDX-License-Identifier: Apache-2.0 */
/* See connection.h. */
#include "connection.h"

#include <system_error>
#include <thread>

#include "channel.h"
#include "exchange.h"
#include "log.h"

namespace avs {
namespace sdk {

/* Once, and again when the configuration has changed: the SDK makes a new connection whenever it
 * connects anew. */
static void sayActive(const Settings &settings) {
    static std::mutex mutex;
    static std::string last;
    const struct {
        const char *key;
        std::string value;
    } rows[] = {{"caFile", settings.caFile},
                {"caPath", settings.caPath},
                {"proxy", settings.hasProxy ? withoutCredentials(settings.proxy) : std::string()},
                {"interface", settings.interfaceName},
                {"endpointOverride", settings.endpoint}};
    LogEntry entry(LOG_SOURCE, "active");
    entry.d("version", avs_version());
    for (const auto &row : rows) {
        if (!row.value.empty()) {
            entry.d(row.key, row.value);
        }
    }
    std::lock_guard<std::mutex> lock(mutex);
    log(last == entry.c_str() ? Level::DEBUG5 : Level::INFO, entry);
    last = entry.c_str();
}

Connection::Connection(const Settings &settings)
    : m_gateway(settings), m_channel(std::make_shared<Channel>()) {
}

std::shared_ptr<Connection> Connection::create() {
    readLogLevel();
    const Settings settings = readSettings();
    const std::shared_ptr<Connection> connection(new Connection(settings));
    struct avs_error error = AVS_ERROR_INIT;
    const enum avs_status status = connection->m_channel->open(settings, error);
    if (status != AVS_OK) {
        log(Level::ERROR, LogEntry(LOG_SOURCE, "createFailed")
                              .d("reason", avs_status_text(status))
                              .d("detail", error.message));
        return nullptr;
    }
    sayActive(settings);
    return connection;
}

Connection::~Connection() {
    disconnect();
}

std::shared_ptr<http2::HTTP2RequestInterface> Connection::createAndSendRequest(
    const http2::HTTP2RequestConfig &config) {
    const std::string url = m_gateway.redirect(config.getUrl());
    struct avs_error error = AVS_ERROR_INIT;
    std::shared_ptr<http2::HTTP2RequestInterface> request =
        sendRequest(m_channel, config, url, error);
    if (!request) {
        log(Level::ERROR, LogEntry(LOG_SOURCE, "createAndSendRequestFailed")
                              .d("streamId", config.getId())
                              .d("reason", avs_status_text(error.status))
                              .d("detail", error.message));
    }
    return request;
}

/* The callbacks refer to the channel, so it must outlive the client. */
static void freeClient(struct avs_client *client, const std::shared_ptr<Channel> &channel) {
    avs_client_free(client);
    channel->noteClosed();
}

void Connection::disconnect() {
    struct avs_client *client = m_channel->release();
    if (!m_channel->isInsideCallback()) {
        if (client) {
            freeClient(client, m_channel);
        }
        m_channel->waitUntilClosed();
        return;
    }
    if (!client) {
        return;
    }
    avs_client_shutdown(client);
    try {
        std::thread(freeClient, client, m_channel).detach();
    } catch (const std::system_error &) {
        /* No thread to be had: the client frees itself, and the channel is left to it. */
        new std::shared_ptr<Channel>(m_channel);
        avs_client_free(client);
        m_channel->noteClosed();
    }
}

#ifdef AVS_SDK_HAS_OBSERVERS
void Connection::addObserver(std::shared_ptr<http2::HTTP2ConnectionObserverInterface> observer) {
    m_channel->addObserver(observer);
}

void Connection::removeObserver(std::shared_ptr<http2::HTTP2ConnectionObserverInterface> observer) {
    m_channel->removeObserver(observer);
}
#endif

} // namespace sdk
} // namespace avs
