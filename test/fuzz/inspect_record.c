/* SPDX-License-Identifier: Apache-2.0 */
/* The record parser, the cleaner and the masks on any bytes: slices stay inside the text, what our
 * own formatter writes is read back, and masking what is masked changes nothing of note. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <avs/inspect.h>
#include <avs/log.h>

#include "inspect/clean.h"
#include "inspect/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(struct avs_slice slice, const char *text, size_t length) {
    if (slice.length > 0 && (slice.text < text || slice.text + slice.length > text + length)) {
        abort();
    }
}

static void check_record(const char *text, size_t length, const struct avs_record *record) {
    check_slice(record->moniker, text, length);
    check_slice(record->source, text, length);
    check_slice(record->event, text, length);
    check_slice(record->message, text, length);
    for (size_t i = 0; i < record->pair_count; i++) {
        check_slice(record->pairs[i].key, text, length);
        check_slice(record->pairs[i].value, text, length);
    }
}

/* A value that our formatter writes comes back from the parser. */
static void check_round_trip(const char *value) {
    char line[AVS_LOG_LINE_BYTES], again[AVS_LOG_LINE_BYTES];
    const struct avs_log_pair pairs[] = {{"first", "1"}, {"value", value}, {"last", "2"}};
    size_t length = avs_log_format(line, sizeof(line), 1511712000123, 1, AVS_LOG_ERROR, "AvsClient",
                                   "event", pairs, 3);
    if (length + 1 >= sizeof(line)) {
        return; /* cut */
    }
    struct avs_record record;
    const struct avs_slice *found = NULL;
    if (!avs_record_parse_line(line, length, &record) ||
        !(found = avs_record_value(&record, "value"))) {
        abort();
    }
    avs_record_unescape(again, sizeof(again), *found);
    for (size_t i = 0; value[i]; i++) {
        char want = (unsigned char)value[i] < 0x20 ? ' ' : value[i];
        if (again[i] != want) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 6000) {
        return 0;
    }
    size_t length = size - 1;
    char *text = malloc(length + 1); /* exact, so that a sanitizer sees a step too far */
    char *clean = malloc(length + 1);
    if (!text || !clean) {
        abort();
    }
    memcpy(text, data + 1, length);
    text[length] = '\0';
    struct avs_record record;
    if (avs_record_parse_line(text, length, &record)) {
        check_record(text, length, &record);
    }
    size_t at = length > 0 ? data[0] % length : 0;
    if (length > 0 && avs_record_parse(text, length, at, &record)) {
        check_record(text, length, &record);
    }
    size_t cleaned = avs_clean_line(clean, length, text, length);
    if (cleaned > length) {
        abort();
    }
    (void)avs_line_begins_record(clean, cleaned);
    (void)avs_stamp_parse(text, length);
    char masked[512];
    avs_inspect_mask(masked, sizeof(masked), text);
    if (strlen(masked) >= sizeof(masked)) {
        abort();
    }
    check_round_trip(text);
    free(clean);
    free(text);
    return 0;
}
