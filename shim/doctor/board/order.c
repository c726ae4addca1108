/* SPDX-License-Identifier: Apache-2.0 */
/* See order.h. */
#include "board/order.h"

#include <string.h>

#include "base/flow.h"
#include "board/hosts.h"
#include "board/rules.h"

#define ANY AVS_BOARD_PART_COUNT

/* What is mended first: as the way to a session goes, this machine before its network, the network
 * before a host. */
static const int ranks[AVS_BOARD_PART_COUNT] = {
    [AVS_BOARD_PART_CONFIG] = 0, [AVS_BOARD_PART_NETWORK] = 1, [AVS_BOARD_PART_RESOLVER] = 2,
    [AVS_BOARD_PART_PROXY] = 3,  [AVS_BOARD_PART_CLOCK] = 4,   [AVS_BOARD_PART_LIBRARIES] = 5,
    [AVS_BOARD_PART_STORE] = 6,  [AVS_BOARD_PART_HOST] = 7,    [AVS_BOARD_PART_DISK] = 8,
    [AVS_BOARD_PART_LOG] = 9,
};

/* ---- consequences ---- */

/* `then` is there because `why` is. A row with another `then_part` than HOST says so. */
static const struct {
    enum avs_board_part why_part;
    enum avs_cause why;
    enum avs_board_part then_part; /* ANY: whatever part it is of */
    enum avs_cause then;
} rows[] = {
#define N AVS_BOARD_PART_NETWORK, AVS_CAUSE_NETWORK_UNREACHABLE
    {N, AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED},
    {N, AVS_BOARD_PART_RESOLVER, AVS_CAUSE_RESOLVER_DEAD},
    {N, AVS_BOARD_PART_CLOCK, AVS_CAUSE_TIME_NOT_SYNCHRONISED},
    {N, AVS_BOARD_PART_HOST, AVS_CAUSE_DNS_FAILED},
    {N, AVS_BOARD_PART_HOST, AVS_CAUSE_NETWORK_UNREACHABLE},
    {N, AVS_BOARD_PART_HOST, AVS_CAUSE_CONNECT_TIMEOUT},
    {N, AVS_BOARD_PART_HOST, AVS_CAUSE_PROXY_FAILED},
    {N, AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED},
#undef N
#define L AVS_BOARD_PART_NETWORK, AVS_CAUSE_LARGE_PACKETS_LOST
    {L, AVS_BOARD_PART_HOST, AVS_CAUSE_TLS_TIMEOUT},
    {L, AVS_BOARD_PART_HOST, AVS_CAUSE_RESPONSE_TIMEOUT},
    {L, AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED},
#undef L
#define R AVS_BOARD_PART_RESOLVER, AVS_CAUSE_DNS_FAILED
    {R, AVS_BOARD_PART_HOST, AVS_CAUSE_DNS_FAILED},
    {R, AVS_BOARD_PART_HOST, AVS_CAUSE_PROXY_FAILED},
    {R, AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED},
#undef R
#define D AVS_BOARD_PART_RESOLVER, AVS_CAUSE_RESOLVER_DEAD
    {D, AVS_BOARD_PART_HOST, AVS_CAUSE_DNS_FAILED},
    {D, AVS_BOARD_PART_HOST, AVS_CAUSE_PROBE_UNFINISHED},
#undef D
#define C AVS_BOARD_PART_CLOCK, AVS_CAUSE_CLOCK_WRONG
    {C, ANY, AVS_CAUSE_CLOCK_WRONG},
    {C, ANY, AVS_CAUSE_CERT_NOT_YET_VALID},
    {C, ANY, AVS_CAUSE_CERT_EXPIRED},
#undef C
#define S AVS_BOARD_PART_STORE
    {S, AVS_CAUSE_CA_FILE_UNREADABLE, AVS_BOARD_PART_HOST, AVS_CAUSE_CA_FILE_UNREADABLE},
    {S, AVS_CAUSE_CA_FILE_INVALID, AVS_BOARD_PART_HOST, AVS_CAUSE_CA_FILE_INVALID},
    {S, AVS_CAUSE_CA_PATH_NOT_HASHED, AVS_BOARD_PART_HOST, AVS_CAUSE_CA_PATH_NOT_HASHED},
    {S, AVS_CAUSE_CA_PATH_NOT_HASHED, AVS_BOARD_PART_HOST, AVS_CAUSE_ROOT_MISSING},
    {S, AVS_CAUSE_ROOT_MISSING, AVS_BOARD_PART_HOST, AVS_CAUSE_ROOT_MISSING},
#undef S
#define K AVS_BOARD_PART_CONFIG
    {K, AVS_CAUSE_CA_FILE_UNREADABLE, ANY, AVS_CAUSE_CA_FILE_UNREADABLE},
    {K, AVS_CAUSE_CA_FILE_INVALID, ANY, AVS_CAUSE_CA_FILE_INVALID},
    {K, AVS_CAUSE_CA_PATH_NOT_HASHED, ANY, AVS_CAUSE_CA_PATH_NOT_HASHED},
    {K, AVS_CAUSE_CA_PATH_NOT_HASHED, ANY, AVS_CAUSE_ROOT_MISSING},
    {K, AVS_CAUSE_INTERFACE_MISSING, AVS_BOARD_PART_HOST, AVS_CAUSE_INTERFACE_MISSING},
    {K, AVS_CAUSE_PROXY_FAILED, AVS_BOARD_PART_HOST, AVS_CAUSE_PROXY_FAILED},
#undef K
#define P AVS_BOARD_PART_HOST, AVS_CAUSE_CAPTIVE_PORTAL
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_PLAINTEXT_PEER},
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_HOSTNAME_MISMATCH},
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_SELF_SIGNED},
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_ROOT_MISSING},
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_INTERCEPTED},
    {P, AVS_BOARD_PART_HOST, AVS_CAUSE_NOT_ATS},
