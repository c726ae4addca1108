/* SPDX-License-Identifier: Apache-2.0 */
/* The measurements, the same for every transport: driver FIGURE --url BASE --ca FILE [--count N].
 * Prints one number. */
#include <dirent.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define BURST     100
#define MIB       (1024.0 * 1024.0)
#define DOWN_MIB  64
#define UP_MIB    16
#define SMALL_MIB 4
#define CALLS_MAX 4096

struct run {
    struct bench_options options;
    long count; /* 0: the figure's own default */
};

static void prepare(struct bench_call *call, const struct run *run, const char *path) {
    memset(call, 0, sizeof(*call));
    size_t base = strlen(run->options.base);
    size_t rest = strlen(path) + 1;
    if (base + rest > sizeof(call->url)) {
        bench_die("the URL is too long");
    }
    memcpy(call->url, run->options.base, base);
    memcpy(call->url + base, path, rest);
    sem_init(&call->answered, 0, 0);
    sem_init(&call->done, 0, 0);
}

static void wait_for(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0) {
    }
}

static void must_be_ok(const struct bench_call *call) {
    if (call->has_failed || call->status != 200) {
        bench_die("%s: failed, status %d", call->url, call->status);
    }
}

/* One whole GET, in microseconds. */
static double timed_get(struct transport *transport, const struct run *run, const char *path) {
    struct bench_call call;
    prepare(&call, run, path);
    double start = bench_now_us();
    transport_submit(transport, &call);
    wait_for(&call.done);
    double end = bench_now_us();
    must_be_ok(&call);
    return end - start;
}

/* A stream that stays open, as AVS's downchannel. */
static void open_downchannel(struct transport *transport, const struct run *run,
                             struct bench_call *call) {
    prepare(call, run, "/hold");
    transport_submit(transport, call);
    wait_for(&call->answered);
    if (call->status != 200) {
        bench_die("%s: no answer, status %d", call->url, call->status);
    }
}

static void sleep_ms(double ms) {
    struct timespec time = {.tv_sec = (time_t)(ms / 1e3)};
    time.tv_nsec = (long)((ms - (double)time.tv_sec * 1e3) * 1e6);
    nanosleep(&time, NULL);
}

static struct bench_call downchannel;

static double latency(const struct run *run, long count, double pause_ms) {
    struct transport *transport = transport_new(&run->options);
    open_downchannel(transport, run, &downchannel);
    double *times = calloc((size_t)count, sizeof(*times));
    for (int i = 0; i < 5; i++) {
        timed_get(transport, run, "/get");
    }
    for (long i = 0; i < count; i++) {
        if (pause_ms > 0) {
            sleep_ms(pause_ms * (double)rand() / RAND_MAX);
        }
        times[i] = timed_get(transport, run, "/get");
    }
    double result = bench_percentile(times, (size_t)count, 50);
    free(times);
    transport_free(transport);
    return result / 1e3;
}

static double figure_sequential(const struct run *run) {
    return latency(run, run->count ? run->count : 1000, 0);
}

static double figure_random(const struct run *run) {
    return latency(run, run->count ? run->count : 60, 100);
}

static double figure_burst(const struct run *run) {
    static struct bench_call calls[BURST];
    struct transport *transport = transport_new(&run->options);
    open_downchannel(transport, run, &downchannel);
    long rounds = run->count ? run->count : 20;
    double *times = calloc((size_t)rounds, sizeof(*times));
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < BURST; i++) {
            prepare(&calls[i], run, "/get");
        }
        double start = bench_now_us();
        for (int i = 0; i < BURST; i++) {
            transport_submit(transport, &calls[i]);
        }
        for (int i = 0; i < BURST; i++) {
            wait_for(&calls[i].done);
        }
        times[round] = bench_now_us() - start;
        for (int i = 0; i < BURST; i++) {
            must_be_ok(&calls[i]);
        }
    }
    double result = bench_percentile(times, (size_t)rounds, 50);
    free(times);
    transport_free(transport);
    return result / 1e3;
}

