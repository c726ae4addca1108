/* SPDX-License-Identifier: Apache-2.0 */
/* One handshake and a goodbye; see handshake.h. */
#include "check/handshake.h"

static bool on_change(void *user, enum avs_pump_state state, const struct avs_error *error,
                      int64_t now_us) {
    (void)user;
    (void)state;
    (void)error;
    (void)now_us;
    return false; /* up or not: all that we want to know */
}

static bool on_bytes(void *user, const uint8_t *bytes, size_t length, int64_t now_us) {
    (void)user;
    (void)bytes;
    (void)length;
    (void)now_us;
    return false;
}

static size_t pull(void *user, uint8_t *buffer, size_t capacity) {
    (void)user;
    (void)buffer;
    (void)capacity;
    return 0;
}

enum avs_status avs_check_handshake(const struct avs_pump_options *options, struct avs_loop *loop,
                                    int64_t deadline_us, struct avs_error *reterr) {
    static const struct avs_pump_callbacks callbacks = {
        .on_change = on_change, .on_bytes = on_bytes, .pull = pull};
    struct avs_pump_options way = *options;
    struct avs_pump *pump = NULL;
    way.callbacks = &callbacks;
    AVS_TRY(avs_pump_new(loop, &way, &pump, reterr));
    avs_pump_connect(pump, loop, deadline_us);
    avs_pump_free(pump);
    return AVS_OK;
}
