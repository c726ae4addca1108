/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a check: the answer, each session, each certificate family. */
#include <stdio.h>

#include "report/advice.h"
#include "report/findings.h"
#include "report/headline.h"

#define MS_PER_S 1000.0

struct filling {
    struct avs_findings *findings;
    const struct avs_evidence *evidence;
    const struct avs_verdict *verdict;
};

static enum avs_check_outcome outcome_of(enum avs_session_outcome outcome) {
    switch (outcome) {
    case AVS_SESSION_PASS:
    case AVS_SESSION_PASS_WITH_QUIRK:
        return AVS_CHECK_PASSED;
    case AVS_SESSION_FAIL:
        return AVS_CHECK_FAILED;
    case AVS_SESSION_NOT_RUN:
    case AVS_SESSION_INCONCLUSIVE:
        break;
    }
    return AVS_CHECK_UNKNOWN;
}

static enum avs_status add_findings(struct filling *filling, size_t check,
                                    const struct avs_session_evidence *session,
                                    const struct avs_session_verdict *verdict,
                                    struct avs_error *reterr) {
    for (size_t i = 0; i < verdict->cause_count; i++) {
        struct avs_advice advice;
        char headline[AVS_HEADLINE_BYTES];
        enum avs_status status =
            avs_advice_init(&advice, verdict->causes[i], filling->evidence, session, reterr);
        if (status == AVS_OK) {
            const struct avs_cause_info *info = avs_cause_info(verdict->causes[i]);
            avs_headline(verdict->causes[i], filling->evidence, session, headline);
            avs_findings_add(filling->findings,
                             &(struct avs_finding){.check = check,
                                                   .id = info->id,
                                                   .cause = verdict->causes[i],
                                                   .severity = info->severity,
                                                   .headline = headline,
                                                   .meaning = advice.meaning,
                                                   .remedy = advice.remedy,
                                                   .facts = advice.facts.data,
                                                   .command = advice.command.data});
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    return AVS_OK;
}

/* A session that failed beside the one that decides does not make a ready device unready. */
static enum avs_status add_session(struct filling *filling, enum avs_protocol protocol,
                                   struct avs_error *reterr) {
    static const char *const names[] = {
        [AVS_PROTOCOL_H2] = "HTTP/2", [AVS_PROTOCOL_HTTP1] = "HTTP/1.1"};
    const struct avs_session_evidence *session = &filling->evidence->session[protocol];
    const struct avs_session_verdict *verdict = &filling->verdict->session[protocol];
    if (!session->was_attempted) {
        return AVS_OK;
    }
    enum avs_check_outcome outcome = outcome_of(verdict->outcome);
    bool is_ready = filling->verdict->readiness == AVS_READY;
    double total_ms = session->timing.total_ms;
    size_t check =
        avs_findings_add_check(filling->findings, names[protocol],
                               is_ready && outcome != AVS_CHECK_PASSED ? AVS_CHECK_NOTED : outcome,
                               total_ms < 0 ? -1 : total_ms / MS_PER_S);
    if (protocol == filling->verdict->decisive && verdict->cause_count > 0) {
        filling->findings->decisive = filling->findings->finding_count;
    }
    return add_findings(filling, check, session, verdict, reterr);
}

/* Which root a family's chain needs informs, and does not count. */
static enum avs_status add_family(struct filling *filling, enum avs_family family,
                                  struct avs_error *reterr) {
    static const char *const names[] = {
        [AVS_FAMILY_RSA] = "RSA certificate", [AVS_FAMILY_ECDSA] = "ECDSA certificate"};
    const struct avs_session_evidence *session = &filling->evidence->family[family];
    const struct avs_session_verdict *verdict = &filling->verdict->family[family];
    if (!session->was_attempted) {
        return AVS_OK;
    }
    bool is_passed = outcome_of(verdict->outcome) == AVS_CHECK_PASSED;
    size_t check = avs_findings_add_check(filling->findings, names[family],
                                          is_passed ? AVS_CHECK_PASSED : AVS_CHECK_NOTED, -1);
    return add_findings(filling, check, session, verdict, reterr);
}

static void set_values(struct filling *filling) {
    struct avs_findings *findings = filling->findings;
    const struct avs_evidence *evidence = filling->evidence;
    const struct avs_session_evidence *session = &evidence->session[filling->verdict->decisive];
    const struct avs_trust_facts *trust = &session->tls.trust;
    avs_findings_set(findings, AVS_FIELD_VERDICT, avs_readiness_id(filling->verdict->readiness));
    findings->value[AVS_FIELD_EXIT_CODE] =
        avs_findings_keepf(findings, "%d", filling->verdict->exit_code);
    avs_findings_set(findings, AVS_FIELD_ENDPOINT, evidence->endpoint);
    avs_findings_set(findings, AVS_FIELD_HOST, evidence->host);
    findings->value[AVS_FIELD_PORT] = avs_findings_keepf(findings, "%u", evidence->port);
    avs_findings_set(findings, AVS_FIELD_ADDRESS, session->dial.address);
    avs_findings_set(findings, AVS_FIELD_PROXY, session->dial.proxy);
    avs_findings_set(findings, AVS_FIELD_TLS, session->tls.version);
    avs_findings_set(findings, AVS_FIELD_PROTOCOL, avs_protocol_id(filling->verdict->decisive));
    if (session->http.status > 0) {
        findings->value[AVS_FIELD_STATUS] =
            avs_findings_keepf(findings, "%d", session->http.status);
    }
    avs_findings_set(findings, AVS_FIELD_ANCHOR, trust->gate.anchor_subject);
    avs_findings_set(findings, AVS_FIELD_ROOT,
                     trust->gate.is_ats ? trust->gate.ats_root : trust->refusal.closing_root);
    avs_findings_set(findings, AVS_FIELD_STORE,
                     trust->store.ca_file[0] ? trust->store.ca_file : trust->store.ca_path);
}

static void set_answer(struct filling *filling) {
    struct avs_findings *findings = filling->findings;
    const struct avs_trust_facts *trust =
        &filling->evidence->session[filling->verdict->decisive].tls.trust;
    if (filling->verdict->readiness == AVS_READY) {
        findings->answer =
            avs_findings_keepf(findings, "works: TLS is verified and the chain ends in %s",
                               trust->gate.is_ats ? trust->gate.ats_root : "a trusted root");
    } else if (findings->decisive < findings->finding_count) {
        findings->answer = findings->finding[findings->decisive].headline;
    } else {
        findings->answer =
            avs_findings_keep(findings, "TLS is proven, but HTTP/2, which AVS needs, was not "
                                        "asked");
    }
    avs_findings_set(findings, AVS_FIELD_HEADLINE, findings->answer);
}

static enum avs_status fill(struct filling *filling, struct avs_error *reterr) {
    static const enum avs_check_outcome outcomes[] = {[AVS_READY] = AVS_CHECK_PASSED,
                                                      [AVS_NOT_READY] = AVS_CHECK_FAILED,
                                                      [AVS_INCONCLUSIVE] = AVS_CHECK_UNKNOWN};
    (void)avs_findings_add_check(filling->findings, "ready", outcomes[filling->verdict->readiness],
                                 -1);
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        AVS_TRY(add_session(filling, (enum avs_protocol)i, reterr));
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        AVS_TRY(add_family(filling, (enum avs_family)i, reterr));
    }
    set_values(filling);
    set_answer(filling);
    return AVS_OK;
}

enum avs_status avs_findings_of_check(const struct avs_evidence *evidence,
                                      const struct avs_verdict *verdict,
                                      struct avs_findings **ret_findings,
                                      struct avs_error *reterr) {
    struct avs_findings *findings = avs_findings_new("check");
    AVS_REQUIRE_MEMORY(findings, reterr);
    struct filling filling = {findings, evidence, verdict};
    findings->evidence = evidence;
    findings->verdict = verdict;
    findings->exit_code = verdict->exit_code;
    findings->subject = evidence->endpoint;
    enum avs_status status = fill(&filling, reterr);
    if (status != AVS_OK) {
        avs_findings_free(findings);
        return status;
    }
    return avs_findings_finish(findings, ret_findings, reterr);
}
