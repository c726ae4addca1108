/* SPDX-License-Identifier: Apache-2.0 */
/* See conclude.h. A pattern names slots of the ladder and what was seen in each; a row whose
 * conditions all hold proves what it says. What was not tried is no evidence: it meets no "has". */
#include "ladder/conclude.h"

#include <string.h>

#include "base/flow.h"
#include "ladder/plan.h"

/* What a condition looks at: rungs with one thing changed, unless the comment says otherwise. */
enum slot {
    SLOT_END,
    SLOT_BASE,
    SLOT_HTTP1,
    SLOT_TLS13,
    SLOT_TLS12,
    SLOT_NO_ALPN,
    SLOT_RSA,
    SLOT_ECDSA,
    SLOT_ADDRESSES,
    SLOT_V4,
    SLOT_V6,
    SLOT_DIRECT,
    SLOT_PORT,
    SLOT_SEGMENTS,
    SLOT_REQUESTS, /* of up to two full packets, from any passing combination */
    SLOT_ANY,      /* every rung that was tried */
    SLOT_OURS,     /* stores, on the chain that "as configured" was shown: PASSED or UNTRUSTED */
    SLOT_SYSTEM,
    SLOT_ATS,
    SLOT_COUNT
};

#define PASSED     AVS_SIGHT_PASSED
#define UNTRUSTED  AVS_SIGHT_UNTRUSTED
#define UNREACHED  AVS_SIGHT_UNREACHED
#define STALLED    AVS_SIGHT_STALLED
#define REFUSED    AVS_SIGHT_REFUSED
#define NO_VERSION AVS_SIGHT_NO_VERSION
#define UNANSWERED AVS_SIGHT_UNANSWERED
/* the handshake ended without a word of the server's that says why */
#define SWALLOWED (AVS_SIGHT_SILENT | AVS_SIGHT_DROPPED)
/* the server's certificates came */
#define SPOKE (PASSED | UNTRUSTED | STALLED | UNANSWERED)
/* this server was not talked to */
#define CUT_OFF (UNREACHED | SWALLOWED | AVS_SIGHT_FOREIGN)
#define FAILED  (CUT_OFF | NO_VERSION | REFUSED | UNTRUSTED | STALLED | UNANSWERED)

struct condition {
    enum slot slot;
    unsigned has;  /* one of these was seen; 0 = nothing need be */
    unsigned only; /* nothing else was; 0 = anything may be */
};

/* Where small segments get through, size is what is wrong: a handshake of TLS 1.2 may be small
 * enough by itself. The rows in which one thing is wrong come before those that are notes; an
 * address or a protocol that explains the rest comes before what it explains. */
