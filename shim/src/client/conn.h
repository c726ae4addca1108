/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/2 connection: its streams, its keep-alive, its end. Pure: plaintext in and out, time as
 * an argument; see link.c for the socket and TLS. */
#ifndef AVS_CLIENT_CONN_H
#define AVS_CLIENT_CONN_H

#include "client/core.h"

enum avs_conn_state {
    AVS_CONN_CONNECTING, /* the transport is at it */
    AVS_CONN_OPEN,       /* bytes flow; ready once SETTINGS came */
    AVS_CONN_ENDED       /* to be swept; it only keeps `whole` */
};

struct avs_conn {
    struct avs_core *core;
    struct avs_origin *origin;
    struct avs_conn *next;
    void *link; /* the transport's */
    struct avs_h2 *h2;
    struct avs_exchange_list exchanges; /* those with an open stream here */
    /* Those whose answer came to its end while their sink paused. They need the connection no more
     * and outlive it. */
    struct avs_exchange_list whole;
    uint32_t grown_bytes; /* by which the windows of its streams have grown, all together */
    bool is_released;     /* the transport has let go of it */
    enum avs_conn_state state;
    bool is_ready;          /* the peer's SETTINGS came */
    bool is_draining;       /* takes no new streams */
    bool has_served;        /* an answer came */
    bool is_cut;            /* the peer, or the network, ended it */
    bool is_ping_out;       /* a PING waits for a sign of life */
    bool is_probe;          /* ... because the network changed */
    int64_t opened_us;      /* when it was asked for: its timing counts from there */
    int64_t connect_due_us; /* until it is ready */
    int64_t received_us;    /* last bytes from the peer */
    int64_t unanswered_us;  /* first thing sent since then that wants an answer; AVS_NEVER_US */
    int64_t pinged_us;      /* when a PING was sent last */
    int64_t ping_due_us;    /* when a PING is out */
    int64_t idle_since_us;  /* without streams */
    int64_t pushed_due_us;  /* GOAWAY came: its long-lived streams end by then; AVS_NEVER_US */
    struct avs_session_evidence evidence;
};

/* A new connection of `origin`, which the transport has been told to open. A failure was told to
 * the origin's queue already. */
void avs_conn_open(struct avs_core *core, struct avs_origin *origin);

/* From the transport. Each may end the connection: look at `state` before going on. */
void avs_conn_on_up(struct avs_conn *conn, int64_t now_us);
void avs_conn_on_bytes(struct avs_conn *conn, const uint8_t *bytes, size_t length, int64_t now_us);
/* It could not be established, or it is lost: the evidence tells more. `error` (may be NULL) is
 * for failures that leave no trace in the evidence. */
void avs_conn_on_down(struct avs_conn *conn, const struct avs_error *error, int64_t now_us);
/* Plaintext for the peer; 0 = nothing now. */
size_t avs_conn_pull(struct avs_conn *conn, uint8_t *buffer, size_t capacity);

/* From the core. */
void avs_conn_send(struct avs_conn *conn, struct avs_exchange *exchange);
bool avs_conn_can_send(struct avs_conn *conn); /* or drain it, when it never will again */
void avs_conn_resume(struct avs_conn *conn, struct avs_exchange *exchange);
void avs_conn_advance(struct avs_conn *conn); /* time has passed: core->loop.now_us */
/* It takes no new streams any more: end what has nothing left to wait for, perhaps itself. */
void avs_conn_advance_draining(struct avs_conn *conn);
int64_t avs_conn_deadline(const struct avs_conn *conn);
void avs_conn_probe(struct avs_conn *conn);
/* End it, without a failure: idle, drained, shut down, or nobody waits for it. */
void avs_conn_end_quietly(struct avs_conn *conn);
/* End it and its streams, and say why. While it was not ready yet, also all that waits for it. */
void avs_conn_fail(struct avs_conn *conn, enum avs_finish finish, enum avs_cause cause,
                   const char *format, ...) AVS_PRINTF(4, 5);
/* It let go of an exchange, or hands it on: to nobody's list. */
void avs_conn_detach(struct avs_conn *conn, struct avs_exchange *exchange);
/* Free an ended connection without exchanges. */
void avs_conn_free(struct avs_conn *conn);

#endif
