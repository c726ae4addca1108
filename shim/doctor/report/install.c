/* An install, or what it would do, in words and as JSON (schema avs-shim.trust-install/1). */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"
#include "store/command.h"
#include "store/install.h"

#define TEXT_LIMIT (1u << 20)

/** "write /usr/local/share/ca-certificates/amazon-root-ca-1.crt" */
static void step_words(const struct avs_trust_install *install, const struct avs_install_step *step,
                       char *ret_words, size_t capacity) {
    const char *below = install->is_sysroot ? install->root.path : "";
    bool is_undo = install->is_undo;
    switch (step->kind) {
    case AVS_INSTALL_FOLDER:
        avs_text_format(ret_words, capacity, "%s %s%s", is_undo ? "remove, if empty," : "make",
                        below, step->path);
        break;
    case AVS_INSTALL_WRITE:
        avs_text_format(ret_words, capacity, "%s %s%s", is_undo ? "remove" : "write", below,
                        step->path);
        break;
    case AVS_INSTALL_APPEND:
        if (strcmp(step->text, "\n") == 0) {
            avs_text_format(ret_words, capacity, "%s the newline at the end of %s%s",
                            is_undo ? "take back" : "add", below, step->path);
        } else if (strstr(step->text, "-----BEGIN")) {
            size_t count = 0;
            for (const char *at = step->text; (at = strstr(at, "-----BEGIN")); at++) {
                count++;
            }
            avs_text_format(ret_words, capacity, "%s %zu certificate%s %s %s%s",
                            is_undo ? "cut" : "add", count, count == 1 ? "" : "s",
                            is_undo ? "out of" : "to", below, step->path);
        } else {
            avs_text_format(ret_words, capacity, "%s the line %s %s %s%s", is_undo ? "cut" : "add",
                            step->text + (step->text[0] == '\n'), is_undo ? "out of" : "to", below,
                            step->path);
            char *newline = strchr(ret_words, '\n');
            if (newline) {
                memmove(newline, newline + 1, strlen(newline));
            }
        }
        break;
    case AVS_INSTALL_REPLACE:
        avs_text_format(ret_words, capacity, "in %s%s, change the line '%s' into '%s'", below,
                        step->path, is_undo ? step->text : step->old,
                        is_undo ? step->old : step->text);
        for (char *at = ret_words; (at = strchr(at, '\n'));) {
            *at = '|';
        }
        break;
    case AVS_INSTALL_LINK:
        avs_text_format(ret_words, capacity, "%s %s%s%s%s", is_undo ? "remove" : "link", below,
                        step->path, is_undo ? "" : " -> ", is_undo ? "" : step->text);
        break;
    case AVS_INSTALL_RUN:
        avs_text_format(ret_words, capacity, "run %s", step->path);
        break;
    case AVS_INSTALL_KIND_COUNT:
        ret_words[0] = '\0';
        break;
    }
}

static size_t missing_count(const struct avs_trust_install *install) {
    size_t count = 0;
    for (size_t i = 0; i < install->root_count; i++) {
        count += !install->roots[i].was_there;
    }
    return count;
}

/** "avs-shim trust VERB" for the same store and roots. */
static void add_command(const struct avs_trust_install *install, const char *verb, const char *rest,
                        struct avs_buffer *out) {
    const struct avs_store_choice choice = {
        .sysroot = install->is_sysroot ? install->root.path : NULL,
        .config_file = install->config_file,
        .ca_file = install->ca_file,
        .ca_path = install->ca_path,
    };
    bool changes = strcmp(verb, "install") == 0;
    if (changes) {
        const char *place = install->bundle_count   ? install->bundle[0]
                            : install->folder_count ? install->folder[0]
                                                    : install->record;
        avs_buffer_add_text(out, avs_store_sudo(&install->root, place));
    }
    avs_store_command(out, verb, &choice, "");
    for (size_t i = 0; changes && install->is_choice && i < install->root_count; i++) {
        avs_buffer_add_text(out, " --only ");
        avs_buffer_add_word(out, install->roots[i].root->name);
    }
    avs_buffer_add_text(out, rest);
}

