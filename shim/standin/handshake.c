/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake: the SNI picks the scenario, the scenario picks certificate, versions, ALPN, or
 * does something else altogether. Nothing here touches the socket. */
#include "handshake.h"

#include <openssl/err.h>
#include <string.h>

#include "connection.h"
#include "faults.h"

enum { SNI_HEAD_BYTES = 5, SNI_BYTES_MAX = 255 };

/* The host name in a server_name extension (RFC 6066 section 3): list length, type 0, length. */
bool handshake_read_sni(SSL *ssl, const unsigned char **ret_name, size_t *ret_length) {
    const unsigned char *bytes = NULL;
    size_t size = 0;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) ||
        size <= SNI_HEAD_BYTES || bytes[2] != TLSEXT_NAMETYPE_host_name) {
        return false;
    }
    size_t length = (size_t)bytes[3] << 8 | bytes[4];
    if (length > size - SNI_HEAD_BYTES || length > SNI_BYTES_MAX) {
        return false;
    }
    *ret_name = bytes + SNI_HEAD_BYTES;
    *ret_length = length;
    return true;
}

bool handshake_use_identity(SSL *ssl, const struct identity *identity) {
    if (!identity) {
        return false;
    }
    SSL_set_security_level(ssl, 0); /* weak certificates and TLS 1.1 are ours to offer */
    if (SSL_use_certificate(ssl, identity->chain[0]) != 1 ||
        SSL_use_PrivateKey(ssl, identity->key) != 1 ||
        SSL_clear_chain_certs(ssl) != 1) { /* a second ClientHello comes here again */
        return false;
    }
    for (int i = 1; i < identity->length; i++) {
        if (SSL_add1_chain_cert(ssl, identity->chain[i]) != 1) {
            return false;
        }
    }
    return true;
}

bool handshake_use_versions(const struct connection *connection) {
    SSL *ssl = connection->ssl;
    int least = TLS1_2_VERSION;
    int most = TLS1_3_VERSION;
    switch (connection->scenario->versions) {
    case VERSIONS_MODERN:
        break;
    case VERSIONS_11_ONLY:
        least = most = TLS1_1_VERSION;
        break;
    case VERSIONS_12_ONLY:
        most = TLS1_2_VERSION;
        break;
    case VERSIONS_13_ONLY:
        least = TLS1_3_VERSION;
        break;
    }
    return SSL_set_min_proto_version(ssl, least) == 1 && SSL_set_max_proto_version(ssl, most) == 1;
}

bool handshake_ends_at_hello(const struct connection *connection, int *alert) {
    switch (connection->hello) {
    case HELLO_GO_ON:
    case HELLO_CUT:
        return false;
    case HELLO_ALERT:
        *alert = (int)connection->scenario->alert;
        return true;
    case HELLO_RESET:
    case HELLO_CLOSE:
    case HELLO_SILENT:
    case HELLO_BYTES:
        break;
    }
    *alert = SSL_AD_INTERNAL_ERROR; /* never sent: handshake_step throws it away */
    return true;
}

