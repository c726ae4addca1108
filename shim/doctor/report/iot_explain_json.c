/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim iot explain` as JSON, schema avs-shim.iot-explain/1. */
#include "out/json_out.h"
#include "report/iot_words.h"

static void put_name(struct avs_json *json, const struct avs_iot_found *found) {
    const struct avs_iot_name *name = found->is_host ? &found->name : NULL;
    avs_json_text(json, "host", name ? name->host : NULL);
    if (name && name->port) {
        avs_json_uint(json, "port", name->port);
    } else {
        avs_json_null(json, "port");
    }
    avs_json_text(json, "kind", name ? avs_iot_kind_id(name->kind) : NULL);
    avs_json_text(json, "generation", name ? avs_iot_generation_id(name->generation) : NULL);
    avs_json_bool(json, "is_certain", name && name->is_certain);
    avs_json_text(json, "why", name ? name->why : found->fault.message);
    avs_json_text(json, "prefix", name ? name->prefix : NULL);
    avs_json_text(json, "region", name ? name->region : NULL);
    avs_json_text(json, "partition", name ? name->partition : NULL);
    avs_json_bool(json, "is_fips", name && name->is_fips);
    avs_json_bool(json, "is_dual_stack", name && name->is_dual_stack);
    avs_json_text(json, "today", name ? avs_iot_today(name) : NULL);
    avs_json_text(json, "root_rsa", name ? avs_iot_root(name, false) : NULL);
    avs_json_text(json, "root_ecdsa", name ? avs_iot_root(name, true) : NULL);
}

static void put_ways(struct avs_json *json, const struct avs_iot_found *found) {
    const struct avs_iot_way *way = NULL;
    avs_json_open_array(json, "ways");
    for (size_t i = 0; found->is_host && (way = avs_iot_way(found->name.kind, i)); i++) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "protocol", way->protocol);
        avs_json_text(json, "authentication", way->authentication);
        avs_json_uint(json, "port", way->port);
        avs_json_text(json, "alpn", way->alpn);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static enum avs_status put_advice(struct avs_json *json, const struct avs_iot_found *found,
                                  struct avs_error *reterr) {
    const struct avs_cause_info *cause = avs_cause_info(found->cause);
    bool has_cause = found->cause != AVS_CAUSE_NONE;
    struct avs_buffer command = avs_buffer_init(AVS_JSON_FORMAT_BYTES);
    AVS_AUTO(char) next = NULL;
    avs_iot_next_command(found, &command);
    AVS_TRY(avs_buffer_take_text(&command, &next, reterr));
    avs_json_text(json, "cause", has_cause ? cause->id : NULL);
    avs_json_text(json, "severity", has_cause ? avs_severity_id(cause->severity) : NULL);
    avs_json_text(json, "meaning", has_cause ? cause->meaning : NULL);
    avs_json_open_array(json, "remarks");
    for (size_t i = 0; i < found->remark_count; i++) {
        avs_json_open_object(json, NULL);
        avs_json_bool(json, "is_wrong", found->remark[i].is_wrong);
        avs_json_text(json, "text", found->remark[i].text);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_text(json, "remedy", avs_iot_remedy(found));
    avs_json_text(json, "next", next);
    return AVS_OK;
}

static enum avs_status put_found(struct avs_json *json, const struct avs_iot_found *found,
                                 struct avs_error *reterr) {
    avs_json_open_object(json, NULL);
    if (found->entry) {
        avs_json_uint(json, "line", found->entry->line);
    } else {
        avs_json_null(json, "line");
    }
    avs_json_text(json, "key", found->entry ? found->entry->key : NULL);
    avs_json_text(json, "value", found->entry && found->is_host ? found->entry->value : NULL);
    put_name(json, found);
    put_ways(json, found);
    AVS_TRY(put_advice(json, found, reterr));
    avs_json_close(json);
    return AVS_OK;
}

static void put_config(struct avs_json *json, const struct avs_iot_explanation *explanation) {
    const struct avs_iot_config *config = explanation->config;
    avs_json_text(json, "file", explanation->file);
    avs_json_text(json, "format", config ? config->format : NULL);
    avs_json_open_array(json, "trust_stores");
    for (size_t i = 0; config && i < config->entry_count; i++) {
        if (config->entry[i].role == AVS_IOT_ROLE_CA) {
            avs_json_open_object(json, NULL);
            avs_json_uint(json, "line", config->entry[i].line);
            avs_json_text(json, "key", config->entry[i].key);
            avs_json_text(json, "path", config->entry[i].value);
            avs_json_close(json);
        }
    }
    avs_json_close(json);
    avs_json_open_array(json, "not_understood");
    for (size_t i = 0; config && i < config->note_count; i++) {
        avs_json_open_object(json, NULL);
        avs_json_uint(json, "line", config->note[i].line);
        avs_json_text(json, "text", config->note[i].text);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_uint(json, "dropped", config ? config->note_dropped + config->entry_dropped : 0);
}

enum avs_status avs_iot_explanation_to_json(const struct avs_iot_explanation *explanation,
                                            char **ret_json, struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    enum avs_status status = AVS_OK;
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_IOT_EXPLAIN_SCHEMA);
    avs_json_bool(&json, "is_fine", avs_iot_explanation_is_fine(explanation));
    put_config(&json, explanation);
    avs_json_open_array(&json, "names");
    for (size_t i = 0; i < explanation->found_count && status == AVS_OK; i++) {
        status = put_found(&json, &explanation->found[i], reterr);
    }
    if (status == AVS_OK) {
        avs_json_close(&json);
        avs_json_close(&json);
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_json_done(&json);
    return status;
}
