/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.1 request through libcurl, over a connection of ours; see exchange.h. */
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

#define LISTEN_BACKLOG 4

struct exchange {
    const struct avs_h1_options *options;
    struct avs_pump *pump;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    int listener; /* on loopback, until libcurl has called; then -1 */
    uint16_t port;
    int our_end;            /* of the connection to libcurl, -1 before that */
    struct avs_buffer down; /* the answer, on its way to libcurl; at most AVS_H1_BYTES_MAX of it */
    size_t down_sent;
    bool is_down_closed; /* libcurl has been told that the answer ends */
    bool is_finished;
    bool is_cut; /* AVS_H1_BYTES_MAX reached */
    CURLcode result;
    struct avs_h1_answer answer;
    struct avs_buffer seen; /* the answer as it came, as far as AVS_H1_HEAD_MAX */
};

/* ---- libcurl's side ---- */

/* The body as libcurl decodes it: chunks may cut the phrase in two on the wire. */
static size_t keep_body(char *bytes, size_t size, size_t count, void *user) {
    struct avs_h1_answer *answer = &((struct exchange *)user)->answer;
    size_t room = AVS_H1_HEAD_MAX - answer->body.length;
    answer->is_cut |= size * count > room;
    avs_buffer_add(&answer->body, bytes, size * count < room ? size * count : room);
    return size * count; /* a full or failed buffer only ends the looking */
}

/* One header line at a time. A status line begins the next answer: what came was an interim one. */
static size_t keep_head(char *bytes, size_t size, size_t count, void *user) {
    struct avs_buffer *head = &((struct exchange *)user)->answer.head;
    if (size * count > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        avs_buffer_drop_front(head, head->length);
    } else if (size * count <= head->limit_bytes - head->length) {
        avs_buffer_add(head, bytes, size * count);
    }
    return size * count;
}

static CURLcode set_options(struct exchange *exchange) {
    CURL *easy = exchange->easy;
    CURLcode result = CURLE_OK;
#define SET(option, value)                              \
    if (result == CURLE_OK) {                           \
        result = curl_easy_setopt(easy, option, value); \
    }
    const struct avs_h1_request *request = exchange->options->request;
    char url[64]; /* our own ear; the server's name is in the Host header */
    avs_text_format(url, sizeof(url), "http://127.0.0.1:%u/", exchange->port);
    SET(CURLOPT_URL, url)
    SET(CURLOPT_REQUEST_TARGET, request ? request->target : NULL)
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
    SET(CURLOPT_HEADERFUNCTION, keep_head)
    SET(CURLOPT_HEADERDATA, exchange)
#undef SET
    return result;
}

