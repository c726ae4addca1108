/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim check --ladder: run it in a thread, tell how far it is, and on Ctrl-C what was seen. */
#include "check_ladder.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <avs/ladder.h>

#include "demo.h"
#include "output.h"

#define ERASE       "\r\033[K"
#define INTERRUPTED 130     /* what a shell reports for SIGINT */
#define HAS_ENDED   SIGUSR1 /* from the thread that climbs to the one that waits */

struct climb {
    struct avs_ladder *ladder;
    enum avs_status status;
    struct avs_error error;
    pthread_t waiter;
};

static void *climb(void *user) {
    struct climb *state = user;
    state->status = avs_ladder_run(state->ladder, &state->error);
    pthread_kill(state->waiter, HAS_ENDED); /* which has it blocked */
    return NULL;
}

static void tell_progress(struct avs_ladder *ladder, unsigned seconds) {
    size_t done, planned;
    avs_ladder_progress(ladder, &done, &planned);
    fprintf(stderr, ERASE "ladder: %zu of %zu connections ... %u s", done, planned, seconds);
    fflush(stderr);
}

/* Until it has ended or the user has enough: the signal. */
static int wait_for(struct avs_ladder *ladder, const sigset_t *signals) {
    const struct timespec second = {.tv_sec = 1};
    bool is_terminal = isatty(STDERR_FILENO);
    for (unsigned seconds = 1;; seconds++) {
        int number = sigtimedwait(signals, NULL, &second);
        if (number > 0) {
            if (is_terminal && seconds > 1) {
                fputs(ERASE, stderr);
            }
            return number;
        }
        if (is_terminal) {
            tell_progress(ladder, seconds);
        }
    }
}

static int report(const struct cli_command *command, struct avs_ladder *ladder, bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status = is_json ? avs_ladder_to_json(ladder, &text, &error)
                                     : avs_ladder_to_text(ladder, cli_style(), &text, &error);
    int result = cli_print_taken(command, status, text, &error);
    return result == CLI_OK ? avs_ladder_exit_code(ladder) : result;
}

/* Its connections are still under way: the process ends under them. */
static void leave(const struct cli_command *command, struct avs_ladder *ladder, bool is_json) {
    int result = cli_finish(report(command, ladder, is_json));
    _exit(result == CLI_USAGE ? result : INTERRUPTED);
}

static int end(const struct cli_command *command, struct climb *state, bool is_json,
               const char *evidence_file) {
    if (state->status != AVS_OK) {
        return cli_error(command, &state->error);
    }
    int written = CLI_OK;
    if (evidence_file) {
        written = cli_write_evidence(command, evidence_file, avs_ladder_evidence(state->ladder));
    }
    int result = report(command, state->ladder, is_json);
    return result == CLI_OK ? written : result;
}

int cli_check_ladder(const struct cli_command *command, const struct avs_check_options *options,
                     bool is_json, const char *evidence_file) {
    struct climb state = {.error = AVS_ERROR_INIT, .waiter = pthread_self()};
    sigset_t signals, before;
    pthread_t thread;
    if (avs_ladder_new(options, &state.ladder, &state.error) != AVS_OK) {
        return cli_error(command, &state.error);
    }
    sigemptyset(&signals);
    sigaddset(&signals, HAS_ENDED);
    if (!options->is_demo) { /* else an interrupt has to tidy up first, see demo.c */
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
    }
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    if (pthread_create(&thread, NULL, climb, &state) != 0) {
        avs_ladder_free(state.ladder);
        return cli_fault(command, "no thread to run in");
    }
    if (wait_for(state.ladder, &signals) != HAS_ENDED) {
        leave(command, state.ladder, is_json);
    }
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (options->is_demo) {
        cli_demo_hold();
    }
    int result = end(command, &state, is_json, evidence_file);
    avs_ladder_free(state.ladder);
    return result;
}
