/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two texts: spans of bytes. How it is shown: report/diff_text.h. */
#ifndef AVS_CONF_DIFF_H
#define AVS_CONF_DIFF_H

#include "base/buffer.h"

/** One changed stretch: `removed` bytes at `old_offset` became `inserted` bytes at `new_offset`. */
struct avs_conf_change {
    size_t old_offset, removed;
    size_t new_offset, inserted;
};

struct avs_conf_diff {
    struct avs_conf_change *changes; /* in order; outside of them the texts are equal */
    size_t count;
};

/** Compare line by line, then trim each change to the characters that differ. Texts that differ in
 *  more than a few hundred lines become one change. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_diff_make(const char *old_text, size_t old_length,
                                                 const char *new_text, size_t new_length,
                                                 struct avs_conf_diff *ret_diff,
                                                 struct avs_error *reterr);
void avs_conf_diff_done(struct avs_conf_diff *diff);

#endif