static const struct {
    enum avs_ladder_proof proof;
    bool is_note;
    struct condition when[4];
} patterns[] = {
    {AVS_PROOF_NOTHING_REACHED,
     false,
     {{SLOT_BASE, UNREACHED, 0}, {SLOT_ANY, UNREACHED, UNREACHED}}},
    {AVS_PROOF_TLS13_SWALLOWED,
     false,
     {{SLOT_BASE, SWALLOWED, 0},
      {SLOT_TLS13, SWALLOWED, 0},
      {SLOT_TLS12, SPOKE, 0},
      {SLOT_SEGMENTS, SWALLOWED, SWALLOWED}}},
    {AVS_PROOF_ALPN_SWALLOWED,
     false,
     {{SLOT_BASE, SWALLOWED, 0},
      {SLOT_HTTP1, SWALLOWED, 0},
      {SLOT_NO_ALPN, SPOKE, 0},
      {SLOT_SEGMENTS, SWALLOWED, SWALLOWED}}},
    {AVS_PROOF_LARGE_SEGMENTS_LOST,
     false,
     {{SLOT_BASE, AVS_SIGHT_SILENT | STALLED, 0},
      {SLOT_SEGMENTS, PASSED | UNTRUSTED | UNANSWERED, 0}}},
    {AVS_PROOF_PROXY_BROKEN, false, {{SLOT_BASE, FAILED, 0}, {SLOT_DIRECT, PASSED, 0}}},
    {AVS_PROOF_PORT_BLOCKED, false, {{SLOT_BASE, CUT_OFF, 0}, {SLOT_PORT, SPOKE, 0}}},
    {AVS_PROOF_IPV6_DEAD, false, {{SLOT_V6, CUT_OFF, CUT_OFF}, {SLOT_V4, SPOKE, 0}}},
    {AVS_PROOF_IPV4_DEAD, false, {{SLOT_V4, CUT_OFF, CUT_OFF}, {SLOT_V6, SPOKE, 0}}},
    {AVS_PROOF_ADDRESS_CHAIN, false, {{SLOT_ADDRESSES, PASSED, 0}, {SLOT_ADDRESSES, UNTRUSTED, 0}}},
    {AVS_PROOF_ADDRESS_BROKEN, false, {{SLOT_V4, PASSED, 0}, {SLOT_V4, FAILED & ~UNTRUSTED, 0}}},
    {AVS_PROOF_ADDRESS_BROKEN, false, {{SLOT_V6, PASSED, 0}, {SLOT_V6, FAILED & ~UNTRUSTED, 0}}},
    {AVS_PROOF_COMES_AND_GOES,
     false,
     {{SLOT_BASE, FAILED, 0},
      {SLOT_TLS13, PASSED, 0},
      {SLOT_TLS12, PASSED, 0},
      {SLOT_ADDRESSES, 0, PASSED}}},
    {AVS_PROOF_LARGE_REQUESTS_LOST, false, {{SLOT_REQUESTS, STALLED, 0}}},
    {AVS_PROOF_STORE_OTHER_CLOSES,
     false,
     {{SLOT_BASE, UNTRUSTED, 0}, {SLOT_OURS, UNTRUSTED, 0}, {SLOT_SYSTEM, PASSED, 0}}},
    {AVS_PROOF_STORE_LACKS_ATS,
     false,
     {{SLOT_BASE, UNTRUSTED, 0}, {SLOT_OURS, UNTRUSTED, 0}, {SLOT_ATS, PASSED, 0}}},
    {AVS_PROOF_RSA_UNTRUSTED, false, {{SLOT_RSA, UNTRUSTED, 0}, {SLOT_ECDSA, PASSED, 0}}},
    {AVS_PROOF_ECDSA_UNTRUSTED, false, {{SLOT_ECDSA, UNTRUSTED, 0}, {SLOT_RSA, PASSED, 0}}},
    {AVS_PROOF_HTTP2_REFUSED, false, {{SLOT_BASE, UNANSWERED, 0}, {SLOT_HTTP1, PASSED, 0}}},
    {AVS_PROOF_HTTP2_LOST,
     false,
     {{SLOT_BASE, STALLED, 0}, {SLOT_HTTP1, PASSED, 0}, {SLOT_SEGMENTS, STALLED, STALLED}}},
    {AVS_PROOF_TLS12_ALONE, true, {{SLOT_TLS13, NO_VERSION, 0}, {SLOT_TLS12, SPOKE, 0}}},
    {AVS_PROOF_TLS13_ALONE, true, {{SLOT_TLS12, NO_VERSION, 0}, {SLOT_TLS13, SPOKE, 0}}},
    {AVS_PROOF_PROXY_NEEDED, true, {{SLOT_BASE, PASSED, 0}, {SLOT_DIRECT, CUT_OFF, CUT_OFF}}},
};

/* ---------------------------------------------------------------- what was seen */

