/* SPDX-License-Identifier: Apache-2.0 */
/* toggle: there and back. The sidecar remembers what the toggle changed, as byte spans for a file
 * that is still as the toggle left it, and as values of keys for one that is not. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/text.h"
#include "edit/edit.h"
#include "edit/plan.h"
#include "out/json_out.h"

#define SCHEMA            "avs-shim.toggle/1"
#define HASH_BYTES        17 /* FNV-1a 64 as hex, terminated */
#define KEYS_MAX          AVS_ENDPOINT_KEY_COUNT
#define RAW_SHOWN_MAX     200
#define SIDECAR_SPANS_MAX 4096

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);

/* Detects change, not malice: whoever can edit the file can edit the sidecar. */
static void hash_text(const char *text, size_t length, char *field) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
    }
    avs_text_format(field, HASH_BYTES, "%016llx", (unsigned long long)hash);
}

/* ---- writing ---- */

static void put_state(struct avs_json *json, const char *length_key, const char *hash_key,
                      const struct avs_conf_file *file) {
    char hash[HASH_BYTES];
    hash_text(file->text, file->length, hash);
    avs_json_uint(json, length_key, file->length);
    avs_json_text(json, hash_key, hash);
}

/* The spans that lead from the toggled file back to the original. */
static void put_spans(struct avs_json *json, const struct avs_conf_planned *file) {
    avs_json_open_array(json, "restore");
    for (size_t i = 0; i < file->diff.count; i++) {
        const struct avs_conf_change *change = &file->diff.changes[i];
        avs_json_open_object(json, NULL);
        avs_json_uint(json, "offset", change->new_offset);
        avs_json_uint(json, "remove", change->inserted);
        avs_json_bytes(json, "insert", file->before.text + change->old_offset, change->removed);
        avs_json_close(json);
    }
    avs_json_close(json);
}

/* The key's node in one file, as an edit would find it. */
static uint32_t find_key(const struct avs_conf_doc *doc, enum avs_endpoint_key key) {
    uint32_t section = doc->nodes[0].first_child;
    for (; section != AVS_CONF_NONE; section = doc->nodes[section].next) {
        if (avs_conf_key_is(doc, section, avs_endpoint_keys[key].section)) {
            uint32_t node = avs_conf_find(doc, section, avs_endpoint_keys[key].key);
            if (node != AVS_CONF_NONE) {
                return node;
            }
        }
    }
    return AVS_CONF_NONE;
}

static bool is_same_value(const struct avs_conf_doc *before, const struct avs_conf_node *old_value,
                          const struct avs_conf_doc *after, const struct avs_conf_node *new_value) {
    size_t length = old_value->end - old_value->start;
    return length == new_value->end - new_value->start &&
           memcmp(before->text + old_value->start, after->text + new_value->start, length) == 0;
}

static void put_keys(struct avs_json *json, const struct avs_conf_planned *file) {
    const struct avs_conf_doc *before = &file->before.doc, *after = &file->after.doc;
    avs_json_open_object(json, "keys");
    for (int i = 0; i < KEYS_MAX; i++) {
        uint32_t old_node = find_key(before, (enum avs_endpoint_key)i);
        uint32_t new_node = find_key(after, (enum avs_endpoint_key)i);
        const char *name = avs_endpoint_keys[i].name;
        if (new_node == AVS_CONF_NONE) {
            continue;
        }
        if (old_node == AVS_CONF_NONE) {
            avs_json_null(json, name);
            continue;
        }
        const struct avs_conf_node *value = &before->nodes[old_node];
        if (!is_same_value(before, value, after, &after->nodes[new_node])) {
            avs_json_bytes(json, name, before->text + value->start, value->end - value->start);
        }
    }
    avs_json_close(json);
}

static enum avs_status make_sidecar(struct avs_config_plan *plan, struct avs_conf_planned *file,
                                    struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", SCHEMA);
    avs_json_text(&json, "endpoint", plan->url);
    put_state(&json, "original_length", "original_hash", &file->before);
    put_state(&json, "toggled_length", "toggled_hash", &file->after);
    put_spans(&json, file);
    put_keys(&json, file);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, &file->sidecar_text, reterr);
    avs_json_done(&json);
    AVS_TRY(status);
    file->sidecar_action = AVS_CONF_SIDECAR_WRITE;
    avs_conf_plan_say(plan, "remembered in %s; toggle again to go back", file->sidecar_path);
    return AVS_OK;
}

/* ---- reading ---- */

static enum avs_status not_ours(const char *path, const char *what, struct avs_error *reterr) {
    return avs_fail(reterr, AVS_ERR_CONFIG,
                    "%s is damaged or not written by toggle (%s); remove it, and set or unset the "
                    "endpoint by name",
                    path, what);
}

static const char *text_of(struct json_object *root, const char *key) {
    struct json_object *value = NULL;
    bool is_text = json_object_object_get_ex(root, key, &value) &&
                   json_object_is_type(value, json_type_string);
    return is_text ? json_object_get_string(value) : NULL;
}

