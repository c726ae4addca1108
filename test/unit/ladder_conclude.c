/* SPDX-License-Identifier: Apache-2.0 */
/* Which pattern of passes proves what, and which change is the smallest. The rows name every rung
 * that differs from "passed", and what must come of them, in order. */
#include <string.h>

#include <avs/ladder.h>

#include "base/text.h"
#include "ladder/conclude.h"
#include "support/test.h"

#define BASE                            \
    {                                   \
        AVS_AXIS_BASE, {                \
            .protocol = AVS_PROTOCOL_H2 \
        }                               \
    }
#define HTTP1                              \
    {                                      \
        AVS_AXIS_PROTOCOL, {               \
            .protocol = AVS_PROTOCOL_HTTP1 \
        }                                  \
    }
#define TLS13                          \
    {                                  \
        AVS_AXIS_VERSION, {            \
            .version = AVS_TRIAL_TLS13 \
        }                              \
    }
#define TLS12                          \
    {                                  \
        AVS_AXIS_VERSION, {            \
            .version = AVS_TRIAL_TLS12 \
        }                              \
    }
#define NO_ALPN                                                        \
    {                                                                  \
        AVS_AXIS_ALPN, {                                               \
            .protocol = AVS_PROTOCOL_HTTP1, .alpn = AVS_RUNG_ALPN_NONE \
        }                                                              \
    }
#define RSA                                                     \
    {                                                           \
        AVS_AXIS_FAMILY, {                                      \
            .version = AVS_TRIAL_TLS12, .family = AVS_TRIAL_RSA \
        }                                                       \
    }
#define ECDSA                                                     \
    {                                                             \
        AVS_AXIS_FAMILY, {                                        \
            .version = AVS_TRIAL_TLS12, .family = AVS_TRIAL_ECDSA \
        }                                                         \
    }
#define ADDRESS(n)          \
    {                       \
        AVS_AXIS_ADDRESS, { \
            .address = n    \
        }                   \
    } /* 1 and 2 are IPv4, 3 and 4 IPv6 */
#define DIRECT                \
    {                         \
        AVS_AXIS_PATH, {      \
            .is_direct = true \
        }                     \
    }
#define PORT             \
    {                    \
        AVS_AXIS_PORT, { \
            .port = 443  \
        }                \
    }
#define SEGMENT(n)             \
    {                          \
        AVS_AXIS_SEGMENT, {    \
            .segment_bytes = n \
        }                      \
    }
#define REQUEST(n)             \
    {                          \
        AVS_AXIS_REQUEST, {    \
            .request_bytes = n \
        }                      \
    }
#define DIRECT12                                          \
    {                                                     \
        AVS_AXIS_VERSION, {                               \
            .is_direct = true, .version = AVS_TRIAL_TLS12 \
        }                                                 \
    }

#define P AVS_SIGHT_PASSED
#define U AVS_SIGHT_UNTRUSTED
#define X AVS_SIGHT_UNREACHED
#define S AVS_SIGHT_SILENT
#define D AVS_SIGHT_DROPPED
#define R AVS_SIGHT_REFUSED
#define V AVS_SIGHT_NO_VERSION
#define F AVS_SIGHT_FOREIGN
#define T AVS_SIGHT_STALLED
#define N AVS_SIGHT_UNANSWERED

struct step {
    struct {
        enum avs_rung_axis axis;
        struct avs_rung_way way;
    } rung;
    enum avs_sight sight; /* NONE = not tried */
};

struct row {
    const char *name;
    struct step steps[14];
    enum avs_ladder_proof proofs[4]; /* up to NONE */
    const char *change;              /* axis of the smallest change, NULL = none */
};

