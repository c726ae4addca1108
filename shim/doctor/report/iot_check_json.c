/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim iot check` as JSON, schema avs-shim.iot-check/1. */
#include <string.h>

#include "out/json_out.h"
#include "report/evidence_fields.h"
#include "report/iot_check_words.h"

static const char *step_id(enum avs_iot_step step) {
    static const char *const ids[] = {[AVS_IOT_STEP_NOT_TRIED] = "not_tried",
                                      [AVS_IOT_STEP_PASSED] = "passed",
                                      [AVS_IOT_STEP_FAILED] = "failed"};
    return ids[step];
}

static const char *close_id(enum avs_close_kind kind) {
    static const char *const ids[AVS_CLOSE_COUNT] = {
#define XX(name, id) [AVS_CLOSE_##name] = id,
        AVS_CLOSE_MAP(XX)
#undef XX
    };
    return ids[kind];
}

static const char *dial_id(enum avs_dial_outcome outcome) {
    static const char *const ids[AVS_DIAL_COUNT] = {
#define XX(name, id) [AVS_DIAL_##name] = id,
        AVS_DIAL_MAP(XX)
#undef XX
    };
    return ids[outcome];
}

static enum avs_status put_findings(struct avs_json *json, const struct avs_iot_check *check,
                                    const struct avs_iot_check_way *way,
                                    const struct avs_iot_findings *findings,
                                    struct avs_error *reterr) {
    avs_json_open_array(json, "causes");
    for (size_t i = 0; i < findings->count; i++) {
        struct avs_advice advice = {.cause = AVS_CAUSE_NONE};
        enum avs_status status = avs_iot_advice(&advice, check, way, &findings->item[i], reterr);
        if (status == AVS_OK) {
            const struct avs_cause_info *row = avs_cause_info(findings->item[i].cause);
            avs_json_open_object(json, NULL);
            avs_json_text(json, "id", row->id);
            avs_json_text(json, "phase", avs_phase_id(row->phase));
            avs_json_text(json, "severity", avs_severity_id(row->severity));
            avs_json_text(json, "meaning", advice.meaning);
            avs_json_text(json, "facts", advice.facts.data);
            avs_json_text(json, "remedy", advice.remedy);
            avs_json_text(json, "command", advice.command.data);
            avs_json_close(json);
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    avs_json_close(json);
    return AVS_OK;
}

/* Permission bits as people write them. */
static void put_mode(struct avs_json *json, const char *key, unsigned mode) {
    if (mode == 0) {
        avs_json_null(json, key);
    } else {
        avs_json_format(json, key, "%o", mode);
    }
}

static void put_utc(struct avs_json *json, const char *key, int64_t unix_seconds, bool is_known) {
    if (is_known) {
        avs_json_utc(json, key, unix_seconds);
    } else {
        avs_json_null(json, key);
    }
}

static enum avs_status put_keypair(struct avs_json *json, const struct avs_iot_check *check,
                                   struct avs_error *reterr) {
    const struct avs_iot_keypair *pair = &check->keypair;
    const struct avs_cert_facts *certificate = &pair->certificate;
    bool has_one = certificate->subject[0] != '\0';
    avs_json_open_object(json, "keypair");
    avs_json_bool(json, "is_given", pair->is_given);
    avs_json_bool(json, "is_usable", pair->is_usable);
    avs_json_bool(json, "is_shown", pair->is_shown);
    avs_json_text(json, "cert_file", pair->cert_file);
    avs_json_text(json, "key", pair->key);
    avs_json_text(json, "key_form", pair->key_form);
    put_mode(json, "key_mode", pair->key_mode);
    put_mode(json, "folder_mode", pair->folder_mode);
    avs_json_uint(json, "certificate_count", pair->certificate_count);
    avs_json_text(json, "subject", certificate->subject);
    avs_json_text(json, "issuer", certificate->issuer);
    avs_json_bool(json, "is_aws_issued", pair->is_aws_issued);
    avs_json_text(json, "sha256", certificate->sha256);
    avs_json_text(json, "public_key", certificate->key);
    avs_json_text(json, "signature", certificate->signature);
    put_utc(json, "not_before", certificate->not_before, has_one);
    put_utc(json, "not_after", certificate->not_after, has_one);
    AVS_TRY(put_findings(json, check, NULL, &pair->findings, reterr));
    avs_json_close(json);
    return AVS_OK;
}

static void put_number(struct avs_json *json, const char *key, int number, bool is_known) {
    if (is_known) {
        avs_json_int(json, key, number);
    } else {
        avs_json_null(json, key);
    }
}

static void put_tls(struct avs_json *json, const struct avs_tls_facts *tls) {
    avs_json_text(json, "tls_version", tls->version);
    avs_json_text(json, "cipher", tls->cipher);
    avs_json_text(json, "alpn_agreed", tls->alpn);
    avs_json_bool(json, "is_server_verified", tls->is_verified);
    avs_json_text(json, "root", tls->is_verified ? avs_iot_root_of(tls) : NULL);
    avs_json_bool(json, "is_ats", tls->trust.gate.is_ats);
    avs_json_bool(json, "was_certificate_requested", tls->client_cert_requested);
    put_number(json, "alert_received", tls->alert_received, tls->alert_received >= 0);
    put_number(json, "verify_error", tls->trust.gate.verify_error,
               tls->trust.gate.verify_error >= 0);
}

static enum avs_status put_way(struct avs_json *json, const struct avs_iot_check *check,
                               const struct avs_iot_check_way *way, struct avs_error *reterr) {
    const struct avs_session_evidence *session = &way->session;
    avs_json_open_object(json, NULL);
    avs_json_int(json, "port", way->port);
    avs_json_text(json, "protocol", way->protocol == AVS_IOT_MQTT ? "mqtt" : "https");
    avs_json_text(json, "alpn_offered", way->alpn);
    avs_json_bool(json, "is_proven", way->is_proven);
    avs_json_text(json, "dial", dial_id(session->dial.outcome));
    avs_json_text(json, "address", session->dial.address);
    avs_json_text(json, "proxy", session->dial.proxy);
    put_tls(json, &session->tls);
    avs_json_text(json, "close", close_id(way->close));
    avs_json_int(json, "silent_ms", way->silent_ms);
    avs_json_text(json, "connect", step_id(way->connect));
    put_number(json, "mqtt_level", way->mqtt_level, way->mqtt_level != 0);
    put_number(json, "mqtt_reason", way->mqtt_reason, way->mqtt_reason >= 0);
    avs_json_text(json, "mqtt_reason_text", way->mqtt_reason_text);
    avs_json_text(json, "publish", step_id(way->publish));
    put_number(json, "http_status", way->http_status, way->http_status != 0);
    avs_json_text(json, "http_message", way->http_message);
    AVS_TRY(put_findings(json, check, way, &way->findings, reterr));
    avs_json_close(json);
    return AVS_OK;
}

static void put_families(struct avs_json *json, const struct avs_iot_check *check) {
    avs_json_open_array(json, "families");
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        const struct avs_tls_facts *tls = &check->family[i].tls;
        const struct avs_iot_findings *findings = &check->family_findings[i];
        bool is_known = check->family[i].was_attempted && findings->count == 0;
        avs_json_open_object(json, NULL);
        avs_json_text(json, "family", avs_family_id((enum avs_family)i));
        avs_json_bool(json, "was_asked", check->family[i].was_attempted);
        avs_json_text(json, "root", is_known ? avs_iot_root_of(tls) : NULL);
        avs_json_bool(json, "is_ats", tls->trust.gate.is_ats);
        avs_json_text(json, "cause",
                      findings->count > 0 ? avs_cause_info(findings->item[0].cause)->id : NULL);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static enum avs_status put_check(struct avs_json *json, const struct avs_iot_check *check,
                                 struct avs_error *reterr) {
    bool has_cause = check->cause != AVS_CAUSE_NONE;
    struct avs_buffer lines = avs_buffer_init(AVS_ADVICE_BYTES);
    avs_json_open_object(json, NULL);
    avs_json_text(json, "schema", AVS_IOT_CHECK_SCHEMA);
    avs_json_text(json, "readiness", avs_readiness_id(check->readiness));
    avs_json_text(json, "cause", has_cause ? avs_cause_info(check->cause)->id : NULL);
    avs_json_int(json, "exit_code", check->exit_code);
    avs_iot_not_proven(check, &lines);
    avs_json_text(json, "not_proven", lines.data);
    avs_buffer_done(&lines);
    avs_json_text(json, "host", check->host);
    avs_json_text(json, "client_id", check->client_id);
    avs_json_bool(json, "is_client_id_given", check->is_client_id_given);
    avs_json_text(json, "topic", check->topic);
    avs_json_utc(json, "wall_clock", check->wall_clock);
    AVS_TRY(put_keypair(json, check, reterr));
    avs_json_open_array(json, "ways");
    for (size_t i = 0; i < check->way_count; i++) {
        AVS_TRY(put_way(json, check, &check->way[i], reterr));
    }
    avs_json_close(json);
    put_families(json, check);
    avs_json_close(json);
    return AVS_OK;
}

enum avs_status avs_iot_check_to_json(const struct avs_iot_check *check, char **ret_json,
                                      struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    enum avs_status status = put_check(&json, check, reterr);
    if (status == AVS_OK) {
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_json_done(&json);
    return status;
}
