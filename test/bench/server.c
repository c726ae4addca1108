/* SPDX-License-Identifier: Apache-2.0 */
/* The server that everyone is measured against: HTTP/2 over TLS, one thread, as little as possible.
 * server CERT KEY: prints its port, serves until stdin ends.
 *   /get   200, 16 bytes            /hold        200, the stream stays open
 *   /down  200, 64 MiB              /down-small  200, 4 MiB
 *   /up    reads the body, then 200
 *   /bye   closes the connection    /bye-all     closes every connection */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench.h"

#define OUTBOX_BYTES (256 * 1024)
#define DOWN_BYTES   ((size_t)64 * 1024 * 1024)
#define SMALL_BYTES  ((size_t)4 * 1024 * 1024)
#define WINDOW_BYTES (16 * 1024 * 1024)

enum page {
    PAGE_GET,
    PAGE_HOLD,
    PAGE_DOWN,
    PAGE_DOWN_SMALL,
    PAGE_UP,
    PAGE_BYE,
    PAGE_BYE_ALL,
    PAGE_OTHER
};

struct stream {
    enum page page;
    size_t left;
};

struct peer {
    int fd;
    SSL *ssl;
    nghttp2_session *session;
    uint8_t outbox[OUTBOX_BYTES];
    size_t length, sent;
    bool is_established, is_over, wants_write;
    struct peer *previous, *next;
};

static int epoll_fd;
static struct peer *peers;

static enum page page_of(const uint8_t *path, size_t length) {
    static const char *const names[] = {"/get", "/hold", "/down",   "/down-small",
                                        "/up",  "/bye",  "/bye-all"};
    for (size_t i = 0; i < PAGE_OTHER; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], path, length) == 0) {
            return (enum page)i;
        }
    }
    return PAGE_OTHER;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)user;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        struct stream *stream = calloc(1, sizeof(*stream));
        stream->page = PAGE_OTHER;
        nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    }
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user) {
    (void)flags;
    (void)user;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream && name_length == 5 && memcmp(name, ":path", 5) == 0) {
        stream->page = page_of(value, value_length);
    }
    return 0;
}

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t capacity,
                       uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)session;
    (void)id;
    (void)user;
    struct stream *stream = source->ptr;
    if (stream->page == PAGE_HOLD) {
        return NGHTTP2_ERR_DEFERRED;
    }
    size_t length = stream->left < capacity ? stream->left : capacity;
    memset(buffer, 'x', length);
    stream->left -= length;
    *flags |= stream->left == 0 ? NGHTTP2_DATA_FLAG_EOF : 0;
    return (ssize_t)length;
}

static void answer(nghttp2_session *session, int32_t id, struct stream *stream) {
    const nghttp2_nv ok = {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE};
    const nghttp2_nv no = {(uint8_t *)":status", (uint8_t *)"404", 7, 3, NGHTTP2_NV_FLAG_NONE};
    nghttp2_data_provider body = {.source = {.ptr = stream}, .read_callback = on_read};
    stream->left = stream->page == PAGE_DOWN         ? DOWN_BYTES
                   : stream->page == PAGE_DOWN_SMALL ? SMALL_BYTES
                                                     : 16;
    nghttp2_submit_response(session, id, stream->page == PAGE_OTHER ? &no : &ok, 1, &body);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct peer *peer = user;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
        return 0;
    }
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!stream || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        return 0;
    }
    if (stream->page == PAGE_BYE_ALL) { /* each finds its end with its next event */
        for (struct peer *each = peers; each; each = each->next) {
            shutdown(each->fd, SHUT_RDWR);
        }
    }
    if (stream->page == PAGE_BYE || stream->page == PAGE_BYE_ALL) {
        peer->is_over = true;
    } else {
        answer(session, frame->hd.stream_id, stream);
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    (void)code;
    (void)user;
    free(nghttp2_session_get_stream_user_data(session, id));
    return 0;
}

static nghttp2_session *session_new(struct peer *peer) {
    static nghttp2_session_callbacks *callbacks;
    if (!callbacks) {
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    }
    nghttp2_session *session = NULL;
    nghttp2_session_server_new(&session, callbacks, peer);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
    return session;
}

