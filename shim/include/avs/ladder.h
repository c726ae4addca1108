/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder: which combination of protocol, TLS version, certificate family, address, path and
 * size gets through to an endpoint, one thing changed at a time, and what that proves. Each
 * connection is verified as a check verifies it; there is no switch for that. */
#ifndef AVS_LADDER_H
#define AVS_LADDER_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/check.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_LADDER_SCHEMA          "avs-shim.ladder/1"
#define AVS_LADDER_CONNECTIONS_MAX 40    /**< of one ladder */
#define AVS_LADDER_TIMEOUT_MS      30000 /**< the default, and the most */

struct avs_ladder; /* opaque */

/** Prepare one. `options` as for avs_check_run, and all their strings are borrowed until
 *  avs_ladder_free; skip_h2, skip_http1 and with_families have no effect; timeout_ms is 1 to
 *  AVS_LADDER_TIMEOUT_MS, 0 = that. Nothing is sent yet. Thread: any. Caller frees *ret_ladder.
 *  Errors: ERR_USAGE, ERR_ENDPOINT_INVALID, ERR_CA_..., NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_ladder_new(const struct avs_check_options *options,
                                                     struct avs_ladder **ret_ladder,
                                                     struct avs_error *reterr);
/** Not while avs_ladder_run is in it. NULL is fine. */
AVS_API void avs_ladder_free(struct avs_ladder *ladder);

/** Climb it: OK whatever was found. Blocks for at most timeout_ms plus one second, and makes at
 * most AVS_LADDER_CONNECTIONS_MAX connections, some of them at the same time. Once for each ladder.
 *  Writes nothing to disk. Thread: any. Errors: NO_MEMORY, INTERNAL. */
AVS_API AVS_NODISCARD enum avs_status avs_ladder_run(struct avs_ladder *ladder,
                                                     struct avs_error *reterr);

/** How many connections have been made, and are planned so far. Thread: any, also while it runs. */
AVS_API void avs_ladder_progress(struct avs_ladder *ladder, size_t *ret_done, size_t *ret_planned);

/** For people: the answer, the smallest change that passes and what that proves, each combination
 * on a line. While it runs: what was seen so far. `style` NULL = plain. Caller frees *ret_text with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_ladder_to_text(struct avs_ladder *ladder,
                                                         const struct avs_style *style,
                                                         char **ret_text, struct avs_error *reterr);
/** One JSON object, schema avs-shim.ladder/1, newline-terminated; while it runs, as the text.
 * Caller frees *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_ladder_to_json(struct avs_ladder *ladder, char **ret_json,
                                                         struct avs_error *reterr);

/** Of the combination "as configured": 0 ready, 1 not ready, 3 inconclusive, also before it was
 *  tried. Thread: any. */
AVS_API int avs_ladder_exit_code(struct avs_ladder *ladder);
/** Its evidence, lent until the free; NULL before avs_ladder_run has returned. Thread: any. */
AVS_API const struct avs_evidence *avs_ladder_evidence(const struct avs_ladder *ladder);

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "ladder/members.h"
#endif

AVS_END_DECLS

#endif
