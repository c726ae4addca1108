/* SPDX-License-Identifier: Apache-2.0 */
/* A server that drops everybody, and many clients of one process that all come back at once: each
 * holds a stream open and opens it anew in the callback that tells of its end. storm --url BASE
 * --ca FILE --count N prints the ms until all are served again, and the dials that it took. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <avs/client.h>

#include "bench.h"

#define CLIENTS_MAX 4000
#define URL_BYTES   256

struct guest {
    struct avs_client *client;
    atomic_bool has_left; /* the storm is over: it does not come back */
};

static char url[URL_BYTES];
static sem_t served;
static atomic_uint failures; /* ends of a stream that was not answered: it is opened again */

static void come(struct guest *guest);

static bool on_response_code(void *user, uint64_t id, int code) {
    (void)user;
    (void)id;
    if (code == 200) {
        sem_post(&served);
    }
    return true;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct guest *guest = user;
    (void)id;
    (void)failure;
    if (!guest->has_left && finish != AVS_FINISH_CANCELLED) {
        failures++;
        come(guest);
    }
}

static void come(struct guest *guest) {
    const struct avs_request request = {.size = sizeof(request),
                                        .url = url,
                                        .user = guest,
                                        .is_long_lived = true,
                                        .on_response_code = on_response_code,
                                        .on_finished = on_finished};
    struct avs_error error = AVS_ERROR_INIT;
    enum avs_status status = avs_client_submit(guest->client, &request, NULL, &error);
    if (status != AVS_OK && status != AVS_ERR_SHUT_DOWN) {
        bench_die("avs_client_submit: %s", error.message);
    }
}

static void all_served(long count) {
    for (long i = 0; i < count; i++) {
        while (sem_wait(&served) != 0) {
        }
    }
}

static uint64_t dials(const struct guest *guests, long count) {
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        struct avs_client_stats stats = {.size = sizeof(stats)};
        avs_client_stats(guests[i].client, &stats);
        sum += stats.connections_dialled;
    }
    return sum;
}

/* Ask the server to drop everybody, over a connection of its own. */
static void drop_all(const struct bench_options *options) {
    struct transport *transport = transport_new(options);
    struct bench_call call = {.status = 0};
    snprintf(call.url, sizeof(call.url), "%.200s/bye-all", options->base);
    sem_init(&call.answered, 0, 0);
    sem_init(&call.done, 0, 0);
    transport_submit(transport, &call);
    while (sem_wait(&call.done) != 0) {
    }
    transport_free(transport);
}

static void raise_limit(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"ca", required_argument, NULL, 'c'},
                                            {"count", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    struct bench_options bench = {.base = NULL};
    long count = 0;
    for (int id; (id = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bench.base = id == 'u' ? optarg : bench.base;
        bench.ca_file = id == 'c' ? optarg : bench.ca_file;
        count = id == 'n' ? atol(optarg) : count;
    }
    if (!bench.base || !bench.ca_file || count < 1 || count > CLIENTS_MAX) {
        bench_die("Usage: %s --url BASE --ca FILE --count N (1 to %d)", argv[0], CLIENTS_MAX);
    }
    raise_limit();
    snprintf(url, sizeof(url), "%.200s/hold", bench.base);
    sem_init(&served, 0, 0);
    struct guest *guests = calloc((size_t)count, sizeof(*guests));
    for (long i = 0; i < count; i++) {
        const struct avs_client_options client = {.size = sizeof(client), .ca_file = bench.ca_file};
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_client_new(&client, &guests[i].client, &error) != AVS_OK) {
            bench_die("avs_client_new: %s", error.message);
        }
        come(&guests[i]);
    }
    all_served(count);
    uint64_t before = dials(guests, count);
    double start = bench_now_us();
    drop_all(&bench);
    all_served(count);
    double taken_ms = (bench_now_us() - start) / 1e3;
    printf("%.1f %llu %u\n", taken_ms, (unsigned long long)(dials(guests, count) - before),
           failures);
    for (long i = 0; i < count; i++) {
        guests[i].has_left = true;
        avs_client_free(guests[i].client);
    }
    free(guests);
    return 0;
}
