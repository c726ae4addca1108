/* SPDX-License-Identifier: Apache-2.0 */
/* One accepted connection. The socket side: bytes in, TLS, the outbox, deadlines and the ways to
 * end. What is said over it is in http1.c and http2.c. */
#include "connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"
#include "http1.h"
#include "http2.h"
#include "mqtt.h"

struct connection *connection_new(struct avs_standin *standin, int fd,
                                  enum avs_standin_iot_port port) {
    struct connection *connection = calloc(1, sizeof(*connection));
    BIO *from_peer = BIO_new(BIO_s_mem());
    BIO *to_peer = BIO_new(BIO_s_mem());
    SSL *ssl = SSL_new(standin->tls);
    if (!connection || !from_peer || !to_peer || !ssl) {
        free(connection);
        BIO_free(from_peer);
        BIO_free(to_peer);
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    uint64_t now_ms = standin_now_ms();
    *connection = (struct connection){
        .standin = standin,
        .fd = fd,
        .ssl = ssl,
        .from_peer = from_peer,
        .to_peer = to_peer,
        .scenario = scenario_at(0),
        .port = port,
        .qualify_index = standin->sight ? sight_playing(standin->sight) : 0,
        .deadline_ms = now_ms + HANDSHAKE_MS,
        .last_active_ms = now_ms,
    };
    SSL_set_bio(ssl, from_peer, to_peer);
    SSL_set_accept_state(ssl);
    SSL_set_app_data(ssl, connection);
    sight_note(standin->sight, connection->qualify_index, SIGHT_OPENED, 0);
    return connection;
}

void connection_free(struct connection *connection) {
    if (!connection) {
        return;
    }
    sight_note(connection->standin->sight, connection->qualify_index, SIGHT_CLOSED, 0);
    http1_free(connection->http1);
    http2_free(connection->http2);
    mqtt_free(connection->mqtt);
    SSL_free(connection->ssl);
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    free(connection->outbox);
    free(connection);
}

static size_t queued(const struct connection *connection) {
    return connection->outbox_length - connection->outbox_sent;
}

/* Move what OpenSSL wants to send into the outbox. */
static void drain_tls(struct connection *connection) {
    size_t pending = BIO_ctrl_pending(connection->to_peer);
    if (pending == 0) {
        return;
    }
    if (connection->outbox_sent > 0) {
        memmove(connection->outbox, connection->outbox + connection->outbox_sent,
                queued(connection));
        connection->outbox_length -= connection->outbox_sent;
        connection->outbox_sent = 0;
    }
    size_t needed = connection->outbox_length + pending;
    if (needed > OUTBOX_HARD_BYTES) {
        connection->phase = PHASE_DEAD;
        return;
    }
    if (needed > connection->outbox_capacity) {
        size_t capacity = needed < OUTBOX_SOFT_BYTES / 8 ? OUTBOX_SOFT_BYTES / 8 : needed * 2;
        uint8_t *grown = realloc(connection->outbox, capacity);
        if (!grown) {
            connection->phase = PHASE_DEAD;
            return;
        }
        connection->outbox = grown;
        connection->outbox_capacity = capacity;
    }
    int taken =
        BIO_read(connection->to_peer, connection->outbox + connection->outbox_length, (int)pending);
    connection->outbox_length += taken > 0 ? (size_t)taken : 0;
}

static void reset(struct connection *connection) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    connection->phase = PHASE_DEAD; /* closing now sends the RST */
}

/* Everything is sent: end as was asked. A plain close() with unread bytes would send a RST, so FIN
 * goes out first and the peer gets a moment to finish. */
static void finish(struct connection *connection) {
    if (connection->ending == END_RESET) {
        reset(connection);
        return;
    }
    if (connection->ending == END_RESET_LATER) {
        connection->phase = PHASE_LINGER;
        connection->deadline_ms = standin_now_ms() + RESET_MS;
        return;
    }
    shutdown(connection->fd, SHUT_WR);
    connection->phase = connection->peer_closed ? PHASE_DEAD : PHASE_LINGER;
    connection->deadline_ms = standin_now_ms() + LINGER_MS;
}

static void flush(struct connection *connection) {
    if (connection->phase == PHASE_DEAD) {
        return;
    }
    drain_tls(connection);
    while (connection->phase != PHASE_DEAD && queued(connection) > 0) {
        ssize_t sent = send(connection->fd, connection->outbox + connection->outbox_sent,
                            queued(connection), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                connection->phase = PHASE_DEAD;
            }
            return;
        }
        connection->outbox_sent += (size_t)sent;
    }
    connection->outbox_length = connection->outbox_sent = 0;
    if (connection->phase == PHASE_FLUSH) {
        finish(connection);
    }
}

