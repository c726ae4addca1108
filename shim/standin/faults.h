/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on faults.localhost, drawn from the seeded generator. */
#ifndef AVS_STANDIN_FAULTS_H
#define AVS_STANDIN_FAULTS_H

#include <stdbool.h>

#include "server.h"

enum fault {
    FAULT_NONE,
    FAULT_RST_INTERNAL,    /* RST_STREAM INTERNAL_ERROR instead of an answer */
    FAULT_RST_REFUSED,     /* RST_STREAM REFUSED_STREAM */
    FAULT_GOAWAY_GRACEFUL, /* GOAWAY NO_ERROR, this answer, the downchannel's end, the close */
    FAULT_GOAWAY_ERROR,    /* GOAWAY ENHANCE_YOUR_CALM and the end */
    FAULT_RESET,           /* TCP reset */
    FAULT_DROP,            /* TCP end without close_notify */
    FAULT_SLOW,            /* the answer comes up to two seconds late */
    FAULT_FREEZE,          /* the connection says nothing any more */
    FAULT_CUT,             /* half an answer, then RST_STREAM */
    FAULT_COUNT
};

enum { FAULT_SLOW_MS_MAX = 2000 };

/* What happens to this request. */
enum fault fault_draw(struct avs_standin *standin);
/* True when this handshake is to be cut. */
bool fault_cuts_handshake(struct avs_standin *standin);

#endif
