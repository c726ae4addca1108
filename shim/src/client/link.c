/* SPDX-License-Identifier: Apache-2.0 */
/* The core's connections over real sockets: each has a pump, and all of a client share the trust
 * store and the TLS sessions. What the bytes mean is conn.c's. The dial's end comes from
 * avs_loop_wait; the rest from flush and dispatch. */
#include "client/link.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/pump.h"
#include "net/curl_info.h"
#include "trust/anchors.h"

struct avs_link {
    struct avs_links *links;
    struct avs_conn *conn;
    struct avs_link *next;
    struct avs_pump *pump;
    struct avs_tls_context *context; /* the store that it was proven with */
    char origin[AVS_NAME_BYTES + 8];
};

void avs_links_init(struct avs_links *links, const struct avs_link_options *options,
                    struct avs_core *core, struct avs_loop *loop) {
    *links = (struct avs_links){.options = *options, .core = core, .loop = loop};
}

void avs_links_done(struct avs_links *links) {
    avs_tls_context_unref(links->context);
    avs_anchors_unref(links->anchors);
}

/* Read the trust store, or find it unchanged. An updated one counts for every connection from now
 * on; those that stand keep the context that they were proven with. */
static enum avs_status prepare_context(struct avs_links *links, struct avs_tls_facts *facts,
                                       struct avs_error *reterr) {
    struct avs_anchors_options store = {.ca_file = links->options.ca_file,
                                        .ca_path = links->options.ca_path,
                                        .source = links->options.store_source};
    store.source = avs_net_curl_complete_store(store.source, &store.ca_file, &store.ca_path);
    struct avs_anchors *anchors = NULL;
    enum avs_status status = avs_anchors_load(&store, &facts->trust.store, &anchors, reterr);
    if (status != AVS_OK) {
        facts->outcome = AVS_HANDSHAKE_STORE_FAILED;
        return status;
    }
    if (links->context && anchors == links->anchors) {
        avs_anchors_unref(anchors);
        return AVS_OK;
    }
    struct avs_tls_context *context = NULL;
    const struct avs_tls_context_options options = {
        .anchors = anchors, .ats_roots = links->options.ats_roots, .caches_sessions = true};
    status = avs_tls_context_new(&options, &context, reterr);
    if (status != AVS_OK) {
        avs_anchors_unref(anchors);
        return status;
    }
    avs_links_done(links);
    links->context = context;
    links->anchors = anchors;
    return AVS_OK;
}

static void remove_link(struct avs_link *link) {
    struct avs_link **place = &link->links->first;
    while (*place != link) {
        place = &(*place)->next;
    }
    *place = link->next;
}

/* ---------------------------------------------------------------- from the pump */

static bool is_wanted(const struct avs_conn *conn) {
    return conn->state != AVS_CONN_ENDED;
}

static bool on_change(void *user, enum avs_pump_state state, const struct avs_error *error,
                      int64_t now_us) {
    struct avs_link *link = user;
    struct avs_conn *conn = link->conn;
    const struct avs_tls_facts *tls = &conn->evidence.tls;
    switch (state) {
    case AVS_PUMP_DIALLING:
    case AVS_PUMP_HANDSHAKING:
        break;
    case AVS_PUMP_UP:
        if (strcmp(tls->alpn, "h2") == 0 &&
            (tls->trust.gate.is_ats || !link->links->core->options.require_ats)) {
            avs_conn_on_up(conn, now_us);
            break;
        } /* the evidence says which of the two */
        avs_conn_on_down(conn, NULL, now_us);
        break;
    case AVS_PUMP_CLOSED:
        conn->evidence.http.close = avs_pump_close_kind(link->pump);
        avs_conn_on_down(conn, NULL, now_us);
        break;
    case AVS_PUMP_FAILED:
        avs_conn_on_down(conn, error, now_us);
        break;
    }
    return is_wanted(conn);
}

static bool on_bytes(void *user, const uint8_t *bytes, size_t length, int64_t now_us) {
    struct avs_link *link = user;
    avs_conn_on_bytes(link->conn, bytes, length, now_us);
    return is_wanted(link->conn);
}

static size_t pull(void *user, uint8_t *buffer, size_t capacity) {
    struct avs_link *link = user;
    return avs_conn_pull(link->conn, buffer, capacity);
}

