/* SPDX-License-Identifier: Apache-2.0 */
/* An install, or what it would do, as JSON: schema avs-shim.trust-install/1. */
#include "out/json_out.h"
#include "report/install_words.h"

static void put_places(struct avs_json *json, const struct avs_trust_install *install) {
    avs_json_open_array(json, "bundles");
    for (size_t i = 0; i < install->bundle_count; i++) {
        avs_json_text(json, NULL, install->bundle[i]);
    }
    avs_json_close(json);
    avs_json_open_array(json, "folders");
    for (size_t i = 0; i < install->folder_count; i++) {
        avs_json_text(json, NULL, install->folder[i]);
    }
    avs_json_close(json);
}

static void put_roots(struct avs_json *json, const struct avs_trust_install *install) {
    avs_json_open_array(json, "roots");
    for (size_t i = 0; i < install->root_count; i++) {
        const struct avs_install_root *root = &install->roots[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "name", root->root->name);
        avs_json_text(json, "sha256", root->root->sha256);
        avs_json_bool(json, "was_there", root->was_there);
        avs_json_bool(json, "is_there", root->is_there);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_steps(struct avs_json *json, const struct avs_trust_install *install) {
    char words[AVS_INSTALL_WORDS_BYTES];
    avs_json_open_array(json, "steps");
    for (size_t i = 0; i < install->steps.count; i++) {
        const struct avs_install_step *step = &install->steps.step[i];
        avs_install_step_words(install, step, words, sizeof(words));
        avs_json_open_object(json, NULL);
        avs_json_text(json, "kind", avs_install_kind_id(step->kind));
        avs_json_text(json, "path", step->path);
        avs_json_text(json, "text", words);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_open_array(json, "notes");
    for (size_t i = 0; i < install->note_count; i++) {
        avs_json_text(json, NULL, install->note[i]);
    }
    avs_json_close(json);
}

enum avs_status avs_trust_install_to_json(const struct avs_trust_install *install, char **ret_json,
                                          struct avs_error *reterr) {
    AVS_AUTO(char) next = NULL;
    AVS_TRY(avs_install_next_command(install, &next, reterr));
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_TRUST_INSTALL_SCHEMA);
    avs_json_bool(&json, "is_complete", avs_trust_install_is_complete(install));
    avs_json_bool(&json, "is_applied", install->is_applied);
    avs_json_bool(&json, "is_undo", install->is_undo);
    avs_json_bool(&json, "was_interrupted", install->was_interrupted);
    avs_json_text(&json, "convention", install->distro ? install->distro->id : "config");
    avs_json_text(&json, "sysroot", install->is_sysroot ? install->root.path : NULL);
    avs_json_text(&json, "record", install->record);
    put_places(&json, install);
    put_roots(&json, install);
    put_steps(&json, install);
    avs_json_text(&json, "next", next);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
