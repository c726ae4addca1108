/* SPDX-License-Identifier: Apache-2.0 */
/* What came of asking AWS for an endpoint, as text and as JSON (schema avs-shim.iot-endpoint/1).
 * The host itself is the caller's to print: on a line of its own, where a script takes it. */
#include <string.h>

#include "base/text.h"
#include "iot/describe.h"
#include "out/json_out.h"
#include "out/text_out.h"
#include "report/advice.h"

#define MINUTE_S   60
#define HOUR_S     3600
#define DAY_S      86400
#define FACT_BYTES 1024

/* What a type means to somebody who has asked for it; and what is worth knowing of its answer. */
static const struct {
    const char *meaning, *note;
} types[AVS_IOT_ENDPOINT_TYPE_COUNT] = {
    [AVS_IOT_ENDPOINT_DATA_ATS] =
        {"the device data endpoint: MQTT and HTTPS, with Amazon Trust Services certificates", NULL},
    [AVS_IOT_ENDPOINT_DATA] =
        {"the legacy device data endpoint",
         "This is what the API gives when no type is asked for (aws iot describe-endpoint, older "
         "tools). In the older regions it is the name with the VeriSign certificates, which AWS "
         "IoT "
         "Core no longer supports: devices should use data-ats."},
    [AVS_IOT_ENDPOINT_CREDENTIALS] =
        {"the credential provider: AWS keys for a device certificate, HTTPS on 443 alone", NULL},
    [AVS_IOT_ENDPOINT_JOBS] = {"the jobs data endpoint", NULL},
};

/* "12 minutes behind" */
static void format_offset(char *field, size_t capacity, int64_t offset_s) {
    uint64_t far = offset_s < 0 ? 0 - (uint64_t)offset_s : (uint64_t)offset_s;
    uint64_t unit = far >= 2 * DAY_S      ? DAY_S
                    : far >= 2 * HOUR_S   ? HOUR_S
                    : far >= 2 * MINUTE_S ? MINUTE_S
                                          : 1;
    const char *word = unit == DAY_S      ? "days"
                       : unit == HOUR_S   ? "hours"
                       : unit == MINUTE_S ? "minutes"
                                          : "seconds";
    avs_text_format(field, capacity, "%llu %s %s", (unsigned long long)(far / unit), word,
                    offset_s < 0 ? "behind" : "ahead");
}

/* ---- text ---- */

static void put_keys(struct avs_out *out, const struct avs_iot_endpoint *endpoint) {
    if (!endpoint->key_id[0]) {
        avs_out_printf(out, "     keys    none: the device's certificate was to get them from %s\n",
                       endpoint->authority);
        return;
    }
    avs_out_printf(out, "     keys    %s from %s%s; region %s from %s\n", endpoint->key_id,
                   endpoint->keys_source, endpoint->is_temporary ? ", with a session token" : "",
                   endpoint->region, endpoint->region_source);
}

static void put_host(struct avs_out *out, const struct avs_iot_endpoint *endpoint) {
    const struct avs_iot_name *name = &endpoint->name;
    const char *note = types[endpoint->type].note;
    bool is_fitting = endpoint->cause == AVS_CAUSE_NONE;
    avs_out_mark(out, is_fitting ? AVS_MARK_OK : AVS_MARK_FAIL);
    avs_out_printf(
        out, "%s, %s, of this account in %s\n", avs_iot_endpoint_api_type(endpoint->type),
        is_fitting ? types[endpoint->type].meaning : "answered with another kind of name",
        endpoint->region);
    put_keys(out, endpoint);
    if (endpoint->has_name) {
        avs_out_printf(out, "     name    %s, generation %s: %s\n", avs_iot_kind_id(name->kind),
                       avs_iot_generation_id(name->generation), name->why);
    }
    avs_out_lines(out, "     note    ", note ? note : "");
    avs_out_lines(out, "     do      ",
                  is_fitting ? "Keep it: it never changes, and devices need not ask. Take all of "
                               "it, never put one together from parts."
                             : avs_cause_info(endpoint->cause)->remedy);
}

