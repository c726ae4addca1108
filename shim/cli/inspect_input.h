/* SPDX-License-Identifier: Apache-2.0 */
/* Where a log comes from: a file, standard input, gzip, or a file that still grows. */
#ifndef AVS_CLI_INSPECT_INPUT_H
#define AVS_CLI_INSPECT_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/** Takes the next bytes of the log. */
typedef void (*inspect_sink_fn)(void *user, const void *bytes, size_t length);
/** Told when a growing log has been quiet, or was rotated: what is held back is complete. */
typedef void (*inspect_quiet_fn)(void *user);

struct inspect_input {
    const char *path; /* "-" = standard input */
    inspect_sink_fn sink;
    inspect_quiet_fn quiet;
    void *user;
    const volatile sig_atomic_t *is_stopped; /* ends reading early */
    char problem[480];                       /* why reading failed: the thing, the place, the fix */
};

/** Read all of it, unpacking gzip. False: see problem. */
bool inspect_read(struct inspect_input *input);

/** Read it and wait for more, through truncation and rotation, until is_stopped (or the end of a
 *  pipe). False: see problem. */
bool inspect_follow(struct inspect_input *input);

#endif
