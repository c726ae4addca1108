/* SPDX-License-Identifier: Apache-2.0 */
/* The client's logic: exchanges from the inbox to their origins' connections, their timeouts, and
 * the one place where they finish. */
#include "client/core.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/conn.h"
#include "client/failure.h"
#include "client/log_repeats.h"
#include "client/story.h"

void avs_core_note_deadline(struct avs_core *core, int64_t when_us) {
    if (when_us < core->loop.deadline_us) {
        core->loop.deadline_us = when_us;
    }
}

void avs_core_note_ended(struct avs_core *core) {
    core->loop.has_ended_conns = true;
    avs_core_note_deadline(core, core->loop.now_us);
}

int64_t avs_core_deadline(const struct avs_core *core) {
    return core->loop.deadline_us;
}

/* Whatever the caller asked for, no wait of a connection is without its end. */
static int64_t within_a_day(int64_t wait_us) {
    const int64_t most_us = (int64_t)AVS_WAIT_MS_MAX * 1000;
    return wait_us < most_us ? wait_us : most_us;
}

static void limit_waits(struct avs_core_options *options) {
    options->connect_timeout_us = within_a_day(options->connect_timeout_us);
    options->ping_interval_us = within_a_day(options->ping_interval_us);
    options->ping_timeout_us = within_a_day(options->ping_timeout_us);
    options->idle_timeout_us = within_a_day(options->idle_timeout_us);
}

enum avs_status avs_core_init(struct avs_core *core, const struct avs_core_options *options,
                              struct avs_client_stats *stats, struct avs_error *reterr) {
    *core = (struct avs_core){.options = *options};
    limit_waits(&core->options);
    core->any.stats = stats;
    core->loop.deadline_us = AVS_NEVER_US;
    AVS_TRY(avs_inbox_init(&core->any.inbox, reterr));
    int code = pthread_mutex_init(&core->any.memo.lock, NULL);
    if (code != 0) {
        avs_inbox_done(&core->any.inbox);
        return avs_fail_errno(reterr, AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL, code,
                              "cannot make a mutex: %s", strerror(code));
    }
    return AVS_OK;
}

/* ---------------------------------------------------------------- origins */

static struct avs_origin *find_origin(struct avs_core *core, const char *host, uint16_t port) {
    for (struct avs_origin *each = core->loop.origins; each; each = each->next) {
        if (each->port == port && strcmp(each->host, host) == 0) {
            return each;
        }
    }
    return NULL;
}

static bool is_unused(const struct avs_origin *origin) {
    return origin->queue.count == 0 && origin->conn_count == 0;
}

static void drop_unused_origins(struct avs_core *core) {
    struct avs_origin **place = &core->loop.origins;
    while (*place) {
        struct avs_origin *origin = *place;
        if (is_unused(origin)) {
            *place = origin->next;
            core->loop.origin_count--;
            free(origin);
        } else {
            place = &origin->next;
        }
    }
}

/* NULL: too many, or out of memory; the failure is told through `box`. */
static struct avs_origin *get_origin(struct avs_core *core, const struct avs_exchange *exchange,
                                     struct avs_failure_box *box) {
    struct avs_origin *origin = find_origin(core, exchange->host, exchange->port);
    if (origin) {
        return origin;
    }
    if (core->loop.origin_count >= AVS_CLIENT_ORIGINS_MAX) {
        drop_unused_origins(core); /* their requests were cancelled before there was a dial */
    }
    if (core->loop.origin_count >= AVS_CLIENT_ORIGINS_MAX) {
        avs_failure_set(box, AVS_CAUSE_INTERNAL, exchange->host, NULL,
                        "the client has connections to %d origins, its limit",
                        AVS_CLIENT_ORIGINS_MAX);
        return NULL;
    }
    origin = calloc(1, sizeof(*origin));
    if (!origin) {
        avs_failure_set(box, AVS_CAUSE_OUT_OF_MEMORY, exchange->host, NULL, "out of memory");
        return NULL;
    }
    origin->port = exchange->port;
    AVS_TEXT_SET(origin->host, exchange->host);
    bool brackets = strchr(exchange->host, ':') != NULL;
    avs_text_format(origin->url, sizeof(origin->url), "https://%s%s%s:%u", brackets ? "[" : "",
                    exchange->host, brackets ? "]" : "", exchange->port);
    origin->next = core->loop.origins;
    core->loop.origins = origin;
    core->loop.origin_count++;
    return origin;
}

