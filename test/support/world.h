/* SPDX-License-Identifier: Apache-2.0 */
/* A client without threads and sockets: the core, connections whose other end is the scripted peer,
 * and a clock that the test moves. */
#ifndef AVS_TEST_WORLD_H
#define AVS_TEST_WORLD_H

#include "support/test.h"

#include "client/conn.h"
#include "client/core.h"
#include "support/outcome.h"
#include "support/peer.h"

#define WORLD_CONNS_MAX (AVS_CLIENT_ORIGINS_MAX + 8)
#define WORLD_URL       "https://device.example/v20160207/events"

struct world_conn {
    struct avs_conn *conn;     /* NULL once it was closed */
    struct peer_script script; /* what the peer says; written by the test */
    size_t fed;
    uint8_t *sent; /* what the client said */
    size_t sent_length, sent_capacity;
    bool is_blocked; /* the socket takes nothing */
};

struct world {
    struct avs_core core;
    struct avs_client_stats stats;
    struct world_conn conns[WORLD_CONNS_MAX]; /* in the order in which they were dialled */
    size_t conn_count;
    int64_t now_us;
    size_t step;     /* bytes for each feed, 0 = all at once */
    bool is_refused; /* open fails at once */
    bool has_progress;
    unsigned connected, goaways, disconnected, disconnect_failures;
};

/* Options in force unless the test changes world->core.options afterwards: the client's defaults.
 */
void world_init(struct world *world);
/* Shuts down what is left, and asserts that every submit was finished just once. */
void world_done(struct world *world);

/* Submit a request that reports into `outcome` (outcome_init is called). */
uint64_t world_submit(struct world *world, struct outcome *outcome, const char *url);
uint64_t world_submit_request(struct world *world, const struct avs_request *request);

/* One turn of the loop at the clock's time, and all bytes out. */
void world_turn(struct world *world);
/* Let `ms` pass, turning whenever something is due; returns how often it was. */
unsigned world_advance(struct world *world, unsigned ms);
/* Connection `index` is up; the peer's SETTINGS are put into its script. */
void world_up(struct world *world, size_t index);
/* Hand what the script holds to the client, and turn. */
void world_feed(struct world *world, size_t index);
/* The peer closes the connection. */
void world_down(struct world *world, size_t index, enum avs_close_kind kind);
/* Dial, up, SETTINGS: the usual beginning. */
void world_connect(struct world *world, size_t index);

/* Frames of that type that the client sent on connection `index` (stream 0 = any). */
size_t world_sent(const struct world *world, size_t index, uint8_t type, uint32_t stream_id);

#endif
