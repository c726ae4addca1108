/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint each generation dials, and why: the key that wins, what it beats, what is ignored;
 * and the other values that decide whether the connection comes about. */
#include <string.h>

#include "conf/gateway.h"
#include "conf/lint.h"
#include "conf/report.h"
#include "conf/sdk.h"

#define IGNORED_MAX (AVS_CONFIG_FILES_MAX * 8)
#define FACTS_MAX   200

struct explain {
    const struct avs_config *config;
    unsigned release; /* AVS_SDK_ANY or one */
    struct avs_conf_report *report;
    struct avs_conf_gateway gateway;
    struct avs_error *reterr;
};

/* A URL as it may be shown: user name and password are nobody's business in a ticket. */
static const char *without_user(struct explain *explain, const char *url) {
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end ? scheme_end + 3 : url;
    const char *at = strrchr(authority, '@'); /* a password may hold one itself */
    return at ? avs_conf_report_text(explain->report, "%.*s***@%s", (int)(authority - url), url,
                                     at + 1)
              : url;
}

/* The text of a value: a string decoded, anything else as it stands; NULL when there is none. */
static const char *value_text(struct explain *explain, struct avs_conf_ref ref) {
    char *text = NULL;
    if (ref.file == AVS_CONF_NONE) {
        return NULL;
    }
    const struct avs_conf_file *file = &explain->config->files[ref.file];
    const struct avs_conf_node *node = &file->doc.nodes[ref.node];
    if (node->type != AVS_CONF_STRING) {
        uint32_t length = node->end - node->start;
        return avs_conf_report_text(explain->report, "%.*s", (int)(length < 60 ? length : 60),
                                    file->text + node->start);
    }
    if (avs_conf_string(explain->config->files, ref, &text, NULL) != AVS_OK) {
        explain->report->is_out_of_memory = true;
        return "";
    }
    const char *kept = avs_conf_report_keep(explain->report, text);
    return strstr(kept, "://") ? without_user(explain, kept) : kept;
}

static bool is_string(const struct explain *explain, struct avs_conf_ref ref) {
    return ref.file != AVS_CONF_NONE &&
           explain->config->files[ref.file].doc.nodes[ref.node].type == AVS_CONF_STRING;
}

static const char *source_text(struct explain *explain, struct avs_conf_ref ref,
                               const char *section, const char *key) {
    return avs_conf_report_keep(explain->report,
                                avs_conf_source(explain->config->files, ref, section, key));
}

/* ---- one generation ---- */

static void add_ignored(struct explain *explain, struct avs_config_view *view,
                        const struct avs_config_ignored *ignored) {
    if (view->ignored_count >= IGNORED_MAX) {
        return;
    }
    struct avs_config_ignored *list =
        realloc((void *)view->ignored, (view->ignored_count + 1) * sizeof(*list));
    if (!list) {
        explain->report->is_out_of_memory = true;
        return;
    }
    list[view->ignored_count++] = *ignored;
    view->ignored = list;
}

/* Every place where the key stands, but `winner`. */
static void ignore_others(struct explain *explain, struct avs_config_view *view,
                          enum avs_endpoint_key key, struct avs_conf_ref winner,
                          struct avs_conf_ref effective, const char *reason) {
    const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
    for (uint32_t file = 0; file < explain->config->count; file++) {
        const struct avs_conf_doc *doc = &explain->config->files[file].doc;
        for (uint32_t section = doc->nodes[0].first_child; section != AVS_CONF_NONE;
             section = doc->nodes[section].next) {
            if (doc->nodes[section].type != AVS_CONF_OBJECT ||
                !avs_conf_key_is(doc, section, info->section)) {
                continue;
            }
            uint32_t node = doc->nodes[section].first_child;
            for (; node != AVS_CONF_NONE; node = doc->nodes[node].next) {
                struct avs_conf_ref ref = {file, node};
                if (!avs_conf_key_is(doc, node, info->key) ||
                    (file == winner.file && node == winner.node)) {
                    continue;
                }
                bool is_effective = file == effective.file && node == effective.node;
                const char *why = !is_effective && effective.file != AVS_CONF_NONE
                                      ? "beaten by the same key at another place"
                                  : doc->nodes[node].type != AVS_CONF_STRING
                                      ? "it is no text, so the SDK takes it for absent"
                                      : reason;
                add_ignored(explain, view,
                            &(struct avs_config_ignored){
                                .key = info->name,
                                .value = value_text(explain, ref),
                                .source = source_text(explain, ref, info->section, info->key),
                                .reason = why,
                            });
            }
        }
    }
}

