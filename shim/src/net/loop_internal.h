/* SPDX-License-Identifier: Apache-2.0 */
/* What dial.c may see of a loop. */
#ifndef AVS_NET_LOOP_INTERNAL_H
#define AVS_NET_LOOP_INTERNAL_H

#include <curl/curl.h>

#include "net/loop.h"

struct avs_dial;

struct avs_loop {
    CURLM *multi; /* while there are dials, else NULL */
    int wakeup_fd;
    size_t dial_count;
};

/** A transfer of the loop's multi handle ended. */
void avs_dial_finished(struct avs_dial *dial, CURLcode result);

#endif
