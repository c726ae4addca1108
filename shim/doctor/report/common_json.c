/* SPDX-License-Identifier: Apache-2.0 */
/* What every command has to tell in JSON: its error, rows of the catalogue, a text. */
#include <string.h>

#include <avs/report.h>

#include "out/json_out.h"

enum avs_status avs_error_to_json(const struct avs_error *error, const char *schema,
                                  char **ret_json, struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    bool has_cause = error->cause != AVS_CAUSE_NONE;
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", schema);
    avs_json_open_object(&json, "error");
    avs_json_text(&json, "status", avs_status_text(error->status));
    avs_json_text(&json, "cause", has_cause ? avs_cause_info(error->cause)->id : NULL);
    avs_json_text(&json, "message", error->message);
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

enum avs_status avs_causes_to_json(const enum avs_cause *causes, size_t count, char **ret_json,
                                   struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_CAUSES_SCHEMA);
    avs_json_open_array(&json, "causes");
    for (size_t i = 0; i < count; i++) {
        const struct avs_cause_info *info = avs_cause_info(causes[i]);
        avs_json_open_object(&json, NULL);
        avs_json_text(&json, "id", info->id);
        avs_json_text(&json, "phase", avs_phase_id(info->phase));
        avs_json_text(&json, "severity", avs_severity_id(info->severity));
        avs_json_text(&json, "meaning", info->meaning);
        avs_json_text(&json, "remedy", info->remedy);
        avs_json_text(&json, "command", info->command);
        avs_json_close(&json);
    }
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

enum avs_status avs_text_to_json(const char *text, char **ret_json, struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_text(&json, NULL, text);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    if (status == AVS_OK) {
        (*ret_json)[strlen(*ret_json) - 1] = '\0'; /* the newline */
    }
    return status;
}
