/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says: the members of struct avs_inspect_report of <avs/inspect.h>. */
#ifndef AVS_INSPECT_REPORT_H
#define AVS_INSPECT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/inspect.h>

#define AVS_INSPECT_LINE_BYTES     512 /**< a quoted log line, masked and cut to this */
#define AVS_INSPECT_FINDINGS_MAX   24
#define AVS_INSPECT_ECHOES_MAX     4
#define AVS_INSPECT_RULED_OUT_MAX  4
#define AVS_INSPECT_ALTERNATES_MAX 6
#define AVS_INSPECT_NOTES_MAX      12

/** A place in the log. */
struct avs_inspect_place {
    uint64_t line;   /**< 1-based physical line */
    char time[32];   /**< the record's own stamp as it was written, empty if it had none */
    int64_t unix_ms; /**< the stamp read as UTC, or -1 */
};

/** A line that only repeats what the decisive one said. */
struct avs_inspect_echo {
    uint64_t count;
    uint64_t line; /**< where it was first seen */
    char text[AVS_INSPECT_LINE_BYTES];
    const char *why; /**< why it means nothing by itself; static */
};

struct avs_inspect_finding {
    enum avs_cause cause;
    enum avs_certainty certainty;
    uint64_t count; /**< lines that say it, echoes not counted */
    struct avs_inspect_place first, last;
    struct avs_inspect_place decisive; /**< where `line` was found */
    char line[AVS_INSPECT_LINE_BYTES]; /**< the decisive line, masked */
    const char *says;                  /**< what that line says, one sentence; static */
    const char *meaning, *remedy; /**< the catalogue's, or sharper where the log tells; static */
    char detail[AVS_INSPECT_LINE_BYTES]; /**< what is particular here, may be empty */
    char host[256];                      /**< empty when the log does not name it */
    bool host_assumed;                   /**< the SDK's usual host for that component */
    char component[64];                  /**< the SDK component that wrote the decisive line */
    enum avs_cause also[AVS_INSPECT_ALTERNATES_MAX]; /**< causes that the log cannot exclude */
    size_t also_count;
    struct avs_inspect_echo echoes[AVS_INSPECT_ECHOES_MAX];
    size_t echo_count;
    char rules_out[AVS_INSPECT_RULED_OUT_MAX][160]; /**< what the log proves is not the matter */
    size_t rules_out_count;
    uint64_t recovered_line; /**< a connection worked at this later line, 0 = never again */
    bool is_problem;         /**< counts for the exit code */
    bool confirmed_live;     /**< the live check found the same, see avs_inspect_add_live */
    char command[320];       /**< the next command to run, empty if there is none */
};

/** A line worth a word that is no finding: harmless, often mistaken for one. */
struct avs_inspect_note {
    uint64_t count;
    uint64_t line;
    char text[256];
};

struct avs_inspect_report {
    enum avs_inspect_answer answer;
    int exit_code; /**< 0 clean, 1 found, 3 the log cannot tell */
    uint64_t bytes, lines;
    uint64_t stamped_lines; /**< lines that begin with the SDK's time stamp */
    char sdk_version[24];   /**< from the option or the banner, empty if unknown */
    char sdk_releases[48];  /**< which releases write such lines, when no version is known */
    char libcurl[32];       /**< version or "7.62.0 or later", empty if unknown */
    char endpoint[288];     /**< https://host of the AVS gateway found in the log, may be empty */
    bool has_debug_lines;
    bool stamps_implausible; /**< some stamps cannot be right, see the clock_wrong finding or notes
                              */
    struct avs_inspect_finding findings[AVS_INSPECT_FINDINGS_MAX]; /**< most decisive first */
    size_t finding_count;
    struct avs_inspect_note notes[AVS_INSPECT_NOTES_MAX];
    size_t note_count;
    const char *limits[4]; /**< what this log cannot say and what would; static */
    size_t limit_count;
    bool has_live; /**< avs_inspect_add_live was called; the next three say what it brought */
    char live_endpoint[288];
    enum avs_readiness live_readiness;
    enum avs_cause live_cause;
};

#endif
