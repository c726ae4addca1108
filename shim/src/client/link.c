/* One connection's socket and TLS. Only what leads to or from them: what the bytes mean is
 * conn.c's. The dial's end comes from avs_loop_wait; the rest from flush and dispatch. */
#include "client/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/curl_info.h"
#include "net/dial.h"
#include "tls/socket.h"
#include "trust/anchors.h"

#define ALPN         "h2"         /* nothing else is spoken here */
#define UNSENT_BYTES (128 * 1024) /* kept in the kernel beyond what is under way */
#define TURNS_MAX    8 /* buffers read from one connection before the others get their turn */

struct avs_link {
    struct avs_links *links;
    struct avs_conn *conn;
    struct avs_link *next;
    struct avs_dial *dial;
    struct avs_tls *tls;
    int fd;
    bool is_up;
    int64_t opened_us;
    uint64_t sent_bytes;         /* given to the socket */
    uint64_t acknowledged_bytes; /* of these, taken by the peer when has_progressed last asked */
    char origin[AVS_NAME_BYTES + 8];
};

void avs_links_init(struct avs_links *links, const struct avs_link_options *options,
                    struct avs_core *core, struct avs_loop *loop) {
    *links = (struct avs_links){.options = *options, .core = core, .loop = loop};
}

void avs_links_done(struct avs_links *links) {
    avs_tls_context_free(links->context);
    avs_anchors_unref(links->anchors);
}

/* Read the trust store, or find it unchanged; an updated one counts as soon as no connection is
 * left that was proven with the old one. */
static enum avs_status prepare_context(struct avs_links *links, struct avs_tls_facts *facts,
                                       struct avs_error *reterr) {
    struct avs_anchors_options store = {.ca_file = links->options.ca_file,
                                        .ca_path = links->options.ca_path,
                                        .source = links->options.store_source};
    store.source = avs_net_curl_complete_store(store.source, &store.ca_file, &store.ca_path);
    struct avs_anchors *anchors = NULL;
    enum avs_status status = avs_anchors_load(&store, &facts->trust, &anchors, reterr);
    if (status != AVS_OK) {
        facts->outcome = AVS_HANDSHAKE_STORE_FAILED;
        return status;
    }
    if (links->context && (anchors == links->anchors || links->count > 0)) {
        avs_anchors_unref(anchors);
        return AVS_OK;
    }
    struct avs_tls_context *context = NULL;
    const struct avs_tls_context_options options = {
        .anchors = anchors, .ats_roots = links->options.ats_roots, .caches_sessions = true};
    status = avs_tls_context_new(&options, &context, reterr);
    if (status != AVS_OK) {
        avs_anchors_unref(anchors);
        return status;
    }
    avs_links_done(links);
    links->context = context;
    links->anchors = anchors;
    return AVS_OK;
}

static void remove_link(struct avs_link *link) {
    struct avs_link **place = &link->links->first;
    while (*place != link) {
        place = &(*place)->next;
    }
    *place = link->next;
    link->links->count--;
}

static void set_socket_options(const struct avs_link *link) {
    int on = 1;
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
#ifdef TCP_USER_TIMEOUT
    unsigned timeout_ms = (unsigned)link->links->options.unacknowledged_timeout_ms;
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
#endif
#ifdef TCP_NOTSENT_LOWAT
    int unsent = UNSENT_BYTES; /* a PING must not wait behind megabytes */
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
#endif
}

static void on_dialled(void *user, int fd) {
    struct avs_link *link = user;
    struct avs_conn *conn = link->conn;
    int64_t now_us = avs_clock_monotonic_us();
    link->dial = NULL;
    link->fd = fd;
    if (fd < 0) {
        avs_conn_on_down(conn, NULL, now_us);
        return;
    }
    set_socket_options(link);
    const struct avs_tls_options options = {
        .host = conn->origin->host,
        .alpn = ALPN,
        .origin = link->origin,
        .facts = &conn->evidence.tls,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_tls_new(link->links->context, &options, &link->tls, &error) != AVS_OK) {
        avs_conn_on_down(conn, &error, now_us);
    }
}

