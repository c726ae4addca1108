/* SPDX-License-Identifier: Apache-2.0 */
/* 1,000 cycles of connect, stream, cancel and disconnect from 8 threads, and 8 threads on one
 * client: every accepted request finishes exactly once. What the sanitizers are pointed at. */
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <avs/client.h>

#include "standin/standin.h"

#define THREADS       8
#define CYCLES        1000
#define STREAMS       4   /* of one cycle */
#define SHARED_ROUNDS 200 /* of each thread on the shared client */

static struct avs_standin *standin;
static char connect_to[32];

static int start_standin(void **state) {
    (void)state;
    char error[512] = "";
    const struct avs_standin_options options = {.size = sizeof(options),
                                                .directive_interval_ms = 1};
    if (!avs_standin_start(&options, &standin, error, sizeof(error))) {
        print_error("%s\n", error);
        return 1;
    }
    snprintf(connect_to, sizeof(connect_to), "127.0.0.1:%u", avs_standin_port(standin));
    return 0;
}

static int stop_standin(void **state) {
    (void)state;
    avs_standin_stop(standin);
    return 0;
}

struct tally {
    atomic_uint finished, complete, cancelled, other;
    struct avs_client *client; /* cancel from inside a callback, where set */
};

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct tally *tally = user;
    (void)bytes;
    (void)length;
    if (tally->client) {
        avs_client_resume(tally->client, id);
    }
    return AVS_SINK_SUCCESS;
}

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    (void)user;
    (void)id;
    *ret_length = capacity < 2000 ? capacity : 2000;
    memset(buffer, 'e', *ret_length);
    return AVS_SOURCE_COMPLETE;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct tally *tally = user;
    (void)id;
    switch (finish) {
    case AVS_FINISH_COMPLETE:
        tally->complete++;
        break;
    case AVS_FINISH_CANCELLED:
        tally->cancelled++;
        break;
    case AVS_FINISH_TIMEOUT:
    case AVS_FINISH_INTERNAL_ERROR:
        tally->other++;
        print_error("%s\n", failure->error->message);
        break;
    }
    tally->finished++;
}

static struct avs_client *new_client(void) {
    const struct avs_client_options options = {
        .size = sizeof(options),
        .ca_file = avs_standin_path(standin, AVS_STANDIN_FILE_CA),
        .connect_to = connect_to,
        .proxy = "",
    };
    struct avs_client *client = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_new(&options, &client, &error) != AVS_OK) {
        print_error("%s\n", error.message);
        abort();
    }
    return client;
}

static uint64_t submit(struct avs_client *client, struct tally *tally, const char *path,
                       bool is_post) {
    char url[128];
    snprintf(url, sizeof(url), "https://ok.localhost%s", path);
    const struct avs_request request = {
        .size = sizeof(request),
        .url = url,
        .user = tally,
        .on_read = is_post ? on_read : NULL,
        .on_data = on_data,
        .on_finished = on_finished,
    };
    uint64_t id = 0;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_submit(client, &request, &id, &error) != AVS_OK) {
        print_error("%s\n", error.message);
        abort();
    }
    return id;
}

static void wait_for(const atomic_uint *counter, unsigned value) {
    while (atomic_load(counter) < value) {
        sched_yield();
    }
}

/* Cycles differ in when they cancel and when they disconnect. */
static void cycle(unsigned number) {
    struct tally tally = {.finished = 0};
    struct avs_client *client = new_client();
    uint64_t downchannel = submit(client, &tally, "/v20160207/directives", false);
    submit(client, &tally, "/", false);
    uint64_t event = submit(client, &tally, "/v20160207/events", true);
    submit(client, &tally, "/ping", false);
    if (number % 3 == 0) {
        avs_client_cancel(client, event);
    }
    if (number % 4 != 0) {
        wait_for(&tally.finished, 1);
    }
    if (number % 2 == 0) {
        wait_for(&tally.finished, STREAMS - 1);
        avs_client_cancel(client, downchannel);
        wait_for(&tally.finished, STREAMS);
    }
    avs_client_free(client);
    if (atomic_load(&tally.finished) != STREAMS || atomic_load(&tally.other) != 0) {
        print_error("cycle %u: finished %u, other %u\n", number, tally.finished, tally.other);
        abort();
    }
}

static void *cycles(void *user) {
    const unsigned *first = user;
    for (unsigned i = *first; i < CYCLES; i += THREADS) {
        cycle(i);
    }
    return NULL;
}

static void every_cycle_finishes_every_request_once(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    unsigned firsts[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        firsts[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, cycles, &firsts[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

struct shared {
    struct avs_client *client;
    struct tally tally;
};

static void *use_shared(void *user) {
    struct shared *shared = user;
    for (unsigned i = 0; i < SHARED_ROUNDS; i++) {
        uint64_t id = submit(shared->client, &shared->tally, "/v20160207/events", true);
        avs_client_resume(shared->client, id);
        if (i % 5 == 0) {
            avs_client_cancel(shared->client, id);
        }
        avs_client_cancel(shared->client, id - 1); /* another's, or nobody's: see the ids */
        struct avs_client_stats stats = {.size = sizeof(stats)};
        avs_client_stats(shared->client, &stats);
    }
    return NULL;
}

static void eight_threads_share_one_client(void **state) {
    (void)state;
    struct shared shared = {.client = new_client()};
    shared.tally.client = shared.client;
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use_shared, &shared), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    wait_for(&shared.tally.finished, THREADS * SHARED_ROUNDS);
    struct avs_client_stats stats = {.size = sizeof(stats)};
    avs_client_stats(shared.client, &stats);
    assert_int_equal(stats.connections_ready, 1);
    assert_int_equal(stats.streams_submitted, THREADS * SHARED_ROUNDS);
    avs_client_free(shared.client);
    assert_int_equal(shared.tally.finished, THREADS * SHARED_ROUNDS);
    assert_int_equal(shared.tally.other, 0);
    assert_true(shared.tally.complete >= THREADS * SHARED_ROUNDS / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cycle_finishes_every_request_once),
        cmocka_unit_test(eight_threads_share_one_client),
    };
    return cmocka_run_group_tests(tests, start_standin, stop_standin);
}
