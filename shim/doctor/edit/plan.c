/* SPDX-License-Identifier: Apache-2.0 */
/* Planning: which keys, in which files, to what; always checked by reading the result back before
 * anything is written. */
#include "edit/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/gateway.h"
#include "edit/edit.h"

#define SUMMARY_BYTES_MAX (256u * 1024u)
#define JSON_URL_BYTES    (AVS_ENDPOINT_URL_MAX + 3)
#define OCCURRENCES_MAX   1000 /* of one key that unset removes */

static void drop_merge(struct avs_config_plan *plan) {
    avs_conf_merge_free(plan->merge);
    plan->merge = NULL;
}

void avs_config_plan_free(struct avs_config_plan *plan) {
    if (!plan) {
        return;
    }
    drop_merge(plan);
    for (size_t i = 0; i < plan->count; i++) {
        avs_conf_file_done(&plan->files[i].before);
        avs_conf_file_done(&plan->files[i].after);
        avs_conf_diff_done(&plan->files[i].diff);
        free(plan->files[i].sidecar_path);
        free(plan->files[i].sidecar_text);
    }
    avs_buffer_done(&plan->summary);
    free(plan->url_text);
    free(plan);
}

bool avs_config_plan_is_empty(const struct avs_config_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->files[i].diff.count > 0 ||
            plan->files[i].sidecar_action != AVS_CONF_SIDECAR_KEEP) {
            return false;
        }
    }
    return true;
}

const char *avs_config_plan_summary(const struct avs_config_plan *plan) {
    return plan->summary.data ? plan->summary.data : "";
}

void avs_conf_plan_say(struct avs_config_plan *plan, const char *format, ...) {
    char line[AVS_ENDPOINT_URL_MAX * 2 + 512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    avs_text_make_printable(line); /* values come from files */
    avs_buffer_printf(&plan->summary, "%s\n", line);
}

static enum avs_status open_file(struct avs_conf_planned *file, const char *path, bool must_parse,
                                 struct avs_error *reterr) {
    AVS_AUTO(char) target = NULL;
    AVS_TRY(avs_conf_resolve_link(path, &target, reterr));
    AVS_TRY(avs_conf_file_read(target, &file->before, reterr));
    if (must_parse && file->before.doc.fault != AVS_CONF_FAULT_NONE) {
        return avs_conf_fail_malformed(&file->before, reterr);
    }
    AVS_TRY(avs_conf_file_copy(&file->before, &file->after, reterr));
    size_t length = strlen(target) + sizeof(AVS_CONF_SIDECAR_SUFFIX);
    file->sidecar_path = malloc(length);
    AVS_REQUIRE_MEMORY(file->sidecar_path, reterr);
    avs_text_format(file->sidecar_path, length, "%s" AVS_CONF_SIDECAR_SUFFIX, target);
    return AVS_OK;
}

static bool is_same_file(const struct avs_conf_planned *a, const struct avs_conf_planned *b) {
    return a->before.identity.st_dev == b->before.identity.st_dev &&
           a->before.identity.st_ino == b->before.identity.st_ino;
}

enum avs_status avs_conf_plan_open(const char *const *paths, size_t count, bool must_parse,
                                   struct avs_config_plan **ret_plan, struct avs_error *reterr) {
    if (!paths || count == 0 || count > AVS_CONFIG_FILES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE, "give 1 to %d configuration files, not %zu",
                        AVS_CONFIG_FILES_MAX, count);
    }
    AVS_AUTO(plan) plan = calloc(1, sizeof(*plan));
    AVS_REQUIRE_MEMORY(plan, reterr);
    plan->summary = avs_buffer_init(SUMMARY_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        plan->count = i + 1;
        AVS_TRY(open_file(&plan->files[i], paths[i], must_parse, reterr));
        for (size_t j = 0; j < i; j++) {
            if (is_same_file(&plan->files[i], &plan->files[j])) {
                return avs_fail(reterr, AVS_ERR_USAGE,
                                "%s and %s are the same file; give each overlay once", paths[j],
                                paths[i]);
            }
        }
    }
    *ret_plan = AVS_STEAL(plan);
    return AVS_OK;
}

