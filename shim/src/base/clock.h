/* SPDX-License-Identifier: Apache-2.0 */
/* Time. Engines take it as an argument; only pumps and commands ask for it here. */
#ifndef AVS_BASE_CLOCK_H
#define AVS_BASE_CLOCK_H

#include <stdint.h>

int64_t avs_clock_monotonic_us(void);
int64_t avs_clock_wall_ms(void); /* Unix milliseconds, UTC */

/** When this library was built (Unix seconds, SOURCE_DATE_EPOCH respected): no honest clock is
 *  earlier. */
int64_t avs_clock_build_time(void);

#endif
