/* SPDX-License-Identifier: Apache-2.0 */
/* Moving ciphertext between a TLS engine and a non-blocking socket. */
#ifndef AVS_TLS_SOCKET_H
#define AVS_TLS_SOCKET_H

#include "tls/engine.h"

/** Send what the engine has, as far as the socket takes it. An error ends the engine's input. */
void avs_tls_socket_flush(struct avs_tls *tls, int fd);

/** Receive what is there, as far as the engine takes it and not more than it holds at once; ends
 * the engine's input at the end. False: there may be more. */
bool avs_tls_socket_fill(struct avs_tls *tls, int fd);

#endif
