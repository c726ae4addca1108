/* SPDX-License-Identifier: Apache-2.0 */
/* See window.h. */
#include "client/window.h"

/* The peer sent for `round - gap` and stood still for `gap`: so much more would have come in a
 * round. */
static unsigned factor(int64_t gap_us, int64_t round_us) {
    if (gap_us == 0 || gap_us * 4 < round_us) {
        return 1; /* gaps of this size come by themselves */
    }
    return gap_us * 4 < round_us * 3 ? 2 : 4;
}

/* Something was returned since a byte came last: what was left before is the edge. */
static void watch(struct avs_window *window, uint32_t left_bytes, size_t length) {
    if (!window->is_watching && left_bytes + length > window->left_bytes) {
        window->is_watching = true;
        window->edge_bytes = window->came_bytes + window->left_bytes;
        window->returned_us = window->came_us;
        window->edge_us = window->left_bytes == 0 ? window->came_us : 0;
    }
}

unsigned avs_window_came(struct avs_window *window, size_t length, uint32_t left_bytes,
                         int64_t now_us) {
    unsigned result = 1;
    if (window->has_begun) {
        watch(window, left_bytes, length);
    }
    window->has_begun = true;
    window->came_bytes += length;
    if (window->is_watching && window->came_bytes == window->edge_bytes) {
        window->edge_us = now_us;
    } else if (window->is_watching && window->came_bytes > window->edge_bytes) {
        int64_t gap_us = window->edge_us ? now_us - window->edge_us : 0;
        result = factor(gap_us, now_us - window->returned_us);
        window->is_watching = false;
    }
    window->came_us = now_us;
    window->left_bytes = left_bytes;
    return result;
}
