/* From tallies to findings: which line explains which, what they exclude, what to do next. Pure:
 * the same tallies give the same report, however often it is asked for. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/conclude.h"

static const char same_refusal[] =
    "The same refusal as a number; it does not say why, the decisive line does.";
static const char same_failure[] =
    "Says only that the connection failed; the decisive line says why.";
static const char login_pending[] =
    "Login with Amazon answered HTTP 400 until the user had entered the code: normal.";

static const char bad_stamp[] = "The certificate was refused, and the record's own stamp cannot be "
                                "right: no honest clock of this "
                                "device shows that time.";

/* What a tally means once the whole log is known. */
struct reading {
    enum avs_cause cause;
    enum avs_certainty certainty;
    const enum avs_cause *also;
    const char *says;
    bool is_dropped;    /* means nothing after all */
    size_t absorbed_by; /* index of the tally that explains it, AVS_TALLIES_MAX = none */
    const char *why;    /* then: why it is only an echo */
};

static const enum avs_cause also_beside_clock[] = {AVS_CAUSE_ROOT_MISSING,
                                                   AVS_CAUSE_HOSTNAME_MISMATCH, AVS_CAUSE_NONE};
static const enum avs_cause also_in_old_60[] = {AVS_CAUSE_CLOCK_WRONG, AVS_CAUSE_CERT_EXPIRED,
                                                AVS_CAUSE_INTERCEPTED, AVS_CAUSE_NONE};

static bool is_date_cause(enum avs_cause cause) {
    return cause == AVS_CAUSE_CERT_EXPIRED || cause == AVS_CAUSE_CERT_NOT_YET_VALID;
}

static struct reading read_alone(const struct avs_inspect *inspect, const struct avs_tally *tally) {
    struct reading reading = {.cause = tally->cause,
                              .certainty = tally->certainty,
                              .also = tally->also,
                              .says = tally->says,
                              .absorbed_by = AVS_TALLIES_MAX};
    bool is_code_60 = tally->kind == AVS_TALLY_CODE && tally->code == 60;
    if (is_code_60 && inspect->curl_era == AVS_CURL_OLD) {
        if (tally->is_text_ambiguous) { /* another line dated libcurl since: the text is 51's */
            reading.cause = AVS_CAUSE_HOSTNAME_MISMATCH;
            reading.certainty = AVS_CERTAIN;
            reading.also = NULL;
            return reading;
        }
        reading.certainty = AVS_LIKELY; /* a wrong name has a code of its own */
        reading.also = also_in_old_60;
    }
    if (tally->is_clock_implausible && (is_code_60 || is_date_cause(reading.cause))) {
        reading.certainty = is_code_60 ? AVS_LIKELY : AVS_CERTAIN;
        reading.cause = AVS_CAUSE_CLOCK_WRONG;
        reading.says = bad_stamp;
        reading.also = is_code_60 ? also_beside_clock : NULL;
    }
    return reading;
}

static bool is_listed(const enum avs_cause *list, enum avs_cause cause) {
    for (; list && *list != AVS_CAUSE_NONE; list++) {
        if (*list == cause) {
            return true;
        }
    }
    return false;
}

static bool is_same_peer(const struct avs_tally *a, const struct avs_tally *b) {
    return a->scope == b->scope || a->scope == AVS_SCOPE_ANY || b->scope == AVS_SCOPE_ANY;
}

/* A number is explained by a text: the reason of a refused certificate, or one of the causes that
 * the number leaves open. */
static bool explains(const struct avs_tally *sharp, const struct reading *sharp_reading,
                     const struct avs_tally *dull, const struct reading *dull_reading) {
    if ((sharp->kind != AVS_TALLY_TEXT && sharp->kind != AVS_TALLY_OWN) ||
        dull->kind != AVS_TALLY_CODE || !is_same_peer(sharp, dull) ||
        sharp->is_clock_implausible != dull->is_clock_implausible) {
        return false;
    }
    return dull->is_verify ? sharp->is_verify_reason
                           : sharp_reading->cause == dull_reading->cause ||
                                 is_listed(dull_reading->also, sharp_reading->cause);
}

