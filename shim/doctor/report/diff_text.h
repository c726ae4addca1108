/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two texts, to be read and to be fed to patch(1). */
#ifndef AVS_REPORT_DIFF_TEXT_H
#define AVS_REPORT_DIFF_TEXT_H

#include "base/buffer.h"
#include "edit/diff.h"

/** Append the unified diff, three lines of context. Errors stick to `out`. */
void avs_diff_to_text(const struct avs_conf_diff *diff, const char *path, const char *old_text,
                      size_t old_length, const char *new_text, size_t new_length,
                      struct avs_buffer *out);

#endif
