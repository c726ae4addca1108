/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a ladder, for the text and the JSON. */
#ifndef AVS_REPORT_LADDER_WORDS_H
#define AVS_REPORT_LADDER_WORDS_H

#include <avs/ladder.h>

#include "base/buffer.h"

#define AVS_RUNG_NAME_BYTES 200

/** "TLS 1.2 alone"; several changes with commas between. */
void avs_rung_name(const struct avs_ladder *ladder, const struct avs_rung *rung,
                   char ret_name[AVS_RUNG_NAME_BYTES]);
/** "no proxy is in force": why it was not tried. Never NULL. */
const char *avs_skip_text(enum avs_rung_skip skip);
/** "connected, then silence in the handshake". Never NULL. */
const char *avs_sight_text(enum avs_sight sight);
const char *avs_store_kind_text(enum avs_ladder_store_kind kind);

const char *avs_axis_id(enum avs_rung_axis axis);
const char *avs_skip_id(enum avs_rung_skip skip);
const char *avs_sight_id(enum avs_sight sight);
const char *avs_proof_id(enum avs_ladder_proof proof);

/** What a finding proves, what to do, and a command to paste ("" = none). */
struct avs_proof_words {
    struct avs_buffer proves, remedy, command;
};

/** Release with avs_proof_words_done, whatever it returns. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_proof_words_init(struct avs_proof_words *words,
                                                   const struct avs_ladder *ladder,
                                                   const struct avs_ladder_conclusion *conclusion,
                                                   enum avs_ladder_proof proof,
                                                   struct avs_error *reterr);
void avs_proof_words_done(struct avs_proof_words *words);

#endif
