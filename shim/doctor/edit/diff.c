/* SPDX-License-Identifier: Apache-2.0 */
/* Myers' greedy difference (1986) over lines, after the common head and tail are cut off. */
#include "edit/diff.h"

#include <string.h>

#define STEPS_MAX 256 /* removed plus added lines that are told apart */

struct lines {
    const char *text;
    size_t *start; /* count + 1 offsets */
    size_t count;
};

/* The end of the line at `offset`, its line break included. */
static size_t next_line(const char *text, size_t length, size_t offset) {
    const char *newline = memchr(text + offset, '\n', length - offset);
    return newline ? (size_t)(newline - text) + 1 : length;
}

static enum avs_status split(const char *text, size_t length, struct lines *lines,
                             struct avs_error *reterr) {
    size_t count = 0;
    for (size_t at = 0; at < length; at = next_line(text, length, at)) {
        count++;
    }
    *lines = (struct lines){.text = text, .start = malloc((count + 1) * sizeof(*lines->start))};
    AVS_REQUIRE_MEMORY(lines->start, reterr);
    lines->start[0] = 0;
    for (size_t at = 0; at < length;) {
        at = next_line(text, length, at);
        lines->start[++lines->count] = at;
    }
    return AVS_OK;
}

static bool is_same_line(const struct lines *a, size_t x, const struct lines *b, size_t y) {
    size_t length = a->start[x + 1] - a->start[x];
    return length == b->start[y + 1] - b->start[y] &&
           memcmp(a->text + a->start[x], b->text + b->start[y], length) == 0;
}

static enum avs_status add_change(struct avs_conf_diff *diff, const struct avs_conf_change *change,
                                  struct avs_error *reterr) {
    struct avs_conf_change *last = diff->count ? &diff->changes[diff->count - 1] : NULL;
    if (last && last->old_offset + last->removed == change->old_offset &&
        last->new_offset + last->inserted == change->new_offset) {
        last->removed += change->removed;
        last->inserted += change->inserted;
        return AVS_OK;
    }
    struct avs_conf_change *changes =
        realloc(diff->changes, (diff->count + 1) * sizeof(*diff->changes));
    AVS_REQUIRE_MEMORY(changes, reterr);
    diff->changes = changes;
    diff->changes[diff->count++] = *change;
    return AVS_OK;
}

/* The middle parts, between the common head and tail, in lines. */
struct middle {
    const struct lines *a, *b;
    size_t head, a_count, b_count;
};

static enum avs_status add_lines(struct avs_conf_diff *diff, const struct middle *middle,
                                 size_t from_x, size_t to_x, size_t from_y, size_t to_y,
                                 struct avs_error *reterr) {
    const size_t *a = middle->a->start + middle->head, *b = middle->b->start + middle->head;
    return add_change(diff,
                      &(struct avs_conf_change){
                          .old_offset = a[from_x],
                          .removed = a[to_x] - a[from_x],
                          .new_offset = b[from_y],
                          .inserted = b[to_y] - b[from_y],
                      },
                      reterr);
}

/* One step of the shortest edit: where it led. */
#define DIAGONALS (2 * STEPS_MAX + 1)
typedef size_t reach[DIAGONALS]; /* furthest x on diagonal k, at [k + STEPS_MAX] */

static size_t furthest(const size_t *before, long k, long step) {
    bool goes_down =
        k == -step || (k != step && before[k - 1 + STEPS_MAX] < before[k + 1 + STEPS_MAX]);
    return goes_down ? before[k + 1 + STEPS_MAX] : before[k - 1 + STEPS_MAX] + 1;
}

/* Fill trace[0..steps]; returns the steps, or -1 when there are more than STEPS_MAX. */
static long search(const struct middle *middle, reach *trace) {
    long n = (long)middle->a_count, m = (long)middle->b_count;
    for (long step = 0; step <= STEPS_MAX; step++) {
        size_t *now = trace[step];
        for (long k = -step; k <= step; k += 2) {
            long x = step == 0 ? 0 : (long)furthest(trace[step - 1], k, step);
            long y = x - k;
            while (x < n && y >= 0 && y < m &&
                   is_same_line(middle->a, middle->head + (size_t)x, middle->b,
                                middle->head + (size_t)y)) {
                x++;
                y++;
            }
            now[k + STEPS_MAX] = (size_t)x;
            if (x >= n && y >= m) {
                return step;
            }
        }
    }
    return -1;
}

