/* SPDX-License-Identifier: Apache-2.0 */
/* The chain that a ladder keeps: read off a message that a peer wrote, and judged offline. */
#include <string.h>

#include "check/sent_chain.h"
#include "check/trial.h"
#include "support/test.h"
#include "trust/roots.h"

/* RFC 5246 section 7.4.2, and RFC 8446 section 4.4.2 with a context and an extension. */
static const uint8_t tls12[] = {0, 0, 9, 0, 0, 2, 'a', 'b', 0, 0, 1, 'c'};
static const uint8_t tls13[] = {2, 'x', 'y', 0, 0, 17, 0, 0, 2,   'a', 'b', 0,
                                4, 1,   2,   3, 4, 0,  0, 1, 'c', 0,   0};
static const uint8_t list[] = {0, 0, 2, 'a', 'b', 0, 0, 1, 'c'};

static void both_versions_give_the_same_list(void **state) {
    (void)state;
    static struct avs_trial_chain chain;
    avs_trial_keep(&chain, false, tls12, sizeof(tls12));
    assert_int_equal(chain.length, sizeof(list));
    assert_memory_equal(chain.list, list, sizeof(list));
    avs_trial_keep(&chain, true, tls13, sizeof(tls13));
    assert_int_equal(chain.length, sizeof(list));
    assert_memory_equal(chain.list, list, sizeof(list));
}

/* A copy of just that many bytes on the heap, so that a sanitizer sees the byte behind. */
static size_t keep(bool is_tls13, const uint8_t *bytes, size_t length) {
    static struct avs_trial_chain chain;
    uint8_t *copy = malloc(length + 1);
    uint8_t *exact = realloc(copy, length > 0 ? length : 1);
    memcpy(exact, bytes, length);
    avs_trial_keep(&chain, is_tls13, exact, length);
    free(exact);
    return chain.length;
}

static void what_is_cut_is_kept_as_far_as_it_is_whole(void **state) {
    (void)state;
    for (size_t length = 0; length <= sizeof(tls13); length++) {
        size_t kept = keep(true, tls13, length);
        assert_true(kept == 0 || kept == 5 || kept == sizeof(list));
    }
    for (size_t length = 0; length <= sizeof(tls12); length++) {
        size_t kept = keep(false, tls12, length);
        assert_int_equal(kept, length < 8 ? 0 : length < 12 ? 5 : sizeof(list));
    }
}

static void any_byte_may_lie(void **state) {
    (void)state;
    static const uint8_t lies[] = {0, 1, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < sizeof(tls13); i++) {
        for (size_t n = 0; n < sizeof(lies); n++) {
            uint8_t bytes[sizeof(tls13)];
            memcpy(bytes, tls13, sizeof(bytes));
            bytes[i] = lies[n];
            assert_true(keep(true, bytes, sizeof(bytes)) <= sizeof(bytes));
            assert_true(keep(false, bytes, sizeof(bytes)) <= sizeof(bytes));
        }
    }
}

static void a_list_that_is_too_long_is_cut(void **state) {
    (void)state;
    size_t length = 3 + 5 * 10003;
    uint8_t *bytes = calloc(1, length);
    for (size_t i = 0; i < 5; i++) {
        bytes[3 + i * 10003 + 1] = 10000 >> 8;
        bytes[3 + i * 10003 + 2] = 10000 & 0xff;
    }
    assert_int_equal(keep(false, bytes, length), 3 * 10003); /* of AVS_TRIAL_CHAIN_BYTES */
    free(bytes);
}

static void what_is_no_certificate_is_refused(void **state) {
    (void)state;
    const struct avs_sent_chain garbage = {.list = list,
                                           .length = sizeof(list),
                                           .host = "host.example",
                                           .ats_roots = avs_ats_roots_embedded()};
    struct avs_sent_chain empty = garbage, cut = garbage;
    struct avs_cert_facts leaf;
    bool closes = true;
    empty.length = 0;
    cut.length = 4;
    assert_false(avs_sent_chain_leaf(&garbage, &leaf));
    assert_false(avs_sent_chain_leaf(&empty, &leaf));
    assert_false(avs_sent_chain_leaf(&cut, &leaf));
    assert_false(avs_sent_chain_closes_with_ats(&garbage, &closes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_give_the_same_list),
        cmocka_unit_test(what_is_cut_is_kept_as_far_as_it_is_whole),
        cmocka_unit_test(any_byte_may_lie),
        cmocka_unit_test(a_list_that_is_too_long_is_cut),
        cmocka_unit_test(what_is_no_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
