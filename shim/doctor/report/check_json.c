/* The machine report, schema avs-shim.check/1. */
#include <avs/report.h>

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"
#include "report/advice.h"

#define SCHEMA "avs-shim.check/1"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);

/* An object being filled; a failure is remembered and asked for once, at the end. */
struct writer {
    bool is_failed;
};

static void add(struct writer *writer, struct json_object *object, const char *key,
                struct json_object *value) {
    if (!value || !object || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        writer->is_failed = true;
    }
}

static void add_null(struct json_object *object, const char *key) {
    (void)json_object_object_add(object, key, NULL);
}

static void add_text(struct writer *writer, struct json_object *object, const char *key,
                     const char *text) {
    char clean[AVS_ADVICE_BYTES];
    avs_text_copy(clean, sizeof(clean), text);
    avs_text_make_utf8(clean);
    add(writer, object, key, json_object_new_string(clean));
}

/* "" is written as null: there is none. */
static void add_optional(struct writer *writer, struct json_object *object, const char *key,
                         const char *text) {
    if (text[0]) {
        add_text(writer, object, key, text);
    } else {
        add_null(object, key);
    }
}

static void add_bool(struct writer *writer, struct json_object *object, const char *key,
                     bool value) {
    add(writer, object, key, json_object_new_boolean(value));
}

static void add_cause(struct writer *writer, struct json_object *object, enum avs_cause cause) {
    add_optional(writer, object, "cause", cause == AVS_CAUSE_NONE ? "" : avs_cause_info(cause)->id);
}

static void add_ms(struct writer *writer, struct json_object *object, const char *key, double ms) {
    if (ms < 0) {
        add_null(object, key);
        return;
    }
    char text[32];
    snprintf(text, sizeof(text), "%.3f", ms);
    add(writer, object, key, json_object_new_double_s(ms, text));
}

static void add_utc(struct writer *writer, struct json_object *object, const char *key,
                    int64_t time) {
    char text[40];
    avs_text_utc(text, sizeof(text), time);
    add_text(writer, object, key, text);
}

static struct json_object *certificate(struct writer *writer, const struct avs_cert_facts *facts) {
    struct json_object *object = json_object_new_object();
    add_text(writer, object, "subject", facts->subject);
    add_text(writer, object, "issuer", facts->issuer);
    add_text(writer, object, "sha256", facts->sha256);
    add_text(writer, object, "spki_sha256", facts->spki_sha256);
    add_text(writer, object, "key", facts->key);
    add_text(writer, object, "signature", facts->signature);
    add_utc(writer, object, "not_before", facts->not_before);
    add_utc(writer, object, "not_after", facts->not_after);
    add_optional(writer, object, "names", facts->names);
    add_optional(writer, object, "ats_root", facts->ats_root);
    return object;
}

static struct json_object *anchor(struct writer *writer, const struct avs_trust_facts *trust) {
    struct json_object *object = json_object_new_object();
    add_text(writer, object, "subject", trust->anchor_subject);
    add_text(writer, object, "sha256", trust->anchor_sha256);
    add_text(writer, object, "spki_sha256", trust->anchor_spki_sha256);
    add_optional(writer, object, "ats_root", trust->ats_root);
    add_bool(writer, object, "cross_signed", trust->anchor_cross_signed);
    return object;
}

static struct json_object *tls_of(struct writer *writer, const struct avs_tls_facts *tls) {
    struct json_object *object = json_object_new_object();
    bool is_established = tls->outcome == AVS_HANDSHAKE_ESTABLISHED;
    add_bool(writer, object, "established", is_established || tls->alpn_retry_secure);
    add_bool(writer, object, "verified", tls->verified || tls->alpn_retry_secure);
    add_bool(writer, object, "hostname_matched", tls->hostname_matched);
    add_optional(writer, object, "version", tls->version);
    add_optional(writer, object, "cipher", tls->cipher);
    add_optional(writer, object, "alpn", tls->alpn);
    add_bool(writer, object, "ats", tls->trust.ats);
    if (tls->trust.anchor_subject[0]) {
        add(writer, object, "anchor", anchor(writer, &tls->trust));
    } else {
        add_null(object, "anchor");
    }
    struct json_object *chain = json_object_new_array();
    for (size_t i = 0; chain && i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        if (json_object_array_add(chain, certificate(writer, &tls->chain[i])) != 0) {
            writer->is_failed = true;
        }
    }
    add(writer, object, "chain", chain);
    add_optional(writer, object, "policy", tls->trust.policy);
    add_optional(writer, object, "verify_text", tls->trust.verify_text);
    add_optional(writer, object, "openssl_error", tls->openssl_error);
    return object;
}

static struct json_object *http_of(struct writer *writer,
                                   const struct avs_session_evidence *session,
                                   const struct avs_session_verdict *verdict) {
    struct json_object *object = json_object_new_object();
    add_text(writer, object, "class", verdict->http_class);
    add_optional(writer, object, "quirk", verdict->quirk);
    if (session->http.status > 0) {
        add(writer, object, "status", json_object_new_int(session->http.status));
    } else {
        add_null(object, "status");
    }
    add_optional(writer, object, "version", session->http.version);
    add_bool(writer, object, "ats_message", session->http.ats_message);
    return object;
}

static struct json_object *timing_of(struct writer *writer, const struct avs_timing_facts *timing) {
    struct json_object *object = json_object_new_object();
    add_ms(writer, object, "dns", timing->dns_ms);
    add_ms(writer, object, "connect", timing->connect_ms);
    add_ms(writer, object, "tls", timing->tls_ms);
    add_ms(writer, object, "first_byte", timing->first_byte_ms);
    add_ms(writer, object, "total", timing->total_ms);
    return object;
}