void avs_core_back_off(struct avs_core *core, struct avs_origin *origin) {
    int64_t delay_ms = AVS_REDIAL_MS;
    for (unsigned i = 0; i < origin->unserved && delay_ms < AVS_REDIAL_MS_MAX; i++) {
        delay_ms *= 2;
    }
    origin->unserved++;
    origin->redial_us = core->loop.now_us + delay_ms * 1000;
}

/* ---------------------------------------------------------------- exchanges */

void avs_core_finish(struct avs_core *core, struct avs_exchange *exchange, enum avs_finish finish,
                     const struct avs_failure *failure) {
    struct avs_conn *conn = exchange->loop.conn;
    if (conn) {
        avs_h2_cancel(conn->h2, &exchange->loop.stream, AVS_H2_CODE_CANCEL);
        avs_conn_detach(conn, exchange);
    } else if (exchange->loop.is_queued) {
        avs_exchange_remove(&exchange->loop.origin->queue, exchange);
    }
    struct avs_exchange *previous = exchange->loop.all_previous, *next = exchange->loop.all_next;
    *(previous ? &previous->loop.all_next : &core->loop.all_first) = next;
    if (next) {
        next->loop.all_previous = previous;
    }
    if (exchange->loop.origin && !exchange->request.is_long_lived) {
        exchange->loop.origin->brief_count--;
    }
    core->loop.awaited_count -= exchange->loop.has_response ? 0 : 1;
    core->loop.has_just_finished = true;
    avs_inbox_forget(&core->any.inbox, exchange);
    avs_story_finished(core, exchange, finish, failure);
    exchange->request.on_finished(exchange->request.user, exchange->id, finish, failure);
    AVS_CORE_COUNT(core, streams_finished);
    avs_exchange_free(exchange);
}

void avs_core_requeue(struct avs_exchange *exchange) {
    exchange->loop.is_queued = true;
    avs_exchange_insert(&exchange->loop.origin->queue, exchange);
}

static int64_t deadline_after(const struct avs_core *core, int timeout_ms) {
    return timeout_ms > 0 ? core->loop.now_us + (int64_t)timeout_ms * 1000 : AVS_NEVER_US;
}

static void finish_shut_down(struct avs_core *core, struct avs_exchange *exchange) {
    struct avs_failure_box box;
    const struct avs_conn *conn = exchange->loop.conn;
    avs_failure_set(&box, AVS_CAUSE_SHUT_DOWN,
                    exchange->loop.origin ? exchange->loop.origin->url : exchange->host,
                    conn ? &conn->evidence : NULL, "the client was shut down");
    avs_core_finish(core, exchange, AVS_FINISH_CANCELLED, &box.failure);
}

static void take_in(struct avs_core *core, struct avs_exchange *exchange) {
    exchange->loop.connection_deadline_us =
        deadline_after(core, exchange->request.connection_timeout_ms);
    exchange->loop.transfer_deadline_us =
        deadline_after(core, exchange->request.transfer_timeout_ms);
    exchange->loop.active_us = exchange->loop.taken_us = core->loop.now_us;
    exchange->loop.retry_us = AVS_NEVER_US;
    exchange->loop.all_next = core->loop.all_first;
    if (core->loop.all_first) {
        core->loop.all_first->loop.all_previous = exchange;
    }
    core->loop.all_first = exchange;
    core->loop.awaited_count++;
    struct avs_failure_box box;
    struct avs_origin *origin = get_origin(core, exchange, &box);
    if (!origin) {
        avs_failure_log(core, "requestFailed", exchange, &box);
        avs_core_finish(core, exchange, AVS_FINISH_INTERNAL_ERROR, &box.failure);
        return;
    }
    exchange->loop.origin = origin;
    origin->brief_count += exchange->request.is_long_lived ? 0 : 1;
    exchange->loop.is_queued = true;
    avs_exchange_append(&origin->queue, exchange);
    avs_core_note_deadline(core, avs_exchange_deadline(exchange));
}