static void absorb_one(const struct avs_inspect *inspect, struct reading *readings, size_t index) {
    const struct avs_tally *tally = &inspect->tallies[index];
    struct reading *reading = &readings[index];
    for (size_t i = 0; i < inspect->tally_count; i++) {
        const struct avs_tally *other = &inspect->tallies[i];
        if (i == index || readings[i].is_dropped) {
            continue;
        }
        if (explains(other, &readings[i], tally, reading)) {
            reading->absorbed_by = i;
            reading->why = same_refusal;
            return;
        }
        if (reading->cause == AVS_CAUSE_UNKNOWN_TRANSPORT &&
            readings[i].cause != AVS_CAUSE_UNKNOWN_TRANSPORT && is_same_peer(other, tally)) {
            reading->absorbed_by = i;
            reading->why = same_failure;
            return;
        }
    }
}

static void read_all(struct avs_inspect *inspect, struct reading *readings) {
    for (size_t i = 0; i < inspect->tally_count; i++) {
        const struct avs_tally *tally = &inspect->tallies[i];
        readings[i] = read_alone(inspect, tally);
        bool is_offer =
            tally->kind == AVS_TALLY_TEXT && avs_text_rules[tally->row].role == AVS_TEXT_OFFER_H1;
        bool is_pending = tally->cause == AVS_CAUSE_AUTH_NOT_TLS &&
                          tally->certainty == AVS_POSSIBLE &&
                          tally->recovered_line > tally->last.line;
        readings[i].is_dropped = (is_offer && inspect->offers_h2) || is_pending;
    }
    for (size_t i = 0; i < inspect->tally_count; i++) {
        absorb_one(inspect, readings, i);
    }
    for (size_t i = 0; i < inspect->tally_count; i++) { /* to the end of the chain */
        for (int hops = 0; hops < AVS_TALLIES_MAX && readings[i].absorbed_by < AVS_TALLIES_MAX &&
                           readings[readings[i].absorbed_by].absorbed_by < AVS_TALLIES_MAX;
             hops++) {
            readings[i].absorbed_by = readings[readings[i].absorbed_by].absorbed_by;
        }
    }
}

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

