/* SPDX-License-Identifier: Apache-2.0 */
/* See exchange.h. An exception from the SDK's callbacks ends the process, as it does on the stock
 * transport's thread: none may cross the C library between. */
#include "exchange.h"

#include <chrono>
#include <climits>
#include <string>
#include <vector>

namespace avs {
namespace sdk {

using alexaClientSDK::avsCommon::utils::http2::HTTP2ReceiveDataStatus;
using alexaClientSDK::avsCommon::utils::http2::HTTP2RequestConfig;
using alexaClientSDK::avsCommon::utils::http2::HTTP2RequestInterface;
using alexaClientSDK::avsCommon::utils::http2::HTTP2RequestSourceInterface;
using alexaClientSDK::avsCommon::utils::http2::HTTP2RequestType;
using alexaClientSDK::avsCommon::utils::http2::HTTP2ResponseFinishedStatus;
using alexaClientSDK::avsCommon::utils::http2::HTTP2ResponseSinkInterface;
using alexaClientSDK::avsCommon::utils::http2::HTTP2SendDataResult;
using alexaClientSDK::avsCommon::utils::http2::HTTP2SendStatus;

/* PAUSE has no resume call in the SDK: ask again, as often as the stock transport does. */
static const int PAUSE_RETRY_MS = 10;

/* Lives from submit to the end of onFinished. */
struct Exchange {
    std::shared_ptr<Channel> channel;
    std::shared_ptr<HTTP2RequestSourceInterface> source;
    std::shared_ptr<HTTP2ResponseSinkInterface> sink;
};

class Request : public HTTP2RequestInterface {
  public:
    Request(const std::shared_ptr<Channel> &channel, const std::string &name)
        : m_channel(channel), m_name(name), m_stream(0) {
    }

    bool cancel() override {
        return m_channel->cancel(m_stream);
    }

    std::string getId() const override {
        return m_name;
    }

    /* Before anyone else sees the request. */
    void setStream(uint64_t stream) {
        m_stream = stream;
    }

