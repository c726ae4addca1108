/* SPDX-License-Identifier: Apache-2.0 */
/* Is the verification of a client real? One case after the other: play it, run the command, wait
 * for its end or for the end of its time, look at what the server saw. */
#include "qualify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "server.h"
#include "sight.h"

enum {
    TIMEOUT_MS = 10000,
    SEEN_MS = 1000,   /* for a client to end by itself once everything was seen */
    SETTLE_MS = 5000, /* for the server to see the end of what the client has left */
    WORDS_MAX = 256,
    WORD_BYTES = 4096,
};

struct run {
    const struct avs_qualify_options *options;
    const char *host;
    struct avs_standin *standin;
    struct sight *sight;
    int signals; /* a signalfd */
    bool is_interrupted;
    char *words[WORDS_MAX + 1];
};

/* ---- the command ---- */

/* A copy of `word` with every placeholder replaced; NULL: out of memory or too long. */
static char *fill_in(const char *word, const char *host, const char *port, const char *ca) {
    const struct {
        const char *name, *value;
    } places[] = {{"{host}", host}, {"{port}", port}, {"{ca}", ca}};
    char filled[WORD_BYTES];
    size_t used = 0;
    while (*word) {
        const char *value = NULL;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !value; i++) {
            if (strncmp(word, places[i].name, strlen(places[i].name)) == 0) {
                value = places[i].value;
                word += strlen(places[i].name);
            }
        }
        size_t length = value ? strlen(value) : 1;
        if (used + length >= sizeof(filled)) {
            return NULL;
        }
        memcpy(filled + used, value ? value : word++, length);
        used += length;
    }
    filled[used] = '\0';
    return strdup(filled);
}

static bool fill_in_all(struct run *run, char *error, size_t error_bytes) {
    char port[8];
    const char *ca = avs_standin_path(run->standin, AVS_STANDIN_FILE_CA);
    snprintf(port, sizeof(port), "%u", avs_standin_port(run->standin));
    size_t count = 0;
    for (; run->options->command[count] && count < WORDS_MAX; count++) {
        run->words[count] = fill_in(run->options->command[count], run->host, port, ca);
        if (!run->words[count]) {
            snprintf(error, error_bytes, "word %zu of the command is too long.", count + 1);
            return false;
        }
    }
    if (run->options->command[count]) {
        snprintf(error, error_bytes, "the command has more than %d words.", WORDS_MAX);
        return false;
    }
    if (setenv("AVS_STANDIN_HOST", run->host, 1) != 0 || setenv("AVS_STANDIN_PORT", port, 1) != 0 ||
        setenv("AVS_STANDIN_CA", ca, 1) != 0) {
        snprintf(error, error_bytes, "out of memory.");
        return false;
    }
    return true;
}

/* ---- one case ---- */

static int left_ms(uint64_t deadline_ms) {
    uint64_t now_ms = standin_now_ms();
    return deadline_ms > now_ms ? (int)(deadline_ms - now_ms) : 0;
}