/* Walk the trace back and note the changed lines, last first; then turn them round. */
static enum avs_status walk_back(const struct middle *middle, reach *trace, long steps,
                                 struct avs_conf_diff *diff, struct avs_error *reterr) {
    struct {
        size_t x0, x1, y0, y1;
    } moves[STEPS_MAX];
    long x = (long)middle->a_count, y = (long)middle->b_count;
    for (long step = steps; step > 0; step--) {
        const size_t *before = trace[step - 1];
        long k = x - y;
        bool goes_down =
            k == -step || (k != step && before[k - 1 + STEPS_MAX] < before[k + 1 + STEPS_MAX]);
        long k_before = goes_down ? k + 1 : k - 1;
        long x0 = (long)before[k_before + STEPS_MAX], y0 = x0 - k_before;
        moves[step - 1].x0 = (size_t)x0;
        moves[step - 1].y0 = (size_t)y0;
        moves[step - 1].x1 = (size_t)(goes_down ? x0 : x0 + 1);
        moves[step - 1].y1 = (size_t)(goes_down ? y0 + 1 : y0);
        x = x0;
        y = y0;
    }
    for (long step = 0; step < steps; step++) {
        AVS_TRY(add_lines(diff, middle, moves[step].x0, moves[step].x1, moves[step].y0,
                          moves[step].y1, reterr));
    }
    return AVS_OK;
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Cut what is equal off both ends of a change, at character boundaries. */
static void trim(struct avs_conf_change *change, const char *old_text, const char *new_text) {
    const char *a = old_text + change->old_offset, *b = new_text + change->new_offset;
    size_t least = change->removed < change->inserted ? change->removed : change->inserted;
    size_t head = 0, tail = 0;
    while (head < least && a[head] == b[head]) {
        head++;
    }
    while (head > 0 && ((head < change->removed && is_continuation(a[head])) ||
                        (head < change->inserted && is_continuation(b[head])))) {
        head--;
    }
    while (tail < least - head && a[change->removed - 1 - tail] == b[change->inserted - 1 - tail]) {
        tail++;
    }
    while (tail > 0 && is_continuation(a[change->removed - tail])) {
        tail--;
    }
    change->old_offset += head;
    change->new_offset += head;
    change->removed -= head + tail;
    change->inserted -= head + tail;
}

static enum avs_status compare(const struct lines *a, const struct lines *b,
                               struct avs_conf_diff *diff, struct avs_error *reterr) {
    struct middle middle = {.a = a, .b = b};
    size_t least = a->count < b->count ? a->count : b->count;
    while (middle.head < least && is_same_line(a, middle.head, b, middle.head)) {
        middle.head++;
    }
    size_t tail = 0;
    while (tail < least - middle.head &&
           is_same_line(a, a->count - 1 - tail, b, b->count - 1 - tail)) {
        tail++;
    }
    middle.a_count = a->count - middle.head - tail;
    middle.b_count = b->count - middle.head - tail;
    if (middle.a_count == 0 && middle.b_count == 0) {
        return AVS_OK;
    }
    reach *trace = calloc(STEPS_MAX + 1, sizeof(*trace));
    AVS_REQUIRE_MEMORY(trace, reterr);
    long steps = search(&middle, trace);
    enum avs_status status =
        steps >= 0 ? walk_back(&middle, trace, steps, diff, reterr)
                   : add_lines(diff, &middle, 0, middle.a_count, 0, middle.b_count, reterr);
    free(trace);
    return status;
}

enum avs_status avs_conf_diff_make(const char *old_text, size_t old_length, const char *new_text,
                                   size_t new_length, struct avs_conf_diff *ret_diff,
                                   struct avs_error *reterr) {
    struct lines a = {0}, b = {0};
    struct avs_conf_diff diff = {0};
    enum avs_status status = split(old_text, old_length, &a, reterr);
    if (status == AVS_OK) {
        status = split(new_text, new_length, &b, reterr);
    }
    if (status == AVS_OK) {
        status = compare(&a, &b, &diff, reterr);
    }
    free(a.start);
    free(b.start);
    if (status != AVS_OK) {
        avs_conf_diff_done(&diff);
        return status;
    }
    for (size_t i = 0; i < diff.count; i++) {
        trim(&diff.changes[i], old_text, new_text);
    }
    *ret_diff = diff;
    return AVS_OK;
}

void avs_conf_diff_done(struct avs_conf_diff *diff) {
    free(diff->changes);
    *diff = (struct avs_conf_diff){0};
}
