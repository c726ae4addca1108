/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on faults.localhost: nine requests of ten are answered well. */
#include "faults.h"

enum { WHOLE = 1000, HANDSHAKE_CUTS = 20 /* of a thousand */ };

/* So many requests of a thousand; the rest is answered. */
static const unsigned weights[FAULT_COUNT] = {
    [FAULT_RST_INTERNAL] = 15, [FAULT_RST_REFUSED] = 15, [FAULT_GOAWAY_GRACEFUL] = 10,
    [FAULT_GOAWAY_ERROR] = 5,  [FAULT_RESET] = 8,        [FAULT_DROP] = 8,
    [FAULT_SLOW] = 25,         [FAULT_FREEZE] = 2,       [FAULT_CUT] = 12,
};

enum fault fault_draw(struct avs_standin *standin) {
    unsigned point = (unsigned)(standin_random(standin) % WHOLE);
    for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        if (point < weights[fault]) {
            atomic_fetch_add(&standin->faults, 1);
            return (enum fault)fault;
        }
        point -= weights[fault];
    }
    return FAULT_NONE;
}

bool fault_cuts_handshake(struct avs_standin *standin) {
    bool is_cut = standin_random(standin) % WHOLE < HANDSHAKE_CUTS;
    atomic_fetch_add(&standin->faults, is_cut ? 1 : 0);
    return is_cut;
}
