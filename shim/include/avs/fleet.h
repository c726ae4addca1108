/* SPDX-License-Identifier: Apache-2.0 */
/* Many pieces of evidence at once: judged one by one, kept as totals only, so that memory does not
 * grow with the fleet. */
#ifndef AVS_FLEET_H
#define AVS_FLEET_H

#include <stddef.h>

#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_FLEET_SCHEMA "avs-shim.fleet/1"

struct avs_fleet; /* opaque */

/** Totals of nothing. Less than 2 MiB, whatever is added. Caller frees with avs_fleet_free.
 *  Thread: any, one at a time. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_fleet_new(struct avs_fleet **ret_fleet,
                                                    struct avs_error *reterr);
/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_fleet_free(struct avs_fleet *fleet);

/** Judge one piece of evidence (as avs_evidence_from_json reads it) and add it to the totals; what
 * is none is counted as broken, under its name. Everything is copied. Thread: the owner's. */
AVS_API void avs_fleet_add(struct avs_fleet *fleet, const char *name, const char *json,
                           size_t length);
/** Count as broken what could not even be read, and `why`. Thread: the owner's. */
AVS_API void avs_fleet_add_broken(struct avs_fleet *fleet, const char *name, const char *why);

/** 0 all ready, 1 some not ready, 3 some cannot tell or are broken, 2 nothing was judged. Thread:
 * the owner's. */
AVS_API int avs_fleet_exit_code(const struct avs_fleet *fleet);

/** The totals for people: by cause with the remedy, by host, root and library, the outliers and
 * what is broken by name. `style` NULL = plain. Caller frees *ret_text with free(). Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_fleet_to_text(const struct avs_fleet *fleet,
                                                        const struct avs_style *style,
                                                        char **ret_text, struct avs_error *reterr);
/** The same as one JSON object, schema avs-shim.fleet/1. Caller frees *ret_json with free().
 * Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_fleet_to_json(const struct avs_fleet *fleet,
                                                        char **ret_json, struct avs_error *reterr);
/** The same as a page, see AVS_FINDINGS_HTML. Caller frees *ret_html with free(). Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_fleet_to_html(const struct avs_fleet *fleet,
                                                        char **ret_html, struct avs_error *reterr);

AVS_END_DECLS

#endif
