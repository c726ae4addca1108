/* Saying why. The judgement itself is avs_judge's; here it is only asked and put into an error. */
#include "client/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <avs/verdict.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define DETAIL_BYTES 256

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

/* The evidence's own words, empty when it has none. */
static void describe(const struct avs_session_evidence *evidence, enum avs_phase phase,
                     char *detail, size_t capacity) {
    const struct avs_dial_facts *dial = &evidence->dial;
    const struct avs_tls_facts *tls = &evidence->tls;
    switch (phase) {
    case AVS_PHASE_TCP:
        avs_text_format(detail, capacity, " (%s%s%s:%u%s%s)", dial->proxy,
                        dial->proxy[0] ? " to " : "", dial->address[0] ? dial->address : dial->host,
                        dial->port, dial->os_errno ? ", " : "",
                        dial->os_errno ? strerror(dial->os_errno) : "");
        return;
    case AVS_PHASE_TLS:
        if (tls->alert_received > 0) {
            avs_text_format(detail, capacity, " (the server sent alert %d)", tls->alert_received);
        } else if (tls->openssl_error[0]) {
            avs_text_format(detail, capacity, " (%s)", tls->openssl_error);
        }
        return;
    case AVS_PHASE_TRUST:
        if (tls->trust.store_detail[0]) {
            avs_text_format(detail, capacity, " (%s)", tls->trust.store_detail);
        } else if (tls->trust.verify_error == 0) {
            avs_text_format(detail, capacity, " (it ends in %s)", tls->trust.anchor_subject);
        } else if (tls->trust.verify_text[0]) {
            avs_text_format(detail, capacity, " (%s%s%s)", tls->trust.verify_text,
                            tls->trust.problem_subject[0] ? ": " : "", tls->trust.problem_subject);
        }
        return;
    case AVS_PHASE_CONFIG:
    case AVS_PHASE_DNS:
    case AVS_PHASE_HTTP:
    case AVS_PHASE_REQUEST:
    case AVS_PHASE_INTERNAL:
    case AVS_PHASE_COUNT:
        return;
    }
}

void avs_failure_setv(struct avs_failure_box *box, enum avs_cause cause, const char *origin,
                      const struct avs_session_evidence *evidence, const char *format,
                      va_list arguments) {
    const struct avs_cause_info *info = avs_cause_info(cause);
    char text[sizeof(box->error.message)] = "";
    if (format) {
        vsnprintf(text, sizeof(text), format, arguments);
    } else {
        char detail[DETAIL_BYTES] = "";
        if (evidence) {
            describe(evidence, info->phase, detail, sizeof(detail));
        }
        avs_text_format(text, sizeof(text), "%s%s %s", info->meaning, detail, info->remedy);
    }
    box->error = (struct avs_error)AVS_ERROR_INIT;
    (void)avs_fail_cause(&box->error, status_of(cause), cause, "%s: %s", origin, text);
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
    whole->any_root = !requires_ats;
    whole->wall_clock = avs_clock_wall_ms() / 1000;
    whole->build_time = avs_clock_build_time();
    whole->session[AVS_PROTOCOL_H2] = *evidence;
    struct avs_verdict verdict;
    avs_judge(whole, &verdict);
    avs_evidence_free(whole);
    const struct avs_session_verdict *session = &verdict.session[AVS_PROTOCOL_H2];
    return session->cause_count > 0 ? session->causes[0] : AVS_CAUSE_NONE;
}

void avs_failure_log(const struct avs_log *log, const char *event, const char *label,
                     const struct avs_failure *failure) {
    const struct avs_cause_info *info = avs_cause_info(failure->cause);
    enum avs_log_level level = info->severity == AVS_SEVERITY_INFO ? AVS_LOG_INFO : AVS_LOG_ERROR;
    bool has_remedy = strstr(failure->error->message, info->remedy) != NULL;
    const struct avs_log_pair pairs[] = {
        {"cause", info->id},
        {"origin", failure->origin},
        {"request", label ? label : "-"},
        {"reason", failure->error->message},
        {has_remedy ? NULL : "remedy", info->remedy},
        {NULL, NULL},
    };
    avs_log_event(log, level, "AvsClient", event, pairs);
}
