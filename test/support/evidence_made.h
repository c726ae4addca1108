/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence made by hand or by chance, for tests of what judges and reports it. */
#ifndef AVS_TEST_EVIDENCE_MADE_H
#define AVS_TEST_EVIDENCE_MADE_H

#include <avs/evidence.h>

/** Both sessions ran, TLS is proven by an ATS root, both answers are good. Aborts without memory;
 *  caller frees with avs_evidence_free. */
struct avs_evidence *evidence_ready(void);

/** A source of chance: a seeded generator or a fuzzer's input. */
struct chance {
    uint32_t (*next)(struct chance *chance);
    uint64_t state;
    const uint8_t *bytes;
    size_t length;
};
struct chance chance_from_seed(uint64_t seed);
/** Reads `bytes` (borrowed), then zeroes. */
struct chance chance_from_bytes(const uint8_t *bytes, size_t length);

/** Set about one in `one_in` fields of the evidence, by its tables, to a legal but chance value. */
void evidence_shake(struct avs_evidence *evidence, struct chance *chance, unsigned one_in);

/** Call `change` for each text field. */
void evidence_each_text(struct avs_evidence *evidence, void (*change)(char *field, size_t size));

#endif
