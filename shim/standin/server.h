/* SPDX-License-Identifier: Apache-2.0 */
/* What the loop and the connections share. Everything here belongs to the loop's thread but the
 * fields named otherwise. */
#ifndef AVS_STANDIN_SERVER_H
#define AVS_STANDIN_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "files.h"
#include "iot.h"
#include "iot_files.h"
#include "pki.h"
#include "replay_pki.h"
#include "scenarios.h"
#include "sight.h"
#include "standin.h"

#define CONNECTIONS_MAX 256 /* one more evicts the one that was idle longest */
#define LISTENERS_MAX   6   /* 127.0.0.1 and ::1, for three ports where it is IoT-shaped */
#define REPLAY_FILLERS  4   /* connections that fill a backlog */

struct connection;

struct avs_standin {
    struct pki pki;
    struct identity *identities;     /* by scenario, minted when first asked for */
    struct identity *iot_identities; /* the same: an RSA one and an ECDSA one each */
    X509_STORE *device_cas;
    struct sight *sight;             /* NULL: no client is being qualified */
    const struct avs_replay *replay; /* NULL: nothing is played again; borrowed */
    struct replay_pki replayed;
    int closed_port; /* of a replay that serves nothing: bound, and not accepted on; else -1 */
    int fillers[REPLAY_FILLERS];
    unsigned iot_turn; /* requests that are answered by turns */
    bool is_iot;
    char iot_host[IOT_HOST_BYTES]; /* one more name for the first scenario, or "" */
    SSL_CTX *tls;
    struct listener {
        int fd;
        enum avs_standin_iot_port port;
    } listeners[LISTENERS_MAX];
    int listener_count;
    struct connection *connections[CONNECTIONS_MAX];
    int connection_count;
    uint64_t random; /* state of the faults' generator */
    unsigned directive_interval_ms;

    /* constant once started, any thread */
    struct files files;
    struct iot_files iot_files;
    uint16_t port;
    uint16_t iot_ports[AVS_STANDIN_IOT_PORT_COUNT];
    int wake[2]; /* a byte in it ends the loop */
    pthread_t thread;
    bool has_thread;

    /* any thread */
    atomic_uint_fast64_t connections_seen, handshakes, requests, directives, faults;
};

uint64_t standin_now_ms(void);
/* The identity of a scenario, minted at first use; NULL when OpenSSL fails. */
const struct identity *standin_identity(struct avs_standin *standin, size_t scenario);
/* The same for one of AWS IoT Core's shape. */
const struct identity *standin_iot_identity(struct avs_standin *standin, size_t index,
                                            bool is_ecdsa);
/* The same for a case that a client is being qualified by. */
const struct identity *standin_case_identity(struct avs_standin *standin, size_t index);
/* Have every connection that waits accepted; the sight is told when it is done. Any thread. */
void standin_accept_all(struct avs_standin *standin);
/* A replay that serves nothing: take the port, give it back. */
bool replay_listen(struct avs_standin *standin, uint16_t port, char *error, size_t error_bytes);
void replay_close(struct avs_standin *standin);
/* The thread's function. */
void *standin_loop(void *standin);
/* Next number of the seeded generator. */
uint64_t standin_random(struct avs_standin *standin);

#endif
