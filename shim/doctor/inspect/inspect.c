/* SPDX-License-Identifier: Apache-2.0 */
/* The recogniser: bytes in, lines and records out to the matcher. Holds one open line and one open
 * record, nothing else of the log. */
#include "inspect/inspect.h"

#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "base/versioned.h"
#include "inspect/clean.h"

void avs_inspect_note_level(struct avs_inspect *inspect, char letter) {
    static const char letters[] = "9876543210IWECNU";
    const char *found = letter ? memchr(letters, letter, sizeof(letters) - 1) : NULL;
    if (found) {
        inspect->context.levels |= 1u << (found - letters);
    }
}

static void note_level(struct avs_inspect *inspect, const char *line, size_t length) {
    /* "... [MONIKER] L ": 3 columns of moniker to SDK 1.26, 5 in 3.0, else looked for */
    size_t close = length > 34 && line[28] == ']' ? 28 : length > 34 && line[30] == ']' ? 30 : 0;
    if (close == 0) {
        size_t limit = length < 64 ? length : 64;
        const char *found = memchr(line + 24, ']', limit > 24 ? limit - 24 : 0);
        close = found ? (size_t)(found - line) : length;
    }
    size_t at = close + 1;
    at += at < length && line[at] == ' ';
    avs_inspect_note_level(inspect, at < length ? line[at] : '\0');
}

static void open_record(struct avs_inspect *inspect, const char *clean, size_t length) {
    memcpy(inspect->input.record.text, clean, length);
    inspect->input.record.text[length] = '\0';
    inspect->input.record.length = length;
    inspect->input.record.line = inspect->input.lines;
    inspect->input.record.line_count = 1;
    memcpy(inspect->input.record.stamp, inspect->input.stamp, sizeof(inspect->input.record.stamp));
}

static bool append_to_record(struct avs_inspect *inspect, const char *clean, size_t length) {
    size_t glue = inspect->input.record.is_wrapped ? 0 : 1;
    if (inspect->input.record.line_count >= AVS_RECORD_LINES_MAX ||
        inspect->input.record.length + glue + length > AVS_RECORD_BYTES_MAX) {
        return false;
    }
    char *end = inspect->input.record.text + inspect->input.record.length;
    if (glue) {
        *end++ = '\n';
    }
    memcpy(end, clean, length);
    end[length] = '\0';
    inspect->input.record.length += glue + length;
    inspect->input.record.line_count++;
    return true;
}

/* A line that may matter, or that follows one. */
static void take_marked_line(struct avs_inspect *inspect, const char *line, size_t length,
                             bool is_hinted) {
    char clean[AVS_RECORD_BYTES_MAX];
    size_t clean_length = avs_clean_line(clean, sizeof(clean), line, length);
    bool is_wrapped = avs_line_is_wrapped(line, length);
    if (inspect->input.record.length > 0) {
        bool begins = avs_line_begins_record(clean, clean_length) ||
                      (is_hinted && !inspect->input.record.is_wrapped);
        if (!begins && append_to_record(inspect, clean, clean_length)) {
            inspect->input.record.is_wrapped = is_wrapped;
            return;
        }
        avs_inspect_match(inspect);
    }
    if ((is_hinted || is_wrapped) && clean_length > 0) {
        open_record(inspect, clean, clean_length);
        inspect->input.record.is_wrapped = is_wrapped;
    }
}

static void take_line(void *user, const char *line, size_t length, bool is_hinted) {
    struct avs_inspect *inspect = user;
    inspect->input.lines++;
    if (length > AVS_LINE_BYTES_MAX) {
        length = AVS_LINE_BYTES_MAX;
        is_hinted = true; /* what is marked may be cut off: the slow part decides */
    }
    bool is_stamped = length >= 24 && line[4] == '-' && line[7] == '-' && line[10] == ' ' &&
                      line[13] == ':' && line[16] == ':';
    if (is_stamped) {
        memcpy(inspect->input.stamp, line, AVS_STAMP_BYTES - 1);
        inspect->input.stamped_lines++;
        note_level(inspect, line, length);
    } else {
        is_hinted = is_hinted || avs_line_is_console(line, length);
    }
    if (is_hinted || inspect->input.record.length > 0 ||
        (length - (AVS_WRAP_COLUMNS - 1) <= 2 && avs_line_is_wrapped(line, length))) {
        take_marked_line(inspect, line, length, is_hinted);
    }
}

/* Tell about causes that were not known before. */
static void announce(struct avs_inspect *inspect) {
    if (!inspect->on_finding) {
        return;
    }
    avs_inspect_conclude(inspect, false);
    const struct avs_inspect_report *report = &inspect->report;
    for (size_t i = 0; i < report->finding_count; i++) {
        enum avs_cause cause = report->findings[i].cause;
        if (!inspect->is_announced[cause]) {
            inspect->is_announced[cause] = true;
            inspect->on_finding(inspect->user, &report->findings[i]);
        }
    }
}

