/* The report as JSON, schema avs-shim.endpoint/1. */
#include <string.h>

#include <json-c/json.h>

#include "conf/report.h"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);

/* Add a member; takes `value` over, also when it fails. */
static bool add(struct json_object *object, const char *key, struct json_object *value) {
    if (!value || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

static bool add_text(struct json_object *object, const char *key, const char *text) {
    if (text) {
        return add(object, key, json_object_new_string(text));
    }
    return json_object_object_add(object, key, NULL) == 0;
}

static bool add_number(struct json_object *object, const char *key, size_t number) {
    return add(object, key, json_object_new_int64((int64_t)number));
}

static bool add_bool(struct json_object *object, const char *key, bool is_true) {
    return add(object, key, json_object_new_boolean(is_true));
}

/* Append a new object to `array`; NULL when out of memory. */
static struct json_object *append(struct json_object *array) {
    struct json_object *item = json_object_new_object();
    if (!item || json_object_array_add(array, item) != 0) {
        json_object_put(item);
        return NULL;
    }
    return item;
}

/* A new array as a member; NULL when out of memory. */
static struct json_object *add_array(struct json_object *object, const char *key) {
    struct json_object *array = json_object_new_array();
    return add(object, key, array) ? array : NULL;
}

static bool add_ignored(struct json_object *object, const struct avs_config_view *view) {
    struct json_object *list = add_array(object, "ignored");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < view->ignored_count; i++) {
        struct json_object *item = append(list);
        is_good = item && add_text(item, "key", view->ignored[i].key) &&
                  add_text(item, "value", view->ignored[i].value) &&
                  add_text(item, "source", view->ignored[i].source) &&
                  add_text(item, "reason", view->ignored[i].reason);
    }
    return is_good;
}

static bool add_views(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = add_array(root, "endpoints");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->view_count; i++) {
        const struct avs_config_view *view = &report->views[i];
        struct json_object *item = append(list);
        is_good = item && add_text(item, "sdk", view->sdk) &&
                  add_text(item, "endpoint", view->endpoint) && add_text(item, "key", view->key) &&
                  add_text(item, "source", view->source) && add_text(item, "why", view->why) &&
                  add_text(item, "refusal", view->refusal) && add_ignored(item, view);
    }
    return is_good;
}

static bool add_facts(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = add_array(root, "facts");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        struct json_object *item = append(list);
        is_good = item && add_text(item, "name", fact->name) && add_text(item, "key", fact->key) &&
                  add_text(item, "value", fact->value) && add_text(item, "source", fact->source) &&
                  add_text(item, "sdk", fact->sdk) &&
                  add_bool(item, "in_force", fact->is_in_force) &&
                  add_text(item, "note", fact->note);
    }
    return is_good;
}

static bool add_gateway(struct json_object *root, const struct avs_config_gateway *gateway) {
    struct json_object *object = json_object_new_object();
    return add(root, "persisted_gateway", object) &&
           add_text(object, "state", avs_gateway_state_id(gateway->state)) &&
           add_text(object, "database", gateway->database) &&
           add_text(object, "url", gateway->url) &&
           add_bool(object, "is_verified", gateway->is_verified) &&
           add_text(object, "detail", gateway->detail) && add_text(object, "clear", gateway->clear);
}

static bool add_findings(struct json_object *root, const struct avs_config_report *report) {
    struct json_object *list = add_array(root, "findings");
    bool is_good = list != NULL;
    for (size_t i = 0; is_good && i < report->finding_count; i++) {
        const struct avs_config_finding *finding = &report->findings[i];
        struct json_object *item = append(list);
        is_good =
            item && add_text(item, "id", finding->id) &&
            add_text(item, "cause", avs_cause_info(finding->cause)->id) &&
            add_text(item, "severity", avs_severity_id(finding->severity)) &&
            add_text(item, "file", finding->file) && add_number(item, "line", finding->line) &&
            add_number(item, "column", finding->column) &&
            add_number(item, "offset", finding->offset) &&
            add_number(item, "length", finding->length) &&
            add_text(item, "problem", finding->problem) && add_text(item, "fix", finding->fix) &&
            add_text(item, "sdk_message", finding->sdk_message) &&
            (!finding->sdk_message || add_number(item, "sdk_offset", finding->sdk_offset)) &&
            add_bool(item, "is_repairable", finding->is_repairable);
    }
    return is_good;
}

enum avs_status avs_config_report_json(const struct avs_config_report *report, const char *action,
                                       char **ret_json, struct avs_error *reterr) {
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    bool is_explained = report->view_count > 0;
    bool is_good = add_text(root, "schema", "avs-shim.endpoint/1") &&
                   add_text(root, "action", action) && add_text(root, "sdk", report->sdk) &&
                   (!is_explained || (add_views(root, report) && add_facts(root, report) &&
                                      add_gateway(root, &report->gateway))) &&
                   add_findings(root, report);
    const char *text = is_good ? json_object_to_json_string_ext(
                                     root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)
                               : NULL;
    AVS_REQUIRE_MEMORY(text, reterr);
    size_t length = strlen(text);
    char *json = malloc(length + 2);
    AVS_REQUIRE_MEMORY(json, reterr);
    memcpy(json, text, length);
    memcpy(json + length, "\n", 2);
    *ret_json = json;
    return AVS_OK;
}
