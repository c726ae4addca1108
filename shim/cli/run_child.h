/* SPDX-License-Identifier: Apache-2.0 */
/* The program, and a process between it and us that waits for it and tells: so it works whatever
 * the caller does with SIGCHLD, a terminal of its own has a session to belong to (in which the
 * program can be stopped by a key), and the real terminal's modes are restored even when we are
 * killed. */
#ifndef AVS_CLI_RUN_CHILD_H
#define AVS_CLI_RUN_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

enum run_news_kind {
    RUN_REFUSED, /* value: errno of execve */
    RUN_STARTED, /* value: process id */
    RUN_STOPPED, /* value: the signal */
    RUN_ENDED,   /* value: the exit code, or 128 and the signal */
};

struct run_news {
    enum run_news_kind kind;
    int value;
};

struct run_plan {
    const char *path;
    char **words;
    int files[3];     /* what the program gets as its standard descriptors; -1: closed */
    int ours[4];      /* what only this process may keep; -1: none */
    bool has_session; /* files[0] is a terminal that is to control a session of its own */
    sigset_t mask;    /* as this process got them from its caller */
    struct sigaction on_pipe, on_child;
};

struct run_child {
    pid_t between;
    int news; /* struct run_news, until RUN_ENDED; then the program's number stays its own */
    int hold; /* until this is closed */
};

/** Start it. False: errno. */
bool run_child_start(const struct run_plan *plan, struct run_child *ret);
/** After RUN_ENDED: let go of its number. */
void run_child_finish(struct run_child *child);

#endif
