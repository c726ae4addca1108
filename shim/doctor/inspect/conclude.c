/* SPDX-License-Identifier: Apache-2.0 */
/* From tallies to findings. Pure: the same book gives the same report, however often it is asked
 * for. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/conclude.h"

static const char server_drops[] =
    "The server ended the session: about once an hour that is normal, and no TLS problem.";

static struct avs_inspect_finding *finding_of(struct avs_inspect_report *report,
                                              enum avs_cause cause) {
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].cause == cause) {
            return &report->findings[i];
        }
    }
    if (report->finding_count == AVS_INSPECT_FINDINGS_MAX) {
        return NULL;
    }
    struct avs_inspect_finding *finding = &report->findings[report->finding_count++];
    finding->cause = cause;
    return finding;
}

/* What the catalogue cannot know: the cause's words would be too much, or wrong. */
static void set_words(struct avs_inspect_finding *finding, const struct avs_tally *tally) {
    static const struct {
        const char *meaning, *remedy;
    } at_stop = {"A transfer failed while the application was already ending.",
                 "Look at why the application ends; this failure follows from that."},
      in_trouble = {"An HTTP status came back, so TLS works; the server itself is in trouble.",
                    "Wait and try again: a 5xx status is the server's side. Certificates, "
                    "credentials and network are fine."},
      ended = {"The server answered with an HTTP status and then ended the stream: TLS and HTTP/2 "
               "work.",
               "Nothing to do on the device: try again later."};
    const char *meaning = NULL, *remedy = NULL;
    if (tally->is_at_stop) {
        meaning = at_stop.meaning;
        remedy = at_stop.remedy;
    } else if (tally->is_answered && tally->code < 0) {
        meaning = in_trouble.meaning;
        remedy = in_trouble.remedy;
    } else if (tally->is_answered) {
        meaning = ended.meaning;
        remedy = ended.remedy;
    }
    finding->meaning = meaning;
    finding->remedy = remedy;
}

static void add_tally(struct avs_inspect_finding *finding, const struct avs_tally *tally,
                      const struct avs_reading *reading) {
    bool is_new = finding->count == 0;
    if (is_new || tally->first.line < finding->first.line) {
        finding->first = tally->first;
    }
    if (is_new || tally->last.line > finding->last.line) {
        finding->last = tally->last;
    }
    bool is_recovered = tally->recovered_line > tally->last.line;
    finding->recovered_line =
        (is_new || finding->recovered_line) && is_recovered ? tally->recovered_line : 0;
    /* one refused login is told by several lines */
    uint64_t count = tally->count - tally->excused;
    bool is_told_twice = tally->cause == AVS_CAUSE_AUTH_NOT_TLS && tally->scope == AVS_SCOPE_LOGIN;
    finding->count = !is_told_twice           ? finding->count + count
                     : count > finding->count ? count
                                              : finding->count;
    bool is_consequence = tally->is_at_stop || (tally->is_answered && tally->code >= 0);
    finding->is_problem = finding->is_problem || !is_consequence;
    if (!is_new && reading->certainty <= finding->certainty) {
        return;
    }
    set_words(finding, tally);
    avs_inspect_mask(finding->detail, sizeof(finding->detail), tally->detail);
    finding->certainty = reading->certainty;
    finding->decisive = tally->decisive;
    finding->says = reading->says;
    AVS_TEXT_SET(finding->line, tally->line);
    AVS_TEXT_SET(finding->host, tally->host);
    finding->host_assumed = tally->host_assumed;
    AVS_TEXT_SET(finding->component, tally->component);
    finding->also_count = 0;
    for (const enum avs_cause *also = finding->remedy ? NULL : reading->also;
         also && *also != AVS_CAUSE_NONE && finding->also_count < AVS_INSPECT_ALTERNATES_MAX;
         also++) {
        if (*also != reading->cause) {
            finding->also[finding->also_count++] = *also;
        }
    }
}

static void add_echo(struct avs_inspect_finding *finding, uint64_t count, uint64_t line,
                     const char *text, const char *why) {
    if (!finding || finding->echo_count == AVS_INSPECT_ECHOES_MAX) {
        return;
    }
    struct avs_inspect_echo *echo = &finding->echoes[finding->echo_count++];
    echo->count = count;
    echo->line = line;
    echo->why = why;
    AVS_TEXT_SET(echo->text, text);
}