enum avs_status avs_inspect_new(const struct avs_inspect_options *given,
                                struct avs_inspect **ret_inspect, struct avs_error *reterr) {
    struct avs_inspect_options taken;
    const struct avs_inspect_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_inspect_options", reterr);
    unsigned release = 0;
    int64_t floor = avs_release_floor_any();
    if (options->sdk_version) {
        floor = avs_release_floor(options->sdk_version, &release);
    }
    if (floor < 0) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "'%s' is not a version of the AVS Device SDK; write it as 1.26 or 3.0.0",
                        options->sdk_version);
    }
    struct avs_inspect *inspect = calloc(1, sizeof(*inspect));
    AVS_REQUIRE_MEMORY(inspect, reterr);
    avs_triggers_init(&inspect->triggers);
    avs_phrases_init(&inspect->phrases);
    inspect->now = options->now;
    inspect->on_finding = options->on_finding;
    inspect->user = options->user;
    inspect->context.floor = floor;
    inspect->context.sdk_release = release;
    inspect->context.is_version_given = options->sdk_version != NULL;
    AVS_TEXT_SET(inspect->context.sdk_version, options->sdk_version);
    inspect->book.connected_ms = inspect->book.dropped_ms = -1;
    *ret_inspect = inspect;
    return AVS_OK;
}

void avs_inspect_free(struct avs_inspect *inspect) {
    free(inspect);
}

/* Keep the beginning of a line whose end is not here yet. */
static void carry(struct avs_inspect *inspect, const char *bytes, size_t length) {
    size_t room = AVS_LINE_BYTES_MAX - inspect->input.carry_length;
    inspect->input.is_carry_cut = inspect->input.is_carry_cut || length > room;
    length = length < room ? length : room;
    memcpy(inspect->input.carry + inspect->input.carry_length, bytes, length);
    inspect->input.carry_length += length;
}

static void take_carry(struct avs_inspect *inspect) {
    size_t length = inspect->input.carry_length;
    inspect->input.carry[length] = '\n';
    inspect->input.carry_length = 0;
    if (inspect->input.is_carry_cut) {
        take_line(inspect, inspect->input.carry, length, true);
    } else {
        avs_scan_lines(&inspect->triggers, inspect->input.carry, length + 1, take_line, inspect);
    }
    inspect->input.is_carry_cut = false;
}

void avs_inspect_push(struct avs_inspect *inspect, const void *bytes, size_t length) {
    const char *text = bytes;
    uint64_t seen = inspect->book.tally_count + inspect->book.short_sessions;
    inspect->input.bytes += length;
    if (inspect->input.carry_length > 0 && length > 0) {
        const char *newline = memchr(text, '\n', length);
        size_t part = newline ? (size_t)(newline - text) : length;
        carry(inspect, text, part);
        if (newline) {
            take_carry(inspect);
            part++;
        }
        text += part;
        length -= part;
    }
    const char *last = length > 0 ? memrchr(text, '\n', length) : NULL;
    size_t whole = last ? (size_t)(last + 1 - text) : 0;
    avs_scan_lines(&inspect->triggers, text, whole, take_line, inspect);
    if (length > whole) {
        carry(inspect, text + whole, length - whole);
    }
    if (inspect->book.tally_count + inspect->book.short_sessions != seen) {
        announce(inspect);
    }
}

void avs_inspect_flush(struct avs_inspect *inspect) {
    if (inspect->input.carry_length > 0) {
        take_carry(inspect);
    }
    if (inspect->input.record.length > 0) {
        avs_inspect_match(inspect);
    }
    avs_attempts_settle(inspect);
    announce(inspect);
}

static const char *const certainty_ids[] = {
    [AVS_POSSIBLE] = "possible", [AVS_LIKELY] = "likely", [AVS_CERTAIN] = "certain"};
static const char *const answer_ids[] = {[AVS_INSPECT_CLEAN] = "clean",
                                         [AVS_INSPECT_FOUND] = "found",
                                         [AVS_INSPECT_CANNOT_TELL] = "cannot_tell"};

const char *avs_certainty_id(enum avs_certainty certainty) {
    return (size_t)certainty < AVS_COUNT(certainty_ids) ? certainty_ids[certainty] : "possible";
}

const char *avs_inspect_answer_id(enum avs_inspect_answer answer) {
    return (size_t)answer < AVS_COUNT(answer_ids) ? answer_ids[answer] : "cannot_tell";
}

const struct avs_inspect_report *avs_inspect_report(struct avs_inspect *inspect) {
    avs_inspect_conclude(inspect, true);
    return &inspect->report;
}

void avs_inspect_add_live(struct avs_inspect *inspect, const char *endpoint,
                          enum avs_readiness readiness, enum avs_cause cause) {
    inspect->live.is_there = true;
    AVS_TEXT_SET(inspect->live.endpoint, endpoint);
    inspect->live.readiness = readiness;
    inspect->live.cause = cause;
}