/* What a timed-out exchange was waiting for. */
static void finish_timed_out(struct avs_core *core, struct avs_exchange *exchange,
                             const char *which) {
    struct avs_conn *conn = exchange->loop.conn ? exchange->loop.conn : exchange->loop.origin->conn;
    enum avs_cause cause = AVS_CAUSE_RESPONSE_TIMEOUT;
    const char *waiting_for = "the answer";
    if (exchange->loop.conn) {
        waiting_for = exchange->loop.has_response ? "the rest of the answer" : "the answer";
    } else if (conn && conn->state == AVS_CONN_OPEN) {
        waiting_for = "a free stream on the connection";
    } else if (conn && conn->evidence.dial.outcome == AVS_DIAL_CONNECTED) {
        cause = AVS_CAUSE_TLS_TIMEOUT;
        waiting_for = "TLS to be established";
    } else {
        cause = AVS_CAUSE_CONNECT_TIMEOUT;
        waiting_for = "a connection";
    }
    struct avs_failure_box box;
    avs_failure_set(&box, cause, exchange->loop.origin->url, conn ? &conn->evidence : NULL,
                    "the request's %s timeout passed while it waited for %s", which, waiting_for);
    avs_failure_log(core, "requestTimedOut", exchange, &box);
    avs_core_finish(core, exchange, AVS_FINISH_TIMEOUT, &box.failure);
}

static bool is_paused(const struct avs_exchange *exchange) {
    return exchange->loop.stream.is_sink_paused || exchange->loop.stream.is_source_paused;
}

/* The exchange may be gone after this. */
static void advance_exchange(struct avs_core *core, struct avs_exchange *exchange) {
    if (core->loop.now_us < avs_exchange_deadline(exchange)) {
        return;
    }
    if (core->loop.now_us >= exchange->loop.transfer_deadline_us) {
        finish_timed_out(core, exchange, "transfer");
        return;
    }
    if (!exchange->loop.has_response &&
        core->loop.now_us >= exchange->loop.connection_deadline_us) {
        finish_timed_out(core, exchange, "connection");
        return;
    }
    int64_t silence_us = (int64_t)exchange->request.activity_timeout_ms * 1000;
    if (silence_us > 0 && core->loop.now_us - exchange->loop.active_us >= silence_us) {
        if (!is_paused(exchange)) {
            finish_timed_out(core, exchange, "activity");
            return;
        }
        exchange->loop.active_us = core->loop.now_us; /* its own owner is the silent one */
    }
    if (core->loop.now_us >= exchange->loop.retry_us) {
        exchange->loop.retry_us = AVS_NEVER_US;
        if (exchange->loop.conn) {
            avs_conn_resume(exchange->loop.conn, exchange);
        }
    }
}

/* ---------------------------------------------------------------- one turn */

static void advance_time(struct avs_core *core) {
    if (core->loop.now_us < core->loop.deadline_us) {
        return;
    }
    core->loop.deadline_us = AVS_NEVER_US; /* what happens from here on notes its own */
    struct avs_exchange *next;
    for (struct avs_exchange *each = core->loop.all_first; each; each = next) {
        next = each->loop.all_next;
        advance_exchange(core, each);
    }
    for (struct avs_conn *each = core->loop.conns; each; each = each->next) {
        avs_conn_advance(each);
    }
    for (struct avs_exchange *each = core->loop.all_first; each; each = each->loop.all_next) {
        avs_core_note_deadline(core, avs_exchange_deadline(each));
    }
    for (struct avs_conn *each = core->loop.conns; each; each = each->next) {
        avs_core_note_deadline(core, avs_conn_deadline(each));
    }
    avs_core_note_deadline(core, avs_repeats_tell(&core->options.log, core->loop.now_us));
}

static void read_mail(struct avs_core *core) {
    struct avs_mail mail;
    /* a thread that never stops posting gets its turn, not all of them */
    for (unsigned i = 0; i < AVS_CLIENT_STREAMS_MAX && avs_inbox_take_mail(&core->any.inbox, &mail);
         i++) {
        struct avs_exchange *exchange = mail.exchange;
        if (mail.is_cancel_wanted) {
            struct avs_failure_box box;
            const struct avs_conn *conn = exchange->loop.conn;
            avs_failure_set(&box, AVS_CAUSE_CANCELLED, exchange->loop.origin->url,
                            conn ? &conn->evidence : NULL, "the request was cancelled");
            avs_core_finish(core, exchange, AVS_FINISH_CANCELLED, &box.failure);
        } else if (exchange->loop.conn) {
            avs_conn_resume(exchange->loop.conn, exchange);
        }
    }
}

