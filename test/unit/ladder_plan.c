/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a ladder: one thing changed at a time, then what follows from what was seen; never
 * more than 40 connections, and every rung that is not tried says why. A network is a function from
 * a combination to what is seen of it. */
#include <string.h>

#include <avs/ladder.h>

#include "base/text.h"
#include "ladder/plan.h"
#include "support/test.h"

typedef enum avs_sight (*network)(const struct avs_rung_way *way);

/* Answer all that waits, as the runner would. */
static void answer(struct avs_ladder_sheet *sheet, network seen) {
    for (size_t i = 0; i < sheet->rung_count; i++) {
        struct avs_rung *rung = &sheet->rung[i];
        if (rung->state == AVS_RUNG_WAITING) {
            rung->seen.sight = seen(&rung->way);
            rung->state = rung->seen.sight == AVS_SIGHT_PASSED ? AVS_RUNG_PASSED : AVS_RUNG_FAILED;
        }
    }
}

static struct avs_ladder_sheet *climb(const struct avs_ladder_world *world, network seen) {
    static struct avs_ladder_sheet sheet;
    sheet = (struct avs_ladder_sheet){.world = *world};
    for (int stages = 0; avs_ladder_plan(&sheet); stages++) {
        assert_true(stages < AVS_LADDER_STAGES_MAX);
        answer(&sheet, seen);
    }
    size_t tried = 0;
    for (size_t i = 0; i < sheet.rung_count; i++) {
        bool was_tried = avs_rung_was_tried(&sheet.rung[i]);
        tried += was_tried;
        assert_int_equal(was_tried, sheet.rung[i].skip == AVS_SKIP_NONE);
    }
    assert_int_equal(tried, sheet.connections);
    assert_true(tried <= AVS_LADDER_CONNECTIONS_MAX);
    return &sheet;
}

static struct avs_ladder_world world_of(size_t addresses) {
    struct avs_ladder_world world = {.has_store = true, .port = 443};
    world.address_total = addresses;
    for (size_t i = 0; i < addresses && i < AVS_LADDER_ADDRESSES_MAX; i++) {
        world.address_count++;
        world.address[i].has_route = true;
        avs_text_format(world.address[i].text, sizeof(world.address[i].text), "192.0.2.%zu", i);
    }
    return world;
}

/* How many rungs of the axis were tried. */
static size_t count(const struct avs_ladder_sheet *sheet, enum avs_rung_axis axis) {
    size_t result = 0;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        result += sheet->rung[i].axis == axis && avs_rung_was_tried(&sheet->rung[i]);
    }
    return result;
}

static enum avs_rung_skip skip_of(const struct avs_ladder_sheet *sheet, enum avs_rung_axis axis) {
    for (size_t i = 0; i < sheet->rung_count; i++) {
        if (sheet->rung[i].axis == axis) {
            return sheet->rung[i].skip;
        }
    }
    return AVS_SKIP_COUNT;
}

static bool has(const struct avs_ladder_sheet *sheet, struct avs_rung_way way) {
    for (size_t i = 0; i < sheet->rung_count; i++) {
        if (avs_rung_is_same(&sheet->rung[i].way, &way)) {
            return avs_rung_was_tried(&sheet->rung[i]);
        }
    }
    return false;
}

/* ---- networks ---- */

static enum avs_sight all_well(const struct avs_rung_way *way) {
    (void)way;
    return AVS_SIGHT_PASSED;
}

static enum avs_sight nothing_there(const struct avs_rung_way *way) {
    (void)way;
    return AVS_SIGHT_UNREACHED;
}

static enum avs_sight silent(const struct avs_rung_way *way) {
    (void)way;
    return AVS_SIGHT_SILENT;
}

static enum avs_sight untrusted(const struct avs_rung_way *way) {
    (void)way;
    return AVS_SIGHT_UNTRUSTED;
}

static enum avs_sight swallows_tls13(const struct avs_rung_way *way) {
    bool is_12 = way->version == AVS_TRIAL_TLS12;
    return is_12 ? AVS_SIGHT_PASSED : AVS_SIGHT_SILENT;
}

/* TLS 1.3 is swallowed, and of TLS 1.2 all packets above 1300 bytes */
static enum avs_sight two_faults(const struct avs_rung_way *way) {
    if (way->version != AVS_TRIAL_TLS12) {
        return AVS_SIGHT_DROPPED;
    }
    return way->segment_bytes > 0 && way->segment_bytes <= 1260 ? AVS_SIGHT_PASSED
                                                                : AVS_SIGHT_STALLED;
}

static enum avs_sight narrow_1300(const struct avs_rung_way *way) {
    return way->segment_bytes > 0 && way->segment_bytes <= 1260 ? AVS_SIGHT_PASSED
                                                                : AVS_SIGHT_SILENT;
}

static enum avs_sight narrow_700(const struct avs_rung_way *way) {
    return way->segment_bytes > 0 && way->segment_bytes <= 660 ? AVS_SIGHT_PASSED
                                                               : AVS_SIGHT_SILENT;
}

