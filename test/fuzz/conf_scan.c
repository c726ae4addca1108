/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: the scanner, the diagnosis, the recovery and the linters stay inside them, and say
 * things that fit together. The first byte switches comments off. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/repair.h"
#include "conf/report.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_nodes(const struct avs_conf_doc *doc) {
    struct avs_buffer text = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    for (uint32_t i = 0; i < doc->count; i++) {
        const struct avs_conf_node *node = &doc->nodes[i];
        REQUIRE(node->start <= node->end && node->end <= doc->length);
        REQUIRE(node->key_start <= node->key_end && node->key_end <= node->start);
        REQUIRE(node->parent == AVS_CONF_NONE ? i == 0 : node->parent < i);
        if (doc->fault == AVS_CONF_FAULT_NONE && node->parent != AVS_CONF_NONE) {
            REQUIRE(node->start > doc->nodes[node->parent].start);
            REQUIRE(node->end < doc->nodes[node->parent].end);
        }
        if (doc->fault == AVS_CONF_FAULT_NONE && node->type == AVS_CONF_STRING) {
            avs_conf_decode(doc, node->start, node->end, &text);
            avs_buffer_drop_front(&text, text.length);
        }
    }
    avs_buffer_done(&text);
}

static void check_file(const struct avs_conf_file *file) {
    struct avs_conf_faults faults;
    if (avs_conf_find_faults(file, &faults, NULL) != AVS_OK) {
        return;
    }
    REQUIRE((faults.count == 0) == (file->doc.fault == AVS_CONF_FAULT_NONE));
    for (size_t i = 0; i < faults.count; i++) {
        const struct avs_conf_diagnosis *diagnosis = &faults.notes[i].diagnosis;
        REQUIRE(diagnosis->offset <= file->length && diagnosis->length > 0);
        REQUIRE(diagnosis->repair_offset + diagnosis->repair_length <= file->length);
        REQUIRE(diagnosis->problem[0] && diagnosis->fix[0] && strcmp(diagnosis->id, "none") != 0);
    }
    if (faults.is_complete && faults.count > 0) { /* what is called repaired does parse */
        struct avs_conf_doc doc;
        REQUIRE(avs_conf_scan(faults.repaired, faults.repaired_length, true, &doc, NULL) == AVS_OK);
        REQUIRE(doc.fault == AVS_CONF_FAULT_NONE);
        avs_conf_doc_done(&doc);
    }
    avs_conf_faults_done(&faults);
}

/* Takes the file over. */
static void check_values(struct avs_conf_file *file) {
    struct avs_config *config = NULL;
    if (avs_config_from_files(file, 1, &config, NULL) != AVS_OK) {
        return;
    }
    struct avs_conf_report *report = avs_conf_report_new(NULL);
    struct avs_config_report *taken = NULL;
    char *json = NULL;
    if (report && avs_conf_lint_values(config, 0, report, NULL) == AVS_OK &&
        avs_conf_report_take(report, &taken, NULL) == AVS_OK &&
        avs_config_report_to_json(taken, "lint", &json, NULL) == AVS_OK) {
        free(json);
    }
    avs_config_report_free(taken);
    avs_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_conf_doc doc;
    struct avs_conf_file file;
    if (size == 0) {
        return 0;
    }
    bool has_comments = data[0] != '-';
    const char *text = (const char *)data + 1;
    size_t length = size - 1;
    REQUIRE(avs_conf_scan(text, length, has_comments, &doc, NULL) == AVS_OK);
    REQUIRE(doc.fault == AVS_CONF_FAULT_NONE || doc.fault_offset <= length);
    check_nodes(&doc);
    avs_conf_doc_done(&doc);
    if (avs_conf_file_from_text("f", text, length, &file, NULL) == AVS_OK) {
        check_file(&file);
        check_values(&file);
    }
    return 0;
}
