/* SPDX-License-Identifier: Apache-2.0 */
/* A line of an inventory in JSON: a flat object whose members of interest are texts. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/scan.h"
#include "iot/inventory.h"

#define NAME_BYTES 32

/* Offsets: the texts move while they grow. */
struct place {
    bool is_there;
    size_t offset;
};

static void break_row(struct avs_iot_row *row, const char *what, const char *detail) {
    avs_text_format(row->fault, sizeof(row->fault), "%s%s", what, detail);
    row->is_broken = true;
}

static void take_member(const struct avs_conf_doc *doc, const struct avs_conf_node *node,
                        struct avs_buffer *texts, struct place *places, struct avs_iot_row *row) {
    char key[NAME_BYTES];
    size_t key_length = node->key_end - node->key_start - 2;
    avs_text_copy_bytes(key, sizeof(key), doc->text + node->key_start + 1, key_length);
    int column = key_length < sizeof(key) ? avs_iot_column_of(key) : -1;
    if (column < 0 || node->type == AVS_CONF_NULL || row->is_broken) {
        return;
    }
    if (node->type != AVS_CONF_STRING || places[column].is_there) {
        break_row(row, places[column].is_there ? "two members mean the same: " : "no text: ", key);
        return;
    }
    places[column] = (struct place){true, texts->length};
    avs_conf_decode(doc, node->start, node->end, texts);
    if (memchr(texts->data + places[column].offset, '\0', texts->length - places[column].offset)) {
        break_row(row, "a NUL character is in ", key);
    }
    avs_buffer_add(texts, "", 1);
}

static void take_object(const struct avs_conf_doc *doc, struct avs_buffer *texts,
                        struct avs_iot_row *row) {
    struct place places[AVS_IOT_COLUMN_COUNT] = {{false, 0}};
    for (uint32_t i = doc->nodes[0].first_child; i != AVS_CONF_NONE; i = doc->nodes[i].next) {
        take_member(doc, &doc->nodes[i], texts, places, row);
    }
    for (size_t i = 0; i < AVS_IOT_COLUMN_COUNT; i++) {
        const char *text = texts->data + places[i].offset;
        row->field[i] = places[i].is_there && text[0] ? text : NULL;
    }
}

enum avs_status avs_iot_inventory_json(struct avs_iot_inventory *inventory, const char *line,
                                       size_t length, struct avs_iot_row *row,
                                       struct avs_error *reterr) {
    struct avs_conf_doc doc;
    struct avs_buffer *texts = &inventory->texts;
    avs_buffer_drop_front(texts, texts->length);
    avs_buffer_add(texts, "", 1); /* its data is never NULL */
    if (memchr(line, '\0', length)) {
        break_row(row, "a NUL byte is in it", "");
        return AVS_OK;
    }
    AVS_TRY(avs_conf_scan(line, length, false, &doc, reterr));
    if (doc.fault != AVS_CONF_FAULT_NONE) {
        break_row(row, "this is no JSON: ", avs_conf_fault_text(doc.fault));
    } else if (doc.count == 0 || doc.nodes[0].type != AVS_CONF_OBJECT) {
        break_row(row, "a JSON object is needed", "");
    } else if (!texts->is_failed) {
        take_object(&doc, texts, row);
    }
    avs_conf_doc_done(&doc);
    return texts->is_failed ? avs_fail_memory(reterr) : AVS_OK;
}
