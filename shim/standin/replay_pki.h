/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a replay. */
#ifndef AVS_STANDIN_REPLAY_PKI_H
#define AVS_STANDIN_REPLAY_PKI_H

#include "files.h"
#include "replay.h"

struct replay_pki {
    EVP_PKEY *keys[REPLAY_KEYS_MAX];
    EVP_PKEY *stranger;
    X509 *certificates[REPLAY_CERTIFICATES_MAX];
    struct identity identities[REPLAY_SESSIONS]; /* their keys are borrowed */
};

/* Every key and certificate. False when OpenSSL fails; replay_pki_done in either case. */
bool replay_pki_init(struct replay_pki *pki, const struct avs_replay *replay);
void replay_pki_done(struct replay_pki *pki);

/* What the client needs, as files_write: ca.pem, ats-roots.pem, and where the replay asks for it
 * damaged.pem and a directory without hash links. */
bool replay_files_write(struct files *files, const struct replay_pki *pki,
                        const struct avs_replay *replay, const char *directory, char *error,
                        size_t error_bytes);

#endif
