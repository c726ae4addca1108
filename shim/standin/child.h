/* SPDX-License-Identifier: Apache-2.0 */
/* A command in a process group of its own, with its output read and its end waited for. */
#ifndef AVS_STANDIN_CHILD_H
#define AVS_STANDIN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CHILD_TAIL_BYTES = 4096 };

struct child {
    pid_t pid;                   /* and its group; 0: none, or reaped */
    int output;                  /* stdout and stderr of the group; -1: none */
    bool has_ended;              /* reaped: status says how */
    int status;                  /* as waitpid has it */
    char tail[CHILD_TAIL_BYTES]; /* the last bytes of its output */
    size_t tail_length;
};

/* Run argv with an empty standard input. False with errno when it cannot be run. */
bool child_start(struct child *child, char *const *argv);
/* Take what it has written, and its end when it has come; never waits. */
void child_read(struct child *child);
void child_reap(struct child *child);
/* End the whole group: SIGTERM, SIGKILL when a moment was not enough. Reaped afterwards. */
void child_stop(struct child *child);
/* The first line that says what is wrong, or the last one; cut to `bytes`. */
void child_said(const struct child *child, char *line, size_t bytes);

#endif
