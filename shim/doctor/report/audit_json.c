/* The audit as JSON, schema avs-shim.trust-audit/1: every fact of the text report and more. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"
#include "report/audit_words.h"
#include "store/audit.h"

static const char *const store_states[] = {
#define XX(name, id) id,
    AVS_STORE_MAP(XX)
#undef XX
};

/** An object being built; an allocation that fails anywhere fails the whole. */
struct build {
    bool is_failed;
};

static void put(struct build *build, struct json_object *object, const char *key,
                struct json_object *value) {
    if (!object || !value || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        build->is_failed = true;
    }
}

static void push(struct build *build, struct json_object *array, struct json_object *value) {
    if (!array || !value || json_object_array_add(array, value) != 0) {
        json_object_put(value);
        build->is_failed = true;
    }
}

static void put_text(struct build *build, struct json_object *object, const char *key,
                     const char *text) {
    put(build, object, key, json_object_new_string(text));
}

/** Absent facts are left out rather than written as "". */
static void put_known(struct build *build, struct json_object *object, const char *key,
                      const char *text) {
    if (text && text[0]) {
        put_text(build, object, key, text);
    }
}

static void put_flag(struct build *build, struct json_object *object, const char *key, bool flag) {
    put(build, object, key, json_object_new_boolean(flag));
}

static void put_count(struct build *build, struct json_object *object, const char *key,
                      size_t count) {
    put(build, object, key, json_object_new_int64((int64_t)count));
}

static void put_time(struct build *build, struct json_object *object, const char *key,
                     int64_t when) {
    put(build, object, key, json_object_new_int64(when));
}

static struct json_object *store_json(struct build *build, const struct avs_trust_audit *audit,
                                      const struct avs_audit_store *store) {
    static const struct {
        unsigned bit;
        const char *id;
    } readers[] = {
        {AVS_AUDIT_BY_SDK, "sdk"},
        {AVS_AUDIT_OPTION, "option"},
        {AVS_AUDIT_CONFIG, "config"},
        {AVS_AUDIT_LIBCURL, "libcurl_default"},
        {AVS_AUDIT_OPENSSL, "openssl_default"},
        {AVS_AUDIT_CURL_TOOL, "curl_command"},
        {AVS_AUDIT_SYSTEM, "distribution"},
    };
    struct json_object *object = json_object_new_object();
    struct json_object *read_by = json_object_new_array();
    struct json_object *authorities = json_object_new_object();
    put_text(build, object, "path", store->path);
    put_text(build, object, "kind", store->kind == AVS_AUDIT_FILE ? "ca_file" : "ca_path");
    put_text(build, object, "named_by", store->named_by);
    for (size_t i = 0; i < AVS_COUNT(readers); i++) {
        if (store->readers & readers[i].bit) {
            push(build, read_by, json_object_new_string(readers[i].id));
        }
    }
    put(build, object, "read_by", read_by);
    put_text(build, object, "state", store_states[store->state]);
    if (store->os_errno) {
        put_text(build, object, "error", strerror(store->os_errno));
    }
    put_count(build, object, "certificates", store->certificates);
    put_count(build, object, "duplicates", store->duplicates);
    if (store->kind == AVS_AUDIT_FOLDER) {
        put_count(build, object, "files", store->files);
        put_count(build, object, "hashed", store->hashed);
        put_count(build, object, "unhashed", store->unhashed);
    }
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        put_text(build, authorities, audit->watches.row[i].name, avs_audit_state_id(store->ca[i]));
    }
    put(build, object, "authorities", authorities);
    return object;
}

static void put_authorities(struct build *build, struct json_object *report,
                            const struct avs_trust_audit *audit) {
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        const struct avs_audit_watch *watch = &audit->watches.row[i];
        struct json_object *object = json_object_new_object();
        put_text(build, object, "name", watch->name);
        put_text(build, object, "sha256", watch->sha256);
        put_text(build, object, "role", avs_audit_role_id(watch->role));
        put_text(build, object, "state", avs_audit_state_id(audit->sdk[i]));
        put_known(build, object, "note", watch->note);
        push(build, array, object);
    }
    put(build, report, "authorities", array);
}

static void put_stores(struct build *build, struct json_object *report,
                       const struct avs_trust_audit *audit) {
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < audit->store_count; i++) {
        push(build, array, store_json(build, audit, &audit->store[i]));
    }
    put(build, report, "stores", array);
}

static void put_chains(struct build *build, struct json_object *report,
                       const struct avs_trust_audit *audit) {
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        const struct avs_audit_shape *shape = &avs_audit_shape_table[i];
        struct json_object *object = json_object_new_object();
        struct json_object *verifies = json_object_new_object();
        put_text(build, object, "shape", shape->id);
        put_text(build, object, "family", shape->family);
        put_text(build, object, "sent", shape->text);
        put_flag(build, object, "is_current", shape->is_current);
        for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
            put_flag(build, verifies, avs_audit_policy_id((enum avs_audit_policy)policy),
                     audit->shape[i][policy]);
        }
        put(build, object, "verifies", verifies);
        push(build, array, object);
    }
    put(build, report, "chains", array);
}

