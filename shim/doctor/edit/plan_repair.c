/* SPDX-License-Identifier: Apache-2.0 */
/* lint --fix: writes a repair only where every fault of the file has one meaning, so that what is
 * written is what was meant, and parses. */
#include <string.h>

#include "conf/repair.h"
#include "edit/plan.h"

static enum avs_status repair_file(struct avs_config_plan *plan, size_t index,
                                   const struct avs_conf_faults *faults, struct avs_error *reterr) {
    struct avs_conf_file *file = &plan->files[index].before;
    unsigned line = 0, column = 0;
    for (size_t i = 0; i < faults->count; i++) {
        const struct avs_conf_diagnosis *diagnosis = &faults->notes[i].diagnosis;
        bool is_certain = diagnosis->repair == AVS_CONF_REPAIR_CERTAIN;
        if (!faults->is_all_certain && is_certain) {
            continue;
        }
        avs_conf_place(file->text, file->length, diagnosis->offset, &line, &column);
        avs_conf_plan_say(plan, "%s:%u:%u: %s%s", file->path, line, column, diagnosis->problem,
                          is_certain ? ": repaired" : ": correct this by hand first");
    }
    if (!faults->is_all_certain) {
        return AVS_OK;
    }
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    avs_buffer_add(&out, faults->repaired, faults->repaired_length);
    enum avs_status status = avs_conf_plan_take_text(plan, index, &out, reterr);
    avs_buffer_done(&out);
    return status;
}

enum avs_status avs_config_plan_repair(const char *const *paths, size_t count,
                                       struct avs_config_plan **ret_plan,
                                       struct avs_error *reterr) {
    AVS_AUTO(plan) plan = NULL;
    AVS_TRY(avs_conf_plan_open(paths, count, false, &plan, reterr));
    for (size_t i = 0; i < plan->count; i++) {
        struct avs_conf_faults faults;
        AVS_TRY(avs_conf_find_faults(&plan->files[i].before, &faults, reterr));
        enum avs_status status = faults.count > 0 ? repair_file(plan, i, &faults, reterr) : AVS_OK;
        avs_conf_faults_done(&faults);
        AVS_TRY(status);
    }
    AVS_TRY(avs_conf_plan_finish(plan, reterr));
    *ret_plan = AVS_STEAL(plan);
    return AVS_OK;
}
