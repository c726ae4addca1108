/* SPDX-License-Identifier: Apache-2.0 */
/* Is the peer alive? A connection with open streams is asked by an HTTP/2 PING when it was silent
 * for long, soon after something that wants an answer, and at once when the network changed. All
 * that a connection waits for in time is here.
 *
 * The sum, by the defaults of <avs/client.h>: a peer that died is found out 30 s + 5 s = 35 s after
 * its last byte where only a silent stream (the downchannel) is open, AVS_PING_INTERVAL_MS_DEFAULT
 * and then AVS_PING_TIMEOUT_MS_DEFAULT; 5 s after something was sent that wants an answer. */
#include "client/conn_internal.h"
#include "client/story.h"

/* A request that gets no sign of life for this part of the PING timeout makes us ask; the PING is
 * then due when the whole timeout is over. */
#define ASK_AFTER_PART       5
#define PROBE_TIMEOUT_US_MAX 4000000 /* after a change of the network */

static int64_t after(int64_t now_us, int64_t delay_us) {
    return delay_us == AVS_NEVER_US ? AVS_NEVER_US : now_us + delay_us;
}

/* Something went out that the peer has to react to. */
void avs_conn_expect_answer(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    if (conn->unanswered_us == AVS_NEVER_US && !conn->is_ping_out) {
        conn->unanswered_us = core->loop.now_us;
        if (core->options.ping_timeout_us != AVS_NEVER_US) {
            avs_core_note_deadline(core, core->loop.now_us +
                                             core->options.ping_timeout_us / ASK_AFTER_PART);
        }
    }
}

static void ping(struct avs_conn *conn, int64_t due_us) {
    static const uint8_t payload[8] = "avs-shim";
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_h2_ping(conn->h2, payload, &error) != AVS_OK) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, error.cause, "%s", error.message);
        return;
    }
    conn->is_ping_out = true;
    conn->pinged_us = conn->core->loop.now_us;
    avs_story_pinged(conn);
    conn->unanswered_us = AVS_NEVER_US;
    conn->ping_due_us = due_us;
    AVS_CORE_COUNT(conn->core, pings_sent);
    avs_core_note_deadline(conn->core, due_us);
}

/* When to ask for a sign of life, while no PING is out. */
static int64_t ping_at(const struct avs_conn *conn) {
    const struct avs_core_options *options = &conn->core->options;
    if (options->ping_timeout_us == AVS_NEVER_US) {
        return AVS_NEVER_US;
    }
    int64_t at_us = after(conn->received_us, options->ping_interval_us);
    if (conn->unanswered_us != AVS_NEVER_US) {
        int64_t asked_us = conn->unanswered_us + options->ping_timeout_us / ASK_AFTER_PART;
        at_us = asked_us < at_us ? asked_us : at_us;
    }
    return at_us;
}

/* What is due on a connection whose bytes flow, SETTINGS or not: a server that takes the requests
 * of the first flight and says nothing is as dead as one that fell silent later. */
static int64_t alive_deadline(const struct avs_conn *conn) {
    if (conn->is_ping_out) {
        return conn->ping_due_us;
    }
    if (conn->exchanges.count > 0) {
        return ping_at(conn);
    }
    return conn->is_ready ? after(conn->idle_since_us, conn->core->options.idle_timeout_us)
                          : AVS_NEVER_US;
}

/* But for the streams of a connection that drains: see avs_conn_advance_draining. */
static int64_t own_deadline(const struct avs_conn *conn) {
    int64_t alive_us = AVS_NEVER_US;
    switch (conn->state) {
    case AVS_CONN_ENDED:
        return AVS_NEVER_US;
    case AVS_CONN_CONNECTING:
        break;
    case AVS_CONN_OPEN:
        alive_us = alive_deadline(conn);
        break;
    }
    return conn->is_ready || alive_us < conn->connect_due_us ? alive_us : conn->connect_due_us;
}

int64_t avs_conn_deadline(const struct avs_conn *conn) {
    int64_t own_us = own_deadline(conn);
    return own_us < conn->pushed_due_us ? own_us : conn->pushed_due_us;
}

static void fail_unresponsive(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    const struct avs_transport *transport = &core->options.transport;
    if (transport->has_progressed && transport->has_progressed(transport->user, conn)) {
        /* a slow path that still takes our bytes; the PING waits behind them */
        conn->ping_due_us = after(core->loop.now_us, core->options.ping_timeout_us);
        avs_core_note_deadline(core, conn->ping_due_us);
        return;
    }
    int64_t silent_ms = (core->loop.now_us - conn->received_us) / 1000;
    if (conn->exchanges.count == 0) {
        avs_conn_end_quietly(conn);
    } else if (conn->is_probe) {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_NETWORK_CHANGED,
                      "after a change of this machine's addresses or routes the server did not "
                      "answer any more (silent for %lld ms)",
                      (long long)silent_ms);
    } else {
        avs_conn_fail(conn, AVS_FINISH_INTERNAL_ERROR, AVS_CAUSE_PEER_UNRESPONSIVE,
                      "no answer to an HTTP/2 PING; the server was silent for %lld ms",
                      (long long)silent_ms);
    }
}

void avs_conn_advance(struct avs_conn *conn) {
    if (conn->core->loop.now_us < own_deadline(conn)) {
        return;
    }
    if (!conn->is_ready && conn->core->loop.now_us >= conn->connect_due_us) {
        const struct avs_transport *transport = &conn->core->options.transport;
        if (transport->note_timeout) {
            transport->note_timeout(transport->user, conn);
        }
        if (conn->state == AVS_CONN_OPEN) {
            avs_conn_fail(conn, AVS_FINISH_TIMEOUT, AVS_CAUSE_RESPONSE_TIMEOUT,
                          "TLS stands, but the server's HTTP/2 SETTINGS did not come");
        } else {
            avs_conn_fail_connecting(conn, NULL);
        }
    } else if (conn->is_ping_out) {
        fail_unresponsive(conn);
    } else if (conn->exchanges.count > 0) {
        int64_t since_us =
            conn->unanswered_us != AVS_NEVER_US ? conn->unanswered_us : conn->core->loop.now_us;
        ping(conn, since_us + conn->core->options.ping_timeout_us);
    } else {
        avs_conn_end_quietly(conn);
    }
}

void avs_conn_probe(struct avs_conn *conn) {
    struct avs_core *core = conn->core;
    int64_t timeout_us = core->options.ping_timeout_us;
    if (conn->state != AVS_CONN_OPEN || !conn->is_ready || timeout_us == AVS_NEVER_US) {
        return;
    }
    if (timeout_us > PROBE_TIMEOUT_US_MAX) {
        timeout_us = PROBE_TIMEOUT_US_MAX;
    }
    if (!conn->is_ping_out) {
        conn->is_probe = true;
        ping(conn, core->loop.now_us + timeout_us);
    } else if (core->loop.now_us + timeout_us < conn->ping_due_us) {
        conn->ping_due_us = core->loop.now_us + timeout_us;
        avs_core_note_deadline(core, conn->ping_due_us);
    }
}
