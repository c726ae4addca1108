/* SPDX-License-Identifier: Apache-2.0 */
/* Moving ciphertext between a TLS engine and a non-blocking socket. */
#include "tls/socket.h"

#include <errno.h>
#include <sys/socket.h>

#define FILL_TURNS_MAX 16 /* full reads of the socket in one go */

static enum avs_close_kind kind_of_errno(int os_errno) {
    return os_errno == ECONNRESET || os_errno == EPIPE ? AVS_CLOSE_RESET : AVS_CLOSE_EOF;
}

static bool is_retry(int os_errno) {
    return os_errno == EAGAIN || os_errno == EWOULDBLOCK;
}

void avs_tls_socket_flush(struct avs_tls *tls, int fd) {
    const uint8_t *bytes;
    size_t length;
    while ((length = avs_tls_output(tls, &bytes)) > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            avs_tls_output_done(tls, (size_t)sent);
            continue;
        }
        int os_errno = errno;
        if (is_retry(os_errno)) {
            return;
        }
        if (os_errno != EINTR) {
            /* what the peer said before it left comes first */
            (void)avs_tls_socket_fill(tls, fd);
            avs_tls_input_end(tls, kind_of_errno(os_errno));
            return;
        }
    }
}

bool avs_tls_socket_fill(struct avs_tls *tls, int fd) {
    uint8_t *space;
    size_t room;
    for (int turn = 0; turn < FILL_TURNS_MAX; turn++) {
        room = avs_tls_input_space(tls, &space);
        if (room == 0) {
            return false;
        }
        ssize_t length = recv(fd, space, room, 0);
        if (length > 0) {
            avs_tls_input_done(tls, (size_t)length);
            if ((size_t)length < room) {
                return true; /* the socket is empty for now */
            }
        } else if (length == 0) {
            avs_tls_input_end(tls, AVS_CLOSE_EOF);
            return true;
        } else if (errno != EINTR) {
            if (!is_retry(errno)) {
                avs_tls_input_end(tls, kind_of_errno(errno));
            }
            return true;
        }
    }
    return true; /* a peer that never stops must not keep us from our deadline: poll says more */
}