static void put_answer(struct avs_out *out, const struct avs_iot_endpoint *endpoint) {
    const struct avs_iot_answer *answer = &endpoint->answer;
    char fact[FACT_BYTES], offset[64];
    avs_text_format(fact, sizeof(fact), "%s answered %d%s%s%s%s", endpoint->authority,
                    answer->status, answer->code[0] ? " " : "", answer->code,
                    answer->message[0] ? ": " : "", answer->message);
    avs_out_lines(out, "     facts   ", fact);
    if (endpoint->tries > 1) {
        avs_out_printf(out, "             asked %u times, with random pauses\n", endpoint->tries);
    }
    if (endpoint->cause == AVS_CAUSE_CLOCK_WRONG && answer->has_offset) {
        format_offset(offset, sizeof(offset), answer->offset_s);
        avs_out_printf(out, "             this machine's clock is %s of the server's\n", offset);
    }
}

static const char *meaning_of(const struct avs_iot_endpoint *endpoint) {
    bool is_signed_time = endpoint->cause == AVS_CAUSE_CLOCK_WRONG && endpoint->has_answer;
    return is_signed_time ? "This device's clock is wrong, and AWS takes signed requests of the "
                            "present only."
                          : avs_cause_info(endpoint->cause)->meaning;
}

/* What to run next where nothing came over a verified connection. "check" is told where; its other
 * advice is for a server of AVS. */
static void add_command(struct avs_buffer *out, const struct avs_iot_endpoint *endpoint,
                        const struct avs_advice *advice) {
    const char *command = advice->command.data ? advice->command.data : "";
    if (strncmp(command, "avs-shim check", strlen("avs-shim check")) == 0) {
        avs_buffer_printf(out, "avs-shim check --http1-only --any-root --endpoint %s",
                          endpoint->url);
    } else {
        avs_buffer_add_text(out, command);
    }
}

static void put_command(struct avs_out *out, const char *command) {
    if (command && command[0]) {
        avs_out_printf(out, "     next    ");
        avs_out_command(out, command);
        avs_out_printf(out, "\n");
    }
}

static enum avs_status put_refusal(struct avs_out *out, const struct avs_iot_endpoint *endpoint,
                                   struct avs_error *reterr) {
    const struct avs_cause_info *info = avs_cause_info(endpoint->cause);
    avs_out_mark(out, endpoint->exit_code == 1 ? AVS_MARK_FAIL : AVS_MARK_UNKNOWN);
    avs_out_printf(out, "No endpoint: %s (%s)\n", meaning_of(endpoint), info->id);
    put_keys(out, endpoint);
    if (endpoint->has_answer) {
        put_answer(out, endpoint);
        avs_out_lines(out, "     do      ", info->remedy);
        put_command(out, info->command);
        return AVS_OK;
    }
    struct avs_advice advice;
    enum avs_status status =
        avs_advice_init(&advice, endpoint->cause, endpoint->evidence,
                        &endpoint->evidence->session[AVS_PROTOCOL_HTTP1], reterr);
    if (status == AVS_OK) {
        avs_out_printf(out, "     asked   %s\n", endpoint->url);
        avs_out_lines(out, "     facts   ", advice.facts.data ? advice.facts.data : "");
        avs_out_lines(out, "     do      ", advice.remedy);
        struct avs_buffer command = avs_buffer_init(AVS_ADVICE_BYTES);
        add_command(&command, endpoint, &advice);
        put_command(out, command.data);
        avs_buffer_done(&command);
    }
    avs_advice_done(&advice);
    return status;
}

enum avs_status avs_iot_endpoint_to_text(const struct avs_iot_endpoint *endpoint,
                                         const struct avs_style *style, char **ret_text,
                                         struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    enum avs_status status = AVS_OK;
    if (endpoint->answer.host[0]) {
        put_host(&out, endpoint);
    } else {
        status = put_refusal(&out, endpoint, reterr);
    }
    if (status == AVS_OK) {
        status = avs_out_take(&out, ret_text, reterr);
    }
    avs_out_done(&out);
    return status;
}

