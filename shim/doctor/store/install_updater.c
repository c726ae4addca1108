/* Running the distribution's updater: its own process group, no shell, no input, an environment of
 * our own, a deadline. Never called for a sysroot. */
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
#include "store/install.h"

#define POLL_MS       100
#define KILL_GRACE_MS 2000

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
    char words[AVS_INSTALL_OUTPUT_BYTES]; /* the last of what it said */
    size_t length;
};

_Noreturn static void become(const char *const *arguments, int output) {
    char *words[AVS_DISTRO_ARGS_MAX + 1] = {NULL};
    sigset_t none;
    int input = open("/dev/null", O_RDONLY);
    for (size_t i = 0; i < AVS_DISTRO_ARGS_MAX && arguments[i]; i++) {
        words[i] = (char *)(uintptr_t)arguments[i];
    }
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (input >= 0) {
        dup2(input, STDIN_FILENO);
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

static bool has_ended(struct child *child) {
    return waitpid(child->pid, &child->status, WNOHANG) == child->pid;
}

static void stop(struct child *child) {
    int64_t give_up = avs_clock_monotonic_us() + KILL_GRACE_MS * 1000;
    kill(-child->pid, SIGTERM);
    while (!has_ended(child)) {
        if (avs_clock_monotonic_us() > give_up) {
            kill(-child->pid, SIGKILL);
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &child->status, 0);
            return;
        }
        poll(NULL, 0, POLL_MS);
    }
    kill(-child->pid, SIGKILL); /* what it may have left behind */
}

/** The last line that is not empty. */
static const char *last_line(struct child *child) {
    while (child->length > 0 && strchr("\r\n ", child->words[child->length - 1])) {
        child->words[--child->length] = '\0';
    }
    const char *newline = strrchr(child->words, '\n');
    return newline ? newline + 1 : child->words;
}

enum avs_status avs_install_run_updater(const char *const *arguments, int timeout_ms,
                                        bool (*is_cancelled)(void *user), void *user,
                                        struct avs_error *reterr) {
    struct child child = {.pid = -1, .output = -1};
    int64_t deadline = avs_clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    bool is_listening = true, is_stopped = false, is_late = false;
    if (!start(arguments, &child)) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno, "cannot start %s: %s",
                              arguments[0], strerror(errno));
    }
    while (!has_ended(&child)) {
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
    fcntl(child.output, F_SETFL, O_NONBLOCK); /* a grandchild may hold the other end open */
    while (is_listening && listen_once(&child)) {
    }
    close(child.output);
    if (is_stopped) {
        return avs_fail(reterr, AVS_ERR_CANCELLED, "stopped while %s was running", arguments[0]);
    }
    if (is_late) {
        return avs_fail(reterr, AVS_ERR_TIMEOUT, "%s did not end within %d seconds", arguments[0],
                        timeout_ms / 1000);
    }
    if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0) {
        return avs_fail(reterr, AVS_ERR_IO, "%s failed (%s %d): %.200s", arguments[0],
                        WIFEXITED(child.status) ? "exit code" : "signal",
                        WIFEXITED(child.status) ? WEXITSTATUS(child.status)
                                                : WTERMSIG(child.status),
                        last_line(&child));
    }
    return AVS_OK;
}
