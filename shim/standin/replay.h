/* SPDX-License-Identifier: Apache-2.0 */
/* A server that somebody met once, to be played again: what it did, in the stand-in's own terms.
 * Plain data; shim/replay/ reads it off a piece of evidence. */
#ifndef AVS_STANDIN_REPLAY_H
#define AVS_STANDIN_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "certificate.h"
#include "pki.h"
#include "scenarios.h"

enum replay_limits {
    REPLAY_CERTIFICATES_MAX = 40,
    REPLAY_KEYS_MAX = 40,
    REPLAY_NAME_BYTES = 256,
    REPLAY_NAMES_BYTES = 800,
    REPLAY_BYTES_MAX = 64 * 1024, /* of an answer that comes to an end */
    REPLAY_DELAY_MS_MAX = 10000,
    REPLAY_SESSIONS = 2, /* a client that offers h2, and one that does not */
};

/* What listens. */
enum replay_port {
    REPLAY_SERVES,
    REPLAY_REFUSES, /* nobody */
    REPLAY_IGNORES, /* no connection is ever established */
    REPLAY_RESETS,  /* TCP RST, before a byte */
    REPLAY_PROXY,   /* a proxy, which answers CONNECT with proxy_status; 0: it hangs up */
    REPLAY_MUTE,    /* a proxy that takes the connection and never answers */
};

/* Where the client found its roots. */
enum replay_store {
    REPLAY_STORE_FILE,     /* ca.pem */
    REPLAY_STORE_MISSING,  /* a file that is not there */
    REPLAY_STORE_DAMAGED,  /* a file that is none */
    REPLAY_STORE_UNHASHED, /* a directory without OpenSSL's hash links */
    REPLAY_STORE_BESIDE,   /* ca.pem, and beside it such a directory */
};

#define REPLAY_STRANGER (-1) /* a key that belongs to nobody */

struct replay_certificate {
    char subject[REPLAY_NAME_BYTES], issuer[REPLAY_NAME_BYTES]; /* RFC 2253 */
    char names[REPLAY_NAMES_BYTES];                             /* subjectAltName, commas between */
    char signature[48];                                         /* "sha256WithRSAEncryption" */
    char issuer_url[REPLAY_NAME_BYTES];
    int64_t from_s, until_s; /* from now */
    int key;                 /* number of a key; two certificates may share one */
    int signer;              /* the same, or REPLAY_STRANGER */
    enum certificate_flaw flaw;
    bool is_authority;
    bool is_trusted; /* in ca.pem, or where the client looked for its roots */
    bool is_ats;     /* in ats-roots.pem */
};

struct replay_session {
    bool was_attempted;
    int chain[CHAIN_LIMIT]; /* numbers of certificates, leaf first */
    int chain_length;
    struct scenario scenario; /* all but its leaf; its bytes are the replay's */
    unsigned hello_delay_ms;  /* before the ClientHello is answered */
    unsigned answer_delay_ms; /* before anything is said after the handshake */
    char *bytes;              /* what the scenario points to; free() */
};

struct avs_replay {
    enum replay_port port;
    unsigned proxy_status;
    enum replay_store store;
    struct replay_certificate certificates[REPLAY_CERTIFICATES_MAX];
    int certificate_count;
    char keys[REPLAY_KEYS_MAX][32]; /* "RSA 2048", "EC P-256"; "": nobody has it */
    int key_count;
    struct replay_session sessions[REPLAY_SESSIONS];
};

#endif
