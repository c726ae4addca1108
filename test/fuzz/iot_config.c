/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration that names AWS IoT endpoints: within the ceilings, every entry's
 * value stands in the text on the line that is told (JSON decodes escapes). */
#include <stdlib.h>
#include <string.h>

#include "iot/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_iot_config *config = NULL;
    char *text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (avs_iot_config_from_text("f", text, size, &config, NULL) == AVS_OK) {
        unsigned lines = 1;
        for (size_t i = 0; i < size; i++) {
            lines += text[i] == '\n';
        }
        must(config->format && config->entry_count <= AVS_IOT_CONFIG_ENTRIES_MAX);
        for (size_t i = 0; i < config->entry_count; i++) {
            must(config->entry[i].line >= 1 && config->entry[i].line <= lines);
            must(strncmp(config->format, "JSON", 4) == 0 || strstr(text, config->entry[i].value));
        }
    }
    free(config);
    free(text);
    return 0;
}