enum avs_status avs_conf_plan_take_text(struct avs_config_plan *plan, size_t index,
                                        struct avs_buffer *out, struct avs_error *reterr) {
    struct avs_conf_planned *file = &plan->files[index];
    struct avs_conf_file after = {0};
    AVS_AUTO(char) text = NULL;
    size_t length = out->length;
    AVS_TRY(avs_buffer_take_text(out, &text, reterr));
    AVS_TRY(avs_conf_file_from_text(file->before.path, text, length, &after, reterr));
    if (after.doc.fault != AVS_CONF_FAULT_NONE) {
        enum avs_status status = avs_conf_fail_malformed(&after, reterr);
        avs_conf_file_done(&after);
        return status;
    }
    drop_merge(plan);
    avs_conf_file_done(&file->after);
    file->after = after;
    file->is_edited = true;
    return AVS_OK;
}

enum avs_status avs_conf_plan_finish(struct avs_config_plan *plan, struct avs_error *reterr) {
    for (size_t i = 0; i < plan->count; i++) {
        struct avs_conf_planned *file = &plan->files[i];
        avs_conf_diff_done(&file->diff);
        AVS_TRY(avs_conf_diff_make(file->before.text, file->before.length, file->after.text,
                                   file->after.length, &file->diff, reterr));
    }
    bool is_failed = plan->summary.is_failed && !plan->summary.is_over_limit;
    return is_failed ? avs_fail_memory(reterr) : AVS_OK;
}

/* ---- set and unset ---- */

/* Merge the planned files as they are now. */
static enum avs_status look(struct avs_config_plan *plan, struct avs_error *reterr) {
    if (plan->merge) {
        return AVS_OK;
    }
    for (size_t i = 0; i < plan->count; i++) {
        plan->merged_files[i] = plan->files[i].after;
    }
    AVS_TRY(avs_conf_merge_new(plan->merged_files, plan->count, &plan->merge, reterr));
    struct avs_conf_ref crash = avs_conf_merge_crash(plan->merge);
    if (crash.file != AVS_CONF_NONE) {
        drop_merge(plan);
        return avs_conf_fail_crash(plan->merged_files, crash, reterr);
    }
    return AVS_OK;
}

/* The last file that has the section, and its last node there; else the last file and NONE. */
static enum avs_status place_for(const struct avs_config_plan *plan, const char *section,
                                 struct avs_conf_ref *ret_place, struct avs_error *reterr) {
    *ret_place = (struct avs_conf_ref){(uint32_t)plan->count - 1, AVS_CONF_NONE};
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct avs_conf_file *file = &plan->files[i].after;
        uint32_t node = file->doc.nodes[0].first_child;
        for (; node != AVS_CONF_NONE; node = file->doc.nodes[node].next) {
            if (!avs_conf_key_is(&file->doc, node, section)) {
                continue;
            }
            if (file->doc.nodes[node].type != AVS_CONF_OBJECT) {
                unsigned line = 0, column = 0;
                avs_conf_place(file->text, file->length, file->doc.nodes[node].start, &line,
                               &column);
                return avs_fail_cause(
                    reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                    "%s:%u:%u: %s is %s, but must be an object; correct it to { } "
                    "first",
                    file->path, line, column, section,
                    avs_conf_type_text(file->doc.nodes[node].type));
            }
            *ret_place = (struct avs_conf_ref){i, node};
        }
    }
    return AVS_OK;
}

static enum avs_status put_key(struct avs_config_plan *plan, enum avs_endpoint_key key,
                               const char *url, struct avs_error *reterr) {
    const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
    char json[JSON_URL_BYTES];
    AVS_TRY(look(plan, reterr));
    struct avs_conf_ref ref = avs_conf_merge_find(plan->merge, info->section, info->key);
    AVS_AUTO(char) old = NULL;
    AVS_TRY(avs_conf_string(plan->merged_files, ref, &old, reterr));
    if (old && strcmp(old, url) == 0) {
        avs_conf_plan_say(plan, "%s: already %s (%s)", info->name, url,
                          plan->files[ref.file].before.path);
        return AVS_OK;
    }
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    avs_text_format(json, sizeof(json), "\"%s\"", url);
    bool is_new = ref.file == AVS_CONF_NONE;
    if (is_new) {
        AVS_TRY(place_for(plan, info->section, &ref, reterr));
        avs_conf_edit_insert(&plan->files[ref.file].after.doc, ref.node, info->section, info->key,
                             json, &out);
    } else {
        avs_conf_edit_replace(&plan->files[ref.file].after.doc, ref.node, json, &out);
    }
    enum avs_status status = avs_conf_plan_take_text(plan, ref.file, &out, reterr);
    avs_buffer_done(&out);
    AVS_TRY(status);
    avs_conf_plan_say(plan, "%s: %s -> %s (%s)", info->name,
                      is_new ? "not set" : (old ? old : "no text"), url,
                      plan->files[ref.file].before.path);
    return AVS_OK;
}

