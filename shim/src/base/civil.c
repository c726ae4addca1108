/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of the civil calendar. */
#include "base/civil.h"

#define DAY_SECONDS   86400
#define ERA_DAYS      146097 /* of 400 years */
#define DAYS_TO_1970  719468 /* from 0000-03-01, where an era begins: leap days come last */
#define UNIX_YEAR_0   (-62167219200)
#define UNIX_YEAR_END 253402300799 /* 9999-12-31 23:59:59 */

static int days_of_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

static int64_t days_from_civil(int year, int month, int day) {
    int shifted = month <= 2 ? year + 399 : year + 400; /* an era up: never negative */
    int era = shifted / 400 - 1;
    int year_of_era = shifted % 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

bool avs_civil_to_unix(const struct avs_civil *civil, int64_t *ret_unix) {
    bool is_day = civil->year >= 0 && civil->year <= 9999 && civil->month >= 1 &&
                  civil->month <= 12 && civil->day >= 1 &&
                  civil->day <= days_of_month(civil->year, civil->month);
    bool is_time = civil->hour >= 0 && civil->hour <= 23 && civil->minute >= 0 &&
                   civil->minute <= 59 && civil->second >= 0 && civil->second <= 60;
    if (!is_day || !is_time) {
        return false;
    }
    *ret_unix = days_from_civil(civil->year, civil->month, civil->day) * DAY_SECONDS +
                civil->hour * 3600 + civil->minute * 60 + civil->second;
    return true;
}

bool avs_civil_from_unix(int64_t unix_seconds, struct avs_civil *ret_civil) {
    if (unix_seconds < UNIX_YEAR_0 || unix_seconds > UNIX_YEAR_END) {
        return false;
    }
    /* counted from an era earlier, so that no division is of a negative number */
    int64_t seconds = unix_seconds + (int64_t)(DAYS_TO_1970 + ERA_DAYS) * DAY_SECONDS;
    int days = (int)(seconds / DAY_SECONDS);
    int second_of_day = (int)(seconds % DAY_SECONDS);
    int day_of_era = days % ERA_DAYS;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int month = month_from_march + (month_from_march < 10 ? 3 : -9);
    *ret_civil = (struct avs_civil){
        .year = year_of_era + (days / ERA_DAYS - 1) * 400 + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
        .hour = second_of_day / 3600,
        .minute = second_of_day / 60 % 60,
        .second = second_of_day % 60,
    };
    return true;
}

/* `count` digits at `text`, -1 when one is none. */
static int read_digits(const char *text, size_t count) {
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* The field that a letter of a pattern stands for, NULL for a byte that is itself. */
static int *field_of(struct avs_civil *civil, char letter) {
    switch (letter) {
    case 'Y':
    case 'y':
        return &civil->year;
    case 'M':
        return &civil->month;
    case 'D':
        return &civil->day;
    case 'h':
        return &civil->hour;
    case 'm':
        return &civil->minute;
    case 's':
        return &civil->second;
    default:
        return NULL;
    }
}

size_t avs_civil_parse(const char *pattern, const char *text, size_t length, int64_t *ret_unix) {
    struct avs_civil civil = {.month = 1, .day = 1};
    size_t at = 0;
    for (; *pattern; pattern++) {
        int *field = field_of(&civil, *pattern);
        size_t width = !field ? 1 : *pattern == 'Y' ? 4 : 2;
        if (length - at < width) {
            return 0;
        }
        if (field) {
            *field = read_digits(text + at, width);
        } else if (*pattern == '_' ? text[at] != ' ' && text[at] != 'T' : text[at] != *pattern) {
            return 0;
        }
        if (*pattern == 'y' && civil.year >= 0) {
            civil.year += civil.year < 50 ? 2000 : 1900;
        }
        at += width;
    }
    return avs_civil_to_unix(&civil, ret_unix) ? at : 0;
}
