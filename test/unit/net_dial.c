/* SPDX-License-Identifier: Apache-2.0 */
/* Dialling over real sockets: a listener of our own, a closed port, a name that does not exist, a
 * proxy that refuses, a silent proxy; every dial ends with one callback. */
#include "net/dial.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "support/test.h"

struct result {
    int calls;
    int fd;
};

static void on_done(void *user, int fd) {
    struct result *result = user;
    result->calls++;
    result->fd = fd;
}

static int listen_on_loopback(uint16_t *ret_port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static struct result dial(const struct avs_dial_options *options) {
    struct avs_loop *loop;
    struct avs_dial *started;
    struct result result = {0, -1};
    assert_int_equal(avs_loop_new(&loop, NULL), AVS_OK);
    assert_int_equal(avs_dial_start(loop, options, on_done, &result, &started, NULL), AVS_OK);
    for (int i = 0; i < 500 && result.calls == 0; i++) {
        avs_loop_wait(loop, NULL, 0, 20);
    }
    assert_int_equal(result.calls, 1);
    avs_loop_free(loop);
    return result;
}

static void connected_descriptor_is_ours_and_alive(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_on_loopback(&port);
    struct avs_dial_facts facts = {0};
    struct avs_timing_facts timing = {0};
    struct avs_dial_options options = {.host = "host.invalid",
                                       .port = 443,
                                       .connect_host = "127.0.0.1",
                                       .connect_port = port,
                                       .proxy = "",
                                       .timeout_ms = 5000,
                                       .facts = &facts,
                                       .timing = &timing};
    struct result result = dial(&options);
    assert_true(result.fd >= 0);
    assert_int_equal(facts.outcome, AVS_DIAL_CONNECTED);
    assert_string_equal(facts.address, "127.0.0.1");
    assert_int_equal(facts.port, port);
    assert_true(fcntl(result.fd, F_GETFL) & O_NONBLOCK);
    assert_true(timing.connect_ms >= 0);
    int peer = accept(listener, NULL, NULL);
    char byte = 0;
    assert_int_equal(send(result.fd, "x", 1, 0), 1);
    assert_int_equal(recv(peer, &byte, 1, 0), 1); /* libcurl's copy is closed, ours is not */
    assert_int_equal(byte, 'x');
    close(peer);
    close(result.fd);
    close(listener);
}

static void failures_are_told_apart(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_on_loopback(&port);
    uint16_t closed_port;
    close(listen_on_loopback(&closed_port));
    char silent_proxy[64], closed_proxy[64];
    snprintf(silent_proxy, sizeof(silent_proxy), "http://user:secret@127.0.0.1:%u", port);
    snprintf(closed_proxy, sizeof(closed_proxy), "http://127.0.0.1:%u", closed_port);
    const struct {
        const char *host, *proxy, *interface_name;
        uint16_t port;
        enum avs_dial_outcome outcome;
    } rows[] = {
        {"127.0.0.1", "", NULL, closed_port, AVS_DIAL_REFUSED},
        {"no-such-host.invalid", "", NULL, 443, AVS_DIAL_DNS_FAILED},
        {"127.0.0.1", "", "nosuchif0", 443, AVS_DIAL_INTERFACE_MISSING},
        {"127.0.0.1", closed_proxy, NULL, 443, AVS_DIAL_PROXY_FAILED},
        {"192.0.2.1", silent_proxy, NULL, 443, AVS_DIAL_PROXY_FAILED},
        {"192.0.2.1", "http://no-such-proxy.invalid:3128", NULL, 443, AVS_DIAL_PROXY_FAILED},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_dial_facts facts = {0};
        struct avs_dial_options options = {.host = rows[i].host,
                                           .port = rows[i].port,
                                           .proxy = rows[i].proxy,
                                           .interface_name = rows[i].interface_name,
                                           .timeout_ms = 800,
                                           .facts = &facts};
        struct result result = dial(&options);
        assert_int_equal(result.fd, -1);
        assert_int_equal(facts.outcome, rows[i].outcome);
        assert_null(strstr(facts.proxy, "secret"));
    }
    close(listener);
}

/* What libcurl exempts is not laid at the proxy's door; it is libcurl's outcome that proves it. */
static void hosts_that_no_proxy_exempts_are_dialled_directly(void **state) {
    (void)state;
    uint16_t port, closed_port;
    int listener = listen_on_loopback(&port);
    close(listen_on_loopback(&closed_port));
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://user:secret@127.0.0.1:%u", closed_port);
    const struct {
        const char *no_proxy;
        bool is_direct;
    } rows[] = {
        {"*", true},
        {"localhost", true},
        {".localhost", true},
        {"a.example, Peer.LocalHost", true},
        {"er.localhost", false},
        {"x.peer.localhost", false},
        {"", false},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_dial_facts facts = {0};
        struct avs_dial_options options = {.host = "peer.localhost",
                                           .port = port,
                                           .connect_host = "127.0.0.1",
                                           .connect_port = port,
                                           .proxy = proxy,
                                           .timeout_ms = 5000,
                                           .facts = &facts};
        assert_int_equal(setenv("no_proxy", rows[i].no_proxy, 1), 0);
        struct result result = dial(&options);
        assert_int_equal(result.fd >= 0, rows[i].is_direct);
        assert_int_equal(facts.outcome,
                         rows[i].is_direct ? AVS_DIAL_CONNECTED : AVS_DIAL_PROXY_FAILED);
        assert_int_equal(facts.proxy[0] == '\0', rows[i].is_direct);
        if (result.fd >= 0) {
            close(result.fd);
        }
    }
    unsetenv("no_proxy");
    close(listener);
}

static void tls_proxies_are_refused_with_the_fix(void **state) {
    (void)state;
    struct avs_loop *loop;
    struct avs_dial *started;
    struct avs_dial_facts facts = {0};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_dial_options options = {
        .host = "a.invalid", .port = 443, .proxy = "https://p:1", .timeout_ms = 9, .facts = &facts};
    assert_int_equal(avs_loop_new(&loop, NULL), AVS_OK);
    assert_int_equal(avs_dial_start(loop, &options, on_done, NULL, &started, &error),
                     AVS_ERR_PROXY);
    assert_int_equal(error.cause, AVS_CAUSE_PROXY_FAILED);
    assert_non_null(strstr(error.message, "socks5h"));
    avs_loop_free(loop);
}

/* A libcurl that was built without something: --disable-proxy and the like. */
static CURLoption missing[2];

CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...) {
    va_list arguments;
    va_start(arguments, option);
    void *value = va_arg(arguments, void *); /* a long is as wide, on all that Linux runs on */
    va_end(arguments);
    bool is_missing = option == missing[0] || option == missing[1];
    return is_missing ? CURLE_UNKNOWN_OPTION : __real_curl_easy_setopt(easy, option, value);
}