static void put_findings(struct build *build, struct json_object *report,
                         const struct avs_trust_audit *audit) {
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct avs_audit_finding *finding = &audit->finding[i];
        const struct avs_audit_finding_info *info = avs_audit_finding_info(finding->id);
        struct json_object *object = json_object_new_object();
        char remedy[AVS_AUDIT_PATH_BYTES + 256];
        avs_audit_fill_path(remedy, sizeof(remedy), info->remedy, finding->path);
        put_text(build, object, "id", info->id);
        put_text(build, object, "severity", avs_severity_id(info->severity));
        put_text(build, object, "path", finding->path);
        put_known(build, object, "detail", finding->detail);
        put_text(build, object, "meaning", info->meaning);
        put_known(build, object, "remedy", remedy);
        push(build, array, object);
    }
    put(build, report, "findings", array);
    put_count(build, report, "findings_not_listed", audit->finding_dropped);
}

static void put_forecast(struct build *build, struct json_object *report,
                         const struct avs_trust_audit *audit) {
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < avs_audit_forecast_count; i++) {
        const struct avs_audit_forecast *row = &avs_audit_forecast_table[i];
        char missing[AVS_NAME_BYTES * 2];
        struct json_object *object = json_object_new_object();
        put_text(build, object, "date", row->date);
        put_flag(build, object, "is_past", avs_audit_date(row->date) <= audit->now_unix);
        put_text(build, object, "what", row->what);
        put_text(build, object, "advice", row->advice);
        put_text(build, object, "source", row->source);
        if (row->needed) {
            avs_audit_forecast_missing(audit, row, missing, sizeof(missing));
            put_text(build, object, "missing_here", missing);
        }
        push(build, array, object);
    }
    put(build, report, "forecast", array);
}

static void put_machine(struct build *build, struct json_object *report,
                        const struct avs_trust_audit *audit) {
    struct json_object *libcurl = json_object_new_object();
    struct json_object *clock = json_object_new_object();
    put_known(build, libcurl, "version", audit->curl_version);
    put_known(build, libcurl, "tls", audit->curl_backend);
    put_known(build, libcurl, "library", audit->curl_library);
    put(build, report, "libcurl", libcurl);
    put_time(build, clock, "judged_at", audit->now_unix);
    if (audit->is_sysroot) {
        put_time(build, clock, "first_boot", audit->first_boot_unix);
        put_known(build, clock, "first_boot_source", audit->first_boot_source);
    } else {
        put_flag(build, clock, "has_real_time_clock", audit->has_clock_battery);
    }
    put(build, report, "clock", clock);
    put_known(build, report, "sysroot", audit->is_sysroot ? audit->root.path : "");
    put_known(build, report, "distribution", audit->distribution);
    put_known(build, report, "config", audit->config_file);
}

enum avs_status avs_trust_audit_to_json(const struct avs_trust_audit *audit, char **ret_json,
                                        struct avs_error *reterr) {
    struct build build = {false};
    struct json_object *report = json_object_new_object();
    char next[AVS_AUDIT_PATH_BYTES * 2];
    char *json = NULL;
    avs_audit_next_command(audit, next, sizeof(next));
    put_text(&build, report, "schema", AVS_TRUST_AUDIT_SCHEMA);
    put_flag(&build, report, "is_usable", avs_trust_audit_is_usable(audit));
    put_count(&build, report, "required", audit->required_count);
    put_count(&build, report, "usable", audit->usable_count);
    put_flag(&build, report, "has_store", audit->has_sdk_store);
    put_flag(&build, report, "is_ca_file_broken", audit->is_sdk_store_broken);
    put_flag(&build, report, "is_store_assumed", audit->knows_store_by_guess);
    put_flag(&build, report, "curl_command_works_where_sdk_fails",
             avs_audit_better_for_curl(audit) != NULL);
    put_machine(&build, report, audit);
    put_authorities(&build, report, audit);
    put_stores(&build, report, audit);
    put_chains(&build, report, audit);
    put_findings(&build, report, audit);
    put_forecast(&build, report, audit);
    put_text(&build, report, "next", next);
    if (!build.is_failed) {
        const char *text = json_object_to_json_string_ext(
            report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (text && asprintf(&json, "%s\n", text) < 0) {
            json = NULL;
        }
    }
    json_object_put(report);
    AVS_REQUIRE_MEMORY(json, reterr);
    *ret_json = json;
    return AVS_OK;
}