static enum slot slot_of_axis(const struct avs_ladder *ladder, const struct avs_rung *rung) {
    const struct avs_rung_way *way = &rung->way;
    switch (rung->axis) {
    case AVS_AXIS_BASE:
        return SLOT_BASE;
    case AVS_AXIS_PROTOCOL:
        return SLOT_HTTP1;
    case AVS_AXIS_VERSION:
        return way->version == AVS_TRIAL_TLS13 ? SLOT_TLS13 : SLOT_TLS12;
    case AVS_AXIS_ALPN:
        return way->alpn == AVS_RUNG_ALPN_NONE ? SLOT_NO_ALPN : SLOT_END;
    case AVS_AXIS_FAMILY:
        return way->family == AVS_TRIAL_RSA ? SLOT_RSA : SLOT_ECDSA;
    case AVS_AXIS_ADDRESS:
        return ladder->sheet.world.address[way->address - 1].is_ipv6 ? SLOT_V6 : SLOT_V4;
    case AVS_AXIS_PATH:
        return SLOT_DIRECT;
    case AVS_AXIS_PORT:
        return SLOT_PORT;
    case AVS_AXIS_SEGMENT:
        return SLOT_SEGMENTS;
    case AVS_AXIS_REQUEST:
        return way->request_bytes <= 2 * AVS_REQUEST_FULL ? SLOT_REQUESTS : SLOT_END;
    case AVS_AXIS_COUNT:
        break;
    }
    return SLOT_END;
}

static void see_rungs(const struct avs_ladder *ladder, unsigned seen[SLOT_COUNT]) {
    const struct avs_ladder_sheet *sheet = &ladder->sheet;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (!avs_rung_was_tried(rung)) {
            continue;
        }
        enum slot slot = slot_of_axis(ladder, rung);
        seen[SLOT_ANY] |= rung->seen.sight;
        if (avs_rung_changes(&rung->way) <= 1 || slot == SLOT_REQUESTS) {
            seen[slot] |= rung->seen.sight;
        }
    }
    seen[SLOT_ADDRESSES] = seen[SLOT_V4] | seen[SLOT_V6];
}

/* Whose chain: that of "as configured". */
static void see_stores(const struct avs_ladder *ladder, unsigned seen[SLOT_COUNT]) {
    static const enum slot slots[AVS_LADDER_STORE_COUNT] = {
        [AVS_LADDER_STORE_OURS] = SLOT_OURS,
        [AVS_LADDER_STORE_SYSTEM] = SLOT_SYSTEM,
        [AVS_LADDER_STORE_ATS] = SLOT_ATS,
    };
    for (size_t i = 0; i < ladder->chain_count; i++) {
        const struct avs_ladder_chain *chain = &ladder->chain[i];
        if (strcmp(chain->leaf_sha256, ladder->sheet.rung[0].seen.leaf_sha256) != 0) {
            continue;
        }
        for (int kind = 0; kind < AVS_LADDER_STORE_COUNT; kind++) {
            seen[slots[kind]] |= chain->store[kind] == AVS_LADDER_STORE_ACCEPTS   ? PASSED
                                 : chain->store[kind] == AVS_LADDER_STORE_REFUSES ? UNTRUSTED
                                                                                  : 0;
        }
    }
}

