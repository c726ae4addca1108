/* SPDX-License-Identifier: Apache-2.0 */
/* The ClientHello where the stand-in is shaped like AWS IoT Core: the server name picks the
 * scenario, the port and the ALPN offer pick the protocol and whether a device certificate is
 * demanded, the signature algorithms pick the chain. A name that is not served is refused. */
#include <string.h>
#include <strings.h>

#include "connection.h"
#include "handshake.h"

/* The chain says nothing but that the stand-in's own authority signed it; a scenario may refuse it
 * all the same, and OpenSSL makes the alert of the error. */
static int on_device_certificate(int is_good, X509_STORE_CTX *store) {
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct connection *connection = SSL_get_app_data(ssl);
    if (is_good && connection->iot->client_error != X509_V_OK) {
        X509_STORE_CTX_set_error(store, connection->iot->client_error);
        return 0;
    }
    return is_good;
}

static bool choose_scenario(struct connection *connection) {
    const unsigned char *name = NULL;
    size_t length = 0;
    if (!handshake_read_sni(connection->ssl, &name, &length)) {
        return false;
    }
    const char *own = connection->standin->iot_host;
    size_t index = IOT_OWN_HOST;
    bool is_own = strlen(own) == length && strncasecmp(own, (const char *)name, length) == 0;
    if (!is_own && !iot_find(name, length, &index)) {
        return false;
    }
    connection->scenario_index = index;
    connection->iot = iot_at(index); /* the user's own host is the first row */
    connection->scenario = &connection->iot->tls;
    connection->hello = connection->scenario->hello;
    return true;
}

static bool present(struct connection *connection) {
    const struct iot_scenario *iot = connection->iot;
    struct avs_standin *standin = connection->standin;
    size_t index = connection->scenario_index;
    bool is_good = handshake_use_versions(connection);
    if (!iot->has_no_rsa) {
        is_good = is_good && handshake_use_identity(connection->ssl,
                                                    standin_iot_identity(standin, index, false));
    }
    if (iot->has_ecdsa) {
        is_good = is_good && handshake_use_identity(connection->ssl,
                                                    standin_iot_identity(standin, index, true));
    }
    if (connection->iot_rule->wants_certificate) {
        SSL_set_verify(connection->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       on_device_certificate);
        is_good = is_good && SSL_set1_verify_cert_store(connection->ssl, standin->device_cas) == 1;
    }
    return is_good;
}

int iot_on_client_hello(struct connection *connection, int *alert) {
    const unsigned char *offer = NULL;
    size_t length = 0;
    connection->has_scenario = true;
    if (!choose_scenario(connection)) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (handshake_ends_at_hello(connection, alert)) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    SSL_client_hello_get0_ext(connection->ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
                              &offer, &length);
    switch (iot_rule_find(connection->port, connection->iot->kind, offer, length,
                          &connection->iot_rule, &connection->alpn)) {
    case IOT_NO_SUCH_PORT:
        connection->hello = HELLO_CLOSE; /* nobody serves that name there */
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    case IOT_NO_SUCH_PROTOCOL:
        *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
        return SSL_CLIENT_HELLO_ERROR;
    case IOT_TAKEN:
        break;
    }
    if (!present(connection)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}
