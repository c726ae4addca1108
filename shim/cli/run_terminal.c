/* SPDX-License-Identifier: Apache-2.0 */
/* See run_terminal.h. */
#include "run_terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
    struct termios saved;
    bool has_saved;
    volatile sig_atomic_t is_raw;
} outer;

int run_above_standard(int fd) {
    int above = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd >= 0) {
        close(fd);
    }
    return above;
}

void run_terminal_copy_size(int from, int master) {
    struct winsize size;
    if (ioctl(from, TIOCGWINSZ, &size) == 0) {
        ioctl(master, TIOCSWINSZ, &size);
    }
}

static int open_slave(int master) {
    char name[64];
    if (grantpt(master) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, name, sizeof(name)) != 0) {
        return -1;
    }
    return run_above_standard(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

bool run_pty_open(int like, bool is_bare, int *ret_master, int *ret_slave) {
    int master = run_above_standard(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    int slave = master < 0 ? -1 : open_slave(master);
    struct termios modes;
    if (slave < 0) {
        if (master >= 0) {
            close(master);
        }
        return false;
    }
    if (tcgetattr(like, &modes) == 0) {
        if (is_bare) {
            modes.c_oflag &= ~(tcflag_t)OPOST;
        }
        tcsetattr(slave, TCSANOW, &modes);
    }
    run_terminal_copy_size(like, master);
    *ret_master = master;
    *ret_slave = slave;
    return true;
}

bool run_terminal_is_ours(void) {
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    return isatty(STDIN_FILENO) && (foreground < 0 || foreground == getpgrp());
}

/* Only what a signal handler may call. */
void run_terminal_restore(void) {
    if (outer.is_raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &outer.saved);
        outer.is_raw = 0;
    }
}

static void die(int number) {
    run_terminal_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static void guard(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
    struct sigaction action = {.sa_handler = die, .sa_flags = (int)(SA_NODEFER | SA_RESETHAND)};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sigaction(faults[i], &action, NULL);
    }
    atexit(run_terminal_restore);
}

void run_terminal_raw(void) {
    if (outer.is_raw || tcgetattr(STDIN_FILENO, &outer.saved) != 0) {
        return;
    }
    if (!outer.has_saved) {
        outer.has_saved = true;
        guard();
    }
    struct termios raw = outer.saved;
    cfmakeraw(&raw);
    outer.is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

bool run_terminal_is_raw(void) {
    return outer.is_raw;
}

const struct termios *run_terminal_saved(void) {
    return outer.has_saved ? &outer.saved : NULL;
}
