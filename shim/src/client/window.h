/* SPDX-License-Identifier: Apache-2.0 */
/* Is a stream's receive window the thing that slows it down? Seen without a frame of its own: each
 * return of window (WINDOW_UPDATE) is a question, and the first byte that only it allowed is the
 * answer. A peer that had to stop for it sends up to the edge of what it had, and then nothing for
 * a good part of that round trip. Whoever is slowed down by the path, by its own disk or by our
 * sink has no such gap there. Pure: bytes and time are arguments. */
#ifndef AVS_CLIENT_WINDOW_H
#define AVS_CLIENT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct avs_window {
    uint64_t came_bytes;  /* counted by the owner before it asked for the first time, too */
    uint64_t edge_bytes;  /* as much may come before the peer hears of the return that is watched */
    int64_t returned_us;  /* when that was given */
    int64_t edge_us;      /* when the last byte before the edge came; 0 = it did not yet */
    int64_t came_us;      /* when a byte came last */
    uint32_t left_bytes;  /* what the peer may still send, as of then */
    uint32_t grown_bytes; /* what it has beyond the stream's first window; the owner's */
    bool has_begun, is_watching;
    bool has_paused; /* its sink: it grows no more; the owner's */
};

/* `length` bytes came at `now_us`, and the peer may send `left_bytes` more. Returns how many times
 * larger the window should be, 1 = it will do: the peer has waited for half a round trip, or for
 * most of one. */
unsigned avs_window_came(struct avs_window *window, size_t length, uint32_t left_bytes,
                         int64_t now_us);

#endif
