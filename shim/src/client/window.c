/* SPDX-License-Identifier: Apache-2.0 */
/* See window.h. */
#include "client/window.h"

#define GAP_PART 4 /* a gap of this part of the round trip is one that window made */

/* Something was returned since a byte came last: what was left before is the edge. */
static void watch(struct avs_window *window, uint32_t left_bytes, size_t length) {
    if (!window->is_watching && left_bytes + length > window->left_bytes) {
        window->is_watching = true;
        window->edge_bytes = window->came_bytes + window->left_bytes;
        window->returned_us = window->came_us;
        window->edge_us = window->left_bytes == 0 ? window->came_us : 0;
    }
}

bool avs_window_came(struct avs_window *window, size_t length, uint32_t left_bytes,
                     int64_t now_us) {
    bool has_waited = false;
    if (window->has_begun) {
        watch(window, left_bytes, length);
    }
    window->has_begun = true;
    window->came_bytes += length;
    if (window->is_watching && window->came_bytes == window->edge_bytes) {
        window->edge_us = now_us;
    } else if (window->is_watching && window->came_bytes > window->edge_bytes) {
        int64_t gap_us = window->edge_us ? now_us - window->edge_us : 0;
        has_waited = gap_us > 0 && gap_us * GAP_PART >= now_us - window->returned_us;
        window->is_watching = false;
    }
    window->came_us = now_us;
    window->left_bytes = left_bytes;
    return has_waited;
}
