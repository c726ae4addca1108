/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 session of a check; see h2_session.h. */
#include "check/h2_session.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/link.h"
#include "h1/head.h"
#include "net/dial.h"

#define END_GRACE_US (2 * AVS_DIAL_GRACE_US) /* for the core's own timeout, which knows more */

/* Its ceilings are on names and values; in their lines is ": " and a line end, too. */
#define HEAD_BYTES_MAX (AVS_H2_HEADER_BLOCK_BYTES + (AVS_H2_HEADER_COUNT + 2) * 16)

/* What makes a request longer: HPACK's Huffman code would need 14 bits for this character, so that
 * it travels as it is (RFC 7541 appendix B). */
#define FILL_NAME "x-avs-shim-fill: "
#define FILL      '^'
/* About, besides the host's name: preface, settings and the rest of the request as one record, and
 * the end of a TLS 1.3 handshake, which leaves with it. */
#define REQUEST_BYTES 198

struct run {
    const struct avs_check_plan *plan;
    struct avs_session_evidence *session;
    struct avs_core core;
    struct avs_client_stats stats;
    struct avs_links links;
    struct avs_loop *loop;
    struct avs_buffer head; /* header lines, as the engine words them */
    struct avs_buffer body;
    int status;
    bool is_complete;
    bool is_finished;
    bool has_ended;    /* a connection */
    bool is_malformed; /* the answer, though perhaps not the session */
    bool has_no_memory;
};

/* ---------------------------------------------------------------- the request */

static bool on_response_code(void *user, uint64_t id, int code) {
    struct run *run = user;
    (void)id;
    run->status = code;
    return true;
}

static bool on_header_line(void *user, uint64_t id, const char *line, size_t length) {
    struct run *run = user;
    (void)id;
    avs_buffer_add(&run->head, line, length); /* the engine has its own ceilings */
    return true;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct run *run = user;
    (void)id;
    size_t room = AVS_H2_ANSWER_BYTES_MAX - run->body.length;
    avs_buffer_add(&run->body, bytes, length < room ? length : room);
    return AVS_SINK_SUCCESS;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct run *run = user;
    (void)id;
    run->is_complete = finish == AVS_FINISH_COMPLETE;
    /* all else is judged by the evidence, for a check and for the transport alike */
    run->is_malformed = failure && failure->cause == AVS_CAUSE_HTTP2_ERROR &&
                        !(failure->evidence && failure->evidence->http.rst_received);
    run->has_no_memory = failure && failure->cause == AVS_CAUSE_OUT_OF_MEMORY;
    run->is_finished = true;
}

static enum avs_status submit(struct run *run, struct avs_error *reterr) {
    char agent[64];
    avs_text_format(agent, sizeof(agent), "user-agent: avs-shim/%s", avs_version());
    char fill[AVS_CHECK_REQUEST_BYTES_MAX] = FILL_NAME;
    size_t rest = sizeof(FILL_NAME) - 1 + REQUEST_BYTES + strlen(run->plan->endpoint.host);
    bool is_filled = run->plan->request_bytes > rest;
    if (is_filled) {
        size_t length = run->plan->request_bytes - rest;
        size_t room = sizeof(fill) - sizeof(FILL_NAME);
        memset(fill + sizeof(FILL_NAME) - 1, FILL, length < room ? length : room);
    }
    const char *const headers[] = {agent, "accept: */*", fill};
    const struct avs_request request = {
        .size = sizeof(request),
        .url = run->plan->endpoint.url,
        .headers = headers,
        .header_count = AVS_COUNT(headers) - !is_filled,
        .user = run,
        .on_response_code = on_response_code,
        .on_header_line = on_header_line,
        .on_data = on_data,
        .on_finished = on_finished,
    };
    struct avs_exchange *exchange = NULL;
    uint64_t id = 0;
    bool is_wakeup_needed = false;
    AVS_TRY(avs_exchange_new(&run->core.any.memo, &request, &exchange, reterr));
    enum avs_status status =
        avs_inbox_submit(&run->core.any.inbox, exchange, &id, &is_wakeup_needed, reterr);
    if (status != AVS_OK) {
        avs_exchange_free(exchange);
    }
    return status;
}

/* ---------------------------------------------------------------- the connection */

/* A connection ended: the last one is what the client was left with. */
static void on_connection_ended(void *user, const struct avs_session_evidence *evidence) {
    struct run *run = user;
    *run->session = *evidence;
    run->has_ended = true;
}

