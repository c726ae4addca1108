/* SPDX-License-Identifier: Apache-2.0 */
/* The one pump: libcurl dials, the TLS engine proves, a socket carries, plaintext goes in and out.
 * The transport, the check and HTTP/1.1 all move their bytes through here, so that what the check
 * proves is what the transport does. What the bytes mean is the owner's.
 *
 *     owner --pull-->      TLS --send--> socket
 *     owner <--on_bytes--  TLS <--recv-- socket
 *
 * Everything here is its loop's thread's. */
#ifndef AVS_CLIENT_PUMP_H
#define AVS_CLIENT_PUMP_H

#include <avs/endpoint.h>

#include "net/loop.h"
#include "tls/engine.h"

#define AVS_PUMP_RECORD_BYTES 16384 /* plaintext of one full TLS record */

enum avs_pump_state {
    AVS_PUMP_DIALLING,
    AVS_PUMP_HANDSHAKING,
    AVS_PUMP_UP,     /* proven: plaintext flows */
    AVS_PUMP_CLOSED, /* the peer ended it after the handshake, see avs_pump_close_kind */
    AVS_PUMP_FAILED, /* not connected or not proven: the facts tell */
};

/* None may free the pump: that is for later, when nothing of it is on the stack. */
struct avs_pump_callbacks {
    /* It is UP, CLOSED or FAILED now. `error` (mostly NULL) is for failures that leave no trace in
     * the facts. False = stop: nothing is read any more. */
    bool (*on_change)(void *user, enum avs_pump_state state, const struct avs_error *error,
                      int64_t now_us);
    /* Plaintext came. False = stop. */
    bool (*on_bytes)(void *user, const uint8_t *bytes, size_t length, int64_t now_us);
    /* Plaintext for the peer; 0 = nothing now. What is given is taken. */
    size_t (*pull)(void *user, uint8_t *buffer, size_t capacity);
};

/* Strings and facts are borrowed as long as the pump lives. */
struct avs_pump_options {
    const char *host; /* dialled, asked for by SNI, and matched */
    uint16_t port;
    const struct avs_endpoint *connect_to; /* NULL or host[0] == '\0' = host and port themselves */
    const char *proxy, *interface_name;    /* as in struct avs_dial_options */
    int dial_timeout_ms;                   /* > 0 */
    int unacknowledged_timeout_ms;         /* TCP_USER_TIMEOUT; 0 = the system's */
    int segment_bytes;                     /* as in struct avs_dial_options */

    struct avs_tls_context *context;   /* store and gate; its sessions are offered ... */
    const char *session_origin;        /* ... under this "host:port"; NULL = a full handshake */
    const char *alpn;                  /* "h2", "h2,http/1.1", ...; NULL = none offered */
    const struct avs_tls_trial *trial; /* NULL = as the transport does */
    const struct avs_tls_identity *identity; /* for a server that asks for one; NULL = none */

    int64_t started_us;              /* what the timing counts from */
    struct avs_dial_facts *dial;     /* required */
    struct avs_timing_facts *timing; /* optional */
    struct avs_tls_facts *tls;       /* required */
    uint64_t *sent_total;            /* optional: counted up, atomically */
    uint64_t *received_total;

    const struct avs_pump_callbacks *callbacks;
    void *user;
};

struct avs_pump;

/** Begin to dial; the rest follows from avs_loop_wait and avs_pump_receive. Errors: NO_MEMORY,
 *  ERR_CONNECT (libcurl refuses the options), ERR_PROXY (of a kind that cannot be used). */
AVS_NODISCARD enum avs_status avs_pump_new(struct avs_loop *loop,
                                           const struct avs_pump_options *options,
                                           struct avs_pump **ret_pump, struct avs_error *reterr);
/** Say goodbye as far as the socket takes it at once (what pull still gives, close_notify, or the
 *  alert that tells the server why not), close and free. NULL is fine. */
void avs_pump_free(struct avs_pump *pump);

enum avs_pump_state avs_pump_state(const struct avs_pump *pump);
/** How the peer ended it, AVS_CLOSE_OPEN while it has not. */
enum avs_close_kind avs_pump_close_kind(const struct avs_pump *pump);

/** Move it until it is UP, or over, or `deadline_us` has passed, which the facts then say. For an
 *  owner that has nothing else to do. */
void avs_pump_connect(struct avs_pump *pump, struct avs_loop *loop, int64_t deadline_us);

/** Send what the owner has to say, as far as the socket takes it. */
void avs_pump_flush(struct avs_pump *pump, int64_t now_us);
/** What to wait for; false while there is no socket. */
bool avs_pump_wants(const struct avs_pump *pump, struct avs_loop_fd *ret_fd);
/** Its socket, -1 while there is none. */
int avs_pump_fd(const struct avs_pump *pump);
/** The socket is readable: receive and hand on. */
void avs_pump_receive(struct avs_pump *pump, int64_t now_us);

/** It took too long: note in the facts what it was at. */
void avs_pump_note_timeout(struct avs_pump *pump);
/** The peer's TCP took something since this was last asked, and there is more for it to take. */
bool avs_pump_has_progressed(struct avs_pump *pump);
/** Give back what a silent connection does not need until something moves again. */
void avs_pump_trim(struct avs_pump *pump);

#endif
