/* SPDX-License-Identifier: Apache-2.0 */
/* The request side of the SDK's HTTP/2 interfaces, declared in our own words for the contract
 * tests: names and signatures only as far as the adapter uses them. */
#ifndef AVS_TEST_SDK_REQUEST_H
#define AVS_TEST_SDK_REQUEST_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace http2 {

enum class HTTP2RequestType { GET, POST };
enum class HTTP2SendStatus { CONTINUE, PAUSE, COMPLETE, ABORT };
enum class HTTP2ReceiveDataStatus { SUCCESS, PAUSE, ABORT };
enum class HTTP2ResponseFinishedStatus { COMPLETE, TIMEOUT, CANCELLED, INTERNAL_ERROR };

struct HTTP2SendDataResult {
    HTTP2SendStatus status;
    size_t size;
};

class HTTP2RequestSourceInterface {
  public:
    virtual ~HTTP2RequestSourceInterface() = default;
    virtual std::vector<std::string> getRequestHeaderLines() = 0;
    virtual HTTP2SendDataResult onSendData(char *bytes, size_t size) = 0;
};

class HTTP2ResponseSinkInterface {
  public:
    virtual ~HTTP2ResponseSinkInterface() = default;
    virtual bool onReceiveResponseCode(long responseCode) = 0;
    virtual bool onReceiveHeaderLine(const std::string &line) = 0;
    virtual HTTP2ReceiveDataStatus onReceiveData(const char *bytes, size_t size) = 0;
    virtual void onResponseFinished(HTTP2ResponseFinishedStatus status) = 0;
};

/* A plain record here; the SDK's has setters as well. */
class HTTP2RequestConfig {
  public:
    HTTP2RequestType type = HTTP2RequestType::GET;
    std::string url, id = "test-1";
    std::chrono::milliseconds connectionTimeout{0}, transferTimeout{0}, activityTimeout{0};
    uint8_t priority = 16;
    bool isIntermittent = false;
    std::shared_ptr<HTTP2RequestSourceInterface> source;
    std::shared_ptr<HTTP2ResponseSinkInterface> sink;

    HTTP2RequestType getRequestType() const {
        return type;
    }
    std::string getUrl() const {
        return url;
    }
    std::chrono::milliseconds getConnectionTimeout() const {
        return connectionTimeout;
    }
    std::chrono::milliseconds getTransferTimeout() const {
        return transferTimeout;
    }
    std::chrono::milliseconds getActivityTimeout() const {
        return activityTimeout;
    }
    uint8_t getPriority() const {
        return priority;
    }
    std::shared_ptr<HTTP2RequestSourceInterface> getSource() const {
        return source;
    }
    std::shared_ptr<HTTP2ResponseSinkInterface> getSink() const {
        return sink;
    }
    bool isIntermittentTransferExpected() const {
        return isIntermittent;
    }
    std::string getId() const {
        return id;
    }
};

} // namespace http2
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