/* ---- JSON ---- */

static void put_name_json(struct avs_json *json, const struct avs_iot_endpoint *endpoint) {
    const struct avs_iot_name *name = &endpoint->name;
    if (!endpoint->has_name) {
        avs_json_null(json, "name");
        return;
    }
    avs_json_open_object(json, "name");
    avs_json_text(json, "kind", avs_iot_kind_id(name->kind));
    avs_json_text(json, "generation", avs_iot_generation_id(name->generation));
    avs_json_bool(json, "is_of_type", endpoint->cause == AVS_CAUSE_NONE);
    avs_json_close(json);
}

static void put_cause_json(struct avs_json *json, const struct avs_iot_endpoint *endpoint,
                           const char *command) {
    const struct avs_cause_info *info = avs_cause_info(endpoint->cause);
    bool is_refused = endpoint->cause != AVS_CAUSE_NONE;
    avs_json_text(json, "cause", is_refused ? info->id : NULL);
    avs_json_text(json, "meaning", is_refused ? meaning_of(endpoint) : NULL);
    avs_json_text(json, "remedy", is_refused ? info->remedy : NULL);
    avs_json_text(json, "command", is_refused ? command : NULL);
    avs_json_int(json, "exit_code", endpoint->exit_code);
}

static void put_answer_json(struct avs_json *json, const struct avs_iot_endpoint *endpoint) {
    const struct avs_iot_answer *answer = &endpoint->answer;
    if (!endpoint->has_answer) {
        avs_json_null(json, "answer");
        return;
    }
    avs_json_open_object(json, "answer");
    avs_json_int(json, "status", answer->status);
    avs_json_text(json, "code", answer->code);
    avs_json_text(json, "message", answer->message);
    if (answer->has_offset) {
        avs_json_int(json, "clock_offset_s", answer->offset_s);
    } else {
        avs_json_null(json, "clock_offset_s");
    }
    avs_json_close(json);
}

static void put_all_json(struct avs_json *json, const struct avs_iot_endpoint *endpoint,
                         const char *command) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "schema", AVS_IOT_ENDPOINT_SCHEMA);
    avs_json_text(json, "endpoint", endpoint->answer.host);
    avs_json_text(json, "type", avs_iot_endpoint_type_id(endpoint->type));
    avs_json_text(json, "api_type", avs_iot_endpoint_api_type(endpoint->type));
    avs_json_text(json, "region", endpoint->region);
    avs_json_text(json, "region_source", endpoint->region_source);
    avs_json_text(json, "asked", endpoint->url);
    avs_json_open_object(json, "keys");
    avs_json_text(json, "id", endpoint->key_id);
    avs_json_text(json, "source", endpoint->keys_source);
    avs_json_bool(json, "is_temporary", endpoint->is_temporary);
    avs_json_close(json);
    avs_json_uint(json, "tries", endpoint->tries);
    put_answer_json(json, endpoint);
    put_name_json(json, endpoint);
    avs_json_text(json, "note", endpoint->answer.host[0] ? types[endpoint->type].note : NULL);
    put_cause_json(json, endpoint, command);
    avs_json_close(json);
}

enum avs_status avs_iot_endpoint_to_json(const struct avs_iot_endpoint *endpoint, char **ret_json,
                                         struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    struct avs_advice advice = {.cause = endpoint->cause};
    struct avs_buffer command = avs_buffer_init(AVS_ADVICE_BYTES);
    enum avs_status status = AVS_OK;
    if (!endpoint->has_answer) { /* then the command is about the way there */
        status = avs_advice_init(&advice, endpoint->cause, endpoint->evidence,
                                 &endpoint->evidence->session[AVS_PROTOCOL_HTTP1], reterr);
        add_command(&command, endpoint, &advice);
    }
    if (status == AVS_OK) {
        const char *fixed = avs_cause_info(endpoint->cause)->command;
        put_all_json(&json, endpoint, endpoint->has_answer ? fixed : command.data);
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_advice_done(&advice);
    avs_buffer_done(&command);
    avs_json_done(&json);
    return status;
}