static enum avs_status set_up(struct run *run, struct avs_error *reterr) {
    const struct avs_check_plan *plan = run->plan;
    const struct avs_check_options *options = plan->options;
    int64_t left_us = plan->deadline_us - avs_clock_monotonic_us();
    left_us = left_us > 1000 ? left_us : 1000;
    const struct avs_link_options links = {
        .ca_file = options->ca_file,
        .ca_path = options->ca_path,
        .store_source = options->store_source,
        .proxy = options->proxy,
        .interface_name = options->interface_name,
        .connect_to = plan->connect_to,
        .ats_roots = plan->ats_roots,
        .dial_timeout_ms = (int)(left_us / 1000),
        .alpn = plan->alpn ? plan->alpn : AVS_CHECK_ALPN_H2,
        .trial = plan->trial ? &plan->trial->tls : NULL,
        .segment_bytes = plan->segment_bytes,
        .offers_sessions = false, /* the whole chain is to be seen */
    };
    const struct avs_core_options core = {
        .connect_timeout_us = left_us,
        .ping_interval_us = AVS_NEVER_US, /* the deadline finds a dead server */
        .ping_timeout_us = AVS_NEVER_US,
        .idle_timeout_us = AVS_NEVER_US,
        .receive_window_bytes = AVS_RECEIVE_WINDOW_BYTES_DEFAULT,
        .receive_window_max_bytes = AVS_RECEIVE_WINDOW_BYTES_DEFAULT,
        .max_concurrent_streams = UINT32_MAX,
        .require_ats = false, /* the judge says it, with all that was seen */
        .user = run,
        .on_connection_ended = on_connection_ended,
        .transport = avs_links_transport(&run->links),
    };
    AVS_TRY(avs_loop_new(&run->loop, reterr));
    avs_links_init(&run->links, &links, &run->core, run->loop);
    return avs_core_init(&run->core, &core, &run->stats, reterr);
}

/* The deadline has passed, or the answer is longer than any that we want. */
static void cut(struct run *run, bool is_timeout) {
    const struct avs_transport *transport = &run->core.options.transport;
    for (struct avs_conn *each = run->core.loop.conns; each; each = each->next) {
        if (each->state == AVS_CONN_OPEN) {
            each->evidence.http.has_timed_out = is_timeout;
        } else if (each->state == AVS_CONN_CONNECTING && is_timeout) {
            transport->note_timeout(transport->user, each); /* one after the first: begun late */
        }
    }
}

static bool is_too_long(const struct run *run) {
    uint64_t bytes = 0;
    for (const struct avs_conn *each = run->core.loop.conns; each; each = each->next) {
        bytes += each->evidence.http.bytes_received;
    }
    return bytes >= AVS_H2_RECEIVED_MAX;
}

static void go(struct run *run) {
    int64_t end_us = run->plan->deadline_us;
    for (;;) {
        int64_t now_us = avs_clock_monotonic_us();
        avs_core_turn(&run->core, now_us);
        if (run->has_ended && run->plan->is_one_connection) {
            return; /* what may have been begun instead has not sent anything yet */
        }
        avs_links_flush(&run->links);
        const struct avs_conn *conn = run->core.loop.conns;
        bool is_connecting = conn && conn->state == AVS_CONN_CONNECTING;
        int64_t until_us = end_us + (is_connecting ? END_GRACE_US : 0);
        if (run->is_finished || is_too_long(run) || now_us >= until_us) {
            cut(run, !run->is_finished && now_us >= until_us);
            return;
        }
        int64_t due_us = avs_core_deadline(&run->core);
        due_us = due_us < until_us ? due_us : until_us;
        struct avs_loop_fd fds[AVS_CONNS_MAX];
        size_t count = avs_links_collect(&run->links, fds, AVS_COUNT(fds));
        avs_loop_wait(run->loop, fds, count,
                      due_us > now_us ? (int)((due_us - now_us + 999) / 1000) : 0);
        now_us = avs_clock_monotonic_us();
        run->core.loop.now_us = now_us;
        avs_links_dispatch(&run->links, fds, count, now_us);
    }
}

/* ---------------------------------------------------------------- what came of it */

static void note_answer(struct run *run) {
    struct avs_http_facts *facts = &run->session->http;
    facts->is_complete = facts->head_complete = run->is_complete;
    facts->protocol_error |= run->is_malformed;
    if (run->head.length > 0) {
        /* the engine words its lines as HTTP/1.x does: one reader for both */
        (void)avs_h1_read_head((const uint8_t *)run->head.data, run->head.length, facts);
        facts->bad_head = false; /* RFC 9113's rules were the engine's to check */
    }
    facts->status = facts->head_complete ? run->status : 0; /* half a head is no answer */
    if (facts->bytes_received >= AVS_H2_RECEIVED_MAX) {
        facts->is_complete |= facts->status > 0; /* all that we want of it */
        facts->is_flood |= facts->status == 0 && !facts->protocol_error;
    }
    if (run->body.length > 0) {
        facts->ats_message =
            avs_text_contains_nocase(run->body.data, run->body.length, AVS_ATS_PHRASE);
    }
    if (facts->settings_received && facts->version[0] == '\0') {
        AVS_TEXT_SET(facts->version, "HTTP/2");
    }
}

enum avs_status avs_check_h2_session(const struct avs_check_plan *plan,
                                     struct avs_session_evidence *session,
                                     struct avs_error *reterr) {
    struct run *run = calloc(1, sizeof(*run));
    AVS_REQUIRE_MEMORY(run, reterr);
    run->plan = plan;
    run->session = session;
    run->head = avs_buffer_init(HEAD_BYTES_MAX);
    run->body = avs_buffer_init(AVS_H2_ANSWER_BYTES_MAX);
    enum avs_status status = set_up(run, reterr);
    if (status == AVS_OK) {
        status = submit(run, reterr);
        if (status == AVS_OK) {
            go(run);
        }
        avs_core_done(&run->core); /* says goodbye, and on_connection_ended */
        note_answer(run);
        if (run->has_no_memory || run->head.is_failed || run->body.is_failed) {
            status = avs_fail_memory(reterr);
        }
    }
    avs_links_done(&run->links);
    avs_loop_free(run->loop);
    avs_buffer_done(&run->head);
    avs_buffer_done(&run->body);
    free(run);
    return status;
}