#undef P
#define I AVS_BOARD_PART_HOST, AVS_CAUSE_INTERCEPTED
    {I, AVS_BOARD_PART_HOST, AVS_CAUSE_ROOT_MISSING},
    {I, AVS_BOARD_PART_HOST, AVS_CAUSE_SELF_SIGNED},
    {I, AVS_BOARD_PART_HOST, AVS_CAUSE_NOT_ATS},
#undef I
};

/* A certificate that no Amazon root would close is no consequence of one that is missing. */
static bool is_other_root(const struct avs_board *board, const struct avs_board_finding *why,
                          const struct avs_board_finding *then) {
    if (why->part != AVS_BOARD_PART_STORE || then->cause != AVS_CAUSE_ROOT_MISSING ||
        then->host == AVS_BOARD_NOTHING || !board->host[then->host].evidence) {
        return false;
    }
    struct avs_board_result result;
    avs_board_judge_host(&board->host[then->host], &result);
    return !board->host[then->host]
                .evidence->session[result.session]
                .tls.trust.refusal.closes_with_ats_roots;
}

static bool is_row(const struct avs_board_finding *why, const struct avs_board_finding *then) {
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].why_part == why->part && rows[i].why == why->cause &&
            rows[i].then == then->cause &&
            (rows[i].then_part == ANY || rows[i].then_part == then->part)) {
            return true;
        }
    }
    return false;
}

static bool explains(const struct avs_board *board, const struct avs_board_finding *why,
                     const struct avs_board_finding *then) {
    bool is_host = why->part == AVS_BOARD_PART_HOST;
    if (why->part == then->part && why->cause == then->cause) {
        return false; /* the same twice */
    }
    /* a log tells of what is found now, too */
    if (then->part == AVS_BOARD_PART_LOG && why->part != AVS_BOARD_PART_LOG &&
        why->cause == then->cause) {
        return true;
    }
    /* a wrong address in /etc/hosts explains whatever becomes of that host */
    if (is_host && why->cause == AVS_CAUSE_NAME_PINNED) {
        return then->part == AVS_BOARD_PART_HOST && (then->hosts & ~why->hosts) == 0;
    }
    if (is_host && then->part == AVS_BOARD_PART_HOST && (then->hosts & ~why->hosts) != 0 &&
        why->cause == AVS_CAUSE_CAPTIVE_PORTAL) {
        return false; /* hosts that the stranger did not answer for */
    }
    return is_row(why, then) && !is_other_root(board, why, then);
}

static void mark_consequences(const struct avs_board *board, struct avs_board_conclusion *to) {
    for (size_t then = 0; then < to->finding_count; then++) {
        for (size_t why = 0; why < to->finding_count; why++) {
            struct avs_board_finding *finding = &to->finding[then];
            if (why != then && finding->because == AVS_BOARD_NOTHING &&
                explains(board, &to->finding[why], finding)) {
                finding->because = why;
            }
        }
    }
    for (size_t i = 0; i < to->finding_count; i++) { /* to the root of each; rows have no circle */
        struct avs_board_finding *finding = &to->finding[i];
        for (size_t hops = 0; finding->because != AVS_BOARD_NOTHING && hops < to->finding_count &&
                              to->finding[finding->because].because != AVS_BOARD_NOTHING;
             hops++) {
            finding->because = to->finding[finding->because].because;
        }
        if (finding->because != AVS_BOARD_NOTHING &&
            finding->severity > to->finding[finding->because].severity) {
            to->finding[finding->because].severity = finding->severity;
        }
    }
}

