/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim trust explain` as JSON, schema avs-shim.trust-explain/1. */
#include <string.h>

#include "out/json_out.h"
#include "report/advice.h"
#include "report/evidence_fields.h"
#include "report/explain_words.h"

static void put_advice(struct avs_json *json, const struct avs_advice *advice) {
    const struct avs_cause_info *row = avs_cause_info(advice->cause);
    avs_json_open_object(json, NULL);
    avs_json_text(json, "id", row->id);
    avs_json_text(json, "phase", avs_phase_id(row->phase));
    avs_json_text(json, "severity", avs_severity_id(row->severity));
    avs_json_text(json, "meaning", advice->meaning);
    avs_json_text(json, "facts", advice->facts.data);
    avs_json_text(json, "remedy", advice->remedy);
    avs_json_text(json, "command", advice->command.data);
    avs_json_close(json);
}

static enum avs_status put_causes(struct avs_json *json,
                                  const struct avs_trust_explanation *explanation,
                                  struct avs_error *reterr) {
    AVS_AUTO(evidence) evidence = avs_explanation_as_evidence(explanation);
    AVS_REQUIRE_MEMORY(evidence, reterr);
    avs_json_open_array(json, "causes");
    for (size_t i = 0; i < explanation->cause_count; i++) {
        struct avs_advice advice;
        enum avs_status status = avs_advice_init(&advice, explanation->causes[i], evidence,
                                                 &evidence->session[0], reterr);
        if (status == AVS_OK) {
            put_advice(json, &advice);
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    avs_json_close(json);
    return AVS_OK;
}

/* The facts of the chain alone: what a handshake would add was never there. */
static void put_facts(struct avs_json *json, const struct avs_tls_facts *tls) {
    static const char *const wanted[] = {"hostname_matched", "chain", "trust"};
    for (size_t i = 0; i < avs_tls_facts_fields.count; i++) {
        const struct avs_field *row = &avs_tls_facts_fields.rows[i];
        for (size_t k = 0; k < AVS_COUNT(wanted); k++) {
            if (strcmp(row->key, wanted[k]) == 0) {
                avs_field_put(json, row, tls, NULL);
            }
        }
    }
}

enum avs_status avs_trust_explanation_to_json(const struct avs_trust_explanation *explanation,
                                              char **ret_json, struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    enum avs_cause first = explanation->cause_count ? explanation->causes[0] : AVS_CAUSE_NONE;
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_TRUST_EXPLAIN_SCHEMA);
    avs_json_bool(&json, "accepted", explanation->is_accepted);
    avs_json_text(&json, "cause", first == AVS_CAUSE_NONE ? NULL : avs_cause_info(first)->id);
    enum avs_status status = put_causes(&json, explanation, reterr);
    if (status == AVS_OK) {
        avs_json_text(&json, "chain_file", explanation->chain_file);
        avs_json_uint(&json, "certificates", explanation->certificates);
        avs_json_uint(&json, "leaf_number", explanation->leaf_number);
        avs_json_text(&json, "host", explanation->host);
        avs_json_int(&json, "at", explanation->at);
        avs_json_int(&json, "build_time", explanation->build_time);
        put_facts(&json, &explanation->tls);
        avs_json_close(&json);
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_json_done(&json);
    return status;
}
