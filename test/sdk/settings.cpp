/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter makes of the SDK's configuration, and what it says in the SDK's log. */
#include "harness.h"

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

int main() {
    const struct CMUnitTest tests[] = {
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
    };
    return RUN(tests);
}
