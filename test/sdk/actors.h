/* SPDX-License-Identifier: Apache-2.0 */
/* A source that plays a script and a sink that writes down what happened, in order. */
#ifndef AVS_TEST_SDK_ACTORS_H
#define AVS_TEST_SDK_ACTORS_H

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <AVSCommon/Utils/HTTP2/HTTP2RequestConfig.h>

using namespace alexaClientSDK::avsCommon::utils::http2;

class ScriptedSource : public HTTP2RequestSourceInterface {
  public:
    struct Step {
        HTTP2SendStatus status;
        std::string bytes; /* with CONTINUE */
    };
    std::vector<std::string> headers;
    std::vector<Step> steps; /* then COMPLETE for ever */
    int headerCalls = 0;
    int pauses = 0;
    int calls = 0;
    std::atomic<bool> hasPaused{false};
    bool writesTooMuch = false; /* says so, at least */
    std::thread::id headersThread;

    std::vector<std::string> getRequestHeaderLines() override {
        headerCalls++;
        headersThread = std::this_thread::get_id();
        return headers;
    }
    HTTP2SendDataResult onSendData(char *bytes, size_t size) override {
        calls++;
        if (writesTooMuch) {
            return {HTTP2SendStatus::CONTINUE, size + 1};
        }
        if (m_next == steps.size()) {
            return {HTTP2SendStatus::COMPLETE, 0};
        }
        Step &step = steps[m_next];
        if (step.status == HTTP2SendStatus::PAUSE) {
            pauses++;
            hasPaused = true;
        }
        size_t length = step.bytes.size() < size ? step.bytes.size() : size;
        memcpy(bytes, step.bytes.data(), length);
        step.bytes.erase(0, length);
        const HTTP2SendDataResult result = {step.status, length};
        if (step.bytes.empty()) {
            m_next++;
        }
        return result;
    }

  private:
    size_t m_next = 0;
};

class RecordingSink : public HTTP2ResponseSinkInterface {
  public:
    /* What to answer; set before the request is sent. */
    bool takesCode = true;
    bool takesHeaders = true;
    bool abortsData = false;
    int pauses = 0; /* chunks are refused so often before one is taken */
    std::function<void(HTTP2ResponseFinishedStatus)> onFinished;
    std::function<void()> onCode;

    bool onReceiveResponseCode(long responseCode) override {
        note("code " + std::to_string(responseCode));
        if (onCode) {
            onCode();
        }
        return takesCode;
    }
    bool onReceiveHeaderLine(const std::string &line) override {
        note("line " + line);
        return takesHeaders;
    }
    HTTP2ReceiveDataStatus onReceiveData(const char *bytes, size_t size) override {
        const std::string chunk(bytes, size);
        if (pauses > 0) {
            pauses--;
            note("pause " + chunk);
            return HTTP2ReceiveDataStatus::PAUSE;
        }
        note("data " + chunk);
        return abortsData ? HTTP2ReceiveDataStatus::ABORT : HTTP2ReceiveDataStatus::SUCCESS;
    }
    void onResponseFinished(HTTP2ResponseFinishedStatus status) override {
        static const char *const names[] = {"COMPLETE", "TIMEOUT", "CANCELLED", "INTERNAL_ERROR"};
        if (onFinished) {
            onFinished(status);
        }
        note(std::string("finished ") + names[static_cast<int>(status)]);
    }

    /* The `count`th event that begins with `prefix` came; its text, or "" after ten seconds. */
    std::string wait(const std::string &prefix, size_t count = 1) {
        std::unique_lock<std::mutex> lock(m_mutex);
        std::string found;
        m_changed.wait_for(lock, std::chrono::seconds(10), [&]() {
            size_t seen = 0;
            for (const std::string &event : m_events) {
                if (event.compare(0, prefix.size(), prefix) == 0 && ++seen == count) {
                    found = event;
                    return true;
                }
            }
            return false;
        });
        return found;
    }
    std::string finished() {
        return wait("finished ");
    }
    std::vector<std::string> events() {
        std::lock_guard<std::mutex> lock(m_mutex);
        return m_events;
    }
    size_t count(const std::string &prefix) {
        size_t seen = 0;
        for (const std::string &event : events()) {
            seen += event.compare(0, prefix.size(), prefix) == 0;
        }
        return seen;
    }
    /* Every callback came on one thread, and not on this one. */
    std::vector<std::thread::id> threads() {
        std::lock_guard<std::mutex> lock(m_mutex);
        return m_threads;
    }

  private:
    void note(const std::string &event) {
        std::lock_guard<std::mutex> lock(m_mutex);
        m_events.push_back(event);
        m_threads.push_back(std::this_thread::get_id());
        m_changed.notify_all();
    }
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::string> m_events;
    std::vector<std::thread::id> m_threads;
};

#endif