static enum avs_sight narrow_to_the_server(const struct avs_rung_way *way) {
    return way->request_bytes > 1225 ? AVS_SIGHT_STALLED : AVS_SIGHT_PASSED;
}

static enum avs_sight tls13_server(const struct avs_rung_way *way) {
    return way->version == AVS_TRIAL_TLS12 ? AVS_SIGHT_NO_VERSION : AVS_SIGHT_PASSED;
}

static enum avs_sight dead_proxy(const struct avs_rung_way *way) {
    return way->is_direct ? AVS_SIGHT_PASSED : AVS_SIGHT_UNREACHED;
}

/* the proxy is dead, and on the direct way TLS 1.3 is swallowed */
static enum avs_sight dead_proxy_and_more(const struct avs_rung_way *way) {
    return way->is_direct ? swallows_tls13(way) : AVS_SIGHT_UNREACHED;
}

/* ---- tests ---- */

static void all_is_well_and_each_axis_is_tried(void **state) {
    (void)state;
    const struct avs_ladder_world world = world_of(3);
    const struct avs_ladder_sheet *sheet = climb(&world, all_well);
    static const size_t most[AVS_AXIS_COUNT] = {
        [AVS_AXIS_BASE] = 1,    [AVS_AXIS_PROTOCOL] = 1, [AVS_AXIS_VERSION] = 2,
        [AVS_AXIS_ALPN] = 2,    [AVS_AXIS_FAMILY] = 2,   [AVS_AXIS_ADDRESS] = 3,
        [AVS_AXIS_SEGMENT] = 1, [AVS_AXIS_REQUEST] = 4};
    for (int axis = 0; axis < AVS_AXIS_COUNT; axis++) {
        assert_int_equal(count(sheet, (enum avs_rung_axis)axis), most[axis]);
    }
    assert_int_equal(sheet->rung[0].axis, AVS_AXIS_BASE);
    assert_int_equal(avs_rung_changes(&sheet->rung[0].way), 0);
    for (size_t i = 1; i < sheet->rung_count; i++) {
        assert_int_equal(avs_rung_changes(&sheet->rung[i].way), 1); /* no pair is needed */
    }
}

static void what_is_not_tried_says_why(void **state) {
    (void)state;
    struct avs_ladder_world bare = {.has_store = true, .port = 443};
    struct avs_ladder_world proxied = world_of(2), given = world_of(2), late = bare, port = bare;
    struct avs_ladder_world no_store = {.port = 443}, one = world_of(1), no_route = world_of(2);
    proxied.has_proxy = true;
    given.has_connect_to = true;
    late.is_lookup_late = true;
    port.port = 8443;
    no_route.address[0].has_route = false;
    const struct {
        const struct avs_ladder_world *world;
        network seen;
        enum avs_rung_axis axis;
        enum avs_rung_skip skip;
    } rows[] = {
        {&bare, all_well, AVS_AXIS_PATH, AVS_SKIP_NO_PROXY},
        {&bare, all_well, AVS_AXIS_PORT, AVS_SKIP_PORT_IS_443},
        {&bare, all_well, AVS_AXIS_ADDRESS, AVS_SKIP_NO_ADDRESS},
        {&port, all_well, AVS_AXIS_PORT, AVS_SKIP_NONE},
        {&one, all_well, AVS_AXIS_ADDRESS, AVS_SKIP_ONE_ADDRESS},
        {&late, all_well, AVS_AXIS_ADDRESS, AVS_SKIP_LOOKUP_LATE},
        {&proxied, all_well, AVS_AXIS_ADDRESS, AVS_SKIP_PROXY_RESOLVES},
        {&proxied, all_well, AVS_AXIS_PATH, AVS_SKIP_NONE},
        {&given, all_well, AVS_AXIS_PORT, AVS_SKIP_CONNECT_TO},
        {&no_route, all_well, AVS_AXIS_ADDRESS, AVS_SKIP_NO_ROUTE},
        {&bare, nothing_there, AVS_AXIS_PROTOCOL, AVS_SKIP_NO_CONNECTION},
        {&bare, nothing_there, AVS_AXIS_VERSION, AVS_SKIP_NO_CONNECTION},
        {&bare, nothing_there, AVS_AXIS_FAMILY, AVS_SKIP_NO_CONNECTION},
        {&bare, nothing_there, AVS_AXIS_SEGMENT, AVS_SKIP_NO_CONNECTION},
        {&bare, silent, AVS_AXIS_FAMILY, AVS_SKIP_NO_CHAIN},
        {&bare, silent, AVS_AXIS_REQUEST, AVS_SKIP_NO_ANSWER},
        {&bare, untrusted, AVS_AXIS_FAMILY, AVS_SKIP_NONE},
        {&no_store, all_well, AVS_AXIS_BASE, AVS_SKIP_NO_STORE},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        assert_int_equal(skip_of(climb(rows[i].world, rows[i].seen), rows[i].axis), rows[i].skip);
    }
}

