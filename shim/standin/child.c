/* SPDX-License-Identifier: Apache-2.0 */
/* A command in a process group of its own. The group ends with us, whatever it has started. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_STEP_MS = 20, STOP_STEPS = 50 };

/* In the child, before exec: nothing but async-signal-safe calls. */
static void become(char *const *argv, int output, int failure) {
    sigset_t none;
    int error = 0;
    int input = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0) {
        execvp(argv[0], argv);
    }
    error = errno;
    ssize_t ignored = write(failure, &error, sizeof(error));
    (void)ignored;
    _exit(127);
}

bool child_start(struct child *child, char *const *argv) {
    int output[2], failure[2], error = 0;
    *child = (struct child){.output = -1};
    if (pipe2(output, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(failure, O_CLOEXEC) != 0) {
        close(output[0]);
        close(output[1]);
        return false;
    }
    fflush(NULL); /* what is buffered is ours alone */
    pid_t pid = fork();
    if (pid == 0) {
        become(argv, output[1], failure[1]);
    }
    error = pid < 0 ? errno : 0;
    close(output[1]);
    close(failure[1]);
    if (pid > 0) {
        setpgid(pid, pid); /* whoever comes first; it may have gone, too */
        ssize_t length = read(failure[0], &error, sizeof(error));
        error = length == (ssize_t)sizeof(error) ? error : 0;
    }
    close(failure[0]);
    if (error != 0) {
        close(output[0]);
        if (pid > 0) {
            waitpid(pid, NULL, 0);
        }
        errno = error;
        return false;
    }
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    child->pid = pid;
    child->output = output[0];
    return true;
}

static void keep(struct child *child, const char *bytes, size_t length) {
    if (length >= CHILD_TAIL_BYTES) {
        bytes += length - CHILD_TAIL_BYTES;
        length = CHILD_TAIL_BYTES;
    }
    size_t room = CHILD_TAIL_BYTES - length;
    size_t drop = child->tail_length > room ? child->tail_length - room : 0;
    child->tail_length -= drop;
    memmove(child->tail, child->tail + drop, child->tail_length);
    memcpy(child->tail + child->tail_length, bytes, length);
    child->tail_length += length;
}

void child_read(struct child *child) {
    enum { READS_MAX = 64 }; /* one that never stops talking must not keep us */
    char bytes[4096];
    for (int i = 0; child->output >= 0 && i < READS_MAX; i++) {
        ssize_t length = read(child->output, bytes, sizeof(bytes));
        if (length > 0) {
            keep(child, bytes, (size_t)length);
            continue;
        }
        if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(child->output);
            child->output = -1;
        }
        return;
    }
}

void child_reap(struct child *child) {
    if (!child->has_ended && waitpid(child->pid, &child->status, WNOHANG) == child->pid) {
        child->has_ended = true;
    }
}

void child_stop(struct child *child) {
    if (child->pid == 0) {
        return;
    }
    kill(-child->pid, SIGTERM);
    for (int i = 0; i < STOP_STEPS && !child->has_ended; i++) {
        struct pollfd output = {.fd = child->output, .events = POLLIN};
        poll(&output, 1, STOP_STEP_MS); /* it ends while we read, or a little later */
        child_read(child);
        child_reap(child);
    }
    kill(-child->pid, SIGKILL);
    if (!child->has_ended) {
        waitpid(child->pid, &child->status, 0);
        child->has_ended = true;
    }
    child_read(child);
    if (child->output >= 0) {
        close(child->output);
        child->output = -1;
    }
    child->pid = 0;
}

static bool says_what_is_wrong(const char *line) {
    static const char *const words[] = {"error", "fail", "problem", "unable", "cannot", "refuse"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasestr(line, words[i])) {
            return true;
        }
    }
    return false;
}

void child_said(const struct child *child, char *line, size_t bytes) {
    char text[CHILD_TAIL_BYTES + 1];
    char *rest = NULL;
    size_t length = 0;
    for (size_t i = 0; i < child->tail_length; i++) {
        text[length] = child->tail[i];
        length += child->tail[i] != '\0';
    }
    text[length] = '\0';
    line[0] = '\0';
    for (char *each = strtok_r(text, "\r\n", &rest); each; each = strtok_r(NULL, "\r\n", &rest)) {
        if (each[strspn(each, " \t")] != '\0') {
            snprintf(line, bytes, "%s", each);
        }
        if (says_what_is_wrong(each)) {
            return;
        }
    }
}
