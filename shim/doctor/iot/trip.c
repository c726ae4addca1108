/* SPDX-License-Identifier: Apache-2.0 */
/* Connections side by side on one loop; see trip.h. */
#include "iot/trip.h"

#include <string.h>

#include "base/clock.h"
#include "net/dial.h"

#define TRIPS_MAX      8
#define LISTEN_MS      1500 /* for a refusal that comes after the handshake ... */
#define LISTEN_MOST_MS 8000 /* ... and four times as long as the handshake took, up to this */

static bool on_change(void *user, enum avs_pump_state state, const struct avs_error *error,
                      int64_t now_us) {
    struct avs_trip *trip = user;
    (void)error; /* of the machine's, and the facts stay as they were: "not tried" */
    trip->moved_us = now_us;
    if (state == AVS_PUMP_UP) {
        trip->was_up = true;
        return true;
    }
    trip->is_over = true;
    return false;
}

static bool on_bytes(void *user, const uint8_t *bytes, size_t length, int64_t now_us) {
    struct avs_trip *trip = user;
    trip->moved_us = now_us;
    if (trip->is_over) {
        return true;
    }
    if (!trip->on_bytes || !trip->on_bytes(trip->user, bytes, length)) {
        trip->has_heard = true;
        trip->is_over = true;
    }
    return true; /* what is on its way shall not reset the connection under our goodbye */
}

static size_t pull(void *user, uint8_t *buffer, size_t capacity) {
    struct avs_trip *trip = user;
    const uint8_t *from = trip->is_leaving ? trip->goodbye : trip->say;
    size_t left = (trip->is_leaving ? trip->goodbye_length : trip->say_length) - trip->said;
    size_t length = from && left < capacity ? left : 0;
    if (length > 0) {
        memcpy(buffer, from + trip->said, length);
        trip->said += length;
    }
    return length;
}

static const struct avs_pump_callbacks callbacks = {
    .on_change = on_change, .on_bytes = on_bytes, .pull = pull};

/* A proxy that cannot be used is in the facts. */
static enum avs_status set_out(struct avs_loop *loop, struct avs_trip *trip,
                               struct avs_error *reterr) {
    trip->pump.callbacks = &callbacks;
    trip->pump.user = trip;
    enum avs_status status = avs_pump_new(loop, &trip->pump, &trip->line, reterr);
    if (status == AVS_ERR_PROXY) {
        trip->is_over = true;
        return AVS_OK;
    }
    return status;
}

/* How long this one may take from now on. */
static int64_t end_of(const struct avs_trip *trip, int64_t deadline_us) {
    if (!trip->was_up) {
        bool is_dialling = avs_pump_state(trip->line) == AVS_PUMP_DIALLING;
        return deadline_us + (is_dialling ? AVS_DIAL_GRACE_US : 0);
    }
    int64_t end_us = trip->moved_us + (int64_t)trip->listen_ms * 1000;
    return end_us < deadline_us ? end_us : deadline_us;
}

/* A slow network is listened to for longer. */
static void set_listening(struct avs_trip *trip) {
    const struct avs_timing_facts *timing = trip->pump.timing;
    if (trip->was_up && trip->listen_ms == 0) {
        double shake_ms =
            timing && timing->connect_ms >= 0 ? timing->tls_ms - timing->connect_ms : 0;
        double listen_ms = LISTEN_MS + 4 * shake_ms;
        trip->listen_ms = (int)(listen_ms < LISTEN_MOST_MS ? listen_ms : LISTEN_MOST_MS);
    }
}

static void arrive(struct avs_trip *trip, int64_t now_us) {
    if (!trip->line) {
        return;
    }
    trip->close = avs_pump_close_kind(trip->line);
    trip->silent_ms =
        trip->was_up && now_us > trip->moved_us ? (int)((now_us - trip->moved_us) / 1000) : 0;
    trip->is_leaving = true;
    trip->said = 0;
    avs_pump_free(AVS_STEAL(trip->line));
}

/* Send what there is to send; end what has taken its time. Returns microseconds until the next. */
static int64_t move(struct avs_trip *trip, int64_t deadline_us, int64_t now_us) {
    if (!trip->is_over) {
        avs_pump_flush(trip->line, now_us);
        set_listening(trip);
    }
    int64_t left_us = trip->is_over ? 0 : end_of(trip, deadline_us) - now_us;
    if (left_us <= 0 && !trip->is_over) {
        trip->has_timed_out = now_us >= deadline_us;
        if (!trip->was_up) {
            avs_pump_note_timeout(trip->line);
        }
        trip->is_over = true;
    }
    if (trip->is_over) {
        arrive(trip, now_us);
    }
    return left_us;
}

static void wait_once(struct avs_loop *loop, struct avs_trip *trips, size_t count,
                      int64_t left_us) {
    struct avs_loop_fd fds[TRIPS_MAX];
    struct avs_trip *owners[TRIPS_MAX];
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++) {
        if (!trips[i].is_over && avs_pump_wants(trips[i].line, &fds[waiting])) {
            owners[waiting++] = &trips[i];
        }
    }
    avs_loop_wait(loop, fds, waiting, (int)(left_us / 1000) + 1);
    for (size_t i = 0; i < waiting; i++) {
        if (fds[i].is_readable && !owners[i]->is_over) {
            avs_pump_receive(owners[i]->line, avs_clock_monotonic_us());
        }
    }
}

enum avs_status avs_trips_run(struct avs_loop *loop, struct avs_trip *trips, size_t count,
                              int64_t deadline_us, struct avs_error *reterr) {
    enum avs_status status = AVS_OK;
    for (size_t i = 0; i < count && status == AVS_OK; i++) {
        status = count > TRIPS_MAX ? avs_fail(reterr, AVS_ERR_INTERNAL, "too many connections")
                                   : set_out(loop, &trips[i], reterr);
    }
    bool is_moving = status == AVS_OK;
    while (is_moving) {
        int64_t now_us = avs_clock_monotonic_us();
        int64_t left_us = INT64_MAX;
        is_moving = false;
        for (size_t i = 0; i < count; i++) {
            int64_t until_us = move(&trips[i], deadline_us, now_us);
            if (!trips[i].is_over) {
                is_moving = true;
                left_us = until_us < left_us ? until_us : left_us;
            }
        }
        if (is_moving) {
            wait_once(loop, trips, count, left_us);
        }
    }
    for (size_t i = 0; i < count; i++) { /* after a failure */
        avs_pump_free(AVS_STEAL(trips[i].line));
    }
    return status;
}
