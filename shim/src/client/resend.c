/* SPDX-License-Identifier: Apache-2.0 */
/* Which request is sent again, and how often: one that a GOAWAY left unprocessed or the server
 * refused, and one whose connection was cut under it. */
#include "client/conn_internal.h"

/* A connection that has served others before its GOAWAY is no reason to give up: a server that
 * takes a few requests for each connection gets the rest on the next ones. */
bool avs_conn_may_resend(const struct avs_exchange *exchange) {
    return !exchange->loop.stream.was_source_read && !exchange->loop.has_response &&
           exchange->loop.resends < AVS_RESENDS_MAX;
}

void avs_conn_resend(struct avs_conn *conn, struct avs_exchange *exchange) {
    struct avs_core *core = conn->core;
    exchange->loop.resends += conn->is_draining && conn->has_served ? 0 : 1;
    exchange->loop.stream = (struct avs_h2_stream){0};
    exchange->loop.retry_us = AVS_NEVER_US;
    AVS_CORE_COUNT(core, streams_retried);
    avs_core_requeue(exchange);
}

/* How long after a request has left a cut may still have crossed it on its way. One that comes
 * later tells of a dead path, and its owner must not wait for another dial. */
#define CUT_RACE_US 1000000

/* Nobody can know whether the peer saw what had left. Where the connection had served others, it
 * may have gone away for a reason of its own just then, and what does no harm is sent once more, as
 * libcurl does under the stock transport (Curl_retry_request): what changes nothing, and what
 * lacked its whole body, for that can not have been acted on. */
bool avs_conn_may_move(const struct avs_conn *conn, const struct avs_exchange *exchange) {
    if (!conn->is_ready || !avs_conn_may_resend(exchange)) {
        return false;
    }
    bool is_harmless = exchange->is_repeatable || exchange->request.on_read;
    bool is_race = conn->core->loop.now_us - exchange->loop.active_us < CUT_RACE_US;
    return !exchange->loop.stream.was_sent ||
           (conn->is_cut && conn->has_served && is_harmless && is_race);
}
