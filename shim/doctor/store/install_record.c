/* SPDX-License-Identifier: Apache-2.0 */
/* The record of an install: a JSON file that is written before the first step, so that whatever
 * happens later can be taken back. */
#include "store/install_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "store/install_file.h"

#define RECORD_SCHEMA "avs-shim.trust-install-record/1"

const char *avs_install_kind_id(enum avs_install_kind kind) {
    static const char *const ids[] = {
#define XX(name, id) id,
        AVS_INSTALL_STEP_MAP(XX)
#undef XX
    };
    return (unsigned)kind < AVS_INSTALL_KIND_COUNT ? ids[kind] : "";
}

static bool kind_from_id(const char *id, enum avs_install_kind *ret_kind) {
    for (unsigned kind = 0; kind < AVS_INSTALL_KIND_COUNT; kind++) {
        if (strcmp(avs_install_kind_id((enum avs_install_kind)kind), id) == 0) {
            *ret_kind = (enum avs_install_kind)kind;
            return true;
        }
    }
    return false;
}

void avs_install_steps_done(struct avs_install_steps *steps) {
    for (size_t i = 0; i < steps->count; i++) {
        free(steps->step[i].path);
        free(steps->step[i].text);
        free(steps->step[i].old);
    }
    steps->count = 0;
}

void avs_install_paths_done(struct avs_install_paths *paths) {
    for (size_t i = 0; i < paths->count; i++) {
        free(paths->path[i]);
    }
    paths->count = 0;
}

enum avs_status avs_install_add_path(struct avs_install_paths *paths, const char *path,
                                     struct avs_error *reterr) {
    if (paths->count == AVS_INSTALL_PATHS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "more than %d files to keep", AVS_INSTALL_PATHS_MAX);
    }
    char *copy = strdup(path);
    AVS_REQUIRE_MEMORY(copy, reterr);
    paths->path[paths->count++] = copy;
    return AVS_OK;
}

void avs_install_record_done(struct avs_install_record *record) {
    avs_install_steps_done(&record->steps);
    avs_install_paths_done(&record->kept);
    avs_install_paths_done(&record->folders);
    record->committed = 0;
}

enum avs_status avs_install_add_step(struct avs_install_steps *steps, enum avs_install_kind kind,
                                     const char *path, const char *text, const char *old,
                                     struct avs_error *reterr) {
    if (steps->count == AVS_INSTALL_STEPS_MAX) {
        return avs_fail(
            reterr, AVS_ERR_LIMIT,
            "more than %d steps are on record; avs-shim trust install --undo --apply first",
            AVS_INSTALL_STEPS_MAX);
    }
    struct avs_install_step step = {
        .kind = kind,
        .path = strdup(path),
        .text = text ? strdup(text) : NULL,
        .old = old ? strdup(old) : NULL,
    };
    if (!step.path || (text && !step.text) || (old && !step.old)) {
        free(step.path);
        free(step.text);
        free(step.old);
        return avs_fail_memory(reterr);
    }
    steps->step[steps->count++] = step;
    return AVS_OK;
}

/* ---- reading ---- */

static enum avs_status damaged(const char *path, struct avs_error *reterr) {
    return avs_fail(reterr, AVS_ERR_IO,
                    "%s is damaged: what was installed cannot be taken back from it. Remove the "
                    "added files by hand, then this file.",
                    path);
}

