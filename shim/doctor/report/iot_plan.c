/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's plan: each device and the totals, as text and as lines of JSON (schema
 * avs-shim.iot-plan/1). */
#include <inttypes.h>

#include <avs/iot_plan.h>

#include "base/flow.h"
#include "out/json_out.h"
#include "out/text_out.h"

static const struct {
    enum avs_mark mark;
    const char *key;  /* in the summary */
    const char *what; /* in the totals */
} states[AVS_IOT_STATE_COUNT] = {
    [AVS_IOT_STATE_OLD_ONLY] = {AVS_MARK_NOTE, "old_only",
                                "put Amazon's roots into their stores first"},
    [AVS_IOT_STATE_BOTH_ROOTS] = {AVS_MARK_NOTE, "both_roots", "ask for their ATS name"},
    [AVS_IOT_STATE_READY_TO_SWITCH] = {AVS_MARK_NOTE, "ready_to_switch",
                                       "prove the ATS name from the device, then switch"},
    [AVS_IOT_STATE_SWITCHED] = {AVS_MARK_OK, "switched", "nothing to do"},
    [AVS_IOT_STATE_BLOCKED] = {AVS_MARK_FAIL, "blocked", "see the cause of each"},
    [AVS_IOT_STATE_BROKEN] = {AVS_MARK_FAIL, "broken", "rows of the inventory to mend"},
};

/* ---- text ---- */

enum avs_status avs_iot_device_to_text(const struct avs_iot_device *device,
                                       const struct avs_style *style, char **ret_text,
                                       struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    avs_out_whole(&out);
    avs_out_mark(&out, device->is_unproven ? AVS_MARK_UNKNOWN : states[device->state].mark);
    avs_out_printf(&out, "%-15s  ", avs_iot_state_id(device->state));
    if (device->name) {
        avs_out_tone(&out, AVS_TONE_BOLD, "%s", device->name);
    } else {
        avs_out_printf(&out, "row %" PRIu64, device->row);
    }
    avs_out_printf(&out, "%s%s\n", device->host ? "  " : "", device->host ? device->host : "");
    if (device->state == AVS_IOT_STATE_BROKEN) {
        avs_out_printf(&out, "     row %" PRIu64 ", line %" PRIu64 ": ", device->row, device->line);
    } else {
        avs_out_printf(&out, "     ");
    }
    avs_out_printf(&out, "%s", device->message);
    if (device->cause != AVS_CAUSE_NONE) {
        avs_out_printf(&out, " (%s)", avs_cause_info(device->cause)->id);
    }
    avs_out_printf(&out, "\n");
    if (device->next) {
        avs_out_printf(&out, "     next  ");
        avs_out_command(&out, device->next);
        avs_out_printf(&out, "\n");
    }
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}

static void put_rules(struct avs_out *out, const struct avs_iot_totals *totals) {
    const uint64_t *count = totals->count;
    uint64_t behind = totals->devices - count[AVS_IOT_STATE_SWITCHED];
    if (totals->devices == 0) {
        avs_out_printf(out, "The inventory has no devices.\n");
    } else if (totals->may_remove_verisign) {
        avs_out_printf(out, "All have switched, and Amazon's roots are in their stores: VeriSign's "
                            "root may go.\n");
    } else {
        avs_out_printf(out,
                       "Keep VeriSign's root in the stores: %" PRIu64 " of %" PRIu64
                       " devices are not seen to have switched.\n",
                       behind + totals->unproven, totals->devices);
    }
    if (count[AVS_IOT_STATE_OLD_ONLY] > 0) {
        avs_out_printf(out,
                       "Switch no device before Amazon's roots are in its store; both endpoints "
                       "of an account and region work side by side, and a device may go back.\n");
    }
    if (totals->unproven > 0) {
        avs_out_printf(out,
                       "%" PRIu64
                       " of the switched are so by name alone: no store or rootfs column, "
                       "one of the two roots, or another account's name.\n",
                       totals->unproven);
    }
}

enum avs_status avs_iot_totals_to_text(const struct avs_iot_totals *totals,
                                       const struct avs_style *style, char **ret_text,
                                       struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    avs_out_tone(&out, AVS_TONE_BOLD, "%" PRIu64 " device%s\n", totals->devices,
                 totals->devices == 1 ? "" : "s");
    for (size_t i = 0; i < AVS_IOT_STATE_COUNT; i++) {
        if (totals->count[i] > 0) {
            avs_out_whole(&out);
            avs_out_printf(&out, "  %10" PRIu64 "  %-15s  %s\n", totals->count[i],
                           avs_iot_state_id((enum avs_iot_state)i), states[i].what);
        }
    }
    put_rules(&out, totals);
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}

/* ---- JSON lines ---- */

static void put_has(struct avs_json *json, const char *key, enum avs_iot_has has) {
    if (has == AVS_IOT_HAS_UNKNOWN) {
        avs_json_null(json, key);
    } else {
        avs_json_bool(json, key, has == AVS_IOT_HAS_IT);
    }
}

enum avs_status avs_iot_device_to_json(const struct avs_iot_device *device, char **ret_json,
                                       struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    bool has_cause = device->cause != AVS_CAUSE_NONE;
    json.is_line = true;
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_IOT_PLAN_SCHEMA);
    avs_json_uint(&json, "row", device->row);
    avs_json_uint(&json, "line", device->line);
    avs_json_text(&json, "name", device->name);
    avs_json_text(&json, "host", device->host);
    avs_json_text(&json, "wanted", device->wanted);
    avs_json_text(&json, "region", device->region);
    avs_json_text(&json, "state", avs_iot_state_id(device->state));
    avs_json_bool(&json, "is_unproven", device->is_unproven);
    avs_json_text(&json, "cause", has_cause ? avs_cause_info(device->cause)->id : NULL);
    avs_json_text(&json, "message", device->message);
    put_has(&json, "has_verisign", device->has_verisign);
    put_has(&json, "has_rsa", device->has_rsa);
    put_has(&json, "has_ecdsa", device->has_ecdsa);
    avs_json_text(&json, "next", device->next);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

enum avs_status avs_iot_totals_to_json(const struct avs_iot_totals *totals, char **ret_json,
                                       struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    json.is_line = true;
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_IOT_PLAN_SCHEMA);
    avs_json_open_object(&json, "summary");
    avs_json_uint(&json, "devices", totals->devices);
    for (size_t i = 0; i < AVS_IOT_STATE_COUNT; i++) {
        avs_json_uint(&json, states[i].key, totals->count[i]);
    }
    avs_json_uint(&json, "unproven", totals->unproven);
    avs_json_bool(&json, "may_remove_verisign", totals->may_remove_verisign);
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
