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

#define AVS_INSPECT_SCHEMA "avs-shim.inspect/1"

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

struct avs_inspect_finding; /* opaque */
struct avs_inspect_report;  /* opaque */
struct avs_inspect;         /* opaque */

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

/** What the log as a whole says. Thread: the owner's, as for all of these. */
AVS_API enum avs_inspect_answer avs_inspect_report_answer(const struct avs_inspect_report *report);
/** 0 clean, 1 found, 3 the log cannot tell. */
AVS_API int avs_inspect_report_exit_code(const struct avs_inspect_report *report);
/** Lines that were read. */
AVS_API uint64_t avs_inspect_report_lines(const struct avs_inspect_report *report);
/** https://host of the AVS gateway found in the log, "" if none; lent. Never NULL. */
AVS_API const char *avs_inspect_report_endpoint(const struct avs_inspect_report *report);
/** The cause of the finding at `index`, the most decisive first; AVS_CAUSE_NONE behind the last. */
AVS_API enum avs_cause avs_inspect_report_cause(const struct avs_inspect_report *report,
                                                size_t index);

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

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "inspect/report.h"
#endif

AVS_END_DECLS

#endif
