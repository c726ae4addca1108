/* SPDX-License-Identifier: Apache-2.0 */
/* See progress.h. */
#include "progress.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ERASE "\r\033[K"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t ticker;
static bool is_running;
static bool is_over; /* behind the lock */

static void *tick(void *user) {
    const char *what = user;
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    pthread_mutex_lock(&lock);
    for (unsigned seconds = 1; !is_over; seconds++) {
        due.tv_sec++;
        while (!is_over && pthread_cond_timedwait(&changed, &lock, &due) == 0) {
        }
        if (!is_over) {
            fprintf(stderr, ERASE "%s ... %u s", what, seconds);
        } else if (seconds > 1) {
            fputs(ERASE, stderr);
        }
        fflush(stderr);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

void cli_progress_start(const char *what) {
    is_over = false;
    is_running =
        isatty(STDERR_FILENO) && pthread_create(&ticker, NULL, tick, (void *)(size_t)what) == 0;
}

void cli_progress_stop(void) {
    if (is_running) {
        pthread_mutex_lock(&lock);
        is_over = true;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
        pthread_join(ticker, NULL);
        is_running = false;
    }
}