static enum avs_status set_up_headers(struct exchange *exchange, struct avs_error *reterr) {
    const struct avs_pump_options *way = exchange->options->pump;
    char authority[AVS_NAME_BYTES + 16];
    char host[sizeof(authority) + 8];
    char agent[64];
    avs_text_authority(authority, sizeof(authority), way->host, way->port);
    avs_text_format(host, sizeof(host), "Host: %s", authority);
    avs_text_format(agent, sizeof(agent), "User-Agent: avs-shim/%s", avs_version());
    exchange->headers = curl_slist_append(NULL, host);
    AVS_REQUIRE_MEMORY(exchange->headers, reterr);
    AVS_REQUIRE_MEMORY(curl_slist_append(exchange->headers, agent), reterr);
    const struct avs_h1_request *request = exchange->options->request;
    for (size_t i = 0; request && i < request->header_count; i++) {
        AVS_REQUIRE_MEMORY(curl_slist_append(exchange->headers, request->headers[i]), reterr);
    }
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
    for (struct curl_slist *header = exchange->headers; header; header = header->next) {
        explicit_bzero(header->data, strlen(header->data)); /* a session token may be among them */
    }
    curl_slist_free_all(exchange->headers);
    if (exchange->listener >= 0) {
        close(exchange->listener);
    }
    if (exchange->our_end >= 0) {
        close(exchange->our_end);
    }
    avs_h1_wipe(&exchange->down);
    avs_h1_wipe(&exchange->seen);
    avs_h1_answer_done(&exchange->answer);
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

/* ---- our side: the pump's owner ---- */

static bool on_change(void *user, enum avs_pump_state state, const struct avs_error *error,
                      int64_t now_us) {
    (void)user;
    (void)error;
    (void)now_us;
    return state == AVS_PUMP_UP;
}

static bool on_bytes(void *user, const uint8_t *bytes, size_t length, int64_t now_us) {
    struct exchange *exchange = user;
    const struct avs_h1_options *options = exchange->options;
    avs_http_received(options->facts, options->pump->timing, now_us - options->pump->started_us,
                      bytes, length);
    size_t room = AVS_H1_HEAD_MAX - exchange->seen.length;
    avs_buffer_add(&exchange->seen, bytes, length < room ? length : room);
    room = AVS_H1_BYTES_MAX - exchange->down.length;
    avs_buffer_add(&exchange->down, bytes, length < room ? length : room);
    exchange->is_cut = options->facts->bytes_received >= AVS_H1_BYTES_MAX;
    return !exchange->is_cut;
}

/* libcurl to server. */
static size_t pull(void *user, uint8_t *buffer, size_t capacity) {
    struct exchange *exchange = user;
    ssize_t length = exchange->our_end >= 0 ? recv(exchange->our_end, buffer, capacity, 0) : 0;
    if (length <= 0) {
        return 0;
    }
    exchange->options->facts->request_sent = true;
    return (size_t)length;
}

static const struct avs_pump_callbacks callbacks = {
    .on_change = on_change, .on_bytes = on_bytes, .pull = pull};

/* Server to libcurl. */
static void move_down(struct exchange *exchange) {
    if (exchange->our_end < 0) {
        return;
    }
    while (exchange->down_sent < exchange->down.length) {
        ssize_t sent = send(exchange->our_end, exchange->down.data + exchange->down_sent,
                            exchange->down.length - exchange->down_sent, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* full, or libcurl has had enough: its result tells */
        }
        exchange->down_sent += (size_t)sent;
    }
    if (!exchange->is_down_closed && avs_pump_state(exchange->pump) != AVS_PUMP_UP) {
        shutdown(exchange->our_end, SHUT_WR);
        exchange->is_down_closed = true;
    }
}

static void wait_for_more(struct exchange *exchange, int64_t now_us) {
    bool is_down_full = exchange->down_sent < exchange->down.length;
    struct curl_waitfd wait[2] = {
        {.fd = exchange->our_end >= 0 ? exchange->our_end : exchange->listener,
         .events = (short)(CURL_WAIT_POLLIN | (is_down_full ? CURL_WAIT_POLLOUT : 0))},
    };
    struct avs_loop_fd fd;
    bool has_server = avs_pump_wants(exchange->pump, &fd);
    if (has_server) {
        wait[1] = (struct curl_waitfd){
            .fd = fd.fd,
            .events = (short)(CURL_WAIT_POLLIN | (fd.wants_write ? CURL_WAIT_POLLOUT : 0))};
    }
    int64_t left_ms = (exchange->options->deadline_us - now_us) / 1000 + 1;
    curl_multi_poll(exchange->multi, wait, has_server ? 2 : 1, left_ms > 0 ? (int)left_ms : 0,
                    NULL);
}

static void run(struct exchange *exchange) {
    const struct avs_h1_options *options = exchange->options;
    for (;;) {
        int64_t now_us = avs_clock_monotonic_us();
        run_curl(exchange);
        accept_curl(exchange);
        avs_pump_flush(exchange->pump, now_us);
        avs_pump_receive(exchange->pump, now_us);
        move_down(exchange);
        if (exchange->is_finished || exchange->is_cut) {
            return;
        }
        if (now_us >= options->deadline_us) {
            options->facts->has_timed_out = true;
            return;
        }
        wait_for_more(exchange, now_us);
    }
}

static void note_result(struct exchange *exchange) {
    struct avs_http_facts *facts = exchange->options->facts;
    facts->close = avs_pump_close_kind(exchange->pump);
    facts->curl_code = (int)exchange->result;
    if (exchange->seen.length == 0) {
        return;
    }
    const uint8_t *seen = (const uint8_t *)exchange->seen.data;
    struct avs_h1_head head = avs_h1_read_head(seen, exchange->seen.length, facts);
    facts->ats_message = avs_text_contains_nocase(seen, exchange->seen.length, AVS_ATS_PHRASE) ||
                         avs_text_contains_nocase(exchange->answer.body.data,
                                                  exchange->answer.body.length, AVS_ATS_PHRASE);
    bool is_ended = exchange->is_finished && exchange->result == CURLE_OK;
    facts->is_complete = facts->head_complete && (is_ended || exchange->is_cut);
    if (facts->head_complete && exchange->is_finished && !facts->is_complete) {
        /* we end the loopback connection politely: a short body reads as a partial file, any other
         * failure of a chunked answer is its encoding */
        facts->length_short = exchange->result == CURLE_PARTIAL_FILE && head.has_length;
        facts->bad_chunk = exchange->result != CURLE_PARTIAL_FILE && head.is_chunked;
    }
}

static enum avs_status connect_and_run(struct exchange *exchange, struct avs_error *reterr) {
    const struct avs_h1_options *options = exchange->options;
    struct avs_pump_options way = *options->pump;
    way.callbacks = &callbacks;
    way.user = exchange;
    AVS_TRY(avs_pump_new(options->loop, &way, &exchange->pump, reterr));
    avs_pump_connect(exchange->pump, options->loop, options->deadline_us);
    if (avs_pump_state(exchange->pump) == AVS_PUMP_UP) {
        AVS_TRY(set_up(exchange, reterr));
        run(exchange);
        AVS_REQUIRE_MEMORY(!exchange->down.is_failed, reterr);
        note_result(exchange);
    }
    return AVS_OK;
}

enum avs_status avs_h1_exchange(const struct avs_h1_options *options, struct avs_error *reterr) {
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    AVS_REQUIRE_MEMORY(exchange, reterr);
    exchange->options = options;
    exchange->listener = exchange->our_end = -1;
    exchange->down = avs_buffer_init(AVS_H1_BYTES_MAX);
    exchange->answer.head = avs_buffer_init(AVS_H1_HEAD_MAX);
    exchange->answer.body = avs_buffer_init(AVS_H1_HEAD_MAX);
    exchange->seen = avs_buffer_init(AVS_H1_HEAD_MAX);
    enum avs_status status = connect_and_run(exchange, reterr);
    if (status == AVS_OK && options->answer) {
        *options->answer = exchange->answer;
        exchange->answer = (struct avs_h1_answer){.is_cut = false};
    }
    avs_pump_free(exchange->pump);
    tear_down(exchange);
    free(exchange);
    return status;
}
