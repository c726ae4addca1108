/* SPDX-License-Identifier: Apache-2.0 */
/* When the SDK's releases came out, so that a log that claims to be older than the code that wrote
 * it is known for what it is: a wrong clock. Source: the SDK's CHANGELOG.md; months where the day
 * does not matter. */
#include <stdlib.h>
#include <string.h>

#include "inspect/rules.h"

enum { MARGIN_S = 45 * 24 * 3600 }; /* beta access, and the table's coarseness */

static const int64_t floor_any = 1485907200; /* 2017-02-01 */

/* 100 * major + minor, Unix seconds of the first day of its month. In order. */
static const struct {
    unsigned release;
    int64_t unix_seconds;
} releases[] = {
    {0, 1485907200},   /* 0.1 2017-02 */
    {100, 1501545600}, /* 1.0 2017-08 */
    {101, 1506816000}, /* 1.1 2017-10 */
    {102, 1506816000}, /* 1.2 2017-10 */
    {106, 1519862400}, /* 1.6 2018-03 */
    {107, 1522540800}, /* 1.7 2018-04 */
    {110, 1538352000}, /* 1.10 2018-10 */
    {111, 1543622400}, /* 1.11 2018-12 */
    {113, 1556668800}, /* 1.13 2019-05 */
    {116, 1569888000}, /* 1.16 2019-10 */
    {117, 1575158400}, /* 1.17 2019-12 */
    {118, 1580515200}, /* 1.18 2020-02 */
    {119, 1585699200}, /* 1.19 2020-04 */
    {120, 1590969600}, /* 1.20 2020-06 */
    {121, 1601510400}, /* 1.21 2020-10 */
    {122, 1606780800}, /* 1.22 2020-12 */
    {123, 1614556800}, /* 1.23 2021-03 */
    {124, 1622505600}, /* 1.24 2021-06 */
    {125, 1627776000}, /* 1.25 2021-08 */
    {126, 1640995200}, /* 1.26 2022-01 */
    {300, 1672531200}, /* 3.0 2023-01 */
};

int64_t avs_release_floor_any(void) {
    return floor_any;
}

int64_t avs_release_floor(const char *version, unsigned *ret_release) {
    if (*version == 'v' || *version == 'V') {
        version++;
    }
    char *end = NULL;
    if (*version < '0' || *version > '9') {
        return -1;
    }
    unsigned long major = strtoul(version, &end, 10);
    unsigned long minor = 0;
    if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
        minor = strtoul(end + 1, &end, 10);
    }
    if (major > 99 || minor > 99) {
        return -1;
    }
    *ret_release = (unsigned)(major * 100 + minor);
    int64_t floor = floor_any;
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        if (releases[i].release <= *ret_release) {
            floor = releases[i].unix_seconds - MARGIN_S;
        }
    }
    return floor < floor_any ? floor_any : floor;
}
