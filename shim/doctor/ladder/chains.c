/* SPDX-License-Identifier: Apache-2.0 */
/* See chains.h. */
#include "ladder/chains.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/sent_chain.h"
#include "verdict/trust_causes.h"

AVS_DEFINE_AUTO(tls_facts, struct avs_tls_facts, free);

/* By the gate, as a connection would be. */
static enum avs_status judge_by(struct avs_ladder_chain *chain, enum avs_ladder_store_kind kind,
                                const struct avs_sent_chain *sent, struct avs_anchors *anchors,
                                struct avs_error *reterr) {
    AVS_AUTO(tls_facts) facts = calloc(1, sizeof(*facts));
    AVS_REQUIRE_MEMORY(facts, reterr);
    bool is_accepted = avs_sent_chain_judge(sent, anchors, facts);
    chain->store[kind] = is_accepted ? AVS_LADDER_STORE_ACCEPTS : AVS_LADDER_STORE_REFUSES;
    if (!is_accepted) {
        enum avs_cause causes[AVS_TRUST_CAUSES_MAX];
        size_t count = avs_trust_causes(facts, avs_clock_wall_ms() / 1000, avs_clock_build_time(),
                                        sent->host, causes, AVS_COUNT(causes));
        chain->cause[kind] = count > 0 ? causes[0] : AVS_CAUSE_NONE;
    }
    return AVS_OK;
}

static enum avs_status judge(const struct avs_ladder *ladder, struct avs_ladder_chain *chain,
                             const struct avs_sent_chain *sent, struct avs_anchors *ours,
                             struct avs_anchors *system, struct avs_error *reterr) {
    bool closes = false;
    AVS_TRY(judge_by(chain, AVS_LADDER_STORE_OURS, sent, ours, reterr));
    if (system) {
        AVS_TRY(judge_by(chain, AVS_LADDER_STORE_SYSTEM, sent, system, reterr));
    } else if (ladder->has_system_store) {
        chain->store[AVS_LADDER_STORE_SYSTEM] = AVS_LADDER_STORE_UNUSABLE;
    }
    if (avs_sent_chain_closes_with_ats(sent, &closes)) {
        chain->store[AVS_LADDER_STORE_ATS] =
            closes ? AVS_LADDER_STORE_ACCEPTS : AVS_LADDER_STORE_REFUSES;
    }
    return AVS_OK;
}

static bool is_kept(const struct avs_ladder *ladder, const char *leaf_sha256) {
    for (size_t i = 0; i < ladder->chain_count; i++) {
        if (strcmp(ladder->chain[i].leaf_sha256, leaf_sha256) == 0) {
            return true;
        }
    }
    return false;
}

enum avs_status avs_ladder_keep_chain(struct avs_ladder *ladder, const struct avs_check_plan *plan,
                                      struct avs_anchors *system,
                                      const struct avs_trial_chain *sent,
                                      struct avs_error *reterr) {
    const struct avs_sent_chain bytes = {.list = sent->list,
                                         .length = sent->length,
                                         .host = plan->endpoint.host,
                                         .ats_roots = plan->ats_roots};
    struct avs_cert_facts leaf;
    if (ladder->chain_count == AVS_LADDER_CHAINS_MAX || sent->length == 0 ||
        !avs_sent_chain_leaf(&bytes, &leaf) || is_kept(ladder, leaf.sha256)) {
        return AVS_OK;
    }
    struct avs_ladder_chain *chain = &ladder->chain[ladder->chain_count];
    *chain = (struct avs_ladder_chain){.not_after = leaf.not_after};
    AVS_TEXT_SET(chain->subject, leaf.subject);
    AVS_TEXT_SET(chain->issuer, leaf.issuer);
    AVS_TEXT_SET(chain->leaf_sha256, leaf.sha256);
    AVS_TRY(judge(ladder, chain, &bytes, plan->anchors, system, reterr));
    ladder->chain_count++;
    return AVS_OK;
}
