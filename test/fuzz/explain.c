/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the chain file of `trust explain`: refused with words, or judged and explained; a
 * chain that the gate accepts has no verification error, and both reports can be written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <avs/explain.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static const char *write_chain(const uint8_t *data, size_t size) {
    static int file = -1;
    static char path[64];
    if (file < 0) {
        file = memfd_create("chain", MFD_CLOEXEC);
        must(file >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct avs_trust_explain_options options = {
        .size = sizeof(options),
        .chain_file = write_chain(data, size),
        .host = "avs-ats-cert-test.amazon.com",
        .ca_file = AVS_SOURCE_DIR "/config/roots/amazon-root-ca-1.pem",
        .at = 1795219200,
        .require_ats = size % 2 == 0,
    };
    struct avs_trust_explanation *explanation = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_trust_explain(&options, &explanation, &error) != AVS_OK) {
        must(!explanation && error.message[0] != '\0');
        return 0;
    }
    must(explanation->certificates > 0 && explanation->tls.chain_length <= AVS_CHAIN_MAX);
    must(!explanation->is_accepted || explanation->tls.trust.gate.verify_error == 0);
    must(explanation->is_accepted || explanation->cause_count > 0);
    char *text = NULL;
    char *json = NULL;
    must(avs_trust_explanation_to_text(explanation, NULL, &text, NULL) == AVS_OK);
    must(avs_trust_explanation_to_json(explanation, &json, NULL) == AVS_OK);
    must(!strchr(text, '\033') && strlen(json) > 0);
    free(text);
    free(json);
    avs_trust_explanation_free(explanation);
    return 0;
}