/* What a generation, or this library, reads. */
struct reader {
    const char *name;
    const enum avs_endpoint_key *keys;
    size_t key_count;
    bool passes_empty, has_gateway;
    const char *fallback; /* NULL: this library, which has none of its own */
};

/* The first of the reader's keys that decides; AVS_ENDPOINT_KEY_COUNT when none does. */
static enum avs_endpoint_key deciding_key(struct explain *explain, const struct reader *reader,
                                          struct avs_conf_ref *ret_ref) {
    for (size_t i = 0; i < reader->key_count; i++) {
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[reader->keys[i]];
        struct avs_conf_ref ref =
            avs_conf_merge_find(explain->config->merge, info->section, info->key);
        if (!is_string(explain, ref)) {
            continue;
        }
        const char *value = value_text(explain, ref);
        if (value[0] || reader->passes_empty) {
            *ret_ref = ref;
            return reader->keys[i];
        }
    }
    *ret_ref = (struct avs_conf_ref){AVS_CONF_NONE, AVS_CONF_NONE};
    return AVS_ENDPOINT_KEY_COUNT;
}

static bool reads(const struct reader *reader, enum avs_endpoint_key key) {
    for (size_t i = 0; i < reader->key_count; i++) {
        if (reader->keys[i] == key) {
            return true;
        }
    }
    return false;
}

static void decide(struct explain *explain, const struct reader *reader,
                   struct avs_config_view *view, enum avs_endpoint_key key,
                   struct avs_conf_ref ref) {
    struct avs_conf_report *report = explain->report;
    bool is_persisted = reader->has_gateway && explain->gateway.state == AVS_GATEWAY_PERSISTED;
    if (is_persisted) {
        view->endpoint = report->base.gateway.url;
        view->key = "persisted gateway";
        view->source = report->base.gateway.database;
        view->why = "a gateway is persisted in the misc database, and it beats the configuration";
    } else if (key != AVS_ENDPOINT_KEY_COUNT) {
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
        view->endpoint = value_text(explain, ref);
        view->key = info->name;
        view->source = source_text(explain, ref, info->section, info->key);
        view->why = view->endpoint[0] == '\0'
                        ? "the key is set to an empty text, which this release dials as it is"
                    : reader->fallback ? "the key is set, and this release reads it"
                                       : "the first of the three keys that is set";
    } else if (reader->fallback) {
        view->endpoint = reader->fallback;
        view->source = "built into the SDK";
        view->why = reader->key_count ? "no key that this release reads is set"
                                      : "this release reads no key for it";
    } else {
        view->endpoint = avs_endpoint_from_name("na");
        view->source = "built into the SDK since 1.13";
        view->why = "no key is set: the transport leaves the SDK's requests where they go, and "
                    "'avs-shim check --config' asks the SDK's default";
    }
    if (reader->has_gateway && explain->gateway.state == AVS_GATEWAY_MALFORMED) {
        view->refusal =
            avs_conf_report_text(report, "does not start: %s", report->base.gateway.detail);
    }
}

static void explain_reader(struct explain *explain, const struct reader *reader) {
    struct avs_config_view *view = avs_conf_report_add_view(explain->report);
    if (!view) {
        return;
    }
    struct avs_conf_ref ref;
    enum avs_endpoint_key winner = deciding_key(explain, reader, &ref);
    view->sdk = reader->name;
    decide(explain, reader, view, winner, ref);
    bool is_persisted = view->key && strcmp(view->key, "persisted gateway") == 0;
    struct avs_conf_ref none = {AVS_CONF_NONE, AVS_CONF_NONE};
    for (int i = 0; i < AVS_ENDPOINT_KEY_COUNT; i++) {
        enum avs_endpoint_key key = (enum avs_endpoint_key)i;
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
        struct avs_conf_ref effective =
            avs_conf_merge_find(explain->config->merge, info->section, info->key);
        const char *value = is_string(explain, effective) ? value_text(explain, effective) : "";
        const char *reason = !reads(reader, key)         ? info->never_read
                             : is_persisted              ? "beaten by the persisted gateway"
                             : value && value[0] == '\0' ? "it is empty"
                             : winner == AVS_ENDPOINT_KEY_COUNT
                                 ? "it does not decide"
                                 : avs_conf_report_text(explain->report, "beaten by %s",
                                                        avs_endpoint_keys[winner].name);
        ignore_others(explain, view, key, key == winner && !is_persisted ? ref : none, effective,
                      reason);
    }
}

