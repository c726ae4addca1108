/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoint show, explain and lint found, as JSON: schema avs-shim.endpoint/1. */
#include <string.h>

#include <avs/config.h>

#include "out/json_out.h"

/* A value of a configuration: that it is empty is a fact, too. */
static void put_value(struct avs_json *json, const char *key, const char *value) {
    if (value) {
        avs_json_bytes(json, key, value, strlen(value));
    } else {
        avs_json_null(json, key);
    }
}

static void put_ignored(struct avs_json *json, const struct avs_config_view *view) {
    avs_json_open_array(json, "ignored");
    for (size_t i = 0; i < view->ignored_count; i++) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "key", view->ignored[i].key);
        put_value(json, "value", view->ignored[i].value);
        avs_json_text(json, "source", view->ignored[i].source);
        avs_json_text(json, "reason", view->ignored[i].reason);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_views(struct avs_json *json, const struct avs_config_report *report) {
    avs_json_open_array(json, "endpoints");
    for (size_t i = 0; i < report->view_count; i++) {
        const struct avs_config_view *view = &report->views[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "sdk", view->sdk);
        put_value(json, "endpoint", view->endpoint);
        avs_json_text(json, "key", view->key);
        avs_json_text(json, "source", view->source);
        avs_json_text(json, "why", view->why);
        avs_json_text(json, "refusal", view->refusal);
        put_ignored(json, view);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_facts(struct avs_json *json, const struct avs_config_report *report) {
    avs_json_open_array(json, "facts");
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "name", fact->name);
        avs_json_text(json, "key", fact->key);
        put_value(json, "value", fact->value);
        avs_json_text(json, "source", fact->source);
        avs_json_text(json, "sdk", fact->sdk);
        avs_json_bool(json, "in_force", fact->is_in_force);
        avs_json_text(json, "note", fact->note);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_gateway(struct avs_json *json, const struct avs_config_gateway *gateway) {
    avs_json_open_object(json, "persisted_gateway");
    avs_json_text(json, "state", avs_gateway_state_id(gateway->state));
    avs_json_text(json, "database", gateway->database);
    avs_json_text(json, "url", gateway->url);
    avs_json_bool(json, "is_verified", gateway->is_verified);
    avs_json_text(json, "detail", gateway->detail);
    avs_json_text(json, "clear", gateway->clear);
    avs_json_close(json);
}

static void put_findings(struct avs_json *json, const struct avs_config_report *report) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct avs_config_finding *finding = &report->findings[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "id", finding->id);
        avs_json_text(json, "cause", avs_cause_info(finding->cause)->id);
        avs_json_text(json, "severity", avs_severity_id(finding->severity));
        avs_json_text(json, "file", finding->file);
        avs_json_uint(json, "line", finding->line);
        avs_json_uint(json, "column", finding->column);
        avs_json_uint(json, "offset", finding->offset);
        avs_json_uint(json, "length", finding->length);
        avs_json_text(json, "problem", finding->problem);
        avs_json_text(json, "remedy", finding->fix);
        avs_json_text(json, "sdk_message", finding->sdk_message);
        if (finding->sdk_message) {
            avs_json_uint(json, "sdk_offset", finding->sdk_offset);
        } else {
            avs_json_null(json, "sdk_offset");
        }
        avs_json_bool(json, "is_repairable", finding->is_repairable);
        avs_json_close(json);
    }
    avs_json_close(json);
}

enum avs_status avs_config_report_to_json(const struct avs_config_report *report,
                                          const char *action, char **ret_json,
                                          struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_ENDPOINT_SCHEMA);
    avs_json_text(&json, "action", action);
    avs_json_text(&json, "sdk", report->sdk);
    if (report->view_count > 0) { /* lint does not explain */
        put_views(&json, report);
        put_facts(&json, report);
        put_gateway(&json, &report->gateway);
    }
    put_findings(&json, report);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
