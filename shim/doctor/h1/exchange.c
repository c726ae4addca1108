/* One HTTP/1.1 request through libcurl, over a TLS connection of ours. */
#include "h1/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "evidence/received.h"
#include "h1/head.h"
#include "tls/socket.h"

#define CHUNK_BYTES    16384
#define LISTEN_BACKLOG 4

struct exchange {
    const struct avs_h1_options *options;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    int listener; /* on loopback, until libcurl has called; then -1 */
    uint16_t port;
    int our_end;               /* of the connection to libcurl, -1 before that */
    uint8_t down[CHUNK_BYTES]; /* decrypted, on its way to libcurl */
    size_t down_start, down_end;
    uint8_t up[CHUNK_BYTES]; /* from libcurl, on its way to the server */
    size_t up_start, up_end;
    bool is_down_closed; /* libcurl has been told that the answer ends */
    bool is_finished;
    bool is_cut; /* AVS_H1_BYTES_MAX reached */
    CURLcode result;
    struct avs_buffer body; /* decoded, as far as AVS_H1_HEAD_MAX */
    struct avs_buffer seen; /* the answer as it came, as far as AVS_H1_HEAD_MAX */
};

/* ---- libcurl's side ---- */

/* The body as libcurl decodes it: chunks may cut the phrase in two on the wire. */
static size_t keep_body(char *bytes, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    size_t room = AVS_H1_HEAD_MAX - exchange->body.length;
    avs_buffer_add(&exchange->body, bytes, size * count < room ? size * count : room);
    return size * count; /* a full or failed buffer only ends the looking */
}

static CURLcode set_options(struct exchange *exchange) {
    CURL *easy = exchange->easy;
    CURLcode result = CURLE_OK;
#define SET(option, value)                              \
    if (result == CURLE_OK) {                           \
        result = curl_easy_setopt(easy, option, value); \
    }
    char url[64]; /* our own ear; the server's name is in the Host header */
    avs_text_format(url, sizeof(url), "http://127.0.0.1:%u/", exchange->port);
    SET(CURLOPT_URL, url)
    SET(CURLOPT_HTTPHEADER, exchange->headers)
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)
    SET(CURLOPT_HTTP09_ALLOWED, 0L)
    SET(CURLOPT_FOLLOWLOCATION, 0L)
    SET(CURLOPT_NOSIGNAL, 1L)
    SET(CURLOPT_PROXY, "")
    SET(CURLOPT_FRESH_CONNECT, 1L)
    SET(CURLOPT_FORBID_REUSE, 1L)
    SET(CURLOPT_WRITEFUNCTION, keep_body)
    SET(CURLOPT_WRITEDATA, exchange)
#undef SET
    return result;
}

static enum avs_status set_up_headers(struct exchange *exchange, struct avs_error *reterr) {
    const struct avs_h1_options *options = exchange->options;
    char authority[AVS_NAME_BYTES + 16];
    char host[sizeof(authority) + 8];
    char agent[64];
    avs_text_authority(authority, sizeof(authority), options->host, options->port);
    avs_text_format(host, sizeof(host), "Host: %s", authority);
    avs_text_format(agent, sizeof(agent), "User-Agent: avs-shim/%s", avs_version());
    exchange->headers = curl_slist_append(NULL, host);
    AVS_REQUIRE_MEMORY(exchange->headers, reterr);
    AVS_REQUIRE_MEMORY(curl_slist_append(exchange->headers, agent), reterr);
    return AVS_OK;
}

/* One connection, from this process only. A socket pair would do, but libcurl insists on a connect
 * of its own, and Unix sockets are often left out of a device's libcurl. */
static bool listen_for_curl(struct exchange *exchange) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    exchange->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (exchange->listener < 0 ||
        bind(exchange->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(exchange->listener, LISTEN_BACKLOG) != 0 ||
        getsockname(exchange->listener, (struct sockaddr *)&address, &length) != 0) {
        return false;
    }
    exchange->port = ntohs(address.sin_port);
    return true;
}

