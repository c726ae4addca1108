/* SPDX-License-Identifier: Apache-2.0 */
/* The report as JSON, schema avs-shim.inspect/1. */
#include "inspect/inspect.h"
#include "out/json_out.h"

static void put_place(struct avs_json *json, const char *key,
                      const struct avs_inspect_place *place) {
    avs_json_open_object(json, key);
    avs_json_uint(json, "line", place->line);
    avs_json_text(json, "time", place->time);
    avs_json_close(json);
}

static void put_echoes(struct avs_json *json, const struct avs_inspect_finding *finding) {
    avs_json_open_array(json, "echoes");
    for (size_t i = 0; i < finding->echo_count; i++) {
        const struct avs_inspect_echo *echo = &finding->echoes[i];
        avs_json_open_object(json, NULL);
        avs_json_uint(json, "count", echo->count);
        avs_json_uint(json, "line", echo->line);
        avs_json_text(json, "text", echo->text);
        avs_json_text(json, "why", echo->why);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_finding(struct avs_json *json, const struct avs_inspect_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    avs_json_open_object(json, NULL);
    avs_json_text(json, "cause", info->id);
    avs_json_text(json, "phase", avs_phase_id(info->phase));
    avs_json_text(json, "severity", avs_severity_id(info->severity));
    avs_json_text(json, "certainty", avs_certainty_id(finding->certainty));
    avs_json_bool(json, "is_problem", finding->is_problem);
    avs_json_bool(json, "confirmed_live", finding->confirmed_live);
    avs_json_uint(json, "count", finding->count);
    put_place(json, "first", &finding->first);
    put_place(json, "last", &finding->last);
    put_place(json, "decisive", &finding->decisive);
    avs_json_text(json, "line", finding->line);
    avs_json_text(json, "says", finding->says);
    avs_json_text(json, "detail", finding->detail);
    avs_json_text(json, "host", finding->host);
    avs_json_bool(json, "host_assumed", finding->host_assumed);
    avs_json_text(json, "component", finding->component);
    avs_json_open_array(json, "could_also_be");
    for (size_t i = 0; i < finding->also_count; i++) {
        avs_json_text(json, NULL, avs_cause_info(finding->also[i])->id);
    }
    avs_json_close(json);
    avs_json_open_array(json, "rules_out");
    for (size_t i = 0; i < finding->rules_out_count; i++) {
        avs_json_text(json, NULL, finding->rules_out[i]);
    }
    avs_json_close(json);
    put_echoes(json, finding);
    if (finding->recovered_line) {
        avs_json_uint(json, "recovered_line", finding->recovered_line);
    } else {
        avs_json_null(json, "recovered_line");
    }
    avs_json_text(json, "meaning", finding->meaning);
    avs_json_text(json, "remedy", finding->remedy);
    avs_json_text(json, "command", finding->command);
    avs_json_close(json);
}

static void put_log(struct avs_json *json, const struct avs_inspect_report *report,
                    const char *name) {
    avs_json_text(json, "log", name);
    avs_json_text(json, "answer", avs_inspect_answer_id(report->answer));
    avs_json_int(json, "exit_code", report->exit_code);
    avs_json_uint(json, "bytes", report->bytes);
    avs_json_uint(json, "lines", report->lines);
    avs_json_uint(json, "stamped_lines", report->stamped_lines);
    avs_json_text(json, "sdk_version", report->sdk_version);
    avs_json_text(json, "sdk_releases", report->sdk_releases);
    avs_json_text(json, "libcurl", report->libcurl);
    avs_json_text(json, "endpoint", report->endpoint);
    avs_json_bool(json, "has_debug_lines", report->has_debug_lines);
    avs_json_bool(json, "stamps_implausible", report->stamps_implausible);
}

static void put_lists(struct avs_json *json, const struct avs_inspect_report *report) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < report->finding_count; i++) {
        put_finding(json, &report->findings[i]);
    }
    avs_json_close(json);
    avs_json_open_array(json, "notes");
    for (size_t i = 0; i < report->note_count; i++) {
        avs_json_open_object(json, NULL);
        avs_json_uint(json, "count", report->notes[i].count);
        avs_json_uint(json, "line", report->notes[i].line);
        avs_json_text(json, "text", report->notes[i].text);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_open_array(json, "limits");
    for (size_t i = 0; i < report->limit_count; i++) {
        avs_json_text(json, NULL, report->limits[i]);
    }
    avs_json_close(json);
}

static void put_live(struct avs_json *json, const struct avs_inspect_report *report) {
    if (!report->has_live) {
        avs_json_null(json, "live");
        return;
    }
    avs_json_open_object(json, "live");
    avs_json_text(json, "endpoint", report->live_endpoint);
    avs_json_text(json, "readiness", avs_readiness_id(report->live_readiness));
    avs_json_text(json, "cause",
                  report->live_cause == AVS_CAUSE_NONE ? NULL
                                                       : avs_cause_info(report->live_cause)->id);
    avs_json_close(json);
}

enum avs_status avs_inspect_report_to_json(const struct avs_inspect_report *report,
                                           const char *name, char **ret_json,
                                           struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_INSPECT_SCHEMA);
    put_log(&json, report, name);
    put_lists(&json, report);
    put_live(&json, report);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
