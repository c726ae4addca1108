/* SPDX-License-Identifier: Apache-2.0 */
/* The fast part: which lines deserve a second look. Runs over every byte of gigabytes, so it knows
 * only newlines, four marking bytes and the names of a few components. */
#ifndef AVS_INSPECT_SCAN_H
#define AVS_INSPECT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AVS_TRIGGER_BITS = 4096,    /* bitmap over a hash of the eight bytes before a ':' */
    AVS_TRIGGER_NAMES_MAX = 64, /* different component names and phrases */
    AVS_TRIGGER_SHORTS_MAX = 8,
};

struct avs_triggers {
    uint64_t tails[AVS_TRIGGER_BITS / 64];
    uint8_t firsts[AVS_TRIGGER_BITS]; /* 1 + the first name with that tail, 0 = none */
    struct {
        const char *name;
        size_t length;
        uint64_t tail, tail_mask;      /* its last eight bytes as a number, or all of them */
        uint8_t next;                  /* as in firsts */
        size_t first_rule, rule_count; /* in avs_line_rules; no rules: a phrase, of interest */
    } names[AVS_TRIGGER_NAMES_MAX];
    size_t name_count;
    uint8_t shorts[AVS_TRIGGER_SHORTS_MAX]; /* names shorter than a tail */
    size_t short_count;
};

/** Collect the names from the tables of rules. */
void avs_triggers_init(struct avs_triggers *triggers);

/** Which name ends at `text[colon]` (a ':'); -1 when none does. `is_whole`: no word byte before it.
 */
int avs_triggers_name(const struct avs_triggers *triggers, const char *text, size_t colon,
                      bool *ret_is_whole);

/** Called for each line; `is_hinted`: it may hold something. */
typedef void (*avs_line_fn)(void *user, const char *line, size_t length, bool is_hinted);

/** Split `text`, which ends with a newline, into lines. */
void avs_scan_lines(const struct avs_triggers *triggers, const char *text, size_t length,
                    avs_line_fn on_line, void *user);

#endif
