/* SPDX-License-Identifier: Apache-2.0 */
/* Adding up what was recognised. Bounded: a fixed number of tallies, whatever the log's size. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    FUTURE_MARGIN_S = 30 * 24 * 3600, /* a stamp further ahead than this is no honest one */
    SAME_DROP_MS = 2000,              /* one drop is told by several lines */
};

static const char same_try[] = "The same try to connect, told by another line.";

/* Where a component usually goes, when the log does not say. */
static const struct {
    enum avs_scope scope;
    const char *host;
} usual_hosts[] = {
    {AVS_SCOPE_LOGIN, "api.amazon.com"},
    {AVS_SCOPE_CAPABILITIES, "api.amazonalexa.com"},
};

bool avs_inspect_is_implausible(const struct avs_inspect *inspect, int64_t unix_ms) {
    if (unix_ms < 0) {
        return false;
    }
    int64_t seconds = unix_ms / 1000;
    return seconds < inspect->context.floor ||
           (inspect->now > 0 && seconds > inspect->now + FUTURE_MARGIN_S);
}

static bool is_same(const struct avs_tally *a, const struct avs_tally *b) {
    return a->kind == b->kind && a->row == b->row && a->scope == b->scope && a->cause == b->cause &&
           a->is_clock_implausible == b->is_clock_implausible &&
           a->is_text_ambiguous == b->is_text_ambiguous && a->is_at_stop == b->is_at_stop &&
           a->is_answered == b->is_answered && strcmp(a->writer, b->writer) == 0;
}

static void set_line(char *field, size_t capacity, const struct avs_sighting *sighting) {
    char text[AVS_RECORD_BYTES_MAX + 1];
    size_t length = sighting->length < sizeof(text) ? sighting->length : sizeof(text) - 1;
    memcpy(text, sighting->text, length);
    text[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
    avs_inspect_mask(field, capacity, text);
}

static void set_host(const struct avs_inspect *inspect, struct avs_tally *tally, const char *host) {
    if (!host && tally->scope == AVS_SCOPE_GATEWAY && inspect->context.gateway[0]) {
        host = inspect->context.gateway;
    }
    if (host) {
        AVS_TEXT_SET(tally->host, host);
        tally->host_assumed = false;
        return;
    }
    for (size_t i = 0; i < AVS_COUNT(usual_hosts); i++) {
        if (usual_hosts[i].scope == tally->scope && !tally->host[0]) {
            AVS_TEXT_SET(tally->host, usual_hosts[i].host);
            tally->host_assumed = true;
        }
    }
}

static void set_slice(char *field, size_t capacity, struct avs_slice slice) {
    if (slice.length > 0) {
        avs_text_copy_bytes(field, capacity, slice.text, slice.length);
    }
}

void avs_tally_fill(const struct avs_inspect *inspect, struct avs_tally *tally,
                    const struct avs_sighting *sighting) {
    *tally = sighting->tally;
    tally->count = sighting->tally.count > 0 ? sighting->tally.count : 1;
    tally->first = tally->last = tally->decisive = sighting->place;
    tally->touched_line = sighting->place.line;
    set_line(tally->line, sizeof(tally->line), sighting);
    set_slice(tally->component, sizeof(tally->component), sighting->component);
    set_slice(tally->path, sizeof(tally->path), sighting->path);
    set_slice(tally->writer, sizeof(tally->writer), sighting->writer);
    set_host(inspect, tally, sighting->host);
}

size_t avs_book_add(struct avs_inspect *inspect, const struct avs_tally *tally) {
    struct avs_book *book = &inspect->book;
    size_t at = 0;
    while (at < book->tally_count && !is_same(&book->tallies[at], tally)) {
        at++;
    }
    book->implausible_stamps += tally->is_clock_implausible;
    if (at == AVS_TALLIES_MAX) {
        book->tallies_lost++;
        return AVS_TALLIES_MAX;
    }
    struct avs_tally *booked = &book->tallies[at];
    if (at == book->tally_count) {
        book->tally_count++;
        *booked = *tally;
        return at;
    }
    if ((!booked->host[0] || booked->host_assumed) && tally->host[0]) {
        AVS_TEXT_SET(booked->host, tally->host);
        booked->host_assumed = tally->host_assumed;
    }
    booked->count += tally->count;
    booked->last = tally->last;
    booked->touched_line = tally->touched_line;
    return at;
}

void avs_inspect_add_failure(struct avs_inspect *inspect, const struct avs_sighting *sighting) {
    struct avs_tally tally;
    avs_tally_fill(inspect, &tally, sighting);
    (void)avs_book_add(inspect, &tally);
}

/* A kind of line that was there before begins the next try. */
void avs_inspect_add_retry(struct avs_inspect *inspect, const struct avs_sighting *sighting) {
    struct avs_book *book = &inspect->book;
    size_t told = ((size_t)sighting->tally.kind << 16) + sighting->tally.row;
    bool is_next = book->retry_count == 0 || book->retry_count == AVS_COUNT(book->retries);
    for (size_t i = 0; i < book->retry_count && !is_next; i++) {
        is_next = book->retries[i] == told;
    }
    if (is_next) {
        struct avs_tally tally;
        avs_tally_fill(inspect, &tally, sighting);
        book->retry_count = 0;
        book->retry_tally = avs_book_add(inspect, &tally);
    } else {
        avs_inspect_add_echo(inspect, same_try, same_try, book->retry_tally, sighting);
    }
    book->retries[book->retry_count++] = told;
}

/* The failure that an echo of `scope` follows: the one of that scope that was seen last. */
static size_t echoed_tally(const struct avs_book *book, enum avs_scope scope) {
    size_t found = AVS_TALLIES_MAX;
    for (size_t i = 0; i < book->tally_count; i++) {
        if (book->tallies[i].scope == scope &&
            (found == AVS_TALLIES_MAX ||
             book->tallies[i].touched_line > book->tallies[found].touched_line)) {
            found = i;
        }
    }
    return found;
}

void avs_inspect_add_echo(struct avs_inspect *inspect, const void *rule, const char *why,
                          size_t tally, const struct avs_sighting *sighting) {
    struct avs_book *book = &inspect->book;
    tally = tally < AVS_TALLIES_MAX ? tally : echoed_tally(book, sighting->tally.scope);
    if (tally < AVS_TALLIES_MAX) {
        book->tallies[tally].touched_line = sighting->place.line;
    }
    for (size_t i = 0; i < book->echo_count; i++) {
        if (book->echoes[i].rule == rule && book->echoes[i].tally == tally) {
            book->echoes[i].count++;
            return;
        }
    }
    if (book->echo_count == AVS_ECHO_TALLIES_MAX) {
        return;
    }
    struct avs_echo_tally *echo = &book->echoes[book->echo_count++];
    *echo = (struct avs_echo_tally){.rule = rule,
                                    .scope = sighting->tally.scope,
                                    .tally = tally,
                                    .why = why,
                                    .count = 1,
                                    .first = sighting->place};
    set_line(echo->line, sizeof(echo->line), sighting);
}

void avs_inspect_add_note(struct avs_inspect *inspect, const char *text, uint64_t line) {
    struct avs_book *book = &inspect->book;
    for (size_t i = 0; i < book->note_count; i++) {
        if (book->notes[i].text == text || strcmp(book->notes[i].text, text) == 0) {
            book->notes[i].count++;
            return;
        }
    }
    if (book->note_count < AVS_INSPECT_NOTES_MAX) {
        book->notes[book->note_count++] = (struct avs_note_tally){text, 1, line};
    }
}

static void set_first(struct avs_inspect_place *first, const struct avs_inspect_place *place) {
    *first = first->line ? *first : *place;
}

void avs_inspect_add_proof(struct avs_inspect *inspect, enum avs_scope scope, bool is_fine,
                           const struct avs_inspect_place *place) {
    struct avs_book *book = &inspect->book;
    set_first(scope == AVS_SCOPE_LOGIN     ? &book->proof_login
              : scope == AVS_SCOPE_GATEWAY ? &book->proof_gateway
                                           : &book->proof_any,
              place);
    set_first(&book->proof_any, place);
    for (size_t i = 0; i < book->tally_count; i++) {
        struct avs_tally *tally = &book->tallies[i];
        if (tally->scope == scope && (is_fine || tally->cause != AVS_CAUSE_AUTH_NOT_TLS) &&
            tally->recovered_line <= tally->last.line) {
            tally->recovered_line = place->line;
        }
    }
}

void avs_inspect_excuse_login(struct avs_inspect *inspect) {
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        struct avs_tally *tally = &inspect->book.tallies[i];
        if (tally->scope == AVS_SCOPE_LOGIN && tally->cause == AVS_CAUSE_AUTH_NOT_TLS &&
            tally->certainty == AVS_POSSIBLE) {
            tally->excused = tally->count;
        }
    }
}