/* Take libcurl's call; strangers on this machine are hung up on. */
static void accept_curl(struct exchange *exchange) {
    while (exchange->our_end < 0) {
        struct sockaddr_in caller = {.sin_family = AF_INET};
        socklen_t length = sizeof(caller);
        long curl_port = 0;
        curl_easy_getinfo(exchange->easy, CURLINFO_LOCAL_PORT, &curl_port);
        if (curl_port <= 0) {
            return;
        }
        int fd = accept4(exchange->listener, (struct sockaddr *)&caller, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        if (ntohs(caller.sin_port) != curl_port) {
            close(fd);
            continue;
        }
        exchange->our_end = fd;
        close(exchange->listener);
        exchange->listener = -1;
    }
}

static enum avs_status set_up(struct exchange *exchange, struct avs_error *reterr) {
    if (!listen_for_curl(exchange)) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_INTERNAL, errno,
                              "no loopback socket for HTTP/1.1 (is the interface lo up?): %s",
                              strerror(errno));
    }
    AVS_TRY(set_up_headers(exchange, reterr));
    exchange->multi = curl_multi_init();
    exchange->easy = curl_easy_init();
    AVS_REQUIRE_MEMORY(exchange->multi, reterr);
    AVS_REQUIRE_MEMORY(exchange->easy, reterr);
    if (set_options(exchange) != CURLE_OK ||
        curl_multi_add_handle(exchange->multi, exchange->easy) != CURLM_OK) {
        return avs_fail_memory(reterr);
    }
    return AVS_OK;
}

static void tear_down(struct exchange *exchange) {
    if (exchange->easy) {
        curl_multi_remove_handle(exchange->multi, exchange->easy);
        curl_easy_cleanup(exchange->easy);
    }
    curl_multi_cleanup(exchange->multi);
    curl_slist_free_all(exchange->headers);
    if (exchange->listener >= 0) {
        close(exchange->listener);
    }
    if (exchange->our_end >= 0) {
        close(exchange->our_end);
    }
    avs_buffer_done(&exchange->body);
    avs_buffer_done(&exchange->seen);
}

static void run_curl(struct exchange *exchange) {
    int running = 0;
    curl_multi_perform(exchange->multi, &running);
    int left = 0;
    CURLMsg *message = curl_multi_info_read(exchange->multi, &left);
    if (message && message->msg == CURLMSG_DONE) {
        exchange->is_finished = true;
        exchange->result = message->data.result;
    }
}

/* ---- our side ---- */

static void note_answer(struct exchange *exchange, const uint8_t *bytes, size_t length) {
    const struct avs_h1_options *options = exchange->options;
    avs_http_received(options->facts, options->timing,
                      avs_clock_monotonic_us() - options->started_us, bytes, length);
    size_t room = AVS_H1_HEAD_MAX - exchange->seen.length;
    avs_buffer_add(&exchange->seen, bytes, length < room ? length : room);
    exchange->is_cut = options->facts->bytes_received >= AVS_H1_BYTES_MAX;
}

/* Server to libcurl. */
static void move_down(struct exchange *exchange) {
    struct avs_tls *tls = exchange->options->tls;
    while (!exchange->is_down_closed && exchange->our_end >= 0) {
        if (exchange->down_start == exchange->down_end) {
            exchange->down_start = 0;
            exchange->down_end = avs_tls_read(tls, exchange->down, CHUNK_BYTES);
            if (exchange->down_end == 0) {
                if (avs_tls_state(tls) != AVS_TLS_ESTABLISHED) {
                    shutdown(exchange->our_end, SHUT_WR);
                    exchange->is_down_closed = true;
                }
                return;
            }
            note_answer(exchange, exchange->down, exchange->down_end);
        }
        ssize_t sent = send(exchange->our_end, exchange->down + exchange->down_start,
                            exchange->down_end - exchange->down_start, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* full, or libcurl has had enough: its result tells */
        }
        exchange->down_start += (size_t)sent;
    }
}

