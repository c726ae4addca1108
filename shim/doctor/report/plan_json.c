/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as JSON, schema avs-shim.endpoint/1. */
#include <string.h>

#include "edit/plan.h"
#include "out/json_out.h"

static void put_changes(struct avs_json *json, const struct avs_conf_planned *file) {
    for (size_t i = 0; i < file->diff.count; i++) {
        const struct avs_conf_change *change = &file->diff.changes[i];
        unsigned line = 0, column = 0;
        avs_conf_place(file->before.text, file->before.length, change->old_offset, &line, &column);
        avs_json_open_object(json, NULL);
        avs_json_text(json, "file", file->before.path);
        avs_json_uint(json, "line", line);
        avs_json_uint(json, "column", column);
        avs_json_uint(json, "offset", change->old_offset);
        avs_json_bytes(json, "removed", file->before.text + change->old_offset, change->removed);
        avs_json_bytes(json, "inserted", file->after.text + change->new_offset, change->inserted);
        avs_json_close(json);
    }
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

static void put_sidecar(struct avs_json *json, const struct avs_conf_planned *file) {
    if (file->sidecar_action != AVS_CONF_SIDECAR_KEEP) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "file", file->sidecar_path);
        avs_json_text(json, "action", sidecar_word(file->sidecar_action));
        avs_json_close(json);
    }
}

static void put_summary(struct avs_json *json, const struct avs_config_plan *plan) {
    const char *line = avs_config_plan_summary(plan);
    avs_json_open_array(json, "summary");
    while (*line) {
        size_t length = strcspn(line, "\n");
        avs_json_bytes(json, NULL, line, length);
        line += length + (line[length] == '\n');
    }
    avs_json_close(json);
}

enum avs_status avs_config_plan_to_json(const struct avs_config_plan *plan, const char *action,
                                        bool is_applied, char **ret_json,
                                        struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_ENDPOINT_SCHEMA);
    avs_json_text(&json, "action", action);
    avs_json_text(&json, "endpoint", plan->url);
    avs_json_bool(&json, "is_changed", !avs_config_plan_is_empty(plan));
    avs_json_bool(&json, "is_applied", is_applied);
    put_summary(&json, plan);
    avs_json_open_array(&json, "changes");
    for (size_t i = 0; i < plan->count; i++) {
        put_changes(&json, &plan->files[i]);
    }
    avs_json_close(&json);
    avs_json_open_array(&json, "sidecars");
    for (size_t i = 0; i < plan->count; i++) {
        put_sidecar(&json, &plan->files[i]);
    }
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