static void an_option_that_libcurl_lacks_is_named(void **state) {
    (void)state;
    static const struct {
        CURLoption missing;
        const char *proxy, *option;
        enum avs_status status;
        enum avs_dial_outcome outcome;
    } rows[] = {
        {CURLOPT_PROXY, "http://p:1", "CURLOPT_PROXY", AVS_ERR_PROXY, AVS_DIAL_PROXY_FAILED},
        {CURLOPT_HTTPPROXYTUNNEL, "p:1", "CURLOPT_HTTPPROXYTUNNEL", AVS_ERR_PROXY,
         AVS_DIAL_PROXY_FAILED},
        {CURLOPT_CONNECT_TO, "", "CURLOPT_CONNECT_TO", AVS_ERR_CONNECT, AVS_DIAL_FAILED},
        {CURLOPT_INTERFACE, "", "CURLOPT_INTERFACE", AVS_ERR_CONNECT, AVS_DIAL_FAILED},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_loop *loop;
        struct avs_dial *started;
        struct avs_dial_facts facts = {0};
        struct avs_error error = AVS_ERROR_INIT;
        const struct avs_dial_options options = {.host = "a.invalid",
                                                 .port = 443,
                                                 .proxy = rows[i].proxy,
                                                 .timeout_ms = 9,
                                                 .facts = &facts};
        missing[0] = rows[i].missing;
        assert_int_equal(avs_loop_new(&loop, NULL), AVS_OK);
        assert_int_equal(avs_dial_start(loop, &options, on_done, NULL, &started, &error),
                         rows[i].status);
        missing[0] = 0;
        assert_int_equal(facts.outcome, rows[i].outcome);
        assert_string_equal(facts.refused_option, rows[i].option);
        assert_non_null(strstr(error.message, rows[i].option));
        assert_non_null(strstr(error.message, curl_version_info(CURLVERSION_NOW)->version));
        avs_loop_free(loop);
    }
}

