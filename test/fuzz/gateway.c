/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway that an SDK has stored: any bytes as its JSON (first byte 'j') or as the whole
 * database give a state with a sentence, and the file is left as it was. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/gateway.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static struct avs_conf_gateway empty(void) {
    return (struct avs_conf_gateway){.url = avs_buffer_init(8192), .detail = avs_buffer_init(1024)};
}

static void check(struct avs_conf_gateway *gateway) {
    bool is_url = gateway->url.length > 0;
    must(gateway->state == AVS_GATEWAY_PERSISTED || !is_url);
    must(gateway->detail.length > 0 && !gateway->detail.is_failed);
    avs_conf_gateway_done(gateway);
}

static char path[] = "/tmp/avs-fuzz-gateway-XXXXXX";

static void remove_file(void) {
    unlink(path);
}

static void read_database(const uint8_t *data, size_t size) {
    static int file = -1; /* a file with a name: sqlite follows the link of one without */
    if (file < 0) {
        file = mkostemp(path, O_CLOEXEC);
        must(file >= 0 && atexit(remove_file) == 0);
    }
    must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    struct avs_conf_gateway gateway = empty();
    must(avs_conf_gateway_read(path, &gateway, NULL) == AVS_OK);
    check(&gateway);
    uint8_t *after = malloc(size + 1);
    must(after && pread(file, after, size + 1, 0) == (ssize_t)size);
    must(size == 0 || memcmp(after, data, size) == 0);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    if (data[0] != 'j') {
        read_database(data + 1, size - 1);
        return 0;
    }
    struct avs_conf_gateway gateway = empty();
    char *exact = malloc(size);
    must(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    must(avs_conf_gateway_parse(exact, size - 1, &gateway, NULL) == AVS_OK);
    free(exact);
    check(&gateway);
    return 0;
}
