/* SPDX-License-Identifier: Apache-2.0 */
/* Between the program and its caller: every byte passed on as it is, at once and in order, signals
 * too, and each whole line shown to a reader. Nothing grows: a stream is read on only when what was
 * read has been written. */
#ifndef AVS_CLI_RUN_PUMP_H
#define AVS_CLI_RUN_PUMP_H

#include <stdbool.h>
#include <stddef.h>

struct run_pump_options {
    const char *path;
    char **words;
    /** A line of the program's output, without its end; a longer one than 8 KiB comes in pieces. */
    void (*on_line)(void *user, const char *line, size_t length);
    /** Nothing came for a second. */
    void (*on_quiet)(void *user);
    /** What is to be said on standard error now, between two lines: lent until the next call; NULL
     *  when there is nothing. */
    const char *(*next_words)(void *user);
    void *user;
};

struct run_result {
    int refused_errno; /* the program could not be started; or 0 */
    int exit_code;     /* the program's, or 128 and the number of the signal that ended it */
};

/** Run the program until it has ended and all that it said is passed on. False: it could not be
 *  tried (no descriptors, no process): errno. */
bool run_pump(const struct run_pump_options *options, struct run_result *ret);

#endif
