/* SPDX-License-Identifier: Apache-2.0 */
/* See run_pump.h. Three arrangements, by what the standard descriptors are:
 *
 * - Input and output are terminals: the program gets a terminal of its own, in a session of its
 * own. Ours is raw, so that keys, job control and modes are those of the program's.
 * - An output alone is a terminal: it gets a pseudo terminal for it, which changes nothing.
 * - Else: a pipe for each output, one for both when they are the same file.
 *
 * Without a session the program stays in our process group: what the terminal sends, it gets
 * itself, and only what was sent to this process is passed on. */
#include "run_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "run_child.h"
#include "run_stream.h"
#include "run_terminal.h"

enum { INPUT, OUTPUT, ERRORS, STREAMS };
enum { SIGNALS = STREAMS, NEWS, WAITS };
enum {
    QUIET_MS = 1000,
    BACKGROUND_MS = 300, /* how often it is asked whether a background job has come to the front */
    NEWS_AT_ONCE = 8,
    LAST_PIECES = 64, /* a stopped program writes no more than its terminal or pipe holds */
};

struct pump {
    const struct run_pump_options *options;
    struct run_result *result;
    struct run_plan plan;
    struct run_child child;
    struct run_stream streams[STREAMS];
    int program; /* process id, or 0 */
    int signals;
    bool is_session, has_ended, is_cut_off, is_heard, has_told_waiting;
};

/* ---- signals ---- */

