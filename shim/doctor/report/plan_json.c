/* A plan as JSON, schema avs-shim.endpoint/1. */
#include <string.h>

#include "conf/json.h"
#include "edit/plan.h"

static bool add_changes(struct json_object *list, const struct avs_conf_planned *file) {
    for (size_t i = 0; i < file->diff.count; i++) {
        const struct avs_conf_change *change = &file->diff.changes[i];
        struct json_object *item = avs_conf_json_append(list);
        unsigned line = 0, column = 0;
        avs_conf_place(file->before.text, file->before.length, change->old_offset, &line, &column);
        if (!item || !avs_conf_json_add_text(item, "file", file->before.path) ||
            !avs_conf_json_add_number(item, "line", line) ||
            !avs_conf_json_add_number(item, "column", column) ||
            !avs_conf_json_add_number(item, "offset", change->old_offset) ||
            !avs_conf_json_add_bytes(item, "removed", file->before.text + change->old_offset,
                                     change->removed) ||
            !avs_conf_json_add_bytes(item, "inserted", file->after.text + change->new_offset,
                                     change->inserted)) {
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
    struct json_object *item = avs_conf_json_append(list);
    return item && avs_conf_json_add_text(item, "file", file->sidecar_path) &&
           avs_conf_json_add_text(item, "action", word);
}

static bool add_summary(struct json_object *list, const struct avs_config_plan *plan) {
    const char *line = avs_config_plan_summary(plan);
    while (*line) {
        size_t length = strcspn(line, "\n");
        struct json_object *text = avs_conf_json_string(line, length);
        if (!text || json_object_array_add(list, text) != 0) {
            json_object_put(text);
            return false;
        }
        line += length + (line[length] == '\n');
    }
    return true;
}

enum avs_status avs_config_plan_to_json(const struct avs_config_plan *plan, const char *action,
                                        bool is_applied, char **ret_json,
                                        struct avs_error *reterr) {
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    bool is_good = avs_conf_json_add_text(root, "schema", "avs-shim.endpoint/1") &&
                   avs_conf_json_add_text(root, "action", action) &&
                   (!plan->url || avs_conf_json_add_text(root, "endpoint", plan->url)) &&
                   avs_conf_json_add_bool(root, "is_changed", !avs_config_plan_is_empty(plan)) &&
                   avs_conf_json_add_bool(root, "is_applied", is_applied);
    struct json_object *summary = is_good ? avs_conf_json_add_array(root, "summary") : NULL;
    struct json_object *changes = summary ? avs_conf_json_add_array(root, "changes") : NULL;
    struct json_object *sidecars = changes ? avs_conf_json_add_array(root, "sidecars") : NULL;
    is_good = sidecars && add_summary(summary, plan);
    for (size_t i = 0; is_good && i < plan->count; i++) {
        is_good = add_changes(changes, &plan->files[i]) && add_sidecars(sidecars, &plan->files[i]);
    }
    AVS_REQUIRE_MEMORY(is_good ? root : NULL, reterr);
    return avs_conf_json_print(root, ret_json, reterr);
}
