/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery works on a copy in which every byte knows where it stood in the original. What is wrong
 * and its repair: diagnose.c; which of them may be written: edit/plan_repair.c. */
#include "conf/repair.h"

#include <string.h>

/* The copy: text and, for each byte, its original offset (one more at the end). */
struct copy {
    char *text;
    uint32_t *origin;
    size_t length, capacity;
};

static void copy_done(struct copy *copy) {
    free(copy->text);
    free(copy->origin);
}

static enum avs_status copy_init(struct copy *copy, const struct avs_conf_file *file,
                                 struct avs_error *reterr) {
    copy->capacity = file->length + AVS_CONF_FAULTS_MAX * AVS_CONF_REPAIR_BYTES;
    copy->length = file->length;
    copy->text = malloc(copy->capacity + 1);
    copy->origin = malloc((copy->capacity + 1) * sizeof(*copy->origin));
    if (!copy->text || !copy->origin) {
        copy_done(copy);
        return avs_fail_memory(reterr);
    }
    memcpy(copy->text, file->text, file->length);
    for (size_t i = 0; i <= file->length; i++) {
        copy->origin[i] = (uint32_t)i;
    }
    return AVS_OK;
}

/* Inserted bytes stand where the first byte behind them stood. */
static void copy_replace(struct copy *copy, size_t offset, size_t removed, const char *text) {
    size_t inserted = strlen(text);
    size_t tail = copy->length - offset - removed;
    uint32_t origin = copy->origin[offset];
    memmove(copy->text + offset + inserted, copy->text + offset + removed, tail);
    memmove(copy->origin + offset + inserted, copy->origin + offset + removed,
            (tail + 1) * sizeof(*copy->origin));
    memcpy(copy->text + offset, text, inserted);
    for (size_t i = 0; i < inserted; i++) {
        copy->origin[offset + i] = origin;
    }
    copy->length = copy->length - removed + inserted;
}

/* Original offsets in place of the copy's. */
static void translate(const struct copy *copy, struct avs_conf_fault_note *note) {
    struct avs_conf_diagnosis *diagnosis = &note->diagnosis;
    size_t repair_end = diagnosis->repair_offset + diagnosis->repair_length;
    diagnosis->offset = copy->origin[diagnosis->offset];
    diagnosis->repair_length = copy->origin[repair_end] - copy->origin[diagnosis->repair_offset];
    diagnosis->repair_offset = copy->origin[diagnosis->repair_offset];
    note->sdk_offset = copy->origin[note->sdk_offset];
}

/* Note one fault and repair it in the copy; *ret_go_on is false where nothing can be guessed. */
static enum avs_status note_fault(struct copy *copy, const struct avs_conf_doc *doc,
                                  struct avs_conf_faults *faults, bool *ret_go_on,
                                  struct avs_error *reterr) {
    struct avs_conf_fault_note *notes =
        realloc(faults->notes, (faults->count + 1) * sizeof(*faults->notes));
    AVS_REQUIRE_MEMORY(notes, reterr);
    faults->notes = notes;
    struct avs_conf_fault_note *note = &notes[faults->count++];
    avs_conf_diagnose(doc, &note->diagnosis);
    const char *words = avs_conf_fault_text(doc->fault);
    note->sdk_message = words[0] ? words : NULL;
    note->sdk_offset = doc->fault_offset;
    struct avs_conf_diagnosis repair = note->diagnosis;
    translate(copy, note);
    faults->is_all_certain = faults->is_all_certain && repair.repair == AVS_CONF_REPAIR_CERTAIN;
    *ret_go_on = repair.repair != AVS_CONF_REPAIR_NONE && faults->count < AVS_CONF_FAULTS_MAX;
    if (*ret_go_on) {
        copy_replace(copy, repair.repair_offset, repair.repair_length, repair.replacement);
    }
    return AVS_OK;
}

enum avs_status avs_conf_find_faults(const struct avs_conf_file *file,
                                     struct avs_conf_faults *ret_faults, struct avs_error *reterr) {
    struct avs_conf_faults faults = {.is_all_certain = true};
    struct copy copy;
    if (file->doc.fault == AVS_CONF_FAULT_NONE) {
        faults.is_complete = true;
        *ret_faults = faults;
        return AVS_OK;
    }
    AVS_TRY(copy_init(&copy, file, reterr));
    enum avs_status status = AVS_OK;
    for (bool goes_on = true; status == AVS_OK && goes_on;) {
        struct avs_conf_doc doc;
        size_t length =
            copy.length < AVS_CONF_FILE_BYTES_MAX ? copy.length : AVS_CONF_FILE_BYTES_MAX;
        status = avs_conf_scan(copy.text, length, true, &doc, reterr);
        if (status != AVS_OK) {
            break;
        }
        if (doc.fault == AVS_CONF_FAULT_NONE) {
            faults.is_complete = true;
            goes_on = false;
        } else {
            status = note_fault(&copy, &doc, &faults, &goes_on, reterr);
        }
        avs_conf_doc_done(&doc);
    }
    if (faults.is_complete) {
        faults.repaired = AVS_STEAL(copy.text);
        faults.repaired_length = copy.length;
    }
    copy_done(&copy);
    if (status != AVS_OK) {
        avs_conf_faults_done(&faults);
        return status;
    }
    faults.is_all_certain = faults.is_all_certain && faults.is_complete;
    *ret_faults = faults;
    return AVS_OK;
}

void avs_conf_faults_done(struct avs_conf_faults *faults) {
    free(faults->notes);
    free(faults->repaired);
    *faults = (struct avs_conf_faults){0};
}
