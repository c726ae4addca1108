/* A plan as JSON, schema avs-shim.endpoint/1. */
#include <string.h>

#include <json-c/json.h>

#include "conf/plan.h"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);

static bool add(struct json_object *object, const char *key, struct json_object *value) {
    if (!value || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

static bool add_text(struct json_object *object, const char *key, const char *text, size_t length) {
    return add(object, key, json_object_new_string_len(text, (int)length));
}

static bool add_number(struct json_object *object, const char *key, size_t number) {
    return add(object, key, json_object_new_int64((int64_t)number));
}

static struct json_object *append(struct json_object *array) {
    struct json_object *item = json_object_new_object();
    if (!item || json_object_array_add(array, item) != 0) {
        json_object_put(item);
        return NULL;
    }
    return item;
}

static bool add_changes(struct json_object *list, const struct avs_conf_planned *file) {
    for (size_t i = 0; i < file->diff.count; i++) {
        const struct avs_conf_change *change = &file->diff.changes[i];
        struct json_object *item = append(list);
        unsigned line = 0, column = 0;
        avs_conf_place(file->before.text, file->before.length, change->old_offset, &line, &column);
        if (!item || !add_text(item, "file", file->before.path, strlen(file->before.path)) ||
            !add_number(item, "line", line) || !add_number(item, "column", column) ||
            !add_number(item, "offset", change->old_offset) ||
            !add_text(item, "removed", file->before.text + change->old_offset, change->removed) ||
            !add_text(item, "inserted", file->after.text + change->new_offset, change->inserted)) {
            return false;
        }
    }
    return true;
}

static const char *sidecar_word(enum avs_conf_sidecar_action action) {
    switch (action) {
    case AVS_CONF_SIDECAR_KEEP:
        return "none";
    case AVS_CONF_SIDECAR_WRITE:
        return "written";
    case AVS_CONF_SIDECAR_REMOVE:
        return "removed";
    }
    return "none";
}

static bool add_sidecars(struct json_object *list, const struct avs_conf_planned *file) {
    if (file->sidecar_action == AVS_CONF_SIDECAR_KEEP) {
        return true;
    }
    const char *word = sidecar_word(file->sidecar_action);
    struct json_object *item = append(list);
    return item && add_text(item, "file", file->sidecar_path, strlen(file->sidecar_path)) &&
           add_text(item, "action", word, strlen(word));
}

static bool add_summary(struct json_object *list, const struct avs_config_plan *plan) {
    const char *line = avs_config_plan_summary(plan);
    while (*line) {
        size_t length = strcspn(line, "\n");
        struct json_object *text = json_object_new_string_len(line, (int)length);
        if (!text || json_object_array_add(list, text) != 0) {
            json_object_put(text);
            return false;
        }
        line += length + (line[length] == '\n');
    }
    return true;
}

enum avs_status avs_config_plan_json(const struct avs_config_plan *plan, const char *action,
                                     bool is_applied, char **ret_json, struct avs_error *reterr) {
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    struct json_object *summary = json_object_new_array(), *changes = json_object_new_array(),
                       *sidecars = json_object_new_array();
    bool is_good =
        add_text(root, "schema", "avs-shim.endpoint/1", 19) &&
        add_text(root, "action", action, strlen(action)) &&
        (!plan->url || add_text(root, "endpoint", plan->url, strlen(plan->url))) &&
        add(root, "is_changed", json_object_new_boolean(!avs_config_plan_is_empty(plan))) &&
        add(root, "is_applied", json_object_new_boolean(is_applied));
    /* the arrays belong to the root from here on, or are gone */
    bool has_summary = add(root, "summary", summary);
    bool has_changes = add(root, "changes", changes);
    bool has_sidecars = add(root, "sidecars", sidecars);
    is_good = is_good && has_summary && has_changes && has_sidecars && add_summary(summary, plan);
    for (size_t i = 0; is_good && i < plan->count; i++) {
        is_good = add_changes(changes, &plan->files[i]) && add_sidecars(sidecars, &plan->files[i]);
    }
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