/* Where no proxy is asked for, a libcurl without proxies is as good as any. */
static void a_libcurl_without_proxies_dials(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_on_loopback(&port);
    struct avs_dial_facts facts = {0};
    const struct avs_dial_options options = {
        .host = "127.0.0.1", .port = port, .proxy = "", .timeout_ms = 20000, .facts = &facts};
    missing[0] = CURLOPT_PROXY;
    missing[1] = CURLOPT_HTTPPROXYTUNNEL;
    struct result result = dial(&options);
    missing[0] = missing[1] = 0;
    assert_int_equal(facts.outcome, AVS_DIAL_CONNECTED);
    assert_true(result.fd >= 0);
    close(result.fd);
    close(listener);
}

static void cancelled_dial_never_calls_back(void **state) {
    (void)state;
    struct avs_loop *loop;
    struct avs_dial *started;
    struct avs_dial_facts facts = {0};
    struct result result = {0, -1};
    struct avs_dial_options options = {
        .host = "127.0.0.1", .port = 1, .proxy = "", .timeout_ms = 500, .facts = &facts};
    assert_int_equal(avs_loop_new(&loop, NULL), AVS_OK);
    assert_int_equal(avs_dial_start(loop, &options, on_done, &result, &started, NULL), AVS_OK);
    avs_dial_cancel(started);
    avs_loop_wait(loop, NULL, 0, 50);
    assert_int_equal(result.calls, 0);
    avs_loop_free(loop);
}

static void allocation_failures_leave_nothing_behind(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 50) {
        struct avs_loop *loop = NULL;
        struct avs_dial *started = NULL;
        struct avs_dial_facts facts = {0};
        struct avs_dial_options options = {
            .host = "127.0.0.1", .port = 1, .proxy = "", .timeout_ms = 500, .facts = &facts};
        if (avs_loop_new(&loop, NULL) == AVS_OK &&
            avs_dial_start(loop, &options, on_done, NULL, &started, NULL) == AVS_OK) {
            avs_dial_cancel(started);
        }
        avs_loop_free(loop);
    }
}

/* Whose clock is the first to strike is chance: the cause must not hang on it. */
static void a_deadline_is_told_as_libcurls_own(void **state) {
    (void)state;
    static const struct {
        const char *proxy, *tried;
        enum avs_dial_outcome outcome;
    } rows[] = {
        {"http://192.0.2.1:3128", "", AVS_DIAL_PROXY_FAILED},
        {"http://192.0.2.1:3128", "192.0.2.1", AVS_DIAL_PROXY_FAILED},
        {"", "192.0.2.1", AVS_DIAL_TIMEOUT},
        {"", "", AVS_DIAL_DNS_FAILED},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_dial_facts facts = {0};
        AVS_TEXT_SET(facts.proxy, rows[i].proxy);
        AVS_TEXT_SET(facts.tried, rows[i].tried);
        avs_dial_note_timeout(&facts);
        assert_int_equal(facts.outcome, rows[i].outcome);
        assert_int_equal(facts.curl_code, CURLE_OPERATION_TIMEDOUT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connected_descriptor_is_ours_and_alive),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(hosts_that_no_proxy_exempts_are_dialled_directly),
        cmocka_unit_test(tls_proxies_are_refused_with_the_fix),
        cmocka_unit_test(an_option_that_libcurl_lacks_is_named),
        cmocka_unit_test(a_libcurl_without_proxies_dials),
        cmocka_unit_test(cancelled_dial_never_calls_back),
        cmocka_unit_test(a_deadline_is_told_as_libcurls_own),
        cmocka_unit_test(allocation_failures_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