static const char *text_of(struct json_object *object, const char *key) {
    struct json_object *value;
    return json_object_object_get_ex(object, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static enum avs_status read_step(struct json_object *object, const char *path,
                                 struct avs_install_steps *steps, struct avs_error *reterr) {
    const char *id = text_of(object, "kind");
    const char *where = text_of(object, "path");
    const char *text = text_of(object, "text");
    const char *old = text_of(object, "old");
    enum avs_install_kind kind;
    if (!id || !where || where[0] != '/' || !kind_from_id(id, &kind)) {
        return damaged(path, reterr);
    }
    bool needs_text = kind != AVS_INSTALL_FOLDER && kind != AVS_INSTALL_RUN;
    if ((needs_text && !text) || (kind == AVS_INSTALL_REPLACE && !old)) {
        return damaged(path, reterr);
    }
    return avs_install_add_step(steps, kind, where, text, old, reterr);
}

/** A list of paths; an absent one is empty. */
static enum avs_status read_paths(struct json_object *object, const char *key, const char *path,
                                  struct avs_install_paths *paths, struct avs_error *reterr) {
    struct json_object *array;
    if (!json_object_object_get_ex(object, key, &array)) {
        return AVS_OK;
    }
    size_t count =
        json_object_is_type(array, json_type_array) ? json_object_array_length(array) : SIZE_MAX;
    if (count > AVS_INSTALL_PATHS_MAX) {
        return damaged(path, reterr);
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(array, i));
        if (!text || text[0] != '/') {
            return damaged(path, reterr);
        }
        AVS_TRY(avs_install_add_path(paths, text, reterr));
    }
    return AVS_OK;
}

static enum avs_status read_steps(struct json_object *object, const char *path,
                                  struct avs_install_record *record, struct avs_error *reterr) {
    struct json_object *steps, *committed;
    const char *schema = text_of(object, "schema");
    if (!schema || strcmp(schema, RECORD_SCHEMA) != 0 ||
        !json_object_object_get_ex(object, "steps", &steps) ||
        !json_object_is_type(steps, json_type_array) ||
        !json_object_object_get_ex(object, "committed", &committed) ||
        !json_object_is_type(committed, json_type_int)) {
        return damaged(path, reterr);
    }
    for (size_t i = 0; i < json_object_array_length(steps); i++) {
        AVS_TRY(read_step(json_object_array_get_idx(steps, i), path, &record->steps, reterr));
    }
    int64_t count = json_object_get_int64(committed);
    if (count < 0 || (uint64_t)count > record->steps.count) {
        return damaged(path, reterr);
    }
    record->committed = (size_t)count;
    AVS_TRY(read_paths(object, "kept", path, &record->kept, reterr));
    return read_paths(object, "folders", path, &record->folders, reterr);
}

/** Only a record that nobody else can have written is followed. */
static bool is_ours(const struct stat *entry) {
    return (entry->st_uid == geteuid() || entry->st_uid == 0) &&
           (entry->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

enum avs_status avs_install_read_record(const struct avs_sysroot *root, const char *path,
                                        struct avs_install_record *ret_record,
                                        struct avs_error *reterr) {
    struct avs_install_record record = {.committed = 0};
    struct stat entry;
    AVS_AUTO(char) json = NULL;
    size_t length = 0;
    if (!avs_sysroot_read(root, path, AVS_INSTALL_RECORD_BYTES, &json, &length, &entry)) {
        if (errno == ENOENT || errno == ENOTDIR) {
            *ret_record = record;
            return AVS_OK;
        }
        return avs_install_fail_io(root, errno, "read the record", path, reterr);
    }
    if (!is_ours(&entry)) {
        return avs_fail(reterr, AVS_ERR_IO,
                        "%s could have been written by another user; it is not followed. Look into "
                        "it, then remove it.",
                        path);
    }
    struct json_object *object = json_tokener_parse(json);
    enum avs_status status =
        object ? read_steps(object, path, &record, reterr) : damaged(path, reterr);
    json_object_put(object);
    if (status != AVS_OK) {
        avs_install_record_done(&record);
        return status;
    }
    *ret_record = record;
    return AVS_OK;
}

/* ---- writing ---- */

static bool put_text(struct json_object *object, const char *key, const char *text) {
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    return !text || (value && json_object_object_add(object, key, value) == 0);
}

static bool put_step(struct json_object *array, const struct avs_install_step *step) {
    struct json_object *object = json_object_new_object();
    bool is_done = object && put_text(object, "kind", avs_install_kind_id(step->kind)) &&
                   put_text(object, "path", step->path) && put_text(object, "text", step->text) &&
                   put_text(object, "old", step->old) && json_object_array_add(array, object) == 0;
    if (!is_done) {
        json_object_put(object);
    }
    return is_done;
}

static bool put_paths(struct json_object *object, const char *key,
                      const struct avs_install_paths *paths) {
    struct json_object *array = json_object_new_array();
    if (!array || json_object_object_add(object, key, array) != 0) {
        json_object_put(array);
        return false;
    }
    for (size_t i = 0; i < paths->count; i++) {
        struct json_object *path = paths->path[i] ? json_object_new_string(paths->path[i]) : NULL;
        if (paths->path[i] && (!path || json_object_array_add(array, path) != 0)) {
            json_object_put(path);
            return false;
        }
    }
    return true;
}

static char *record_json(const struct avs_install_record *record) {
    struct json_object *object = json_object_new_object();
    struct json_object *array = json_object_new_array();
    char *json = NULL;
    bool is_done = object && array && put_text(object, "schema", RECORD_SCHEMA) &&
                   json_object_object_add(object, "committed",
                                          json_object_new_int64((int64_t)record->committed)) == 0 &&
                   put_paths(object, "kept", &record->kept) &&
                   put_paths(object, "folders", &record->folders);
    for (size_t i = 0; is_done && i < record->steps.count; i++) {
        is_done = put_step(array, &record->steps.step[i]);
    }
    if (is_done && json_object_object_add(object, "steps", json_object_get(array)) == 0) {
        const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY);
        if (text && asprintf(&json, "%s\n", text) < 0) {
            json = NULL;
        }
    }
    json_object_put(array);
    json_object_put(object);
    return json;
}

enum avs_status avs_install_write_record(const struct avs_sysroot *root, const char *path,
                                         const struct avs_install_record *record,
                                         struct avs_error *reterr) {
    if (record->steps.count == 0) { /* nothing left to take back */
        return avs_install_remove_file(root, path, reterr);
    }
    AVS_AUTO(char) json = record_json(record);
    AVS_REQUIRE_MEMORY(json, reterr);
    return avs_install_write_file(root, path, json, strlen(json), reterr);
}
