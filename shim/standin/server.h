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
#include "pki.h"
#include "scenarios.h"
#include "standin.h"

#define CONNECTIONS_MAX 256 /* one more evicts the one that was idle longest */
#define LISTENERS_MAX   2   /* 127.0.0.1 and ::1 */

struct connection;

struct avs_standin {
    struct pki pki;
    struct identity *identities; /* by scenario, minted when first asked for */
    SSL_CTX *tls;
    int listeners[LISTENERS_MAX];
    int listener_count;
    struct connection *connections[CONNECTIONS_MAX];
    int connection_count;
    uint64_t random; /* state of the faults' generator */
    unsigned directive_interval_ms;

    /* constant once started, any thread */
    struct files files;
    uint16_t port;
    int wake[2]; /* a byte in it ends the loop */
    pthread_t thread;
    bool has_thread;

    /* any thread */
    atomic_uint_fast64_t connections_seen, handshakes, requests, directives, faults;
};

uint64_t standin_now_ms(void);
/* The identity of a scenario, minted at first use; NULL when OpenSSL fails. */
const struct identity *standin_identity(struct avs_standin *standin, size_t scenario);
/* The thread's function. */
void *standin_loop(void *standin);
/* Next number of the seeded generator. */
uint64_t standin_random(struct avs_standin *standin);

#endif
