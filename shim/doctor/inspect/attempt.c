/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of one transfer make one failure. libcurl tells of a transfer in several lines: an
 * address that failed, why the whole failed, and last a number that the SDK logs. The most exact of
 * them is the failure, the others are its echoes. Decides nothing about causes but that. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    RESULT_LINES_MAX = 400,   /* a result further behind than this is another transfer's */
    NAMELESS_LINES_MAX = 100, /* the same, where no id says which one it is */
    EXACTNESS_STEP = 4,
};

static const char same_failure[] = "The same failure; the decisive line says more exactly why.";
static const char same_as_number[] =
    "The same failure as a number; it does not say why, the decisive line does.";

static bool is_text(const char *field, struct avs_slice slice) {
    return strlen(field) == slice.length &&
           (slice.length == 0 || memcmp(field, slice.text, slice.length) == 0);
}

static void set_text(char *field, size_t capacity, struct avs_slice slice) {
    avs_text_copy_bytes(field, capacity, slice.text ? slice.text : "", slice.length);
}

static struct avs_slice cut(struct avs_slice slice) {
    slice.length = slice.length < AVS_LABEL_BYTES ? slice.length : AVS_LABEL_BYTES - 1;
    return slice;
}

/* Raw output has no stream: what one program prints belongs together. */
static bool is_of(const struct avs_attempt *attempt, const struct avs_sighting *sighting) {
    return attempt->is_used && is_text(attempt->stream, cut(sighting->stream)) &&
           is_text(attempt->writer, cut(sighting->writer)) &&
           (sighting->stream.length == 0 || ((int)attempt->scope & (int)sighting->tally.scope));
}

/* Add up the best of what was said, once, and its echoes with it. */
static void book(struct avs_inspect *inspect, struct avs_attempt *attempt) {
    if (attempt->best.count == 0 || attempt->is_booked) {
        return;
    }
    if (attempt->host[0] && (!attempt->best.host[0] || attempt->best.host_assumed)) {
        AVS_TEXT_SET(attempt->best.host, attempt->host); /* a later line named it */
        attempt->best.host_assumed = false;
    }
    attempt->tally = avs_book_add(inspect, &attempt->best);
    attempt->is_booked = true;
    for (size_t i = 0; i < attempt->echo_count; i++) {
        struct avs_echo_tally *echo = &attempt->echoes[i];
        struct avs_sighting sighting = {
            .text = echo->line, .length = strlen(echo->line), .place = echo->first};
        avs_inspect_add_echo(inspect, echo->rule, echo->why, attempt->tally, &sighting);
    }
    attempt->echo_count = 0;
}

static void forget(struct avs_attempt *attempt) {
    attempt->best.count = 0;
    attempt->is_hint = attempt->is_booked = false;
    attempt->echo_count = 0;
    attempt->is_tcp_up = attempt->is_tls_up = false;
    attempt->subject[0] = attempt->issuer[0] = '\0';
}

void avs_attempt_restart(struct avs_inspect *inspect, struct avs_attempt *attempt) {
    if (!attempt->is_hint) {
        book(inspect, attempt);
        forget(attempt);
    }
}

void avs_attempt_forgive(struct avs_attempt *attempt) {
    forget(attempt);
}

void avs_attempt_connected(struct avs_inspect *inspect, struct avs_attempt *attempt) {
    if (!attempt->is_hint) {
        book(inspect, attempt);
    }
    forget(attempt);
    attempt->is_tcp_up = true;
}

struct avs_attempt *avs_attempt_of(struct avs_inspect *inspect,
                                   const struct avs_sighting *sighting) {
    struct avs_attempt *oldest = &inspect->attempts[0];
    struct avs_attempt *found = NULL;
    for (size_t i = 0; i < AVS_ATTEMPTS_MAX && !found; i++) {
        struct avs_attempt *attempt = &inspect->attempts[i];
        if (is_of(attempt, sighting)) {
            found = attempt;
        } else if (oldest->is_used &&
                   (!attempt->is_used || attempt->last_line < oldest->last_line)) {
            oldest = attempt;
        }
    }
    if (!found) {
        found = oldest;
        avs_attempt_restart(inspect, found);
        memset(found, 0, sizeof(*found));
        found->is_used = true;
        found->scope = sighting->tally.scope;
        set_text(found->stream, sizeof(found->stream), sighting->stream);
        set_text(found->writer, sizeof(found->writer), sighting->writer);
    }
    set_text(found->moniker, sizeof(found->moniker), sighting->moniker);
    found->last_line = sighting->place.line;
    return found;
}

/* The login and the capabilities have hosts of their own; only a proxy may stand before them. */
static bool is_other_peer(const struct avs_attempt *attempt, enum avs_scope scope) {
    return attempt->host[0] && attempt->scope == AVS_SCOPE_ANY &&
           (scope == AVS_SCOPE_LOGIN || scope == AVS_SCOPE_CAPABILITIES) &&
           attempt->best.cause != AVS_CAUSE_PROXY_FAILED;
}

/* Could this result be that transfer's? One with another id, thread or peer is not. */
static bool fits_result(const struct avs_attempt *attempt, const struct avs_sighting *result) {
    bool is_named = attempt->stream[0] && result->stream.length > 0;
    bool has_thread = attempt->moniker[0] && result->moniker.length > 0;
    return attempt->is_used && attempt->best.count > 0 &&
           ((int)attempt->scope & (int)result->tally.scope) &&
           is_text(attempt->writer, cut(result->writer)) &&
           (!is_named || is_text(attempt->stream, cut(result->stream))) &&
           (is_named || !has_thread || is_text(attempt->moniker, cut(result->moniker))) &&
           !is_other_peer(attempt, result->tally.scope) &&
           result->place.line - attempt->last_line <=
               (is_named ? RESULT_LINES_MAX : NAMELESS_LINES_MAX);
}

