/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence made of the fuzzer's choices, field by field, upon what stands in an evidence file when
 * the input is one: only proof passes, and an evidence file replays to the same verdict. */
#include <avs/report.h>

#include <stdlib.h>
#include <string.h>

#include "support/evidence_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void check_session(const struct avs_evidence *evidence, const struct avs_verdict *verdict,
                          int i) {
    const struct avs_tls_facts *tls = &evidence->session[i].tls;
    const struct avs_session_verdict *session = &verdict->session[i];
    if (session->outcome != AVS_SESSION_PASS && session->outcome != AVS_SESSION_PASS_WITH_QUIRK) {
        return;
    }
    bool is_established = tls->outcome == AVS_HANDSHAKE_ESTABLISHED && tls->is_verified;
    bool is_retried =
        i == AVS_PROTOCOL_HTTP1 && tls->alert_received == 120 && tls->alpn_retry_secure;
    must(is_established || is_retried);
    must(tls->hostname_matched && tls->trust.gate.verify_error == 0);
    must(tls->trust.gate.is_ats || !evidence->require_ats);
    must(i == AVS_PROTOCOL_HTTP1 || strcmp(tls->alpn, "h2") == 0);
}

static struct avs_evidence *make_evidence(const uint8_t *data, size_t size) {
    struct avs_evidence *evidence = NULL;
    if (data[0] == '{') {
        (void)!avs_evidence_from_json((const char *)data, size, &evidence, NULL);
        return evidence;
    }
    struct chance chance = chance_from_bytes(data + 2, size - 2);
    evidence = data[0] & 1 ? evidence_ready() : avs_evidence_new();
    if (evidence) {
        evidence_shake(evidence, &chance, data[1] % 64u + 1);
    }
    return evidence;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct avs_evidence *evidence = make_evidence(data, size);
    if (!evidence) {
        return 0;
    }
    struct avs_verdict verdict, replayed;
    avs_judge(evidence, &verdict);
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        check_session(evidence, &verdict, i);
    }
    struct avs_evidence *again = NULL;
    char *json = NULL, *text = NULL, *report = NULL;
    must(avs_evidence_to_json(evidence, &json, NULL) == AVS_OK);
    must(avs_evidence_from_json(json, strlen(json), &again, NULL) == AVS_OK);
    avs_judge(again, &replayed);
    must(verdict.exit_code == replayed.exit_code && verdict.cause == replayed.cause);
    const struct avs_style style = {.has_colour = data[0] & 2, .columns = data[1]};
    must(avs_report_to_text(evidence, &verdict, &style, &text, NULL) == AVS_OK);
    must(avs_report_to_json(evidence, &verdict, &report, NULL) == AVS_OK);
    free(json);
    free(text);
    free(report);
    avs_evidence_free(again);
    avs_evidence_free(evidence);
    return 0;
}