static const int passed_on[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};
#define PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static bool take_signals(struct pump *pump) {
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < PASSED_ON; i++) {
        sigaddset(&set, passed_on[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &pump->plan.mask);
    sigaction(SIGPIPE, &ignored, &pump->plan.on_pipe);
    sigaction(SIGCHLD, &standard, &pump->plan.on_child);
    pump->signals = run_above_standard(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    return pump->signals >= 0;
}

static void signal_program(const struct pump *pump, int number, bool is_for_group) {
    if (pump->program > 0) {
        kill(is_for_group && pump->is_session ? -pump->program : pump->program, number);
    }
}

/* True when an output is a terminal. */
static bool follow_window(const struct pump *pump) {
    bool is_followed = false;
    for (int i = OUTPUT; i < STREAMS; i++) {
        if (pump->streams[i].from >= 0 && isatty(pump->streams[i].into)) {
            run_terminal_copy_size(pump->streams[i].into, pump->streams[i].from);
            is_followed = true;
        }
    }
    return is_followed;
}

static void pass_on(struct pump *pump, const struct signalfd_siginfo *info) {
    int number = (int)info->ssi_signo;
    bool is_terminals = info->ssi_code == SI_KERNEL;
    bool is_end = number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
    if (number == SIGWINCH && follow_window(pump) && is_terminals) {
        if (!pump->is_session) { /* it was told before the size was there */
            signal_program(pump, number, false);
        }
        return; /* in its session, the change of the size has told it */
    }
    if (pump->has_ended) {
        pump->is_cut_off |= is_end; /* only its children are left, and they are not ours */
        return;
    }
    if (is_terminals && !pump->is_session) {
        return; /* it is in our group and got it, too */
    }
    if ((int)info->ssi_pid != pump->program) {
        signal_program(pump, number, is_terminals);
    }
}

static void read_signals(struct pump *pump) {
    struct signalfd_siginfo info;
    while (read(pump->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        pass_on(pump, &info);
    }
}

/* ---- job control ---- */

static void look_at_foreground(struct pump *pump) {
    if (!pump->is_session || pump->has_ended) {
        return;
    }
    if (run_terminal_is_ours()) {
        run_terminal_raw();
    }
    pump->streams[INPUT].is_paused = !run_terminal_is_raw();
}

/* What it said before it was stopped comes before what its shell says. */
static void show_last_words(struct pump *pump) {
    for (int i = OUTPUT; i < STREAMS; i++) {
        struct run_stream *stream = &pump->streams[i];
        for (int n = 0; n < LAST_PIECES && !run_stream_has_ended(stream); n++) {
            struct pollfd wait = run_stream_wait(stream);
            if (poll(&wait, 1, 0) <= 0) {
                break;
            }
            (void)run_stream_move(stream, wait.revents);
        }
    }
}

/* The program was stopped: so are we, and our shell sees it. What follows comes after `fg`. */
static void stop_as_it(struct pump *pump, int number) {
    bool is_keys = number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
    sigset_t one, before;
    show_last_words(pump);
    run_terminal_restore();
    sigemptyset(&one);
    sigaddset(&one, number);
    if (pump->is_session && is_keys) {
        kill(0, number); /* as the terminal does: all of the job */
    } else {
        raise(number);
    }
    sigprocmask(SIG_UNBLOCK, &one, &before); /* here it stops */
    sigprocmask(SIG_SETMASK, &before, NULL);
    look_at_foreground(pump);
    if (pump->is_session && pump->streams[OUTPUT].from >= 0) {
        run_terminal_copy_size(pump->streams[OUTPUT].into, pump->streams[OUTPUT].from);
    }
    signal_program(pump, SIGCONT, true);
}

/* ---- news of the program ---- */

static void take_end(struct pump *pump, int exit_code) {
    pump->has_ended = true;
    pump->result->exit_code = exit_code;
    if (pump->is_session) {
        pump->streams[INPUT].is_paused = true;
        pump->streams[INPUT].length = 0;
    }
}

static void read_news(struct pump *pump) {
    struct run_news news[NEWS_AT_ONCE];
    ssize_t got = read(pump->child.news, news, sizeof(news));
    if (got < 0 && errno == EINTR) {
        return;
    }
    if (got <= 0) { /* the one between was killed: nobody knows */
        take_end(pump, 128 + SIGKILL);
        pump->is_cut_off = true;
    }
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(news[0]); i++) {
        switch (news[i].kind) {
        case RUN_REFUSED:
            pump->result->refused_errno = news[i].value ? news[i].value : ENOEXEC;
            break;
        case RUN_STARTED:
            pump->program = news[i].value;
            break;
        case RUN_STOPPED:
            stop_as_it(pump, news[i].value);
            break;
        case RUN_ENDED:
            take_end(pump, news[i].value);
            break;
        }
    }
}

/* ---- words of our own ---- */

static void write_all(const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno != EINTR) {
            return;
        }
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* A raw terminal does not go back to the first column by itself. */
static void say(const struct pump *pump, const char *text) {
    const struct run_stream *beside =
        &pump->streams[pump->streams[ERRORS].into >= 0 ? ERRORS : OUTPUT];
    const char *end = run_terminal_is_raw() && isatty(STDERR_FILENO) ? "\r\n" : "\n";
    if (beside->last_byte != '\n') {
        write_all(end, strlen(end));
    }
    while (*text) {
        size_t length = strcspn(text, "\n");
        write_all(text, length);
        if (text[length]) {
            write_all(end, strlen(end));
            length++;
        }
        text += length;
    }
}

static void say_what_is_new(struct pump *pump) {
    const char *words = NULL;
    if (pump->streams[OUTPUT].length == 0 && pump->streams[ERRORS].length == 0) {
        while ((words = pump->options->next_words(pump->options->user))) {
            say(pump, words);
        }
    }
}

/* Keys must reach us again while the program's children hold the terminal; the real one changes
 * their output now. */
static void leave_terminal(struct pump *pump) {
    struct termios modes;
    int master = pump->streams[OUTPUT].from;
    if (pump->is_session && master >= 0 && tcgetattr(master, &modes) == 0) {
        modes.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(master, TCSANOW, &modes);
    }
    run_terminal_restore();
}

static void be_quiet(struct pump *pump) {
    if (pump->is_heard) {
        pump->is_heard = false;
        pump->options->on_quiet(pump->options->user);
    } else if (pump->has_ended && !pump->has_told_waiting) {
        pump->has_told_waiting = true;
        leave_terminal(pump);
        say(pump, "avs-shim run: the program has ended; processes that it started still hold its "
                  "output, which is passed on until they end (Ctrl-C: not any longer)\n");
    }
}

/* ---- descriptors ---- */

static bool is_same_file(int a, int b) {
    struct stat first, second;
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino && first.st_rdev == second.st_rdev;
}

/* The output `which` of the program comes to us. */
static bool connect_output(struct pump *pump, int which) {
    struct run_stream *stream = &pump->streams[which];
    int ends[2];
    stream->into = which;
    if (isatty(which)) {
        bool is_bare = !pump->is_session;
        if (!run_pty_open(which, is_bare, &stream->from, &pump->plan.files[which])) {
            return false;
        }
    } else {
        if (pipe2(ends, O_CLOEXEC) != 0) {
            return false;
        }
        stream->from = run_above_standard(ends[0]);
        pump->plan.files[which] = run_above_standard(ends[1]);
    }
    pump->plan.ours[which] = stream->from;
    return stream->from >= 0 && pump->plan.files[which] >= 0;
}

static bool connect_input(struct pump *pump) {
    struct run_stream *input = &pump->streams[INPUT];
    pump->plan.files[INPUT] = pump->plan.files[OUTPUT];
    input->from = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    input->into = pump->streams[OUTPUT].from;
    pump->plan.ours[INPUT] = input->from;
    return input->from >= 0 && fcntl(input->into, F_SETFL, O_RDWR | O_NONBLOCK) == 0;
}

/* A descriptor that the caller has closed stays closed for the program; here its number is taken.
 */
static void note_closed(bool closed[3]) {
    for (int i = 0; i < 3; i++) {
        closed[i] = fcntl(i, F_GETFD) < 0;
        if (closed[i] && open("/dev/null", O_RDWR) < 0) {
            return;
        }
    }
}

static bool connect_all(struct pump *pump) {
    bool closed[3] = {false};
    note_closed(closed);
    pump->is_session = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    pump->plan.has_session = pump->is_session;
    pump->plan.files[INPUT] = closed[INPUT] ? -1 : STDIN_FILENO;
    pump->plan.files[OUTPUT] = pump->plan.files[ERRORS] = -1;
    if (!closed[OUTPUT] && !connect_output(pump, OUTPUT)) {
        return false;
    }
    if (!closed[ERRORS]) {
        bool is_together = !closed[OUTPUT] && (is_same_file(STDOUT_FILENO, STDERR_FILENO) ||
                                               (pump->is_session && isatty(STDERR_FILENO)));
        if (is_together) {
            pump->plan.files[ERRORS] = pump->plan.files[OUTPUT];
        } else if (!connect_output(pump, ERRORS)) {
            return false;
        }
    }
    return !pump->is_session || connect_input(pump);
}

static void begin(struct pump *pump, const struct run_pump_options *options) {
    pump->options = options;
    pump->signals = -1;
    pump->plan.path = options->path;
    pump->plan.words = options->words;
    for (int i = 0; i < STREAMS; i++) {
        struct run_stream *stream = &pump->streams[i];
        stream->from = stream->into = -1;
        stream->last_byte = '\n';
        stream->on_line = i == INPUT ? NULL : options->on_line;
        stream->user = options->user;
    }
    for (size_t i = 0; i < sizeof(pump->plan.ours) / sizeof(pump->plan.ours[0]); i++) {
        pump->plan.ours[i] = -1;
    }
}

/* ---- the loop ---- */

static bool is_done(const struct pump *pump) {
    return pump->has_ended && (pump->is_cut_off || (run_stream_has_ended(&pump->streams[OUTPUT]) &&
                                                    run_stream_has_ended(&pump->streams[ERRORS])));
}

static void move_all(struct pump *pump, const struct pollfd *waits) {
    for (int i = STREAMS - 1; i >= 0; i--) { /* the input last: it writes to where OUTPUT reads */
        bool is_open = i != INPUT || pump->streams[OUTPUT].from >= 0;
        if (!is_open) {
            pump->streams[INPUT].is_paused = true;
            pump->streams[INPUT].length = 0;
        } else if (run_stream_move(&pump->streams[i], waits[i].revents)) {
            pump->is_heard |= i != INPUT;
        }
    }
}

static void loop(struct pump *pump) {
    while (!is_done(pump)) {
        struct pollfd waits[WAITS];
        for (int i = 0; i < STREAMS; i++) {
            waits[i] = run_stream_wait(&pump->streams[i]);
        }
        bool is_known = pump->program > 0 || pump->has_ended;
        waits[SIGNALS] = (struct pollfd){.fd = is_known ? pump->signals : -1, .events = POLLIN};
        waits[NEWS] =
            (struct pollfd){.fd = pump->has_ended ? -1 : pump->child.news, .events = POLLIN};
        bool is_behind = pump->is_session && !pump->has_ended && pump->streams[INPUT].is_paused;
        bool is_waiting = pump->is_heard || (pump->has_ended && !pump->has_told_waiting);
        int ready = poll(waits, WAITS, is_behind ? BACKGROUND_MS : is_waiting ? QUIET_MS : -1);
        if (ready < 0) {
            continue; /* EINTR */
        }
        if (is_behind) {
            look_at_foreground(pump);
        }
        if (ready == 0) {
            be_quiet(pump);
        }
        if (waits[SIGNALS].revents) { /* first: a window's size before what was typed in it */
            read_signals(pump);
        }
        move_all(pump, waits);
        if (waits[NEWS].revents) {
            read_news(pump);
        }
        say_what_is_new(pump);
    }
}

static void close_files(struct pump *pump) {
    for (int i = OUTPUT; i < STREAMS; i++) {
        bool is_first = i == OUTPUT || pump->plan.files[i] != pump->plan.files[OUTPUT];
        if (pump->plan.files[i] > STDERR_FILENO && is_first) {
            close(pump->plan.files[i]);
        }
    }
}

static void tell_refused(const struct pump *pump) {
    for (int i = OUTPUT; i < STREAMS; i++) {
        int error = pump->streams[i].write_errno;
        if (error != 0 && error != EPIPE) {
            fprintf(stderr, "avs-shim run: the program's %s could not be written on: %s\n",
                    i == OUTPUT ? "output" : "error output", strerror(error));
        }
    }
}

bool run_pump(const struct run_pump_options *options, struct run_result *ret) {
    *ret = (struct run_result){0};
    struct pump *pump = calloc(1, sizeof(*pump));
    if (!pump) {
        return false;
    }
    begin(pump, options);
    pump->result = ret;
    bool is_started = connect_all(pump) && take_signals(pump);
    if (is_started) {
        look_at_foreground(pump); /* before the start: the one between learns the modes */
        is_started = run_child_start(&pump->plan, &pump->child);
    }
    int error = errno;
    close_files(pump);
    if (is_started) {
        loop(pump);
        for (int i = OUTPUT; i < STREAMS; i++) {
            run_stream_end_line(&pump->streams[i]);
        }
        read_signals(pump); /* the key that ended the program must not end the report */
        run_child_finish(&pump->child);
        tell_refused(pump);
    }
    run_terminal_restore();
    sigprocmask(SIG_SETMASK, &pump->plan.mask, NULL);
    free(pump);
    errno = error;
    return is_started;
}
