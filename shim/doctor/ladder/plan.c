/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a ladder; see plan.h. */
#include "ladder/plan.h"

#include <string.h>

#include "base/flow.h"

#define HTTPS_PORT  443
#define STEPS       5   /* sizes that are tried between two */
#define STEP_MIN    30  /* bytes between them */
#define REQUEST_MIN 300 /* a request that is longer than a short one */

#define SHOWS_CHAIN \
    (AVS_SIGHT_PASSED | AVS_SIGHT_UNTRUSTED | AVS_SIGHT_STALLED | AVS_SIGHT_UNANSWERED)
#define IS_SILENCE (AVS_SIGHT_SILENT | AVS_SIGHT_STALLED)

static const int request_sizes[] = {1200, 1400, 2800, 8000};

int avs_sight_rank(enum avs_sight sight) {
    static const enum avs_sight order[] = {
        AVS_SIGHT_NONE,    AVS_SIGHT_UNREACHED,  AVS_SIGHT_SILENT,  AVS_SIGHT_DROPPED,
        AVS_SIGHT_FOREIGN, AVS_SIGHT_NO_VERSION, AVS_SIGHT_REFUSED, AVS_SIGHT_UNTRUSTED,
        AVS_SIGHT_STALLED, AVS_SIGHT_UNANSWERED, AVS_SIGHT_PASSED};
    int rank = 0;
    while (order[rank] != sight) {
        rank++;
    }
    return rank;
}

int avs_rung_changes(const struct avs_rung_way *way) {
    return (way->protocol != AVS_PROTOCOL_H2) + (way->alpn != AVS_RUNG_ALPN_USUAL) +
           (way->version != AVS_TRIAL_ANY_VERSION || way->family != AVS_TRIAL_ANY_FAMILY) +
           (way->address != 0) + way->is_direct + (way->port != 0) + (way->segment_bytes != 0) +
           (way->request_bytes != 0) -
           (way->alpn == AVS_RUNG_ALPN_NONE); /* which is HTTP/1.1 by itself */
}

bool avs_rung_was_tried(const struct avs_rung *rung) {
    return rung->state == AVS_RUNG_PASSED || rung->state == AVS_RUNG_FAILED;
}

/* ---------------------------------------------------------------- adding */

bool avs_rung_is_same(const struct avs_rung_way *a, const struct avs_rung_way *b) {
    return a->protocol == b->protocol && a->version == b->version && a->family == b->family &&
           a->alpn == b->alpn && a->address == b->address && a->is_direct == b->is_direct &&
           a->port == b->port && a->segment_bytes == b->segment_bytes &&
           a->request_bytes == b->request_bytes;
}

static struct avs_rung *find(struct avs_ladder_sheet *sheet, const struct avs_rung_way *way) {
    for (size_t i = 0; i < sheet->rung_count; i++) {
        if (avs_rung_is_same(&sheet->rung[i].way, way)) {
            return &sheet->rung[i];
        }
    }
    return NULL;
}

/* What was not tried at first may be now; all else is tried once. */
static void add(struct avs_ladder_sheet *sheet, enum avs_rung_axis axis, struct avs_rung_way way,
                enum avs_rung_skip skip) {
    struct avs_rung *rung = find(sheet, &way);
    if (rung && (rung->state != AVS_RUNG_NOT_TRIED || skip != AVS_SKIP_NONE)) {
        return;
    }
    if (!rung) {
        if (sheet->rung_count == AVS_RUNGS_MAX) {
            return;
        }
        rung = &sheet->rung[sheet->rung_count++];
    }
    if (skip == AVS_SKIP_NONE && sheet->connections == AVS_LADDER_CONNECTIONS_MAX) {
        skip = AVS_SKIP_LIMIT;
    }
    *rung = (struct avs_rung){.axis = axis, .way = way, .skip = skip, .state = AVS_RUNG_NOT_TRIED};
    if (skip == AVS_SKIP_NONE) {
        rung->state = AVS_RUNG_WAITING;
        sheet->connections++;
    }
}