/* An echo without the failure it follows: all that is known is that something failed. */
static void add_orphan(struct avs_inspect_report *report, const struct avs_echo_tally *echo) {
    if (echo->scope != AVS_SCOPE_LOGIN) {
        return;
    }
    struct avs_tally tally = {.count = echo->count,
                              .first = echo->first,
                              .last = echo->first,
                              .decisive = echo->first,
                              .says = "Login with Amazon's answer was empty: the request failed "
                                      "before, and the line that says why is not in this log.",
                              .component = "LWA"};
    AVS_TEXT_SET(tally.line, echo->line);
    AVS_TEXT_SET(tally.host, "api.amazon.com");
    tally.host_assumed = true;
    struct avs_reading reading = {
        .cause = AVS_CAUSE_UNKNOWN_TRANSPORT, .certainty = AVS_POSSIBLE, .says = tally.says};
    struct avs_inspect_finding *finding = finding_of(report, reading.cause);
    if (finding) {
        add_tally(finding, &tally, &reading);
    }
}

static void add_sessions(struct avs_inspect *inspect) {
    if (inspect->book.short_sessions < AVS_SHORT_SESSIONS_MIN) {
        return;
    }
    struct avs_tally tally = {
        .count = inspect->book.short_sessions,
        .first = inspect->book.first_short,
        .last = inspect->book.last_short,
        .decisive = inspect->book.first_short,
        .says = "The server ends each session within a minute of accepting it. TLS works; another "
                "client with the same account and serial number is the usual reason.",
        .component = "MessageRouter"};
    AVS_TEXT_SET(tally.line, inspect->book.short_line);
    AVS_TEXT_SET(tally.host, inspect->context.gateway);
    struct avs_reading reading = {
        .cause = AVS_CAUSE_DUPLICATE_CREDENTIALS, .certainty = AVS_LIKELY, .says = tally.says};
    struct avs_inspect_finding *finding = finding_of(&inspect->report, reading.cause);
    if (finding) {
        add_tally(finding, &tally, &reading);
    }
}

static void merge(struct avs_inspect *inspect, const struct avs_reading *readings) {
    struct avs_inspect_report *report = &inspect->report;
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        struct avs_inspect_finding *finding =
            readings[i].is_dropped || readings[i].absorbed_by < AVS_TALLIES_MAX
                ? NULL
                : finding_of(report, readings[i].cause);
        if (finding) {
            add_tally(finding, &inspect->book.tallies[i], &readings[i]);
        }
    }
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        const struct avs_tally *tally = &inspect->book.tallies[i];
        size_t by = readings[i].absorbed_by;
        if (!readings[i].is_dropped && by < AVS_TALLIES_MAX) {
            add_echo(finding_of(report, readings[by].cause), tally->count, tally->first.line,
                     tally->line, readings[i].why);
        }
    }
    for (size_t i = 0; i < inspect->book.echo_count; i++) {
        const struct avs_echo_tally *echo = &inspect->book.echoes[i];
        size_t at = echo->tally;
        if (at == AVS_TALLIES_MAX) {
            add_orphan(report, echo);
            continue;
        }
        at = readings[at].absorbed_by < AVS_TALLIES_MAX ? readings[at].absorbed_by : at;
        if (!readings[at].is_dropped) {
            add_echo(finding_of(report, readings[at].cause), echo->count, echo->first.line,
                     echo->line, echo->why);
        }
    }
    add_sessions(inspect);
}

static void add_note(struct avs_inspect_report *report, uint64_t count, uint64_t line,
                     const char *text) {
    for (size_t i = 0; i < report->note_count; i++) {
        if (strcmp(report->notes[i].text, text) == 0) {
            return;
        }
    }
    if (report->note_count < AVS_INSPECT_NOTES_MAX) {
        struct avs_inspect_note *note = &report->notes[report->note_count++];
        note->count = count;
        note->line = line;
        AVS_TEXT_SET(note->text, text);
    }
}

/* One note for all other programs, with the name of the first. */
static void add_foreign_note(struct avs_inspect_report *report, const struct avs_tally *tally) {
    static const char begin[] = "Another program's line, not the SDK's: ";
    char text[sizeof(report->notes[0].text)];
    for (size_t i = 0; i < report->note_count; i++) {
        if (strncmp(report->notes[i].text, begin, sizeof(begin) - 1) == 0) {
            report->notes[i].count += tally->count;
            return;
        }
    }
    avs_text_format(text, sizeof(text), "%s%s says %s.", begin, tally->writer,
                    avs_cause_info(tally->cause)->id);
    add_note(report, tally->count, tally->first.line, text);
}