static bool holds(const struct condition *when, const unsigned seen[SLOT_COUNT]) {
    for (int i = 0; i < 4 && when[i].slot != SLOT_END; i++) {
        unsigned bits = seen[when[i].slot];
        if ((when[i].has && !(bits & when[i].has)) || (when[i].only && (bits & ~when[i].only))) {
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- the smallest change */

/* The order in which equal numbers of changes are preferred: the one that costs least to keep. */
static int cost_of(const struct avs_rung *rung) {
    static const int costs[AVS_AXIS_COUNT] = {
        [AVS_AXIS_BASE] = 0,    [AVS_AXIS_PATH] = 1,    [AVS_AXIS_PORT] = 2,
        [AVS_AXIS_VERSION] = 4, [AVS_AXIS_SEGMENT] = 3, [AVS_AXIS_ALPN] = 5,
        [AVS_AXIS_ADDRESS] = 6, [AVS_AXIS_FAMILY] = 7,  [AVS_AXIS_REQUEST] = 8,
        [AVS_AXIS_PROTOCOL] = 9};
    return 16 * avs_rung_changes(&rung->way) + costs[rung->axis];
}

static bool is_smaller(const struct avs_rung *a, const struct avs_rung *b) {
    int difference = cost_of(a) - cost_of(b);
    return difference < 0 || (difference == 0 && a->way.segment_bytes > b->way.segment_bytes);
}

static const struct avs_rung *find_change(const struct avs_ladder_sheet *sheet) {
    const struct avs_rung *best = NULL;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (rung->state == AVS_RUNG_PASSED && rung->way.protocol == AVS_PROTOCOL_H2 &&
            rung->axis != AVS_AXIS_REQUEST && (!best || is_smaller(rung, best))) {
            best = rung;
        }
    }
    return best && best->axis != AVS_AXIS_BASE ? best : NULL;
}

/* ---------------------------------------------------------------- sizes */

static void bound(int size, bool is_good, int *good, int *bad) {
    if (is_good && size > *good) {
        *good = size;
    } else if (!is_good && (*bad == 0 || size < *bad)) {
        *bad = size;
    }
}

static void measure(const struct avs_ladder_sheet *sheet, struct avs_ladder_conclusion *result) {
    int base_rank = avs_sight_rank(sheet->rung[0].seen.sight);
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        bool is_stalled = rung->seen.sight == STALLED;
        if (!avs_rung_was_tried(rung)) {
            continue;
        }
        if (rung->axis == AVS_AXIS_SEGMENT && avs_rung_changes(&rung->way) == 1) {
            bound(rung->way.segment_bytes, avs_sight_rank(rung->seen.sight) > base_rank,
                  &result->segment_good, &result->segment_bad);
        } else if (rung->axis == AVS_AXIS_REQUEST && (is_stalled || rung->seen.sight & SPOKE)) {
            bound(rung->way.request_bytes, !is_stalled, &result->request_good,
                  &result->request_bad);
        }
    }
    if (result->segment_good > 0 && result->segment_bad == 0) {
        result->segment_bad = AVS_SEGMENT_ETHERNET; /* the system's own, as configured */
    }
}

/* ---------------------------------------------------------------- findings */

static void add(struct avs_ladder_conclusion *result, enum avs_ladder_proof proof, bool is_note) {
    for (size_t i = 0; i < result->finding_count; i++) {
        if (result->finding[i].proof == proof) {
            return;
        }
    }
    if (result->finding_count < AVS_LADDER_FINDINGS_MAX) {
        result->finding[result->finding_count++] =
            (struct avs_ladder_finding){.proof = proof, .is_note = is_note};
    }
}

void avs_ladder_conclude(const struct avs_ladder *ladder,
                         struct avs_ladder_conclusion *ret_conclusion) {
    const struct avs_ladder_sheet *sheet = &ladder->sheet;
    unsigned seen[SLOT_COUNT] = {0};
    *ret_conclusion = (struct avs_ladder_conclusion){.change = NULL};
    if (sheet->rung_count == 0 || !avs_rung_was_tried(&sheet->rung[0])) {
        return;
    }
    for (size_t i = 0; i < sheet->rung_count; i++) {
        ret_conclusion->tried += avs_rung_was_tried(&sheet->rung[i]);
        ret_conclusion->passed += sheet->rung[i].state == AVS_RUNG_PASSED;
    }
    ret_conclusion->change = find_change(sheet);
    measure(sheet, ret_conclusion);
    see_rungs(ladder, seen);
    see_stores(ladder, seen);
    bool is_explained = false;
    for (size_t i = 0; i < AVS_COUNT(patterns); i++) {
        if (holds(patterns[i].when, seen)) {
            add(ret_conclusion, patterns[i].proof, patterns[i].is_note);
            is_explained |= !patterns[i].is_note;
        }
    }
    if (is_explained || (seen[SLOT_BASE] & PASSED)) {
        return;
    }
    if (ret_conclusion->change) {
        add(ret_conclusion, AVS_PROOF_COMBINATION, false);
    } else if (ret_conclusion->tried > 1) { /* else nothing was changed yet */
        add(ret_conclusion, AVS_PROOF_NOTHING_PASSES, false);
    }
}