static void add_tally(struct avs_inspect_finding *finding, const struct avs_tally *tally,
                      const struct reading *reading) {
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
    finding->count += tally->count;
    if (!is_new && reading->certainty <= finding->certainty) {
        return;
    }
    finding->certainty = reading->certainty;
    finding->decisive = tally->decisive;
    finding->says = reading->says;
    AVS_TEXT_SET(finding->line, tally->line);
    AVS_TEXT_SET(finding->host, tally->host);
    finding->host_assumed = tally->host_assumed;
    AVS_TEXT_SET(finding->component, tally->component);
    finding->also_count = 0;
    for (const enum avs_cause *also = reading->also;
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
    if (avs_line_rules[echo->rule].scope != AVS_SCOPE_LOGIN) {
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
    struct reading reading = {
        .cause = AVS_CAUSE_UNKNOWN_TRANSPORT, .certainty = AVS_POSSIBLE, .says = tally.says};
    struct avs_inspect_finding *finding = finding_of(report, reading.cause);
    if (finding) {
        add_tally(finding, &tally, &reading);
    }
}

static void add_sessions(struct avs_inspect *inspect) {
    if (inspect->short_sessions < AVS_SHORT_SESSIONS_MIN) {
        return;
    }
    struct avs_tally tally = {
        .count = inspect->short_sessions,
        .first = inspect->first_short,
        .last = inspect->last_short,
        .decisive = inspect->first_short,
        .says = "The server ends each session within a minute of accepting it. TLS works; another "
                "client with the same account and serial number is the usual reason.",
        .component = "MessageRouter"};
    AVS_TEXT_SET(tally.line, inspect->short_line);
    AVS_TEXT_SET(tally.host, inspect->gateway);
    struct reading reading = {
        .cause = AVS_CAUSE_DUPLICATE_CREDENTIALS, .certainty = AVS_LIKELY, .says = tally.says};
    struct avs_inspect_finding *finding = finding_of(&inspect->report, reading.cause);
    if (finding) {
        add_tally(finding, &tally, &reading);
    }
}

static void merge(struct avs_inspect *inspect, const struct reading *readings) {
    struct avs_inspect_report *report = &inspect->report;
    for (size_t i = 0; i < inspect->tally_count; i++) {
        struct avs_inspect_finding *finding =
            readings[i].is_dropped || readings[i].absorbed_by < AVS_TALLIES_MAX
                ? NULL
                : finding_of(report, readings[i].cause);
        if (finding) {
            add_tally(finding, &inspect->tallies[i], &readings[i]);
        }
    }
    for (size_t i = 0; i < inspect->tally_count; i++) {
        const struct avs_tally *tally = &inspect->tallies[i];
        size_t by = readings[i].absorbed_by;
        if (!readings[i].is_dropped && by < AVS_TALLIES_MAX) {
            add_echo(finding_of(report, readings[by].cause), tally->count, tally->first.line,
                     tally->line, readings[i].why);
        }
    }
    for (size_t i = 0; i < inspect->echo_count; i++) {
        const struct avs_echo_tally *echo = &inspect->echoes[i];
        size_t at = echo->tally;
        if (at == AVS_TALLIES_MAX) {
            add_orphan(report, echo);
            continue;
        }
        at = readings[at].absorbed_by < AVS_TALLIES_MAX ? readings[at].absorbed_by : at;
        if (!readings[at].is_dropped) {
            add_echo(finding_of(report, readings[at].cause), echo->count, echo->first.line,
                     echo->line, avs_line_rules[echo->rule].says);
        }
    }
    add_sessions(inspect);
}

static void add_notes(struct avs_inspect *inspect, const struct reading *readings) {
    struct avs_inspect_report *report = &inspect->report;
    for (size_t i = 0; i < inspect->note_count; i++) {
        const struct avs_note_tally *note = &inspect->notes[i];
        report->notes[report->note_count++] =
            (struct avs_inspect_note){note->count, note->line, note->text};
    }
    if (inspect->drops > inspect->short_sessions && report->note_count < AVS_INSPECT_NOTES_MAX) {
        report->notes[report->note_count++] = (struct avs_inspect_note){
            inspect->drops - inspect->short_sessions, inspect->first_drop.line,
            "The server ended the session: about once an hour that is normal, and no TLS problem."};
    }
    for (size_t i = 0; i < inspect->tally_count; i++) {
        bool is_offer = inspect->tallies[i].kind == AVS_TALLY_TEXT;
        if (readings[i].is_dropped && !is_offer && report->note_count < AVS_INSPECT_NOTES_MAX) {
            report->notes[report->note_count++] = (struct avs_inspect_note){
                inspect->tallies[i].count, inspect->tallies[i].first.line, login_pending};
            break;
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
        bool is_early = finding->decisive.unix_ms / 1000 < inspect->floor;
        char limit[32];
        avs_text_utc(limit, sizeof(limit), is_early ? inspect->floor : inspect->now);
        avs_text_format(finding->detail, sizeof(finding->detail),
                        is_early ? "stamped %s, but no log of this SDK is older than %.10s"
                                 : "stamped %s, far ahead of this machine's clock (%s)",
                        finding->decisive.time, limit);
    }
}

/* Which releases of the SDK write the lines that were seen. */
static void infer_releases(struct avs_inspect *inspect) {
    unsigned from = 0, until = 0;
    for (size_t i = 0; i < inspect->tally_count; i++) {
        const struct avs_tally *tally = &inspect->tallies[i];
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

void avs_inspect_conclude(struct avs_inspect *inspect) {
    struct avs_inspect_report *report = &inspect->report;
    struct reading readings[AVS_TALLIES_MAX];
    memset(report, 0, sizeof(*report));
    report->bytes = inspect->bytes;
    report->lines = inspect->lines + (inspect->carry_length > 0);
    report->stamped_lines = inspect->stamped_lines;
    report->has_debug_lines = (inspect->levels & 0x3FF) != 0;
    report->stamps_implausible = inspect->implausible_stamps > 0;
    AVS_TEXT_SET(report->sdk_version, inspect->sdk_version);
    AVS_TEXT_SET(report->libcurl, inspect->libcurl);
    if (!inspect->libcurl[0] && inspect->curl_era != AVS_CURL_UNKNOWN) {
        AVS_TEXT_SET(report->libcurl,
                     inspect->curl_era == AVS_CURL_NEW ? "7.62.0 or later" : "7.61.1 or earlier");
    }
    infer_releases(inspect);
    read_all(inspect, readings);
    merge(inspect, readings);
    explain_clock(inspect);
    add_notes(inspect, readings);
    avs_inspect_advise(inspect);
}