/* Read the plan's result back as each of the keys' readers would. */
static enum avs_status check_keys(struct avs_config_plan *plan, const bool *wanted, const char *url,
                                  struct avs_error *reterr) {
    AVS_TRY(look(plan, reterr));
    enum avs_status status = AVS_OK;
    for (int key = 0; status == AVS_OK && key < AVS_ENDPOINT_KEY_COUNT; key++) {
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
        struct avs_conf_ref ref = avs_conf_merge_find(plan->merge, info->section, info->key);
        AVS_AUTO(char) value = NULL;
        status = avs_conf_string(plan->merged_files, ref, &value, reterr);
        bool is_good = url ? value && strcmp(value, url) == 0 : ref.file == AVS_CONF_NONE;
        if (status == AVS_OK && wanted[key] && !is_good) {
            status = avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                                    "%s cannot be changed by one edit (duplicate keys in several "
                                    "files?); see avs-shim endpoint lint",
                                    info->name);
        }
    }
    return status;
}

/* Which keys an edit for `release` touches. */
static enum avs_status wanted_keys(struct avs_config_plan *plan, unsigned release, bool is_removal,
                                   bool *wanted, struct avs_error *reterr) {
    if (release != AVS_SDK_ANY) {
        const struct avs_sdk_generation *generation = avs_sdk_generation_of(release);
        if (generation->key_count == 0) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "SDK %s reads no endpoint from its configuration; it always dials %s",
                            generation->name, generation->fallback);
        }
        /* the first key beats the others, so setting it is enough; removal takes them all */
        for (size_t i = 0; i < (is_removal ? generation->key_count : 1); i++) {
            wanted[generation->keys[i]] = true;
        }
        return AVS_OK;
    }
    AVS_TRY(look(plan, reterr));
    for (int key = 0; key < AVS_ENDPOINT_KEY_COUNT; key++) {
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
        bool is_set =
            avs_conf_merge_find(plan->merge, info->section, info->key).file != AVS_CONF_NONE;
        wanted[key] = is_removal || is_set || key != AVS_KEY_ACL;
    }
    return AVS_OK;
}

/* A persisted gateway makes every change void for SDK 1.17 and later: say so. */
static enum avs_status warn_of_gateway(struct avs_config_plan *plan, const bool *wanted,
                                       struct avs_error *reterr) {
    struct avs_conf_gateway gateway;
    if (!wanted[AVS_KEY_GATEWAY]) {
        return AVS_OK;
    }
    AVS_TRY(look(plan, reterr));
    struct avs_conf_ref ref = avs_conf_merge_find(plan->merge, "miscDatabase", "databaseFilePath");
    AVS_AUTO(char) path = NULL;
    AVS_TRY(avs_conf_string(plan->merged_files, ref, &path, reterr));
    enum avs_status status = avs_conf_gateway_read(path, &gateway, reterr);
    if (status == AVS_OK &&
        (gateway.state == AVS_GATEWAY_PERSISTED || gateway.state == AVS_GATEWAY_UNREADABLE)) {
        avs_conf_plan_say(
            plan,
            "warning: SDK 1.17 and later: %s%s%s in %s; see avs-shim endpoint "
            "explain",
            gateway.state == AVS_GATEWAY_PERSISTED ? "the persisted gateway " : "",
            gateway.state == AVS_GATEWAY_PERSISTED ? gateway.url.data : gateway.detail.data,
            gateway.state == AVS_GATEWAY_PERSISTED ? " beats the configuration" : "", path);
    }
    avs_conf_gateway_done(&gateway);
    return status;
}

enum avs_status avs_conf_plan_put(struct avs_config_plan *plan, unsigned release, const char *url,
                                  struct avs_error *reterr) {
    bool wanted[AVS_ENDPOINT_KEY_COUNT] = {false};
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    AVS_TRY(avs_endpoint_check(url, strlen(url), &endpoint, reterr));
    AVS_TRY(wanted_keys(plan, release, false, wanted, reterr));
    plan->url_text = strdup(endpoint.url);
    AVS_REQUIRE_MEMORY(plan->url_text, reterr);
    plan->url = plan->url_text;
    for (int key = 0; key < AVS_ENDPOINT_KEY_COUNT; key++) {
        if (wanted[key]) {
            AVS_TRY(put_key(plan, (enum avs_endpoint_key)key, endpoint.url, reterr));
        }
    }
    AVS_TRY(check_keys(plan, wanted, endpoint.url, reterr));
    return warn_of_gateway(plan, wanted, reterr);
}