  private:
    const std::shared_ptr<Channel> m_channel;
    const std::string m_name;
    uint64_t m_stream;
};

static enum avs_source_result onRead(void *user, uint64_t, uint8_t *buffer, size_t capacity,
                                     size_t *ret_length) noexcept {
    const Exchange *exchange = static_cast<const Exchange *>(user);
    const Channel::Inside inside(exchange->channel.get());
    const HTTP2SendDataResult result =
        exchange->source->onSendData(reinterpret_cast<char *>(buffer), capacity);
    *ret_length = 0;
    switch (result.status) {
    case HTTP2SendStatus::CONTINUE:
        if (result.size > capacity) {
            return AVS_SOURCE_ABORT;
        }
        *ret_length = result.size;
        /* No byte ends the body: that is what libcurl makes of it under the stock transport. */
        return result.size > 0 ? AVS_SOURCE_CONTINUE : AVS_SOURCE_COMPLETE;
    case HTTP2SendStatus::PAUSE:
        return AVS_SOURCE_PAUSE;
    case HTTP2SendStatus::COMPLETE:
        return AVS_SOURCE_COMPLETE;
    case HTTP2SendStatus::ABORT:
        break;
    }
    return AVS_SOURCE_ABORT;
}

static bool onResponseCode(void *user, uint64_t, int code) noexcept {
    const Exchange *exchange = static_cast<const Exchange *>(user);
    const Channel::Inside inside(exchange->channel.get());
    (void)exchange->sink->onReceiveResponseCode(code); /* the stock transport goes on as well */
    return true;
}

static bool onHeaderLine(void *user, uint64_t, const char *line, size_t length) noexcept {
    const Exchange *exchange = static_cast<const Exchange *>(user);
    const Channel::Inside inside(exchange->channel.get());
    (void)exchange->sink->onReceiveHeaderLine(std::string(line, length)); /* likewise */
    return true;
}

static enum avs_sink_result onData(void *user, uint64_t, const uint8_t *bytes,
                                   size_t length) noexcept {
    const Exchange *exchange = static_cast<const Exchange *>(user);
    const Channel::Inside inside(exchange->channel.get());
    switch (exchange->sink->onReceiveData(reinterpret_cast<const char *>(bytes), length)) {
    case HTTP2ReceiveDataStatus::SUCCESS:
        return AVS_SINK_SUCCESS;
    case HTTP2ReceiveDataStatus::PAUSE:
        return AVS_SINK_PAUSE;
    case HTTP2ReceiveDataStatus::ABORT:
        break;
    }
    return AVS_SINK_ABORT;
}

static HTTP2ResponseFinishedStatus inWordsOfTheSdk(enum avs_finish finish) {
    switch (finish) {
    case AVS_FINISH_COMPLETE:
        return HTTP2ResponseFinishedStatus::COMPLETE;
    case AVS_FINISH_TIMEOUT:
        return HTTP2ResponseFinishedStatus::TIMEOUT;
    case AVS_FINISH_CANCELLED:
        return HTTP2ResponseFinishedStatus::CANCELLED;
    case AVS_FINISH_INTERNAL_ERROR:
        break;
    }
    return HTTP2ResponseFinishedStatus::INTERNAL_ERROR;
}

static void onFinished(void *user, uint64_t, enum avs_finish finish,
                       const struct avs_failure *) noexcept {
    const std::unique_ptr<Exchange> exchange(static_cast<Exchange *>(user));
    const Channel::Inside inside(exchange->channel.get());
    if (exchange->sink) {
        exchange->sink->onResponseFinished(inWordsOfTheSdk(finish));
    }
    /* Still inside: the source and the sink may be the last owners of whatever they refer to. */
    exchange->source.reset();
    exchange->sink.reset();
}

static int inMilliseconds(std::chrono::milliseconds time) {
    return time.count() <= 0        ? 0
           : time.count() < INT_MAX ? static_cast<int>(time.count())
                                    : INT_MAX;
}

std::shared_ptr<HTTP2RequestInterface> sendRequest(const std::shared_ptr<Channel> &channel,
                                                   const HTTP2RequestConfig &config,
                                                   const std::string &url,
                                                   struct avs_error &error) {
    const std::string name = config.getId();
    const std::shared_ptr<Request> handle = std::make_shared<Request>(channel, name);
    std::unique_ptr<Exchange> exchange(new Exchange());
    exchange->channel = channel;
    exchange->source = config.getSource();
    exchange->sink = config.getSink();

    std::vector<std::string> headers;
    if (exchange->source) {
        headers = exchange->source->getRequestHeaderLines(); /* GETs have header lines as well */
    }
    std::vector<const char *> lines;
    for (const std::string &header : headers) {
        lines.push_back(header.c_str());
    }

    const bool isPost = config.getRequestType() == HTTP2RequestType::POST;
    struct avs_request request = avs_request();
    request.size = sizeof(request);
    request.url = url.c_str();
    request.method = isPost ? "POST" : "GET";
    request.headers = lines.data();
    request.header_count = lines.size();
    request.connection_timeout_ms = inMilliseconds(config.getConnectionTimeout());
    request.transfer_timeout_ms = inMilliseconds(config.getTransferTimeout());
    request.activity_timeout_ms = inMilliseconds(config.getActivityTimeout());
    request.pause_retry_ms = PAUSE_RETRY_MS;
    request.weight = config.getPriority();
    request.is_long_lived = config.isIntermittentTransferExpected(); /* the downchannel alone */
    request.label = name.c_str();
    request.user = exchange.get();
    request.on_read = isPost && exchange->source ? onRead : nullptr;
    if (exchange->sink) {
        request.on_response_code = onResponseCode;
        request.on_header_line = onHeaderLine;
        request.on_data = onData;
    }
    request.on_finished = onFinished;

    uint64_t stream = 0;
    const enum avs_status status = channel->submit(request, stream, error);
    if (status != AVS_OK) {
        error.status = status;
        return nullptr;
    }
    exchange.release(); /* onFinished frees it, and may have done so */
    handle->setStream(stream);
    return handle;
}

} // namespace sdk
} // namespace avs