/* libcurl to server. */
static void move_up(struct exchange *exchange) {
    while (exchange->our_end >= 0) {
        if (exchange->up_start == exchange->up_end) {
            ssize_t length = recv(exchange->our_end, exchange->up, CHUNK_BYTES, 0);
            if (length <= 0) {
                return;
            }
            exchange->up_start = 0;
            exchange->up_end = (size_t)length;
        }
        size_t taken = avs_tls_write(exchange->options->tls, exchange->up + exchange->up_start,
                                     exchange->up_end - exchange->up_start);
        if (taken == 0) {
            return;
        }
        exchange->up_start += taken;
        exchange->options->facts->request_sent = true;
    }
}

static void wait_for_more(struct exchange *exchange, int64_t now_us) {
    const struct avs_h1_options *options = exchange->options;
    const uint8_t *pending;
    bool has_output = avs_tls_output(options->tls, &pending) > 0;
    bool is_down_full = exchange->down_start < exchange->down_end;
    bool is_ended = avs_tls_state(options->tls) != AVS_TLS_ESTABLISHED;
    struct curl_waitfd wait[] = {
        {.fd = exchange->our_end >= 0 ? exchange->our_end : exchange->listener,
         .events = (short)(is_down_full ? CURL_WAIT_POLLOUT : 0)},
        {.fd = options->fd,
         .events =
             (short)((is_down_full ? 0 : CURL_WAIT_POLLIN) | (has_output ? CURL_WAIT_POLLOUT : 0))},
    };
    if (exchange->up_start == exchange->up_end) {
        wait[0].events |= CURL_WAIT_POLLIN;
    }
    int64_t left_ms = (options->deadline_us - now_us) / 1000 + 1;
    curl_multi_poll(exchange->multi, wait, is_ended ? 1 : 2, left_ms > 0 ? (int)left_ms : 0, NULL);
}

static void run(struct exchange *exchange) {
    const struct avs_h1_options *options = exchange->options;
    for (;;) {
        run_curl(exchange);
        accept_curl(exchange);
        move_up(exchange);
        avs_tls_socket_flush(options->tls, options->fd);
        avs_tls_socket_fill(options->tls, options->fd);
        move_down(exchange);
        if (exchange->is_finished || exchange->is_cut) {
            return;
        }
        int64_t now_us = avs_clock_monotonic_us();
        if (now_us >= options->deadline_us) {
            options->facts->timed_out = true;
            return;
        }
        wait_for_more(exchange, now_us);
    }
}

static void note_result(struct exchange *exchange) {
    struct avs_http_facts *facts = exchange->options->facts;
    facts->close = avs_tls_close_kind(exchange->options->tls);
    facts->curl_code = (int)exchange->result;
    if (exchange->seen.length == 0) {
        return;
    }
    const uint8_t *seen = (const uint8_t *)exchange->seen.data;
    struct avs_h1_head head = avs_h1_read_head(seen, exchange->seen.length, facts);
    facts->ats_message =
        avs_text_contains_nocase(seen, exchange->seen.length, AVS_ATS_PHRASE) ||
        avs_text_contains_nocase(exchange->body.data, exchange->body.length, AVS_ATS_PHRASE);
    bool is_ended = exchange->is_finished && exchange->result == CURLE_OK;
    facts->complete = facts->head_complete && (is_ended || exchange->is_cut);
    if (facts->head_complete && exchange->is_finished && !facts->complete) {
        /* we end the loopback connection politely: a short body reads as a partial file, any other
         * failure of a chunked answer is its encoding */
        facts->length_short = exchange->result == CURLE_PARTIAL_FILE && head.has_length;
        facts->bad_chunk = exchange->result != CURLE_PARTIAL_FILE && head.is_chunked;
    }
}

enum avs_status avs_h1_exchange(const struct avs_h1_options *options, struct avs_error *reterr) {
    struct exchange *exchange = malloc(sizeof(*exchange));
    AVS_REQUIRE_MEMORY(exchange, reterr);
    memset(exchange, 0, sizeof(*exchange));
    exchange->options = options;
    exchange->listener = exchange->our_end = -1;
    exchange->body = avs_buffer_init(AVS_H1_HEAD_MAX);
    exchange->seen = avs_buffer_init(AVS_H1_HEAD_MAX);
    enum avs_status status = set_up(exchange, reterr);
    if (status == AVS_OK) {
        run(exchange);
        note_result(exchange);
    }
    tear_down(exchange);
    free(exchange);
    return status;
}
