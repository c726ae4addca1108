/* SPDX-License-Identifier: Apache-2.0 */
/* One more verification of a captured chain, for the explainer only: every error is recorded and
 * passed over, so one run tells them all. Its result says nothing about trust; only the gate's
 * does. */
#ifndef AVS_TRUST_REPLAY_H
#define AVS_TRUST_REPLAY_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "trust/explain.h"

#define AVS_REPLAY_ERRORS_MAX 32

struct avs_replay {
    struct {
        int code; /**< X509_V_ERR_* */
        int depth;
        X509 *certificate; /**< lent by the input; NULL when OpenSSL names none */
    } error[AVS_REPLAY_ERRORS_MAX];
    int error_count;
    bool is_done;           /**< it ran; false when memory ran out */
    STACK_OF(X509) * path;  /**< the path it built, leaf first; owned */
    STACK_OF(X509) * named; /**< of the store, named as the last one's issuer; owned, may be NULL */
};

/** Verify against `store` at `at_unix` (0 = times ignored), with the gate's security level and the
 *  TLS server purpose; no host name. Free with avs_replay_done. */
struct avs_replay avs_replay_run(const struct avs_explain_input *input, X509_STORE *store,
                                 int64_t at_unix);
void avs_replay_done(struct avs_replay *replay);

/** Was one of `codes` (ended by 0) recorded? Returns its index in error[], -1 if not. */
int avs_replay_find(const struct avs_replay *replay, const int *codes);

/** The path reaches an anchor, and every signature in it checks. */
bool avs_replay_closes(const struct avs_replay *replay);

/** The path ends without an anchor. Neither closed nor open: an anchor of the right name, but a
 *  signature does not check. */
bool avs_replay_is_open(const struct avs_replay *replay);

/** The last certificate of the path, NULL if there is none. */
X509 *avs_replay_top(const struct avs_replay *replay);

#endif