static bool number_of(struct json_object *root, const char *key, size_t *ret_number) {
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(root, key, &value) ||
        !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0) {
        return false;
    }
    *ret_number = (size_t)json_object_get_int64(value);
    return true;
}

static enum avs_status read_sidecar(const char *path, struct json_object **ret_root,
                                    struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(avs_conf_read_bytes(path, AVS_CONF_SIDECAR_BYTES_MAX, &text, &length, NULL, reterr));
    AVS_AUTO(json) root = json_tokener_parse(text);
    const char *schema = root ? text_of(root, "schema") : NULL;
    struct json_object *keys = NULL;
    if (!schema || strcmp(schema, SCHEMA) != 0) {
        return not_ours(path, "its schema is not " SCHEMA, reterr);
    }
    if (!text_of(root, "endpoint") || !text_of(root, "original_hash") ||
        !text_of(root, "toggled_hash") || !json_object_object_get_ex(root, "keys", &keys) ||
        !json_object_is_type(keys, json_type_object)) {
        return not_ours(path, "a member is missing", reterr);
    }
    *ret_root = AVS_STEAL(root);
    return AVS_OK;
}

/* True when the file is as the sidecar says ("original" or "toggled"). */
static bool is_state(struct json_object *root, const char *length_key, const char *hash_key,
                     const char *text, size_t length) {
    char hash[HASH_BYTES];
    size_t wanted = 0;
    const char *wanted_hash = text_of(root, hash_key);
    hash_text(text, length, hash);
    return number_of(root, length_key, &wanted) && wanted == length && wanted_hash &&
           strcmp(wanted_hash, hash) == 0;
}

/* Apply the spans; false when they do not fit or do not lead to the original. */
static bool restore_spans(struct json_object *root, const struct avs_conf_file *file,
                          struct avs_buffer *out) {
    struct json_object *list = NULL;
    size_t at = 0;
    if (!json_object_object_get_ex(root, "restore", &list) ||
        !json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) > SIDECAR_SPANS_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *span = json_object_array_get_idx(list, i), *insert = NULL;
        size_t offset = 0, removed = 0;
        if (!json_object_is_type(span, json_type_object) || !number_of(span, "offset", &offset) ||
            !number_of(span, "remove", &removed) ||
            !json_object_object_get_ex(span, "insert", &insert) ||
            !json_object_is_type(insert, json_type_string) || offset < at ||
            offset > file->length || removed > file->length - offset) {
            return false;
        }
        avs_buffer_add(out, file->text + at, offset - at);
        avs_buffer_add(out, json_object_get_string(insert),
                       (size_t)json_object_get_string_len(insert));
        at = offset + removed;
    }
    avs_buffer_add(out, file->text + at, file->length - at);
    return !out->is_failed && is_state(root, "original_length", "original_hash",
                                       out->data ? out->data : "", out->length);
}

/* ---- back ---- */

/* True when the key holds again what it held before the toggle, or is gone again. */
static bool is_set_back(const struct avs_conf_doc *doc, uint32_t node,
                        struct json_object *previous) {
    if (!previous || node == AVS_CONF_NONE) {
        return !previous && node == AVS_CONF_NONE;
    }
    size_t length = doc->nodes[node].end - doc->nodes[node].start;
    return (size_t)json_object_get_string_len(previous) == length &&
           memcmp(json_object_get_string(previous), doc->text + doc->nodes[node].start, length) ==
               0;
}

/* The file was edited since: set back only the keys that still hold what the toggle put. */
static enum avs_status restore_key(struct avs_config_plan *plan, size_t index,
                                   enum avs_endpoint_key key, struct json_object *previous,
                                   const char *toggled, struct avs_error *reterr) {
    struct avs_conf_planned *planned = &plan->files[index];
    const struct avs_conf_doc *doc = &planned->after.doc;
    const char *name = avs_endpoint_keys[key].name;
    uint32_t node = find_key(doc, key);
    AVS_AUTO(char) now = NULL;
    struct avs_conf_ref ref = {0, node};
    if (node != AVS_CONF_NONE) {
        AVS_TRY(avs_conf_string(&planned->after, ref, &now, reterr));
    }
    if (is_set_back(doc, node, previous)) {
        return AVS_OK;
    }
    if (!now || strcmp(now, toggled) != 0) {
        return avs_fail(reterr, AVS_ERR_CONFIG,
                        "%s: %s was changed by someone else since the toggle (to %.200s), so going "
                        "back would lose that; nothing was written. To keep it, remove %s; to "
                        "choose, use set or unset",
                        planned->before.path, name, now ? now : "nothing", planned->sidecar_path);
    }
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    if (previous) {
        avs_conf_edit_replace(doc, node, json_object_get_string(previous), &out);
    } else {
        avs_conf_edit_remove(doc, node, &out);
    }
    enum avs_status status = avs_conf_plan_take_text(plan, index, &out, reterr);
    avs_buffer_done(&out);
    AVS_TRY(status);
    avs_conf_plan_say(plan, "%s: %s -> %.*s", name, toggled, RAW_SHOWN_MAX,
                      previous ? json_object_get_string(previous) : "not set");
    return AVS_OK;
}