static void watch(struct peer *peer, bool wants_write, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u),
                                .data.ptr = peer};
    epoll_ctl(epoll_fd, operation, peer->fd, &event);
    peer->wants_write = wants_write;
}

/* Frames into the outbox, the outbox into TLS, until either is out of work. */
static void flush(struct peer *peer) {
    bool is_blocked = false;
    while (!is_blocked && !peer->is_over) {
        while (peer->length < OUTBOX_BYTES / 2) {
            const uint8_t *bytes = NULL;
            ssize_t length = nghttp2_session_mem_send(peer->session, &bytes);
            if (length <= 0) {
                break;
            }
            memcpy(peer->outbox + peer->length, bytes, (size_t)length);
            peer->length += (size_t)length;
        }
        if (peer->length == 0) {
            break;
        }
        int written =
            SSL_write(peer->ssl, peer->outbox + peer->sent, (int)(peer->length - peer->sent));
        if (written > 0) {
            peer->sent += (size_t)written;
            if (peer->sent == peer->length) {
                peer->sent = peer->length = 0;
            }
        } else {
            is_blocked = SSL_get_error(peer->ssl, written) == SSL_ERROR_WANT_WRITE;
            peer->is_over = !is_blocked;
        }
    }
    if (is_blocked != peer->wants_write) {
        watch(peer, is_blocked, EPOLL_CTL_MOD);
    }
}

static void on_event(struct peer *peer) {
    static uint8_t bytes[65536];
    if (!peer->is_established) {
        int result = SSL_accept(peer->ssl);
        if (result != 1) {
            int error = SSL_get_error(peer->ssl, result);
            peer->is_over = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
            return;
        }
        peer->is_established = true;
        peer->session = session_new(peer);
    }
    while (!peer->is_over) {
        int length = SSL_read(peer->ssl, bytes, sizeof(bytes));
        if (length <= 0) {
            peer->is_over = SSL_get_error(peer->ssl, length) != SSL_ERROR_WANT_READ;
            break;
        }
        if (nghttp2_session_mem_recv(peer->session, bytes, (size_t)length) < 0) {
            peer->is_over = true;
        }
        if (SSL_pending(peer->ssl) == 0) {
            break;
        }
    }
    flush(peer);
}

static void drop(struct peer *peer) {
    *(peer->previous ? &peer->previous->next : &peers) = peer->next;
    if (peer->next) {
        peer->next->previous = peer->previous;
    }
    nghttp2_session_del(peer->session);
    SSL_free(peer->ssl);
    close(peer->fd);
    free(peer);
}

static void accept_peer(int listener, SSL_CTX *context) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct peer *peer = calloc(1, sizeof(*peer));
    peer->fd = fd;
    peer->next = peers;
    if (peers) {
        peers->previous = peer;
    }
    peers = peer;
    peer->ssl = SSL_new(context);
    SSL_set_fd(peer->ssl, fd);
    SSL_set_accept_state(peer->ssl);
    watch(peer, false, EPOLL_CTL_ADD);
}

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                     const unsigned char *in, unsigned in_length, void *user) {
    (void)ssl;
    (void)user;
    static const unsigned char h2[] = "\x02h2";
    return SSL_select_next_proto((unsigned char **)out, out_length, h2, 3, in, in_length) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int listen_anywhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        bench_die("cannot listen: %s", strerror(errno));
    }
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        bench_die("Usage: %s CERT KEY", argv[0]);
    }
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(context, choose_h2, NULL);
    if (SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1) {
        bench_die("cannot use %s and %s", argv[1], argv[2]);
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_anywhere();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &epoll_fd; /* stdin: its end is ours */
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll_fd, events, 64, -1);
        for (int i = 0; i < count; i++) {
            if (!events[i].data.ptr) {
                accept_peer(listener, context);
            } else if (events[i].data.ptr == &epoll_fd) {
                return 0;
            } else {
                struct peer *peer = events[i].data.ptr;
                on_event(peer);
                if (peer->is_over) {
                    drop(peer);
                }
            }
        }
    }
}