/* Voluntary context switches of every thread but this one: each is one wake-up. */
static long wakeups(void) {
    long sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks && (entry = readdir(tasks)) != NULL;) {
        char path[300];
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == (int)syscall(SYS_gettid)) {
            continue;
        }
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen(path, "r");
        char line[256];
        while (file && fgets(line, sizeof(line), file)) {
            long value = 0;
            if (sscanf(line, "voluntary_ctxt_switches: %ld", &value) == 1) {
                sum += value;
            }
        }
        if (file) {
            fclose(file);
        }
    }
    if (tasks) {
        closedir(tasks);
    }
    return sum;
}

static double figure_idle(const struct run *run) {
    struct transport *transport = transport_new(&run->options);
    open_downchannel(transport, run, &downchannel);
    long seconds = run->count ? run->count : 5;
    sleep_ms(1500); /* what the connection's start sets off is over */
    long before = wakeups();
    sleep_ms((double)seconds * 1e3);
    long after = wakeups();
    transport_free(transport);
    return (double)(after - before) / (double)seconds;
}

static double transfer(const struct run *run, const char *path, size_t upload_bytes, double mib) {
    struct transport *transport = transport_new(&run->options);
    open_downchannel(transport, run, &downchannel);
    timed_get(transport, run, "/get");
    struct bench_call call;
    prepare(&call, run, path);
    call.upload_bytes = upload_bytes;
    double start = bench_now_us();
    transport_submit(transport, &call);
    wait_for(&call.done);
    double seconds = (bench_now_us() - start) / 1e6;
    must_be_ok(&call);
    transport_free(transport);
    return mib * MIB / 1e6 / seconds; /* MB/s */
}

static double figure_down(const struct run *run) {
    return transfer(run, "/down", 0, DOWN_MIB);
}

/* As much as a path with loss brings over in a minute. */
static double figure_lossy(const struct run *run) {
    return transfer(run, "/down-small", 0, SMALL_MIB);
}

static double figure_up(const struct run *run) {
    return transfer(run, "/up", (size_t)(UP_MIB * MIB), UP_MIB);
}

static double figure_memory(const struct run *run) {
    long count = run->count ? run->count : 20;
    struct transport **transports = calloc((size_t)count + 1, sizeof(*transports));
    struct bench_call *calls = calloc((size_t)count + 1, sizeof(*calls));
    double before = 0;
    for (long i = 0; i <= count; i++) {
        transports[i] = transport_new(&run->options);
        open_downchannel(transports[i], run, &calls[i]);
        if (i == 0) {
            before = bench_resident_kb();
        }
    }
    double after = bench_resident_kb();
    for (long i = 0; i <= count; i++) {
        transport_free(transports[i]);
    }
    free(transports);
    free(calls);
    return (after - before) / (double)count;
}

/* The same for further connections of one transport, to further origins: c0.localhost and so on. */
static double figure_memory_origin(const struct run *run) {
    long count = run->count ? run->count : 20;
    struct bench_call *calls = calloc((size_t)count + 1, sizeof(*calls));
    struct transport *transport = transport_new(&run->options);
    const char *rest = strstr(run->options.base, "localhost");
    if (!rest) {
        bench_die("this figure needs a server on localhost");
    }
    double before = 0;
    for (long i = 0; i <= count; i++) {
        char base[128];
        snprintf(base, sizeof(base), "https://c%ld.%s", i, rest);
        struct run other = {.options = {.base = base, .ca_file = run->options.ca_file}};
        open_downchannel(transport, &other, &calls[i]);
        before = i == 0 ? bench_resident_kb() : before;
    }
    double after = bench_resident_kb();
    transport_free(transport);
    free(calls);
    return (after - before) / (double)count;
}

