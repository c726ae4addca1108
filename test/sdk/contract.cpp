/* SPDX-License-Identifier: Apache-2.0 */
/* The contract that the SDK's ACL relies on, through the SDK's interfaces, against the stand-in: a
 * request's life and its end. Built twice, as all programs here: with the interfaces of SDK 1.10
 * and of SDK 1.26. */
#include "harness.h"

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

int main() {
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
    };
    return RUN(tests);
}
