/* SPDX-License-Identifier: Apache-2.0 */
/* What all TLS connections of one client share: policy, trust anchors, resumable sessions. */
#ifndef AVS_TLS_CONTEXT_H
#define AVS_TLS_CONTEXT_H

#include <stdbool.h>

#include "base/flow.h"
#include "trust/anchors.h"
#include "trust/roots.h"

struct avs_tls_context;

struct avs_tls_context_options {
    struct avs_anchors *anchors;           /* required; a reference is taken */
    const struct avs_ats_roots *ats_roots; /* required; borrowed while the context lives */
    bool caches_sessions; /* keep sessions in memory for resumption: by store and origin, for all
                             contexts of the process */
};

/** TLS 1.2 or better, verification always. Thread: a context and its connections belong to one
 *  thread. Errors: NO_MEMORY, INTERNAL (OpenSSL refused its own defaults). */
AVS_NODISCARD enum avs_status avs_tls_context_new(const struct avs_tls_context_options *options,
                                                  struct avs_tls_context **ret_context,
                                                  struct avs_error *reterr);
/** One more owner: a connection's context must outlive it. Returns `context`. */
struct avs_tls_context *avs_tls_context_ref(struct avs_tls_context *context);
/** One owner less; the last frees it. NULL is fine. */
void avs_tls_context_unref(struct avs_tls_context *context);

#endif
