/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration in JSON: that of AWS IoT Device Client by its keys; in any other, every text that
 * is a name of AWS. */
#include <string.h>

#include "conf/scan.h"
#include "iot/config.h"

static const struct avs_iot_key root_keys[] = {
    {"endpoint", AVS_IOT_ROLE_DATA},
    {"root-ca", AVS_IOT_ROLE_CA},
};

static void add_node(struct avs_iot_config *config, const struct avs_conf_doc *doc,
                     uint32_t index) {
    const struct avs_conf_node *node = &doc->nodes[index];
    struct avs_buffer value = avs_buffer_init(AVS_IOT_CONFIG_BYTES_MAX);
    bool has_key = node->key_end > node->key_start + 2;
    const char *key = has_key ? doc->text + node->key_start + 1 : "(an array)";
    size_t key_length = has_key ? node->key_end - node->key_start - 2 : strlen(key);
    unsigned line = 0, column = 0;
    avs_conf_place(doc->text, doc->length, node->start, &line, &column);
    avs_conf_decode(doc, node->start, node->end, &value);
    bool is_known = false;
    for (size_t i = 0; node->parent == 0 && i < AVS_COUNT(root_keys); i++) {
        if (avs_conf_key_is(doc, index, root_keys[i].key)) {
            avs_iot_config_add(config, root_keys[i].role, key, key_length,
                               value.data ? value.data : "", value.length, line);
            is_known = true;
        }
    }
    if (!is_known && value.data && avs_iot_config_is_name(value.data, value.length)) {
        avs_iot_config_add(config, AVS_IOT_ROLE_HOST, key, key_length, value.data, value.length,
                           line);
    }
    avs_buffer_done(&value);
}

enum avs_status avs_iot_config_json(const char *path, const char *text, size_t length,
                                    struct avs_iot_config *config, struct avs_error *reterr) {
    struct avs_conf_doc doc;
    unsigned line = 0, column = 0;
    AVS_TRY(avs_conf_scan(text, length, true, &doc, reterr));
    enum avs_status status = AVS_OK;
    config->format = "JSON (AWS IoT Device Client and others)";
    if (doc.fault != AVS_CONF_FAULT_NONE) {
        avs_conf_place(text, length, doc.fault_offset, &line, &column);
        status = avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                                "%s:%u:%u: this is no JSON: %s", path, line, column,
                                avs_conf_fault_text(doc.fault));
    }
    for (uint32_t i = 0; status == AVS_OK && i < doc.count; i++) {
        if (doc.nodes[i].type == AVS_CONF_STRING) {
            add_node(config, &doc, i);
        }
    }
    avs_conf_doc_done(&doc);
    return status;
}
