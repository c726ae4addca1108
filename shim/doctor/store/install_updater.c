/* SPDX-License-Identifier: Apache-2.0 */
/* Running the distribution's updater: its own process group, no shell, no input, an environment and
 * signal dispositions of our own, a deadline. Never called for a sysroot. */
#include "store/install_updater.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/install_distro.h"

#define POLL_MS       100
#define KILL_GRACE_MS 2000
#define OUTPUT_BYTES  2048

static char *const environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C",
    "HOME=/",
    NULL,
};

struct child {
    pid_t pid;
    int output; /* its stdout and stderr */
    int status;
    bool is_reaped; /* its number may be another process's by now: never signal it again */
    bool is_status_known;
    char words[OUTPUT_BYTES]; /* the last of what it said */
    size_t length;
};

/** What we ignore for ourselves must not reach its programs: a pipe's reader that ends, a file size
 *  limit. What our caller ignores (SIGHUP under nohup) stays so. */
static void reset_signals(void) {
    static const int numbers[] = {SIGPIPE, SIGXFSZ, SIGCHLD};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (size_t i = 0; i < AVS_COUNT(numbers); i++) {
        sigaction(numbers[i], &standard, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become(const char *const *arguments, int output) {
    char *words[AVS_DISTRO_ARGS_MAX + 1] = {NULL};
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < AVS_DISTRO_ARGS_MAX && arguments[i]; i++) {
        words[i] = (char *)(uintptr_t)arguments[i];
    }
    setpgid(0, 0);
    reset_signals();
    if (input > STDIN_FILENO) {
        dup2(input, STDIN_FILENO);
    } else if (input == STDIN_FILENO) {
        fcntl(input, F_SETFD, 0);
    }
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    umask(022); /* what it writes must be readable by the SDK's user */
    if (chdir("/") == 0) {
        execve(words[0], words, environment);
    }
    _exit(127);
}

static bool start(const char *const *arguments, struct child *child) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    child->pid = fork();
    if (child->pid == 0) {
        become(arguments, ends[1]);
    }
    int saved = errno;
    close(ends[1]);
    if (child->pid < 0) {
        close(ends[0]);
        errno = saved;
        return false;
    }
    setpgid(child->pid, child->pid); /* whoever of us comes first */
    child->output = ends[0];
    return true;
}

/** Keep the last words; false at the end of the output. */
static bool listen_once(struct child *child) {
    char part[512];
    ssize_t got = read(child->output, part, sizeof(part));
    if (got <= 0) {
        return got < 0 && errno == EINTR;
    }
    size_t keep = sizeof(child->words) - 1;
    size_t more = (size_t)got;
    if (child->length + more > keep) {
        size_t drop = child->length + more - keep;
        memmove(child->words, child->words + drop, child->length - drop);
        child->length -= drop;
    }
    memcpy(child->words + child->length, part, more);
    child->length += more;
    child->words[child->length] = '\0';
    return true;
}

/** Has it ended? It is not reaped by this: its number, and its group's, stay its own. A child that
 *  somebody else has reaped (a handler of the application's, an ignored SIGCHLD) has ended too. */
static bool has_ended(struct child *child) {
    siginfo_t info = {.si_pid = 0};
    if (child->is_reaped) {
        return true;
    }
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        child->is_reaped = errno == ECHILD;
        return child->is_reaped;
    }
    return info.si_pid == child->pid;
}

static void reap(struct child *child) {
    if (!child->is_reaped) {
        child->is_status_known = waitpid(child->pid, &child->status, 0) == child->pid;
        child->is_reaped = true;
    }
}

static void stop(struct child *child) {
    int64_t give_up = avs_clock_monotonic_us() + KILL_GRACE_MS * 1000;
    if (!has_ended(child)) {
        kill(-child->pid, SIGTERM);
    }
    while (!has_ended(child) && avs_clock_monotonic_us() <= give_up) {
        poll(NULL, 0, POLL_MS);
    }
    if (!child->is_reaped) {
        kill(-child->pid, SIGKILL); /* with what it may have left behind */
    }
}

/** The last line that is not empty. */
static const char *last_line(struct child *child) {
    while (child->length > 0 && strchr("\r\n ", child->words[child->length - 1])) {
        child->words[--child->length] = '\0';
    }
    const char *newline = strrchr(child->words, '\n');
    return newline ? newline + 1 : child->words;
}

/** While the updater runs, an ignored SIGCHLD is put to its default: the kernel would reap the
 *  child and lose its exit code. */
static bool want_exit_codes(struct sigaction *ret_before) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    if (sigaction(SIGCHLD, NULL, ret_before) != 0) {
        return false;
    }
    bool is_lost = ret_before->sa_handler == SIG_IGN || (ret_before->sa_flags & SA_NOCLDWAIT) != 0;
    return is_lost && sigaction(SIGCHLD, &standard, NULL) == 0;
}

/** Its fate as an error; OK when it ended well. */
static enum avs_status judge(struct child *child, const char *program, struct avs_error *reterr) {
    if (!child->is_status_known) { /* reaped by somebody else: the store itself is looked at next */
        return AVS_OK;
    }
    if (WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0) {
        return AVS_OK;
    }
    bool has_exited = WIFEXITED(child->status);
    return avs_fail(reterr, AVS_ERR_IO, "%s failed (%s %d): %.200s", program,
                    has_exited ? "exit code" : "signal",
                    has_exited ? WEXITSTATUS(child->status) : WTERMSIG(child->status),
                    last_line(child));
}

enum avs_status avs_install_run_updater(const char *const *arguments, int timeout_ms,
                                        bool (*is_cancelled)(void *user), void *user,
                                        struct avs_error *reterr) {
    struct child child = {.pid = -1, .output = -1};
    struct sigaction before;
    int64_t deadline = avs_clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    bool is_listening = true, is_stopped = false, is_late = false;
    bool is_changed = want_exit_codes(&before);
    bool is_started = start(arguments, &child);
    int start_errno = errno;
    while (is_started && !has_ended(&child)) {
        struct pollfd wait_for = {.fd = is_listening ? child.output : -1, .events = POLLIN};
        if (poll(&wait_for, 1, POLL_MS) > 0) {
            is_listening = listen_once(&child);
        }
        is_stopped = is_cancelled && is_cancelled(user);
        is_late = avs_clock_monotonic_us() > deadline;
        if (is_stopped || is_late) {
            stop(&child);
            break;
        }
    }
    if (is_started) {
        reap(&child);
        fcntl(child.output, F_SETFL, O_NONBLOCK); /* a grandchild may hold the other end open */
        while (is_listening && listen_once(&child)) {
        }
        close(child.output);
    }
    if (is_changed) {
        sigaction(SIGCHLD, &before, NULL);
    }
    if (!is_started) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, start_errno,
                              "cannot start %s: %s", arguments[0], strerror(start_errno));
    }
    if (is_stopped) {
        return avs_fail(reterr, AVS_ERR_CANCELLED, "stopped while %s was running", arguments[0]);
    }
    if (is_late) {
        return avs_fail(reterr, AVS_ERR_TIMEOUT, "%s did not end within %d seconds", arguments[0],
                        timeout_ms / 1000);
    }
    return judge(&child, arguments[0], reterr);
}