/* ---- order ---- */

static bool is_unfinished(const struct avs_board_finding *finding) {
    return finding->cause == AVS_CAUSE_PROBE_UNFINISHED;
}

static bool comes_before(const struct avs_board_finding *a, const struct avs_board_finding *b) {
    bool is_a_fault = a->because == AVS_BOARD_NOTHING;
    bool is_b_fault = b->because == AVS_BOARD_NOTHING;
    if (is_a_fault != is_b_fault) {
        return is_a_fault;
    }
    if (a->severity != b->severity) {
        return a->severity > b->severity;
    }
    if (ranks[a->part] != ranks[b->part]) {
        return ranks[a->part] < ranks[b->part];
    }
    bool is_host = a->part == AVS_BOARD_PART_HOST;
    if (is_unfinished(a) != is_unfinished(b)) {
        return is_unfinished(b); /* what was seen comes before what was not */
    }
    enum avs_phase a_phase = avs_cause_info(a->cause)->phase;
    enum avs_phase b_phase = avs_cause_info(b->cause)->phase;
    if (is_host &&
        (a->cause == AVS_CAUSE_CAPTIVE_PORTAL) != (b->cause == AVS_CAUSE_CAPTIVE_PORTAL)) {
        return a->cause == AVS_CAUSE_CAPTIVE_PORTAL;
    }
    return is_host && a_phase < b_phase;
}

/* Stable, few rows: by insertion. */
static void sort(struct avs_board_conclusion *to) {
    size_t place[AVS_BOARD_FINDINGS_MAX]; /* where the finding that was at i is now */
    size_t order[AVS_BOARD_FINDINGS_MAX]; /* which finding is at i now */
    struct avs_board_finding before[AVS_BOARD_FINDINGS_MAX];
    memcpy(before, to->finding, to->finding_count * sizeof(before[0]));
    for (size_t i = 0; i < to->finding_count; i++) {
        size_t at = i;
        while (at > 0 && comes_before(&before[i], &before[order[at - 1]])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    for (size_t i = 0; i < to->finding_count; i++) {
        place[order[i]] = i;
        to->finding[i] = before[order[i]];
    }
    for (size_t i = 0; i < to->finding_count; i++) {
        if (to->finding[i].because != AVS_BOARD_NOTHING) {
            to->finding[i].because = place[to->finding[i].because];
        }
    }
}

/* ---- the answer ---- */

static bool is_unreached(const struct avs_board *board, const struct avs_board_finding *finding) {
    struct avs_board_result result;
    if (finding->part != AVS_BOARD_PART_HOST || finding->host == AVS_BOARD_NOTHING) {
        return false;
    }
    avs_board_judge_host(&board->host[finding->host], &result);
    return (result.cause == finding->cause || finding->cause == AVS_CAUSE_WAY_REFUSED) &&
           result.readiness == AVS_INCONCLUSIVE;
}

/* The gateway, and every other host that the device needs: less is no proof that it connects. */
static bool was_enough_asked(const struct avs_board *board) {
    bool has_gateway = false;
    for (size_t i = 0; i < board->host_length; i++) {
        const struct avs_board_host *host = &board->host[i];
        has_gateway |= host->role == AVS_BOARD_ROLE_GATEWAY;
        if (avs_board_roles[host->role].is_needed && !host->was_asked) {
            return false;
        }
    }
    return has_gateway;
}

/* A fault of this board is a finding; a host that never said a word leaves it open whose. */
static void answer(const struct avs_board *board, struct avs_board_conclusion *to) {
    static const int exit_codes[] = {[AVS_READY] = 0, [AVS_NOT_READY] = 1, [AVS_INCONCLUSIVE] = 3};
    to->readiness = was_enough_asked(board) && !board->was_stopped ? AVS_READY : AVS_INCONCLUSIVE;
    for (size_t i = 0; i < to->finding_count && to->readiness != AVS_NOT_READY; i++) {
        const struct avs_board_finding *finding = &to->finding[i];
        if (finding->severity == AVS_SEVERITY_ERROR && finding->because == AVS_BOARD_NOTHING) {
            to->readiness = is_unreached(board, finding) ? AVS_INCONCLUSIVE : AVS_NOT_READY;
        }
    }
    to->exit_code = exit_codes[to->readiness];
}

void avs_board_conclude(const struct avs_board *board, struct avs_board_conclusion *ret) {
    memset(ret, 0, sizeof(*ret));
    avs_board_find(board, ret);
    mark_consequences(board, ret);
    sort(ret);
    answer(board, ret);
}
