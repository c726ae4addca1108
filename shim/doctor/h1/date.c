/* SPDX-License-Identifier: Apache-2.0 */
/* See date.h. */
#include "h1/date.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"

bool avs_http_date(const char *text, int64_t *ret_unix) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char day[3], month[4], year[5], time[9], date[32];
    if (sscanf(text, "%*3[A-Za-z], %2[0-9] %3[A-Za-z] %4[0-9] %8[0-9:] GMT", day, month, year,
               time) != 4) {
        return false;
    }
    const char *at = strstr(months, month);
    if (!at || (at - months) % 3 != 0) {
        return false;
    }
    avs_text_format(date, sizeof(date), "%s-%02d-%s %s", year, (int)((at - months) / 3 + 1), day,
                    time);
    return avs_civil_parse("Y-M-D_h:m:s", date, strlen(date), ret_unix) == strlen(date);
}
