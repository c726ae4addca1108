/* SPDX-License-Identifier: Apache-2.0 */
/* From the SDK's log to the cause: a streaming recogniser. Push bytes of a log of any SDK
 * generation (1.0 to 3.0), or of this library, in pieces of any size; get findings in the
 * catalogue's words. No I/O, no clock, no allocation after avs_inspect_new. What it says never
 * holds a token, a serial number or an e-mail address. */
#ifndef AVS_INSPECT_H
#define AVS_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>
#include <avs/verdict.h>

AVS_BEGIN_DECLS

#define AVS_INSPECT_SCHEMA         "avs-shim.inspect/1"
#define AVS_INSPECT_LINE_BYTES     512 /**< a quoted log line, masked and cut to this */
#define AVS_INSPECT_FINDINGS_MAX   24
#define AVS_INSPECT_ECHOES_MAX     4
#define AVS_INSPECT_RULED_OUT_MAX  4
#define AVS_INSPECT_ALTERNATES_MAX 6
#define AVS_INSPECT_NOTES_MAX      12

/** How sure a finding is, given what the log says. */
enum avs_certainty {
    AVS_POSSIBLE, /**< the line fits this cause and others, see `also` */
    AVS_LIKELY,   /**< the line fits this cause best */
    AVS_CERTAIN   /**< the line says so */
};

/** What the log as a whole says. */
enum avs_inspect_answer {
    AVS_INSPECT_CLEAN, /**< no TLS or connection problem, and proof that a connection worked */
    AVS_INSPECT_FOUND, /**< at least one TLS or connection problem */
    AVS_INSPECT_CANNOT_TELL, /**< nothing in the log speaks for or against, see `limits` */
};

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

struct avs_inspect; /* opaque */

/** Strings are borrowed until avs_inspect_new returns. Zero-initialised = the defaults. */
struct avs_inspect_options {
    size_t size;             /**< Required: sizeof(struct avs_inspect_options) */
    const char *sdk_version; /**< Optional: "1.26", "1.26.0"; NULL = what the log's banner says */
    int64_t now;             /**< Optional: this machine's time, Unix seconds; 0 = unknown, then no
                                  stamp is too far in the future */
    /** Optional: called from avs_inspect_push / _flush once for each cause, when it is first met.
     *  `finding` is lent until it returns. It must not call back into the recogniser. */
    void (*on_finding)(void *user, const struct avs_inspect_finding *finding);
    void *user;
};

/** A recogniser that has seen nothing. Uses less than 1 MiB, whatever is pushed. Thread: any, one
 * at a time. Errors: ERR_USAGE (not an SDK version), NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_inspect_new(const struct avs_inspect_options *options,
                                                      struct avs_inspect **ret_inspect,
                                                      struct avs_error *reterr);
/** Free it; NULL is fine. */
AVS_API void avs_inspect_free(struct avs_inspect *inspect);

/** Read the next `length` bytes. Where pieces are cut makes no difference to the findings.
 *  Never fails: what is no log is skipped. Thread: the owner's. */
AVS_API void avs_inspect_push(struct avs_inspect *inspect, const void *bytes, size_t length);

/** Take what is held back (a last line without newline, a record that might go on) as complete.
 *  At the end of the log, or when a growing log has been quiet for a while. */
AVS_API void avs_inspect_flush(struct avs_inspect *inspect);

/** What has been found so far; lent until the next call on `inspect`. Never NULL. */
AVS_API const struct avs_inspect_report *avs_inspect_report(struct avs_inspect *inspect);

/** Merge the result of a live check of `endpoint`: it confirms, sharpens or adds a finding. */
AVS_API void avs_inspect_add_live(struct avs_inspect *inspect, const char *endpoint,
                                  enum avs_readiness readiness, enum avs_cause cause);

/** The report for people; `name` is what was read. Caller frees *ret_text with free().
 *  Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_inspect_report_to_text(
    const struct avs_inspect_report *report, const char *name, const struct avs_style *style,
    char **ret_text, struct avs_error *reterr);
/** One finding for people, as --follow prints it. Caller frees. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_inspect_finding_to_text(
    const struct avs_inspect_finding *finding, const struct avs_style *style, char **ret_text,
    struct avs_error *reterr);
/** The report as one JSON object, schema avs-shim.inspect/1, newline-terminated. Caller frees.
 *  Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_inspect_report_to_json(
    const struct avs_inspect_report *report, const char *name, char **ret_json,
    struct avs_error *reterr);

/** Copy `text` into `masked` with tokens, serial numbers, e-mail addresses and passwords replaced;
 *  cut to `capacity` - 1, always terminated. Thread: any. Allocates nothing. */
AVS_API void avs_inspect_mask(char *masked, size_t capacity, const char *text);

/** "certain", "likely", "possible". Never NULL. */
AVS_API const char *avs_certainty_id(enum avs_certainty certainty);
/** "clean", "found", "cannot_tell". Never NULL. */
AVS_API const char *avs_inspect_answer_id(enum avs_inspect_answer answer);

AVS_END_DECLS

#endif