static void fill(struct avs_ladder *ladder, const struct row *row) {
    *ladder = (struct avs_ladder){.chain_count = 0};
    struct avs_ladder_sheet *sheet = &ladder->sheet;
    sheet->world.address[2].is_ipv6 = sheet->world.address[3].is_ipv6 = true;
    for (size_t i = 0; i < AVS_COUNT(row->steps) && (i == 0 || row->steps[i].rung.axis); i++) {
        const struct step *step = &row->steps[i];
        sheet->rung[sheet->rung_count++] = (struct avs_rung){
            .axis = step->rung.axis,
            .way = step->rung.way,
            .seen.sight = step->sight,
            .state = step->sight == P                ? AVS_RUNG_PASSED
                     : step->sight == AVS_SIGHT_NONE ? AVS_RUNG_NOT_TRIED
                                                     : AVS_RUNG_FAILED,
        };
    }
}

static const char *const axes[AVS_AXIS_COUNT] = {
#define XX(name, id) [AVS_AXIS_##name] = id,
    AVS_AXIS_MAP(XX)
#undef XX
};

static const struct row rows[] = {
    {"all is well",
     {{BASE, P}, {HTTP1, P}, {TLS13, P}, {TLS12, P}, {NO_ALPN, P}, {SEGMENT(1220), P}},
     {AVS_PROOF_NONE},
     NULL},
    {"TLS 1.3 is swallowed",
     {{BASE, S}, {HTTP1, S}, {TLS13, S}, {TLS12, P}, {NO_ALPN, S}, {SEGMENT(1220), S}},
     {AVS_PROOF_TLS13_SWALLOWED},
     "version"},
    {"TLS 1.3 is answered by a reset",
     {{BASE, D}, {TLS13, D}, {TLS12, P}, {SEGMENT(1220), D}},
     {AVS_PROOF_TLS13_SWALLOWED},
     "version"},
    {"TLS 1.3 is swallowed, and the chain is not trusted either",
     {{BASE, S}, {TLS13, S}, {TLS12, U}, {SEGMENT(1220), S}},
     {AVS_PROOF_TLS13_SWALLOWED},
     NULL},
    {"TLS 1.3 may be swallowed, or too large: small segments were not tried",
     {{BASE, S}, {TLS13, S}, {TLS12, P}, {SEGMENT(1220), AVS_SIGHT_NONE}},
     {AVS_PROOF_COMBINATION},
     "version"},
    {"an alert is no swallowing: the server has no 1.3",
     {{BASE, P}, {TLS13, V}, {TLS12, P}},
     {AVS_PROOF_TLS12_ALONE},
     NULL},
    {"another alert over 1.2 is not for its version",
     {{BASE, N}, {TLS13, N}, {TLS12, R}},
     {AVS_PROOF_NOTHING_PASSES},
     NULL},
    {"the server has no 1.2", {{BASE, P}, {TLS13, P}, {TLS12, V}}, {AVS_PROOF_TLS13_ALONE}, NULL},
    {"TLS 1.2 was not tried: nothing is proven",
     {{BASE, S}, {TLS13, S}, {TLS12, AVS_SIGHT_NONE}},
     {AVS_PROOF_NOTHING_PASSES},
     NULL},
    {"ALPN is swallowed",
     {{BASE, S}, {HTTP1, S}, {TLS13, S}, {TLS12, S}, {NO_ALPN, P}, {SEGMENT(1220), S}},
     {AVS_PROOF_ALPN_SWALLOWED},
     NULL},
    {"without ALPN it passes, and over HTTP/1.1 with it, too: no swallowing",
     {{BASE, D}, {HTTP1, P}, {TLS13, D}, {TLS12, D}, {NO_ALPN, P}},
     {AVS_PROOF_NOTHING_PASSES},
     NULL},
    {"packets above 1340 vanish",
     {{BASE, S},
      {TLS12, S},
      {SEGMENT(536), P},
      {SEGMENT(1220), P},
      {SEGMENT(1300), P},
      {SEGMENT(1340), S}},
     {AVS_PROOF_LARGE_SEGMENTS_LOST},
     "segment"},
    {"the handshake of TLS 1.2 is small enough to get through",
     {{BASE, S}, {TLS13, S}, {TLS12, P}, {SEGMENT(1220), P}},
     {AVS_PROOF_LARGE_SEGMENTS_LOST},
     "segment"},
    {"the handshake fits, the answer does not",
     {{BASE, T}, {HTTP1, T}, {SEGMENT(1220), P}},
     {AVS_PROOF_LARGE_SEGMENTS_LOST},
     "segment"},
    {"a reset is not for size", {{BASE, D}, {SEGMENT(1220), D}}, {AVS_PROOF_NOTHING_PASSES}, NULL},
    {"long requests vanish",
     {{BASE, P}, {REQUEST(1200), P}, {REQUEST(1400), T}, {REQUEST(2800), T}},
     {AVS_PROOF_LARGE_REQUESTS_LOST},
     NULL},
    {"the server does not like long requests, and says so",
     {{BASE, P}, {REQUEST(1400), P}, {REQUEST(8000), N}},
     {AVS_PROOF_NONE},
     NULL},
    {"silence on very long requests alone is no MTU",
     {{BASE, P}, {REQUEST(2800), P}, {REQUEST(8000), T}},
     {AVS_PROOF_NONE},
     NULL},
    {"a dead proxy", {{BASE, X}, {DIRECT, P}}, {AVS_PROOF_PROXY_BROKEN}, "path"},
    {"a proxy that intercepts", {{BASE, U}, {DIRECT, P}}, {AVS_PROOF_PROXY_BROKEN}, "path"},
    {"a proxy that is needed", {{BASE, P}, {DIRECT, X}}, {AVS_PROOF_PROXY_NEEDED}, NULL},
    {"a proxy that was not tried", {{BASE, P}, {DIRECT, AVS_SIGHT_NONE}}, {AVS_PROOF_NONE}, NULL},
    {"a port that is closed", {{BASE, X}, {PORT, P}}, {AVS_PROOF_PORT_BLOCKED}, "port"},
    {"IPv6 is dead",
     {{BASE, P}, {ADDRESS(1), P}, {ADDRESS(2), P}, {ADDRESS(3), X}, {ADDRESS(4), S}},
     {AVS_PROOF_IPV6_DEAD},
     NULL},
    {"IPv4 is dead", {{BASE, P}, {ADDRESS(1), X}, {ADDRESS(3), P}}, {AVS_PROOF_IPV4_DEAD}, NULL},
    {"no route for IPv6: nothing is dead",
     {{BASE, P}, {ADDRESS(1), P}, {ADDRESS(3), AVS_SIGHT_NONE}},
     {AVS_PROOF_NONE},
     NULL},
    {"an address with an old chain, hit",
     {{BASE, U}, {TLS13, U}, {TLS12, U}, {ADDRESS(1), U}, {ADDRESS(2), P}},
     {AVS_PROOF_ADDRESS_CHAIN},
     "address"},
    {"an address with an old chain, hit now and then",
     {{BASE, U}, {TLS13, P}, {TLS12, P}, {ADDRESS(1), U}, {ADDRESS(2), P}},
     {AVS_PROOF_ADDRESS_CHAIN},
     "version"},
    {"an address that is down",
     {{BASE, P}, {ADDRESS(1), X}, {ADDRESS(2), P}},
     {AVS_PROOF_ADDRESS_BROKEN},
     NULL},
    {"it comes and goes",
     {{BASE, S}, {TLS13, P}, {TLS12, P}, {ADDRESS(1), P}},
     {AVS_PROOF_COMES_AND_GOES},
     "version"},
    {"the RSA chain alone is refused",
     {{BASE, U}, {TLS13, U}, {TLS12, U}, {RSA, U}, {ECDSA, P}},
     {AVS_PROOF_RSA_UNTRUSTED},
     "family"},
    {"the ECDSA chain alone is refused",
     {{BASE, P}, {RSA, P}, {ECDSA, U}},
     {AVS_PROOF_ECDSA_UNTRUSTED},
     NULL},
    {"a server with RSA alone", {{BASE, P}, {RSA, P}, {ECDSA, R}}, {AVS_PROOF_NONE}, NULL},
    {"no HTTP/2", {{BASE, N}, {HTTP1, P}, {NO_ALPN, P}}, {AVS_PROOF_HTTP2_REFUSED}, NULL},
    {"HTTP/2 falls silent",
     {{BASE, T}, {HTTP1, P}, {SEGMENT(1220), T}, {SEGMENT(536), T}},
     {AVS_PROOF_HTTP2_LOST},
     NULL},
    {"two things at once",
     {{BASE, X}, {DIRECT, S}, {DIRECT12, P}},
     {AVS_PROOF_COMBINATION},
     "version"},
    {"a captive portal", {{BASE, F}, {HTTP1, F}, {TLS12, F}}, {AVS_PROOF_NOTHING_PASSES}, NULL},
    {"nothing is there", {{BASE, X}, {ADDRESS(1), X}}, {AVS_PROOF_NOTHING_REACHED}, NULL},
    {"stopped before anything was changed",
     {{BASE, S}, {TLS13, AVS_SIGHT_NONE}, {TLS12, AVS_SIGHT_NONE}},
     {AVS_PROOF_NONE},
     NULL},
    {"nothing was tried", {{BASE, AVS_SIGHT_NONE}}, {AVS_PROOF_NONE}, NULL},
};