static enum avs_status open_link(void *user, struct avs_conn *conn, struct avs_error *reterr) {
    struct avs_links *links = user;
    AVS_TRY(prepare_context(links, &conn->evidence.tls, reterr));
    struct avs_link *link = calloc(1, sizeof(*link));
    AVS_REQUIRE_MEMORY(link, reterr);
    link->links = links;
    link->conn = conn;
    link->fd = -1;
    link->opened_us = avs_clock_monotonic_us();
    avs_text_format(link->origin, sizeof(link->origin), "%s:%u", conn->origin->host,
                    conn->origin->port);
    const struct avs_link_options *settings = &links->options;
    const struct avs_dial_options options = {
        .host = conn->origin->host,
        .port = conn->origin->port,
        .connect_host = settings->connect_to.host[0] ? settings->connect_to.host : NULL,
        .connect_port = settings->connect_to.port,
        .proxy = settings->proxy,
        .interface_name = settings->interface_name,
        .timeout_ms = settings->dial_timeout_ms,
        .facts = &conn->evidence.dial,
        .timing = &conn->evidence.timing,
    };
    enum avs_status status =
        avs_dial_start(links->loop, &options, on_dialled, link, &link->dial, reterr);
    if (status != AVS_OK) {
        free(link);
        return status;
    }
    conn->link = link;
    link->next = links->first;
    links->first = link;
    links->count++;
    return AVS_OK;
}

static size_t output_bytes(const struct avs_link *link) {
    const uint8_t *bytes;
    return avs_tls_output(link->tls, &bytes);
}

static void send_out(struct avs_link *link) {
    size_t before = output_bytes(link);
    avs_tls_socket_flush(link->tls, link->fd);
    size_t sent = before - output_bytes(link);
    link->sent_bytes += sent;
    __atomic_add_fetch(&link->links->core->stats->bytes_sent, sent, __ATOMIC_RELAXED);
}

/* Fill TLS records with as many frames as fit, and send several records with one call. What is
 * pulled must be taken, so it is only pulled when a whole record fits. */
static void flush(struct avs_link *link) {
    uint8_t plain[AVS_LINK_RECORD_BYTES]; /* the stack is there anyway; a client has one thread */
    while (avs_tls_state(link->tls) == AVS_TLS_ESTABLISHED) {
        if (!avs_tls_can_write(link->tls)) {
            send_out(link);
            if (!avs_tls_can_write(link->tls)) {
                return; /* the socket is full */
            }
        }
        size_t length = avs_conn_pull(link->conn, plain, sizeof(plain));
        if (length == 0) {
            break;
        }
        if (avs_tls_write(link->tls, plain, length) != length) {
            break; /* TLS has failed: its state tells */
        }
    }
    if (output_bytes(link) > 0) {
        send_out(link);
    }
}

/* TLS went on: is it up, or over? */
static void follow_tls(struct avs_link *link, int64_t now_us) {
    struct avs_conn *conn = link->conn;
    switch (avs_tls_state(link->tls)) {
    case AVS_TLS_HANDSHAKING:
        break;
    case AVS_TLS_ESTABLISHED:
        if (link->is_up) {
            break;
        }
        link->is_up = true;
        conn->evidence.timing.tls_ms = (double)(now_us - link->opened_us) / 1000;
        if (strcmp(conn->evidence.tls.alpn, ALPN) != 0 ||
            (link->links->core->options.require_ats && !conn->evidence.tls.trust.ats)) {
            avs_conn_on_down(conn, NULL, now_us); /* the evidence says which of the two */
        } else {
            avs_conn_on_up(conn, now_us);
        }
        break;
    case AVS_TLS_CLOSED:
        conn->evidence.http.close = avs_tls_close_kind(link->tls);
        avs_conn_on_down(conn, NULL, now_us);
        break;
    case AVS_TLS_FAILED:
        avs_conn_on_down(conn, NULL, now_us);
        break;
    }
}