static void add_next_command(const struct avs_trust_install *install, struct avs_buffer *out) {
    if (install->steps.count > 0 && !install->is_applied) {
        add_command(install, "install", install->is_undo ? " --undo --apply" : " --apply", out);
    } else {
        add_command(install, "audit", "", out);
    }
}

static void write_answer(const struct avs_trust_install *install, bool has_colour,
                         struct avs_buffer *out) {
    size_t missing = missing_count(install);
    bool is_good = install->is_applied || (missing == 0 && !install->is_undo);
    if (has_colour) {
        avs_buffer_printf(out, "\x1b[%sm", is_good ? "32" : "33");
    }
    if (install->is_undo) {
        avs_buffer_add_text(out, install->is_applied ? "UNDONE" : "DRY RUN");
    } else {
        avs_buffer_add_text(out, install->is_applied ? "INSTALLED"
                                 : missing == 0      ? "NOTHING TO DO"
                                                     : "DRY RUN");
    }
    if (has_colour) {
        avs_buffer_add_text(out, "\x1b[0m");
    }
    if (install->is_undo) {
        avs_buffer_printf(out, "  %s\n",
                          install->is_applied ? "what trust install had added here is taken back"
                                              : "this would be taken back; nothing was changed");
    } else if (install->is_applied) {
        avs_buffer_printf(out, "  %zu root%s added, all %zu verify through the store\n", missing,
                          missing == 1 ? "" : "s", install->root_count);
    } else if (missing == 0) {
        avs_buffer_printf(out, "  all %zu roots are in the store already\n", install->root_count);
    } else {
        avs_buffer_printf(out, "  %zu of %zu roots would be added; nothing was changed\n", missing,
                          install->root_count);
    }
}

static void write_stores(const struct avs_trust_install *install, struct avs_buffer *out) {
    const char *below = install->is_sysroot ? install->root.path : "";
    avs_buffer_add_text(out, "\n");
    for (size_t i = 0; i < install->bundle_count; i++) {
        avs_buffer_printf(out, "  bundle  %s%s\n", below, install->bundle[i]);
    }
    for (size_t i = 0; i < install->folder_count; i++) {
        avs_buffer_printf(out, "  folder  %s%s\n", below, install->folder[i]);
    }
    avs_buffer_printf(out, "  by      %s\n",
                      install->distro           ? install->distro->label
                      : install->config_file[0] ? "the SDK's configuration, which names this store"
                                                : "the option that names this store");
}

enum avs_status avs_trust_install_to_text(const struct avs_trust_install *install, bool has_colour,
                                          char **ret_text, struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(TEXT_LIMIT);
    char words[AVS_SYSROOT_PATH_BYTES * 2];
    write_answer(install, has_colour, &out);
    write_stores(install, &out);
    avs_buffer_add_text(&out, "\nRoots\n");
    for (size_t i = 0; i < install->root_count; i++) {
        const struct avs_install_root *root = &install->roots[i];
        avs_buffer_printf(&out, "  %-52s %s\n          SHA-256 %s\n", root->root->name,
                          root->was_there && root->is_there ? "in the store"
                          : root->is_there                  ? "added"
                          : root->was_there                 ? "removed"
                                                            : "missing",
                          root->root->sha256);
    }
    if (install->steps.count) {
        avs_buffer_add_text(&out, install->is_applied ? "\nSteps taken\n" : "\nSteps\n");
    }
    for (size_t i = 0; i < install->steps.count; i++) {
        step_words(install, &install->steps.step[i], words, sizeof(words));
        avs_buffer_printf(&out, "  %zu. %s\n", i + 1, words);
    }
    if (install->was_interrupted) {
        avs_buffer_printf(&out, "\nNote  an earlier install did not finish; %s\n",
                          install->is_applied ? "it was taken back first"
                                              : "--apply takes it back first");
    }
    for (size_t i = 0; i < install->note_count; i++) {
        avs_buffer_printf(&out, "\nNote  %s\n", install->note[i]);
    }
    if (install->is_applied && !install->is_undo) {
        avs_buffer_add_text(&out, "\nUndo  ");
        add_command(install, "install", " --undo --apply", &out);
        avs_buffer_printf(&out, "\n      (record: %s%s)\n",
                          install->is_sysroot ? install->root.path : "", install->record);
    }
    avs_buffer_add_text(&out, "\nNext  ");
    add_next_command(install, &out);
    avs_buffer_add_text(&out, "\n");
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}

