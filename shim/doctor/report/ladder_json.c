/* SPDX-License-Identifier: Apache-2.0 */
/* A ladder as JSON, schema avs-shim.ladder/1. */
#include <avs/ladder.h>

#include "ladder/conclude.h"
#include "ladder/plan.h"
#include "ladder/run.h"
#include "out/json_out.h"
#include "report/ladder_words.h"

static void put_size(struct avs_json *json, const char *key, int64_t number) {
    if (number > 0) {
        avs_json_int(json, key, number);
    } else {
        avs_json_null(json, key);
    }
}

static void put_way(struct avs_json *json, const struct avs_ladder *ladder,
                    const struct avs_rung *rung) {
    static const char *const versions[] = {NULL, "TLSv1.2", "TLSv1.3"};
    static const char *const families[] = {NULL, "rsa", "ecdsa"};
    static const char *const alpns[] = {NULL, "h2", "none"};
    const struct avs_rung_way *way = &rung->way;
    const struct avs_ladder_world *world = &ladder->sheet.world;
    bool has_address = way->address > 0 && (size_t)way->address <= world->address_count;
    avs_json_text(json, "protocol", avs_protocol_id(way->protocol));
    avs_json_text(json, "tls", versions[way->version]);
    avs_json_text(json, "family", families[way->family]);
    avs_json_text(json, "alpn", alpns[way->alpn]);
    avs_json_text(json, "address", has_address ? world->address[way->address - 1].text : NULL);
    avs_json_bool(json, "is_direct", way->is_direct);
    put_size(json, "port", way->port);
    put_size(json, "segment_bytes", way->segment_bytes);
    put_size(json, "request_bytes", way->request_bytes);
}

static void put_seen(struct avs_json *json, const struct avs_rung_seen *seen) {
    avs_json_text(json, "sight", avs_sight_id(seen->sight));
    avs_json_text(json, "cause",
                  seen->cause == AVS_CAUSE_NONE ? NULL : avs_cause_info(seen->cause)->id);
    avs_json_text(json, "peer", seen->address);
    avs_json_text(json, "tls_version", seen->version);
    avs_json_text(json, "cipher", seen->cipher);
    avs_json_text(json, "alpn_agreed", seen->alpn);
    avs_json_text(json, "key", seen->key);
    avs_json_text(json, "leaf_sha256", seen->leaf_sha256);
    avs_json_text(json, "root", seen->root);
    put_size(json, "http_status", seen->http_status);
    avs_json_real(json, "ms", seen->ms);
}

/* In the snapshot of a ladder that runs, what is not over yet was not tried. */
static void put_rung(struct avs_json *json, const struct avs_ladder *ladder,
                     const struct avs_rung *rung) {
    char name[AVS_RUNG_NAME_BYTES];
    bool was_tried = avs_rung_was_tried(rung);
    enum avs_rung_skip skip = rung->state == AVS_RUNG_NOT_TRIED ? rung->skip : AVS_SKIP_STOPPED;
    avs_rung_name(ladder, rung, name);
    avs_json_open_object(json, NULL);
    avs_json_text(json, "name", name);
    avs_json_text(json, "axis", avs_axis_id(rung->axis));
    avs_json_int(json, "changes", avs_rung_changes(&rung->way));
    avs_json_text(json, "state",
                  rung->state == AVS_RUNG_PASSED ? "passed"
                  : was_tried                    ? "failed"
                                                 : "not_tried");
    avs_json_text(json, "not_tried_because", was_tried ? NULL : avs_skip_id(skip));
    put_way(json, ladder, rung);
    put_seen(json, &rung->seen);
    avs_json_close(json);
}

static enum avs_status put_findings(struct avs_json *json, const struct avs_ladder *ladder,
                                    const struct avs_ladder_conclusion *conclusion,
                                    struct avs_error *reterr) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < conclusion->finding_count; i++) {
        struct avs_proof_words words;
        enum avs_status status =
            avs_proof_words_init(&words, ladder, conclusion, conclusion->finding[i].proof, reterr);
        avs_json_open_object(json, NULL);
        avs_json_text(json, "proof", avs_proof_id(conclusion->finding[i].proof));
        avs_json_bool(json, "is_note", conclusion->finding[i].is_note);
        avs_json_text(json, "proves", words.proves.data);
        avs_json_text(json, "remedy", words.remedy.data);
        avs_json_text(json, "command", words.command.data);
        avs_json_close(json);
        avs_proof_words_done(&words);
        AVS_TRY(status);
    }
    avs_json_close(json);
    return AVS_OK;
}

