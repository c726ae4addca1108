/* SPDX-License-Identifier: Apache-2.0 */
/* malloc and friends, wrapped by the linker, one of which can be told to fail. */
#include "support/test.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
char *__real_strdup(const char *text);
#pragma GCC visibility push(default) /* with musl the C library itself refers to them */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
char *__wrap_strdup(const char *text);
#pragma GCC visibility pop

static unsigned countdown;
static bool has_failed;

void test_fail_allocation(unsigned nth) {
    __atomic_store_n(&has_failed, false, __ATOMIC_RELAXED);
    __atomic_store_n(&countdown, nth, __ATOMIC_RELAXED);
}

bool test_allocation_failed(void) {
    __atomic_store_n(&countdown, 0, __ATOMIC_RELAXED);
    return __atomic_load_n(&has_failed, __ATOMIC_RELAXED);
}

static bool must_fail(void) {
    if (__atomic_load_n(&countdown, __ATOMIC_RELAXED) == 0) {
        return false;
    }
    if (__atomic_sub_fetch(&countdown, 1, __ATOMIC_RELAXED) > 0) {
        return false;
    }
    __atomic_store_n(&has_failed, true, __ATOMIC_RELAXED);
    return true;
}

void *__wrap_malloc(size_t size) {
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size) {
    return must_fail() ? NULL : __real_realloc(pointer, size);
}

char *__wrap_strdup(const char *text) {
    return must_fail() ? NULL : __real_strdup(text);
}
