/* The contract that the SDK's ACL relies on, through the SDK's interfaces, against the stand-in.
 * Built twice: with the interfaces of SDK 1.10 and of SDK 1.26. */
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

/* ---------------------------------------------------------------- helpers */

static std::string origin(const std::string &name) {
    return "https://" + name + ".localhost:" + std::to_string(avs_standin_port(standin));
}

static bool isLogged(const std::string &begin, const std::string &part = "") {
    std::lock_guard<std::mutex> lock(ModuleLogger::mutex);
    for (const std::string &line : ModuleLogger::lines) {
        if (line.compare(0, begin.size(), begin) == 0 && line.find(part) != std::string::npos) {
            return true;
        }
    }
    return false;
}

/* As the application gets it: from the SDK's own factory class. */
static Connection connect() {
    Connection connection = LibcurlHTTP2ConnectionFactory().createHTTP2Connection();
    assert_non_null(connection.get());
    return connection;
}

static Sink newSink() {
    return std::make_shared<RecordingSink>();
}

static HTTP2RequestConfig get(const std::string &url, const Sink &sink) {
    HTTP2RequestConfig config;
    config.url = url;
    config.sink = sink;
    return config;
}

static HTTP2RequestConfig downchannel(const Sink &sink) {
    HTTP2RequestConfig config = get(origin("ok") + DIRECTIVES, sink);
    config.isIntermittent = true;
    config.connectionTimeout = milliseconds(60000);
    return config;
}

static HTTP2RequestConfig event(const Sink &sink, const std::shared_ptr<ScriptedSource> &source) {
    HTTP2RequestConfig config = get(origin("ok") + EVENTS, sink);
    config.type = HTTP2RequestType::POST;
    source->headers = {"Authorization: Bearer none",
                       "Content-Type: multipart/form-data; boundary=abc"};
    config.source = source;
    return config;
}

static void assertFinished(const Sink &sink, const char *status) {
    assert_string_equal(sink->finished().c_str(), status);
    assert_int_equal(sink->count("finished"), 1);
    const std::string last = sink->events().back();
    assert_string_equal(last.c_str(), status); /* nothing comes after it */
}

static double elapsedMs(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since)
        .count();
}

static void configureLog() {
    std::lock_guard<std::mutex> lock(ModuleLogger::mutex);
    ModuleLogger::lines.clear();
}

static int configure(void **) {
    configureLog();
    ModuleLogger::setSinkLevel(Level::DEBUG5);
    ConfigurationNode::values.clear();
    ConfigurationNode::values["libcurlUtils.CURLOPT_CAINFO"] =
        avs_standin_path(standin, AVS_STANDIN_FILE_CA);
    return 0;
}