struct avs_attempt *avs_attempt_of_result(struct avs_inspect *inspect,
                                          const struct avs_sighting *result) {
    struct avs_attempt *found = NULL;
    for (size_t i = 0; i < AVS_ATTEMPTS_MAX; i++) {
        struct avs_attempt *attempt = &inspect->attempts[i];
        if (fits_result(attempt, result) && (!found || attempt->last_line > found->last_line)) {
            found = attempt;
        }
    }
    return found;
}

/* An interceptor explains whatever follows; else the surer word, and of equals the later one. */
static bool is_more_exact(const struct avs_tally *later, const struct avs_tally *earlier) {
    if (later->cause == AVS_CAUSE_INTERCEPTED || earlier->cause == AVS_CAUSE_INTERCEPTED) {
        return later->cause == AVS_CAUSE_INTERCEPTED;
    }
    bool is_refined =
        earlier->cause == AVS_CAUSE_ROOT_MISSING && later->cause == AVS_CAUSE_INTERMEDIATE_MISSING;
    return is_refined || EXACTNESS_STEP * (int)later->certainty + later->is_verify_reason >=
                             EXACTNESS_STEP * (int)earlier->certainty + earlier->is_verify_reason;
}

static void keep_echo(struct avs_attempt *attempt, const struct avs_tally *tally) {
    if (attempt->echo_count == AVS_ATTEMPT_ECHOES_MAX) {
        return;
    }
    struct avs_echo_tally *echo = &attempt->echoes[attempt->echo_count++];
    *echo = (struct avs_echo_tally){.rule = tally->says ? tally->says : same_failure,
                                    .why = same_failure,
                                    .first = tally->decisive};
    AVS_TEXT_SET(echo->line, tally->line);
}

/* openssl tells each error twice, with the certificate and in its summary */
static bool is_repeated(const struct avs_attempt *attempt, const struct avs_tally *tally) {
    return attempt->best.kind == tally->kind && attempt->best.row == tally->row &&
           attempt->best.wording == tally->wording && strcmp(tally->component, "openssl") != 0;
}

void avs_attempt_add(struct avs_inspect *inspect, struct avs_attempt *attempt,
                     const struct avs_sighting *sighting, bool is_hint) {
    struct avs_tally tally;
    avs_tally_fill(inspect, &tally, sighting);
    bool is_new = attempt->best.count == 0;
    if (!is_new && !is_hint && !attempt->is_hint &&
        (is_repeated(attempt, &tally) || attempt->is_booked)) {
        book(inspect, attempt); /* it says the same again: that is the next one */
        attempt->best.count = 0;
        attempt->is_booked = false;
        is_new = true;
    }
    if (is_new) {
        attempt->best = tally;
        attempt->is_hint = is_hint;
        return;
    }
    if (is_more_exact(&tally, &attempt->best)) {
        if (!is_repeated(attempt, &tally)) {
            keep_echo(attempt, &attempt->best);
        }
        attempt->best = tally;
    } else {
        keep_echo(attempt, &tally);
    }
    attempt->is_hint = attempt->is_hint && is_hint;
}

/* These results come only where TLS stood: then nothing was cut in the handshake. */
static bool is_behind_tls(int code) {
    static const int codes[] = {16, 18, 52, 55, 56, 92};
    for (size_t i = 0; i < AVS_COUNT(codes); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

bool avs_attempt_end(struct avs_inspect *inspect, struct avs_attempt *attempt,
                     const struct avs_sighting *result) {
    struct avs_tally *best = &attempt->best;
    bool is_dull = best->certainty == AVS_POSSIBLE && result->tally.certainty > AVS_POSSIBLE &&
                   best->cause != result->tally.cause && !best->is_verify_reason;
    if (!attempt->is_booked && is_dull) {
        attempt->best.count = 0; /* the number says more than the words */
        return false;
    }
    if (!attempt->is_booked) {
        if (best->cause == AVS_CAUSE_TLS_ABORTED && is_behind_tls(result->tally.code)) {
            best->cause = AVS_CAUSE_CONNECTION_LOST;
        }
        if (best->scope == AVS_SCOPE_ANY) {
            best->scope = result->tally.scope;
        }
        if (!best->host[0]) {
            struct avs_tally filled;
            avs_tally_fill(inspect, &filled, result);
            AVS_TEXT_SET(best->host, filled.host);
            best->host_assumed = filled.host_assumed;
        }
        best->is_at_stop = best->is_at_stop || result->tally.is_at_stop;
        if (result->tally.is_at_stop) {
            AVS_TEXT_SET(best->detail, result->tally.detail);
        }
        best->is_clock_implausible =
            best->is_clock_implausible || result->tally.is_clock_implausible;
        best->is_answered = best->is_answered || result->tally.is_answered;
        book(inspect, attempt);
    }
    if (result->place.line != best->decisive.line) {
        avs_inspect_add_echo(inspect, same_as_number, same_as_number, attempt->tally, result);
    }
    forget(attempt);
    return true;
}

void avs_attempts_settle(struct avs_inspect *inspect) {
    for (size_t i = 0; i < AVS_ATTEMPTS_MAX; i++) {
        if (!inspect->attempts[i].is_hint) {
            book(inspect, &inspect->attempts[i]);
        }
    }
}
