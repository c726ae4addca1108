/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of the civil calendar (proleptic Gregorian, UTC) as Unix seconds in 64 bits. Nothing here
 * goes through time_t: with 32 bits it ends on 2038-01-19, and certificates do not. */
#ifndef AVS_BASE_CIVIL_H
#define AVS_BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct avs_civil {
    int year;  /**< 0 to 9999 */
    int month; /**< 1 to 12 */
    int day;   /**< 1 to 28, 29, 30 or 31, as the month has it */
    int hour;
    int minute;
    int second; /**< 0 to 60: a leap second is the next minute's first */
};

/** False for a date that no calendar has (2026-02-30). */
bool avs_civil_to_unix(const struct avs_civil *civil, int64_t *ret_unix);

/** False outside the years 0 to 9999. */
bool avs_civil_from_unix(int64_t unix_seconds, struct avs_civil *ret_civil);

/** Read a date that `text` begins with. In `pattern` Y stands for four digits, y for two (years
 * 1950 to 2049, RFC 5280 section 4.1.2.5.1), M D h m s for two each, _ for a blank or a T; any
 * other byte is itself. What is not in the pattern is the earliest: the first of the month,
 * midnight. Returns the bytes read; 0 when the text is none, too short, or a date that no calendar
 * has. */
size_t avs_civil_parse(const char *pattern, const char *text, size_t length, int64_t *ret_unix);

#endif
