/* SPDX-License-Identifier: Apache-2.0 */
/* The one pump between plaintext, TLS and socket; see pump.h. */
#include "client/pump.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial.h"
#include "tls/socket.h"

#define UNSENT_BYTES (128 * 1024) /* kept in the kernel beyond what is under way */
#define TURNS_MAX    8 /* buffers read from one connection before the others get their turn */

struct avs_pump {
    struct avs_pump_options options;
    struct avs_loop *loop;
    struct avs_dial *dial;
    struct avs_tls *tls; /* NULL before the connection */
    int fd;
    bool has_failed;             /* before there was TLS */
    bool is_up;                  /* and the owner knows */
    bool is_second;              /* the first resumed a session that is no good any more */
    bool is_stopped;             /* the owner wants no more */
    uint64_t sent_bytes;         /* given to the socket */
    uint64_t acknowledged_bytes; /* of these, taken by the peer when has_progressed last asked */
};

AVS_DEFINE_AUTO(pump, struct avs_pump, avs_pump_free);

enum avs_pump_state avs_pump_state(const struct avs_pump *pump) {
    if (pump->has_failed) {
        return AVS_PUMP_FAILED;
    }
    if (!pump->tls) {
        return AVS_PUMP_DIALLING;
    }
    switch (avs_tls_state(pump->tls)) {
    case AVS_TLS_HANDSHAKING:
        return AVS_PUMP_HANDSHAKING;
    case AVS_TLS_ESTABLISHED:
        return AVS_PUMP_UP;
    case AVS_TLS_CLOSED:
        return AVS_PUMP_CLOSED;
    case AVS_TLS_FAILED:
        break;
    }
    return AVS_PUMP_FAILED;
}

enum avs_close_kind avs_pump_close_kind(const struct avs_pump *pump) {
    return pump->tls ? avs_tls_close_kind(pump->tls) : AVS_CLOSE_OPEN;
}

static void tell(struct avs_pump *pump, const struct avs_error *error, int64_t now_us) {
    const struct avs_pump_options *options = &pump->options;
    if (!pump->is_stopped &&
        !options->callbacks->on_change(options->user, avs_pump_state(pump), error, now_us)) {
        pump->is_stopped = true;
    }
}

/* ---------------------------------------------------------------- connecting */

