/* SPDX-License-Identifier: Apache-2.0 */
/* Noting an answer's bytes as they arrive, over either protocol. */
#include "evidence/received.h"

#include <string.h>

void avs_http_received(struct avs_http_facts *facts, struct avs_timing_facts *timing,
                       int64_t elapsed_us, const uint8_t *bytes, size_t length) {
    if (facts->bytes_received == 0) {
        timing->first_byte_ms = (double)elapsed_us / 1000;
    }
    facts->bytes_received += length;
    if (facts->first_length < AVS_FIRST_BYTES) {
        size_t room = AVS_FIRST_BYTES - facts->first_length;
        size_t take = length < room ? length : room;
        memcpy(facts->first + facts->first_length, bytes, take);
        facts->first_length += take;
    }
}