static void shut_down(struct avs_core *core) {
    core->loop.is_shut_down = true;
    while (core->loop.all_first) {
        finish_shut_down(core, core->loop.all_first);
    }
    for (struct avs_conn *each = core->loop.conns; each; each = each->next) {
        if (each->state != AVS_CONN_ENDED) {
            avs_conn_end_quietly(each);
        }
    }
}

static void serve_origin(struct avs_core *core, struct avs_origin *origin) {
    while (origin->queue.first && origin->conn && avs_conn_can_send(origin->conn)) {
        struct avs_exchange *exchange = origin->queue.first;
        avs_exchange_remove(&origin->queue, exchange);
        exchange->loop.is_queued = false;
        avs_conn_send(origin->conn, exchange);
    }
    if (origin->queue.first && !origin->conn && core->loop.conn_count < AVS_CONNS_MAX) {
        if (core->loop.now_us >= origin->redial_us) {
            avs_conn_open(core, origin);
        } else {
            avs_core_note_deadline(core, origin->redial_us);
        }
    }
    if (!origin->queue.first && origin->conn && origin->conn->state == AVS_CONN_CONNECTING) {
        avs_conn_end_quietly(origin->conn); /* nobody waits for it any more */
    }
}

static void sweep(struct avs_core *core) {
    if (!core->loop.has_ended_conns) {
        return;
    }
    core->loop.has_ended_conns = false;
    struct avs_conn **place = &core->loop.conns;
    while (*place) {
        struct avs_conn *conn = *place;
        if (conn->state != AVS_CONN_ENDED) {
            place = &conn->next;
            continue;
        }
        if (!conn->is_released) {
            conn->is_released = true;
            core->options.transport.close(core->options.transport.user, conn);
        }
        if (conn->whole.count > 0) {
            place = &conn->next;
            continue;
        }
        *place = conn->next;
        avs_conn_free(conn);
    }
    drop_unused_origins(core);
}

static void advance_draining(struct avs_core *core) {
    for (struct avs_conn *each = core->loop.conns; each; each = each->next) {
        if (each->is_draining && each->state == AVS_CONN_OPEN) {
            avs_conn_advance_draining(each);
        }
    }
}

static void take_posts(struct avs_core *core) {
    bool has_mail = false, is_shut_down = false;
    struct avs_exchange *each =
        avs_inbox_take_submitted(&core->any.inbox, &has_mail, &is_shut_down);
    for (struct avs_exchange *next; each; each = next) {
        next = each->mail.submitted_next;
        take_in(core, each);
    }
    if (has_mail) {
        read_mail(core);
    }
    if (is_shut_down && !core->loop.is_shut_down) {
        shut_down(core);
    }
}

void avs_core_turn(struct avs_core *core, int64_t now_us) {
    core->loop.now_us = now_us;
    if (avs_inbox_has_posts(&core->any.inbox)) {
        take_posts(core);
    }
    advance_time(core);
    for (struct avs_origin *each = core->loop.origins; each; each = each->next) {
        serve_origin(core, each);
    }
    advance_draining(core);
    sweep(core);
}

void avs_core_network_changed(struct avs_core *core, int64_t now_us) {
    core->loop.now_us = now_us;
    AVS_CORE_COUNT(core, network_changes);
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG5, "AvsClient", "networkChanged");
    for (struct avs_conn *each = core->loop.conns; each; each = each->next) {
        avs_conn_probe(each);
    }
}

bool avs_core_is_finished(const struct avs_core *core) {
    return core->loop.is_shut_down && !core->loop.all_first && !core->loop.conns;
}

void avs_core_end_all(struct avs_core *core) {
    (void)avs_inbox_shut_down(&core->any.inbox);
    do {
        avs_core_turn(core, core->loop.now_us);
    } while (!avs_core_is_finished(core));
    drop_unused_origins(core);
}

void avs_core_done(struct avs_core *core) {
    avs_core_end_all(core);
    pthread_mutex_destroy(&core->any.memo.lock);
    avs_inbox_done(&core->any.inbox);
}