static double cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* The server drops the connection, then the next request has to make a new one. */
static double reconnect(const struct run *run, bool wants_cpu) {
    struct transport *transport = transport_new(&run->options);
    long count = run->count ? run->count : 20;
    double *times = calloc((size_t)count, sizeof(*times));
    timed_get(transport, run, "/get");
    for (long i = 0; i < count; i++) {
        struct bench_call call;
        prepare(&call, run, "/bye");
        transport_submit(transport, &call);
        wait_for(&call.done);
        sleep_ms(5);
        double cpu = cpu_us();
        times[i] = timed_get(transport, run, "/get");
        if (wants_cpu) {
            times[i] = cpu_us() - cpu;
        }
    }
    double result = bench_percentile(times, (size_t)count, 50);
    free(times);
    transport_free(transport);
    return result / 1e3;
}

static double figure_reconnect(const struct run *run) {
    return reconnect(run, false);
}

static double figure_reconnect_cpu(const struct run *run) {
    return reconnect(run, true);
}

static double figure_cancel(const struct run *run) {
    struct transport *transport = transport_new(&run->options);
    open_downchannel(transport, run, &downchannel);
    long count = run->count ? run->count : 300;
    double *times = calloc((size_t)count, sizeof(*times));
    for (long i = 0; i < count; i++) {
        struct bench_call call;
        open_downchannel(transport, run, &call);
        double start = bench_now_us();
        transport_cancel(transport, &call);
        wait_for(&call.done);
        times[i] = bench_now_us() - start;
    }
    double result = bench_percentile(times, (size_t)count, 99);
    free(times);
    transport_free(transport);
    return result / 1e3;
}

/* "ready" on stderr tells the script to stop the server; the answer is how long it took to see. */
static double dead(const struct run *run, bool has_traffic) {
    struct transport *transport = transport_new(&run->options);
    struct bench_call call;
    open_downchannel(transport, run, &downchannel);
    timed_get(transport, run, "/get");
    fprintf(stderr, "ready\n");
    if (getchar() == EOF) { /* a line: it is stopped */
        bench_die("nobody said when");
    }
    double start = bench_now_us();
    if (has_traffic) {
        prepare(&call, run, "/get");
        transport_submit(transport, &call);
    }
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += run->count ? run->count : 60;
    int result = sem_timedwait(&downchannel.done, &limit);
    double seconds = (bench_now_us() - start) / 1e6;
    printf("%.3f\n", result == 0 ? seconds : -1.0);
    fflush(stdout);
    _exit(0); /* the stock one could not close in good order */
}

static double figure_dead_idle(const struct run *run) {
    return dead(run, false);
}

static double figure_dead_traffic(const struct run *run) {
    return dead(run, true);
}

static const struct {
    const char *name;
    double (*measure)(const struct run *run);
} figures[] = {
    {"sequential", figure_sequential},
    {"random", figure_random},
    {"burst", figure_burst},
    {"idle", figure_idle},
    {"down", figure_down},
    {"lossy", figure_lossy},
    {"up", figure_up},
    {"memory", figure_memory},
    {"memory-origin", figure_memory_origin},
    {"reconnect", figure_reconnect},
    {"reconnect-cpu", figure_reconnect_cpu},
    {"cancel", figure_cancel},
    {"dead-idle", figure_dead_idle},
    {"dead-traffic", figure_dead_traffic},
};

int main(int argc, char **argv) {
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"ca", required_argument, NULL, 'c'},
                                            {"count", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    struct run run = {0};
    for (int id; (id = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (id) {
        case 'u':
            run.options.base = optarg;
            break;
        case 'c':
            run.options.ca_file = optarg;
            break;
        case 'n':
            run.count = atol(optarg);
            break;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc || !run.options.base || !run.options.ca_file || run.count < 0 ||
        run.count > 1000000) {
        bench_die("Usage: %s FIGURE --url BASE --ca FILE [--count N]", argv[0]);
    }
    srand(1);
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        if (strcmp(figures[i].name, argv[optind]) == 0) {
            printf("%.4f\n", figures[i].measure(&run));
            return 0;
        }
    }
    bench_die("no figure '%s'", argv[optind]);
}
