/* SPDX-License-Identifier: Apache-2.0 */
/* The audit as JSON, schema avs-shim.trust-audit/1: every fact of the text report and more. */
#include <string.h>

#include "out/json_out.h"
#include "report/audit_words.h"
#include "store/audit.h"
#include "store/audit_forecast.h"
#include "store/command.h"

static const char *const store_states[] = {
#define XX(name, id) id,
    AVS_STORE_MAP(XX)
#undef XX
};

static void put_readers(struct avs_json *json, unsigned readers) {
    static const struct {
        unsigned bit;
        const char *id;
    } rows[] = {
        {AVS_AUDIT_BY_SDK, "sdk"},
        {AVS_AUDIT_OPTION, "option"},
        {AVS_AUDIT_CONFIG, "config"},
        {AVS_AUDIT_LIBCURL, "libcurl_default"},
        {AVS_AUDIT_OPENSSL, "openssl_default"},
        {AVS_AUDIT_CURL_TOOL, "curl_command"},
        {AVS_AUDIT_SYSTEM, "distribution"},
    };
    avs_json_open_array(json, "read_by");
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (readers & rows[i].bit) {
            avs_json_text(json, NULL, rows[i].id);
        }
    }
    avs_json_close(json);
}

static void put_store(struct avs_json *json, const struct avs_trust_audit *audit,
                      const struct avs_audit_store *store) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "path", store->path);
    avs_json_text(json, "kind", store->kind == AVS_AUDIT_FILE ? "ca_file" : "ca_path");
    avs_json_text(json, "named_by", store->named_by);
    put_readers(json, store->readers);
    avs_json_text(json, "state", store_states[store->state]);
    avs_json_text(json, "error", store->os_errno ? strerror(store->os_errno) : NULL);
    avs_json_uint(json, "certificates", store->certificates);
    avs_json_uint(json, "duplicates", store->duplicates);
    if (store->kind == AVS_AUDIT_FOLDER) {
        avs_json_uint(json, "files", store->files);
        avs_json_uint(json, "hashed", store->hashed);
        avs_json_uint(json, "unhashed", store->unhashed);
        avs_json_uint(json, "old_hashed", store->old_hashed);
    }
    avs_json_open_object(json, "authorities");
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        avs_json_text(json, audit->watches.row[i].name, avs_audit_state_id(store->ca[i]));
    }
    avs_json_close(json);
    avs_json_close(json);
}

static void put_authorities(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_array(json, "authorities");
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        const struct avs_audit_watch *watch = &audit->watches.row[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "name", watch->name);
        avs_json_text(json, "sha256", watch->sha256);
        avs_json_text(json, "role", avs_audit_role_id(watch->role));
        avs_json_text(json, "state", avs_audit_state_id(audit->sdk[i]));
        avs_json_text(json, "note", watch->note);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_stores(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_array(json, "stores");
    for (size_t i = 0; i < audit->store_count; i++) {
        put_store(json, audit, &audit->store[i]);
    }
    avs_json_close(json);
}

static void put_chains(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_array(json, "chains");
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        const struct avs_audit_shape *shape = &avs_audit_shape_table[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "shape", shape->id);
        avs_json_text(json, "family", shape->family);
        avs_json_text(json, "sent", shape->text);
        avs_json_bool(json, "is_current", shape->is_current);
        avs_json_open_object(json, "verifies");
        for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
            avs_json_bool(json, avs_audit_policy_id((enum avs_audit_policy)policy),
                          audit->shape[i][policy]);
        }
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_close(json);
}

/** The command of a finding, or (NULL) the words, or the command, of what comes next. */
static void put_words(struct avs_json *json, const char *key, const struct avs_trust_audit *audit,
                      const struct avs_audit_finding *finding) {
    struct avs_buffer words = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    if (finding) {
        avs_audit_add_command(audit, finding, &words);
    } else if (strcmp(key, "next") == 0) {
        avs_audit_add_next(audit, &words);
    } else {
        avs_audit_add_advice(audit, &words);
    }
    avs_json_text(json, key, words.data);
    json->out.is_failed |= words.is_failed;
    avs_buffer_done(&words);
}