static enum avs_status restore_keys(struct avs_config_plan *plan, size_t index,
                                    struct json_object *root, struct avs_error *reterr) {
    struct json_object *keys = NULL;
    json_object_object_get_ex(root, "keys", &keys);
    avs_conf_plan_say(plan,
                      "%s was edited since the toggle: its other changes stay, only the "
                      "endpoint is set back",
                      plan->files[index].before.path);
    for (int key = KEYS_MAX - 1; key >= 0; key--) {
        struct json_object *previous = NULL;
        bool is_in_it = json_object_object_get_ex(keys, avs_endpoint_keys[key].name, &previous);
        if (previous && !json_object_is_type(previous, json_type_string)) {
            return not_ours(plan->files[index].sidecar_path, "a key's value is no text", reterr);
        }
        if (is_in_it) {
            AVS_TRY(restore_key(plan, index, (enum avs_endpoint_key)key, previous,
                                text_of(root, "endpoint"), reterr));
        }
    }
    return AVS_OK;
}

static enum avs_status toggle_back(struct avs_config_plan *plan, size_t index,
                                   struct json_object *root, struct avs_error *reterr) {
    struct avs_conf_planned *planned = &plan->files[index];
    planned->sidecar_action = AVS_CONF_SIDECAR_REMOVE;
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    bool is_untouched = is_state(root, "toggled_length", "toggled_hash", planned->before.text,
                                 planned->before.length);
    enum avs_status status = AVS_OK;
    if (!is_untouched) {
        status = restore_keys(plan, index, root, reterr);
    } else if (restore_spans(root, &planned->before, &out)) {
        status = avs_conf_plan_take_text(plan, index, &out, reterr);
        avs_conf_plan_say(plan, "%s restored byte for byte (%s is removed)", planned->before.path,
                          planned->sidecar_path);
    } else {
        status =
            not_ours(planned->sidecar_path, "its spans do not lead back to the original", reterr);
    }
    avs_buffer_done(&out);
    return status;
}

/* The sidecar of file `index` if a toggle is in force there; NULL if not. */
static enum avs_status toggle_in_force(const struct avs_config_plan *plan, size_t index,
                                       struct json_object **ret_root, struct avs_error *reterr) {
    const struct avs_conf_planned *planned = &plan->files[index];
    *ret_root = NULL;
    if (access(planned->sidecar_path, F_OK) != 0) {
        return AVS_OK;
    }
    AVS_AUTO(json) root = NULL;
    AVS_TRY(read_sidecar(planned->sidecar_path, &root, reterr));
    /* a toggle that was cut off before it changed the file is not in force */
    if (!is_state(root, "original_length", "original_hash", planned->before.text,
                  planned->before.length)) {
        *ret_root = AVS_STEAL(root);
    }
    return AVS_OK;
}

static enum avs_status toggle_there(struct avs_config_plan *plan, unsigned release, const char *url,
                                    struct avs_error *reterr) {
    bool is_changed = false;
    AVS_TRY(avs_conf_plan_put(plan, release, url, reterr));
    AVS_TRY(avs_conf_plan_finish(plan, reterr));
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->files[i].diff.count > 0) {
            is_changed = true;
            AVS_TRY(make_sidecar(plan, &plan->files[i], reterr));
        }
    }
    if (!is_changed) {
        return avs_fail(reterr, AVS_ERR_CONFIG,
                        "the endpoint is %s already, and there is no %s that says what it was "
                        "before; use set or unset",
                        plan->url, plan->files[0].sidecar_path);
    }
    return AVS_OK;
}

enum avs_status avs_config_plan_toggle(const char *const *paths, size_t count, const char *sdk,
                                       const char *url, struct avs_config_plan **ret_plan,
                                       struct avs_error *reterr) {
    unsigned release = AVS_SDK_ANY;
    bool is_back = false;
    AVS_AUTO(plan) plan = NULL;
    if (sdk) {
        AVS_TRY(avs_sdk_parse(sdk, &release, reterr));
    }
    AVS_TRY(avs_endpoint_check(url, url ? strlen(url) : 0, NULL, reterr));
    AVS_TRY(avs_conf_plan_open(paths, count, true, &plan, reterr));
    for (size_t i = 0; i < plan->count; i++) {
        AVS_AUTO(json) root = NULL;
        AVS_TRY(toggle_in_force(plan, i, &root, reterr));
        if (root) {
            is_back = true;
            AVS_TRY(toggle_back(plan, i, root, reterr));
        }
    }
    if (is_back) {
        AVS_TRY(avs_conf_plan_finish(plan, reterr));
    } else {
        AVS_TRY(toggle_there(plan, release, url, reterr));
    }
    *ret_plan = AVS_STEAL(plan);
    return AVS_OK;
}
