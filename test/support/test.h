/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes: cmocka, and the allocation counter. */
#ifndef AVS_TEST_H
#define AVS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Make the nth allocation (1-based) made by the code under test fail once; 0 = never.
 *  Only calls compiled into this program count (our objects, not libcrypto's). */
void test_fail_allocation(unsigned nth);
/** True when the failure was used up: the loop over n ends at the first run where it was not. */
bool test_allocation_failed(void);

/** for (each n) body; ends once the body ran with no failing allocation. Capped at `limit`. */
#define TEST_EACH_ALLOCATION(n, limit)                                    \
    for (unsigned n = 1; n <= (limit) && (test_fail_allocation(n), true); \
         n = test_allocation_failed() ? n + 1 : (limit) + 1)

#endif