/* ---------------------------------------------------------------- one thing at a time */

static void add_protocol(struct avs_ladder_sheet *sheet, struct avs_rung_way from,
                         enum avs_rung_skip skip) {
    from.protocol = AVS_PROTOCOL_HTTP1;
    add(sheet, AVS_AXIS_PROTOCOL, from, skip);
    from.alpn = AVS_RUNG_ALPN_NONE;
    add(sheet, AVS_AXIS_ALPN, from, skip);
}

static void add_alpn(struct avs_ladder_sheet *sheet, struct avs_rung_way from,
                     enum avs_rung_skip skip) {
    from.alpn = AVS_RUNG_ALPN_H2_ALONE;
    add(sheet, AVS_AXIS_ALPN, from, skip);
}

static void add_versions(struct avs_ladder_sheet *sheet, struct avs_rung_way from,
                         enum avs_rung_skip skip) {
    if (from.version == AVS_TRIAL_ANY_VERSION) {
        from.version = AVS_TRIAL_TLS13;
        add(sheet, AVS_AXIS_VERSION, from, skip);
        from.version = AVS_TRIAL_TLS12;
        add(sheet, AVS_AXIS_VERSION, from, skip);
    }
}

/* The least size is for paths that are narrower than any that is usual. */
static void add_segments(struct avs_ladder_sheet *sheet, const struct avs_rung *base,
                         struct avs_rung_way from, enum avs_rung_skip skip) {
    if (from.segment_bytes == 0) {
        from.segment_bytes = AVS_SEGMENT_SMALL;
        add(sheet, AVS_AXIS_SEGMENT, from, skip);
        from.segment_bytes = AVS_SEGMENT_LEAST;
        if (base->seen.sight & IS_SILENCE) {
            add(sheet, AVS_AXIS_SEGMENT, from, skip);
        }
    }
}

static void add_requests(struct avs_ladder_sheet *sheet, struct avs_rung_way from,
                         enum avs_rung_skip skip) {
    for (size_t i = 0; i < AVS_COUNT(request_sizes); i++) {
        from.request_bytes = request_sizes[i];
        add(sheet, AVS_AXIS_REQUEST, from, skip);
    }
}

static void add_addresses(struct avs_ladder_sheet *sheet) {
    const struct avs_ladder_world *world = &sheet->world;
    struct avs_rung_way way = {.address = 1};
    enum avs_rung_skip skip = world->has_proxy            ? AVS_SKIP_PROXY_RESOLVES
                              : world->is_lookup_late     ? AVS_SKIP_LOOKUP_LATE
                              : world->address_total == 0 ? AVS_SKIP_NO_ADDRESS
                              : world->address_total == 1 ? AVS_SKIP_ONE_ADDRESS
                                                          : AVS_SKIP_NONE;
    if (skip != AVS_SKIP_NONE) {
        add(sheet, AVS_AXIS_ADDRESS, way, skip);
        return;
    }
    for (size_t i = 0; i < world->address_count; i++) {
        way.address = (int)i + 1;
        add(sheet, AVS_AXIS_ADDRESS, way,
            world->address[i].has_route ? AVS_SKIP_NONE : AVS_SKIP_NO_ROUTE);
    }
}

static void add_paths(struct avs_ladder_sheet *sheet) {
    const struct avs_ladder_world *world = &sheet->world;
    struct avs_rung_way direct = {.is_direct = true};
    struct avs_rung_way port = {.port = HTTPS_PORT};
    add(sheet, AVS_AXIS_PATH, direct, world->has_proxy ? AVS_SKIP_NONE : AVS_SKIP_NO_PROXY);
    add(sheet, AVS_AXIS_PORT, port,
        world->has_connect_to       ? AVS_SKIP_CONNECT_TO
        : world->port == HTTPS_PORT ? AVS_SKIP_PORT_IS_443
                                    : AVS_SKIP_NONE);
}

