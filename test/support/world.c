/* SPDX-License-Identifier: Apache-2.0 */
/* The harness of the sim tests. */
#include "support/world.h"

#include <string.h>

#include "base/flow.h"

void *__real_realloc(void *pointer, size_t size);

static struct world_conn *find(struct world *world, const struct avs_conn *conn) {
    for (size_t i = 0; i < world->conn_count; i++) {
        if (world->conns[i].conn == conn) {
            return &world->conns[i];
        }
    }
    return NULL;
}

static enum avs_status open_conn(void *user, struct avs_conn *conn, struct avs_error *reterr) {
    struct world *world = user;
    if (world->is_refused) {
        return avs_fail_cause(reterr, AVS_ERR_PROXY, AVS_CAUSE_PROXY_FAILED, "no such proxy");
    }
    assert_true(world->conn_count < WORLD_CONNS_MAX);
    world->conns[world->conn_count++] = (struct world_conn){.conn = conn};
    return AVS_OK;
}

static void pull(struct world_conn *entry) {
    size_t length;
    do {
        if (entry->sent_capacity - entry->sent_length < 16384) {
            entry->sent_capacity = entry->sent_capacity * 2 + 65536;
            entry->sent = __real_realloc(entry->sent, entry->sent_capacity);
            assert_non_null(entry->sent);
        }
        length = avs_conn_pull(entry->conn, entry->sent + entry->sent_length, 16384);
        entry->sent_length += length;
    } while (length > 0);
}

static void close_conn(void *user, struct avs_conn *conn) {
    struct world *world = user;
    struct world_conn *entry = find(world, conn);
    if (entry) {
        if (conn->h2 && !entry->is_blocked) {
            pull(entry);
        }
        entry->conn = NULL;
    }
}

static void note_timeout(void *user, struct avs_conn *conn) {
    (void)user;
    conn->evidence.dial.outcome = AVS_DIAL_TIMEOUT;
}

static bool has_progressed(void *user, struct avs_conn *conn) {
    struct world *world = user;
    (void)conn;
    return world->has_progress;
}

static void on_connected(void *user, const char *origin,
                         const struct avs_session_evidence *evidence) {
    struct world *world = user;
    assert_true(strncmp(origin, "https://", 8) == 0);
    assert_true(evidence->was_attempted);
    world->connected++;
}

static void on_goaway(void *user, const char *origin, uint32_t h2_code, uint32_t last_stream_id) {
    struct world *world = user;
    (void)origin;
    (void)h2_code;
    (void)last_stream_id;
    world->goaways++;
}

static void on_disconnected(void *user, const char *origin, const struct avs_failure *failure) {
    struct world *world = user;
    (void)origin;
    world->disconnected++;
    world->disconnect_failures += failure != NULL;
}

void world_init(struct world *world) {
    *world = (struct world){.now_us = 1000000};
    const struct avs_core_options options = {
        .connect_timeout_us = AVS_CONNECT_TIMEOUT_MS_DEFAULT * 1000LL,
        .ping_interval_us = AVS_PING_INTERVAL_MS_DEFAULT * 1000LL,
        .ping_timeout_us = AVS_PING_TIMEOUT_MS_DEFAULT * 1000LL,
        .idle_timeout_us = AVS_IDLE_TIMEOUT_MS_DEFAULT * 1000LL,
        .receive_window_bytes = AVS_RECEIVE_WINDOW_BYTES_DEFAULT,
        .receive_window_max_bytes = AVS_RECEIVE_WINDOW_MAX_BYTES_DEFAULT,
        .max_concurrent_streams = UINT32_MAX,
        .user = world,
        .on_connected = on_connected,
        .on_goaway = on_goaway,
        .on_disconnected = on_disconnected,
        .transport = {world, open_conn, close_conn, note_timeout, has_progressed},
    };
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_core_init(&world->core, &options, &world->stats, &error), AVS_OK);
}

