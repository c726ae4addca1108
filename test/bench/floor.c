/* SPDX-License-Identifier: Apache-2.0 */
/* The floor: what nghttp2 and OpenSSL cost when nothing is built around them. One thread, a
 * blocking socket, no callback that is not needed. floor --url https://localhost:PORT --ca FILE
 * [--count N] opens a stream that stays open, then sends N GETs one after the other; prints the
 * median in ms. With --connections N: opens such a stream on N further connections; prints what
 * each costs in kB. */
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

struct floor {
    SSL *ssl;
    nghttp2_session *session;
    char authority[128];
    int32_t waits_for; /* the GET under way */
    bool is_done;
    bool is_ok;
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user) {
    struct floor *floor = user;
    (void)session;
    (void)flags;
    if (frame->hd.stream_id == floor->waits_for && name_length == 7 &&
        memcmp(name, ":status", 7) == 0) {
        floor->is_ok = value_length == 3 && memcmp(value, "200", 3) == 0;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    struct floor *floor = user;
    (void)session;
    (void)code;
    floor->is_done = floor->is_done || id == floor->waits_for;
    return 0;
}

static void send_all(struct floor *floor) {
    const uint8_t *bytes = NULL;
    for (ssize_t length; (length = nghttp2_session_mem_send(floor->session, &bytes)) > 0;) {
        if (SSL_write(floor->ssl, bytes, (int)length) <= 0) {
            bench_die("SSL_write failed");
        }
    }
}

static void receive_some(struct floor *floor) {
    uint8_t bytes[16384];
    int length = SSL_read(floor->ssl, bytes, sizeof(bytes));
    if (length <= 0 || nghttp2_session_mem_recv(floor->session, bytes, (size_t)length) < 0) {
        bench_die("the connection ended");
    }
}

#define FIELD(name, value) \
    { (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE }

static int32_t get(struct floor *floor, const char *path) {
    const nghttp2_nv fields[] = {FIELD(":method", "GET"), FIELD(":scheme", "https"),
                                 FIELD(":authority", floor->authority), FIELD(":path", path)};
    return nghttp2_submit_request(floor->session, NULL, fields, 4, NULL, NULL);
}

static double timed_get(struct floor *floor) {
    double start = bench_now_us();
    floor->is_done = false;
    floor->is_ok = false;
    floor->waits_for = get(floor, "/get");
    while (!floor->is_done) {
        send_all(floor);
        receive_some(floor);
    }
    if (!floor->is_ok) {
        bench_die("the answer was not 200");
    }
    return bench_now_us() - start;
}

static int dial(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (getaddrinfo(host, port, &hints, &list) != 0) {
        bench_die("no address for %s", host);
    }
    int fd = -1;
    for (struct addrinfo *it = list; it && fd < 0; it = it->ai_next) {
        fd = socket(it->ai_family, it->ai_socktype, 0);
        if (fd >= 0 && connect(fd, it->ai_addr, it->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0) {
        bench_die("cannot connect to %s:%s", host, port);
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void handshake(struct floor *floor, SSL_CTX *context, int fd, const char *host) {
    floor->ssl = SSL_new(context);
    SSL_set_fd(floor->ssl, fd);
    SSL_set_tlsext_host_name(floor->ssl, host);
    SSL_set1_host(floor->ssl, host);
    SSL_set_alpn_protos(floor->ssl, (const unsigned char *)"\x02h2", 3);
    if (SSL_connect(floor->ssl) != 1) {
        ERR_print_errors_fp(stderr);
        bench_die("TLS handshake failed");
    }
}

/* Connect, and open the stream that stays open. */
static void open_floor(struct floor *floor, SSL_CTX *context, const char *host, const char *port) {
    static nghttp2_session_callbacks *callbacks;
    if (!callbacks) {
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    }
    snprintf(floor->authority, sizeof(floor->authority), "%s:%s", host, port);
    handshake(floor, context, dial(host, port), host);
    nghttp2_session_client_new(&floor->session, callbacks, floor);
    nghttp2_submit_settings(floor->session, NGHTTP2_FLAG_NONE, NULL, 0);
    floor->waits_for = get(floor, "/hold");
}

static void close_floor(struct floor *floor) {
    int fd = SSL_get_fd(floor->ssl);
    nghttp2_session_del(floor->session);
    SSL_free(floor->ssl);
    close(fd);
}

static double median_get(SSL_CTX *context, const char *host, const char *port, long count) {
    struct floor floor = {0};
    open_floor(&floor, context, host, port);
    double *times = calloc((size_t)count, sizeof(*times));
    for (long i = 0; i < count; i++) {
        times[i] = timed_get(&floor);
    }
    double result = bench_percentile(times, (size_t)count, 50) / 1e3;
    free(times);
    close_floor(&floor);
    return result;
}

static double kb_each(SSL_CTX *context, const char *host, const char *port, long count) {
    struct floor *floors = calloc((size_t)count + 1, sizeof(*floors));
    double before = 0;
    for (long i = 0; i <= count; i++) {
        open_floor(&floors[i], context, host, port);
        while (!floors[i].is_ok) {
            send_all(&floors[i]);
            receive_some(&floors[i]);
        }
        before = i == 0 ? bench_resident_kb() : before;
    }
    double result = (bench_resident_kb() - before) / (double)count;
    for (long i = 0; i <= count; i++) {
        close_floor(&floors[i]);
    }
    free(floors);
    return result;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"ca", required_argument, NULL, 'c'},
                                            {"count", required_argument, NULL, 'n'},
                                            {"connections", required_argument, NULL, 'k'},
                                            {NULL, 0, NULL, 0}};
    const char *url = "";
    const char *ca_file = NULL;
    long count = 1000, connections = 0;
    for (int id; (id = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (id) {
        case 'u':
            url = optarg;
            break;
        case 'c':
            ca_file = optarg;
            break;
        case 'n':
            count = atol(optarg);
            break;
        case 'k':
            connections = atol(optarg);
            break;
        default:
            return 2;
        }
    }
    char host[100];
    char port[6];
    if (sscanf(url, "https://%99[^:]:%5[0-9]", host, port) != 2 || !ca_file || count < 1) {
        bench_die("Usage: %s --url https://HOST:PORT --ca FILE [--count N | --connections N]",
                  argv[0]);
    }
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1) {
        bench_die("cannot read %s", ca_file);
    }
    printf("%.4f\n", connections > 0 ? kb_each(context, host, port, connections)
                                     : median_get(context, host, port, count));
    SSL_CTX_free(context);
    return 0;
}
