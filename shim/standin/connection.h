/* SPDX-License-Identifier: Apache-2.0 */
/* One accepted connection: socket, TLS over memory buffers, and whichever protocol came out of it.
 */
#ifndef AVS_STANDIN_CONNECTION_H
#define AVS_STANDIN_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iot.h"
#include "scenarios.h"
#include "server.h"

enum connection_limits {
    READ_BYTES = 16384,
    OUTBOX_SOFT_BYTES = 128 * 1024,  /* above: produce no more, read no more */
    OUTBOX_HARD_BYTES = 1024 * 1024, /* above: give the connection up */
    HANDSHAKE_MS = 15000,
    IDLE_MS = 60000,
    SILENT_MS = 60000, /* a scenario's silence; longer than any sane client's patience */
    DOWNCHANNEL_IDLE_MS = 3600 * 1000,
    LINGER_MS = 2000, /* after our FIN, for the peer's */
    RESET_MS = 100,   /* before END_RESET_LATER */
};

enum connection_phase {
    PHASE_HANDSHAKE,
    PHASE_FIRST, /* handshake done, the first plain byte decides */
    PHASE_HTTP1,
    PHASE_MQTT,
    PHASE_H2,
    PHASE_SILENT, /* reads and says nothing */
    PHASE_FLUSH,  /* sends what is queued, then ends */
    PHASE_LINGER, /* FIN sent, waits for the peer's */
    PHASE_DEAD,   /* to be freed by the loop */
};

struct http1;
struct http2;
struct mqtt;

struct connection {
    struct avs_standin *standin;
    int fd;
    SSL *ssl;
    BIO *from_peer, *to_peer; /* owned by ssl */
    size_t scenario_index;
    const struct scenario *scenario;
    const struct iot_scenario *iot;  /* NULL: not of AWS IoT Core's shape */
    const struct iot_rule *iot_rule; /* what this port takes from this client; set with iot */
    const char *alpn;                /* of iot_rule: what is agreed on; NULL: nothing */
    size_t qualify_index;            /* the case, where a client is being qualified */
    int replayed;                    /* the session, where a server is played again */
    enum avs_standin_iot_port port;  /* where the stand-in is IoT-shaped */
    bool has_scenario;               /* the ClientHello came */
    enum hello_act hello;            /* the scenario's, or a fault's */
    enum connection_phase phase;
    enum ending ending; /* what PHASE_FLUSH ends with */
    bool peer_closed;
    uint8_t *outbox;
    size_t outbox_length, outbox_sent, outbox_capacity;
    struct http1 *http1;
    struct http2 *http2;
    struct mqtt *mqtt;
    bool is_greeted;         /* the handshake is done, and the first word was the server's */
    uint64_t hold_until_ms;  /* nothing is read or said before; 0: it is not held */
    uint64_t deadline_ms;    /* the connection is dropped then */
    uint64_t last_active_ms; /* for eviction */
};

/* Takes the descriptor. NULL: out of memory, the descriptor is closed. */
struct connection *connection_new(struct avs_standin *standin, int fd,
                                  enum avs_standin_iot_port port);
void connection_free(struct connection *connection);

void connection_on_readable(struct connection *connection);
void connection_on_writable(struct connection *connection);
void connection_on_time(struct connection *connection, uint64_t now_ms);
bool connection_wants_read(const struct connection *connection);
bool connection_wants_write(const struct connection *connection);
/* When connection_on_time must be called at the latest. */
uint64_t connection_next_ms(const struct connection *connection);

/* For the protocols: queue plain bytes (they are encrypted), room left before one should pause. */
void connection_send(struct connection *connection, const void *bytes, size_t length);
size_t connection_room(const struct connection *connection);
/* Send what is queued, then end in this way. END_KEEP does nothing. */
void connection_end(struct connection *connection, enum ending ending);
/* Stop talking; the connection stays for SILENT_MS. */
void connection_fall_silent(struct connection *connection);
/* Neither read nor say anything for so long, 0: no time at all. */
void connection_hold(struct connection *connection, unsigned delay_ms);
bool connection_is_held(const struct connection *connection);
/* Nothing for so long ends the connection. */
void connection_idle_limit(struct connection *connection, unsigned idle_ms);

#endif