static void set_socket_options(const struct avs_pump *pump) {
    int on = 1;
    (void)setsockopt(pump->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
#ifdef TCP_USER_TIMEOUT
    unsigned timeout_ms = (unsigned)pump->options.unacknowledged_timeout_ms;
    (void)setsockopt(pump->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
#endif
#ifdef TCP_NOTSENT_LOWAT
    int unsent = UNSENT_BYTES; /* a PING must not wait behind megabytes */
    (void)setsockopt(pump->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
#endif
}

static void on_dialled(void *user, int fd) {
    struct avs_pump *pump = user;
    const struct avs_pump_options *options = &pump->options;
    int64_t now_us = avs_clock_monotonic_us();
    pump->dial = NULL;
    pump->fd = fd;
    if (fd < 0) {
        pump->has_failed = true;
        tell(pump, NULL, now_us);
        return;
    }
    set_socket_options(pump);
    const struct avs_tls_options tls = {
        .host = options->host,
        .alpn = options->alpn,
        .origin = options->session_origin,
        .facts = options->tls,
        .trial = options->trial,
        .identity = options->identity,
    };
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_tls_new(options->context, &tls, &pump->tls, &error) != AVS_OK) {
        pump->has_failed = true;
        tell(pump, &error, now_us);
    }
}

static enum avs_status dial_out(struct avs_pump *pump, struct avs_error *reterr) {
    const struct avs_pump_options *options = &pump->options;
    const struct avs_endpoint *other = options->connect_to;
    bool has_other = other && other->host[0];
    const struct avs_dial_options dial = {
        .host = options->host,
        .port = options->port,
        .connect_host = has_other ? other->host : NULL,
        .connect_port = has_other ? other->port : 0,
        .proxy = options->proxy,
        .interface_name = options->interface_name,
        .timeout_ms = options->dial_timeout_ms,
        .segment_bytes = options->segment_bytes,
        .facts = options->dial,
        .timing = options->timing,
    };
    return avs_dial_start(pump->loop, &dial, on_dialled, pump, &pump->dial, reterr);
}

enum avs_status avs_pump_new(struct avs_loop *loop, const struct avs_pump_options *options,
                             struct avs_pump **ret_pump, struct avs_error *reterr) {
    AVS_AUTO(pump) pump = calloc(1, sizeof(*pump));
    AVS_REQUIRE_MEMORY(pump, reterr);
    pump->options = *options;
    pump->loop = loop;
    pump->fd = -1;
    AVS_TRY(dial_out(pump, reterr));
    *ret_pump = AVS_STEAL(pump);
    return AVS_OK;
}

/* The session that was resumed does not stand the second look (avs_gate_recheck): its certificates
 * have expired, or the store has changed. That says nothing of what the server has today, so ask:
 * with a full handshake on a new connection. The session is not in the cache any more. */
static void dial_anew(struct avs_pump *pump, int64_t now_us) {
    const struct avs_pump_options *options = &pump->options;
    const struct avs_trust_facts store = options->tls->trust;
    struct avs_error error = AVS_ERROR_INIT;
    pump->is_second = true;
    avs_tls_free(AVS_STEAL(pump->tls));
    close(pump->fd);
    pump->fd = -1;
    *options->tls = (struct avs_tls_facts){.trust = store};
    *options->dial = (struct avs_dial_facts){.port = 0};
    if (dial_out(pump, &error) != AVS_OK) {
        pump->has_failed = true;
        tell(pump, &error, now_us);
    }
}

/* ---------------------------------------------------------------- out */

static size_t output_bytes(const struct avs_pump *pump) {
    const uint8_t *bytes;
    return avs_tls_output(pump->tls, &bytes);
}

static void count(uint64_t *total, size_t bytes) {
    if (total) {
        __atomic_add_fetch(total, bytes, __ATOMIC_RELAXED);
    }
}

static void send_out(struct avs_pump *pump) {
    size_t before = output_bytes(pump);
    avs_tls_socket_flush(pump->tls, pump->fd);
    size_t sent = before - output_bytes(pump);
    pump->sent_bytes += sent;
    count(pump->options.sent_total, sent);
}

/* Fill TLS records with as much as fits, and send several records with one call. What is pulled
 * must be taken, so it is only pulled when a whole record fits. */
static void push_out(struct avs_pump *pump) {
    uint8_t plain[AVS_PUMP_RECORD_BYTES]; /* the stack is there anyway; a loop has one thread */
    while (avs_tls_state(pump->tls) == AVS_TLS_ESTABLISHED) {
        if (!avs_tls_can_write(pump->tls)) {
            send_out(pump);
            if (!avs_tls_can_write(pump->tls)) {
                return; /* the socket is full */
            }
        }
        size_t length = pump->options.callbacks->pull(pump->options.user, plain, sizeof(plain));
        if (length == 0) {
            break;
        }
        if (avs_tls_write(pump->tls, plain, length) != length) {
            break; /* TLS has failed: its state tells */
        }
    }
    if (output_bytes(pump) > 0) {
        send_out(pump);
    }
}

/* ---------------------------------------------------------------- in */

static void tell_end(struct avs_pump *pump, int64_t now_us) {
    tell(pump, NULL, now_us);
    pump->is_stopped = true; /* told once */
}

/* TLS went on: is it up, or over? */
static void follow_tls(struct avs_pump *pump, int64_t now_us) {
    switch (avs_tls_state(pump->tls)) {
    case AVS_TLS_HANDSHAKING:
        break;
    case AVS_TLS_ESTABLISHED:
        if (!pump->is_up) {
            pump->is_up = true;
            if (pump->options.timing) {
                pump->options.timing->tls_ms = (double)(now_us - pump->options.started_us) / 1000;
            }
            tell(pump, NULL, now_us);
        }
        break;
    case AVS_TLS_FAILED:
        if (pump->options.tls->session_resumed && !pump->is_second) {
            dial_anew(pump, now_us);
        } else {
            tell_end(pump, now_us);
        }
        break;
    case AVS_TLS_CLOSED:
        tell_end(pump, now_us);
        break;
    }
}

static bool is_alive(const struct avs_pump *pump) {
    return pump->tls && !pump->is_stopped;
}

void avs_pump_flush(struct avs_pump *pump, int64_t now_us) {
    if (is_alive(pump)) {
        push_out(pump);
        follow_tls(pump, now_us); /* sending may have found the end */
    }
}

bool avs_pump_wants(const struct avs_pump *pump, struct avs_loop_fd *ret_fd) {
    if (!is_alive(pump)) {
        return false;
    }
    *ret_fd = (struct avs_loop_fd){
        .fd = pump->fd, .wants_read = true, .wants_write = output_bytes(pump) > 0};
    return true;
}

int avs_pump_fd(const struct avs_pump *pump) {
    return pump->fd;
}

void avs_pump_receive(struct avs_pump *pump, int64_t now_us) {
    const struct avs_pump_options *options = &pump->options;
    uint8_t plain[AVS_PUMP_RECORD_BYTES];
    for (unsigned turn = 0; turn < TURNS_MAX && is_alive(pump); turn++) {
        bool is_drained = avs_tls_socket_fill(pump->tls, pump->fd);
        follow_tls(pump, now_us);
        size_t length;
        while (is_alive(pump) && (length = avs_tls_read(pump->tls, plain, sizeof(plain))) > 0) {
            count(options->received_total, length);
            if (!options->callbacks->on_bytes(options->user, plain, length, now_us)) {
                pump->is_stopped = true;
            }
        }
        if (is_alive(pump)) {
            follow_tls(pump, now_us); /* the last read may have found the end */
        }
        if (is_drained || !is_alive(pump)) {
            return;
        }
        push_out(pump); /* window updates keep the peer sending */
    }
}

void avs_pump_connect(struct avs_pump *pump, struct avs_loop *loop, int64_t deadline_us) {
    for (;;) {
        int64_t now_us = avs_clock_monotonic_us();
        enum avs_pump_state state = avs_pump_state(pump);
        if (state != AVS_PUMP_DIALLING && state != AVS_PUMP_HANDSHAKING) {
            return;
        }
        avs_pump_flush(pump, now_us);
        int64_t end_us = deadline_us + (state == AVS_PUMP_DIALLING ? AVS_DIAL_GRACE_US : 0);
        if (now_us >= end_us) {
            avs_pump_note_timeout(pump);
            return;
        }
        struct avs_loop_fd fd;
        size_t count = avs_pump_wants(pump, &fd) ? 1 : 0;
        avs_loop_wait(loop, &fd, count, (int)((end_us - now_us) / 1000) + 1);
        if (count > 0 && fd.is_readable) {
            avs_pump_receive(pump, avs_clock_monotonic_us());
        }
    }
}

/* ---------------------------------------------------------------- the end */

void avs_pump_free(struct avs_pump *pump) {
    if (!pump) {
        return;
    }
    avs_dial_cancel(pump->dial);
    if (pump->tls && avs_tls_state(pump->tls) == AVS_TLS_ESTABLISHED) {
        push_out(pump);
        avs_tls_close(pump->tls);
    }
    if (pump->tls) {
        send_out(pump); /* close_notify, or the alert that tells the server why not */
    }
    avs_tls_free(pump->tls);
    if (pump->fd >= 0) {
        close(pump->fd);
    }
    free(pump);
}

void avs_pump_note_timeout(struct avs_pump *pump) {
    if (pump->tls) {
        avs_tls_note_timeout(pump->tls);
    } else {
        avs_dial_note_timeout(pump->options.dial);
    }
}

bool avs_pump_has_progressed(struct avs_pump *pump) {
    int queued = 0;
    if (pump->fd < 0 || ioctl(pump->fd, TIOCOUTQ, &queued) != 0) {
        return false;
    }
    uint64_t acknowledged = pump->sent_bytes - (uint64_t)queued;
    bool result = queued > 0 && acknowledged > pump->acknowledged_bytes;
    pump->acknowledged_bytes = acknowledged;
    return result;
}

void avs_pump_trim(struct avs_pump *pump) {
    if (is_alive(pump)) {
        avs_tls_trim(pump->tls);
    }
}
