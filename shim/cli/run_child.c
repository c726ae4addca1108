/* SPDX-License-Identifier: Apache-2.0 */
/* See run_child.h. */
#include "run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "run_terminal.h"

#define SHELL          "/bin/sh"
#define EXIT_NOT_FOUND 127

/* What both children work with; made before the fork, so that they need no memory. */
struct start {
    const struct run_plan *plan;
    char **script; /* sh PATH ARGUMENT..., for a script without its #! line */
    int news;
    int hold;
    int terminal; /* a copy of standard input, to restore its modes; -1 */
};

static void tell(int pipe, enum run_news_kind kind, int value) {
    struct run_news news = {kind, value};
    while (write(pipe, &news, sizeof(news)) < 0 && errno == EINTR) {
    } /* less than PIPE_BUF: whole or not */
}

/* ---- the program ---- */

static void take_files(const struct run_plan *plan) {
    for (int i = 0; i < 3; i++) {
        if (plan->files[i] < 0) {
            close(i);
        } else if (plan->files[i] != i) {
            dup2(plan->files[i], i);
        }
    }
}

_Noreturn static void become(const struct start *start) {
    const struct run_plan *plan = start->plan;
    if (plan->has_session) { /* its own group, at once in the foreground */
        setpgid(0, 0);
        tcsetpgrp(plan->files[0], getpid());
    }
    take_files(plan);
    sigaction(SIGPIPE, &plan->on_pipe, NULL);
    sigaction(SIGCHLD, &plan->on_child, NULL);
    sigprocmask(SIG_SETMASK, &plan->mask, NULL);
    execv(plan->path, plan->words);
    if (errno == ENOEXEC) {
        execv(SHELL, start->script);
    }
    tell(start->news, RUN_REFUSED, errno);
    _exit(EXIT_NOT_FOUND);
}

/* ---- the one between ---- */

static void wake_up(int number) {
    (void)number;
}

static void close_file(int file) {
    if (file > STDERR_FILENO) {
        close(file);
    }
}

static void close_all(const int *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        close_file(files[i]);
    }
}

/* The other ends must end when the program's do: nothing of them is kept here, but for the terminal
 * while the program lives, which may close and open it. */
static void let_go(const struct run_plan *plan) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int kept = plan->has_session ? plan->files[0] : -1;
    for (int i = 0; i < 3; i++) {
        if (plan->files[i] != kept) {
            close_file(plan->files[i]);
        }
        dup2(nothing, i);
    }
    close_file(nothing);
}

/* True when it has ended. */
static bool look(const struct start *start, pid_t program) {
    siginfo_t info = {0};
    int kinds = WEXITED | WSTOPPED;
    while (waitid(P_PID, (id_t)program, &info, kinds | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == program) {
        int value = info.si_status;
        if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) {
            waitid(P_PID, (id_t)program, &info, WSTOPPED | WNOHANG);
            tell(start->news, RUN_STOPPED, value);
            info = (siginfo_t){0};
            continue;
        }
        if (start->plan->has_session) {
            close_file(
                start->plan->files[0]); /* before it is told: then all that it said is there */
        }
        tell(start->news, RUN_ENDED, info.si_code == CLD_EXITED ? value : 128 + value);
        return true;
    }
    return false;
}

/* We are the last to know the terminal's modes when the process above was killed. */
static void restore_terminal(const struct start *start) {
    if (start->terminal >= 0 && run_terminal_saved()) {
        tcsetattr(start->terminal, TCSANOW, run_terminal_saved());
    }
}

static void wait_for(const struct start *start, pid_t program) {
    bool has_ended = false;
    struct pollfd above = {.fd = start->hold, .events = POLLIN};
    sigset_t awake;
    sigfillset(&awake);
    sigdelset(&awake, SIGCHLD);
    while (above.revents == 0) {
        has_ended = has_ended || look(start, program);
        if (ppoll(&above, 1, NULL, &awake) < 0) {
            above.revents = 0;
        }
    }
    if (has_ended) {
        waitpid(program, NULL, 0);
    } else {
        restore_terminal(start);
    }
}

_Noreturn static void stand_between(const struct start *start) {
    const struct run_plan *plan = start->plan;
    struct sigaction action = {.sa_handler = wake_up};
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigaction(SIGCHLD, &action, NULL);
    close_all(plan->ours, sizeof(plan->ours) / sizeof(plan->ours[0]));
    if (plan->has_session) {
        setsid();
        ioctl(plan->files[0], TIOCSCTTY, 0);
    }
    pid_t program = fork();
    if (program == 0) {
        become(start);
    }
    if (program < 0) {
        tell(start->news, RUN_REFUSED, errno);
        tell(start->news, RUN_ENDED, EXIT_NOT_FOUND);
        _exit(1);
    }
    tell(start->news, RUN_STARTED, program);
    let_go(plan);
    wait_for(start, program);
    _exit(0);
}

/* ---- this process ---- */

static char **script_words(const struct run_plan *plan) {
    size_t count = 0;
    while (plan->words[count]) {
        count++;
    }
    char **words = calloc(count + 2, sizeof(*words));
    if (words) {
        words[0] = (char *)SHELL;
        words[1] = (char *)plan->path;
        for (size_t i = 1; i < count; i++) {
            words[i + 1] = plan->words[i];
        }
    }
    return words;
}

static bool open_pipe(int *ret_read, int *ret_write) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    *ret_read = run_above_standard(ends[0]);
    *ret_write = run_above_standard(ends[1]);
    return *ret_read >= 0 && *ret_write >= 0;
}

bool run_child_start(const struct run_plan *plan, struct run_child *ret) {
    int news[2] = {-1, -1}, hold[2] = {-1, -1};
    struct start start = {.plan = plan, .script = script_words(plan), .terminal = -1};
    *ret = (struct run_child){-1, -1, -1};
    if (start.script && open_pipe(&news[0], &news[1]) && open_pipe(&hold[0], &hold[1])) {
        start.news = news[1];
        start.hold = hold[0];
        start.terminal =
            plan->has_session ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
        ret->between = fork();
    }
    int error = errno;
    if (ret->between == 0) {
        close_file(news[0]);
        close_file(hold[1]);
        stand_between(&start);
    }
    close_file(start.terminal);
    free(start.script);
    if (ret->between < 0) {
        close_all(news, 2);
        close_all(hold, 2);
        errno = error;
        return false;
    }
    close_file(news[1]);
    close_file(hold[0]);
    ret->news = news[0];
    ret->hold = hold[1];
    return true;
}

void run_child_finish(struct run_child *child) {
    close_file(child->hold);
    close_file(child->news);
    while (waitpid(child->between, NULL, 0) < 0 && errno == EINTR) {
    } /* ECHILD: the caller ignores SIGCHLD */
}