static int startStandin(void **) {
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

static int stopStandin(void **) {
    avs_standin_stop(standin);
    return 0;
}

/* ---------------------------------------------------------------- a request's life */

static void answer_comes_as_code_lines_data_and_one_finish(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assert_non_null(request.get());
    assert_string_equal(request->getId().c_str(), "test-1");
    assertFinished(sink, "finished COMPLETE");
    const std::vector<std::string> events = sink->events();
    assert_string_equal(events[0].c_str(), "code 200");
    assert_string_equal(events[1].c_str(), "line HTTP/2 200 \r\n");
    size_t i = 2;
    while (events[i] != "line \r\n") {
        assert_non_null(strstr(events[i].c_str(), ": "));
        assert_non_null(strstr(events[i].c_str(), "\r\n"));
        i++;
    }
    assert_string_equal(events[i + 1].c_str(),
                        "data connection established with ATS certificate\n");
    assert_int_equal(i + 3, events.size());
    for (const std::thread::id &thread : sink->threads()) {
        assert_true(thread == sink->threads()[0]);
        assert_true(thread != std::this_thread::get_id());
    }
    assert_true(isLogged("I AvsShim:active:version="));
}

static void header_lines_are_asked_for_once_by_the_caller_also_for_a_get(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    HTTP2RequestConfig config = get(origin("ok") + "/ping", sink);
    source->headers = {"Authorization: Bearer none"};
    config.source = source;
    Request request = connection->createAndSendRequest(config);
    assert_int_equal(source->headerCalls, 1);
    assert_true(source->headersThread == std::this_thread::get_id());
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(source->headerCalls, 1);
    assert_int_equal(sink->count("code 204"), 1);
}

static void event_is_pulled_with_pauses_and_short_writes(void **) {
    Connection connection = connect();
    Sink down = newSink();
    Sink sink = newSink();
    Request open = connection->createAndSendRequest(downchannel(down));
    assert_string_equal(down->wait("code").c_str(), "code 200");
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    source->steps = {{HTTP2SendStatus::CONTINUE, "--abc\r\n"},
                     {HTTP2SendStatus::PAUSE, ""},
                     {HTTP2SendStatus::PAUSE, ""},
                     {HTTP2SendStatus::CONTINUE, std::string(100000, 'x')},
                     {HTTP2SendStatus::CONTINUE, "\r\n--abc--\r\n"}};
    const auto start = std::chrono::steady_clock::now();
    Request request = connection->createAndSendRequest(event(sink, source));
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(sink->count("code 204"), 1);
    assert_int_equal(source->pauses, 2);
    assert_true(elapsedMs(start) >= 2 * 9); /* asked again after 10 ms each, not at once */
    /* and the directive that answers it comes down the channel, which stays open */
    assert_true(down->wait("data", 2).find("SetVolume") != std::string::npos);
    assert_int_equal(down->count("finished"), 0);
    connection->disconnect();
    assertFinished(down, "finished CANCELLED");
}

static void no_bytes_end_the_body_as_under_libcurl(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    source->steps = {{HTTP2SendStatus::CONTINUE, "--abc--\r\n"},
                     {HTTP2SendStatus::CONTINUE, ""},
                     {HTTP2SendStatus::CONTINUE, "not asked for any more"}};
    Request request = connection->createAndSendRequest(event(sink, source));
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(source->calls, 2);
}

static void source_that_wrote_too_much_is_an_aborting_one(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    source->writesTooMuch = true;
    Request request = connection->createAndSendRequest(event(sink, source));
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(sink->count("code"), 0);
    assert_int_equal(source->calls, 1);
}

static void aborting_source_ends_its_stream_only(void **) {
    Connection connection = connect();
    Sink down = newSink();
    Sink sink = newSink();
    Request open = connection->createAndSendRequest(downchannel(down));
    down->wait("code");
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    source->steps = {{HTTP2SendStatus::CONTINUE, "--abc\r\n"}, {HTTP2SendStatus::ABORT, ""}};
    Request request = connection->createAndSendRequest(event(sink, source));
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(sink->count("code"), 0); /* by which ACL knows */
    assert_int_equal(down->count("finished"), 0);
}

static void paused_sink_gets_exactly_the_same_chunk_again(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    sink->pauses = 3;
    const auto start = std::chrono::steady_clock::now();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
    assert_true(elapsedMs(start) >= 3 * 9);
    std::vector<std::string> chunks;
    for (const std::string &each : sink->events()) {
        if (each.compare(0, 5, "pause") == 0 || each.compare(0, 4, "data") == 0) {
            chunks.push_back(each.substr(each.find(' ')));
        }
    }
    assert_int_equal(chunks.size(), 4);
    for (const std::string &chunk : chunks) {
        assert_string_equal(chunk.c_str(), chunks[0].c_str());
    }
}

/* LibcurlHTTP2Request drops what onReceiveResponseCode and onReceiveHeaderLine say, and its ABORT
 * of data or source is a failed transfer to libcurl, which LibcurlHTTP2Connection reports as
 * COMPLETE; ACL then goes by the response code. */
static void refusing_sink_finishes_as_under_stock(void **) {
    static const struct {
        bool takesCode, takesHeaders, abortsData;
    } rows[] = {
        {false, true, false}, {true, false, false}, {false, false, false}, {true, true, true}};
    Connection connection = connect();
    for (const auto &row : rows) {
        Sink sink = newSink();
        sink->takesCode = row.takesCode;
        sink->takesHeaders = row.takesHeaders;
        sink->abortsData = row.abortsData;
        Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
        assertFinished(sink, "finished COMPLETE");
        assert_int_equal(sink->count("code 200"), 1);
        assert_int_equal(sink->count("line \r\n"), 1);
        assert_int_equal(sink->count("data"), 1);
    }
}

static void sink_that_aborts_after_a_pause_finishes_as_under_stock(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    sink->pauses = 2;
    sink->abortsData = true;
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(sink->count("pause"), 2);
    assert_int_equal(sink->count("data"), 1);
}

static void request_without_sink_or_source_is_fine(void **) {
    Connection connection = connect();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", nullptr));
    assert_non_null(request.get());
    connection->disconnect();
}

/* ---------------------------------------------------------------- ends */

static void each_timeout_ends_its_request_with_timeout(void **) {
    std::chrono::milliseconds HTTP2RequestConfig::*const timeouts[] = {
        &HTTP2RequestConfig::connectionTimeout, &HTTP2RequestConfig::transferTimeout,
        &HTTP2RequestConfig::activityTimeout};
    Connection connection = connect();
    for (const auto timeout : timeouts) {
        Sink sink = newSink();
        HTTP2RequestConfig config = get(origin("h2-silent") + "/", sink);
        config.*timeout = milliseconds(200);
        Request request = connection->createAndSendRequest(config);
        assertFinished(sink, "finished TIMEOUT");
        assert_int_equal(sink->count("code"), 0);
    }
    /* an open downchannel is not subject to the time it took to open */
    Sink down = newSink();
    HTTP2RequestConfig config = downchannel(down);
    config.connectionTimeout = milliseconds(1000);
    Request open = connection->createAndSendRequest(config);
    down->wait("code");
    std::this_thread::sleep_for(milliseconds(1200));
    assert_int_equal(down->count("finished"), 0);
}

static void cancel_ends_with_cancelled_and_soon(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(downchannel(sink));
    sink->wait("code");
    const auto start = std::chrono::steady_clock::now();
    assert_true(request->cancel());
    assertFinished(sink, "finished CANCELLED");
    assert_true(elapsedMs(start) < 1000);
    (void)request->cancel(); /* nothing more comes of it */
    connection->disconnect();
    assert_false(request->cancel());
    assert_int_equal(sink->count("finished"), 1);
}

static void cancel_in_a_callback_is_fine(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    Request request;
    std::mutex mutex;
    sink->onCode = [&]() {
        std::lock_guard<std::mutex> lock(mutex);
        request->cancel();
    };
    {
        std::lock_guard<std::mutex> lock(mutex);
        request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    }
    const std::string end = sink->finished();
    assert_true(end == "finished CANCELLED" || end == "finished COMPLETE");
    assert_int_equal(sink->count("finished"), 1);
}

static void disconnect_finishes_everything_before_it_returns(void **) {
    Connection connection = connect();
    std::vector<Sink> sinks;
    std::vector<Request> requests;
    for (int i = 0; i < 20; i++) {
        sinks.push_back(newSink());
        requests.push_back(connection->createAndSendRequest(
            i % 2 ? downchannel(sinks.back()) : get(origin("h2-silent") + "/", sinks.back())));
    }
    sinks[1]->wait("code");
    connection->disconnect();
    for (const Sink &sink : sinks) {
        assert_int_equal(sink->count("finished CANCELLED"), 1);
        assert_int_equal(sink->count("finished"), 1);
    }
    connection->disconnect(); /* again: nothing */
    Sink late = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", late));
    assert_null(request.get()); /* refused at once; the stock transport never finishes it */
    assert_int_equal(late->events().size(), 0);
    assert_true(
        isLogged("E AvsShim:createAndSendRequestFailed:streamId=test-1,reason=shut down,detail=the "
                 "connection was disconnected before"));
}

static void disconnect_in_a_callback_does_not_hang(void **) {
    Connection connection = connect();
    Sink down = newSink();
    Request open = connection->createAndSendRequest(downchannel(down));
    down->wait("code");
    Sink sink = newSink();
    sink->onFinished = [&](HTTP2ResponseFinishedStatus) { connection->disconnect(); };
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
    assertFinished(down, "finished CANCELLED");
}

static void disconnect_waits_for_one_that_a_callback_has_begun(void **) {
    Connection connection = connect();
    Sink down = newSink();
    Request open = connection->createAndSendRequest(downchannel(down));
    down->wait("code");
    Sink sink = newSink();
    std::atomic<bool> hasBegun(false);
    sink->onFinished = [&](HTTP2ResponseFinishedStatus) {
        connection->disconnect();
        hasBegun = true;
        std::this_thread::sleep_for(milliseconds(200)); /* the loop is held up, the rest waits */
    };
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    while (!hasBegun) {
        std::this_thread::yield();
    }
    connection->disconnect();
    assert_int_equal(down->count("finished CANCELLED"), 1);
}

static void disconnects_of_many_threads_all_wait(void **) {
    for (int round = 0; round < 20; round++) {
        Connection connection = connect();
        Sink sink = newSink();
        Request request = connection->createAndSendRequest(get(origin("h2-silent") + "/", sink));
        std::atomic<int> early(0);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; t++) {
            threads.emplace_back([&]() {
                connection->disconnect();
                early += sink->count("finished CANCELLED") == 1 ? 0 : 1;
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
        assert_int_equal(early, 0);
    }
}

static void last_reference_may_go_in_a_callback(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    std::mutex mutex;
    sink->onFinished = [&](HTTP2ResponseFinishedStatus) {
        std::lock_guard<std::mutex> lock(mutex);
        connection.reset();
    };
    {
        std::lock_guard<std::mutex> lock(mutex);
        (void)connection->createAndSendRequest(get(origin("ok") + "/", sink));
    }
    assertFinished(sink, "finished COMPLETE");
}

static void request_from_a_callback_is_sent(void **) {
    Connection connection = connect();
    Sink first = newSink();
    Sink second = newSink();
    Request next;
    first->onFinished = [&](HTTP2ResponseFinishedStatus) {
        next = connection->createAndSendRequest(get(origin("ok") + "/ping", second));
    };
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", first));
    assertFinished(second, "finished COMPLETE");
}

static void many_threads_may_send_and_cancel(void **) {
    Connection connection = connect();
    std::atomic<int> finished(0);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&, t]() {
            for (int i = 0; i < 25; i++) {
                Sink sink = newSink();
                Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
                if ((i + t) % 3 == 0) {
                    request->cancel();
                }
                sink->finished();
                finished += static_cast<int>(sink->count("finished"));
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    assert_int_equal(finished, 100);
}

/* ---------------------------------------------------------------- failures say why */

static void tls_failures_are_never_complete_and_the_log_says_why(void **) {
    static const struct {
        const char *name, *cause;
    } cases[] = {{"untrusted-root", "root_missing"},
                 {"expired", "cert_expired"},
                 {"wrong-host", "hostname_mismatch"},
                 {"plaintext-http", "plaintext_peer"}};
    Connection connection = connect();
    for (const auto &each : cases) {
        Sink sink = newSink();
        Request request = connection->createAndSendRequest(get(origin(each.name) + "/", sink));
        assertFinished(sink, "finished INTERNAL_ERROR");
        assert_int_equal(sink->events().size(), 1);
        assert_true(isLogged("E AvsClient:", std::string("cause=") + each.cause));
        assert_true(isLogged("E AvsClient:", std::string(each.name) + ".localhost"));
    }
}

static void configuration_is_followed(void **) {
    static const struct {
        const char *key, *value, *cause;
    } cases[] = {{"libcurlUtils.CURLOPT_CAINFO", "/nonexistent/ca.pem", "ca_file_unreadable"},
                 {"libcurlUtils.CURLOPT_PROXY", "http://127.0.0.1:1", "proxy_failed"},
                 {"libcurlUtils.CURLOPT_INTERFACE", "nosuchif0", "interface_missing"}};
    for (const auto &each : cases) {
        configure(nullptr);
        ConfigurationNode::values[each.key] = each.value;
        Connection connection = connect();
        Sink sink = newSink();
        Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
        assertFinished(sink, "finished INTERNAL_ERROR");
        assert_true(isLogged("E AvsClient:", std::string("cause=") + each.cause));
    }
    configure(nullptr);
    ConfigurationNode::values.erase("libcurlUtils.CURLOPT_CAINFO");
    ConfigurationNode::values["libcurlUtils.CURLOPT_CAPATH"] =
        avs_standin_hashed_directory(standin);
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
}

static void verification_cannot_be_switched_off(void **) {
    ConfigurationNode::values["libcurlUtils.verifyHostsAndPeers"] = "false";
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("untrusted-root") + "/", sink));
    assertFinished(sink, "finished INTERNAL_ERROR");
    assert_true(isLogged("W AvsShim:verifyHostsAndPeersIgnored"));
}

static void unusable_url_is_refused_without_a_callback(void **) {
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get("http://ok.localhost/", sink));
    assert_null(request.get());
    assert_int_equal(sink->events().size(), 0);
    assert_true(isLogged("E AvsShim:createAndSendRequestFailed", "endpoint"));
}

/* ---------------------------------------------------------------- the log */

static size_t countLines(const std::string &begin) {
    std::lock_guard<std::mutex> lock(ModuleLogger::mutex);
    size_t count = 0;
    for (const std::string &line : ModuleLogger::lines) {
        count += line.compare(0, begin.size(), begin) == 0;
    }
    return count;
}

static void getOnce(const Connection &connection) {
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/ping", sink));
    assertFinished(sink, "finished COMPLETE");
}

/* The SDK takes the higher of the two levels: a module could never say more than the sink. */
static void own_level_counts_whatever_the_command_line_says(void **) {
    static const struct {
        const char *own;
        Level sink;
        bool hasDebug5, hasInfo;
    } cases[] = {{"DEBUG9", Level::INFO, true, true},    {"DEBUG5", Level::NONE, true, true},
                 {"ERROR", Level::DEBUG9, false, false}, {"NONE", Level::DEBUG9, false, false},
                 {nullptr, Level::DEBUG9, true, true},   {nullptr, Level::INFO, false, true},
                 {nullptr, Level::ERROR, false, false}};
    for (const auto &each : cases) {
        configure(nullptr);
        if (each.own) {
            ConfigurationNode::values["avsShim.logLevel"] = each.own;
        }
        ModuleLogger::setSinkLevel(each.sink);
        Connection connection = connect();
        ModuleLogger::setSinkLevel(each.sink); /* and set again while it runs */
        getOnce(connection);
        connection->disconnect();
        assert_int_equal(isLogged("5 AvsClient:"), each.hasDebug5);
        assert_int_equal(isLogged("I AvsClient:connected:"), each.hasInfo);
    }
    ConfigurationNode::values["avsShim.logLevel"] = "LOUD";
    ModuleLogger::setSinkLevel(Level::INFO);
    connect();
    assert_true(isLogged("W AvsShim:logLevelIgnored:key=avsShim.logLevel", "LOUD"));
}

static void active_is_said_once_and_shows_how_the_way_is_set(void **) {
    ConfigurationNode::values["libcurlUtils.CURLOPT_PROXY"] = "http://user:s3cret@127.0.0.1:1";
    ConfigurationNode::values["libcurlUtils.CURLOPT_INTERFACE"] = "lo";
    connect();
    connect();
    assert_int_equal(countLines("I AvsShim:active:"), 1);
    assert_true(isLogged("I AvsShim:active:version=", ",proxy=http://127.0.0.1:1,interface=lo"));
    assert_false(isLogged("", "s3cret"));
    ConfigurationNode::values.erase("libcurlUtils.CURLOPT_PROXY");
    connect(); /* another configuration */
    assert_int_equal(countLines("I AvsShim:active:"), 2);
    assert_false(isLogged("", "=,"));
}

/* ---------------------------------------------------------------- the endpoint override */

static void override_sends_the_gateways_requests_to_the_configured_origin(void **) {
    ConfigurationNode::values["sampleApp.endpoint"] = origin("ok") + "/";
    ConfigurationNode::values["acl.endpoint"] = "https://not-asked.invalid";
    for (int i = 0; i < 2; i++) { /* the SDK makes a new connection for each transport */
        configureLog();
        Connection connection = connect();
        Sink down = newSink();
        Sink ping = newSink();
        Request requests[] = {
            connection->createAndSendRequest(get("https://gateway.invalid" DIRECTIVES, down)),
            connection->createAndSendRequest(get("https://GATEWAY.invalid:443/ping", ping))};
        assert_string_equal(down->wait("code").c_str(), "code 200");
        assertFinished(ping, "finished COMPLETE");
        assert_true(isLogged("W AvsShim:endpointOverridden:gateway=https://gateway.invalid,"
                             "endpoint=" +
                             origin("ok") + ",key=sampleApp.endpoint"));
    }
}

static void server_that_moves_the_device_is_followed(void **) {
    ConfigurationNode::values["sampleApp.endpoint"] = origin("short-chain");
    Connection connection = connect();
    Sink first = newSink();
    Sink moved = newSink();
    Request before = connection->createAndSendRequest(get("https://gateway.invalid/ping", first));
    Request after = connection->createAndSendRequest(get("https://127.0.0.1:1/ping", moved));
    first->finished();
    assertFinished(moved, "finished INTERNAL_ERROR"); /* nobody is there */
    assert_true(isLogged("E AvsClient:connectFailed", "127.0.0.1"));
}

static void acl_endpoint_is_the_second_choice(void **) {
    ConfigurationNode::values["sampleApp.endpoint"] = "";
    ConfigurationNode::values["acl.endpoint"] = origin("OK");
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get("https://third.invalid/ping", sink));
    assertFinished(sink, "finished COMPLETE");
    assert_true(isLogged("W AvsShim:endpointOverridden:", "key=acl.endpoint"));
}