static void each_pattern_proves_what_it_says_and_no_more(void **state) {
    (void)state;
    static struct avs_ladder ladder;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_ladder_conclusion got;
        size_t wanted = 0;
        fill(&ladder, &rows[i]);
        avs_ladder_conclude(&ladder, &got);
        for (; rows[i].proofs[wanted] != AVS_PROOF_NONE; wanted++) {
            if (wanted >= got.finding_count ||
                got.finding[wanted].proof != rows[i].proofs[wanted]) {
                fail_msg("%s: finding %zu is not the one", rows[i].name, wanted);
            }
        }
        if (got.finding_count != wanted) {
            fail_msg("%s: %zu findings", rows[i].name, got.finding_count);
        }
        const char *change = got.change ? axes[got.change->axis] : "none";
        if (strcmp(change, rows[i].change ? rows[i].change : "none") != 0) {
            fail_msg("%s: the smallest change is of %s", rows[i].name, change);
        }
    }
}

/* Whatever is seen: a ladder whose first rung passes has no change to tell, one whose first rung
 * fails always says something, and nothing is proven by what was not tried. */
static void every_pattern_has_an_end(void **state) {
    (void)state;
    static const enum avs_sight sights[] = {P, U, X, S, D, R, V, F, T, N, AVS_SIGHT_NONE};
    static struct avs_ladder ladder;
    struct row row = {
        "", {{BASE, P}, {HTTP1, P}, {TLS13, P}, {TLS12, P}, {SEGMENT(1220), P}}, {0}, 0};
    size_t count = AVS_COUNT(sights);
    for (size_t n = 0; n < count * count * count * count * count; n++) {
        struct avs_ladder_conclusion got;
        size_t digits = n;
        for (size_t i = 0; i < 5; i++, digits /= count) {
            row.steps[i].sight = sights[digits % count];
        }
        fill(&ladder, &row);
        avs_ladder_conclude(&ladder, &got);
        enum avs_sight base = row.steps[0].sight;
        assert_true(base != AVS_SIGHT_NONE || (got.finding_count == 0 && !got.change));
        assert_true(base != P || !got.change);
        assert_true(base == P || got.tried < 2 || got.finding_count > 0);
        for (size_t i = 0; got.tried == 1 && i < got.finding_count; i++) { /* stopped at once */
            assert_int_equal(got.finding[i].proof, AVS_PROOF_NOTHING_REACHED);
        }
        for (size_t i = 0; i < got.finding_count; i++) {
            bool is_13 = got.finding[i].proof == AVS_PROOF_TLS13_SWALLOWED;
            assert_true(!is_13 || (row.steps[2].sight != AVS_SIGHT_NONE &&
                                   row.steps[3].sight != AVS_SIGHT_NONE));
        }
    }
}

