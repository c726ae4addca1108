/* SPDX-License-Identifier: Apache-2.0 */
/* What the server sees of the client of one case. The loop's thread notes, another one asks. */
#ifndef AVS_STANDIN_SIGHT_H
#define AVS_STANDIN_SIGHT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "pki.h"
#include "qualify.h"
#include "scenarios.h"

/* A server: what is shown of it, and how it behaves. */
struct qualify_case {
    struct avs_qualify_case shown;
    struct scenario tls;
};

size_t qualify_count(void);
const struct qualify_case *qualify_at(size_t index);

struct facts {
    unsigned connections, open, hellos, not_tls, handshakes;
    uint64_t application_bytes;
    int alert; /* -1: none */
};

struct sight {
    pthread_mutex_t lock;
    size_t playing; /* index of the case; the fields from here to `rounds` are behind the lock */
    struct facts facts;
    unsigned rounds; /* times that every waiting connection was accepted when it was asked for */
    int notify[2];   /* a byte in it for whatever is new */
    char host[256];
    struct identity *identities; /* by case; the loop's */
};

enum sight_event {
    SIGHT_OPENED,
    SIGHT_CLOSED,
    SIGHT_HELLO,
    SIGHT_NOT_TLS,
    SIGHT_HANDSHAKE,
    SIGHT_BYTES, /* amount */
    SIGHT_ALERT, /* its number */
    SIGHT_ROUND, /* of whatever case */
};

/* NULL: out of memory or descriptors. */
struct sight *sight_new(const char *host);
void sight_free(struct sight *sight);

/* Note what a connection of case `of` did; that of an earlier case is dropped. NULL is fine. */
void sight_note(struct sight *sight, size_t of, enum sight_event event, uint64_t amount);
size_t sight_playing(struct sight *sight);
/* Begin a case: nothing is seen yet. */
void sight_play(struct sight *sight, size_t index);
/* What has been seen, and the rounds so far. */
struct facts sight_look(struct sight *sight, unsigned *ret_rounds);
/* Empty the notices. */
void sight_hush(struct sight *sight);

#endif