/* ---- JSON ---- */

static bool put(struct json_object *object, const char *key, struct json_object *value) {
    return value && json_object_object_add(object, key, value) == 0;
}

static bool put_text(struct json_object *object, const char *key, const char *text) {
    return put(object, key, json_object_new_string(text));
}

static bool put_flag(struct json_object *object, const char *key, bool flag) {
    return put(object, key, json_object_new_boolean(flag));
}

static bool push(struct json_object *array, struct json_object *value) {
    return value && json_object_array_add(array, value) == 0;
}

static bool put_places(const struct avs_trust_install *install, struct json_object *report) {
    struct json_object *bundles = json_object_new_array();
    struct json_object *folders = json_object_new_array();
    bool is_done = put(report, "bundles", bundles) && put(report, "folders", folders);
    for (size_t i = 0; is_done && i < install->bundle_count; i++) {
        is_done = push(bundles, json_object_new_string(install->bundle[i]));
    }
    for (size_t i = 0; is_done && i < install->folder_count; i++) {
        is_done = push(folders, json_object_new_string(install->folder[i]));
    }
    return is_done;
}

static bool put_roots(const struct avs_trust_install *install, struct json_object *report) {
    struct json_object *array = json_object_new_array();
    bool is_done = put(report, "roots", array);
    for (size_t i = 0; is_done && i < install->root_count; i++) {
        const struct avs_install_root *root = &install->roots[i];
        struct json_object *object = json_object_new_object();
        is_done = push(array, object) && put_text(object, "name", root->root->name) &&
                  put_text(object, "sha256", root->root->sha256) &&
                  put_flag(object, "was_there", root->was_there) &&
                  put_flag(object, "is_there", root->is_there);
    }
    return is_done;
}

static bool put_steps(const struct avs_trust_install *install, struct json_object *report) {
    struct json_object *array = json_object_new_array();
    struct json_object *notes = json_object_new_array();
    char words[AVS_SYSROOT_PATH_BYTES * 2];
    bool is_done = put(report, "steps", array) && put(report, "notes", notes);
    for (size_t i = 0; is_done && i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        struct json_object *object = json_object_new_object();
        step_words(install, step, words, sizeof(words));
        is_done = push(array, object) &&
                  put_text(object, "kind", avs_install_kind_id(step->kind)) &&
                  put_text(object, "path", step->path) && put_text(object, "text", words);
    }
    for (size_t i = 0; is_done && i < install->note_count; i++) {
        is_done = push(notes, json_object_new_string(install->note[i]));
    }
    return is_done;
}

enum avs_status avs_trust_install_to_json(const struct avs_trust_install *install, char **ret_json,
                                          struct avs_error *reterr) {
    struct json_object *report = json_object_new_object();
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    AVS_AUTO(char) next = NULL;
    char *json = NULL;
    add_next_command(install, &command);
    enum avs_status status = avs_buffer_take_text(&command, &next, reterr);
    avs_buffer_done(&command);
    if (status != AVS_OK) {
        json_object_put(report);
        return status;
    }
    bool is_done =
        report && put_text(report, "schema", AVS_TRUST_INSTALL_SCHEMA) &&
        put_flag(report, "is_complete", avs_trust_install_is_complete(install)) &&
        put_flag(report, "is_applied", install->is_applied) &&
        put_flag(report, "is_undo", install->is_undo) &&
        put_flag(report, "was_interrupted", install->was_interrupted) &&
        put_text(report, "convention", install->distro ? install->distro->id : "config") &&
        (!install->is_sysroot || put_text(report, "sysroot", install->root.path)) &&
        put_text(report, "record", install->record) && put_places(install, report) &&
        put_roots(install, report) && put_steps(install, report) && put_text(report, "next", next);
    const char *text = is_done
                           ? json_object_to_json_string_ext(
                                 report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)
                           : NULL;
    if (text && asprintf(&json, "%s\n", text) < 0) {
        json = NULL;
    }
    json_object_put(report);
    AVS_REQUIRE_MEMORY(json, reterr);
    *ret_json = json;
    return AVS_OK;
}
