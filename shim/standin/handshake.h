/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake, and the steps of it that every shape of the stand-in takes. */
#ifndef AVS_STANDIN_HANDSHAKE_H
#define AVS_STANDIN_HANDSHAKE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct connection;
struct identity;

/* The SSL_CTX of every connection, with the callbacks that read the scenario from the SNI. */
SSL_CTX *handshake_context_new(void);
/* Go on with the handshake with what has come; moves the phase. */
void handshake_step(struct connection *connection);

/* The server name of the ClientHello, not terminated; false when there is none. */
bool handshake_read_sni(SSL *ssl, const unsigned char **ret_name, size_t *ret_length);
/* True when the scenario does something on the ClientHello that ends the handshake: *alert is set,
 * and handshake_step does it. */
bool handshake_ends_at_hello(const struct connection *connection, int *alert);
/* Present this identity; a second one of another kind of key may follow. */
bool handshake_use_identity(SSL *ssl, const struct identity *identity);
bool handshake_use_versions(const struct connection *connection);

/* The ClientHello where the stand-in is shaped like AWS IoT Core; as SSL_client_hello_cb_fn. */
int iot_on_client_hello(struct connection *connection, int *alert);

/* The ClientHello where a server is played again; the same. */
int replay_on_client_hello(struct connection *connection, int *alert);
/* True where a proxy is played: what comes is not TLS, and replay_answer_plain looks at it. */
bool replay_is_plain(const struct connection *connection);
void replay_answer_plain(struct connection *connection);

#endif
