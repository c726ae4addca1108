/* SPDX-License-Identifier: Apache-2.0 */
/* The totals of a fleet: counters with ceilings. */
#ifndef AVS_REPORT_FLEET_H
#define AVS_REPORT_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/fleet.h>

#define AVS_FLEET_KEYS_MAX   1024 /* different hosts, roots, libraries; the others are one row */
#define AVS_FLEET_SLOTS      4096 /* of the index, a power of two */
#define AVS_FLEET_KEY_BYTES  160
#define AVS_FLEET_NAME_BYTES 128
#define AVS_FLEET_NAMES_MAX  5  /* of each cause by name */
#define AVS_FLEET_BROKEN_MAX 50 /* by name */
#define AVS_FLEET_TOP        10 /* rows of a table for people */

/** The names that come first in the alphabet, so that the order of reading makes no difference. */
struct avs_fleet_names {
    char name[AVS_FLEET_NAMES_MAX][AVS_FLEET_NAME_BYTES];
    size_t count;
};

struct avs_fleet_row {
    char key[AVS_FLEET_KEY_BYTES];
    uint64_t count, not_ready; /* not_ready: of the count, those that are not ready */
};

/** Counts by text. */
struct avs_fleet_table {
    const char *id, *title; /* "hosts", "Hosts"; static */
    struct avs_fleet_row row[AVS_FLEET_KEYS_MAX];
    uint16_t slot[AVS_FLEET_SLOTS]; /* index into row + 1, 0 = free */
    size_t count;
    struct avs_fleet_row others;
    bool is_told; /* some evidence says it: else there is nothing to total */
};

struct avs_fleet_broken {
    char name[AVS_FLEET_NAME_BYTES];
    char why[AVS_FLEET_KEY_BYTES];
};

enum { AVS_FLEET_HOSTS, AVS_FLEET_ROOTS, AVS_FLEET_SDKS, AVS_FLEET_LIBRARIES, AVS_FLEET_TABLES };

struct avs_fleet {
    uint64_t judged, by_readiness[3]; /* by enum avs_readiness */
    uint64_t broken;
    uint64_t by_cause[AVS_CAUSE_COUNT];
    struct avs_fleet_names names[AVS_CAUSE_COUNT];
    struct avs_fleet_table table[AVS_FLEET_TABLES];
    struct avs_fleet_broken broken_row[AVS_FLEET_BROKEN_MAX];
};

/** Indexes of causes that were met, most frequent first; returns how many. */
size_t avs_fleet_causes(const struct avs_fleet *fleet, enum avs_cause ret_causes[AVS_CAUSE_COUNT]);
/** Indexes of the rows of a table, most frequent first. */
void avs_fleet_order(const struct avs_fleet_table *table, uint16_t ret_order[AVS_FLEET_KEYS_MAX]);
/** A cause that few have, in a fleet that is large enough for "few" to mean something. */
bool avs_fleet_is_outlier(const struct avs_fleet *fleet, enum avs_cause cause);
/** "120 judged: 100 ready, 15 not ready, 5 cannot tell; 2 broken" */
void avs_fleet_sentence(const struct avs_fleet *fleet, char *text, size_t capacity);

#endif
