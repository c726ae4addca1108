/* SPDX-License-Identifier: Apache-2.0 */
/* Any configuration that parses: an edit parses again and does what it says, changes nothing
 * outside of the reported spans, and is undone to the byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/file.h"
#include "edit/diff.h"
#include "edit/edit.h"
#include "report/diff_text.h"

#define SECTION "sampleApp"
#define KEY     "endpoint"
#define VALUE   "\"https://h\""

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct avs_conf_file take(struct avs_buffer *out) {
    struct avs_conf_file file;
    REQUIRE(!out->is_failed);
    REQUIRE(avs_conf_file_from_text("f", out->data, out->length, &file, NULL) == AVS_OK);
    REQUIRE(file.doc.fault == AVS_CONF_FAULT_NONE);
    avs_buffer_done(out);
    return file;
}

static uint32_t find(const struct avs_conf_file *file) {
    return avs_conf_find(&file->doc, avs_conf_find(&file->doc, 0, SECTION), KEY);
}

static bool is_value(const struct avs_conf_file *file, uint32_t node) {
    const struct avs_conf_node *found = &file->doc.nodes[node];
    return found->end - found->start == sizeof(VALUE) - 1 &&
           memcmp(file->text + found->start, VALUE, sizeof(VALUE) - 1) == 0;
}

/* Outside of the changes both texts are equal, and the changes make one from the other. */
static void check_diff(const struct avs_conf_file *before, const struct avs_conf_file *after) {
    struct avs_conf_diff diff;
    size_t at = 0, new_at = 0;
    REQUIRE(avs_conf_diff_make(before->text, before->length, after->text, after->length, &diff,
                               NULL) == AVS_OK);
    for (size_t i = 0; i < diff.count; i++) {
        const struct avs_conf_change *change = &diff.changes[i];
        REQUIRE(change->old_offset >= at && change->old_offset - at == change->new_offset - new_at);
        REQUIRE(memcmp(before->text + at, after->text + new_at, change->old_offset - at) == 0);
        at = change->old_offset + change->removed;
        new_at = change->new_offset + change->inserted;
    }
    REQUIRE(before->length - at == after->length - new_at);
    REQUIRE(memcmp(before->text + at, after->text + new_at, before->length - at) == 0);
    struct avs_buffer printed = avs_buffer_init(8u << 20);
    avs_diff_to_text(&diff, "f", before->text, before->length, after->text, after->length,
                     &printed);
    REQUIRE(!printed.is_failed);
    avs_buffer_done(&printed);
    avs_conf_diff_done(&diff);
}

static void check_insert(const struct avs_conf_file *file) {
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    uint32_t section = avs_conf_find(&file->doc, 0, SECTION);
    avs_conf_edit_insert(&file->doc, section, SECTION, KEY, VALUE, &out);
    struct avs_conf_file edited = take(&out);
    uint32_t node = find(&edited);
    REQUIRE(node != AVS_CONF_NONE && is_value(&edited, node));
    check_diff(file, &edited);
    avs_conf_edit_remove(&edited.doc, node, &out);
    struct avs_conf_file back = take(&out);
    REQUIRE(back.length == file->length && memcmp(back.text, file->text, file->length) == 0);
    avs_conf_file_done(&back);
    avs_conf_file_done(&edited);
}

static void check_replace_and_remove(const struct avs_conf_file *file, uint32_t node) {
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    avs_conf_edit_replace(&file->doc, node, VALUE, &out);
    struct avs_conf_file edited = take(&out);
    REQUIRE(is_value(&edited, find(&edited)));
    check_diff(file, &edited);
    avs_conf_file_done(&edited);
    avs_conf_edit_remove(&file->doc, node, &out);
    edited = take(&out);
    REQUIRE(edited.doc.count < file->doc.count);
    check_diff(file, &edited);
    avs_conf_file_done(&edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_conf_file file;
    if (size > 65536 ||
        avs_conf_file_from_text("f", (const char *)data, size, &file, NULL) != AVS_OK) {
        return 0;
    }
    if (file.doc.fault == AVS_CONF_FAULT_NONE && file.doc.nodes[0].type == AVS_CONF_OBJECT) {
        uint32_t section = avs_conf_find(&file.doc, 0, SECTION);
        uint32_t node = find(&file);
        if (node != AVS_CONF_NONE) {
            check_replace_and_remove(&file, node);
        } else if (section == AVS_CONF_NONE || file.doc.nodes[section].type == AVS_CONF_OBJECT) {
            check_insert(&file);
        }
    }
    avs_conf_file_done(&file);
    return 0;
}
