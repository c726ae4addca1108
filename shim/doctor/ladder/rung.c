/* SPDX-License-Identifier: Apache-2.0 */
/* See rung.h. */
#include "ladder/rung.h"

#include "base/clock.h"
#include "base/text.h"
#include "check/session.h"
#include "verdict/judge.h"

#define ALPN_H2_ALONE "h2"
#define ALPN_NONE     ""

static void set_place(const struct avs_rung_try *attempt, struct avs_check_plan *plan) {
    const struct avs_rung_way *way = &attempt->way;
    struct avs_endpoint *to = &plan->connect_to;
    if (way->address == 0 && way->port == 0) {
        return;
    }
    if (to->host[0] == '\0') {
        *to = plan->endpoint;
    }
    if (way->address > 0) {
        AVS_TEXT_SET(to->host, attempt->world->address[way->address - 1].text);
    }
    to->port = way->port > 0 ? way->port : to->port;
}

static const char *alpn_of(enum avs_rung_alpn alpn) {
    switch (alpn) {
    case AVS_RUNG_ALPN_USUAL:
        return NULL;
    case AVS_RUNG_ALPN_H2_ALONE:
        return ALPN_H2_ALONE;
    case AVS_RUNG_ALPN_NONE:
        break;
    }
    return ALPN_NONE;
}

static enum avs_sight sight_of(const struct avs_session_evidence *session, bool has_passed,
                               enum avs_cause cause) {
    if (has_passed) {
        return AVS_SIGHT_PASSED;
    }
    if (session->dial.outcome != AVS_DIAL_CONNECTED) {
        return AVS_SIGHT_UNREACHED;
    }
    switch (session->tls.outcome) {
    case AVS_HANDSHAKE_ESTABLISHED:
        break;
    case AVS_HANDSHAKE_VERIFY_FAILED:
        return AVS_SIGHT_UNTRUSTED;
    case AVS_HANDSHAKE_ALERT:
    case AVS_HANDSHAKE_FAILED:
        /* a word of the server's, else it is openssl.cnf that leaves no version to offer */
        return cause == AVS_CAUSE_TLS_VERSION && session->tls.wire_first_length > 0
                   ? AVS_SIGHT_NO_VERSION
                   : AVS_SIGHT_REFUSED;
    case AVS_HANDSHAKE_CLOSED:
    case AVS_HANDSHAKE_RESET:
        return AVS_SIGHT_DROPPED;
    case AVS_HANDSHAKE_TIMEOUT:
        return AVS_SIGHT_SILENT;
    case AVS_HANDSHAKE_NOT_TLS:
        return AVS_SIGHT_FOREIGN;
    case AVS_HANDSHAKE_NOT_TRIED:
    case AVS_HANDSHAKE_STORE_FAILED:
    case AVS_HANDSHAKE_COUNT:
        return AVS_SIGHT_NONE;
    }
    if (avs_cause_info(cause)->phase == AVS_PHASE_TRUST) { /* verified, and not an ATS root */
        return AVS_SIGHT_UNTRUSTED;
    }
    return session->http.has_timed_out ? AVS_SIGHT_STALLED : AVS_SIGHT_UNANSWERED;
}

struct avs_rung_seen avs_rung_seen_of(const struct avs_session_evidence *session,
                                      const struct avs_session_verdict *verdict) {
    bool has_passed =
        verdict->outcome == AVS_SESSION_PASS || verdict->outcome == AVS_SESSION_PASS_WITH_QUIRK;
    struct avs_rung_seen seen = {.cause = AVS_CAUSE_NONE, .http_status = session->http.status};
    if (!has_passed && verdict->cause_count > 0) {
        seen.cause = verdict->causes[0];
    }
    seen.sight = sight_of(session, has_passed, seen.cause);
    seen.ms = session->timing.total_ms;
    AVS_TEXT_SET(seen.address, session->dial.address);
    AVS_TEXT_SET(seen.version, session->tls.version);
    AVS_TEXT_SET(seen.cipher, session->tls.cipher);
    AVS_TEXT_SET(seen.alpn, session->tls.alpn);
    const struct avs_gate_facts *gate = &session->tls.trust.gate;
    if (session->tls.is_verified) {
        AVS_TEXT_SET(seen.root, gate->ats_root[0] ? gate->ats_root : gate->anchor_subject);
    }
    if (session->tls.chain_length > 0) {
        AVS_TEXT_SET(seen.key, session->tls.chain[0].key);
        AVS_TEXT_SET(seen.leaf_sha256, session->tls.chain[0].sha256);
    }
    return seen;
}

enum avs_status avs_rung_climb(struct avs_rung_try *attempt, struct avs_error *reterr) {
    const struct avs_rung_way *way = &attempt->way;
    struct avs_session_evidence *session = &attempt->evidence->session[way->protocol];
    struct avs_check_options options = *attempt->plan->options;
    struct avs_trial trial = {
        .version = way->version, .family = way->family, .chain = &attempt->chain};
    struct avs_check_plan plan = *attempt->plan;
    struct avs_verdict verdict;
    avs_trial_init(&trial);
    attempt->chain.length = 0;
    if (way->is_direct) {
        options.proxy = "";
    }
    plan.options = &options;
    plan.trial = &trial;
    plan.alpn = alpn_of(way->alpn);
    plan.segment_bytes = way->segment_bytes;
    plan.request_bytes = (size_t)way->request_bytes;
    plan.is_one_connection = true;
    plan.started_us = avs_clock_monotonic_us();
    plan.deadline_us = attempt->deadline_us;
    set_place(attempt, &plan);
    AVS_TRY(avs_check_session(&plan, session, reterr));
    avs_judge(attempt->evidence, &verdict);
    attempt->seen = avs_rung_seen_of(session, &verdict.session[way->protocol]);
    return AVS_OK;
}