void connection_send(struct connection *connection, const void *bytes, size_t length) {
    if (length == 0 || connection->phase >= PHASE_SILENT) {
        return;
    }
    ERR_clear_error();
    if (length > OUTBOX_HARD_BYTES ||
        SSL_write(connection->ssl, bytes, (int)length) != (int)length) {
        connection->phase = PHASE_DEAD;
        return;
    }
    drain_tls(connection);
}

size_t connection_room(const struct connection *connection) {
    size_t waiting = queued(connection);
    return waiting < OUTBOX_SOFT_BYTES ? OUTBOX_SOFT_BYTES - waiting : 0;
}

void connection_end(struct connection *connection, enum ending ending) {
    if (ending == END_KEEP || connection->phase >= PHASE_FLUSH) {
        return;
    }
    if (ending == END_CLOSE_NOTIFY) {
        ERR_clear_error();
        SSL_shutdown(connection->ssl);
    }
    connection->ending = ending;
    connection->phase = PHASE_FLUSH;
    connection->deadline_ms = standin_now_ms() + LINGER_MS;
}

void connection_fall_silent(struct connection *connection) {
    connection->phase = PHASE_SILENT;
    connection->deadline_ms = standin_now_ms() + SILENT_MS;
}

void connection_hold(struct connection *connection, unsigned delay_ms) {
    connection->hold_until_ms = delay_ms > 0 ? standin_now_ms() + delay_ms : 0;
    if (delay_ms > 0) {
        connection->deadline_ms += delay_ms;
    }
}

bool connection_is_held(const struct connection *connection) {
    return connection->hold_until_ms > standin_now_ms();
}

void connection_idle_limit(struct connection *connection, unsigned idle_ms) {
    connection->deadline_ms = standin_now_ms() + idle_ms;
}

static void begin(struct connection *connection, enum connection_phase phase) {
    connection->phase = phase;
    connection->http1 = phase == PHASE_HTTP1 ? http1_new(connection) : NULL;
    connection->http2 = phase == PHASE_H2 ? http2_new(connection) : NULL;
    connection->mqtt = phase == PHASE_MQTT ? mqtt_new(connection) : NULL;
    if (!connection->http1 && !connection->http2 && !connection->mqtt) {
        connection->phase = PHASE_DEAD;
    }
}

/* AWS IoT Core: ALPN has decided. MQTT where HTTP is expected hangs, as it does there. */
static void begin_iot(struct connection *connection, uint8_t first) {
    bool is_method = first >= 'A' && first <= 'Z';
    if (connection->iot_rule->speech == IOT_MQTT) {
        begin(connection, PHASE_MQTT);
    } else if (is_method) {
        begin(connection, PHASE_HTTP1);
    } else {
        connection_fall_silent(connection);
    }
}

/* The first plain bytes: which protocol is it? */
static void choose_protocol(struct connection *connection, const uint8_t *bytes, size_t length) {
    if (connection->standin->sight && length > 0 && bytes[0] == MQTT_CONNECT) {
        begin(connection, PHASE_MQTT);
        return;
    }
    if (connection->iot) {
        begin_iot(connection, bytes[0]);
        return;
    }
    const unsigned char *alpn = NULL;
    unsigned alpn_length = 0;
    SSL_get0_alpn_selected(connection->ssl, &alpn, &alpn_length);
    bool has_h2 = alpn_length == 2 && memcmp(alpn, "h2", 2) == 0;
    bool has_preface = length >= 4 && memcmp(bytes, "PRI ", 4) == 0;
    bool is_known = alpn_length == 0 && has_preface && connection->scenario->alpn == ALPN_ANY;
    if ((has_h2 || is_known) && http2_is_mute(connection->scenario)) {
        connection_fall_silent(connection);
        return;
    }
    begin(connection, has_h2 || is_known ? PHASE_H2 : PHASE_HTTP1);
}

static void take_plain(struct connection *connection, const uint8_t *bytes, size_t length) {
    if (connection->phase == PHASE_FIRST) {
        choose_protocol(connection, bytes, length);
    }
    if (connection->phase == PHASE_H2) {
        http2_feed(connection->http2, bytes, length);
    } else if (connection->phase == PHASE_HTTP1) {
        http1_feed(connection->http1, bytes, length);
    } else if (connection->phase == PHASE_MQTT) {
        mqtt_feed(connection->mqtt, bytes, length);
    }
}