static const struct avs_pump_callbacks callbacks = {
    .on_change = on_change, .on_bytes = on_bytes, .pull = pull};

/* ---------------------------------------------------------------- for the core */

static enum avs_status open_link(void *user, struct avs_conn *conn, struct avs_error *reterr) {
    struct avs_links *links = user;
    AVS_TRY(prepare_context(links, &conn->evidence.tls, reterr));
    struct avs_link *link = calloc(1, sizeof(*link));
    AVS_REQUIRE_MEMORY(link, reterr);
    link->links = links;
    link->conn = conn;
    link->context = avs_tls_context_ref(links->context);
    avs_text_format(link->origin, sizeof(link->origin), "%s:%u", conn->origin->host,
                    conn->origin->port);
    const struct avs_link_options *settings = &links->options;
    const struct avs_pump_options options = {
        .host = conn->origin->host,
        .port = conn->origin->port,
        .connect_to = &settings->connect_to,
        .proxy = settings->proxy,
        .interface_name = settings->interface_name,
        .dial_timeout_ms = settings->dial_timeout_ms,
        .unacknowledged_timeout_ms = settings->unacknowledged_timeout_ms,
        .segment_bytes = settings->segment_bytes,
        .trial = settings->trial,
        .context = link->context,
        .session_origin = settings->offers_sessions ? link->origin : NULL,
        .alpn = settings->alpn,
        .started_us = avs_clock_monotonic_us(),
        .dial = &conn->evidence.dial,
        .timing = &conn->evidence.timing,
        .tls = &conn->evidence.tls,
        .sent_total = &links->core->any.stats->bytes_sent,
        .received_total = &links->core->any.stats->bytes_received,
        .callbacks = &callbacks,
        .user = link,
    };
    enum avs_status status = avs_pump_new(links->loop, &options, &link->pump, reterr);
    if (status != AVS_OK) {
        avs_tls_context_unref(link->context);
        free(link);
        return status;
    }
    conn->link = link;
    link->next = links->first;
    links->first = link;
    return AVS_OK;
}

static void close_link(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    if (link) {
        avs_pump_free(link->pump);
        avs_tls_context_unref(link->context);
        remove_link(link);
        free(link);
        conn->link = NULL;
    }
}

static void note_timeout(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    if (link) {
        avs_pump_note_timeout(link->pump);
    } else {
        conn->evidence.dial.outcome = AVS_DIAL_TIMEOUT;
    }
}

static bool has_progressed(void *user, struct avs_conn *conn) {
    (void)user;
    struct avs_link *link = conn->link;
    return link && avs_pump_has_progressed(link->pump);
}

struct avs_transport avs_links_transport(struct avs_links *links) {
    return (struct avs_transport){
        .user = links,
        .open = open_link,
        .close = close_link,
        .note_timeout = note_timeout,
        .has_progressed = has_progressed,
    };
}

/* ---------------------------------------------------------------- for the loop */

void avs_links_flush(struct avs_links *links) {
    for (struct avs_link *each = links->first; each; each = each->next) {
        if (is_wanted(each->conn)) {
            avs_pump_flush(each->pump, links->core->loop.now_us);
        }
    }
}

size_t avs_links_collect(struct avs_links *links, struct avs_loop_fd *fds, size_t capacity) {
    size_t count = 0;
    for (struct avs_link *each = links->first; each && count < capacity; each = each->next) {
        if (is_wanted(each->conn) && avs_pump_wants(each->pump, &fds[count])) {
            count++;
        }
    }
    return count;
}

void avs_links_dispatch(struct avs_links *links, const struct avs_loop_fd *fds, size_t count,
                        int64_t now_us) {
    size_t index = 0;
    for (struct avs_link *each = links->first; each && index < count; each = each->next) {
        if (avs_pump_fd(each->pump) == fds[index].fd) {
            if (fds[index].is_readable && is_wanted(each->conn)) {
                avs_pump_receive(each->pump, now_us);
            }
            index++;
        }
    }
}

void avs_links_trim(struct avs_links *links) {
    for (struct avs_link *each = links->first; each; each = each->next) {
        if (is_wanted(each->conn)) {
            avs_pump_trim(each->pump);
        }
    }
}
