/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in endpoint, run inside the command for --demo. */
#include "demo.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "standin/standin.h"

#define SCENARIOS_MAX 256
#define INTERRUPTED   130 /* what a shell reports for SIGINT */

/* The end of the run and an interrupt may both want to stop it: whoever comes first does. */
static pthread_mutex_t stop_lock = PTHREAD_MUTEX_INITIALIZER;
static struct avs_standin *running; /* behind stop_lock; NULL once it is stopped */

static sigset_t interrupts(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    return signals;
}

static void stop_locked(void) {
    avs_standin_stop(running);
    running = NULL;
}

static void *wait_for_interrupt(void *user) {
    (void)user;
    sigset_t signals = interrupts();
    int number = 0;
    if (sigwait(&signals, &number) == 0) {
        pthread_mutex_lock(&stop_lock);
        stop_locked();
        _exit(INTERRUPTED); /* with the lock: nobody goes on */
    }
    return NULL;
}

static void block_interrupts(void) {
    sigset_t signals = interrupts();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone must not keep us from tidying up */
}

bool cli_demo_start(const struct cli_command *command, struct cli_demo *demo) {
    struct avs_standin_options options = {.size = sizeof(options)};
    char error[512] = "";
    block_interrupts(); /* before any thread is made, so that all inherit it */
    cli_progress_start("making the stand-in's keys and certificates");
    bool is_started = avs_standin_start(&options, &running, error, sizeof(error));
    cli_progress_stop();
    if (!is_started) {
        cli_usage_error(command, "--demo: %s", error);
        return false;
    }
    snprintf(demo->connect_to, sizeof(demo->connect_to), "127.0.0.1:%u", avs_standin_port(running));
    demo->ca_file = avs_standin_path(running, AVS_STANDIN_FILE_CA);
    demo->ats_roots_file = avs_standin_path(running, AVS_STANDIN_FILE_ATS_ROOTS);
    pthread_t watcher;
    if (pthread_create(&watcher, NULL, wait_for_interrupt, NULL) == 0) {
        pthread_detach(watcher);
    }
    return true;
}

void cli_demo_hold(void) {
    pthread_mutex_lock(&stop_lock); /* an interrupt keeps it until the process has ended */
    pthread_mutex_unlock(&stop_lock);
}

void cli_demo_stop(void) {
    pthread_mutex_lock(&stop_lock);
    stop_locked();
    pthread_mutex_unlock(&stop_lock);
}

const char *cli_demo_meant(const char *endpoint) {
    static const char scheme[] = "https://";
    const char *names[SCENARIOS_MAX + 1] = {NULL};
    const struct avs_standin_scenario *scenario = NULL;
    char host[256] = "";
    if (strncmp(endpoint, scheme, strlen(scheme)) != 0) {
        return NULL;
    }
    const char *start = endpoint + strlen(scheme);
    snprintf(host, sizeof(host), "%.*s", (int)strcspn(start, ":/"), start);
    for (size_t i = 0; i < SCENARIOS_MAX && (scenario = avs_standin_scenario(i)); i++) {
        names[i] = scenario->sni;
        if (strcmp(scenario->sni, host) == 0) {
            return NULL;
        }
    }
    return cli_closest(host, names);
}
