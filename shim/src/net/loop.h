/* SPDX-License-Identifier: Apache-2.0 */
/* The one place a thread waits: sockets, a wake-up from other threads, dials under way, a deadline.
 * libcurl's dials and our sockets share it. */
#ifndef AVS_NET_LOOP_H
#define AVS_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

struct avs_loop;

struct avs_loop_fd {
    int fd;
    bool wants_read;
    bool wants_write;
    bool is_readable; /* set by avs_loop_wait; errors and hang-ups read as readable */
    bool is_writable;
};

/** Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_loop_new(struct avs_loop **ret_loop, struct avs_error *reterr);
/** Free it; dials still under way are dropped without a callback. NULL is fine. */
void avs_loop_free(struct avs_loop *loop);

/** End the current or next avs_loop_wait at once. Thread: any. */
void avs_loop_wakeup(struct avs_loop *loop);

/** Wait until a descriptor is ready, a wake-up, a dial's progress or `timeout_ms` (-1 = no limit);
 *  runs the dials' callbacks. Thread: the loop's. */
void avs_loop_wait(struct avs_loop *loop, struct avs_loop_fd *fds, size_t count, int timeout_ms);

#endif
