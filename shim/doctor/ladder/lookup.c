/* SPDX-License-Identifier: Apache-2.0 */
/* See lookup.h. */
#include "ladder/lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/text.h"
#include "check/machine.h"

struct avs_ladder_lookup {
    pthread_mutex_t lock;
    pthread_cond_t has_changed;
    unsigned owners; /* behind the lock: whoever asked, and the thread */
    bool is_over;
    struct addrinfo *found;
    char host[AVS_NAME_BYTES];
};

static void give_back(struct avs_ladder_lookup *lookup) {
    pthread_mutex_lock(&lookup->lock);
    bool is_last = --lookup->owners == 0;
    pthread_mutex_unlock(&lookup->lock);
    if (is_last) {
        if (lookup->found) {
            freeaddrinfo(lookup->found);
        }
        pthread_cond_destroy(&lookup->has_changed);
        pthread_mutex_destroy(&lookup->lock);
        free(lookup);
    }
}

static void *look_up(void *user) {
    struct avs_ladder_lookup *lookup = user;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(lookup->host, NULL, &hints, &found) != 0) {
        found = NULL;
    }
    pthread_mutex_lock(&lookup->lock);
    lookup->found = found;
    lookup->is_over = true;
    pthread_cond_signal(&lookup->has_changed);
    pthread_mutex_unlock(&lookup->lock);
    give_back(lookup);
    return NULL;
}

struct avs_ladder_lookup *avs_ladder_lookup_start(const char *host) {
    struct avs_ladder_lookup *lookup = calloc(1, sizeof(*lookup));
    pthread_condattr_t monotonic;
    pthread_t thread;
    if (!lookup) {
        return NULL;
    }
    AVS_TEXT_SET(lookup->host, host);
    lookup->owners = 2;
    pthread_mutex_init(&lookup->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lookup->has_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&thread, NULL, look_up, lookup) != 0) {
        lookup->owners = 1;
        give_back(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

static bool is_known(const struct avs_ladder_world *world, const char *text) {
    for (size_t i = 0; i < world->address_count; i++) {
        if (strcmp(world->address[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

static void fill(struct avs_ladder_world *world, const struct addrinfo *found) {
    for (; found; found = found->ai_next) {
        char text[sizeof(world->address[0].text)];
        if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
                        NI_NUMERICHOST) != 0 ||
            is_known(world, text)) {
            continue;
        }
        world->address_total++;
        if (world->address_count < AVS_LADDER_ADDRESSES_MAX) {
            struct avs_ladder_address *address = &world->address[world->address_count++];
            AVS_TEXT_SET(address->text, text);
            address->is_ipv6 = found->ai_family == AF_INET6;
            address->has_route = avs_check_has_route(text);
        }
    }
}

void avs_ladder_lookup_end(struct avs_ladder_lookup *lookup, int64_t deadline_us,
                           struct avs_ladder_world *world) {
    const struct timespec until = {.tv_sec = (time_t)(deadline_us / 1000000),
                                   .tv_nsec = (long)(deadline_us % 1000000 * 1000)};
    world->is_lookup_late = true;
    if (!lookup) {
        return;
    }
    pthread_mutex_lock(&lookup->lock);
    while (!lookup->is_over &&
           pthread_cond_timedwait(&lookup->has_changed, &lookup->lock, &until) == 0) {
    }
    world->is_lookup_late = !lookup->is_over;
    if (lookup->is_over) {
        fill(world, lookup->found);
    }
    pthread_mutex_unlock(&lookup->lock);
    give_back(lookup);
}