static void plan_axes(struct avs_ladder_sheet *sheet) {
    const struct avs_rung *base = &sheet->rung[0];
    enum avs_rung_skip skip =
        base->seen.sight == AVS_SIGHT_UNREACHED ? AVS_SKIP_NO_CONNECTION : AVS_SKIP_NONE;
    add_protocol(sheet, base->way, skip);
    add_versions(sheet, base->way, skip);
    add_alpn(sheet, base->way, skip);
    add_addresses(sheet);
    add_paths(sheet);
    add_segments(sheet, base, base->way, skip);
    if (base->state == AVS_RUNG_PASSED) {
        add_requests(sheet, base->way, AVS_SKIP_NONE);
    }
}

/* ---------------------------------------------------------------- what follows from them */

/* AVS runs on HTTP/2: what HTTP/1.1 reaches is no way for it. Of equals, the first. */
static const struct avs_rung *furthest(const struct avs_ladder_sheet *sheet) {
    const struct avs_rung *best = &sheet->rung[0];
    for (size_t i = 1; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (rung->way.protocol == AVS_PROTOCOL_H2 && avs_rung_was_tried(rung) &&
            avs_sight_rank(rung->seen.sight) > avs_sight_rank(best->seen.sight)) {
            best = rung;
        }
    }
    return best;
}

/* From the one that came further than "as configured", where nothing passes: its other axes. */
static void plan_pairs(struct avs_ladder_sheet *sheet) {
    const struct avs_rung *base = &sheet->rung[0];
    const struct avs_rung *pivot = furthest(sheet);
    if (pivot == base) {
        return;
    }
    struct avs_rung_way way = pivot->way;
    if (pivot->state == AVS_RUNG_PASSED) {
        way.request_bytes = 0;
        add_requests(sheet, way, AVS_SKIP_NONE);
        return;
    }
    add_protocol(sheet, way, AVS_SKIP_NONE);
    add_versions(sheet, way, AVS_SKIP_NONE);
    if (way.alpn == AVS_RUNG_ALPN_USUAL) {
        add_alpn(sheet, way, AVS_SKIP_NONE);
    }
    if (pivot->seen.sight & IS_SILENCE) {
        add_segments(sheet, pivot, way, AVS_SKIP_NONE);
    }
}

/* A family is asked over the version whose handshake shows a chain; 1.2 names it best. */
static void plan_families(struct avs_ladder_sheet *sheet) {
    static const enum avs_trial_version versions[] = {AVS_TRIAL_TLS12, AVS_TRIAL_TLS13};
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (size_t i = 0; i < sheet->rung_count; i++) {
            const struct avs_rung *rung = &sheet->rung[i];
            struct avs_rung_way way = rung->way;
            if (rung->axis == AVS_AXIS_VERSION && way.version == versions[v] &&
                (rung->seen.sight & SHOWS_CHAIN)) {
                way.family = AVS_TRIAL_RSA;
                add(sheet, AVS_AXIS_FAMILY, way, AVS_SKIP_NONE);
                way.family = AVS_TRIAL_ECDSA;
                add(sheet, AVS_AXIS_FAMILY, way, AVS_SKIP_NONE);
                return;
            }
        }
    }
}

static void add_sizes_between(struct avs_ladder_sheet *sheet, enum avs_rung_axis axis,
                              struct avs_rung_way way, int good, int bad) {
    int *size = axis == AVS_AXIS_SEGMENT ? &way.segment_bytes : &way.request_bytes;
    int step = (bad - good) / (STEPS + 1);
    for (int i = 1; i <= STEPS && step >= STEP_MIN; i++) {
        *size = good + i * step;
        add(sheet, axis, way, AVS_SKIP_NONE);
    }
}

