/* The report as JSON, schema avs-shim.endpoint/1. */
#include "conf/json.h"
#include "conf/report.h"

static bool add_ignored(struct json_object *object, const struct avs_config_view *view) {
    struct json_object *list = avs_conf_json_add_array(object, "ignored");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < view->ignored_count; i++) {
        struct json_object *item = avs_conf_json_append(list);
        is_good = item && avs_conf_json_add_text(item, "key", view->ignored[i].key) &&
                  avs_conf_json_add_text(item, "value", view->ignored[i].value) &&
                  avs_conf_json_add_text(item, "source", view->ignored[i].source) &&
                  avs_conf_json_add_text(item, "reason", view->ignored[i].reason);
    }
    return is_good;
}

static bool add_views(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = avs_conf_json_add_array(root, "endpoints");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->view_count; i++) {
        const struct avs_config_view *view = &report->views[i];
        struct json_object *item = avs_conf_json_append(list);
        is_good = item && avs_conf_json_add_text(item, "sdk", view->sdk) &&
                  avs_conf_json_add_text(item, "endpoint", view->endpoint) &&
                  avs_conf_json_add_text(item, "key", view->key) &&
                  avs_conf_json_add_text(item, "source", view->source) &&
                  avs_conf_json_add_text(item, "why", view->why) &&
                  avs_conf_json_add_text(item, "refusal", view->refusal) && add_ignored(item, view);
    }
    return is_good;
}

static bool add_facts(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = avs_conf_json_add_array(root, "facts");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        struct json_object *item = avs_conf_json_append(list);
        is_good = item && avs_conf_json_add_text(item, "name", fact->name) &&
                  avs_conf_json_add_text(item, "key", fact->key) &&
                  avs_conf_json_add_text(item, "value", fact->value) &&
                  avs_conf_json_add_text(item, "source", fact->source) &&
                  avs_conf_json_add_text(item, "sdk", fact->sdk) &&
                  avs_conf_json_add_bool(item, "in_force", fact->is_in_force) &&
                  avs_conf_json_add_text(item, "note", fact->note);
    }
    return is_good;
}

static bool add_gateway(struct json_object *root, const struct avs_config_gateway *gateway) {
    struct json_object *object = json_object_new_object();
    return avs_conf_json_add(root, "persisted_gateway", object) &&
           avs_conf_json_add_text(object, "state", avs_gateway_state_id(gateway->state)) &&
           avs_conf_json_add_text(object, "database", gateway->database) &&
           avs_conf_json_add_text(object, "url", gateway->url) &&
           avs_conf_json_add_bool(object, "is_verified", gateway->is_verified) &&
           avs_conf_json_add_text(object, "detail", gateway->detail) &&
           avs_conf_json_add_text(object, "clear", gateway->clear);
}

static bool add_findings(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = avs_conf_json_add_array(root, "findings");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->finding_count; i++) {
        const struct avs_config_finding *finding = &report->findings[i];
        struct json_object *item = avs_conf_json_append(list);
        is_good = item && avs_conf_json_add_text(item, "id", finding->id) &&
                  avs_conf_json_add_text(item, "cause", avs_cause_info(finding->cause)->id) &&
                  avs_conf_json_add_text(item, "severity", avs_severity_id(finding->severity)) &&
                  avs_conf_json_add_text(item, "file", finding->file) &&
                  avs_conf_json_add_number(item, "line", finding->line) &&
                  avs_conf_json_add_number(item, "column", finding->column) &&
                  avs_conf_json_add_number(item, "offset", finding->offset) &&
                  avs_conf_json_add_number(item, "length", finding->length) &&
                  avs_conf_json_add_text(item, "problem", finding->problem) &&
                  avs_conf_json_add_text(item, "fix", finding->fix) &&
                  avs_conf_json_add_text(item, "sdk_message", finding->sdk_message) &&
                  (!finding->sdk_message ||
                   avs_conf_json_add_number(item, "sdk_offset", finding->sdk_offset)) &&
                  avs_conf_json_add_bool(item, "is_repairable", finding->is_repairable);
    }
    return is_good;
}

enum avs_status avs_config_report_to_json(const struct avs_config_report *report,
                                          const char *action, char **ret_json,
                                          struct avs_error *reterr) {
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    bool is_explained = report->view_count > 0;
    bool is_good = avs_conf_json_add_text(root, "schema", "avs-shim.endpoint/1") &&
                   avs_conf_json_add_text(root, "action", action) &&
                   avs_conf_json_add_text(root, "sdk", report->sdk) &&
                   (!is_explained || (add_views(root, report) && add_facts(root, report) &&
                                      add_gateway(root, &report->gateway))) &&
                   add_findings(root, report);
    AVS_REQUIRE_MEMORY(is_good ? root : NULL, reterr);
    return avs_conf_json_print(root, ret_json, reterr);
}
