/* SPDX-License-Identifier: Apache-2.0 */
/* The machine report, schema avs-shim.check/1. */
#include <avs/report.h>

#include <string.h>

#include "base/text.h"
#include "out/json_out.h"
#include "report/advice.h"
#include "report/headline.h"
#include "report/ipv6.h"
#include "report/lookup.h"

#define SCHEMA "avs-shim.check/1"

static void put_cause(struct avs_json *json, enum avs_cause cause) {
    avs_json_text(json, "cause", cause == AVS_CAUSE_NONE ? NULL : avs_cause_info(cause)->id);
}

static void put_ms(struct avs_json *json, const char *key, double ms) {
    if (ms < 0) {
        avs_json_null(json, key);
    } else {
        avs_json_real(json, key, ms);
    }
}

static void put_certificate(struct avs_json *json, const struct avs_cert_facts *facts) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "subject", facts->subject);
    avs_json_text(json, "issuer", facts->issuer);
    avs_json_text(json, "sha256", facts->sha256);
    avs_json_text(json, "spki_sha256", facts->spki_sha256);
    avs_json_text(json, "key", facts->key);
    avs_json_text(json, "signature", facts->signature);
    avs_json_utc(json, "not_before", facts->not_before);
    avs_json_utc(json, "not_after", facts->not_after);
    avs_json_text(json, "names", facts->names);
    avs_json_text(json, "ats_root", facts->ats_root);
    avs_json_close(json);
}

static void put_anchor(struct avs_json *json, const struct avs_trust_facts *trust) {
    if (!trust->gate.anchor_subject[0]) {
        avs_json_null(json, "anchor");
        return;
    }
    avs_json_open_object(json, "anchor");
    avs_json_text(json, "subject", trust->gate.anchor_subject);
    avs_json_text(json, "sha256", trust->gate.anchor_sha256);
    avs_json_text(json, "spki_sha256", trust->gate.anchor_spki_sha256);
    avs_json_text(json, "ats_root", trust->gate.ats_root);
    avs_json_bool(json, "cross_signed", trust->gate.is_anchor_cross_signed);
    avs_json_close(json);
}

static void put_tls(struct avs_json *json, const struct avs_tls_facts *tls) {
    bool is_established = tls->outcome == AVS_HANDSHAKE_ESTABLISHED;
    avs_json_open_object(json, "tls");
    avs_json_bool(json, "established", is_established || tls->alpn_retry_secure);
    avs_json_bool(json, "verified", tls->is_verified || tls->alpn_retry_secure);
    avs_json_bool(json, "hostname_matched", tls->hostname_matched);
    avs_json_text(json, "version", tls->version);
    avs_json_text(json, "cipher", tls->cipher);
    avs_json_text(json, "alpn", tls->alpn);
    avs_json_bool(json, "ats", tls->trust.gate.is_ats);
    put_anchor(json, &tls->trust);
    avs_json_open_array(json, "chain");
    for (size_t i = 0; i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        put_certificate(json, &tls->chain[i]);
    }
    avs_json_close(json);
    avs_json_text(json, "policy", tls->trust.gate.policy);
    avs_json_text(json, "verify_text", tls->trust.gate.verify_text);
    avs_json_text(json, "openssl_error", tls->openssl_error);
    avs_json_close(json);
}

static void put_http(struct avs_json *json, const struct avs_session_evidence *session,
                     const struct avs_session_verdict *verdict) {
    avs_json_open_object(json, "http");
    avs_json_text(json, "class", verdict->http_class);
    avs_json_text(json, "quirk", verdict->quirk);
    if (session->http.status > 0) {
        avs_json_int(json, "status", session->http.status);
    } else {
        avs_json_null(json, "status");
    }
    avs_json_text(json, "version", session->http.version);
    avs_json_bool(json, "ats_message", session->http.ats_message);
    avs_json_close(json);
}

static void put_timing(struct avs_json *json, const struct avs_timing_facts *timing) {
    avs_json_open_object(json, "timing_ms");
    put_ms(json, "dns", timing->dns_ms);
    put_ms(json, "connect", timing->connect_ms);
    put_ms(json, "tls", timing->tls_ms);
    put_ms(json, "first_byte", timing->first_byte_ms);
    put_ms(json, "total", timing->total_ms);
    avs_json_close(json);
}

