/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says, as rows that machines read: what was checked and how it went, and what was
 * found, where, and what to do. Every kind of report fills the same rows; every format of a file is
 * written from them. */
#ifndef AVS_FINDINGS_H
#define AVS_FINDINGS_H

#include <stddef.h>

#include <avs/config.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/inspect.h>
#include <avs/status.h>
#include <avs/store.h>
#include <avs/verdict.h>

AVS_BEGIN_DECLS

struct avs_findings; /* opaque; immutable: any thread */

/** The rows of a check, or of evidence judged again. `evidence` and `verdict` are lent until
 *  avs_findings_free. Caller frees *ret_findings. Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_check(const struct avs_evidence *evidence,
                                                            const struct avs_verdict *verdict,
                                                            struct avs_findings **ret_findings,
                                                            struct avs_error *reterr);
/** The rows of a trust audit: each required root is a check. `audit` is lent until
 *  avs_findings_free. Caller frees *ret_findings. Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_audit(const struct avs_trust_audit *audit,
                                                            struct avs_findings **ret_findings,
                                                            struct avs_error *reterr);
/** The rows of avs_config_lint over the files `paths`: each file is a check. Everything is copied.
 *  Caller frees *ret_findings. Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_config(const struct avs_config_report *report,
                                                             const char *const *paths, size_t count,
                                                             struct avs_findings **ret_findings,
                                                             struct avs_error *reterr);
/** The rows of a log, `name` as it was read: the log is one check. Everything is copied.
 *  Caller frees *ret_findings. Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_inspect(
    const struct avs_inspect_report *report, const char *name, struct avs_findings **ret_findings,
    struct avs_error *reterr);
/** The rows of a `command` ("check", "trust audit") that ended before it could find anything: one
 *  check that could not be made. Everything is copied. Caller frees *ret_findings. Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_error(const struct avs_error *error,
                                                            const char *command, int exit_code,
                                                            struct avs_findings **ret_findings,
                                                            struct avs_error *reterr);
/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_findings_free(struct avs_findings *findings);

/** The formats of a file. */
enum avs_findings_format {
    AVS_FINDINGS_JUNIT,   /**< JUnit XML: a test case for each check */
    AVS_FINDINGS_TAP,     /**< Test Anything Protocol 13 */
    AVS_FINDINGS_SARIF,   /**< SARIF 2.1.0: a result for each finding, the rule is its cause */
    AVS_FINDINGS_METRICS, /**< Prometheus' text format, of a check or an audit: for the textfile
                               collector of node_exporter */
    AVS_FINDINGS_HTML, /**< one self-contained page; avs_evidence_from_json reads the evidence of a
                            check out of it */
};

/** The file as text, newline-terminated. Caller frees *ret_text with free(). Thread: any.
 *  Errors: NO_MEMORY, LIMIT (16 MiB). */
AVS_API AVS_NODISCARD enum avs_status avs_findings_to_text(const struct avs_findings *findings,
                                                           enum avs_findings_format format,
                                                           char **ret_text,
                                                           struct avs_error *reterr);

/** `format` with each {field} filled in, a line for each finding of a log or of files, and one line
 *  else; "{{" and "}}" are braces, and what is not known is empty. Text that would steer a terminal
 *  or begin a line is made printable. Caller frees *ret_text with free(). Thread: any.
 *  Errors: ERR_USAGE (a field that is none, a brace that is left open), NO_MEMORY, LIMIT. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_to_line(const struct avs_findings *findings,
                                                           const char *format, char **ret_text,
                                                           struct avs_error *reterr);

/** The name of the field at `index` ("cause", "host", ...), NULL behind the last. Static. Thread:
 *  any. */
AVS_API const char *avs_findings_field(size_t index);

#define AVS_FINDINGS_FIELD_BYTES 64
/** Look at a format before there is anything to fill it with. ret_field is then the field that is
 *  none, cut, or "". Thread: any. Errors: ERR_USAGE (the message says what is wrong). */
AVS_API AVS_NODISCARD enum avs_status avs_findings_check_format(
    const char *format, char ret_field[AVS_FINDINGS_FIELD_BYTES], struct avs_error *reterr);

AVS_END_DECLS

#endif