void world_done(struct world *world) {
    avs_core_done(&world->core);
    assert_int_equal(world->stats.streams_finished, world->stats.streams_submitted);
    assert_int_equal(world->stats.connections_open, 0);
    assert_int_equal(world->connected, world->disconnected);
    for (size_t i = 0; i < world->conn_count; i++) {
        assert_null(world->conns[i].conn);
        peer_done(&world->conns[i].script);
        free(world->conns[i].sent);
    }
}

uint64_t world_submit_request(struct world *world, const struct avs_request *request) {
    struct avs_exchange *exchange = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    uint64_t id = 0;
    bool is_wakeup_needed;
    if (avs_exchange_new(&world->core.any.memo, request, &exchange, &error) != AVS_OK) {
        return 0;
    }
    if (avs_inbox_submit(&world->core.any.inbox, exchange, &id, &is_wakeup_needed, &error) !=
        AVS_OK) {
        avs_exchange_free(exchange);
        return 0;
    }
    world->stats.streams_submitted++;
    return id;
}

uint64_t world_submit(struct world *world, struct outcome *outcome, const char *url) {
    outcome_init(outcome);
    const struct avs_request request = outcome_request(outcome, url, false);
    return world_submit_request(world, &request);
}

void world_turn(struct world *world) {
    for (unsigned i = 0; i < 2; i++) { /* what pulling ends, the second turn sweeps */
        avs_core_turn(&world->core, world->now_us);
        for (size_t k = 0; k < world->conn_count; k++) {
            struct world_conn *entry = &world->conns[k];
            if (entry->conn && entry->conn->state == AVS_CONN_OPEN && !entry->is_blocked) {
                pull(entry);
            }
        }
    }
}

unsigned world_advance(struct world *world, unsigned ms) {
    int64_t end_us = world->now_us + (int64_t)ms * 1000;
    unsigned wakeups = 0;
    while (avs_core_deadline(&world->core) <= end_us) {
        int64_t due_us = avs_core_deadline(&world->core);
        world->now_us = due_us > world->now_us ? due_us : world->now_us;
        world_turn(world);
        assert_true(wakeups++ < 10000); /* a deadline that does not move would spin the loop */
    }
    world->now_us = end_us;
    world_turn(world);
    return wakeups;
}

void world_up(struct world *world, size_t index) {
    struct world_conn *entry = &world->conns[index];
    entry->conn->evidence.dial.outcome = AVS_DIAL_CONNECTED;
    entry->conn->evidence.tls.outcome = AVS_HANDSHAKE_ESTABLISHED;
    avs_conn_on_up(entry->conn, world->now_us);
    peer_settings(&entry->script, NULL, 0);
    world_turn(world);
}

void world_feed(struct world *world, size_t index) {
    struct world_conn *entry = &world->conns[index];
    while (entry->fed < entry->script.length && entry->conn &&
           entry->conn->state == AVS_CONN_OPEN) {
        size_t left = entry->script.length - entry->fed;
        size_t part = world->step && world->step < left ? world->step : left;
        avs_conn_on_bytes(entry->conn, entry->script.bytes + entry->fed, part, world->now_us);
        entry->fed += part;
        if (world->step) {
            world_turn(world);
        }
    }
    world_turn(world);
}

void world_down(struct world *world, size_t index, enum avs_close_kind kind) {
    struct world_conn *entry = &world->conns[index];
    entry->conn->evidence.http.close = kind;
    avs_conn_on_down(entry->conn, NULL, world->now_us);
    world_turn(world);
}

void world_connect(struct world *world, size_t index) {
    world_turn(world);
    assert_true(index < world->conn_count);
    world_up(world, index);
    world_feed(world, index);
}

size_t world_sent(const struct world *world, size_t index, uint8_t type, uint32_t stream_id) {
    const struct world_conn *entry = &world->conns[index];
    return peer_count(entry->sent, entry->sent_length, type, stream_id);
}