static enum avs_status put_findings(struct avs_json *json, const struct avs_evidence *evidence,
                                    const struct avs_session_evidence *session,
                                    const struct avs_session_verdict *verdict,
                                    struct avs_error *reterr) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < verdict->cause_count; i++) {
        struct avs_advice advice;
        enum avs_status status =
            avs_advice_init(&advice, verdict->causes[i], evidence, session, reterr);
        if (status == AVS_OK) {
            avs_json_open_object(json, NULL);
            put_cause(json, advice.cause);
            avs_json_text(json, "consequence_of", /* one failure, one finding: the others echo it */
                          i > 0 ? avs_cause_info(verdict->causes[0])->id : NULL);
            avs_json_text(json, "phase", avs_phase_id(avs_cause_info(advice.cause)->phase));
            char headline[AVS_HEADLINE_BYTES];
            avs_headline(advice.cause, evidence, session, headline);
            avs_json_text(json, "headline", headline);
            avs_json_text(json, "meaning", advice.meaning);
            avs_json_text(json, "remedy", advice.remedy);
            avs_json_text(json, "command", advice.command.data);
            avs_json_text(json, "facts", advice.facts.data);
            avs_json_close(json);
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    avs_json_close(json);
    return AVS_OK;
}

static void put_outcome(struct avs_json *json, const struct avs_session_verdict *verdict) {
    avs_json_text(json, "verdict", avs_session_outcome_id(verdict->outcome));
    put_cause(json, verdict->cause_count > 0 ? verdict->causes[0] : AVS_CAUSE_NONE);
}

static enum avs_status put_session(struct avs_json *json, const struct avs_evidence *evidence,
                                   enum avs_protocol protocol,
                                   const struct avs_session_verdict *verdict,
                                   struct avs_error *reterr) {
    const struct avs_session_evidence *session = &evidence->session[protocol];
    avs_json_open_object(json, NULL);
    avs_json_text(json, "protocol", avs_protocol_id(protocol));
    put_outcome(json, verdict);
    AVS_TRY(put_findings(json, evidence, session, verdict, reterr));
    avs_json_text(json, "address", session->dial.address);
    avs_json_text(json, "proxy", session->dial.proxy);
    put_tls(json, &session->tls);
    put_http(json, session, verdict);
    put_timing(json, &session->timing);
    avs_json_close(json);
    return AVS_OK;
}

static void put_warning(struct avs_json *json, const char *id, const char *meaning) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "id", id);
    avs_json_text(json, "meaning", meaning);
    avs_json_close(json);
}

/* What does not stand in the way, and is worth mending all the same. */
static void put_warnings(struct avs_json *json, const struct avs_evidence *evidence,
                         const struct avs_verdict *verdict) {
    const struct avs_session_evidence *session = &evidence->session[verdict->decisive];
    char ipv6[AVS_IPV6_BYTES], lookup[AVS_LOOKUP_BYTES];
    avs_json_open_array(json, "warnings");
    if (avs_lookup_was_slow(session, lookup)) {
        put_warning(json, AVS_LOOKUP_ID, lookup);
    }
    if (avs_ipv6_in_vain(session, ipv6)) {
        put_warning(json, AVS_IPV6_ID, ipv6);
    }
    if (verdict->session[verdict->decisive].tls_proven &&
        session->tls.trust.gate.is_anchor_cross_signed) {
        const struct avs_cause_info *info = avs_cause_info(AVS_CAUSE_CROSS_SIGNED_ANCHOR);
        put_warning(json, info->id, info->meaning);
    }
    avs_json_close(json);
}

/* [] when the families were not asked for. */
static void put_families(struct avs_json *json, const struct avs_evidence *evidence,
                         const struct avs_verdict *verdict) {
    bool is_asked = evidence->family[AVS_FAMILY_RSA].was_attempted ||
                    evidence->family[AVS_FAMILY_ECDSA].was_attempted;
    avs_json_open_array(json, "families");
    for (int i = 0; is_asked && i < AVS_FAMILY_COUNT; i++) {
        const struct avs_tls_facts *tls = &evidence->family[i].tls;
        avs_json_open_object(json, NULL);
        avs_json_text(json, "family", avs_family_id((enum avs_family)i));
        put_outcome(json, &verdict->family[i]);
        avs_json_text(json, "missing_root", tls->trust.refusal.closing_root);
        put_tls(json, tls);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_store(struct avs_json *json, const struct avs_evidence *evidence) {
    const struct avs_session_evidence *session =
        &evidence->session[evidence->session[0].was_attempted ? 0 : 1];
    const struct avs_trust_facts *trust = &session->tls.trust;
    avs_json_open_object(json, "trust_store");
    avs_json_text(json, "source", trust->store.source);
    avs_json_text(json, "ca_file", trust->store.ca_file);
    avs_json_text(json, "ca_path", trust->store.ca_path);
    avs_json_close(json);
}

static enum avs_status put_report(struct avs_json *json, const struct avs_evidence *evidence,
                                  const struct avs_verdict *verdict, struct avs_error *reterr) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "schema", SCHEMA);
    avs_json_text(json, "verdict", avs_readiness_id(verdict->readiness));
    put_cause(json, verdict->cause);
    avs_json_bool(json, "tls_proven", verdict->tls_proven);
    avs_json_int(json, "exit_code", verdict->exit_code);
    avs_json_text(json, "endpoint", evidence->endpoint);
    avs_json_text(json, "endpoint_source", evidence->endpoint_source);
    put_store(json, evidence);
    avs_json_open_array(json, "sessions");
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        if (evidence->session[i].was_attempted) {
            AVS_TRY(
                put_session(json, evidence, (enum avs_protocol)i, &verdict->session[i], reterr));
        }
    }
    avs_json_close(json);
    put_families(json, evidence, verdict);
    put_warnings(json, evidence, verdict);
    avs_json_close(json);
    return AVS_OK;
}

enum avs_status avs_report_to_json(const struct avs_evidence *evidence,
                                   const struct avs_verdict *verdict, char **ret_json,
                                   struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    enum avs_status status = put_report(&json, evidence, verdict, reterr);
    if (status == AVS_OK) {
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_json_done(&json);
    return status;
}