static void override_that_is_in_force_already_says_nothing(void **) {
    ConfigurationNode::values["sampleApp.endpoint"] = origin("goaway-0");
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("goaway-0") + "/", sink));
    sink->finished();
    assert_false(isLogged("W AvsShim:endpointOverridden"));
}

static void unusable_override_is_ignored_with_a_warning(void **) {
    ConfigurationNode::values["sampleApp.endpoint"] = "avs-ats-cert-test.amazon.com";
    Connection connection = connect();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/ping", sink));
    assertFinished(sink, "finished COMPLETE");
    assert_true(isLogged("W AvsShim:endpointOverrideIgnored", "sampleApp.endpoint"));
}

/* ---------------------------------------------------------------- what only some releases have */

static void own_factory_gives_the_same_connections(void **) {
    Connection connection = avs::sdk::createConnectionFactory()->createHTTP2Connection();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
}

/* HTTP2Transport disconnects a millisecond after its downchannel has ended, which cuts whatever is
 * under way then: so the downchannel must be the last to end after GOAWAY. */
class Transport {
  public:
    Transport() : m_connection(connect()), down(newSink()) {
        down->onFinished = [this](HTTP2ResponseFinishedStatus) {
            m_thread = std::thread([this]() {
                std::this_thread::sleep_for(milliseconds(1));
                m_connection->disconnect();
            });
        };
        m_open = m_connection->createAndSendRequest(downchannel(down));
        down->wait("code");
    }
    ~Transport() {
        m_thread.join();
    }
    Request send(const HTTP2RequestConfig &config) {
        return m_connection->createAndSendRequest(config);
    }
    void getGoaway() {
        Sink sink = newSink();
        Request request = send(get(origin("ok") + "/goaway", sink));
        assertFinished(sink, "finished COMPLETE");
        assert_true(isLogged("I AvsClient:goawayReceived:"));
        assert_int_equal(down->count("finished"), 0);
    }

