/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the adapter's contract share: the stand-in, requests, sinks, the log.
 * Included by one source of each program. */
#ifndef AVS_TEST_SDK_HARNESS_H
#define AVS_TEST_SDK_HARNESS_H

#include <atomic>
#include <cstdlib>

#include <AVSCommon/Utils/Configuration/ConfigurationNode.h>
#include <AVSCommon/Utils/LibcurlUtils/LibcurlHTTP2ConnectionFactory.h>
#include <AVSCommon/Utils/Logger/ModuleLogger.h>

#include <avs/sdk_factory.hpp>

#include "actors.h"

/* last: cmocka makes a macro of the word "fail" */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>

#include "standin/standin.h"
}

using alexaClientSDK::avsCommon::utils::configuration::ConfigurationNode;
using alexaClientSDK::avsCommon::utils::libcurlUtils::LibcurlHTTP2ConnectionFactory;
using alexaClientSDK::avsCommon::utils::logger::Level;
using alexaClientSDK::avsCommon::utils::logger::ModuleLogger;

typedef std::shared_ptr<HTTP2ConnectionInterface> Connection;
typedef std::shared_ptr<HTTP2RequestInterface> Request;
typedef std::shared_ptr<RecordingSink> Sink;
using std::chrono::milliseconds;

#define DIRECTIVES "/v20160207/directives"
#define EVENTS     "/v20160207/events"

static struct avs_standin *standin;

inline std::string origin(const std::string &name) {
    return "https://" + name + ".localhost:" + std::to_string(avs_standin_port(standin));
}

inline bool isLogged(const std::string &begin, const std::string &part = "") {
    std::lock_guard<std::mutex> lock(ModuleLogger::mutex);
    for (const std::string &line : ModuleLogger::lines) {
        if (line.compare(0, begin.size(), begin) == 0 && line.find(part) != std::string::npos) {
            return true;
        }
    }
    return false;
}

/* As the application gets it: from the SDK's own factory class. */
inline Connection connect() {
    Connection connection = LibcurlHTTP2ConnectionFactory().createHTTP2Connection();
    assert_non_null(connection.get());
    return connection;
}

inline Sink newSink() {
    return std::make_shared<RecordingSink>();
}

inline HTTP2RequestConfig get(const std::string &url, const Sink &sink) {
    HTTP2RequestConfig config;
    config.url = url;
    config.sink = sink;
    return config;
}

inline HTTP2RequestConfig downchannel(const Sink &sink) {
    HTTP2RequestConfig config = get(origin("ok") + DIRECTIVES, sink);
    config.isIntermittent = true;
    config.connectionTimeout = milliseconds(60000);
    return config;
}

inline HTTP2RequestConfig event(const Sink &sink, const std::shared_ptr<ScriptedSource> &source) {
    HTTP2RequestConfig config = get(origin("ok") + EVENTS, sink);
    config.type = HTTP2RequestType::POST;
    source->headers = {"Authorization: Bearer none",
                       "Content-Type: multipart/form-data; boundary=abc"};
    config.source = source;
    return config;
}

inline void assertFinished(const Sink &sink, const char *status) {
    assert_string_equal(sink->finished().c_str(), status);
    assert_int_equal(sink->count("finished"), 1);
    const std::string last = sink->events().back();
    assert_string_equal(last.c_str(), status); /* nothing comes after it */
}

inline double elapsedMs(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since)
        .count();
}

inline void configureLog() {
    std::lock_guard<std::mutex> lock(ModuleLogger::mutex);
    ModuleLogger::lines.clear();
}

inline int configure(void **) {
    configureLog();
    ModuleLogger::setSinkLevel(Level::DEBUG5);
    ConfigurationNode::values.clear();
    ConfigurationNode::values["libcurlUtils.CURLOPT_CAINFO"] =
        avs_standin_path(standin, AVS_STANDIN_FILE_CA);
    return 0;
}

inline int startStandin(void **) {
    /* this machine's proxies must not get between the test and loopback */
    for (const char *name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        unsetenv(name);
    }
    char error[512];
    struct avs_standin_options options = avs_standin_options();
    options.size = sizeof(options);
    if (!avs_standin_start(&options, &standin, error, sizeof(error))) {
        print_error("%s\n", error);
        return -1;
    }
    return 0;
}

inline int stopStandin(void **) {
    avs_standin_stop(standin);
    return 0;
}

/* One test of a program's list, and the program's end. */
#define TEST(name) cmocka_unit_test_setup(name, configure)
#define RUN(tests) cmocka_run_group_tests(tests, startStandin, stopStandin)

#endif
