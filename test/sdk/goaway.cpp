/* SPDX-License-Identifier: Apache-2.0 */
/* GOAWAY as the SDK's transport lives through it, and the factories that make connections. */
#include "harness.h"

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
    const struct CMUnitTest tests[] = {
        TEST(own_factory_gives_the_same_connections),
        TEST(utterance_outlives_goaway_and_the_transport_that_ends_by_it),
        TEST(answer_outlives_goaway_and_the_transport_that_ends_by_it),
#ifdef AVS_TEST_SDK_OBSERVER_H
        TEST(goaway_reaches_observers_and_reopens_the_downchannel),
        TEST(stock_factorys_own_factory_is_ours_too),
#endif
    };
    return RUN(tests);
}