  private:
    Connection m_connection;
    Request m_open;
    std::thread m_thread;

  public:
    const Sink down;
};

static void utterance_outlives_goaway_and_the_transport_that_ends_by_it(void **) {
    Transport transport;
    Sink sink = newSink();
    std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
    source->steps = {{HTTP2SendStatus::CONTINUE, "--abc\r\n"}};
    for (int i = 0; i < 60; i++) { /* a voice: a piece each 10 ms */
        source->steps.push_back({HTTP2SendStatus::PAUSE, ""});
        source->steps.push_back({HTTP2SendStatus::CONTINUE, std::string(320, 'x')});
    }
    Request request = transport.send(event(sink, source));
    while (!source->hasPaused) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    transport.getGoaway();
    Sink next = newSink();
    Request later = transport.send(get(origin("ok") + "/ping", next)); /* on the next connection */
    assertFinished(next, "finished COMPLETE");
    assertFinished(sink, "finished COMPLETE");
    assert_int_equal(sink->count("code 204"), 1);
    assert_int_equal(source->pauses, 60);
    assertFinished(transport.down, "finished INTERNAL_ERROR");
}

static void answer_outlives_goaway_and_the_transport_that_ends_by_it(void **) {
    Transport transport;
    Sink slow = newSink();
    Sink paused = newSink(); /* its attachment's buffer is full */
    paused->pauses = 60;
    Request requests[] = {transport.send(get(origin("ok") + "/slow/600", slow)),
                          transport.send(get(origin("ok") + "/bytes/100000", paused))};
    paused->wait("pause");
    transport.getGoaway();
    assertFinished(slow, "finished COMPLETE");
    assertFinished(paused, "finished COMPLETE");
    size_t bytes = 0;
    for (const std::string &each : paused->events()) {
        bytes += each.compare(0, 5, "data ") == 0 ? each.size() - 5 : 0;
    }
    assert_int_equal(bytes, 100000);
    assertFinished(transport.down, "finished INTERNAL_ERROR");
}

