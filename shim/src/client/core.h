/* SPDX-License-Identifier: Apache-2.0 */
/* The client without its thread and its sockets: requests, origins, connections, timeouts, retries.
 * A pure state machine: time is an argument, connecting is the transport's, which the tests replace
 * by a scripted one. */
#ifndef AVS_CLIENT_CORE_H
#define AVS_CLIENT_CORE_H

#include <avs/client.h>

#include "client/exchange.h"
#include "client/inbox.h"

#define AVS_RESENDS_MAX 2 /* of one request: refused, or left over by a GOAWAY that served none */

/* Connections of one client: for each origin one that takes streams and one that drains. */
#define AVS_CONNS_MAX (AVS_CLIENT_ORIGINS_MAX * 2)

/* Before another connection to an origin whose last one was of no use: doubled each time. */
#define AVS_REDIAL_MS     250u
#define AVS_REDIAL_MS_MAX (32 * AVS_REDIAL_MS)

struct avs_conn;

/* How connections come about. */
struct avs_transport {
    void *user;
    /* Begin to connect. avs_conn_on_up or avs_conn_on_down follows later, not from inside.
     * A failure is final: `conn`'s evidence tells what is known. */
    enum avs_status (*open)(void *user, struct avs_conn *conn, struct avs_error *reterr);
    /* Let go of it. What avs_conn_pull still gives may be sent first, without waiting. */
    void (*close)(void *user, struct avs_conn *conn);
    /* Optional: it took too long; note in its evidence what it was at. */
    void (*note_timeout)(void *user, struct avs_conn *conn);
    /* Optional: did the peer's side take any of the bytes under way since this was last asked? */
    bool (*has_progressed)(void *user, struct avs_conn *conn);
};

/* Settings in force, in microseconds; AVS_NEVER_US = no limit. */
struct avs_core_options {
    int64_t connect_timeout_us, ping_interval_us, ping_timeout_us, idle_timeout_us;
    uint32_t receive_window_bytes, receive_window_max_bytes; /* the first, and what it may become */
    uint32_t max_concurrent_streams; /* UINT32_MAX = the server's limit alone */
    bool require_ats;
    struct avs_log log;
    void *user;
    void (*on_connected)(void *user, const char *origin,
                         const struct avs_session_evidence *evidence);
    void (*on_goaway)(void *user, const char *origin, uint32_t h2_code, uint32_t last_stream_id);
    void (*on_disconnected)(void *user, const char *origin, const struct avs_failure *failure);
    /* Optional: a connection is no more; all that was seen on it. Borrowed. */
    void (*on_connection_ended)(void *user, const struct avs_session_evidence *evidence);
    struct avs_transport transport;
};

/* One scheme, host and port: its queue, and the one connection that takes new streams. */
struct avs_origin {
    struct avs_origin *next;
    struct avs_exchange_list queue;
    struct avs_conn *conn; /* connecting or open; NULL = to be dialled when the queue has something.
                              A draining connection is not here any more */
    size_t conn_count;     /* with the draining ones */
    unsigned unserved;     /* connections in a row that GOAWAY ended before they served anybody */
    int64_t redial_us;     /* not before, therefore */
    size_t brief_count;    /* its unfinished requests but the long-lived ones, wherever they are */
    uint16_t port;
    char host[AVS_NAME_BYTES];
    char url[AVS_NAME_BYTES + 16]; /* "https://host:port" */
};

struct avs_core {
    struct avs_core_options options; /* fixed */
    /* Any thread: each has a lock of its own, or is written with atomics. */
    struct {
        struct avs_inbox inbox;
        struct avs_exchange_memo memo;  /* for avs_exchange_new */
        struct avs_client_stats *stats; /* borrowed */
    } any;
    /* The loop's. */
    struct {
        struct avs_origin *origins;
        size_t origin_count;
        struct avs_conn *conns;
        size_t conn_count; /* with those that drain: at most AVS_CONNS_MAX, further origins wait */
        struct avs_exchange *all_first; /* every exchange that was taken and is not finished */
        int64_t now_us;
        int64_t deadline_us;    /* never later than the first thing that is due; may be earlier */
        size_t awaited_count;   /* exchanges without a response yet */
        bool has_just_finished; /* an exchange, since the loop last looked */
        bool is_shut_down;
        bool has_ended_conns; /* to be swept */
    } loop;
};

AVS_NODISCARD enum avs_status avs_core_init(struct avs_core *core,
                                            const struct avs_core_options *options,
                                            struct avs_client_stats *stats,
                                            struct avs_error *reterr);
/* End what is left: every exchange CANCELLED, every connection closed. Callbacks run. Other threads
 * may go on posting: from here on they are refused. */
void avs_core_end_all(struct avs_core *core);
/* Finish, and release it: no thread may post any more. */
void avs_core_done(struct avs_core *core);

/* Take what other threads left, let time pass, send what can be sent, connect what must be. */
void avs_core_turn(struct avs_core *core, int64_t now_us);
/* When avs_core_turn is due at the latest. */
int64_t avs_core_deadline(const struct avs_core *core);
/* Addresses or routes of this machine changed: ask every peer for a sign of life. */
void avs_core_network_changed(struct avs_core *core, int64_t now_us);
/* Shut down, and nothing is left. */
bool avs_core_is_finished(const struct avs_core *core);

/* ---- for conn.c */

/* The last step of an exchange, the only place that calls on_finished. `failure` NULL = complete.
 */
void avs_core_finish(struct avs_core *core, struct avs_exchange *exchange, enum avs_finish finish,
                     const struct avs_failure *failure);
/* Back into its origin's queue, at its old place. */
void avs_core_requeue(struct avs_exchange *exchange);
/* A connection of `origin` is over and has served nobody: let some time pass before the next. */
void avs_core_back_off(struct avs_core *core, struct avs_origin *origin);
/* A connection ended, or has nothing left that it was kept for: sweep it soon. */
void avs_core_note_ended(struct avs_core *core);
/* Something is due at `when_us`. */
void avs_core_note_deadline(struct avs_core *core, int64_t when_us);

#define AVS_CORE_COUNT(core, field) \
    ((void)__atomic_add_fetch(&(core)->any.stats->field, 1, __ATOMIC_RELAXED))

#endif
