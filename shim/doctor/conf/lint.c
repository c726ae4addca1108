/* SPDX-License-Identifier: Apache-2.0 */
/* The linter: first what the SDK's parser refuses, then, in files that parse, what the SDK ignores
 * or trips over. */
#include "conf/repair.h"
#include "conf/report.h"
#include "conf/sdk.h"

static enum avs_status lint_syntax(const struct avs_conf_file *file, struct avs_conf_report *report,
                                   struct avs_error *reterr) {
    struct avs_conf_faults faults;
    AVS_TRY(avs_conf_find_faults(file, &faults, reterr));
    for (size_t i = 0; i < faults.count; i++) {
        const struct avs_conf_diagnosis *diagnosis = &faults.notes[i].diagnosis;
        avs_conf_report_add_finding(
            report, file,
            &(struct avs_conf_remark){
                .id = diagnosis->id,
                .cause = AVS_CAUSE_CONFIG_MALFORMED,
                .severity = AVS_SEVERITY_ERROR,
                .offset = diagnosis->offset,
                .length = diagnosis->length,
                .problem = avs_conf_report_text(report, "%s", diagnosis->problem),
                .fix = avs_conf_report_text(report, "%s", diagnosis->fix),
                .sdk_message = faults.notes[i].sdk_message,
                .sdk_offset = faults.notes[i].sdk_offset,
                .is_repairable = diagnosis->repair == AVS_CONF_REPAIR_CERTAIN,
            });
    }
    avs_conf_faults_done(&faults);
    return AVS_OK;
}

static void lint_crash(const struct avs_conf_file *files, struct avs_conf_ref crash,
                       struct avs_conf_report *report) {
    const struct avs_conf_node *node = &files[crash.file].doc.nodes[crash.node];
    bool is_root = crash.node == 0;
    avs_conf_report_add_finding(
        report, &files[crash.file],
        &(struct avs_conf_remark){
            .id = is_root ? "root_not_object" : "object_replaced",
            .cause = AVS_CAUSE_CONFIG_MALFORMED,
            .severity = AVS_SEVERITY_ERROR,
            .offset = is_root ? node->start : node->key_start,
            .length = is_root ? 1 : node->key_end - node->key_start,
            .problem = avs_conf_report_text(
                report,
                is_root ? "the whole configuration is %s, and the SDK crashes on anything but an "
                          "object"
                        : "this is %s here and an object in what was read before, and the SDK "
                          "crashes on that",
                avs_conf_type_text(node->type)),
            .fix = is_root ? "begin with { and end with }"
                           : "make it an object in both places, or remove one",
        });
}

static enum avs_status lint_files(struct avs_conf_file *files, size_t count, unsigned release,
                                  struct avs_conf_report *report, struct avs_error *reterr) {
    bool is_parsed = true;
    for (size_t i = 0; i < count; i++) {
        is_parsed = is_parsed && files[i].doc.fault == AVS_CONF_FAULT_NONE;
        AVS_TRY(lint_syntax(&files[i], report, reterr));
    }
    if (!is_parsed) {
        return AVS_OK;
    }
    struct avs_config config = {.count = count};
    for (size_t i = 0; i < count; i++) {
        config.files[i] = files[i];
    }
    AVS_TRY(avs_conf_merge_new(config.files, count, &config.merge, reterr));
    struct avs_conf_ref crash = avs_conf_merge_crash(config.merge);
    enum avs_status status = AVS_OK;
    if (crash.file != AVS_CONF_NONE) {
        lint_crash(files, crash, report);
    } else {
        status = avs_conf_lint_values(&config, release, report, reterr);
    }
    avs_conf_merge_free(config.merge);
    return status;
}

enum avs_status avs_config_lint(const char *const *paths, size_t count, const char *sdk,
                                struct avs_config_report **ret_report, struct avs_error *reterr) {
    struct avs_conf_file files[AVS_CONFIG_FILES_MAX] = {0};
    unsigned release = AVS_SDK_ANY;
    if (!paths || count == 0 || count > AVS_CONFIG_FILES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE, "give 1 to %d configuration files, not %zu",
                        AVS_CONFIG_FILES_MAX, count);
    }
    if (sdk) {
        AVS_TRY(avs_sdk_parse(sdk, &release, reterr));
    }
    struct avs_conf_report *report = avs_conf_report_new(sdk);
    AVS_REQUIRE_MEMORY(report, reterr);
    enum avs_status status = AVS_OK;
    for (size_t i = 0; status == AVS_OK && i < count; i++) {
        status = avs_conf_file_read(paths[i], &files[i], reterr);
    }
    if (status == AVS_OK) {
        status = lint_files(files, count, release, report, reterr);
    }
    for (size_t i = 0; i < count; i++) {
        avs_conf_file_done(&files[i]);
    }
    if (status != AVS_OK) {
        avs_config_report_free(&report->base);
        return status;
    }
    return avs_conf_report_take(report, ret_report, reterr);
}
