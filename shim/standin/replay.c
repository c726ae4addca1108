/* SPDX-License-Identifier: Apache-2.0 */
/* A server that somebody met once, played again: which of its sessions a ClientHello belongs to,
 * the delays, and the ports that serve nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "connection.h"
#include "handshake.h"

enum { HEAD_BYTES_MAX = 8192 };

/* The session of a client that offers h2, or that of one that does not; the other where only that
 * one was made. */
static int session_for(SSL *ssl, const struct avs_replay *replay) {
    const unsigned char *offer = NULL;
    size_t length = 0;
    SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &offer,
                              &length);
    int wanted = offer && memmem(offer, length, "\x02h2", 3) ? 0 : 1;
    return replay->sessions[wanted].was_attempted ? wanted : 1 - wanted;
}

int replay_on_client_hello(struct connection *connection, int *alert) {
    struct avs_standin *standin = connection->standin;
    const struct avs_replay *replay = standin->replay;
    if (!connection->has_scenario) {
        connection->replayed = session_for(connection->ssl, replay);
        connection->scenario = &replay->sessions[connection->replayed].scenario;
        connection->hello = connection->scenario->hello;
        connection->has_scenario = true;
        connection_hold(connection, replay->sessions[connection->replayed].hello_delay_ms);
    }
    if (connection_is_held(connection)) {
        return SSL_CLIENT_HELLO_RETRY;
    }
    if (handshake_ends_at_hello(connection, alert)) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (!handshake_use_identity(connection->ssl,
                                &standin->replayed.identities[connection->replayed]) ||
        !handshake_use_versions(connection)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (connection->scenario->wants_client_cert) {
        SSL_set_verify(connection->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

bool replay_is_plain(const struct connection *connection) {
    const struct avs_replay *replay = connection->standin->replay;
    return replay && (replay->port == REPLAY_PROXY || replay->port == REPLAY_MUTE);
}

void replay_answer_plain(struct connection *connection) {
    const struct avs_replay *replay = connection->standin->replay;
    char *head = NULL;
    long length = BIO_get_mem_data(connection->from_peer, &head);
    bool is_whole = length > 0 && memmem(head, (size_t)length, "\r\n\r\n", 4);
    if (replay->port == REPLAY_MUTE) {
        connection_fall_silent(connection);
        return;
    }
    if (!is_whole && replay->proxy_status && length < HEAD_BYTES_MAX) {
        return;
    }
    atomic_fetch_add(&connection->standin->requests, 1);
    if (replay->proxy_status) {
        char answer[256];
        int used = snprintf(
            answer, sizeof(answer),
            "HTTP/1.1 %u %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n",
            replay->proxy_status, answer_reason(replay->proxy_status),
            replay->proxy_status == 407 ? "Proxy-Authenticate: Basic realm=\"stand-in\"\r\n" : "");
        BIO_write(connection->to_peer, answer, used);
    }
    connection_end(connection, END_RAGGED);
}

/* Connections of our own fill what the system accepts for a port that never does, so that it drops
 * every further SYN. */
static bool fill_backlog(struct avs_standin *standin) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(standin->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < REPLAY_FILLERS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        standin->fillers[i] = fd;
        if (fd < 0 || (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
                       errno != EINPROGRESS)) {
            return false;
        }
    }
    return true;
}

/* 127.0.0.1 alone: the command that is printed names it. */
bool replay_listen(struct avs_standin *standin, uint16_t port, char *error, size_t error_bytes) {
    enum replay_port kind = standin->replay->port;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    standin->closed_port = fd;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
        (kind == REPLAY_REFUSES || listen(fd, 0) == 0) &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        standin->port = ntohs(address.sin_port);
        if (kind == REPLAY_REFUSES || fill_backlog(standin)) {
            return true;
        }
    }
    snprintf(error, error_bytes,
             "cannot take port %u of 127.0.0.1: %s. Name another port, or 0 for any that is free.",
             port, strerror(errno));
    return false;
}

void replay_close(struct avs_standin *standin) {
    for (int i = 0; i < REPLAY_FILLERS; i++) {
        if (standin->fillers[i] >= 0) {
            close(standin->fillers[i]);
        }
    }
    if (standin->closed_port >= 0) {
        close(standin->closed_port);
    }
}
