/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between OpenSSL and whoever moves the bytes: ciphertext that came, ciphertext that is
 * to go, in two buffers of a fixed size that OpenSSL reads and writes as a BIO. */
#ifndef AVS_TLS_PIPE_H
#define AVS_TLS_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>

#include "tls/engine.h"

/* Zeroed = empty. */
struct avs_tls_pipe {
    enum avs_close_kind input_end; /* OPEN while the connection lives */
    size_t in_start, in_end;
    size_t out_start, out_end;
    uint8_t in[AVS_TLS_INPUT_BYTES];
    uint8_t out[AVS_TLS_OUTPUT_BYTES];
};

/** A BIO over it, the caller's; the pipe must outlive it. NULL: out of memory. */
BIO *avs_tls_pipe_bio(struct avs_tls_pipe *pipe);

/** Room for ciphertext from the peer, 0 when some must be read first. */
size_t avs_tls_pipe_space(struct avs_tls_pipe *pipe, uint8_t **ret_space);
/** Ciphertext for the peer. */
size_t avs_tls_pipe_output(const struct avs_tls_pipe *pipe, const uint8_t **ret_bytes);
/** So much of it was sent; true when nothing is left. */
bool avs_tls_pipe_sent(struct avs_tls_pipe *pipe, size_t length);

#endif
