/* Adding up what was recognised. Bounded: a fixed number of tallies, whatever the log's size. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum { FUTURE_MARGIN_S = 30 * 24 * 3600 }; /* a stamp further ahead than this is no honest one */

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
    return seconds < inspect->floor ||
           (inspect->now > 0 && seconds > inspect->now + FUTURE_MARGIN_S);
}

static bool is_same(const struct avs_tally *a, const struct avs_tally *b) {
    return a->kind == b->kind && a->row == b->row && a->scope == b->scope && a->cause == b->cause &&
           a->is_clock_implausible == b->is_clock_implausible &&
           a->is_text_ambiguous == b->is_text_ambiguous;
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

static void set_host(struct avs_inspect *inspect, struct avs_tally *tally, const char *host) {
    if (!host && tally->scope == AVS_SCOPE_GATEWAY && inspect->gateway[0]) {
        host = inspect->gateway;
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

void avs_inspect_add_failure(struct avs_inspect *inspect, const struct avs_sighting *sighting) {
    struct avs_tally *tally = NULL;
    for (size_t i = 0; i < inspect->tally_count && !tally; i++) {
        if (is_same(&inspect->tallies[i], &sighting->tally)) {
            tally = &inspect->tallies[i];
        }
    }
    inspect->implausible_stamps += sighting->tally.is_clock_implausible;
    if (!tally && inspect->tally_count == AVS_TALLIES_MAX) {
        inspect->tallies_lost++;
        return;
    }
    if (!tally) {
        tally = &inspect->tallies[inspect->tally_count++];
        *tally = sighting->tally;
        tally->first = tally->decisive = sighting->place;
        set_line(tally->line, sizeof(tally->line), sighting);
        avs_text_copy_bytes(tally->component, sizeof(tally->component), sighting->component.text,
                            sighting->component.length);
        if (sighting->path.length > 0) {
            avs_text_copy_bytes(tally->path, sizeof(tally->path), sighting->path.text,
                                sighting->path.length);
        }
    }
    if (!tally->host[0] || tally->host_assumed) {
        set_host(inspect, tally, sighting->host);
    }
    tally->count++;
    tally->last = sighting->place;
}

/* The failure that an echo of `scope` follows: the one of that scope that was seen last. */
static size_t echoed_tally(const struct avs_inspect *inspect, enum avs_scope scope) {
    size_t found = AVS_TALLIES_MAX;
    for (size_t i = 0; i < inspect->tally_count; i++) {
        if (inspect->tallies[i].scope == scope &&
            (found == AVS_TALLIES_MAX ||
             inspect->tallies[i].last.line > inspect->tallies[found].last.line)) {
            found = i;
        }
    }
    return found;
}

void avs_inspect_add_echo(struct avs_inspect *inspect, size_t rule,
                          const struct avs_sighting *sighting) {
    size_t tally = echoed_tally(inspect, avs_line_rules[rule].scope);
    for (size_t i = 0; i < inspect->echo_count; i++) {
        if (inspect->echoes[i].rule == rule && inspect->echoes[i].tally == tally) {
            inspect->echoes[i].count++;
            return;
        }
    }
    if (inspect->echo_count == AVS_ECHO_TALLIES_MAX) {
        return;
    }
    struct avs_echo_tally *echo = &inspect->echoes[inspect->echo_count++];
    *echo =
        (struct avs_echo_tally){.rule = rule, .tally = tally, .count = 1, .first = sighting->place};
    set_line(echo->line, sizeof(echo->line), sighting);
}

void avs_inspect_add_note(struct avs_inspect *inspect, const char *text, uint64_t line) {
    for (size_t i = 0; i < inspect->note_count; i++) {
        if (inspect->notes[i].text == text || strcmp(inspect->notes[i].text, text) == 0) {
            inspect->notes[i].count++;
            return;
        }
    }
    if (inspect->note_count < AVS_INSPECT_NOTES_MAX) {
        inspect->notes[inspect->note_count++] = (struct avs_note_tally){text, 1, line};
    }
}

void avs_inspect_add_proof(struct avs_inspect *inspect, enum avs_scope scope, bool is_fine,
                           const struct avs_inspect_place *place) {
    struct avs_inspect_place *first = scope == AVS_SCOPE_LOGIN     ? &inspect->proof_login
                                      : scope == AVS_SCOPE_GATEWAY ? &inspect->proof_gateway
                                                                   : &inspect->proof_any;
    *first = first->line ? *first : *place;
    inspect->proof_any = inspect->proof_any.line ? inspect->proof_any : *place;
    for (size_t i = 0; i < inspect->tally_count; i++) {
        struct avs_tally *tally = &inspect->tallies[i];
        if (tally->scope == scope && (is_fine || tally->cause != AVS_CAUSE_AUTH_NOT_TLS) &&
            tally->recovered_line <= tally->last.line) {
            tally->recovered_line = place->line;
        }
    }
}

void avs_inspect_add_session(struct avs_inspect *inspect, bool is_connected,
                             const struct avs_sighting *sighting) {
    int64_t now_ms = sighting->place.unix_ms;
    if (is_connected) {
        avs_inspect_add_proof(inspect, AVS_SCOPE_GATEWAY, true, &sighting->place);
        inspect->has_connected = true;
        if (inspect->connected_ms < 0) {
            inspect->connected_ms = now_ms;
        }
        return;
    }
    /* one drop is told by two lines: the second finds no session standing */
    bool is_again = inspect->has_connected && inspect->connected_ms < 0 && now_ms >= 0;
    int64_t since = inspect->has_connected ? inspect->connected_ms : inspect->dropped_ms;
    int64_t least = inspect->has_connected ? 0 : 2000;
    if (since >= 0 && now_ms - since >= least && now_ms - since < AVS_SHORT_SESSION_MS) {
        if (inspect->short_sessions++ == 0) {
            inspect->first_short = sighting->place;
            set_line(inspect->short_line, sizeof(inspect->short_line), sighting);
        }
        inspect->last_short = sighting->place;
    }
    inspect->connected_ms = -1;
    inspect->dropped_ms = now_ms;
    if (!is_again) {
        inspect->drops++;
        inspect->first_drop = inspect->first_drop.line ? inspect->first_drop : sighting->place;
    }
}
