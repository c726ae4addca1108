/* SPDX-License-Identifier: Apache-2.0 */
/* A command line into words, as a POSIX shell splits one and without a shell: quotes and
 * backslashes count; variables, globs, pipes and all else are plain text. It is what Python's
 * shlex.split does, and with it the AWS CLI. */
#ifndef AVS_IOT_WORDS_H
#define AVS_IOT_WORDS_H

#include <stddef.h>

#include "base/flow.h"

#define AVS_WORDS_MAX       64
#define AVS_WORDS_BYTES_MAX 8192

struct avs_words {
    char *list[AVS_WORDS_MAX + 1]; /* up to NULL */
    size_t count;
    char *text; /* they stand in it */
};

/** Split. On success give it back with avs_words_done. Errors: ERR_USAGE (a quote that is not
 *  closed, a backslash at the end), LIMIT, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_words_split(const char *line, struct avs_words *ret_words,
                                              struct avs_error *reterr);
void avs_words_done(struct avs_words *words);

#endif