/* Why a release would not even start. */
static const char *refusal_of(struct explain *explain,
                              const struct avs_sdk_generation *generation) {
    const struct avs_config *config = explain->config;
    for (size_t i = 0; i < config->count; i++) {
        uint32_t comment = config->files[i].doc.first_comment;
        unsigned line = 0, column = 0;
        if (comment == AVS_CONF_NONE || generation->first >= AVS_SDK_RELEASE(1, 2, 1) ||
            explain->release >= AVS_SDK_RELEASE(1, 2, 1)) {
            continue;
        }
        avs_conf_place(config->files[i].text, config->files[i].length, comment, &line, &column);
        return avs_conf_report_text(explain->report,
                                    "%sdoes not start: %s:%u:%u: a comment, which the SDK's parser "
                                    "accepts from 1.2.1 on",
                                    explain->release == AVS_SDK_ANY ? "1.2 (not 1.2.1) " : "",
                                    config->files[i].path, line, column);
    }
    if (config->count > 1 && explain->release != AVS_SDK_ANY &&
        explain->release < AVS_SDK_RELEASE(1, 7, 0)) {
        return "does not take several files; 1.7 and later merge them";
    }
    return NULL;
}

static void explain_generation(struct explain *explain,
                               const struct avs_sdk_generation *generation) {
    size_t before = explain->report->base.view_count;
    struct reader reader = {
        .name = generation->name,
        .keys = generation->keys,
        .key_count = generation->key_count,
        .passes_empty = generation->passes_empty,
        .has_gateway = generation->has_gateway,
        .fallback = generation->fallback,
    };
    explain_reader(explain, &reader);
    if (explain->report->base.view_count > before && !explain->report->views[before].refusal) {
        explain->report->views[before].refusal = refusal_of(explain, generation);
    }
}

static void explain_endpoints(struct explain *explain) {
    static const enum avs_endpoint_key every[] = {AVS_KEY_SAMPLE_APP, AVS_KEY_ACL, AVS_KEY_GATEWAY};
    const struct reader own = {
        .name = "this library",
        .keys = every,
        .key_count = AVS_COUNT(every),
    };
    for (size_t i = 0; i < avs_sdk_generation_count; i++) {
        const struct avs_sdk_generation *generation = &avs_sdk_generations[i];
        bool is_asked = explain->release == AVS_SDK_ANY
                            ? generation->is_listed
                            : generation == avs_sdk_generation_of(explain->release);
        if (is_asked) {
            explain_generation(explain, generation);
        }
    }
    explain_reader(explain, &own);
}

/* ---- the other values ---- */

static void explain_keys(struct explain *explain) {
    for (size_t i = 0; i < avs_sdk_key_count; i++) {
        const struct avs_sdk_key *key = &avs_sdk_keys[i];
        struct avs_config_fact *fact = avs_conf_report_add_fact(explain->report);
        if (!fact) {
            return;
        }
        struct avs_conf_ref ref =
            avs_conf_merge_find(explain->config->merge, key->section, key->key);
        bool is_set = is_string(explain, ref);
        fact->name = key->name;
        fact->key = avs_conf_report_text(explain->report, "%s.%s", key->section, key->key);
        fact->value = is_set ? value_text(explain, ref) : key->fallback;
        if (is_set && strcmp(key->name, "proxy") == 0) {
            fact->value = without_user(explain, fact->value); /* also without a scheme */
        }
        fact->source = is_set          ? source_text(explain, ref, key->section, key->key)
                       : key->fallback ? "built into the SDK"
                                       : NULL;
        fact->sdk = key->sdk;
        fact->is_in_force = explain->release == AVS_SDK_ANY ||
                            (explain->release >= key->first && explain->release <= key->last);
        fact->note = key->note;
    }
}