/* Silence as configured, and more than silence with small segments: how small need they be? */
static void narrow_segments(struct avs_ladder_sheet *sheet) {
    for (size_t i = sheet->rung_count; i > 0; i--) {
        const struct avs_rung *rung = &sheet->rung[i - 1];
        struct avs_rung_way way = rung->way;
        int good = way.segment_bytes;
        way.segment_bytes = 0;
        const struct avs_rung *whole = find(sheet, &way);
        if (rung->axis != AVS_AXIS_SEGMENT || !whole || !(whole->seen.sight & IS_SILENCE) ||
            avs_sight_rank(rung->seen.sight) <= avs_sight_rank(whole->seen.sight)) {
            continue;
        }
        if (good == AVS_SEGMENT_SMALL) {
            add_sizes_between(sheet, AVS_AXIS_SEGMENT, way, good, AVS_SEGMENT_ETHERNET);
            return;
        }
        way.segment_bytes = AVS_SEGMENT_SMALL;
        const struct avs_rung *small = find(sheet, &way);
        if (good == AVS_SEGMENT_LEAST && small && (small->seen.sight & IS_SILENCE)) {
            add_sizes_between(sheet, AVS_AXIS_SEGMENT, way, good, AVS_SEGMENT_SMALL);
            return;
        }
    }
}

/* Short requests are answered, long ones are not: how long may they be? */
static void narrow_requests(struct avs_ladder_sheet *sheet) {
    struct avs_rung_way way = {.request_bytes = 0};
    int good = REQUEST_MIN, bad = AVS_REQUEST_FULL;
    bool has_bad = false;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (rung->axis != AVS_AXIS_REQUEST || !avs_rung_was_tried(rung)) {
            continue;
        }
        int size = rung->way.request_bytes;
        if (rung->seen.sight == AVS_SIGHT_STALLED && size <= 2 * AVS_REQUEST_FULL) {
            has_bad = true;
            bad = size < bad ? size : bad;
            way = rung->way;
        } else if (rung->seen.sight != AVS_SIGHT_STALLED && size > good && size < bad) {
            good = size;
        }
    }
    if (has_bad) {
        add_sizes_between(sheet, AVS_AXIS_REQUEST, way, good, bad);
    }
}

/* The rows of what could not be tried, each with its reason. */
static void note_rest(struct avs_ladder_sheet *sheet) {
    bool has_family = false, has_request = false;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        has_family |= sheet->rung[i].axis == AVS_AXIS_FAMILY;
        has_request |= sheet->rung[i].axis == AVS_AXIS_REQUEST;
    }
    struct avs_rung_way way = {.family = AVS_TRIAL_RSA};
    bool is_unreached = sheet->rung[0].seen.sight == AVS_SIGHT_UNREACHED;
    if (!has_family) {
        enum avs_rung_skip skip = is_unreached ? AVS_SKIP_NO_CONNECTION : AVS_SKIP_NO_CHAIN;
        add(sheet, AVS_AXIS_FAMILY, way, skip);
        way.family = AVS_TRIAL_ECDSA;
        add(sheet, AVS_AXIS_FAMILY, way, skip);
    }
    if (!has_request) {
        way = (struct avs_rung_way){.request_bytes = request_sizes[0]};
        add(sheet, AVS_AXIS_REQUEST, way, AVS_SKIP_NO_ANSWER);
    }
}

static bool has_waiting(const struct avs_ladder_sheet *sheet) {
    for (size_t i = 0; i < sheet->rung_count; i++) {
        if (sheet->rung[i].state == AVS_RUNG_WAITING) {
            return true;
        }
    }
    return false;
}

bool avs_ladder_plan(struct avs_ladder_sheet *sheet) {
    const struct avs_rung_way as_configured = {.protocol = AVS_PROTOCOL_H2};
    unsigned stage = sheet->stage++;
    if (stage == 0) {
        add(sheet, AVS_AXIS_BASE, as_configured,
            sheet->world.has_store ? AVS_SKIP_NONE : AVS_SKIP_NO_STORE);
    } else if (!sheet->world.has_store) {
        return false;
    } else if (stage == 1) {
        plan_axes(sheet);
    } else if (stage < AVS_LADDER_STAGES_MAX) {
        plan_pairs(sheet);
        plan_families(sheet);
        narrow_segments(sheet);
        narrow_requests(sheet);
    }
    if (stage > 0 && !has_waiting(sheet)) {
        note_rest(sheet);
    }
    return has_waiting(sheet);
}
