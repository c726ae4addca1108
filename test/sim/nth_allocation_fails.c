/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out anywhere on the way, once: every accepted request still finishes exactly once,
 * the failed one says so, and the client goes on. */
#include "support/world.h"

static void session(struct world *world, struct outcome *outcomes, bool *was_accepted) {
    static const char *const headers[] = {"content-type: text/plain", NULL};
    for (size_t i = 0; i < 3; i++) {
        outcome_init(&outcomes[i]);
        outcomes[i].source_left = 100;
        outcomes[i].sink_pauses = 1;
        struct avs_request request =
            outcome_request(&outcomes[i], i == 2 ? "https://other.example/" : WORLD_URL, i == 1);
        const char *const lines[] = {"Authorization: Bearer token", "Accept: */*"};
        request.headers = lines;
        request.header_count = 2;
        request.pause_retry_ms = 1;
        was_accepted[i] = world_submit_request(world, &request) != 0;
    }
    world_turn(world);
    for (size_t k = 0; k < world->conn_count && k < 2; k++) {
        struct world_conn *entry = &world->conns[k];
        if (!entry->conn) {
            continue;
        }
        world_up(world, k);
        for (uint32_t id = 1; id <= 3; id += 2) {
            if (world_sent(world, k, FRAME_HEADERS, id) == 1) {
                peer_headers(&entry->script, id, 200, headers, false);
                peer_data(&entry->script, id, "abc", 3, true);
            }
        }
        world_feed(world, k);
    }
    world_advance(world, 5);
}

static void every_request_finishes_once(void **state) {
    (void)state;
    unsigned failures = 0, failed_requests = 0;
    TEST_EACH_ALLOCATION(nth, 2000) {
        struct world world;
        struct outcome outcomes[3];
        bool was_accepted[3];
        world_init(&world);
        session(&world, outcomes, was_accepted);
        world_done(&world); /* asserts one finish for each accepted submit */
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(outcomes[i].finished, was_accepted[i] ? 1 : 0);
            if (was_accepted[i] && outcomes[i].finish != AVS_FINISH_COMPLETE) {
                failed_requests++;
                assert_true(outcomes[i].cause == AVS_CAUSE_OUT_OF_MEMORY ||
                            outcomes[i].cause == AVS_CAUSE_SHUT_DOWN);
            }
        }
        failures++;
    }
    assert_true(failures > 40);        /* our allocations and nghttp2's were reached */
    assert_true(failed_requests > 20); /* and they mattered */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_finishes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
