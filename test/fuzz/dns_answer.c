/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer of a name server: read without a look outside them, and an address is
 * said only where the answer is one. */
#include <stdlib.h>
#include <string.h>

#include "check/dns_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum avs_dns_type types[] = {AVS_DNS_A, AVS_DNS_AAAA};
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (!exact) {
        abort();
    }
    memcpy(exact, data, size);
    for (size_t i = 0; i < 2; i++) {
        char addresses[64];
        enum avs_dns_answer answer =
            avs_dns_read_answer(exact, size, types[i], addresses, sizeof(addresses));
        if (strlen(addresses) >= sizeof(addresses) || (addresses[0] && answer != AVS_DNS_ANSWERS)) {
            abort();
        }
    }
    (void)avs_dns_is_answer(exact, size, 1);
    free(exact);
    return 0;
}
