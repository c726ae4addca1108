/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer to a CONNECT: within bounds, the same however they came, printable. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "iot/mqtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void read_both_ways(enum avs_mqtt_level level, const uint8_t *data, size_t size) {
    struct avs_mqtt_reader whole = {.level = level}, grown = {.level = level};
    struct avs_mqtt_answer answer = {.packet = AVS_MQTT_NOTHING}, other = answer;
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    bool is_told = avs_mqtt_read(&whole, exact, size, &answer);
    bool is_grown_told = false;
    for (size_t i = 0; i < size && !is_grown_told; i++) {
        is_grown_told = avs_mqtt_read(&grown, exact + i, 1, &other);
    }
    free(exact);
    must(is_told == is_grown_told && answer.packet == other.packet);
    must(answer.reason == other.reason && strcmp(answer.reason_string, other.reason_string) == 0);
    must(is_told == (answer.packet != AVS_MQTT_NOTHING));
    must(avs_text_is_printable(answer.reason_string));
    must(avs_text_is_printable(answer.server_reference));
    must(avs_mqtt_reason_text(&answer)[0] != '\0');
    bool is_success = avs_mqtt_reason_cause(&answer) == AVS_CAUSE_NONE;
    must(!is_success || (answer.packet == AVS_MQTT_CONNACK && answer.reason == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_both_ways(AVS_MQTT_5, data, size);
    read_both_ways(AVS_MQTT_3_1_1, data, size);
    return 0;
}