static void sizes_are_the_bounds_that_were_seen(void **state) {
    (void)state;
    static struct avs_ladder ladder;
    struct avs_ladder_conclusion got;
    const struct row down = {
        "", {{BASE, S}, {SEGMENT(1220), P}, {SEGMENT(1300), P}, {SEGMENT(1340), S}}, {0}, 0};
    const struct row whole = {"", {{BASE, S}, {SEGMENT(1220), P}, {SEGMENT(1420), P}}, {0}, 0};
    const struct row up = {
        "", {{BASE, P}, {REQUEST(1200), P}, {REQUEST(1266), T}, {REQUEST(1400), T}}, {0}, 0};
    fill(&ladder, &down);
    avs_ladder_conclude(&ladder, &got);
    assert_int_equal(got.segment_good, 1300);
    assert_int_equal(got.segment_bad, 1340);
    fill(&ladder, &whole);
    avs_ladder_conclude(&ladder, &got);
    assert_int_equal(got.segment_good, 1420);
    assert_int_equal(got.segment_bad, 1460); /* Ethernet's, which "as configured" had */
    fill(&ladder, &up);
    avs_ladder_conclude(&ladder, &got);
    assert_int_equal(got.request_good, 1200);
    assert_int_equal(got.request_bad, 1266);
}

