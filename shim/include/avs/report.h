/* SPDX-License-Identifier: Apache-2.0 */
/* Words for a verdict: text for people, JSON for programs; and evidence as a file. */
#ifndef AVS_REPORT_H
#define AVS_REPORT_H

#include <stdbool.h>

#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>
#include <avs/verdict.h>

AVS_BEGIN_DECLS

/** The human report: the answer in one line, one line for each fact with a mark, under each failure
 *  the cause and the next command. Caller frees *ret_text with free(). Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_report_to_text(const struct avs_evidence *evidence,
                                                         const struct avs_verdict *verdict,
                                                         const struct avs_style *style,
                                                         char **ret_text, struct avs_error *reterr);

/** The same as one JSON object, schema avs-shim.check/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_report_to_json(const struct avs_evidence *evidence,
                                                         const struct avs_verdict *verdict,
                                                         char **ret_json, struct avs_error *reterr);

/** Why a command ended, for programs: {"schema": ..., "error": {"status", "cause", "message"}},
 *  newline-terminated; `cause` is null where none fits. Caller frees *ret_json with free().
 *  Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_error_to_json(const struct avs_error *error,
                                                        const char *schema, char **ret_json,
                                                        struct avs_error *reterr);

#define AVS_CAUSES_SCHEMA "avs-shim.causes/1"
/** Rows of the catalogue as one JSON object, schema avs-shim.causes/1, newline-terminated: for each
 *  {id, phase, severity, meaning, remedy, command}. Caller frees *ret_json with free(). Thread:
 * any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_causes_to_json(const enum avs_cause *causes, size_t count,
                                                         char **ret_json, struct avs_error *reterr);

/** Any text as a JSON string in its quotes, on one line; "" and NULL are null. Caller frees
 * *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_text_to_json(const char *text, char **ret_json,
                                                       struct avs_error *reterr);

/** Put a report, or any text, into the file `path`, whole or not at all: it is written beside it
 * and renamed. A file that is there keeps its owner, mode and extended attributes, a new one gets
 * 0644; what a symbolic link leads to is replaced, not the link; what is no regular file (a pipe,
 *  /dev/stdout) is written to. On an error the file is as it was. Thread: any.
 *  Errors: ERR_IO (names the place and the fix). */
AVS_API AVS_NODISCARD enum avs_status avs_text_to_file(const char *text, const char *path,
                                                       struct avs_error *reterr);

/** Evidence as one JSON object (schema avs-shim.evidence/1), newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_evidence_to_json(const struct avs_evidence *evidence,
                                                           char **ret_json,
                                                           struct avs_error *reterr);

/** Read what avs_evidence_to_json wrote, by itself or in a page (AVS_FINDINGS_HTML). Unknown keys
 * are ignored, missing ones keep defaults, a wrong schema or type is an error naming the key. At
 * most 1 MiB. Caller frees *ret_evidence. Thread: any. Errors: ERR_USAGE (what and where),
 * NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_evidence_from_json(const char *json, size_t length,
                                                             struct avs_evidence **ret_evidence,
                                                             struct avs_error *reterr);

AVS_END_DECLS

#endif
