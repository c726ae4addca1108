/* SPDX-License-Identifier: Apache-2.0 */
/* The whole recogniser: any bytes, in pieces of any size, give the same report as all at once; its
 * words can be written; no bound is passed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <avs/inspect.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *report_of(const uint8_t *data, size_t size, size_t piece) {
    const struct avs_inspect_options options = {.size = sizeof(options), .now = 1795219200};
    struct avs_inspect *inspect = NULL;
    if (avs_inspect_new(&options, &inspect, NULL) != AVS_OK) {
        abort();
    }
    for (size_t at = 0; at < size; at += piece) {
        avs_inspect_push(inspect, data + at, piece < size - at ? piece : size - at);
    }
    avs_inspect_flush(inspect);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    char *json = NULL, *text = NULL;
    if (avs_inspect_report_to_json(report, "log", &json, NULL) != AVS_OK ||
        avs_inspect_report_to_text(report, "log", NULL, &text, NULL) != AVS_OK ||
        (report->exit_code != 0 && report->exit_code != 1 && report->exit_code != 3)) {
        abort();
    }
    for (size_t i = 0; i < report->finding_count; i++) {
        if (!report->findings[i].says || report->findings[i].cause == AVS_CAUSE_NONE) {
            abort();
        }
    }
    free(text);
    avs_inspect_free(inspect);
    return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    size_t piece = data[0] % 100 + 1;
    char *whole = report_of(data + 1, size - 1, size);
    char *single = report_of(data + 1, size - 1, 1);
    char *pieces = report_of(data + 1, size - 1, piece);
    if (strcmp(whole, single) != 0 || strcmp(whole, pieces) != 0) {
        abort();
    }
    free(whole);
    free(single);
    free(pieces);
    return 0;
}