/* Until something happens or the time is over; notes what has come. */
static void wait_for_news(struct run *run, struct child *child, uint64_t deadline_ms) {
    struct signalfd_siginfo info;
    struct pollfd polled[] = {{.fd = run->signals, .events = POLLIN},
                              {.fd = run->sight->notify[0], .events = POLLIN},
                              {.fd = child->output, .events = POLLIN}};
    poll(polled, 3, left_ms(deadline_ms)); /* a descriptor of -1 is left out */
    while (read(run->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        run->is_interrupted |= info.ssi_signo != SIGCHLD;
    }
    sight_hush(run->sight);
    child_read(child);
    child_reap(child);
}

/* True when nothing that can still come would change what the server has seen. */
static bool has_seen_all(struct run *run) {
    unsigned rounds = 0;
    return sight_look(run->sight, &rounds).application_bytes > 0;
}

/* Every connection that the client has left is accepted and at its end, or a while has passed. */
static struct facts settle(struct run *run, struct child *child) {
    uint64_t deadline_ms = standin_now_ms() + SETTLE_MS;
    unsigned before = 0, rounds = 0;
    sight_look(run->sight, &before);
    standin_accept_all(run->standin);
    struct facts facts = sight_look(run->sight, &rounds);
    while ((rounds == before || facts.open > 0) && left_ms(deadline_ms) > 0) {
        wait_for_news(run, child, deadline_ms);
        facts = sight_look(run->sight, &rounds);
    }
    return facts;
}

static enum avs_qualify_act act_of(const struct facts *facts) {
    if (facts->handshakes > 0 && facts->application_bytes > 0) {
        return AVS_QUALIFY_ACCEPTED;
    }
    if (facts->hellos > 0) {
        return AVS_QUALIFY_REFUSED;
    }
    return facts->not_tls > 0 ? AVS_QUALIFY_NO_TLS : AVS_QUALIFY_NO_CONNECTION;
}

/* It was ended by us while all that it had begun still stood: who waits has refused nothing. */
static bool is_held(struct run *run, bool was_stopped) {
    unsigned rounds = 0;
    struct facts facts = sight_look(run->sight, &rounds);
    return was_stopped && facts.open > 0 && facts.open == facts.connections && facts.alert < 0 &&
           facts.hellos > 0 && facts.application_bytes == 0;
}

static bool ask(struct run *run, size_t index, struct avs_qualify_result *ret_result) {
    struct child child;
    unsigned timeout_ms = run->options->timeout_ms ? run->options->timeout_ms : TIMEOUT_MS;
    uint64_t begun_ms = standin_now_ms();
    uint64_t deadline_ms = begun_ms + timeout_ms;
    sight_play(run->sight, index);
    if (!child_start(&child, run->words)) {
        return false;
    }
    for (bool is_over = false; !child.has_ended && !run->is_interrupted && left_ms(deadline_ms);) {
        wait_for_news(run, &child, deadline_ms);
        if (!is_over && has_seen_all(run)) {
            is_over = true;
            uint64_t soon_ms = standin_now_ms() + SEEN_MS;
            deadline_ms = soon_ms < deadline_ms ? soon_ms : deadline_ms;
        }
    }
    bool was_stopped = !child.has_ended;
    bool was_held = is_held(run, was_stopped);
    child_stop(&child);
    struct facts facts = settle(run, &child);
    const struct avs_qualify_case *asked = &qualify_at(index)->shown;
    enum avs_qualify_act act = was_held ? AVS_QUALIFY_HELD : act_of(&facts);
    *ret_result = (struct avs_qualify_result){
        .asked = asked,
        .act = act,
        .is_right = act == (asked->must_accept ? AVS_QUALIFY_ACCEPTED : AVS_QUALIFY_REFUSED),
        .connections = facts.connections,
        .handshakes = facts.handshakes,
        .application_bytes = facts.application_bytes,
        .alert = facts.alert,
        .exit_status = WIFEXITED(child.status) ? WEXITSTATUS(child.status) : -1,
        .was_stopped = was_stopped,
        .duration_ms = (unsigned)(standin_now_ms() - begun_ms),
    };
    child_said(&child, ret_result->said, sizeof(ret_result->said));
    return true;
}

/* ---- all of them ---- */

static enum avs_qualify_end ask_all(struct run *run, char *error, size_t error_bytes) {
    const struct avs_qualify_options *options = run->options;
    for (size_t i = 0; i < qualify_count(); i++) {
        struct avs_qualify_result result;
        if (options->on_begin) {
            options->on_begin(options->user, &qualify_at(i)->shown);
        }
        if (!ask(run, i, &result)) {
            snprintf(error, error_bytes, "cannot run '%s': %s.", run->words[0], strerror(errno));
            return AVS_QUALIFY_FAILED;
        }
        if (run->is_interrupted) {
            return AVS_QUALIFY_INTERRUPTED;
        }
        if (options->on_end) {
            options->on_end(options->user, &result);
        }
        if (result.asked->must_accept && !result.is_right) {
            return AVS_QUALIFY_NOT_PROVEN;
        }
    }
    return AVS_QUALIFY_DONE;
}

static bool start(struct run *run, char *error, size_t error_bytes) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* before any thread, so that all inherit it */
    run->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    run->sight = sight_new(run->host);
    if (run->signals < 0 || !run->sight) {
        snprintf(error, error_bytes, "out of memory or file descriptors.");
        return false;
    }
    const struct avs_standin_options options = {
        .size = sizeof(options),
        .port = run->options->port,
        .sight = run->sight,
    };
    return avs_standin_start(&options, &run->standin, error, error_bytes) &&
           fill_in_all(run, error, error_bytes);
}

enum avs_qualify_end avs_qualify_run(const struct avs_qualify_options *options, char *error,
                                     size_t error_bytes) {
    struct run run = {.options = options, .host = options->host ? options->host : "localhost"};
    enum avs_qualify_end end = AVS_QUALIFY_FAILED;
    if (start(&run, error, error_bytes)) {
        end = ask_all(&run, error, error_bytes);
    }
    avs_standin_stop(run.standin);
    sight_free(run.sight);
    if (run.signals >= 0) {
        close(run.signals);
    }
    for (size_t i = 0; run.words[i]; i++) {
        free(run.words[i]);
    }
    return end;
}
