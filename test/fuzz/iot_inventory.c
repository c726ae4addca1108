/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an inventory: read to its end, with rows and lines that go up.
 * A field that is there is not empty. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iot/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_iot_inventory inventory;
    struct avs_error error = AVS_ERROR_INIT;
    char path[64];
    int fd = memfd_create("inventory", 0);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    enum avs_status status = avs_iot_inventory_open(path, &inventory, &error);
    close(fd);
    if (status != AVS_OK) {
        must(status == AVS_ERR_CONFIG_MALFORMED && error.message[0]);
        return 0;
    }
    uint64_t row = 0, line = 0;
    for (bool is_row = true; is_row;) {
        struct avs_iot_row it;
        must(avs_iot_inventory_next(&inventory, &it, &is_row, &error) == AVS_OK);
        if (is_row) {
            must(it.row > row && it.line > line && it.row <= size + 1);
            must(!it.is_broken || it.fault[0]);
            for (size_t i = 0; i < AVS_IOT_COLUMN_COUNT; i++) {
                must(!it.field[i] || (it.field[i][0] && strlen(it.field[i]) <= size));
            }
            row = it.row;
            line = it.line;
        }
    }
    avs_iot_inventory_close(&inventory);
    return 0;
}
