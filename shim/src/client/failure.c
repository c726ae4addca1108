/* SPDX-License-Identifier: Apache-2.0 */
/* Saying why. The judgement itself is avs_judge's; here it is only asked and put into an error. */
#include "client/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <avs/verdict.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "client/log_repeats.h"

/* Statuses that are more exact than their phase. */
static const struct {
    enum avs_cause cause;
    enum avs_status status;
} statuses[] = {
    {AVS_CAUSE_CONNECT_TIMEOUT, AVS_ERR_CONNECT_TIMEOUT},
    {AVS_CAUSE_PROXY_FAILED, AVS_ERR_PROXY},
    {AVS_CAUSE_TLS_TIMEOUT, AVS_ERR_TLS_TIMEOUT},
    {AVS_CAUSE_CA_FILE_UNREADABLE, AVS_ERR_CA_FILE_UNREADABLE},
    {AVS_CAUSE_CA_FILE_INVALID, AVS_ERR_CA_FILE_INVALID},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, AVS_ERR_CA_PATH_NOT_HASHED},
    {AVS_CAUSE_HTTP2_ERROR, AVS_ERR_HTTP2},
    {AVS_CAUSE_HTTP2_MISSING, AVS_ERR_HTTP2},
    {AVS_CAUSE_RESPONSE_TIMEOUT, AVS_ERR_TIMEOUT},
    {AVS_CAUSE_PEER_UNRESPONSIVE, AVS_ERR_CONNECTION_LOST},
    {AVS_CAUSE_CONNECTION_LOST, AVS_ERR_CONNECTION_LOST},
    {AVS_CAUSE_NETWORK_CHANGED, AVS_ERR_CONNECTION_LOST},
    {AVS_CAUSE_CANCELLED, AVS_ERR_CANCELLED},
    {AVS_CAUSE_SHUT_DOWN, AVS_ERR_SHUT_DOWN},
    {AVS_CAUSE_OUT_OF_MEMORY, AVS_ERR_NO_MEMORY},
};

static enum avs_status status_of(enum avs_cause cause) {
    for (size_t i = 0; i < AVS_COUNT(statuses); i++) {
        if (statuses[i].cause == cause) {
            return statuses[i].status;
        }
    }
    switch (avs_cause_info(cause)->phase) {
    case AVS_PHASE_CONFIG:
        return AVS_ERR_CONFIG;
    case AVS_PHASE_DNS:
        return AVS_ERR_DNS;
    case AVS_PHASE_TCP:
        return AVS_ERR_CONNECT;
    case AVS_PHASE_TLS:
        return AVS_ERR_TLS;
    case AVS_PHASE_TRUST:
        return AVS_ERR_TRUST;
    case AVS_PHASE_HTTP:
        return AVS_ERR_HTTP;
    case AVS_PHASE_REQUEST:
        return AVS_ERR_REQUEST;
    case AVS_PHASE_INTERNAL:
    case AVS_PHASE_COUNT:
        break;
    }
    return AVS_ERR_INTERNAL;
}

/* "https://host:port", "https://[v6]:port" or a host alone. */
static void host_of(const char *origin, char ret_host[AVS_NAME_BYTES]) {
    const char *start = strstr(origin, "://");
    start = start ? start + strlen("://") : origin;
    size_t length = start[0] == '[' ? strcspn(++start, "]") : strcspn(start, ":");
    avs_text_copy_bytes(ret_host, AVS_NAME_BYTES, start, length);
}