static void a_store_that_is_wrong_is_told_by_the_others(void **state) {
    (void)state;
    static struct avs_ladder ladder;
    const struct row row = {"", {{BASE, U}, {TLS13, U}, {TLS12, U}}, {0}, 0};
    const struct {
        enum avs_ladder_store_state ours, system, ats;
        enum avs_ladder_proof proof;
    } stores[] = {
        {AVS_LADDER_STORE_REFUSES, AVS_LADDER_STORE_ACCEPTS, AVS_LADDER_STORE_REFUSES,
         AVS_PROOF_STORE_OTHER_CLOSES},
        {AVS_LADDER_STORE_REFUSES, AVS_LADDER_STORE_NOT_ASKED, AVS_LADDER_STORE_ACCEPTS,
         AVS_PROOF_STORE_LACKS_ATS},
        {AVS_LADDER_STORE_REFUSES, AVS_LADDER_STORE_UNUSABLE, AVS_LADDER_STORE_REFUSES,
         AVS_PROOF_NOTHING_PASSES},
    };
    for (size_t i = 0; i < AVS_COUNT(stores); i++) {
        struct avs_ladder_conclusion got;
        fill(&ladder, &row);
        AVS_TEXT_SET(ladder.sheet.rung[0].seen.leaf_sha256, "AB");
        ladder.chain_count = 1;
        AVS_TEXT_SET(ladder.chain[0].leaf_sha256, "AB");
        ladder.chain[0].store[AVS_LADDER_STORE_OURS] = stores[i].ours;
        ladder.chain[0].store[AVS_LADDER_STORE_SYSTEM] = stores[i].system;
        ladder.chain[0].store[AVS_LADDER_STORE_ATS] = stores[i].ats;
        avs_ladder_conclude(&ladder, &got);
        assert_int_equal(got.finding_count, 1);
        assert_int_equal(got.finding[0].proof, stores[i].proof);
        AVS_TEXT_SET(ladder.chain[0].leaf_sha256, "CD"); /* another address's chain */
        avs_ladder_conclude(&ladder, &got);
        assert_int_equal(got.finding[0].proof, AVS_PROOF_NOTHING_PASSES);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_proves_what_it_says_and_no_more),
        cmocka_unit_test(every_pattern_has_an_end),
        cmocka_unit_test(sizes_are_the_bounds_that_were_seen),
        cmocka_unit_test(a_store_that_is_wrong_is_told_by_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
