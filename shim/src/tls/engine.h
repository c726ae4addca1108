/* SPDX-License-Identifier: Apache-2.0 */
/* TLS engine: bytes in, bytes out. Owns no socket, no clock and no thread: whoever pumps it moves
 * ciphertext between it and a connection, and decides how long to wait.
 *
 *     input_space / input_done / input_end  <- socket      read  -> plaintext
 *     output / output_done                  -> socket      write <- plaintext
 */
#ifndef AVS_TLS_ENGINE_H
#define AVS_TLS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/evidence.h>

#include "tls/context.h"

#define AVS_TLS_INPUT_BYTES  65536 /* ciphertext held for one connection before it is read */
#define AVS_TLS_OUTPUT_BYTES 65536 /* ciphertext held for one connection before it is sent */

/* What a peer may say before the handshake stands; OpenSSL takes 100 KiB of certificates. */
#define AVS_TLS_HANDSHAKE_BYTES (256 * 1024)

struct avs_tls;

/* What a diagnosis asks otherwise than the transport does: less of the versions, suites or groups.
 * The gate is put in front afterwards, whatever was done here. */
struct avs_tls_trial {
    /** Before the ClientHello; 1 = go on, else the connection fails. */
    int (*prepare)(const struct avs_tls_trial *trial, struct ssl_st *ssl);
};

/* The device's own certificate and key, for a server that asks for them. The owner brings OpenSSL's
 * objects; the line has none of its own. */
struct avs_tls_identity {
    /** As OpenSSL's client_cert_cb: put both there as references of the caller's and return 1. */
    int (*present)(const struct avs_tls_identity *identity, struct ssl_st *ssl,
                   struct x509_st **ret_certificate, struct evp_pkey_st **ret_key);
};

struct avs_tls_options {
    const char *host;            /* required: SNI and name check; host name or IP literal */
    const char *alpn;            /* "h2,http/1.1"; NULL or "" = no ALPN */
    const char *origin;          /* cache key "host:port" for resumption; NULL = full handshake */
    struct avs_tls_facts *facts; /* required: written while the engine lives */
    const struct avs_tls_trial *trial;       /* optional; borrowed while the engine lives */
    const struct avs_tls_identity *identity; /* optional; borrowed while the engine lives */
    int64_t now_unix; /* time the certificates are judged at; 0 = the system clock */
};

enum avs_tls_state {
    AVS_TLS_HANDSHAKING,
    AVS_TLS_ESTABLISHED, /* and verified: there is no other way in */
    AVS_TLS_CLOSED,      /* the peer ended it after the handshake, see avs_tls_close_kind */
    AVS_TLS_FAILED,      /* see the facts */
};

/** A client connection about to send its ClientHello. Errors: NO_MEMORY, ERR_USAGE (host, ALPN). */
AVS_NODISCARD enum avs_status avs_tls_new(struct avs_tls_context *context,
                                          const struct avs_tls_options *options,
                                          struct avs_tls **ret_tls, struct avs_error *reterr);
void avs_tls_free(struct avs_tls *tls);

enum avs_tls_state avs_tls_state(const struct avs_tls *tls);
/** How the peer ended an established connection, AVS_CLOSE_OPEN while it has not. */
enum avs_close_kind avs_tls_close_kind(const struct avs_tls *tls);

/** Free room for ciphertext from the peer: *ret_space is valid until the next call; returns its
 *  size, 0 when plaintext must be read first. */
size_t avs_tls_input_space(struct avs_tls *tls, uint8_t **ret_space);
/** `length` bytes were put there. Advances the handshake. */
void avs_tls_input_done(struct avs_tls *tls, size_t length);
/** The connection ended: AVS_CLOSE_EOF or AVS_CLOSE_RESET. Bytes already fed can still be read. */
void avs_tls_input_end(struct avs_tls *tls, enum avs_close_kind kind);
/** Copy and feed: input_space + input_done in a loop; returns what was taken. For tests. */
size_t avs_tls_feed(struct avs_tls *tls, const uint8_t *bytes, size_t length);

/** Ciphertext for the peer: *ret_bytes is valid until the next call; returns its size. */
size_t avs_tls_output(struct avs_tls *tls, const uint8_t **ret_bytes);
void avs_tls_output_done(struct avs_tls *tls, size_t length);

/** Plaintext from the peer; 0 = nothing now, or the state is no longer ESTABLISHED. */
size_t avs_tls_read(struct avs_tls *tls, uint8_t *bytes, size_t capacity);
/** A whole record fits into the output: a write of up to 16384 bytes will be taken at once. */
bool avs_tls_can_write(const struct avs_tls *tls);
/** Plaintext to the peer; returns what was taken, 0 = send output first. */
size_t avs_tls_write(struct avs_tls *tls, const uint8_t *bytes, size_t length);
/** Queue our close_notify; writes are over. */
void avs_tls_close(struct avs_tls *tls);

/** Give back what a silent connection does not need until its next record (OpenSSL's buffers). */
void avs_tls_trim(struct avs_tls *tls);

/** The handshake took too long: note it in the facts, state becomes FAILED. */
void avs_tls_note_timeout(struct avs_tls *tls);

#endif
