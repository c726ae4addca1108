/* SPDX-License-Identifier: Apache-2.0 */
/* What the opponents have in common: a transport is one source file behind these calls, the driver
 * measures whichever it is linked with. Nothing here is part of the product. */
#ifndef AVS_BENCH_H
#define AVS_BENCH_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_options {
    const char *base;    /* "https://localhost:PORT" */
    const char *ca_file; /* PEM */
};

/* One request. The driver zeroes it, sets the first group, and reads the rest after `done`. */
struct bench_call {
    char url[256];
    size_t upload_bytes; /* POST of that many zero bytes; 0: GET */

    atomic_int status; /* response code, 0 = none */
    size_t body_bytes;
    bool has_failed;
    sem_t answered; /* posted with the response code */
    sem_t done;     /* posted at the end, once */

    size_t sent; /* the transport's */
    uint64_t id;
    void *handle;
    atomic_bool is_cancelled;
    struct bench_call *next;
};

struct transport;

struct transport *transport_new(const struct bench_options *options);
/* Thread: the driver's. Never blocks. */
void transport_submit(struct transport *transport, struct bench_call *call);
void transport_cancel(struct transport *transport, struct bench_call *call);
void transport_free(struct transport *transport);

void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Monotonic, in microseconds. */
double bench_now_us(void);
/* What the process holds of memory, resident. */
double bench_resident_kb(void);
double bench_percentile(double *values, size_t count, double percent);

#endif
