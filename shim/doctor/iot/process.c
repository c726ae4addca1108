/* SPDX-License-Identifier: Apache-2.0 */
/* See process.h. */
#include "iot/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* What comes through the pipe of the one in between. */
struct news {
    int exec_errno; /* or 0, and then */
    int status;     /* as of waitpid */
};

enum { OUTPUT, ERRORS, NEWS, PIPES };

struct run {
    pid_t between;
    int from[PIPES]; /* our ends; -1 = closed */
    int into[PIPES];
    char *output;
    size_t capacity;
    char errors[AVS_PROCESS_WORDS_BYTES]; /* the last of it */
    size_t errors_length;
    struct news news;
    bool has_news;
    struct avs_process_result *result;
};

/* ---- in the children: nothing that takes a lock ---- */

static void reset_signals(void) {
    static const int numbers[] = {SIGPIPE, SIGXFSZ, SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (size_t i = 0; i < AVS_COUNT(numbers); i++) {
        struct sigaction before;
        bool is_kept = sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN &&
                       numbers[i] != SIGCHLD && numbers[i] != SIGPIPE;
        if (!is_kept) { /* what the caller ignores, as under nohup, stays so */
            sigaction(numbers[i], &standard, NULL);
        }
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void tell(int pipe, struct news news) {
    ssize_t written = write(pipe, &news, sizeof(news)); /* less than PIPE_BUF: whole or not */
    (void)written;
}

_Noreturn static void become(const struct run *run, char *const *words) {
    int input = open("/dev/null", O_RDONLY);
    dup2(input, STDIN_FILENO);
    dup2(run->into[OUTPUT], STDOUT_FILENO);
    dup2(run->into[ERRORS], STDERR_FILENO);
    execvp(words[0], words);
    tell(run->into[NEWS], (struct news){.exec_errno = errno ? errno : ENOEXEC});
    _exit(127);
}

_Noreturn static void stand_between(const struct run *run, char *const *words) {
    struct news news = {.status = 0};
    setpgid(0, 0);
    reset_signals();
    pid_t program = fork();
    if (program == 0) {
        become(run, words);
    }
    if (program < 0) {
        news.exec_errno = errno;
    }
    close(run->into[OUTPUT]);
    close(run->into[ERRORS]);
    while (program > 0 && waitpid(program, &news.status, 0) < 0 && errno == EINTR) {
    }
    tell(run->into[NEWS], news);
    _exit(0);
}

/* ---- in the parent ---- */

static void close_end(int *end) {
    if (*end >= 0) {
        close(*end);
        *end = -1;
    }
}

/* Descriptors above the standard ones: in a process that has closed those, a pipe would take their
 * numbers, and dup2 would then close what it wants to copy. */
static int above_standard(int fd) {
    if (fd > STDERR_FILENO) {
        return fd;
    }
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return above;
}

static bool open_pipes(struct run *run) {
    for (int i = 0; i < PIPES; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) {
            return false;
        }
        run->from[i] = above_standard(ends[0]);
        run->into[i] = above_standard(ends[1]);
        if (run->from[i] < 0 || run->into[i] < 0 || fcntl(run->from[i], F_SETFL, O_NONBLOCK) != 0) {
            return false;
        }
    }
    return true;
}

static void keep_output(struct run *run, const char *bytes, size_t length) {
    size_t room = run->capacity - run->result->length;
    size_t kept = length < room ? length : room;
    memcpy(run->output + run->result->length, bytes, kept);
    run->result->length += kept;
    run->result->is_over_limit |= kept < length;
}

static void keep_errors(struct run *run, const char *bytes, size_t length) {
    size_t keep = sizeof(run->errors) - 1;
    if (length > keep) {
        bytes += length - keep;
        length = keep;
    }
    size_t drop = run->errors_length + length > keep ? run->errors_length + length - keep : 0;
    memmove(run->errors, run->errors + drop, run->errors_length - drop);
    run->errors_length -= drop;
    memcpy(run->errors + run->errors_length, bytes, length);
    run->errors_length += length;
}

/* All that is there now; closes at the end of it. */
static void read_pipe(struct run *run, int which) {
    char bytes[2048];
    for (;;) {
        ssize_t got = read(run->from[which], bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            break;
        }
        if (got <= 0) {
            close_end(&run->from[which]);
            break;
        }
        if (which == OUTPUT) {
            keep_output(run, bytes, (size_t)got);
        } else if (which == ERRORS) {
            keep_errors(run, bytes, (size_t)got);
        } else if (!run->has_news && (size_t)got >= sizeof(run->news)) {
            memcpy(&run->news, bytes, sizeof(run->news)); /* the first: why it did not start */
            run->has_news = true;
        }
    }
    explicit_bzero(bytes, sizeof(bytes)); /* there may have been keys in it */
}

/* Until the one in between has gone, or time is up, or the program says too much. */
static void listen_to(struct run *run, int64_t deadline_us) {
    while (run->from[NEWS] >= 0 && !run->result->is_over_limit) {
        struct pollfd wait_for[PIPES];
        int64_t left_us = deadline_us - avs_clock_monotonic_us();
        if (left_us <= 0) {
            run->result->is_late = true;
            return;
        }
        for (int i = 0; i < PIPES; i++) {
            wait_for[i] = (struct pollfd){.fd = run->from[i], .events = POLLIN};
        }
        if (poll(wait_for, PIPES, (int)(left_us / 1000) + 1) <= 0) {
            continue;
        }
        for (int i = 0; i < PIPES; i++) {
            if (run->from[i] >= 0 && wait_for[i].revents) {
                read_pipe(run, i);
            }
        }
    }
}

static void note_last_words(struct run *run) {
    while (run->errors_length > 0 && strchr("\r\n ", run->errors[run->errors_length - 1])) {
        run->errors_length--;
    }
    run->errors[run->errors_length] = '\0';
    const char *newline = strrchr(run->errors, '\n');
    strcpy(run->result->last_words, newline ? newline + 1 : run->errors);
}

static void note_end(struct run *run) {
    struct avs_process_result *result = run->result;
    result->exit_code = -1;
    if (run->has_news && run->news.exec_errno) {
        result->exec_errno = run->news.exec_errno;
    } else if (run->has_news && WIFEXITED(run->news.status)) {
        result->exit_code = WEXITSTATUS(run->news.status);
    } else if (run->has_news && WIFSIGNALED(run->news.status)) {
        result->signal = WTERMSIG(run->news.status);
    }
    note_last_words(run);
}

static void finish(struct run *run) {
    bool is_running = run->from[NEWS] >= 0; /* its number, and its group's, is still its own */
    if (is_running) {
        kill(-run->between, SIGKILL);
    }
    while (waitpid(run->between, NULL, 0) < 0 && errno == EINTR) {
    } /* ECHILD: somebody else had it */
    for (int i = OUTPUT; i <= ERRORS; i++) {
        if (run->from[i] >= 0) { /* a grandchild may hold the other end: only what is there */
            read_pipe(run, i);
        }
    }
    note_end(run);
}

enum avs_status avs_process_run(char *const *words, int timeout_ms, char *output, size_t capacity,
                                struct avs_process_result *ret, struct avs_error *reterr) {
    struct run run = {.between = -1,
                      .from = {-1, -1, -1},
                      .into = {-1, -1, -1},
                      .output = output,
                      .capacity = capacity,
                      .result = ret};
    int64_t deadline_us = avs_clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    *ret = (struct avs_process_result){.exit_code = -1};
    bool is_started = open_pipes(&run);
    if (is_started) {
        run.between = fork();
        if (run.between == 0) {
            stand_between(&run, words);
        }
        is_started = run.between > 0;
    }
    int start_errno = errno;
    for (int i = 0; i < PIPES; i++) {
        close_end(&run.into[i]);
    }
    if (is_started) {
        setpgid(run.between, run.between); /* whoever of us comes first */
        listen_to(&run, deadline_us);
        finish(&run);
    }
    for (int i = 0; i < PIPES; i++) {
        close_end(&run.from[i]);
    }
    return is_started ? AVS_OK
                      : avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, start_errno,
                                       "no process for %s: %s", words[0], strerror(start_errno));
}