static void add_notes(struct avs_inspect *inspect, const struct avs_reading *readings) {
    struct avs_inspect_report *report = &inspect->report;
    const struct avs_book *book = &inspect->book;
    for (size_t i = 0; i < book->note_count; i++) {
        add_note(report, book->notes[i].count, book->notes[i].line, book->notes[i].text);
    }
    if (book->drops > book->short_sessions) {
        add_note(report, book->drops - book->short_sessions, book->first_drop.line, server_drops);
    }
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        const struct avs_tally *tally = &inspect->book.tallies[i];
        if (readings[i].is_foreign) {
            add_foreign_note(report, tally);
        } else if (readings[i].is_dropped && tally->kind != AVS_TALLY_TEXT) {
            add_note(report, tally->count, tally->first.line, avs_login_waiting);
        }
    }
}

/* Say against what the stamp was held. */
static void explain_clock(struct avs_inspect *inspect) {
    for (size_t i = 0; i < inspect->report.finding_count; i++) {
        struct avs_inspect_finding *finding = &inspect->report.findings[i];
        if (finding->cause != AVS_CAUSE_CLOCK_WRONG || finding->decisive.unix_ms < 0) {
            continue;
        }
        bool is_early = finding->decisive.unix_ms / 1000 < inspect->context.floor;
        char limit[32];
        avs_text_utc(limit, sizeof(limit), is_early ? inspect->context.floor : inspect->now);
        avs_text_format(finding->detail, sizeof(finding->detail),
                        is_early ? "stamped %s, but no log of this SDK is older than %.10s"
                                 : "stamped %s, far ahead of this machine's clock (%s)",
                        finding->decisive.time, limit);
    }
}

/* Which releases of the SDK write the lines that were seen. */
static void infer_releases(struct avs_inspect *inspect) {
    unsigned from = 0, until = 0;
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        const struct avs_tally *tally = &inspect->book.tallies[i];
        from = tally->releases_from > from ? tally->releases_from : from;
        until = tally->releases_until && (!until || tally->releases_until < until)
                    ? tally->releases_until
                    : until;
    }
    struct avs_inspect_report *report = &inspect->report;
    if (report->sdk_version[0] || (from == 0 && until == 0) || (from && until)) {
        return;
    }
    unsigned release = from ? from : until;
    avs_text_format(report->sdk_releases, sizeof(report->sdk_releases), "%u.%u or %s",
                    release / 100, release % 100, from ? "later" : "earlier");
}

/* What transfers under way said about one address, for as long as nothing else is known of them. */
static void add_hints(struct avs_inspect *inspect) {
    struct avs_book *book = &inspect->book;
    for (size_t i = 0; i < AVS_ATTEMPTS_MAX; i++) {
        const struct avs_attempt *attempt = &inspect->attempts[i];
        if (attempt->best.count == 0 || attempt->is_booked || !attempt->is_hint) {
            continue;
        }
        struct avs_tally *tally = &book->tallies[book->tally_count++];
        *tally = attempt->best;
        tally->certainty = tally->certainty == AVS_CERTAIN ? AVS_LIKELY : tally->certainty;
    }
}

void avs_inspect_conclude(struct avs_inspect *inspect, bool has_hints) {
    struct avs_inspect_report *report = &inspect->report;
    struct avs_reading readings[AVS_READINGS_MAX];
    size_t booked = inspect->book.tally_count;
    memset(report, 0, sizeof(*report));
    report->bytes = inspect->input.bytes;
    report->lines = inspect->input.lines + (inspect->input.carry_length > 0);
    report->stamped_lines = inspect->input.stamped_lines;
    report->has_debug_lines = (inspect->context.levels & 0x3FF) != 0;
    report->stamps_implausible = inspect->book.implausible_stamps > 0;
    AVS_TEXT_SET(report->sdk_version, inspect->context.sdk_version);
    AVS_TEXT_SET(report->libcurl, inspect->context.libcurl);
    if (!inspect->context.libcurl[0] && inspect->context.curl_era != AVS_CURL_UNKNOWN) {
        AVS_TEXT_SET(report->libcurl, inspect->context.curl_era == AVS_CURL_NEW
                                          ? "7.62.0 or later"
                                          : "7.61.1 or earlier");
    }
    if (has_hints) {
        add_hints(inspect);
    }
    infer_releases(inspect);
    avs_inspect_read(inspect, readings);
    merge(inspect, readings);
    explain_clock(inspect);
    add_notes(inspect, readings);
    avs_inspect_advise(inspect);
    inspect->book.tally_count = booked;
}