void avs_failure_setv(struct avs_failure_box *box, enum avs_cause cause, const char *origin,
                      const struct avs_session_evidence *evidence, const char *format,
                      va_list arguments) {
    const struct avs_cause_info *info = avs_cause_info(cause);
    if (format) {
        vsnprintf(box->reason, sizeof(box->reason), format, arguments);
    } else {
        char host[AVS_NAME_BYTES];
        host_of(origin, host);
        avs_fact_describe(cause, evidence, host, avs_clock_wall_ms() / 1000, box->reason);
    }
    box->error = (struct avs_error)AVS_ERROR_INIT;
    (void)avs_fail_cause(&box->error, status_of(cause), cause, "%s: %s%s%s", origin, box->reason,
                         format ? "" : ". ", format ? "" : info->remedy);
    if (evidence) {
        const struct avs_tls_facts *tls = &evidence->tls;
        box->error.os_errno = evidence->dial.os_errno;
        box->error.alert = tls->alert_received > 0 ? tls->alert_received
                           : tls->alert_sent > 0   ? tls->alert_sent
                                                   : -1;
        box->error.alert_from_peer = tls->alert_received > 0;
    }
    box->failure = (struct avs_failure){
        .size = sizeof(box->failure),
        .cause = cause,
        .origin = origin,
        .error = &box->error,
        .evidence = evidence,
    };
}

void avs_failure_set(struct avs_failure_box *box, enum avs_cause cause, const char *origin,
                     const struct avs_session_evidence *evidence, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    avs_failure_setv(box, cause, origin, evidence, format, arguments);
    va_end(arguments);
}

enum avs_cause avs_failure_cause(const struct avs_session_evidence *evidence, const char *host,
                                 bool requires_ats) {
    struct avs_evidence *whole = avs_evidence_new();
    if (!whole) {
        return AVS_CAUSE_OUT_OF_MEMORY;
    }
    AVS_TEXT_SET(whole->host, host);
    whole->require_ats = requires_ats;
    whole->wall_clock = avs_clock_wall_ms() / 1000;
    whole->build_time = avs_clock_build_time();
    whole->session[AVS_PROTOCOL_H2] = *evidence;
    struct avs_verdict verdict;
    avs_judge(whole, &verdict);
    avs_evidence_free(whole);
    const struct avs_session_verdict *session = &verdict.session[AVS_PROTOCOL_H2];
    return session->cause_count > 0 ? session->causes[0] : AVS_CAUSE_NONE;
}

/* An ERROR that was said already is only counted. */
static bool is_news(struct avs_core *core, const char *event, const struct avs_failure_box *box) {
    const struct avs_repeat failure = {event, box->failure.origin, box->reason, box->failure.cause};
    bool result = avs_repeats_note(&core->options.log, &failure, core->loop.now_us);
    if (!result) {
        avs_core_note_deadline(core, core->loop.now_us + AVS_REPEATS_TELL_US);
    }
    return result;
}

void avs_failure_log(struct avs_core *core, const char *event, const struct avs_exchange *exchange,
                     const struct avs_failure_box *box) {
    const struct avs_failure *failure = &box->failure;
    const struct avs_cause_info *info = avs_cause_info(failure->cause);
    enum avs_log_level level = info->severity == AVS_SEVERITY_INFO ? AVS_LOG_INFO : AVS_LOG_ERROR;
    if (level < core->options.log.level || (level == AVS_LOG_ERROR && !is_news(core, event, box))) {
        return;
    }
    struct avs_log_pair pairs[8] = {{"cause", info->id}, {"origin", failure->origin}};
    size_t count = 2;
    if (failure->evidence && failure->evidence->dial.address[0]) {
        pairs[count++] =
            (struct avs_log_pair){failure->evidence->dial.proxy[0] ? "proxyAddress" : "address",
                                  failure->evidence->dial.address};
    }
    char name[AVS_EXCHANGE_NAME_BYTES];
    if (exchange) {
        pairs[count++] = (struct avs_log_pair){"request", avs_exchange_name(exchange, name)};
    }
    pairs[count++] = (struct avs_log_pair){"reason", box->reason};
    pairs[count++] = (struct avs_log_pair){"remedy", info->remedy};
    avs_log_event(&core->options.log, level, "AvsClient", event, pairs);
}