static struct json_object *advice_of(struct writer *writer, enum avs_cause cause,
                                     const struct avs_evidence *evidence,
                                     const struct avs_session_evidence *session) {
    struct json_object *object = json_object_new_object();
    struct avs_advice advice;
    if (avs_advice_init(&advice, cause, evidence, session, NULL) == AVS_OK) {
        add_cause(writer, object, cause);
        add_text(writer, object, "phase", avs_phase_id(avs_cause_info(cause)->phase));
        add_text(writer, object, "meaning", advice.meaning);
        add_text(writer, object, "remedy", advice.remedy);
        add_optional(writer, object, "command", advice.command.data);
        add_optional(writer, object, "facts", advice.facts.data);
    } else {
        writer->is_failed = true;
    }
    avs_advice_done(&advice);
    return object;
}

static struct json_object *session_of(struct writer *writer, const struct avs_evidence *evidence,
                                      const struct avs_session_evidence *session,
                                      const struct avs_session_verdict *verdict) {
    struct json_object *object = json_object_new_object();
    add_text(writer, object, "protocol",
             avs_protocol_id((enum avs_protocol)(session - evidence->session)));
    add_text(writer, object, "verdict", avs_session_outcome_id(verdict->outcome));
    add_cause(writer, object, verdict->cause_count > 0 ? verdict->causes[0] : AVS_CAUSE_NONE);
    struct json_object *findings = json_object_new_array();
    for (size_t i = 0; findings && i < verdict->cause_count; i++) {
        if (json_object_array_add(findings,
                                  advice_of(writer, verdict->causes[i], evidence, session)) != 0) {
            writer->is_failed = true;
        }
    }
    add(writer, object, "findings", findings);
    add_optional(writer, object, "address", session->dial.address);
    add_optional(writer, object, "proxy", session->dial.proxy);
    add(writer, object, "tls", tls_of(writer, &session->tls));
    add(writer, object, "http", http_of(writer, session, verdict));
    add(writer, object, "timing_ms", timing_of(writer, &session->timing));
    return object;
}

static struct json_object *family_of(struct writer *writer, const struct avs_evidence *evidence,
                                     enum avs_family family,
                                     const struct avs_session_verdict *verdict) {
    const struct avs_session_evidence *session = &evidence->family[family];
    struct json_object *object = json_object_new_object();
    add_text(writer, object, "family", avs_family_id(family));
    add_text(writer, object, "verdict", avs_session_outcome_id(verdict->outcome));
    add_cause(writer, object, verdict->cause_count > 0 ? verdict->causes[0] : AVS_CAUSE_NONE);
    add_optional(writer, object, "missing_root", session->tls.trust.closing_root);
    add(writer, object, "tls", tls_of(writer, &session->tls));
    return object;
}

static struct json_object *store_of(struct writer *writer, const struct avs_trust_facts *trust) {
    struct json_object *object = json_object_new_object();
    add_optional(writer, object, "source", trust->store_source);
    add_optional(writer, object, "ca_file", trust->ca_file);
    add_optional(writer, object, "ca_path", trust->ca_path);
    return object;
}

enum avs_status avs_report_to_json(const struct avs_evidence *evidence,
                                   const struct avs_verdict *verdict, char **ret_json,
                                   struct avs_error *reterr) {
    struct writer writer = {false};
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    add_text(&writer, root, "schema", SCHEMA);
    add_text(&writer, root, "verdict", avs_readiness_id(verdict->readiness));
    add_cause(&writer, root, verdict->cause);
    add_bool(&writer, root, "tls_proven", verdict->tls_proven);
    add(&writer, root, "exit_code", json_object_new_int(verdict->exit_code));
    add_text(&writer, root, "endpoint", evidence->endpoint);
    add_text(&writer, root, "endpoint_source", evidence->endpoint_source);
    const struct avs_session_evidence *first =
        &evidence->session[evidence->session[0].attempted ? 0 : 1];
    add(&writer, root, "trust_store", store_of(&writer, &first->tls.trust));
    struct json_object *sessions = json_object_new_array();
    for (int i = 0; sessions && i < AVS_SESSION_COUNT; i++) {
        if (evidence->session[i].attempted &&
            json_object_array_add(sessions, session_of(&writer, evidence, &evidence->session[i],
                                                       &verdict->session[i])) != 0) {
            writer.is_failed = true;
        }
    }
    add(&writer, root, "sessions", sessions);
    if (evidence->family[AVS_FAMILY_RSA].attempted ||
        evidence->family[AVS_FAMILY_ECDSA].attempted) {
        struct json_object *families = json_object_new_array();
        for (int i = 0; families && i < AVS_FAMILY_COUNT; i++) {
            if (json_object_array_add(families, family_of(&writer, evidence, (enum avs_family)i,
                                                          &verdict->family[i])) != 0) {
                writer.is_failed = true;
            }
        }
        add(&writer, root, "families", families);
    }
    const char *text =
        writer.is_failed ? NULL
                         : json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                                    JSON_C_TO_STRING_SPACED |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
    AVS_REQUIRE_MEMORY(text, reterr);
    size_t length = strlen(text);
    char *copy = malloc(length + 2);
    AVS_REQUIRE_MEMORY(copy, reterr);
    memcpy(copy, text, length);
    memcpy(copy + length, "\n", 2);
    *ret_json = copy;
    return AVS_OK;
}
