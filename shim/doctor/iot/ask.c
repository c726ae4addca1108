/* SPDX-License-Identifier: Apache-2.0 */
/* See ask.h. */
#include "iot/ask.h"

#include <avs/verdict.h>

#include "base/clock.h"

/* Nothing came over a verified connection: the check's own judgement says why. */
static enum avs_status judge_way(struct avs_iot_endpoint *endpoint, struct avs_error *reterr) {
    struct avs_verdict *verdict = calloc(1, sizeof(*verdict));
    AVS_REQUIRE_MEMORY(verdict, reterr);
    avs_judge(endpoint->evidence, verdict);
    const struct avs_session_verdict *session = &verdict->session[AVS_PROTOCOL_HTTP1];
    const struct avs_http_facts *http = &endpoint->evidence->session[AVS_PROTOCOL_HTTP1].http;
    bool is_lost = session->cause_count == 0; /* of a connection that was well */
    endpoint->cause = !is_lost               ? session->causes[0]
                      : http->has_timed_out  ? AVS_CAUSE_RESPONSE_TIMEOUT
                      : http->bytes_received ? AVS_CAUSE_AWS_ANSWER_BAD
                                             : AVS_CAUSE_CONNECTION_LOST;
    bool is_refused = session->outcome == AVS_SESSION_FAIL || http->bytes_received > 0;
    endpoint->exit_code = is_refused ? AVS_ASK_REFUSED : AVS_ASK_NO_REACH;
    free(verdict);
    return AVS_OK;
}

static enum avs_status read_answer(struct avs_iot_endpoint *endpoint,
                                   const struct avs_h1_answer *answer, struct avs_error *reterr) {
    const struct avs_http_facts *http = &endpoint->evidence->session[AVS_PROTOCOL_HTTP1].http;
    char error_type[AVS_ANSWER_CODE_BYTES], date[64];
    avs_h1_answer_header(answer, "x-amzn-ErrorType", error_type, sizeof(error_type));
    avs_h1_answer_header(answer, "Date", date, sizeof(date));
    const struct avs_iot_reply reply = {
        .status = http->status,
        .error_type = error_type,
        .date = date,
        .location = http->redirect_host,
        .body = answer->body.data ? answer->body.data : "",
        .length = answer->body.length,
        .is_cut = answer->is_cut,
        .is_complete = http->is_complete,
        .now_unix = avs_clock_wall_ms() / 1000,
    };
    AVS_TRY(avs_iot_answer_read(&reply, &endpoint->answer, reterr));
    endpoint->has_answer = true;
    endpoint->cause = endpoint->answer.cause;
    endpoint->exit_code = endpoint->cause == AVS_CAUSE_NONE ? 0 : AVS_ASK_REFUSED;
    return AVS_OK;
}

enum avs_status avs_aws_ask(struct avs_iot_endpoint *endpoint, const struct avs_check_options *way,
                            const struct avs_h1_request *request,
                            const struct avs_tls_identity *identity,
                            struct avs_h1_answer *ret_answer, struct avs_error *reterr) {
    avs_evidence_free(endpoint->evidence);
    endpoint->evidence = NULL;
    endpoint->has_answer = false;
    endpoint->answer = (struct avs_iot_answer){.cause = AVS_CAUSE_NONE};
    AVS_TRY(avs_check_request(way, request, identity, ret_answer, &endpoint->evidence, reterr));
    const struct avs_session_evidence *session = &endpoint->evidence->session[AVS_PROTOCOL_HTTP1];
    bool has_head =
        session->tls.is_verified && session->http.status > 0 && !session->http.has_timed_out;
    return has_head ? read_answer(endpoint, ret_answer, reterr) : judge_way(endpoint, reterr);
}
