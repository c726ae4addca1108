/* The stand-in endpoint, run inside the command for --demo. */
#include "demo.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "standin/standin.h"

#define INTERRUPTED 130 /* what a shell reports for SIGINT */

static void *wait_for_interrupt(void *user) {
    struct avs_standin *standin = user;
    sigset_t signals;
    int number = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigwait(&signals, &number) == 0) {
        avs_standin_stop(standin);
        _exit(INTERRUPTED);
    }
    return NULL;
}

static void block_interrupts(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

bool cli_demo_start(const struct cli_command *command, struct cli_demo *demo) {
    struct avs_standin_options options = {.size = sizeof(options)};
    char error[512] = "";
    block_interrupts(); /* before any thread is made, so that all inherit it */
    if (!avs_standin_start(&options, &demo->standin, error, sizeof(error))) {
        cli_usage_error(command, "--demo: %s", error);
        return false;
    }
    pthread_t watcher;
    if (pthread_create(&watcher, NULL, wait_for_interrupt, demo->standin) == 0) {
        pthread_detach(watcher);
    }
    snprintf(demo->connect_to, sizeof(demo->connect_to), "127.0.0.1:%u",
             avs_standin_port(demo->standin));
    demo->ca_file = avs_standin_path(demo->standin, AVS_STANDIN_FILE_CA);
    demo->ats_roots_file = avs_standin_path(demo->standin, AVS_STANDIN_FILE_ATS_ROOTS);
    return true;
}

void cli_demo_stop(struct cli_demo *demo) {
    avs_standin_stop(demo->standin);
}