#ifdef AVS_TEST_SDK_OBSERVER_H
class Observer : public HTTP2ConnectionObserverInterface {
  public:
    std::atomic<int> calls{0};
    void onGoawayReceived() override {
        calls++;
    }
};

static void goaway_reaches_observers_and_reopens_the_downchannel(void **) {
    Connection connection = connect();
    std::shared_ptr<Observer> stays = std::make_shared<Observer>();
    std::shared_ptr<Observer> leaves = std::make_shared<Observer>();
    connection->addObserver(stays);
    connection->addObserver(stays); /* once is enough */
    connection->addObserver(leaves);
    connection->removeObserver(leaves);
    connection->addObserver(nullptr);
    Sink sink = newSink();
    HTTP2RequestConfig config = get(origin("goaway-0") + "/", sink);
    config.isIntermittent = true;
    Request request = connection->createAndSendRequest(config);
    assertFinished(sink, "finished INTERNAL_ERROR"); /* so that ACL connects anew */
    assert_true(stays->calls >= 1);
    assert_int_equal(leaves->calls, 0);
}

static void stock_factorys_own_factory_is_ours_too(void **) {
    Connection connection =
        LibcurlHTTP2ConnectionFactory::createHTTP2ConnectionFactoryInterface(
            std::make_shared<alexaClientSDK::avsCommon::utils::libcurlUtils::
                                 LibcurlSetCurlOptionsCallbackFactoryInterface>())
            ->createHTTP2Connection();
    Sink sink = newSink();
    Request request = connection->createAndSendRequest(get(origin("ok") + "/", sink));
    assertFinished(sink, "finished COMPLETE");
    assert_true(isLogged("W AvsShim:curlOptionsCallbackIgnored"));
}
#endif