static void put_sizes(struct avs_json *json, const struct avs_ladder_conclusion *conclusion) {
    avs_json_open_object(json, "sizes");
    put_size(json, "segment_good", conclusion->segment_good);
    put_size(json, "segment_bad", conclusion->segment_bad);
    put_size(json, "request_good", conclusion->request_good);
    put_size(json, "request_bad", conclusion->request_bad);
    avs_json_close(json);
}

static void put_chains(struct avs_json *json, const struct avs_ladder *ladder) {
    static const char *const kinds[] = {"ours", "system", "ats"};
    static const char *const states[] = {"not_asked", "accepts", "refuses", "unusable"};
    avs_json_open_array(json, "chains");
    for (size_t i = 0; i < ladder->chain_count; i++) {
        const struct avs_ladder_chain *chain = &ladder->chain[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "subject", chain->subject);
        avs_json_text(json, "issuer", chain->issuer);
        avs_json_text(json, "leaf_sha256", chain->leaf_sha256);
        avs_json_utc(json, "not_after", chain->not_after);
        avs_json_open_array(json, "stores");
        for (int kind = 0; kind < AVS_LADDER_STORE_COUNT; kind++) {
            enum avs_cause cause = chain->cause[kind];
            avs_json_open_object(json, NULL);
            avs_json_text(json, "store", kinds[kind]);
            avs_json_text(json, "file", ladder->store_file[kind]);
            avs_json_text(json, "state", states[chain->store[kind]]);
            avs_json_text(json, "cause",
                          cause == AVS_CAUSE_NONE ? NULL : avs_cause_info(cause)->id);
            avs_json_close(json);
        }
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static enum avs_status put_ladder(struct avs_json *json, const struct avs_ladder *ladder,
                                  struct avs_error *reterr) {
    struct avs_ladder_conclusion conclusion;
    const struct avs_verdict *verdict = &ladder->verdict;
    enum avs_readiness readiness = ladder->has_verdict ? verdict->readiness : AVS_INCONCLUSIVE;
    bool has_cause = ladder->has_verdict && verdict->cause != AVS_CAUSE_NONE;
    char name[AVS_RUNG_NAME_BYTES] = "";
    avs_ladder_conclude(ladder, &conclusion);
    if (conclusion.change) {
        avs_rung_name(ladder, conclusion.change, name);
    }
    avs_json_open_object(json, NULL);
    avs_json_text(json, "schema", AVS_LADDER_SCHEMA);
    avs_json_text(json, "verdict", avs_readiness_id(readiness));
    avs_json_text(json, "cause", has_cause ? avs_cause_info(verdict->cause)->id : NULL);
    avs_json_int(json, "exit_code", ladder->has_verdict ? verdict->exit_code : 3);
    avs_json_bool(json, "was_stopped", !ladder->has_ended);
    avs_json_text(json, "endpoint", ladder->evidence->endpoint);
    avs_json_text(json, "endpoint_source", ladder->evidence->endpoint_source);
    avs_json_utc(json, "wall_clock", ladder->evidence->wall_clock);
    avs_json_text(json, "smallest_change", name);
    AVS_TRY(put_findings(json, ladder, &conclusion, reterr));
    put_sizes(json, &conclusion);
    avs_json_uint(json, "connections", ladder->sheet.connections);
    avs_json_uint(json, "addresses", ladder->sheet.world.address_total);
    avs_json_uint(json, "tried", conclusion.tried);
    avs_json_uint(json, "passed", conclusion.passed);
    avs_json_real(json, "ms", ladder->ms);
    avs_json_open_array(json, "rungs");
    for (size_t i = 0; i < ladder->sheet.rung_count; i++) {
        put_rung(json, ladder, &ladder->sheet.rung[i]);
    }
    avs_json_close(json);
    put_chains(json, ladder);
    avs_json_close(json);
    return AVS_OK;
}

enum avs_status avs_ladder_to_json(struct avs_ladder *ladder, char **ret_json,
                                   struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_ladder_lock(ladder);
    enum avs_status status = put_ladder(&json, ladder, reterr);
    avs_ladder_unlock(ladder);
    if (status == AVS_OK) {
        status = avs_json_take(&json, ret_json, reterr);
    }
    avs_json_done(&json);
    return status;
}