static void a_thousand_addresses_are_not_a_thousand_connections(void **state) {
    (void)state;
    const struct avs_ladder_world world = world_of(1000);
    const network networks[] = {all_well,    silent,     untrusted,  two_faults,
                                narrow_1300, narrow_700, dead_proxy, narrow_to_the_server};
    for (size_t i = 0; i < AVS_COUNT(networks); i++) {
        const struct avs_ladder_sheet *sheet = climb(&world, networks[i]);
        assert_int_equal(count(sheet, AVS_AXIS_ADDRESS), AVS_LADDER_ADDRESSES_MAX);
    }
}

static void the_limit_is_told(void **state) {
    (void)state;
    const struct avs_ladder_world world = world_of(0);
    struct avs_ladder_sheet sheet = {.world = world, .connections = AVS_LADDER_CONNECTIONS_MAX - 2};
    while (avs_ladder_plan(&sheet)) {
        answer(&sheet, all_well);
    }
    assert_int_equal(sheet.connections, AVS_LADDER_CONNECTIONS_MAX);
    assert_int_equal(skip_of(&sheet, AVS_AXIS_VERSION), AVS_SKIP_LIMIT);
}

static void sizes_between_what_passes_and_what_does_not(void **state) {
    (void)state;
    const struct avs_ladder_world world = world_of(0);
    const struct avs_ladder_sheet *sheet = climb(&world, narrow_1300);
    assert_true(has(sheet, (struct avs_rung_way){.segment_bytes = 1260}));
    assert_true(has(sheet, (struct avs_rung_way){.segment_bytes = 1300}));
    assert_int_equal(count(sheet, AVS_AXIS_SEGMENT), 2 + 5);
    sheet = climb(&world, narrow_700);
    assert_true(has(sheet, (struct avs_rung_way){.segment_bytes = 650}));
    assert_true(has(sheet, (struct avs_rung_way){.segment_bytes = 764}));
    sheet = climb(&world, narrow_to_the_server);
    assert_true(has(sheet, (struct avs_rung_way){.request_bytes = 1233}));
    assert_int_equal(count(sheet, AVS_AXIS_REQUEST), 4 + 5);
    assert_int_equal(count(climb(&world, silent), AVS_AXIS_SEGMENT), 2); /* no size is between */
}

static void from_the_one_that_came_further(void **state) {
    (void)state;
    struct avs_ladder_world world = world_of(0);
    const struct avs_ladder_sheet *sheet = climb(&world, two_faults);
    world.has_proxy = true;
    assert_true(
        has(sheet, (struct avs_rung_way){.version = AVS_TRIAL_TLS12, .segment_bytes = 1220}));
    sheet = climb(&world, dead_proxy_and_more);
    assert_true(has(sheet, (struct avs_rung_way){.is_direct = true, .version = AVS_TRIAL_TLS12}));
    sheet = climb(&world, dead_proxy);
    assert_int_equal(count(sheet, AVS_AXIS_VERSION), 0); /* one change is enough */
    assert_int_equal(count(sheet, AVS_AXIS_REQUEST), 4);
}

static void a_family_is_asked_over_the_version_that_shows_a_chain(void **state) {
    (void)state;
    const struct avs_ladder_world world = world_of(0);
    const struct {
        network seen;
        enum avs_trial_version version;
    } rows[] = {{all_well, AVS_TRIAL_TLS12},
                {untrusted, AVS_TRIAL_TLS12},
                {swallows_tls13, AVS_TRIAL_TLS12},
                {tls13_server, AVS_TRIAL_TLS13}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        const struct avs_ladder_sheet *sheet = climb(&world, rows[i].seen);
        assert_true(
            has(sheet, (struct avs_rung_way){.version = rows[i].version, .family = AVS_TRIAL_RSA}));
        assert_true(has(
            sheet, (struct avs_rung_way){.version = rows[i].version, .family = AVS_TRIAL_ECDSA}));
    }
}

static void changes_are_counted_as_people_count_them(void **state) {
    (void)state;
    const struct {
        struct avs_rung_way way;
        int changes;
    } rows[] = {
        {{.protocol = AVS_PROTOCOL_H2}, 0},
        {{.version = AVS_TRIAL_TLS12}, 1},
        {{.version = AVS_TRIAL_TLS12, .family = AVS_TRIAL_RSA}, 1},
        {{.protocol = AVS_PROTOCOL_HTTP1}, 1},
        {{.protocol = AVS_PROTOCOL_HTTP1, .alpn = AVS_RUNG_ALPN_NONE}, 1},
        {{.is_direct = true, .version = AVS_TRIAL_TLS12}, 2},
        {{.segment_bytes = 1220, .request_bytes = 1400, .address = 2}, 3},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        assert_int_equal(avs_rung_changes(&rows[i].way), rows[i].changes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well_and_each_axis_is_tried),
        cmocka_unit_test(what_is_not_tried_says_why),
        cmocka_unit_test(a_thousand_addresses_are_not_a_thousand_connections),
        cmocka_unit_test(the_limit_is_told),
        cmocka_unit_test(sizes_between_what_passes_and_what_does_not),
        cmocka_unit_test(from_the_one_that_came_further),
        cmocka_unit_test(a_family_is_asked_over_the_version_that_shows_a_chain),
        cmocka_unit_test(changes_are_counted_as_people_count_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