int main() {
#define TEST(name) cmocka_unit_test_setup(name, configure)
    const struct CMUnitTest tests[] = {
        TEST(answer_comes_as_code_lines_data_and_one_finish),
        TEST(header_lines_are_asked_for_once_by_the_caller_also_for_a_get),
        TEST(event_is_pulled_with_pauses_and_short_writes),
        TEST(no_bytes_end_the_body_as_under_libcurl),
        TEST(source_that_wrote_too_much_is_an_aborting_one),
        TEST(aborting_source_ends_its_stream_only),
        TEST(paused_sink_gets_exactly_the_same_chunk_again),
        TEST(refusing_sink_finishes_as_under_stock),
        TEST(sink_that_aborts_after_a_pause_finishes_as_under_stock),
        TEST(request_without_sink_or_source_is_fine),
        TEST(each_timeout_ends_its_request_with_timeout),
        TEST(cancel_ends_with_cancelled_and_soon),
        TEST(cancel_in_a_callback_is_fine),
        TEST(disconnect_finishes_everything_before_it_returns),
        TEST(disconnect_in_a_callback_does_not_hang),
        TEST(disconnect_waits_for_one_that_a_callback_has_begun),
        TEST(disconnects_of_many_threads_all_wait),
        TEST(last_reference_may_go_in_a_callback),
        TEST(request_from_a_callback_is_sent),
        TEST(many_threads_may_send_and_cancel),
        TEST(tls_failures_are_never_complete_and_the_log_says_why),
        TEST(configuration_is_followed),
        TEST(verification_cannot_be_switched_off),
        TEST(unusable_url_is_refused_without_a_callback),
        TEST(own_level_counts_whatever_the_command_line_says),
        TEST(active_is_said_once_and_shows_how_the_way_is_set),
        TEST(override_sends_the_gateways_requests_to_the_configured_origin),
        TEST(server_that_moves_the_device_is_followed),
        TEST(acl_endpoint_is_the_second_choice),
        TEST(override_that_is_in_force_already_says_nothing),
        TEST(unusable_override_is_ignored_with_a_warning),
        TEST(own_factory_gives_the_same_connections),
        TEST(utterance_outlives_goaway_and_the_transport_that_ends_by_it),
        TEST(answer_outlives_goaway_and_the_transport_that_ends_by_it),
#ifdef AVS_TEST_SDK_OBSERVER_H
        TEST(goaway_reaches_observers_and_reopens_the_downchannel),
        TEST(stock_factorys_own_factory_is_ours_too),
#endif
    };
    return cmocka_run_group_tests(tests, startStandin, stopStandin);
}