/* h2 speaks first (SETTINGS), whether or not the client did. */
static void greet(struct connection *connection) {
    const unsigned char *alpn = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(connection->ssl, &alpn, &length);
    connection_idle_limit(connection, IDLE_MS);
    if (length == 2 && !connection->iot) {
        choose_protocol(connection, NULL, 0);
    }
}

/* Feed OpenSSL's input to whoever is in charge until it is used up. */
static void process(struct connection *connection) {
    if (replay_is_plain(connection)) {
        replay_answer_plain(connection);
        return;
    }
    if (connection->phase == PHASE_HANDSHAKE) {
        handshake_step(connection);
    }
    if (connection_is_held(connection)) {
        return;
    }
    if (connection->phase == PHASE_FIRST && !connection->is_greeted) {
        connection->is_greeted = true;
        greet(connection);
    }
    while (connection->phase >= PHASE_FIRST && connection->phase <= PHASE_H2) {
        uint8_t plain[READ_BYTES];
        ERR_clear_error();
        int length = SSL_read(connection->ssl, plain, sizeof(plain));
        if (length > 0) {
            sight_note(connection->standin->sight, connection->qualify_index, SIGHT_BYTES,
                       (uint64_t)length);
            take_plain(connection, plain, (size_t)length);
            continue;
        }
        int error = SSL_get_error(connection->ssl, length);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
            return;
        }
        /* close_notify or a broken record: OpenSSL has queued its word on it */
        connection_end(connection, error == SSL_ERROR_ZERO_RETURN ? END_CLOSE_NOTIFY : END_RAGGED);
        return;
    }
}

/* Whatever the protocol has to say, as far as there is room, and off with it. */
static void pump(struct connection *connection) {
    if (connection->phase == PHASE_H2) {
        http2_pump(connection->http2);
    } else if (connection->phase == PHASE_HTTP1) {
        http1_pump(connection->http1);
    }
    flush(connection);
}

void connection_on_readable(struct connection *connection) {
    uint8_t bytes[READ_BYTES];
    ssize_t length = recv(connection->fd, bytes, sizeof(bytes), 0);
    if (length < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            connection->phase = PHASE_DEAD;
        }
        return;
    }
    if (length == 0) {
        connection->peer_closed = true;
        if (connection->phase == PHASE_FLUSH) {
            connection->deadline_ms = standin_now_ms() + LINGER_MS;
        } else if (connection->phase == PHASE_SILENT || connection->phase == PHASE_LINGER) {
            connection->phase = PHASE_DEAD;
        } else {
            connection_end(connection, END_RAGGED);
        }
        flush(connection);
        return;
    }
    if (connection->phase >= PHASE_SILENT) {
        return; /* thrown away */
    }
    connection->last_active_ms = standin_now_ms();
    if (BIO_write(connection->from_peer, bytes, (int)length) != length) {
        connection->phase = PHASE_DEAD;
        return;
    }
    process(connection);
    pump(connection);
}

void connection_on_writable(struct connection *connection) {
    flush(connection);
    pump(connection);
}

void connection_on_time(struct connection *connection, uint64_t now_ms) {
    if (connection->hold_until_ms != 0 && now_ms >= connection->hold_until_ms) {
        connection->hold_until_ms = 0;
        process(connection);
        pump(connection);
    }
    if (connection->phase == PHASE_H2) {
        http2_on_time(connection->http2, now_ms);
        pump(connection);
    }
    if (now_ms < connection->deadline_ms) {
        return;
    }
    if (connection->ending == END_RESET_LATER) {
        reset(connection);
    }
    connection->phase = PHASE_DEAD;
}

bool connection_wants_read(const struct connection *connection) {
    return !connection->peer_closed && connection->hold_until_ms == 0 &&
           queued(connection) < OUTBOX_SOFT_BYTES;
}

bool connection_wants_write(const struct connection *connection) {
    return queued(connection) > 0 ||
           (connection->phase == PHASE_H2 && http2_wants_write(connection->http2)) ||
           (connection->phase == PHASE_HTTP1 && http1_wants_write(connection->http1));
}

uint64_t connection_next_ms(const struct connection *connection) {
    uint64_t next_ms = connection->deadline_ms;
    if (connection->hold_until_ms != 0 && connection->hold_until_ms < next_ms) {
        next_ms = connection->hold_until_ms;
    }
    if (connection->phase == PHASE_H2) {
        uint64_t h2_ms = http2_next_ms(connection->http2);
        next_ms = h2_ms < next_ms ? h2_ms : next_ms;
    }
    return next_ms;
}
