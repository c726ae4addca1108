/* SPDX-License-Identifier: Apache-2.0 */
/* Run a program and take what it prints: no shell, no input, a deadline, a ceiling. It works
 * whatever the application does with SIGCHLD (ignores it, reaps every child): a process between us
 * and the program waits for it and tells. */
#ifndef AVS_IOT_PROCESS_H
#define AVS_IOT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

#define AVS_PROCESS_WORDS_BYTES 200

struct avs_process_result {
    size_t length; /* of the output */
    bool is_over_limit;
    bool is_late;
    int exec_errno; /* it could not be started */
    int exit_code;  /* -1: ended by `signal`, or not known */
    int signal;
    char last_words[AVS_PROCESS_WORDS_BYTES]; /* last line of its stderr; not yet fit to print */
};

/** Run `words[0]`, searched in PATH, with this process's environment, and keep its standard output,
 *  at most `capacity` bytes of it. Late, or with more to say, it is killed with its process group.
 *  OK whatever became of it. Blocks for `timeout_ms` at most. Errors: ERR_IO (no pipe, no process).
 */
AVS_NODISCARD enum avs_status avs_process_run(char *const *words, int timeout_ms, char *output,
                                              size_t capacity, struct avs_process_result *ret,
                                              struct avs_error *reterr);

#endif
