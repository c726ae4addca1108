/* SPDX-License-Identifier: Apache-2.0 */
/* The one error idiom: a status for every fallible call, detail in `reterr`, deferred cleanup, and
 * a happy path that reads straight down. */
#ifndef AVS_BASE_FLOW_H
#define AVS_BASE_FLOW_H

#include <stdlib.h>

#include <avs/status.h>

/** Fill `reterr` (may be NULL) and return `status`. The message names the thing, the place, the
 * fix. */
AVS_PRINTF(3, 4)
enum avs_status avs_fail(struct avs_error *reterr, enum avs_status status, const char *format, ...);

/** As avs_fail, with a row of the catalogue. */
AVS_PRINTF(4, 5)
enum avs_status avs_fail_cause(struct avs_error *reterr, enum avs_status status,
                               enum avs_cause cause, const char *format, ...);

/** As avs_fail_cause, with an errno. */
AVS_PRINTF(5, 6)
enum avs_status avs_fail_errno(struct avs_error *reterr, enum avs_status status,
                               enum avs_cause cause, int os_errno, const char *format, ...);

/** Out of memory; allocates nothing. */
enum avs_status avs_fail_memory(struct avs_error *reterr);

/** Return from the enclosing function when `expr` is not AVS_OK. */
#define AVS_TRY(expr)                             \
    do {                                          \
        enum avs_status avs_try_status_ = (expr); \
        if (avs_try_status_ != AVS_OK) {          \
            return avs_try_status_;               \
        }                                         \
    } while (0)

/** Return NO_MEMORY when an allocation gave NULL. */
#define AVS_REQUIRE_MEMORY(pointer, reterr) \
    do {                                    \
        if (!(pointer)) {                   \
            return avs_fail_memory(reterr); \
        }                                   \
    } while (0)

#define AVS_CLEANUP(function) __attribute__((cleanup(function)))

/** Define the cleanup for `AVS_AUTO(name)`: a pointer of `type` freed by `free_fn` on scope exit.
 */
#define AVS_DEFINE_AUTO(name, type, free_fn)                                     \
    __attribute__((unused)) static inline void avs_auto_##name(type **pointer) { \
        if (*pointer) {                                                          \
            free_fn(*pointer);                                                   \
        }                                                                        \
    }                                                                            \
    typedef type *avs_auto_type_##name
/* unused: a variable that is there for its cleanup alone is used */
#define AVS_AUTO(name) AVS_CLEANUP(avs_auto_##name) __attribute__((unused)) avs_auto_type_##name

AVS_DEFINE_AUTO(char, char, free);

/** Take a pointer out of its AVS_AUTO variable. */
#define AVS_STEAL(variable)                           \
    __extension__({                                   \
        __typeof__(variable) avs_steal_ = (variable); \
        (variable) = NULL;                            \
        avs_steal_;                                   \
    })

#define AVS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