static bool is_alive(const struct avs_link *link) {
    return link->tls && link->conn->state != AVS_CONN_ENDED;
}

static void receive(struct avs_link *link, int64_t now_us) {
    struct avs_links *links = link->links;
    uint8_t plain[AVS_LINK_RECORD_BYTES];
    for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
        bool is_drained = avs_tls_socket_fill(link->tls, link->fd);
        follow_tls(link, now_us);
        size_t length;
        while (is_alive(link) && (length = avs_tls_read(link->tls, plain, sizeof(plain))) > 0) {
            __atomic_add_fetch(&links->core->stats->bytes_received, length, __ATOMIC_RELAXED);
            avs_conn_on_bytes(link->conn, plain, length, now_us);
        }
        if (is_alive(link)) {
            follow_tls(link, now_us); /* the last read may have found the end */
        }
        if (is_drained || !is_alive(link)) {
            return;
        }
        flush(link); /* window updates keep the peer sending */
    }
}

void avs_links_flush(struct avs_links *links) {
    for (struct avs_link *each = links->first; each; each = each->next) {
        if (is_alive(each)) {
            flush(each);
            follow_tls(each, links->core->now_us); /* sending may have found the end */
        }
    }
}

size_t avs_links_collect(struct avs_links *links, struct avs_loop_fd *fds, size_t capacity) {
    size_t count = 0;
    for (struct avs_link *each = links->first; each && count < capacity; each = each->next) {
        if (is_alive(each)) {
            fds[count++] = (struct avs_loop_fd){
                .fd = each->fd, .wants_read = true, .wants_write = output_bytes(each) > 0};
        }
    }
    return count;
}

void avs_links_dispatch(struct avs_links *links, const struct avs_loop_fd *fds, size_t count,
                        int64_t now_us) {
    size_t index = 0;
    for (struct avs_link *each = links->first; each && index < count; each = each->next) {
        if (each->fd == fds[index].fd) {
            if (fds[index].is_readable && is_alive(each)) {
                receive(each, now_us);
            }
            index++;
        }
    }
}

void avs_links_trim(struct avs_links *links) {
    for (struct avs_link *each = links->first; each; each = each->next) {
        if (is_alive(each)) {
            avs_tls_trim(each->tls);
        }
    }
}

static void close_link(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    if (!link) {
        return;
    }
    avs_dial_cancel(link->dial);
    if (link->tls && avs_tls_state(link->tls) == AVS_TLS_ESTABLISHED) {
        flush(link);
        avs_tls_close(link->tls);
    }
    if (link->tls) {
        send_out(link); /* close_notify, or the alert that tells the server why not */
    }
    avs_tls_free(link->tls);
    if (link->fd >= 0) {
        close(link->fd);
    }
    remove_link(link);
    free(link);
    conn->link = NULL;
}

static void note_timeout(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    if (link && link->tls) {
        avs_tls_note_timeout(link->tls);
    } else {
        conn->evidence.dial.outcome = AVS_DIAL_TIMEOUT;
    }
}

/* The peer's TCP took something since we last asked, and there is more for it to take. */
static bool has_progressed(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    int queued = 0;
    if (!link || link->fd < 0 || ioctl(link->fd, TIOCOUTQ, &queued) != 0) {
        return false;
    }
    uint64_t acknowledged = link->sent_bytes - (uint64_t)queued;
    bool result = queued > 0 && acknowledged > link->acknowledged_bytes;
    link->acknowledged_bytes = acknowledged;
    return result;
}

struct avs_transport avs_links_transport(struct avs_links *links) {
    return (struct avs_transport){
        .user = links,
        .open = open_link,
        .close = close_link,
        .note_timeout = note_timeout,
        .has_progressed = has_progressed,
    };
}