static void put_findings(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct avs_audit_finding *finding = &audit->finding[i];
        const struct avs_audit_finding_info *info = avs_audit_finding_info(finding->id);
        bool has_cause = info->cause != AVS_CAUSE_NONE;
        avs_json_open_object(json, NULL);
        avs_json_text(json, "id", info->id);
        avs_json_text(json, "cause", has_cause ? avs_cause_info(info->cause)->id : NULL);
        avs_json_text(json, "severity", avs_severity_id(finding->severity));
        avs_json_text(json, "path", finding->path);
        avs_json_text(json, "detail", finding->detail);
        avs_json_text(json, "meaning", info->meaning);
        avs_json_text(json, "remedy", info->remedy);
        put_words(json, "command", audit, finding);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_uint(json, "findings_not_listed", audit->finding_dropped);
}

static void put_forecast(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_array(json, "forecast");
    for (size_t i = 0; i < avs_audit_forecast_count; i++) {
        const struct avs_audit_forecast *row = &avs_audit_forecast_table[i];
        char missing[AVS_NAME_BYTES * 2] = "";
        if (row->needed) {
            avs_audit_forecast_missing(audit, row, missing, sizeof(missing));
        }
        avs_json_open_object(json, NULL);
        avs_json_text(json, "date", row->date);
        avs_json_bool(json, "is_past", avs_audit_date(row->date) <= audit->now_unix);
        avs_json_text(json, "what", row->what);
        avs_json_text(json, "advice", row->advice);
        avs_json_text(json, "source", row->source);
        avs_json_text(json, "missing_here", missing);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_machine(struct avs_json *json, const struct avs_trust_audit *audit) {
    avs_json_open_object(json, "libcurl");
    avs_json_text(json, "version", audit->curl_version);
    avs_json_text(json, "tls", audit->curl_backend);
    avs_json_text(json, "library", audit->curl_library);
    if (audit->curl_version[0]) {
        avs_json_bool(json, "has_http2", !audit->lacks_http2);
    } else {
        avs_json_null(json, "has_http2");
    }
    avs_json_close(json);
    avs_json_open_object(json, "clock");
    avs_json_int(json, "judged_at", audit->now_unix);
    if (audit->is_sysroot) {
        avs_json_int(json, "first_boot", audit->first_boot_unix);
        avs_json_text(json, "first_boot_source", audit->first_boot_source);
    } else {
        avs_json_bool(json, "has_real_time_clock", audit->has_clock_battery);
    }
    avs_json_close(json);
    avs_json_text(json, "sysroot", audit->is_sysroot ? audit->root.path : NULL);
    avs_json_text(json, "distribution", audit->distribution);
    avs_json_text(json, "config", audit->config_file);
}

enum avs_status avs_trust_audit_to_json(const struct avs_trust_audit *audit, char **ret_json,
                                        struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_TRUST_AUDIT_SCHEMA);
    avs_json_bool(&json, "is_usable", avs_trust_audit_is_usable(audit));
    avs_json_uint(&json, "required", audit->required_count);
    avs_json_uint(&json, "usable", audit->usable_count);
    avs_json_bool(&json, "has_store", audit->has_sdk_store);
    avs_json_bool(&json, "is_ca_file_broken", audit->is_sdk_store_broken);
    avs_json_bool(&json, "is_store_assumed", audit->knows_store_by_guess);
    avs_json_bool(&json, "curl_command_works_where_sdk_fails",
                  avs_audit_better_for_curl(audit) != NULL);
    put_machine(&json, audit);
    put_authorities(&json, audit);
    put_stores(&json, audit);
    put_chains(&json, audit);
    put_findings(&json, audit);
    put_forecast(&json, audit);
    put_words(&json, "remedy", audit, NULL);
    put_words(&json, "next", audit, NULL);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