/* Databases and placeholders: every root.section.databaseFilePath, every placeholder. */
static void explain_node(struct explain *explain, struct avs_conf_ref ref) {
    const struct avs_conf_file *file = &explain->config->files[ref.file];
    const struct avs_conf_node *node = &file->doc.nodes[ref.node];
    const struct avs_conf_node *parent = &file->doc.nodes[node->parent];
    if (node->type != AVS_CONF_STRING || node->key_end == 0 || parent->key_end == 0 ||
        explain->report->base.fact_count >= FACTS_MAX) {
        return;
    }
    AVS_AUTO(char) text = NULL;
    if (avs_conf_string(explain->config->files, ref, &text, NULL) != AVS_OK) {
        explain->report->is_out_of_memory = true;
        return;
    }
    bool is_placeholder = avs_conf_is_placeholder(text);
    bool is_database = avs_conf_key_is(&file->doc, ref.node, "databaseFilePath");
    if (!is_placeholder && !is_database) {
        return;
    }
    const char *section = avs_conf_report_text(explain->report, "%.*s",
                                               (int)(parent->key_end - parent->key_start - 2),
                                               file->text + parent->key_start + 1);
    const char *key =
        avs_conf_report_text(explain->report, "%.*s", (int)(node->key_end - node->key_start - 2),
                             file->text + node->key_start + 1);
    struct avs_config_fact *fact = avs_conf_report_add_fact(explain->report);
    if (fact) {
        fact->name = is_placeholder ? "placeholder" : "database";
        fact->key = avs_conf_report_text(explain->report, "%s.%s", section, key);
        fact->value = value_text(explain, ref);
        fact->source = source_text(explain, ref, section, key);
        fact->sdk = "every release";
        fact->is_in_force = true;
        fact->note = is_placeholder ? "never filled in" : "";
    }
}

static enum avs_status explain_gateway(struct explain *explain) {
    struct avs_conf_report *report = explain->report;
    struct avs_conf_ref ref =
        avs_conf_merge_find(explain->config->merge, "miscDatabase", "databaseFilePath");
    const char *path = is_string(explain, ref) ? value_text(explain, ref) : "";
    AVS_TRY(avs_conf_gateway_read(path, &explain->gateway, explain->reterr));
    const struct avs_conf_gateway *gateway = &explain->gateway;
    report->base.gateway = (struct avs_config_gateway){
        .state = gateway->state,
        .database = path,
        .url = avs_conf_report_text(report, "%s", gateway->url.data ? gateway->url.data : ""),
        .is_verified = gateway->is_verified,
        .detail =
            avs_conf_report_text(report, "%s", gateway->detail.data ? gateway->detail.data : ""),
        .clear = "",
    };
    if (gateway->state == AVS_GATEWAY_PERSISTED || gateway->state == AVS_GATEWAY_MALFORMED) {
        report->base.gateway.clear = avs_conf_report_text(
            report,
            "stop the SDK, then deregister the device, or: sqlite3 '%s' \"DELETE FROM "
            "avsGatewayManager_verificationState WHERE key='state';\"",
            strchr(path, '\'') ? "DATABASE" : path);
    }
    return AVS_OK;
}

static enum avs_status explain_all(struct explain *explain) {
    AVS_TRY(explain_gateway(explain));
    explain_endpoints(explain);
    explain_keys(explain);
    for (uint32_t i = 0; i < explain->config->count; i++) {
        for (uint32_t node = 1; node < explain->config->files[i].doc.count; node++) {
            explain_node(explain, (struct avs_conf_ref){i, node});
        }
    }
    return avs_conf_lint_values(explain->config, explain->release, explain->report,
                                explain->reterr);
}

enum avs_status avs_config_explain(const struct avs_config *config, const char *sdk,
                                   struct avs_config_report **ret_report,
                                   struct avs_error *reterr) {
    struct explain explain = {.config = config, .release = AVS_SDK_ANY, .reterr = reterr};
    if (sdk) {
        AVS_TRY(avs_sdk_parse(sdk, &explain.release, reterr));
    }
    explain.report = avs_conf_report_new(sdk);
    AVS_REQUIRE_MEMORY(explain.report, reterr);
    enum avs_status status = explain_all(&explain);
    avs_conf_gateway_done(&explain.gateway);
    if (status != AVS_OK) {
        avs_config_report_free(&explain.report->base);
        return status;
    }
    return avs_conf_report_take(explain.report, ret_report, reterr);
}
