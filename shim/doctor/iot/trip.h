/* SPDX-License-Identifier: Apache-2.0 */
/* Connections side by side on one loop: the handshake, what is said, what comes back within a time.
 * All through the client's own pump. */
#ifndef AVS_IOT_TRIP_H
#define AVS_IOT_TRIP_H

#include "client/pump.h"

struct avs_trip {
    /* the question */
    struct avs_pump_options pump; /* callbacks and user are ours to set */
    const uint8_t *say;           /* once the handshake stands; NULL = nothing */
    size_t say_length;
    const uint8_t *goodbye; /* last of all, on a connection that still stands; NULL = none */
    size_t goodbye_length;
    int listen_ms; /* for the server to say something, or to hang up; 0 = goes by the handshake */
    /* Plaintext came: false = that is enough. NULL = whatever comes is enough. */
    bool (*on_bytes)(void *user, const uint8_t *bytes, size_t length);
    void *user;

    /* the answer, beside the facts that `pump` names */
    bool was_up;
    bool has_heard;     /* on_bytes has what it wants */
    bool has_timed_out; /* the run's deadline came first */
    enum avs_close_kind close;
    int silent_ms; /* since the server last did something */

    /* ours */
    struct avs_pump *line;
    size_t said;
    bool is_leaving, is_over;
    int64_t moved_us;
};

/** Run them all; over when each is. OK whatever came of it. Blocks until `deadline_us` at most.
 *  Errors: NO_MEMORY, ERR_CONNECT, INTERNAL. */
AVS_NODISCARD enum avs_status avs_trips_run(struct avs_loop *loop, struct avs_trip *trips,
                                            size_t count, int64_t deadline_us,
                                            struct avs_error *reterr);

#endif
