/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an evidence file: refused with words, or taken, and then it is written, read again,
 * judged and reported without loss. */
#include <avs/report.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    char *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    enum avs_status status = avs_evidence_from_json(exact, size, &evidence, &error);
    free(exact);
    if (status != AVS_OK) {
        must(status == AVS_ERR_USAGE && !evidence && error.message[0] != '\0');
        return 0;
    }
    char *first = NULL, *second = NULL, *text = NULL, *json = NULL;
    struct avs_evidence *again = NULL;
    must(avs_evidence_to_json(evidence, &first, NULL) == AVS_OK);
    must(avs_evidence_from_json(first, strlen(first), &again, NULL) == AVS_OK);
    must(avs_evidence_to_json(again, &second, NULL) == AVS_OK);
    must(strcmp(first, second) == 0);
    struct avs_verdict verdict, replayed;
    avs_judge(evidence, &verdict);
    avs_judge(again, &replayed);
    must(verdict.readiness == replayed.readiness && verdict.cause == replayed.cause);
    must(avs_report_to_text(evidence, &verdict, NULL, &text, NULL) == AVS_OK);
    must(strchr(text, '\033') == NULL);
    must(avs_report_to_json(evidence, &verdict, &json, NULL) == AVS_OK);
    free(first);
    free(second);
    free(text);
    free(json);
    avs_evidence_free(again);
    avs_evidence_free(evidence);
    return 0;
}
