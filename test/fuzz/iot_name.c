/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a name of AWS IoT Core: refused with words that hold no user name, or taken apart
 * into a host that reads back as the same and whose kind agrees with its end. */
#include <stdlib.h>
#include <string.h>

#include <avs/iot.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_iot_name name = {.size = sizeof(name)}, again = {.size = sizeof(again)};
    struct avs_error error = AVS_ERROR_INIT;
    char *exact = malloc(size > 0 ? size : 1);
    must(exact != NULL);
    memcpy(exact, data, size);
    enum avs_status status = avs_iot_name_parse(exact, size, &name, &error);
    free(exact);
    if (status != AVS_OK) {
        must(status == AVS_ERR_ENDPOINT_INVALID && error.message[0] && !strchr(error.message, '@'));
        return 0;
    }
    must(name.host[0] && name.why && (name.region[0] != '\0') == (name.partition != NULL));
    must(name.kind != AVS_IOT_LEGACY_DATA || name.generation == AVS_IOT_GENERATION_VERISIGN);
    if (name.kind == AVS_IOT_DATA || name.kind == AVS_IOT_LEGACY_DATA) {
        must(name.prefix[0] && name.suffix);
        must(name.is_dual_stack || ends_in(name.host, name.suffix));
    }
    must(name.kind != AVS_IOT_LOOK_ALIKE || !ends_in(name.host, ".amazonaws.com"));
    must(avs_iot_name_parse(name.host, strlen(name.host), &again, NULL) == AVS_OK);
    must(strcmp(again.host, name.host) == 0 && again.kind == name.kind && again.spelling == 0);
    return 0;
}