/* A client that is being qualified meets the case that is played, whatever name it asks for. */
static int on_hello_of_case(struct connection *connection, int *alert) {
    struct avs_standin *standin = connection->standin;
    size_t index = connection->qualify_index;
    if (!connection->has_scenario) {
        sight_note(standin->sight, index, SIGHT_HELLO, 0);
    }
    connection->has_scenario = true;
    connection->scenario = &qualify_at(index)->tls;
    if (!handshake_use_identity(connection->ssl, standin_case_identity(standin, index)) ||
        !handshake_use_versions(connection)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* A client that is being qualified says what it does not like in an alert. */
static void on_info(const SSL *ssl, int where, int value) {
    const struct connection *connection = SSL_get_app_data(ssl);
    int alert = value & 0xff;
    if (where == SSL_CB_READ_ALERT && alert != SSL_AD_CLOSE_NOTIFY) {
        sight_note(connection->standin->sight, connection->qualify_index, SIGHT_ALERT,
                   (uint64_t)alert);
    }
}

static int on_client_hello(SSL *ssl, int *alert, void *user) {
    (void)user;
    struct connection *connection = SSL_get_app_data(ssl);
    const unsigned char *name = NULL;
    size_t length = 0;
    if (connection->standin->sight) {
        return on_hello_of_case(connection, alert);
    }
    if (connection->standin->is_iot) {
        return iot_on_client_hello(connection, alert);
    }
    if (connection->standin->replay) {
        return replay_on_client_hello(connection, alert);
    }
    if (!connection->has_scenario && handshake_read_sni(ssl, &name, &length)) {
        connection->scenario_index = scenario_find(name, length);
        connection->scenario = scenario_at(connection->scenario_index);
    }
    const struct scenario *scenario = connection->scenario;
    if (!connection->has_scenario) {
        bool is_cut = scenario->h2.act == ODD_FAULTS && fault_cuts_handshake(connection->standin);
        connection->hello = is_cut ? HELLO_CUT : scenario->hello;
    }
    connection->has_scenario = true;
    if (handshake_ends_at_hello(connection, alert)) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (!handshake_use_identity(
            ssl, standin_identity(connection->standin, connection->scenario_index)) ||
        !handshake_use_versions(connection)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (scenario->wants_client_cert) {
        SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

static const unsigned char *find_protocol(const unsigned char *list, unsigned size,
                                          const char *protocol) {
    size_t length = strlen(protocol);
    for (unsigned at = 0; at < size && at + 1u + list[at] <= size; at += 1u + list[at]) {
        if (list[at] == length && memcmp(list + at + 1, protocol, length) == 0) {
            return list + at;
        }
    }
    return NULL;
}

static int on_alpn(SSL *ssl, const unsigned char **ret_protocol, unsigned char *ret_length,
                   const unsigned char *offered, unsigned size, void *user) {
    (void)user;
    const struct connection *connection = SSL_get_app_data(ssl);
    if (connection->iot) {
        *ret_protocol = (const unsigned char *)connection->alpn;
        *ret_length = (unsigned char)(connection->alpn ? strlen(connection->alpn) : 0);
        return connection->alpn ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
    }
    if (connection->standin->sight && size > 0 && offered[0] < size) {
        *ret_protocol = offered + 1; /* whatever it likes best */
        *ret_length = offered[0];
        return SSL_TLSEXT_ERR_OK;
    }
    const unsigned char *h2 = find_protocol(offered, size, "h2");
    const unsigned char *h1 = find_protocol(offered, size, "http/1.1");
    const unsigned char *choice = NULL;
    switch (connection->scenario->alpn) {
    case ALPN_ANY:
        choice = h2 ? h2 : h1;
        break;
    case ALPN_H1_ONLY:
        choice = h1;
        break;
    case ALPN_NONE:
        break;
    case ALPN_H2_STRICT:
        if (!h2) {
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        }
        choice = h2;
        break;
    case ALPN_H2_LENIENT:
        choice = h2;
        break;
    case ALPN_H1_STRICT:
        if (h2 || !h1) {
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        }
        choice = h1;
        break;
    }
    if (!choice) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *ret_length = choice[0];
    *ret_protocol = choice + 1;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *handshake_context_new(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) {
        return NULL;
    }
    static const unsigned char session_id[] = "stand-in";
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_session_id_context(context, session_id, sizeof(session_id) - 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, NULL);
    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
    return context;
}

/* What OpenSSL has queued for the peer is dropped. */
static void discard_output(struct connection *connection) {
    (void)BIO_reset(connection->to_peer);
}

static void act_on_hello(struct connection *connection) {
    const struct scenario *scenario = connection->scenario;
    switch (connection->hello) {
    case HELLO_GO_ON:
    case HELLO_ALERT:
        connection_end(connection, END_RAGGED); /* the alert is queued */
        return;
    case HELLO_CUT:
    case HELLO_CLOSE:
        discard_output(connection);
        connection_end(connection, END_RAGGED);
        return;
    case HELLO_RESET:
        discard_output(connection);
        connection_end(connection, END_RESET);
        return;
    case HELLO_SILENT:
        discard_output(connection);
        connection_fall_silent(connection);
        return;
    case HELLO_BYTES:
        discard_output(connection);
        BIO_write(
            connection->to_peer, scenario->hello_text,
            (int)(scenario->hello_length ? scenario->hello_length : strlen(scenario->hello_text)));
        connection_end(connection, END_RAGGED);
        return;
    }
}

/* Half of the flight that begins with the ServerHello, then the end. */
static void cut_flight(struct connection *connection) {
    char *flight = NULL;
    long length = BIO_get_mem_data(connection->to_peer, &flight);
    if (length <= 1) {
        return;
    }
    char half[READ_BYTES];
    size_t keep = (size_t)length / 2 < sizeof(half) ? (size_t)length / 2 : sizeof(half);
    memcpy(half, flight, keep);
    discard_output(connection);
    BIO_write(connection->to_peer, half, (int)keep);
    connection_end(connection, END_RAGGED);
}

void handshake_step(struct connection *connection) {
    ERR_clear_error();
    int result = SSL_do_handshake(connection->ssl);
    if (result == 1) {
        atomic_fetch_add(&connection->standin->handshakes, 1);
        sight_note(connection->standin->sight, connection->qualify_index, SIGHT_HANDSHAKE, 0);
        connection->phase = PHASE_FIRST;
        if (connection->standin->replay) {
            connection_hold(
                connection,
                connection->standin->replay->sessions[connection->replayed].answer_delay_ms);
        }
        return;
    }
    int error = SSL_get_error(connection->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ||
        error == SSL_ERROR_WANT_CLIENT_HELLO_CB) {
        if (connection->has_scenario && connection->hello == HELLO_CUT) {
            cut_flight(connection);
        }
        return;
    }
    if (!connection->has_scenario) {
        sight_note(connection->standin->sight, connection->qualify_index, SIGHT_NOT_TLS, 0);
    }
    act_on_hello(connection);
}