enum avs_status avs_config_plan_set(const char *const *paths, size_t count, const char *sdk,
                                    const char *url, struct avs_config_plan **ret_plan,
                                    struct avs_error *reterr) {
    unsigned release = AVS_SDK_ANY;
    AVS_AUTO(plan) plan = NULL;
    if (sdk) {
        AVS_TRY(avs_sdk_parse(sdk, &release, reterr));
    }
    AVS_TRY(avs_endpoint_check(url, url ? strlen(url) : 0, NULL, reterr));
    AVS_TRY(avs_conf_plan_open(paths, count, true, &plan, reterr));
    AVS_TRY(avs_conf_plan_put(plan, release, url, reterr));
    AVS_TRY(avs_conf_plan_finish(plan, reterr));
    *ret_plan = AVS_STEAL(plan);
    return AVS_OK;
}

/* One occurrence of the key in file `index`, whichever it is; NONE when there is none left. */
static uint32_t occurrence(const struct avs_conf_doc *doc,
                           const struct avs_endpoint_key_info *info) {
    uint32_t section = doc->nodes[0].first_child;
    for (; section != AVS_CONF_NONE; section = doc->nodes[section].next) {
        if (avs_conf_key_is(doc, section, info->section)) {
            uint32_t node = avs_conf_find(doc, section, info->key);
            if (node != AVS_CONF_NONE) {
                return node;
            }
        }
    }
    return AVS_CONF_NONE;
}

static enum avs_status remove_key(struct avs_config_plan *plan, size_t index,
                                  enum avs_endpoint_key key, struct avs_error *reterr) {
    const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
    for (int times = 0; times < OCCURRENCES_MAX; times++) {
        struct avs_conf_file *file = &plan->files[index].after;
        struct avs_conf_ref ref = {(uint32_t)index, occurrence(&file->doc, info)};
        if (ref.node == AVS_CONF_NONE) {
            return AVS_OK;
        }
        const struct avs_conf_node *node = &file->doc.nodes[ref.node];
        int shown = (int)(node->end - node->start < 120 ? node->end - node->start : 120);
        avs_conf_plan_say(plan, "%s: %.*s removed (%s)", info->name, shown,
                          file->text + node->start, file->path);
        struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
        avs_conf_edit_remove(&file->doc, ref.node, &out);
        enum avs_status status = avs_conf_plan_take_text(plan, index, &out, reterr);
        avs_buffer_done(&out);
        AVS_TRY(status);
    }
    return AVS_OK; /* what is left is found by check_keys */
}

enum avs_status avs_config_plan_unset(const char *const *paths, size_t count, const char *sdk,
                                      struct avs_config_plan **ret_plan, struct avs_error *reterr) {
    unsigned release = AVS_SDK_ANY;
    bool wanted[AVS_ENDPOINT_KEY_COUNT] = {false};
    AVS_AUTO(plan) plan = NULL;
    if (sdk) {
        AVS_TRY(avs_sdk_parse(sdk, &release, reterr));
    }
    AVS_TRY(avs_conf_plan_open(paths, count, true, &plan, reterr));
    AVS_TRY(wanted_keys(plan, release, true, wanted, reterr));
    /* in the reverse of the order in which they are put, so that one undoes the other */
    for (int key = AVS_ENDPOINT_KEY_COUNT - 1; key >= 0; key--) {
        for (size_t i = 0; wanted[key] && i < plan->count; i++) {
            AVS_TRY(remove_key(plan, i, (enum avs_endpoint_key)key, reterr));
        }
    }
    AVS_TRY(check_keys(plan, wanted, NULL, reterr));
    if (plan->summary.length == 0) {
        avs_conf_plan_say(plan, "no endpoint key is set; the SDK's default counts");
    }
    AVS_TRY(warn_of_gateway(plan, wanted, reterr));
    AVS_TRY(avs_conf_plan_finish(plan, reterr));
    *ret_plan = AVS_STEAL(plan);
    return AVS_OK;
}
