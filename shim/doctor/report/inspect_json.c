/* The report as JSON, schema avs-shim.inspect/1. */
#include <json-c/json.h>
#include <string.h>

#include "base/flow.h"
#include "inspect/inspect.h"

/* json-c reports a failed allocation by NULL at each step; one flag collects them. */
struct writer {
    bool is_failed;
};

static void add(struct writer *writer, struct json_object *object, const char *key,
                struct json_object *value) {
    if (!value || !object || json_object_object_add(object, key, value) != 0) {
        writer->is_failed = true;
        json_object_put(value);
    }
}

/* An empty text, a missing time and a missing line are null. */
static void add_text(struct writer *writer, struct json_object *object, const char *key,
                     const char *text) {
    if (!text || !text[0]) {
        json_object_object_add(object, key, NULL);
    } else {
        add(writer, object, key, json_object_new_string(text));
    }
}

static void add_number(struct writer *writer, struct json_object *object, const char *key,
                       uint64_t number) {
    add(writer, object, key, json_object_new_int64((int64_t)number));
}

static void add_flag(struct writer *writer, struct json_object *object, const char *key,
                     bool flag) {
    add(writer, object, key, json_object_new_boolean(flag));
}

static struct json_object *new_array(struct writer *writer, struct json_object *object,
                                     const char *key) {
    struct json_object *array = json_object_new_array();
    add(writer, object, key, array);
    return writer->is_failed ? NULL : array;
}

static void append(struct writer *writer, struct json_object *array, struct json_object *value) {
    if (!value || !array || json_object_array_add(array, value) != 0) {
        writer->is_failed = true;
        json_object_put(value);
    }
}

static void add_place(struct writer *writer, struct json_object *object, const char *key,
                      const struct avs_inspect_place *place) {
    struct json_object *out = json_object_new_object();
    if (out) {
        add_number(writer, out, "line", place->line);
        add_text(writer, out, "time", place->time);
    }
    add(writer, object, key, out);
}

static struct json_object *finding_object(struct writer *writer,
                                          const struct avs_inspect_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    struct json_object *out = json_object_new_object();
    if (!out) {
        return NULL;
    }
    add_text(writer, out, "cause", info->id);
    add_text(writer, out, "phase", avs_phase_id(info->phase));
    add_text(writer, out, "severity", avs_severity_id(info->severity));
    add_text(writer, out, "certainty", avs_certainty_id(finding->certainty));
    add_flag(writer, out, "is_problem", finding->is_problem);
    add_flag(writer, out, "confirmed_live", finding->confirmed_live);
    add_number(writer, out, "count", finding->count);
    add_place(writer, out, "first", &finding->first);
    add_place(writer, out, "last", &finding->last);
    add_place(writer, out, "decisive", &finding->decisive);
    add_text(writer, out, "line", finding->line);
    add_text(writer, out, "says", finding->says);
    add_text(writer, out, "detail", finding->detail);
    add_text(writer, out, "host", finding->host);
    add_flag(writer, out, "host_assumed", finding->host_assumed);
    add_text(writer, out, "component", finding->component);
    struct json_object *also = new_array(writer, out, "could_also_be");
    for (size_t i = 0; i < finding->also_count; i++) {
        append(writer, also, json_object_new_string(avs_cause_info(finding->also[i])->id));
    }
    struct json_object *rules_out = new_array(writer, out, "rules_out");
    for (size_t i = 0; i < finding->rules_out_count; i++) {
        append(writer, rules_out, json_object_new_string(finding->rules_out[i]));
    }
    struct json_object *echoes = new_array(writer, out, "echoes");
    for (size_t i = 0; i < finding->echo_count; i++) {
        struct json_object *echo = json_object_new_object();
        if (echo) {
            add_number(writer, echo, "count", finding->echoes[i].count);
            add_number(writer, echo, "line", finding->echoes[i].line);
            add_text(writer, echo, "text", finding->echoes[i].text);
            add_text(writer, echo, "why", finding->echoes[i].why);
        }
        append(writer, echoes, echo);
    }
    if (finding->recovered_line) {
        add_number(writer, out, "recovered_line", finding->recovered_line);
    } else {
        json_object_object_add(out, "recovered_line", NULL);
    }
    add_text(writer, out, "meaning", info->meaning);
    add_text(writer, out, "remedy", info->remedy);
    add_text(writer, out, "command", finding->command);
    return out;
}

static struct json_object *report_object(struct writer *writer,
                                         const struct avs_inspect_report *report,
                                         const char *name) {
    struct json_object *out = json_object_new_object();
    if (!out) {
        writer->is_failed = true;
        return NULL;
    }
    add_text(writer, out, "schema", AVS_INSPECT_SCHEMA);
    add_text(writer, out, "log", name);
    add_text(writer, out, "answer", avs_inspect_answer_id(report->answer));
    add_number(writer, out, "exit_code", (uint64_t)report->exit_code);
    add_number(writer, out, "bytes", report->bytes);
    add_number(writer, out, "lines", report->lines);
    add_number(writer, out, "stamped_lines", report->stamped_lines);
    add_text(writer, out, "sdk_version", report->sdk_version);
    add_text(writer, out, "sdk_releases", report->sdk_releases);
    add_text(writer, out, "libcurl", report->libcurl);
    add_text(writer, out, "endpoint", report->endpoint);
    add_flag(writer, out, "has_debug_lines", report->has_debug_lines);
    add_flag(writer, out, "stamps_implausible", report->stamps_implausible);
    struct json_object *findings = new_array(writer, out, "findings");
    for (size_t i = 0; i < report->finding_count; i++) {
        append(writer, findings, finding_object(writer, &report->findings[i]));
    }
    struct json_object *notes = new_array(writer, out, "notes");
    for (size_t i = 0; i < report->note_count; i++) {
        struct json_object *note = json_object_new_object();
        if (note) {
            add_number(writer, note, "count", report->notes[i].count);
            add_number(writer, note, "line", report->notes[i].line);
            add_text(writer, note, "text", report->notes[i].text);
        }
        append(writer, notes, note);
    }
    struct json_object *limits = new_array(writer, out, "limits");
    for (size_t i = 0; i < report->limit_count; i++) {
        append(writer, limits, json_object_new_string(report->limits[i]));
    }
    if (report->has_live) {
        struct json_object *live = json_object_new_object();
        if (live) {
            add_text(writer, live, "endpoint", report->live_endpoint);
            add_text(writer, live, "readiness", avs_readiness_id(report->live_readiness));
            add_text(writer, live, "cause", avs_cause_info(report->live_cause)->id);
        }
        add(writer, out, "live", live);
    } else {
        json_object_object_add(out, "live", NULL);
    }
    return out;
}

enum avs_status avs_inspect_report_to_json(const struct avs_inspect_report *report,
                                           const char *name, char **ret_json,
                                           struct avs_error *reterr) {
    struct writer writer = {false};
    struct json_object *out = report_object(&writer, report, name);
    const char *text = writer.is_failed
                           ? NULL
                           : json_object_to_json_string_ext(
                                 out, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t length = text ? strlen(text) : 0;
    char *copy = text ? malloc(length + 2) : NULL;
    if (copy) {
        memcpy(copy, text, length);
        memcpy(copy + length, "\n", 2);
    }
    json_object_put(out);
    if (!copy) {
        return avs_fail_memory(reterr);
    }
    *ret_json = copy;
    return AVS_OK;
}
