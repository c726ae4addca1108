/* SPDX-License-Identifier: Apache-2.0 */
/* A captured chain, judged and explained without a connection. */
#ifndef AVS_EXPLAIN_H
#define AVS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_TRUST_EXPLAIN_SCHEMA "avs-shim.trust-explain/1"
#define AVS_CHAIN_FILE_BYTES     (1024 * 1024) /**< size of a chain file */

/** All strings are borrowed until the call returns. Zero-initialised = the defaults. */
struct avs_trust_explain_options {
    size_t size;                /**< Required: sizeof(struct avs_trust_explain_options) */
    const char *chain_file;     /**< Required: PEM, leaf first, text between blocks is skipped (what
                                     openssl s_client -showcerts prints); "-" = standard input */
    const char *host;           /**< Optional: the name that was asked for; NULL = not checked */
    int64_t at;                 /**< Optional: Unix seconds to judge at; 0 = now */
    const char *ca_file;        /**< Optional: PEM bundle; NULL with ca_path NULL = the store that
                                     libcurl was built with */
    const char *ca_path;        /**< Optional: hashed directory */
    const char *ats_roots_file; /**< Optional: PEM file of the roots that count as ATS */
    bool require_ats;           /**< an accepted chain must end in an ATS root */
};

struct avs_trust_explanation; /* opaque; the chain's facts and its causes */

/** A time as a person writes it, UTC: 2026-11-21, 2026-11-21T19:03:32Z (the T may be a blank, the Z
 *  may be missing) or Unix seconds as @1795287812. False for anything else, for a date that no
 *  calendar has, and before 1970-01-01 00:00:01. Thread: any. */
AVS_API bool avs_trust_time_parse(const char *text, int64_t *ret_unix);

/** Judge and explain a chain file. OK whatever the judgement; a trust store that cannot be loaded
 * is a cause, not an error. Reads files only; nothing is fetched. Thread: any. Caller frees
 * *ret_explanation with avs_trust_explanation_free. Errors: ERR_USAGE, ERR_IO (chain file),
 * CA_FILE_UNREADABLE or CA_FILE_INVALID (ATS roots file), LIMIT, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explain(
    const struct avs_trust_explain_options *options, struct avs_trust_explanation **ret_explanation,
    struct avs_error *reterr);

/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_trust_explanation_free(struct avs_trust_explanation *explanation);

/** True when a connection with this chain would be accepted. Thread: any. */
AVS_API bool avs_trust_explanation_is_accepted(const struct avs_trust_explanation *explanation);
/** The cause at `index`, the one to fix first in front; AVS_CAUSE_NONE behind the last.
 *  Thread: any. */
AVS_API enum avs_cause avs_trust_explanation_cause(const struct avs_trust_explanation *explanation,
                                                   size_t index);

/** For people: the answer, the chain, under each cause what to do. Caller frees *ret_text with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explanation_to_text(
    const struct avs_trust_explanation *explanation, const struct avs_style *style, char **ret_text,
    struct avs_error *reterr);

/** For programs: one object, schema avs-shim.trust-explain/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explanation_to_json(
    const struct avs_trust_explanation *explanation, char **ret_json, struct avs_error *reterr);

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "check/explanation.h"
#endif

AVS_END_DECLS

#endif