void avs_inspect_add_plain_proof(struct avs_inspect *inspect,
                                 const struct avs_inspect_place *place) {
    set_first(&inspect->book.proof_plain, place);
}

static void add_drop(struct avs_book *book, const struct avs_sighting *sighting) {
    int64_t now_ms = sighting->place.unix_ms;
    bool is_again = (book->has_connected && book->connected_ms < 0 && now_ms >= 0) ||
                    (!book->has_connected && now_ms >= 0 && book->dropped_ms >= 0 &&
                     now_ms - book->dropped_ms < SAME_DROP_MS);
    int64_t since = book->has_connected ? book->connected_ms : book->dropped_ms;
    int64_t least = book->has_connected ? 0 : SAME_DROP_MS;
    if (since >= 0 && now_ms - since >= least && now_ms - since < AVS_SHORT_SESSION_MS) {
        if (book->short_sessions++ == 0) {
            book->first_short = sighting->place;
            set_line(book->short_line, sizeof(book->short_line), sighting);
        }
        book->last_short = sighting->place;
    }
    book->connected_ms = -1;
    book->dropped_ms = now_ms;
    if (!is_again) {
        book->drops++;
        set_first(&book->first_drop, &sighting->place);
    }
}

void avs_inspect_add_session(struct avs_inspect *inspect, bool is_connected,
                             const struct avs_sighting *sighting) {
    struct avs_book *book = &inspect->book;
    /* what the server ends has stood */
    avs_inspect_add_proof(inspect, AVS_SCOPE_GATEWAY, is_connected, &sighting->place);
    if (!is_connected) {
        add_drop(book, sighting);
        return;
    }
    book->has_connected = true;
    book->retry_count = 0;
    if (book->connected_ms < 0) {
        book->connected_ms = sighting->place.unix_ms;
    }
}
