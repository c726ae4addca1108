/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/failing_process.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#define NEVER       0xffffffffu
#define EARLY_BYTES 4096 /* for dlsym itself, before there is a next allocator */

static unsigned countdown = NEVER;
static bool has_failed;
static _Alignas(16) char early[EARLY_BYTES];
static size_t early_used;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static void look_up(void) {
    static bool is_looking;
    if (!is_looking) {
        is_looking = true;
        *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
        *(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
        *(void **)&next_free = dlsym(RTLD_NEXT, "free");
        *(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc"); /* last: it says that all are there */
    }
}

static void *take_early(size_t size) {
    size_t at = early_used;
    early_used += (size + 15) & ~(size_t)15;
    return early_used <= sizeof(early) ? early + at : NULL;
}

static bool must_fail(void) {
    if (__atomic_load_n(&countdown, __ATOMIC_RELAXED) == NEVER ||
        __atomic_sub_fetch(&countdown, 1, __ATOMIC_RELAXED) != 0) {
        return false;
    }
    __atomic_store_n(&countdown, NEVER, __ATOMIC_RELAXED);
    __atomic_store_n(&has_failed, true, __ATOMIC_RELAXED);
    return true;
}

/* The wrapped names of support/ must not be these. */
__attribute__((visibility("default"))) void *malloc(size_t size) {
    if (!next_calloc) {
        look_up();
    }
    return must_fail() ? NULL : next_malloc ? next_malloc(size) : take_early(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
    if (!next_calloc) {
        look_up();
    }
    if (must_fail()) {
        return NULL;
    }
    return next_calloc ? next_calloc(count, size) : take_early(count * size);
}

__attribute__((visibility("default"))) void *realloc(void *pointer, size_t size) {
    if (!next_calloc) {
        look_up();
    }
    return must_fail() ? NULL : next_realloc(pointer, size);
}

__attribute__((visibility("default"))) void free(void *pointer) {
    uintptr_t at = (uintptr_t)pointer;
    bool is_early = at >= (uintptr_t)early && at < (uintptr_t)early + sizeof(early);
    if (!is_early && next_free) {
        next_free(pointer);
    }
}

static unsigned count_allocations(failing_run *run) {
    const unsigned most = NEVER - 1;
    __atomic_store_n(&countdown, most, __ATOMIC_RELAXED);
    bool is_right = run();
    unsigned left = __atomic_load_n(&countdown, __ATOMIC_RELAXED);
    __atomic_store_n(&countdown, NEVER, __ATOMIC_RELAXED);
    assert_true(is_right);
    return most - left;
}

enum { HANDLED, NOT_REACHED, CONTRADICTION };

static unsigned slack(void) {
    const char *text = getenv("AVS_TEST_SLACK"); /* how much slower an emulator is */
    int factor = text ? atoi(text) : 1;
    return factor > 0 ? (unsigned)factor : 1;
}

unsigned failing_process_seconds(unsigned seconds) {
    return seconds * slack();
}

static void fail_one(failing_run *run, unsigned nth, unsigned seconds) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(failing_process_seconds(seconds));
        __atomic_store_n(&countdown, nth, __ATOMIC_RELAXED);
        bool is_right = run();
        _exit(!is_right ? CONTRADICTION : has_failed ? HANDLED : NOT_REACHED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        fail_msg("allocation %u failed: %s", nth,
                 WTERMSIG(status) == SIGALRM ? "it hangs" : strsignal(WTERMSIG(status)));
    }
    if (WEXITSTATUS(status) == CONTRADICTION) {
        fail_msg("allocation %u failed: the outcome contradicts itself", nth);
    }
}

unsigned failing_process(failing_run *run, unsigned points_max, unsigned seconds) {
    assert_true(run()); /* what is made once in a process is made now */
    unsigned count = count_allocations(run);
    unsigned most = points_max / slack();
    unsigned points = count < most ? count : most;
    for (unsigned i = 0; i < points; i++) {
        fail_one(run, 1 + (unsigned)((uint64_t)i * count / points), seconds);
    }
    print_message("%u of %u allocations\n", points, count);
    return points;
}
